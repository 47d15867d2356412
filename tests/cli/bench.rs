//! Measuring: the table and the JSON, comparisons, and what cannot be measured. No test says how long
//! anything takes.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use contrail_validate::Schemas;
use serde_json::{Value, json};

use crate::{
    program::{Ran, batch, command, contrail, contrail_with, heartbeat},
    shown::shown,
};

const EVENTS: &str = "corpus/valid/v3/get-events.json";

/// As little as can be measured.
const SHORT: [&str; 4] = ["bench", "--min-time=0s", "--warm-up=0s", "--min-runs=2"];

fn bench(args: &[&str]) -> Ran {
    contrail(&[&SHORT, args].concat())
}

fn bench_json(args: &[&str]) -> Value {
    let ran = bench(&[&["--output-format=json"], args].concat());
    assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
    ran.json()
}

fn stages(report: &Value) -> Vec<&str> {
    let stages = report["stages"].as_array().expect("there are stages").iter();
    stages.map(|stage| stage["stage"].as_str().expect("a stage has a name")).collect()
}

fn counts<'r>(report: &'r Value, name: &str) -> &'r Value {
    let stages = report["stages"].as_array().expect("there are stages");
    let stage = stages.iter().find(|stage| stage["stage"] == name);
    &stage.expect("the stage was measured")["counts"]
}

/// A file in a folder that goes away with it.
struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("there is a folder for temporary files") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        fs::write(self.path(name), content).expect("the folder can be written to");
        self.name(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().expect("the name is UTF-8").to_owned()
    }
}

/// The rows of stages with `N` for numbers and `BAR` for bars; the rest as it is.
fn redacted(text: &str) -> String {
    let word = |word: &str| match word {
        _ if word.starts_with('#') => "BAR".to_owned(),
        _ if word.trim_start_matches(['+', '-']).starts_with(|it: char| it.is_ascii_digit()) => {
            "N".to_owned()
        }
        _ => word.to_owned(),
    };
    let line = |line: &str| match line.contains(" %") && !line.starts_with("note") {
        true => line.split_whitespace().map(word).collect::<Vec<_>>().join(" "),
        false if line.starts_with("stage") => line.split_whitespace().collect::<Vec<_>>().join(" "),
        false => line.to_owned(),
    };
    text.lines().map(|it| line(it) + "\n").collect()
}

/// Whether it is a debug build is not the point here.
fn without_build(text: &str) -> String {
    let kept = text.lines().filter(|line| !line.starts_with("note: this is a debug build"));
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_table_has_a_row_for_each_stage() {
    let ran = bench(&[EVENTS]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    insta::assert_snapshot!("bench_table", redacted(&without_build(&ran.stdout)));
}

#[test]
fn every_stage_counts_what_it_meets() {
    let report = bench_json(&[EVENTS, "corpus/valid/v2/heartbeat-event.json"]);
    assert_eq!(report["input"]["events"], 19);
    assert_eq!(report["input"]["batches"], 1);
    let documents = json!({"documents": 2, "unread": 0});
    assert_eq!(counts(&report, "read"), &json!({"bytes": report["input"]["bytes"]}));
    assert_eq!(counts(&report, "frame"), &json!({"documents": 2, "damages": 0}));
    for stage in ["lex", "decode", "serde-json"] {
        assert_eq!(counts(&report, stage), &documents, "{stage}");
    }
    assert_eq!(counts(&report, "replay"), &json!({"events": 19}));
    assert_eq!(counts(&report, "validate-fast"), &json!({"findings": 0}));
    for stage in ["plain-loop", "plain-by-type"] {
        // Of the two versions only one is that of the plain loop.
        assert_eq!(counts(&report, stage), &json!({"documents": 2, "unread": 0, "invalid": 1}));
    }
}

#[test]
fn the_json_output_keeps_its_schema() {
    let schema = contrail(&["bench", "--output-schema"]).json();
    let embedded = Schemas::embedded_file("output/bench.json").unwrap();
    assert_eq!(serde_json::from_str::<Value>(embedded).unwrap(), schema);
    let validator = jsonschema::options().build(&schema).unwrap();
    let check = |output: &Value| {
        let errors: Vec<_> = validator.iter_errors(output).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0]);
    };
    let scratch = Scratch::new();
    let before = scratch.file("before.json", bench_json(&[EVENTS]).to_string().as_bytes());
    check(&bench_json(&[EVENTS]));
    check(&bench_json(&["--stages=frame,lex", "--stream", EVENTS]));
    let compared = bench_json(&["--compare", &before, "--threshold=99.9", EVENTS]);
    assert!(compared["comparison"].is_object());
    check(&compared);
    let unread = bench(&["--output-format=json", "no-such-file", EVENTS]).json();
    assert_eq!(unread["unread"][0]["file"], "no-such-file");
    check(&unread);
}

