//! Recordings replayed by the real program, to files and pipes.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Child, Stdio},
    thread,
};

use crate::program::{Ran, command, contrail, contrail_with, root};

/// An event a line, one each second, so many of them.
fn recording(events: u32) -> String {
    let mut text = String::new();
    for number in 0..events {
        let (hour, minute, second) = (number / 3600, number / 60 % 60, number % 60);
        let time = format!("2018-01-02T{hour:02}:{minute:02}:{second:02}Z");
        writeln!(
            text,
            "{{\"Device\":\"D{}\",\"ReceivedTime\":\"{time}\",\"Type\":\"HeartbeatEvent\",\
             \"EventId\":\"00000000-0000-4000-8000-{number:012x}\",\"EventTime\":\"{time}\"}}",
            number % 3
        )
        .expect("a string takes all");
    }
    text
}

/// Replays standard input without waiting.
fn replayed(text: &str, args: &[&str]) -> Ran {
    contrail_with(&[&["replay", "-", "--speed", "max"], args].concat(), text.as_bytes())
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("the path is UTF-8").to_owned()
}

#[test]
fn without_options_the_events_are_the_recorded_bytes() {
    let text = recording(2000);
    let ran = replayed(&text, &[]);
    assert_eq!((ran.code, ran.stdout == text), (Some(0), true), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("replayed 2,000 events in "), "{}", ran.stderr);
    let ran = replayed(text.trim_end(), &["--quiet"]);
    assert_eq!((ran.stdout == text, ran.stderr), (true, String::new()));
}

#[test]
fn pretty_printed_events_keep_their_bytes_or_are_brought_to_a_line() {
    let text = "[{\n  \"EventId\": \"a \\\" b\",\n\t\"EventTime\" : \"2018-01-02T00:00:00Z\"\n, \"Type\":\"x\"}]";
    let event = text.trim_matches(['[', ']']);
    assert_eq!(replayed(text, &[]).stdout, format!("{event}\n"));
    assert_eq!(
        replayed(text, &["--compact"]).stdout,
        "{\"EventId\":\"a \\\" b\",\"EventTime\":\"2018-01-02T00:00:00Z\",\"Type\":\"x\"}\n"
    );
}

