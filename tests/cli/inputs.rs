//! What bad input gets, and input that is given in odd ways: never a panic, never silence.

use std::fs;

use crate::program::{Ran, batch, contrail, contrail_with, heartbeat};

fn json(stdin: &[u8]) -> Ran {
    contrail_with(&["validate", "--output-format", "json", "-"], stdin)
}

#[test]
fn standard_input_is_read_to_its_end() {
    let documents = format!("{}\n{}", batch(&[heartbeat(1)]), batch(&[]).replace(":0", ":1"));
    let ran = json(documents.as_bytes());
    assert_eq!(ran.findings(), ["count-mismatch 2:59 /Count"]);
    assert_eq!(ran.json()["summary"]["documents"], 2);
    assert_eq!(ran.json()["findings"][0]["file"], "<stdin>");
}

#[test]
fn hostile_documents_get_one_finding_and_the_next_one_is_read() {
    let good = heartbeat(1);
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let long = format!("{{\"Type\":\"{}\u{1}\"}}", "x".repeat(1 << 20));
    for (bad, rule) in [
        (&b"{\"Type\":\"\xFF\"}"[..], "invalid-utf8"),
        (b"{\"Type\":\"\xC3\"}", "invalid-utf8"),
        (b"\0\0\0", "not-json"),
        (b"{\"Type\":\"\\ud800\"}", "not-json"),
        (b"{\"Version\":1e400}", "not-json"),
        (b"{\"Version\":01}", "not-json"),
        (b"{\"Version\":NaN}", "not-json"),
        (b"{\"Type\":\"a", "truncated"),
        (b"{", "truncated"),
        (format!("{{\"a\":{deep}}}").as_bytes(), "too-deep"),
        (long.as_bytes(), "not-json"),
        (b"{\"a\":1}", "unrecognised-document"),
        (b"true", "unrecognised-document"),
    ] {
        let input = [good.as_bytes(), bad, good.as_bytes(), b""].join(&b"\n"[..]);
        let ran = json(&input);
        let name = String::from_utf8_lossy(&bad[..bad.len().min(30)]);
        let findings = ran.findings();
        assert_eq!(findings.len(), 1, "{name}: {findings:?}");
        assert!(findings[0].starts_with(&format!("{rule} 2:")), "{name}: {findings:?}");
        assert_eq!(ran.json()["summary"]["events"], 2, "{name}");
        assert_eq!(ran.code, Some(1), "{name}");
    }
}

#[test]
fn a_string_of_100_megabytes_is_a_string() {
    let event = heartbeat(1).replace("MyDeviceName", &"x".repeat(100 << 20));
    let ran = json(event.as_bytes());
    assert_eq!(ran.findings(), ["constraint-violated 1:11 /Device"]);
    assert!(ran.stdout.len() < 2000, "the value is not printed whole");
}

#[test]
fn duplicate_keys_are_one_finding_each() {
    let event = heartbeat(1).replace("\"Type\"", "\"Device\":\"Other\",\"Type\"");
    assert_eq!(json(event.as_bytes()).findings(), ["duplicate-key 1:64 /Device"]);
}

#[test]
fn a_corrupt_stream_is_told_with_what_was_read_before() {
    for (file, message) in [
        ("corpus/damaged/cut.jsonl.gz", "the gzip stream is cut off"),
        ("corpus/damaged/flipped-byte.jsonl.gz", "the gzip stream is damaged"),
    ] {
        let ran = contrail(&["validate", file, "corpus/valid"]);
        assert_eq!(ran.code, Some(3), "{file}");
        assert!(ran.stderr.contains(&format!("{file}: {message}")), "{}", ran.stderr);
        assert!(!ran.stdout.contains("truncated"), "one defect, one finding: {}", ran.stdout);
    }
}

#[test]
fn directories_are_walked_in_sorted_order() {
    let dir = tempfile::tempdir().unwrap();
    let bad = batch(&[]).replace(":0", ":1");
    fs::create_dir(dir.path().join("b")).unwrap();
    for name in ["c.ndjson", "b/2.json", "b/1.JSON", "a.jsonl"] {
        fs::write(dir.path().join(name), &bad).unwrap();
    }
    fs::write(dir.path().join("README.md"), "not a capture").unwrap();
    let path = dir.path().to_str().unwrap();
    let ran = contrail(&["validate", "--output-format", "json", path]);
    let output = ran.json();
    let findings = output["findings"].as_array().unwrap();
    let files: Vec<_> = findings
        .iter()
        .map(|finding| finding["file"].as_str().unwrap().strip_prefix(path).unwrap())
        .collect();
    assert_eq!(files, ["/a.jsonl", "/b/1.JSON", "/b/2.json", "/c.ndjson"]);
}

#[test]
fn compression_is_recognised_by_content() {
    for file in ["corpus/valid/framing/lines.jsonl.gz", "corpus/valid/framing/lines.jsonl.zst"] {
        let bytes = fs::read(crate::program::root().join(file)).unwrap();
        let ran = json(&bytes);
        assert_eq!((ran.code, &ran.json()["summary"]["batches"]), (Some(0), &3.into()), "{file}");
    }
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let event = heartbeat(1).replace("MyDeviceName", "\u{1b}[31mred");
    let ran = contrail_with(&["validate", "-"], event.as_bytes());
    assert!(!ran.stdout.contains('\u{1b}'), "{:?}", ran.stdout);
    let event = heartbeat(1).replace("HeartbeatEvent", "\u{9b}31mred");
    let ran = contrail_with(&["validate", "-"], event.as_bytes());
    assert!(!ran.stdout.contains('\u{9b}'), "{:?}", ran.stdout);
}

#[test]
fn an_unreadable_directory_entry_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("good.json"), heartbeat(1)).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("no-such-target.json", dir.path().join("broken.json")).unwrap();
    let ran = contrail(&["validate", dir.path().to_str().unwrap()]);
    #[cfg(unix)]
    assert_eq!(ran.code, Some(3));
    #[cfg(unix)]
    assert!(ran.stderr.contains("broken.json"), "{}", ran.stderr);
    assert!(ran.stdout.contains("1 event"), "{}", ran.stdout);
}

#[test]
fn standard_input_is_given_once() {
    let ran = contrail_with(&["validate", "-", "-"], b"[]");
    assert_eq!(ran.code, Some(2));
    let expected = "contrail: - stands for standard input and can be given only once\n";
    assert_eq!(ran.stderr, expected);
}

#[test]
fn ten_thousand_wrong_names_take_no_time_to_speak_of() {
    let names: Vec<_> = (0..10_000).map(|number| format!(",\"n{number}\":0")).collect();
    let event = heartbeat(1).replace('}', &(names.concat() + "}"));
    let ran = contrail_with(&["validate", "-"], event.as_bytes());
    assert!(ran.stdout.contains("\n10,000 warnings: 1 file, "), "{}", ran.stdout);
}
