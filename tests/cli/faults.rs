//! Faults that a replay plants: the same for the same seed, and told in the report.

use std::{fmt::Write as _, fs, path::Path, thread};

use crate::program::{Ran, command, contrail};

/// An event a second for two minutes, of two devices.
fn write_recording(folder: &Path) -> String {
    let mut recording = String::new();
    for number in 0..120 {
        let (minute, second) = (number / 60, number % 60);
        let device = if number % 2 == 0 { "Fridge" } else { "Cabinet" };
        writeln!(
            recording,
            r#"{{"Device":"{device}","ReceivedTime":"2018-01-01T00:{minute:02}:{second:02}Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-{number:012}","EventTime":"2018-01-01T00:{minute:02}:{second:02}Z"}}"#
        )
        .expect("a string takes all");
    }
    let path = folder.join("recording.jsonl");
    fs::write(&path, recording).expect("the file is written");
    path.to_str().expect("the path is UTF-8").to_owned()
}

const FAULTS: [&str; 14] = [
    "--fault",
    "drop,p=0.1",
    "--fault",
    "duplicate,p=0.1,after=2s",
    "--fault",
    "delay,p=0.2,uniform=1s..5s",
    "--fault",
    "delay,p=0.2,lognormal=200ms:0.5",
    "--fault",
    "reorder,p=0.1,window=5",
    "--fault",
    "skew,by=23s,device=Fridge",
    "--fault",
    "offline,at=+40s,for=30s,device=Cabinet",
];

fn replay(args: &[&str]) -> Ran {
    let ran = contrail(&[&["replay"], args].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran
}

#[test]
fn a_seed_gives_the_same_bytes_at_any_speed() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let recording = write_recording(folder.path());
    let run = |seed, speed| {
        let args = [&[&recording, "--quiet", "--seed", seed, "--speed", speed], &FAULTS[..]];
        replay(&args.concat()).stdout
    };
    let first = run("1", "max");
    assert!((80..150).contains(&first.lines().count()), "{first}");
    for speed in ["max", "max", "4000", "4000", "4000"] {
        assert!(run("1", speed) == first, "the output differs at {speed}");
    }
    assert!(run("2", "max") != first, "the seed changes nothing");
}

#[test]
fn a_replay_that_was_killed_goes_on_with_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let recording = write_recording(folder.path());
    let [output, checkpoint] = ["output.jsonl", "checkpoint"]
        .map(|name| folder.path().join(name).to_str().expect("the path is UTF-8").to_owned());
    let input = [recording.as_str(), "--quiet", "--loop=3"];
    let whole = replay(&[&input[..], &["--speed", "max"], &FAULTS].concat()).stdout;
    let files = ["--output", &output, "--checkpoint", &checkpoint];
    let args = [&["replay"], &input[..], &["--speed", "400"], &files, &FAULTS].concat();
    let mut child = command(&args).spawn().expect("the program starts");
    while !Path::new(&checkpoint).exists() {
        assert_eq!(child.try_wait().expect("the program can be asked"), None);
        thread::yield_now();
    }
    child.kill().expect("the program is killed");
    child.wait().expect("the program has ended");
    assert_eq!(contrail(&args).code, Some(0));
    assert!(fs::read_to_string(&output).expect("the output is there") == whole);
}

#[test]
fn without_faults_nothing_changes() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let recording = write_recording(folder.path());
    let text = fs::read_to_string(&recording).expect("the file is readable");
    let ran = replay(&[&recording, "--speed", "max", "--fault", "drop,p=0"]);
    assert_eq!(ran.stdout, text);
    assert!(ran.stderr.contains("fault drop,p=0: 0 events\n"), "{}", ran.stderr);
}

#[test]
fn a_clock_that_is_wrong_changes_what_the_device_tells() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let recording = write_recording(folder.path());
    let text = fs::read_to_string(&recording).expect("the file is readable");
    let skew = ["--fault", "skew,by=-23s,device=Fridge,to=+1s"];
    let ran = replay(&[&[recording.as_str(), "--speed", "max"], &skew[..]].concat());
    let from = r#""EventTime":"2018-01-01T00:00:00Z""#;
    assert_eq!(ran.stdout, text.replace(from, r#""EventTime":"2017-12-31T23:59:37Z""#));
}

#[test]
fn the_reports_tell_how_many_events_each_fault_touched() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let recording = write_recording(folder.path());
    let report = folder.path().join("report.json");
    let report = report.to_str().expect("the path is UTF-8");
    let faults = ["--fault", "drop,device=Fridge", "--fault", "delay,fixed=5s,to=+2s"];
    let args = [&[recording.as_str(), "--speed", "max", "--report", report], &faults[..]].concat();
    let ran = replay(&args);
    let lines = "fault drop,device=Fridge: 60 events\nfault delay,fixed=5s,to=+2s: 1 event\n";
    assert!(ran.stderr.contains(lines), "{}", ran.stderr);
    let report = fs::read_to_string(report).expect("the report is there");
    let report: serde_json::Value = serde_json::from_str(&report).expect("the report is JSON");
    let expected = serde_json::json!([
        {"fault": "drop,device=Fridge", "events": 60},
        {"fault": "delay,fixed=5s,to=+2s", "events": 1},
    ]);
    assert_eq!((&report["faults"], &report["left_early"]), (&expected, &0.into()));
    let plan = replay(&[&args[..], &["--dry-run"]].concat()).stdout;
    assert!(plan.contains("60 events, from 2018-01-01T00:00:01Z"), "{plan}");
    assert!(plan.contains(lines), "{plan}");
}

#[test]
fn events_that_cannot_be_held_leave_early_and_are_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let recording = write_recording(folder.path());
    let args = [&recording, "--speed", "max", "--fault", "delay,fixed=1h", "--fault-memory", "0"];
    let ran = replay(&args);
    let text = fs::read_to_string(&recording).expect("the file is readable");
    assert_eq!(ran.stdout, text);
    let note = "120 events were delayed by less than --fault wants: --fault-memory is too small";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
}

#[test]
fn a_fault_that_is_misspelt_is_refused_with_a_suggestion() {
    for (fault, expected) in [
        ("dorp", "there is no fault `dorp`; did you mean `drop`?"),
        ("drop,p=2", "`p`: want a number from 0 to 1 such as 0.01, got 2"),
    ] {
        let ran = contrail(&["replay", "corpus/valid", "--fault", fault]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}
