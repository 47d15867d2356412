//! Snapshots of what a person sees. Read a changed one before you accept it.

use std::fs;

use insta::assert_snapshot;

use crate::program::{batch, contrail, contrail_with, heartbeat, root};

/// What a run prints, on both streams, with its exit code.
pub(crate) fn shown(args: &[&str]) -> String {
    shown_with(args, b"")
}

fn shown_with(args: &[&str], stdin: &[u8]) -> String {
    let ran = contrail_with(args, stdin);
    let code = ran.code.unwrap_or_default();
    format!("{}{}exit code {code}\n", ran.stderr, ran.stdout)
}

/// One snapshot for each file of a folder of the corpus.
fn snapshot_folder(folder: &str) {
    let mut files: Vec<_> = fs::read_dir(root().join("corpus").join(folder))
        .expect("the folder is readable")
        .map(|entry| entry.expect("the entry is readable"))
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().into_string().expect("the name is UTF-8"))
        .collect();
    files.sort();
    for file in files {
        let name = format!("{}__{file}", folder.replace('/', "_"));
        assert_snapshot!(name, shown(&["validate", &format!("corpus/{folder}/{file}")]));
    }
}

#[test]
fn every_rule() {
    snapshot_folder("invalid");
}

#[test]
fn every_kind_of_damage() {
    snapshot_folder("damaged");
}

#[test]
fn every_slip_of_the_documentation() {
    snapshot_folder("slips/v2");
    snapshot_folder("slips/v3");
}

#[test]
fn help() {
    assert_snapshot!("help", shown(&["--help"]));
    assert_snapshot!("help_validate", shown(&["validate", "--help"]));
    assert_snapshot!("rules", shown(&["rules"]));
    assert_snapshot!("explain", shown(&["explain", "missing-property"]));
}

#[test]
fn colours() {
    let text = shown(&["validate", "--color", "always", "corpus/invalid/unknown-property.json"]);
    assert_snapshot!("colours", text.replace('\u{1b}', "ESC"));
}

#[test]
fn many_findings_of_one_kind_are_folded() {
    let bad = heartbeat(1).replace("06:14:30Z", "noon");
    let lines = format!("{bad}\n").repeat(5000) + &batch(&[]).replace(":0", ":1");
    let text = shown_with(&["validate", "-"], lines.as_bytes());
    let tail: Vec<_> = text.lines().skip(20 * 7).collect();
    assert_snapshot!("folded", tail.join("\n"));
}

#[test]
fn a_misspelt_property_is_one_finding_that_says_what_was_meant() {
    let event = heartbeat(1).replace("ReceivedTime", "RecievedTime");
    assert_snapshot!("misspelt", shown_with(&["validate", "-"], event.as_bytes()));
}

#[test]
fn several_things_that_cannot_be_read() {
    let ran = contrail(&["validate", "no-such-file", "corpus/damaged/empty.json", "tests/cli"]);
    assert_snapshot!("unread", format!("{}{}", ran.stderr, ran.stdout.trim_end()));
}

#[test]
fn a_million_findings_are_folded_and_counted() {
    let capture = "{}\n".repeat(1_000_000);
    let ran = contrail_with(&["validate", "-"], capture.as_bytes());
    assert!(ran.stdout.len() < 200_000, "{} bytes", ran.stdout.len());
    let shown = ran.stdout.matches("error[unrecognised-document]").count();
    let folded = "... and 999,980 more unrecognised-document, the last at <stdin>:1000000:1\n";
    assert_eq!((shown, ran.stdout.contains(folded)), (20, true), "{}", ran.stdout);
    let sum = "1,000,000 errors: 1 file, 1,000,000 documents, 0 batches, 0 events, 2.86 MiB\n";
    assert!(ran.stdout.ends_with(sum), "{}", ran.stdout);
}
