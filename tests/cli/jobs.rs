//! Captures read side by side give what they give one by one.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use crate::program::{contrail, root};

/// The events of the captures together.
const EVENTS: u64 = 100_000;
const CAPTURES: u64 = 8;

/// The captures of `corpus/invalid`, which break every rule, as text or not.
fn broken_captures() -> Vec<(String, Vec<u8>)> {
    let mut captures: Vec<_> = fs::read_dir(root().join("corpus/invalid"))
        .expect("the folder is readable")
        .map(|entry| entry.expect("the entry is readable").path())
        .map(|path| {
            let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("the file is readable"))
        })
        .collect();
    captures.sort();
    captures
}

/// A capture of so many events with the broken ones among them, each after as many others.
fn mixed_capture(number: u64, events: u64, broken: &[(String, Vec<u8>)]) -> Vec<u8> {
    let every = events / broken.len() as u64;
    let mut capture = Vec::new();
    for event in 0..events {
        let mut line = String::new();
        let id = number * events + event;
        let tags = if event % 50 == 0 { r#"["A","A"]"# } else { r#"["A"]"# };
        writeln!(
            line,
            r#"{{"Observe":{tags},"Device":"D","ReceivedTime":"2018-01-02T03:04:06Z","Type":"ObjectEvent","EventId":"00000000-0000-4000-8000-{id:012x}","EventTime":"2018-01-02T03:04:05Z"}}"#
        )
        .expect("a string takes all");
        capture.extend(line.as_bytes());
        if event % every == 0
            && let Some((_, broken)) =
                broken.get(usize::try_from(event / every).expect("a small number"))
            && !broken.starts_with(&[0x1F, 0x8B])
        {
            capture.extend(broken);
            capture.push(b'\n');
        }
    }
    capture
}

fn write_captures(folder: &Path) {
    let broken = broken_captures();
    for number in 0..CAPTURES {
        let capture = mixed_capture(number, EVENTS / CAPTURES, &broken);
        fs::write(folder.join(format!("{number}.jsonl")), capture).expect("the file is written");
    }
    for (name, broken) in broken {
        fs::write(folder.join(name), broken).expect("the file is written");
    }
}

fn families(findings: &str) -> BTreeSet<String> {
    let rules = contrail(&["rules", "--output-format", "json"]).json();
    let rules = rules.as_array().expect("a list of rules").clone();
    findings
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a finding is JSON"))
        .filter_map(|finding| {
            let rule = rules.iter().find(|rule| rule["name"] == finding["rule"])?;
            rule["family"].as_str().map(str::to_owned)
        })
        .collect()
}

#[test]
fn the_output_is_the_same_for_any_number_of_jobs() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    write_captures(folder.path());
    let folder = folder.path().to_str().expect("the path is UTF-8");
    for format in ["ndjson", "text"] {
        let run = |jobs| contrail(&["validate", "--output-format", format, "--jobs", jobs, folder]);
        let (one, eight) = (run("1"), run("8"));
        assert_eq!(one.code, Some(1), "{}", one.stderr);
        assert!(one.stdout == eight.stdout, "the findings differ as {format}");
        assert_eq!(one.stderr, eight.stderr);
        assert_eq!(one.code, eight.code);
        if format == "ndjson" {
            let all = ["batch", "command", "event", "input", "schema", "tag", "time", "version"];
            assert_eq!(families(&one.stdout), all.map(str::to_owned).into());
        }
    }
}

/// Several pieces of a megabyte, which scouts look at before the session does.
#[test]
fn a_large_capture_gives_the_same_for_any_number_of_jobs() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mixed = path("mixed.jsonl");
    fs::write(&mixed, mixed_capture(0, 25_000, &broken_captures())).expect("it is written");
    let mut captures = vec![mixed];
    for (framing, compress) in [("array", "none"), ("pretty", "gz"), ("batches", "zst")] {
        let capture = path(framing);
        let made = contrail(&[
            "generate",
            "--events=20000",
            "--defects=bad-format=0.01",
            "--defects=duplicate-epc=0.01",
            "--framing",
            framing,
            "--compress",
            compress,
            "-o",
            &capture,
        ]);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        captures.push(capture);
    }
    for capture in &captures {
        let run = |jobs| contrail(&["validate", "--output-format=ndjson", "--jobs", jobs, capture]);
        let (one, four) = (run("1"), run("4"));
        assert!(100 < one.stdout.lines().count(), "{}", one.stderr);
        assert!(one.stdout == four.stdout, "the findings of {capture} differ");
        assert_eq!((one.stderr, one.code), (four.stderr, four.code));
    }
}

#[test]
fn a_number_of_jobs_is_at_least_one() {
    let ran = contrail(&["validate", "--jobs", "0", "corpus/valid"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("want a number from 1, or auto"), "{}", ran.stderr);
}
