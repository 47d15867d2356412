//! `--report`: files beside the output.

use std::{fs, path::Path, process::Stdio};

use serde_json::Value;

use crate::program::{batch, command, contrail, contrail_with};

const FORMATS: [&str; 7] = ["text", "json", "ndjson", "sarif", "junit", "github", "gitlab"];

fn report(format: &str, path: &Path) -> String {
    format!("--report={format}={}", path.display())
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("the report is readable");
    serde_json::from_str(&text).expect("the report is JSON")
}

/// The output without what differs between runs.
fn without_summary(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.contains("B in ")).collect()
}

#[test]
fn every_format_is_the_same_in_a_file_as_on_standard_output() {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<_> = FORMATS.iter().map(|format| dir.path().join(format)).collect();
    let mut args = vec!["validate".to_owned(), "corpus".to_owned()];
    args.extend(FORMATS.iter().zip(&files).map(|(format, file)| report(format, file)));
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let ran = contrail(&args);
    let plain = contrail(&["validate", "corpus"]);
    assert_eq!(without_summary(&ran.stdout), without_summary(&plain.stdout));
    assert_eq!(ran.code, plain.code);
    for (format, file) in FORMATS.iter().zip(&files) {
        let alone = contrail(&["validate", "--output-format", format, "corpus"]).stdout;
        let written = fs::read_to_string(file).unwrap();
        assert_eq!(without_summary(&written), without_summary(&alone), "{format}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_2_before_the_work() {
    let dir = tempfile::tempdir().unwrap();
    let nowhere = dir.path().join("no-such-folder/out.json");
    let file = "corpus/invalid/count-mismatch.json";
    let ran = contrail(&["validate", &report("json", &nowhere), file]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    let message = format!("contrail: cannot write the report {}: ", nowhere.display());
    assert!(ran.stderr.starts_with(&message), "{}", ran.stderr);

    for (target, message) in [
        ("json", "want FORMAT=PATH"),
        ("xml=out.xml", "`xml` is no format: want one of text, json, ndjson, sarif, "),
        ("json=", "the path is empty"),
        ("json=-", "a report is a file"),
    ] {
        let ran = contrail(&["validate", "--report", target, file]);
        assert_eq!(ran.code, Some(2), "{target}");
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    }
}

#[test]
fn a_report_never_overwrites_an_input_or_another_report() {
    let dir = tempfile::tempdir().unwrap();
    let capture = dir.path().join("capture.json");
    let wrong = batch(&[]).replace(":0", ":1");
    fs::write(&capture, &wrong).unwrap();
    let ran = contrail(&["validate", &report("json", &capture), capture.to_str().unwrap()]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("would overwrite an input"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&capture).unwrap(), wrong);

    let out = dir.path().join("out");
    let args = ["validate", &report("json", &out), &report("sarif", &out), "corpus/valid"];
    let ran = contrail(&args);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("two reports would be written to "), "{}", ran.stderr);
}

#[test]
fn a_report_of_an_earlier_run_is_no_capture() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().to_str().unwrap();
    fs::write(dir.path().join("capture.json"), batch(&[]).replace(":0", ":1")).unwrap();
    let path = dir.path().join("report.json");
    for _ in 0..2 {
        let ran = contrail(&["validate", &report("json", &path), folder]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
        assert_eq!(json(&path)["summary"]["files"], 1);
    }
}

#[test]
fn a_report_is_whole_when_the_reader_of_the_output_goes_away() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.json");
    let mut child = command(&["validate", &report("json", &path), "corpus"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(3), "as if the reader had stayed");
    let whole = contrail(&["validate", "--output-format", "json", "corpus"]).json();
    assert_eq!(json(&path), whole);
}

#[test]
fn reports_of_a_run_that_stops_early_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    let files = ["sarif", "junit", "json"].map(|format| (format, dir.path().join(format)));
    let reports = files.each_ref().map(|(format, file)| report(format, file));
    let mut args = vec!["validate", "--max-findings", "2", "-"];
    args.extend(reports.iter().map(String::as_str));
    let input = format!("{}\n", batch(&[]).replace(":0", ":1")).repeat(5);
    assert_eq!(contrail_with(&args, input.as_bytes()).code, Some(1));
    let [sarif, junit, output] = files.map(|(_, file)| file);
    assert_eq!(json(&output)["findings"].as_array().unwrap().len(), 2);
    let run = &json(&sarif)["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 2);
    let notes = run["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notes.contains("stopped early"), "{notes}");
    let junit = fs::read_to_string(junit).unwrap();
    assert_eq!(junit.matches("\nstdin:").count() + junit.matches(">stdin:").count(), 2);
    assert!(junit.ends_with("</testsuites>\n"));
}
