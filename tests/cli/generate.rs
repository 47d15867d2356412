//! Synthetic recordings: clean, the same for the same options, and with the defects that they say.

use std::{collections::BTreeSet, fs, path::Path};

use contrail_replay::synthetic::{Framing, Version, plantable};
use serde_json::Value;

use crate::{
    program::{Ran, command, contrail},
    shown::shown,
};

const FRAMINGS: [(&str, Framing); 5] = [
    ("batches", Framing::Batches),
    ("lines", Framing::Lines),
    ("array", Framing::Array),
    ("documents", Framing::Documents),
    ("pretty", Framing::Pretty),
];

const VERSIONS: [(&str, Version); 2] = [("2", Version::V2), ("3", Version::V3)];

/// The bytes of a recording, which may be no text.
fn generated(args: &[&str]) -> Vec<u8> {
    let args = [&["generate", "--quiet"], args].concat();
    let output = command(&args).output().expect("the program runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.is_empty(), "{args:?}: {told}");
    output.stdout
}

fn validated(path: &Path) -> Ran {
    let path = path.to_str().expect("the name is UTF-8");
    contrail(&["validate", "--quiet", "--output-format", "ndjson", "--fail-on", "info", path])
}

/// What both a finding and the truth say, in the order of the places.
fn places(lines: &str) -> Vec<Value> {
    let mut places: Vec<_> = lines
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("a line is JSON");
            let keys = ["offset", "rule", "line", "column", "document", "pointer", "event"];
            keys.iter().map(|key| line[*key].clone()).collect::<Value>()
        })
        .collect();
    places.sort_by_key(|place| (place[0].as_u64(), place[1].to_string()));
    places
}

/// Validates a recording with these defects and compares what is found with what was planted.
fn hold_to_truth(defects: &str, version: &str, framing: &str, more: &[&str]) -> usize {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let (capture, truth) = (folder.path().join("bad.json"), folder.path().join("truth.jsonl"));
    let asked = ["--api-version", version, "--framing", framing, "--defects", defects];
    let truth_path = truth.to_str().expect("the name is UTF-8");
    let capture_path = capture.to_str().expect("the name is UTF-8");
    generated(&[&asked[..], more, &["--truth", truth_path, "-o", capture_path]].concat());
    let ran = validated(&capture);
    let text = fs::read_to_string(&truth).expect("the truth is text");
    let (found, planted) = (places(&ran.stdout), places(&text));
    for (found, planted) in found.iter().zip(&planted) {
        assert_eq!(found, planted, "{defects}, version {version}, {framing} {more:?}");
    }
    assert_eq!(found.len(), planted.len(), "{defects}, version {version}, {framing} {more:?}");
    assert_eq!(ran.code, Some(i32::from(!planted.is_empty())), "{defects}");
    planted.len()
}

#[test]
fn every_defect_is_one_finding_of_its_rule_at_its_place() {
    for (version, of_version) in VERSIONS {
        for (framing, of_framing) in FRAMINGS {
            for rule in plantable(of_version, of_framing) {
                // Of batches there are few.
                let rate = if rule == "batch-too-large" { "1" } else { "0.1" };
                let defects = format!("{rule}={rate}");
                let planted =
                    hold_to_truth(&defects, version, framing, &["--events", "700", "--batch=15"]);
                assert!(0 < planted, "{rule} in version {version}, {framing}");
            }
        }
    }
}

#[test]
fn many_defects_do_not_disturb_one_another() {
    for (version, of_version) in VERSIONS {
        for (framing, of_framing) in FRAMINGS {
            let rules: Vec<_> = plantable(of_version, of_framing).collect();
            for (seed, rate) in [("1", "0.005"), ("2", "0.03")] {
                let all: Vec<_> = rules.iter().map(|rule| format!("{rule}={rate}")).collect();
                let more = ["--events", "3000", "--batch=25", "--seed", seed];
                let planted = hold_to_truth(&all.join(","), version, framing, &more);
                assert!(100 < planted, "{planted}");
            }
        }
    }
}

#[test]
fn defects_are_found_in_recordings_of_any_shape() {
    for (version, of_version) in VERSIONS {
        let rules: Vec<_> = plantable(of_version, Framing::Batches).collect();
        let all: Vec<_> = rules.iter().map(|rule| format!("{rule}=0.02")).collect();
        for more in [
            &["--events", "3000", "--batch=1"][..],
            &["--events", "3000", "--batch=2", "--devices=1"],
            &["--events", "3000", "--batch=512", "--devices=1000"],
            &["--events", "3000", "--batch=3", "--duration=30s"],
            &["--events", "3000", "--batch=7", "--mix", "CommandQueuedEvent=5000"],
            &["--events", "17", "--batch=5"],
        ] {
            hold_to_truth(&all.join(","), version, "batches", more);
        }
    }
}