#[test]
fn what_is_replayed_is_as_valid_as_what_was_recorded() {
    let ran = contrail(&["replay", "corpus/valid", "--speed", "max", "--quiet"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let judged = contrail_with(&["validate", "-"], ran.stdout.as_bytes());
    assert_eq!(judged.code, Some(0), "{}", judged.stdout);
    for folder in ["corpus/valid/v2", "corpus/valid/v3"] {
        let ran = contrail(&["replay", folder, "--speed", "max", "--quiet"]);
        let judged =
            contrail_with(&["validate", "-", "--fail-on", "warning"], ran.stdout.as_bytes());
        assert_eq!(judged.code, Some(0), "{}", judged.stdout);
    }
}

#[test]
fn batches_are_those_of_get_events() {
    let ran = replayed(&recording(7), &["--batch", "3"]);
    let counts: Vec<_> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a batch is JSON"))
        .map(|batch| (batch["Count"].clone(), batch["Events"].as_array().map_or(0, Vec::len)))
        .collect();
    assert_eq!(counts, [(3.into(), 3), (3.into(), 3), (1.into(), 1)]);
    let judged = contrail_with(&["validate", "-", "--fail-on", "info"], ran.stdout.as_bytes());
    assert_eq!(judged.code, Some(0), "{}", judged.stdout);
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_speed() {
    let text = recording(60);
    let folder = tempfile::tempdir().expect("a folder can be made");
    let input = path(folder.path(), "input.jsonl");
    fs::write(&input, text).expect("the file is written");
    let run = |speed, seed| {
        let args = ["--loop=2", "--new-ids", "--batch", "1", "--quiet"];
        let args = [&["replay", &input, "--speed", speed, "--seed", seed], &args[..]].concat();
        contrail(&args).stdout
    };
    let expected = run("max", "7");
    assert_eq!(expected.lines().count(), 120);
    for speed in ["1000", "100000", "max", "max"] {
        assert!(run(speed, "7") == expected, "speed {speed}");
    }
    assert!(run("max", "8") != expected);
}

#[test]
fn no_events_are_a_note() {
    for (text, args) in [("[]", &[][..]), (&recording(3), &["--type", "HartbeatEvent"])] {
        let ran = replayed(text, args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("note: no events were replayed"), "{}", ran.stderr);
        let is_told = ran.stderr.contains("no event that was read has the type HartbeatEvent\n");
        assert_eq!(is_told, !args.is_empty(), "{}", ran.stderr);
    }
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_goes_on() {
    let text = recording(2).replace('\n', "\n{\"broken\":\n");
    let ran = replayed(&text, &[]);
    assert_eq!((ran.code, ran.stdout), (Some(3), recording(2)));
    assert!(ran.stderr.contains("contrail: <stdin>:2:"), "{}", ran.stderr);
    let ran = contrail(&["replay", "nowhere.json", "--speed", "max"]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("contrail: nowhere.json: No such file"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_done_is_refused_with_a_remedy() {
    for (args, error) in [
        (&["--speed", "0"][..], "`0` is no speed: want a number such as 60, 0.5 or 1/2"),
        (&["--loop"], "--loop reads the input again, but <stdin> can be read only once"),
        (&["--max-gap", "5"], "want a span such as 250ms, 5s or 1h30m"),
        (&["--start", "noon"], "want a time such as 2018-05-19T13:23:44Z, or +5m"),
        (&["--fail-on", "lag>5ms"], "`lag` is not measured: want one of p50_lag"),
        (&["--rate", "5/s", "--max-gap", "1s"], "cannot be used with"),
    ] {
        let ran = contrail_with(&[&["replay", "-"], args].concat(), b"");
        assert_eq!(ran.code, Some(2), "{args:?} {}", ran.stderr);
        assert!(ran.stderr.contains(error), "{args:?} {}", ran.stderr);
    }
}

#[test]
fn a_sink_that_fails_is_4_and_a_reader_that_leaves_is_0() {
    if !Path::new("/dev/full").exists() {
        println!("skipped: this system has no /dev/full");
        return;
    }
    let ran = replayed(&recording(3), &["--output", "/dev/full", "--quiet"]);
    assert_eq!(ran.code, Some(4));
    assert_eq!(
        ran.stderr,
        "contrail: /dev/full: No space left on device (os error 28); 0 events were delivered\n"
    );
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let input = path(folder.path(), "input.jsonl");
    fs::write(&input, recording(80_000)).expect("the file is written");
    let mut child = command(&["replay", &input, "--speed", "max", "--quiet"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("the program ends").code(), Some(0));
}

#[test]
fn conditions_on_the_timing_are_5() {
    let ran = replayed(&recording(3), &["--fail-on", "max_lag>=0ns", "--quiet"]);
    assert_eq!(ran.code, Some(5));
    assert_eq!(ran.stderr, "contrail: the timing was not good enough: max_lag>=0ns\n");
    assert_eq!(replayed(&recording(3), &["--fail-on", "p99_lag>1h"]).code, Some(0));
}

#[test]
fn the_report_is_json() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let report = path(folder.path(), "report.json");
    let ran = replayed(&recording(9), &["--device", "!D1", "--report", &report, "--quiet"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(&report).expect("the report is there")).expect("JSON");
    for (name, expected) in
        [("emitted", 6), ("delivered", 6), ("filtered", 3), ("late", 0), ("unread", 0)]
    {
        assert_eq!(report[name], expected, "{name}");
    }
    assert_eq!(report["intended_speed"], "max");
    assert_eq!(report["lag_ns"]["max"], 0);
}

#[test]
fn a_plan_is_printed_without_waiting() {
    let args = ["replay", "corpus/valid/v3/get-events.json", "--dry-run", "--max-gap", "5m"];
    let ran = contrail(&[&args[..], &["--speed", "60"]].concat());
    insta::assert_snapshot!("replay_plan", format!("{}{}", ran.stderr, ran.stdout));
}

/// Waits until a file has so many bytes.
fn wait_for_bytes(child: &mut Child, file: &str, bytes: u64) {
    while fs::metadata(file).map_or(0, |file| file.len()) < bytes {
        let ended = child.try_wait().expect("the program can be asked");
        assert!(ended.is_none(), "{file}: {ended:?}");
        thread::yield_now();
    }
}

#[test]
fn a_replay_that_was_killed_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let [input, output, checkpoint] =
        ["input.jsonl", "output.jsonl", "checkpoint"].map(|name| path(folder.path(), name));
    fs::write(&input, recording(5000)).expect("the file is written");
    let shape = ["--batch", "7", "--new-ids", "--loop=2"];
    let whole = ["replay", &input, "--rate", "4000/s", "--quiet"];
    let whole = contrail(&[&whole[..], &shape[..]].concat());
    let args = ["replay", &input, "--rate", "4000/s", "--quiet", "--checkpoint", &checkpoint];
    let args = [&args[..], &["--output", &output], &shape[..]].concat();
    for part in 1..4 {
        let mut child = command(&args).spawn().expect("the program starts");
        wait_for_bytes(&mut child, &checkpoint, 1);
        wait_for_bytes(&mut child, &output, part * 400_000);
        child.kill().expect("the program is killed");
        child.wait().expect("the program has ended");
    }
    let ran = contrail(&[&args[..], &["--limit", "1"]].concat());
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr
            .contains("the checkpoint is of a replay with other arguments or of other recordings")
    );
    assert_eq!(contrail(&args).code, Some(0));
    let written = fs::read_to_string(&output).expect("the output is there");
    assert!(written == whole.stdout);
    assert!(!Path::new(&checkpoint).exists());
}

#[test]
fn single_events_that_go_on_are_the_bytes_of_an_unbroken_replay() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let [input, output, checkpoint] =
        ["input.jsonl", "output.jsonl", "checkpoint"].map(|name| path(folder.path(), name));
    let text = recording(4000);
    fs::write(&input, &text).expect("the file is written");
    let args = ["replay", &input, "--rate", "4000/s", "--quiet", "--checkpoint", &checkpoint];
    let args = [&args[..], &["--output", &output]].concat();
    let mut child = command(&args).spawn().expect("the program starts");
    wait_for_bytes(&mut child, &checkpoint, 1);
    child.kill().expect("the program is killed");
    child.wait().expect("the program has ended");
    assert_eq!(contrail(&args).code, Some(0));
    assert!(fs::read_to_string(&output).expect("the output is there") == text);
}

#[test]
fn several_captures_are_merged_by_time() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let text = recording(10);
    let (even, odd): (Vec<_>, Vec<_>) = (0..).zip(text.lines()).partition(|(at, _)| at % 2 == 0);
    for (name, lines) in [("a.jsonl", odd), ("b.jsonl", even)] {
        let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
        fs::write(folder.path().join(name), lines.join("\n")).expect("the file is written");
    }
    let folder = folder.path().to_str().expect("the path is UTF-8");
    let ran = contrail(&["replay", folder, "--speed", "max"]);
    assert_eq!(ran.stdout, text, "{}", ran.stderr);
    assert!(root().join("corpus").exists());
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let [input, other] = ["input.jsonl", "other"].map(|name| path(folder.path(), name));
    fs::write(&input, recording(3)).expect("the file is written");
    let of_input = "would overwrite an input";
    for (args, error) in [
        (&["-o", &input][..], of_input),
        (&["--report", &input], of_input),
        (&["-o", &other, "--checkpoint", &input], of_input),
        (&["-o", &other, "--checkpoint", &other], "--checkpoint and --output would both write"),
        (&["-o", &other, "--report", &other], "--report and --output would both write"),
        (&["--report", "nowhere/report"], "there is no such folder"),
    ] {
        let ran = contrail(&[&["replay", &input, "--speed", "max"], args].concat());
        assert_eq!(ran.code, Some(2), "{args:?} {}", ran.stderr);
        assert!(ran.stderr.contains(error), "{args:?} {}", ran.stderr);
    }
    fs::write(&other, "precious").expect("the file is written");
    let missing = path(folder.path(), "inptu.jsonl");
    assert_eq!(contrail(&["replay", &missing, "-o", &other]).code, Some(3));
    assert_eq!(fs::read_to_string(&other).expect("it is there"), "precious");
    assert_eq!(fs::read_to_string(&input).expect("it is there"), recording(3));
}

#[test]
fn how_events_are_batched_depends_on_the_schedule_alone() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let input = path(folder.path(), "input.jsonl");
    fs::write(&input, recording(300)).expect("the file is written");
    let run = |speed| contrail(&["replay", &input, "--speed", speed, "--batch", "7", "-q"]).stdout;
    // 0.5 ms between two events, and 2 ms.
    for (speed, batches) in [("2000", 43), ("500", 300)] {
        let (one, other) = (run(speed), run(speed));
        assert_eq!((one.lines().count(), one == other), (batches, true), "{speed}");
    }
}

#[test]
fn times_are_those_of_the_present_however_long_the_start_takes() {
    let text = recording(40_000);
    let before = contrail_replay::clock::now();
    let ran = replayed(&text, &["--restamp", "now", "--limit", "1"]);
    let after = contrail_replay::clock::now();
    let event: serde_json::Value = serde_json::from_str(&ran.stdout).expect("an event is JSON");
    let time = event["ReceivedTime"].as_str().expect("it has a time").parse();
    let time: chrono::DateTime<chrono::Utc> = time.expect("it is one");
    let whole =
        |time: std::time::SystemTime| chrono::DateTime::<chrono::Utc>::from(time).timestamp();
    assert!((whole(before)..=whole(after)).contains(&time.timestamp()), "{time}");
}

#[test]
fn names_in_a_plan_command_no_terminal() {
    let text = r#"{"Type":"\u001b[31mX\n","EventId":"1","EventTime":"2018-01-02T00:00:00Z"}"#;
    let ran = contrail_with(&["replay", "-", "--dry-run"], text.as_bytes());
    assert!(ran.stdout.contains("\\u{1b}[31mX\\n"), "{:?}", ran.stdout);
}