#[test]
fn reading_anew_measures_the_same() {
    let scratch = Scratch::new();
    let args = ["generate", "--events=500", "--quiet", "-o", &scratch.name("a.jsonl.gz")];
    assert_eq!(contrail(&args).code, Some(0));
    let folder = scratch.folder.path().to_str().unwrap();
    let (held, streamed) = (bench_json(&[folder]), bench_json(&["--stream", folder]));
    assert_eq!(held["input"], streamed["input"]);
    assert_eq!(
        (&held["settings"]["stream"], &streamed["settings"]["stream"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(stages(&held), stages(&streamed));
    for stage in stages(&held) {
        assert_eq!(counts(&held, stage), counts(&streamed, stage), "{stage}");
    }
    assert_eq!(counts(&held, "read")["bytes"], held["input"]["bytes"]);
}

#[test]
fn standard_input_is_measured_but_not_read_again() {
    let text = (0..50).map(heartbeat).collect::<Vec<_>>().join("\n");
    let run = |args: &[&str]| contrail_with(&[&SHORT, args].concat(), text.as_bytes());
    let ran = run(&["-"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("1 file, 8.60 kB, 50 documents, 50 events of 172 bytes"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("\nread"), "{}", ran.stdout);
    assert!(ran.stdout.contains("note: there is no row `read`"), "{}", ran.stdout);
    for (args, want) in [
        (["--stages=read,lex", "-"], "the stage read reads the input again, but <stdin>"),
        (["--stream", "-"], "--stream reads the input again, but <stdin>"),
    ] {
        let ran = run(&args);
        assert_eq!(ran.code, Some(2), "{args:?}");
        assert!(ran.stderr.contains(want), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn what_is_damaged_or_wrong_is_counted_and_told() {
    let scratch = Scratch::new();
    let strange = heartbeat(3).replace("06:14:30Z", "noon");
    let lines = [&*heartbeat(1), "{\"Type\": oops}", &*strange, "{}", &*batch(&[])];
    let file = scratch.file("bad.jsonl", lines.join("\n").as_bytes());
    let report = bench_json(&["--api-version=2", &file]);
    assert_eq!((&report["input"]["damages"], &report["input"]["events"]), (&json!(1), &json!(2)));
    assert_eq!(counts(&report, "frame"), &json!({"documents": 4, "damages": 1}));
    assert_eq!(counts(&report, "serde-json"), &json!({"documents": 4, "unread": 0}));
    assert_eq!(counts(&report, "decode"), &json!({"documents": 4, "unread": 2}));
    assert_eq!(counts(&report, "validate-fast"), &json!({"findings": 3}));
    let invalid = json!({"documents": 4, "unread": 0, "invalid": 2});
    assert_eq!(counts(&report, "plain-loop"), &invalid);
    let text = bench(&["--api-version=2", &file]).stdout;
    let text = without_build(&text);
    let notes = text.lines().filter(|line| line.starts_with("note"));
    let notes: String = notes.flat_map(|line| [line, "\n"]).collect();
    insta::assert_snapshot!("bench_notes", notes);
}

#[test]
fn what_cannot_be_read_is_left_out_and_is_3() {
    let scratch = Scratch::new();
    let mut cut = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    cut.write_all(heartbeat(1).repeat(100).as_bytes()).unwrap();
    let cut = cut.finish().unwrap();
    let cut = scratch.file("cut.json.gz", &cut[..cut.len() - 9]);
    let report = bench(&["--output-format=json", &cut, "no-such-file", EVENTS]);
    assert_eq!(report.code, Some(3));
    assert!(report.stderr.contains("the gzip stream is cut off"), "{}", report.stderr);
    assert!(report.stderr.contains("no-such-file: No such file"), "{}", report.stderr);
    assert_eq!(report.json()["input"], bench_json(&[EVENTS])["input"]);
    assert_eq!(report.json()["unread"].as_array().map(Vec::len), Some(2));
}

#[test]
fn nothing_to_measure_is_3() {
    let scratch = Scratch::new();
    let folder = scratch.folder.path().to_str().unwrap();
    for (input, want) in [
        ("corpus/damaged/empty.json", "nothing to measure: there are no bytes in it"),
        ("corpus/damaged/blank.json", "nothing to measure: there are no events in it"),
        ("no-such-file", "no-such-file: No such file"),
        (folder, "there are no captures in it"),
    ] {
        let ran = bench(&[input]);
        assert_eq!((ran.code, &*ran.stdout), (Some(3), ""), "{input}");
        assert!(ran.stderr.contains(want), "{input}: {}", ran.stderr);
    }
    assert_eq!(contrail_with(&[&SHORT[..], &["-"]].concat(), b"[]").code, Some(3));
}

/// An earlier report with the figures of one stage changed.
fn doctored(report: &Value, stage: &str, factor: f64) -> Vec<u8> {
    let mut report = report.clone();
    let stages = report["stages"].as_array_mut().expect("there are stages");
    let found = stages.iter_mut().find(|it| it["stage"] == stage).expect("it is there");
    for figure in ["mb_per_second", "ratio"] {
        found[figure] = json!(found[figure].as_f64().expect("a number") * factor);
    }
    let fastest = &mut found["seconds"]["fastest"];
    *fastest = json!(fastest.as_f64().expect("a number") / factor);
    report.to_string().into_bytes()
}

#[test]
fn a_stage_that_became_slower_is_1() {
    let scratch = Scratch::new();
    let report = bench_json(&[EVENTS]);
    // So far apart that no noise matters.
    for (stage, factor, by, code) in [
        ("validate-fast", 1e9, "throughput", 1),
        ("validate-fast", 1e-9, "throughput", 0),
        ("lex", 1e9, "ratio", 1),
        // What is not Contrail's decides nothing.
        ("serde-json", 1e9, "throughput", 0),
        ("read", 1e9, "ratio", 0),
        ("plain-loop", 1e9, "ratio", 0),
    ] {
        let before = scratch.file("before.json", &doctored(&report, stage, factor));
        let args = ["--compare", &before, "--compare-by", by, "--threshold=99.9", EVENTS];
        let ran = bench(&args);
        let told = ran.stdout.contains("slower than 99.9 % allows");
        assert_eq!((ran.code, told), (Some(code), code == 1), "{stage} {by}: {}", ran.stdout);
    }
    let before = scratch.file("before.json", &doctored(&report, "validate-fast", 1e9));
    let ran = bench(&["--compare", &before, "--stages=read,validate-fast", EVENTS]);
    let (_, comparison) = ran.stdout.split_once("Compared").unwrap();
    insta::assert_snapshot!("bench_compared", redacted(&format!("Compared{comparison}")));
    // What could not be read weighs more.
    let ran = bench(&["--compare", &before, EVENTS, "no-such-file"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let scratch = Scratch::new();
    let report = bench_json(&["--stages=lex", EVENTS]);
    let good = scratch.file("good.json", report.to_string().as_bytes());
    let with = |pointer: &str, value: Value| {
        let mut report = report.clone();
        *report.pointer_mut(pointer).unwrap() = value;
        report.to_string()
    };
    for (before, args, want) in [
        (
            report.to_string(),
            &["corpus/valid/v2"][..],
            "cannot be compared: it is of another input",
        ),
        (with("/input/sha256", json!("")), &[EVENTS], "another input: as many other bytes"),
        (with("/input/api_version", json!(2)), &[EVENTS], "API version 2; this is 1 files"),
        (with("/format", json!(9)), &[EVENTS], "has format 9, and this is 1"),
        (report.to_string(), &["--stages=frame", EVENTS], "the runs have no stage in common"),
        (
            report.to_string(),
            &["--compare-by=ratio", EVENTS],
            "both runs need the stage plain-loop",
        ),
        ("{}".to_owned(), &[EVENTS], "is no report of `contrail bench`; want a file that"),
        ("{".to_owned(), &[EVENTS], "not JSON"),
        (json!({"format": 1}).to_string(), &[EVENTS], "missing field"),
    ] {
        let before = scratch.file("before.json", before.as_bytes());
        let ran = bench(&[&["--compare", &before], args].concat());
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{want}: {}", ran.stderr);
        assert!(ran.stderr.contains(want), "{want}: {}", ran.stderr);
    }
    let ran = bench(&["--compare", "no-such-file", EVENTS]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let overwriting = format!("json={good}");
    let ran = bench(&["--compare", &good, "--report", &overwriting, EVENTS]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("would overwrite"), "{}", ran.stderr);
}

#[test]
fn reports_are_written_beside_the_output() {
    let scratch = Scratch::new();
    let (text, json) =
        (scratch.name("bench.txt"), scratch.file("bench.json", &vec![b'x'; 100_000]));
    let reports = ["--report", &format!("text={text}"), "--report", &format!("json={json}")];
    let ran = bench(&[&reports[..], &[EVENTS]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&text).unwrap(), ran.stdout);
    let report: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!(stages(&report).len(), 11);
    let ran = bench(&["--compare", &json, "--threshold=99.9", EVENTS]);
    assert_ne!(ran.code, Some(2), "a report can be compared with: {}", ran.stderr);
}

#[test]
fn a_run_that_fails_leaves_an_earlier_report_as_it_was() {
    let scratch = Scratch::new();
    let json = scratch.file("bench.json", b"earlier");
    let ran = bench(&["--report", &format!("json={json}"), "no-such-file"]);
    assert_eq!(ran.code, Some(3));
    assert_eq!(fs::read(Path::new(&json)).unwrap(), b"earlier");
}

#[test]
fn usage_errors_are_2() {
    for (args, want) in [
        (&[][..], "<INPUT>"),
        (&["--stages=fast", EVENTS], "invalid value 'fast'"),
        (&["--min-runs=0", EVENTS], "--min-runs"),
        (&["--min-time=long", EVENTS], "want a span such as"),
        (&["--threshold=10", EVENTS], "--compare"),
        (&["--compare=x", "--threshold=100", EVENTS], "from 0 to below 100"),
        (&["--api-version=9", EVENTS], "there are no schemas for API version 9"),
        (&["--report=sarif=x", EVENTS], "`sarif` is no format: want one of text, json"),
        (&["--report=json=no/such/x", EVENTS], "cannot write the report no/such/x"),
        (&["-", "-"], "can be given only once"),
    ] {
        let ran = contrail(&[&["bench"], args].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(want), "{args:?}: {}", ran.stderr);
    }
    let scratch = Scratch::new();
    let report = format!("--report=json={}", scratch.name("bench.json"));
    let ran = bench(&[&report, &report, EVENTS]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("two reports would be written to"), "{}", ran.stderr);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = command(&[&SHORT[..], &[EVENTS]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn colours_are_shown_if_wanted() {
    assert!(!bench(&[EVENTS]).stdout.contains('\u{1b}'));
    assert!(bench(&["--color=always", EVENTS]).stdout.contains("\u{1b}[32m#"));
}

#[test]
fn the_help_teaches() {
    insta::assert_snapshot!("help_bench", shown(&["bench", "--help"]));
}