#[test]
fn a_recording_without_defects_has_no_finding() {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    for (version, _) in VERSIONS {
        for (framing, _) in FRAMINGS {
            for more in [
                &["--events", "5000"][..],
                &["--events", "1", "--seed=5"],
                &["--events", "3001", "--devices=700", "--batch=7"],
                &["--events", "3000", "--devices=2", "--duration=10s"],
                &["--events", "3000", "--duration=2years", "--start=1999-12-30T23:59:59+02:00"],
                &["--events", "900", "--mix", "CommandQueuedEvent=1000000"],
            ] {
                let path = folder.path().join(format!("{version}-{framing}.json"));
                let args = ["--api-version", version, "--framing", framing];
                let name = path.to_str().expect("the name is UTF-8");
                generated(&[&args[..], more, &["-o", name]].concat());
                let ran = validated(&path);
                assert_eq!((ran.code, &*ran.stdout), (Some(0), ""), "{args:?} {more:?}");
            }
        }
    }
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    let first = generated(&["--events", "2000", "--seed", "7"]);
    assert_eq!(first, generated(&["--events", "2000", "--seed", "7"]));
    assert_ne!(first, generated(&["--events", "2000", "--seed", "8"]));
}

#[test]
fn events_are_as_many_as_asked_for_and_every_type_comes_in_its_documented_order() {
    let text = String::from_utf8(generated(&["--events", "20k", "--framing=lines"])).unwrap();
    let mut types = BTreeSet::new();
    assert_eq!(text.lines().count(), 20_000);
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        types.insert(event["Type"].as_str().unwrap().to_owned());
    }
    // All of version 3.
    assert_eq!(types.len(), 18, "{types:?}");
    for word in ["\\\"", "\\\\", "\\u00", "\\ud83d", "é", "扉", "\"Value\":\"\"", "\"Adds\":[]"] {
        assert!(text.contains(word), "{word}");
    }
    let longest = text.lines().map(|line| line.matches("AD4424").count()).max();
    assert!((300..=1_000).contains(&longest.unwrap()), "{longest:?}");
}

#[test]
fn types_come_as_often_as_the_mix_says() {
    let mix = "HeartbeatEvent=3,SensorReadingEvent=1,AggregateEvent=0,ObjectEvent=0,LogEntryEvent=0,\
        CommandQueuedEvent=0,StatusEvent=0,LogicalDeviceAddedEvent=0,LogicalDeviceRemovedEvent=0";
    let args = ["--api-version=2", "--events=4000", "--mix", mix];
    let text = String::from_utf8(generated(&args)).unwrap();
    let count = |name: &str| text.matches(&format!("\"Type\":\"{name}\"")).count();
    assert_eq!(count("HeartbeatEvent") + count("SensorReadingEvent"), 4_000);
    assert!((2_900..3_100).contains(&count("HeartbeatEvent")));
}

#[test]
fn the_compression_is_that_of_the_name_or_as_asked_for() {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let plain = generated(&["--events=500"]);
    for (name, more, magic) in [
        ("a.jsonl.gz", &[][..], &b"\x1F\x8B"[..]),
        ("a.jsonl.zst", &[], b"\x28\xB5\x2F\xFD"),
        ("a.jsonl", &["--compress=zst"], b"\x28\xB5\x2F\xFD"),
        ("b.jsonl.gz", &["--compress=none"], b"{\"Batch"),
    ] {
        let path = folder.path().join(name);
        let args = ["--events=500", "-o", path.to_str().expect("the name is UTF-8")];
        generated(&[&args[..], more].concat());
        let bytes = fs::read(&path).expect("the file was written");
        assert!(bytes.starts_with(magic), "{name}");
        let unpacked = match name {
            "b.jsonl.gz" => bytes,
            _ if magic[0] == 0x1F => {
                let mut text = Vec::new();
                std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*bytes), &mut text)
                    .expect("it is gzip");
                text
            }
            _ => zstd::decode_all(&*bytes).expect("it is zstd"),
        };
        assert!(unpacked == plain, "{name}");
    }
}

#[test]
fn a_recording_can_be_replayed() {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let path = folder.path().join("day.jsonl");
    let name = path.to_str().expect("the name is UTF-8");
    generated(&["--events=2000", "-o", name]);
    let ran = contrail(&["replay", name, "--speed=max", "--compact", "--quiet"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (Some(0), 2_000), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_made_is_told() {
    for (args, want) in [
        (&["--defects=no-such-rule=1"][..], "there is no rule `no-such-rule` that can be broken"),
        (&["--defects=not-json"], "want RULE=RATE"),
        (&["--defects=not-json=2"], "the rate of not-json is not from 0 to 1"),
        (&["--defects=not-json=0.6,truncated=0.6"], "more than 1 together"),
        (&["--defects=missing-version=1", "--api-version=2"], "no recording of API version 2"),
        (&["--defects=count-mismatch=1", "--framing=lines"], "it takes batches"),
        (&["--defects=truncated=1", "--framing=pretty"], "a document with a line of its own"),
        (&["--mix=Heartbeat=1"], "there is no event type `Heartbeat`: want AggregateEvent,"),
        (&["--mix=CommandCompletionEvent=1"], "one comes for each CommandQueuedEvent"),
        (&["--mix=AliasAddedEvent=1", "--api-version=2"], "API version 2 has no AliasAddedEvent"),
        (&["--devices=0"], "want 1 to 1000000 devices"),
        (&["--batch=513"], "a batch holds at most 512 events"),
        (&["--duration=0s"], "want a duration from 1 s"),
        (&["-o", "no/such/folder/a.json"], "--output no/such/folder/a.json: "),
        (&["--truth=a.jsonl"], "--defects"),
        (&["--defects=not-json=1", "--truth=a.json", "-o", "a.json"], "would both write a.json"),
    ] {
        let ran = contrail(&[&["generate", "--events=1"], args].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(want), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn the_help_teaches() {
    insta::assert_snapshot!("help_generate", shown(&["generate", "--help"]));
}
