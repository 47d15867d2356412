//! HAR exports: which responses are read, and where their findings are.

use std::{fs, io::Write as _};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::program::{Ran, batch, contrail, contrail_with, heartbeat, root};

fn har(entries: &[Value]) -> String {
    format!("{:#}", json!({"log": {"version": "1.2", "entries": entries}}))
}

fn get(url: &str, body: &str) -> Value {
    json!({
        "request": {"method": "GET", "url": url},
        "response": {"status": 200, "content": {"mimeType": "application/json", "text": body}},
    })
}

fn wrong_count() -> String {
    batch(&[heartbeat(1)]).replace("\"Count\":1", "\"Count\":2")
}

fn check(stdin: &[u8], args: &[&str]) -> Ran {
    let args = [&["validate", "--output-format", "json"], args, &["-"]].concat();
    contrail_with(&args, stdin)
}

#[test]
fn an_export_of_a_browser_is_read() {
    let ran = contrail(&["validate", "corpus/valid/har/browser.har"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let want = "1 file, 1 document, 3 HAR entries (1 other), 2 batches, 21 events, ";
    assert!(ran.stdout.contains(want), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("; API versions 2 and 3\n"), "{}", ran.stdout);
}

#[test]
fn it_is_known_by_its_content_on_standard_input_and_compressed() {
    let input = har(&[get("https://host/2/Events/100?x=1", &wrong_count())]);
    let want = ["count-mismatch 12:86 /log/entries/0/response/content/text/Count"];
    assert_eq!(check(input.as_bytes(), &[]).findings(), want);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(input.as_bytes()).unwrap();
    assert_eq!(check(&gzip.finish().unwrap(), &[]).findings(), want);
    // The column is that of the Count in the line of the HAR document.
    let line = input.lines().nth(11).unwrap();
    assert_eq!(line.find(r#"\":2"#).map(|at| at + 4), Some(86));
}

#[test]
fn directories_give_their_har_files() {
    let dir = tempfile::tempdir().unwrap();
    let other = har(&[get("https://host/devices", "{}")]);
    fs::write(dir.path().join("a.har"), har(&[get("/2/events", &wrong_count())])).unwrap();
    fs::write(dir.path().join("b.HAR"), other).unwrap();
    let ran = contrail(&["validate", "--output-format", "json", dir.path().to_str().unwrap()]);
    let summary = &ran.json()["summary"];
    assert_eq!((&summary["files"], &summary["batches"]), (&2.into(), &1.into()));
    assert_eq!((&summary["har_entries"], &summary["other_entries"]), (&2.into(), &1.into()));
    let note = "b.HAR: it holds no Get Events response among its 1 entries";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    assert_eq!(ran.code, Some(1));
}

#[test]
fn the_url_gives_the_version_unless_the_user_does() {
    let input = har(&[get("https://host/3/events", &batch(&[heartbeat(1)]))]);
    let rules = |args: &[&str]| check(input.as_bytes(), args).findings().len();
    // An event of version 2 behind a URL of version 3 lacks its Version.
    assert_eq!(rules(&[]), 1);
    assert_eq!(rules(&["--api-version", "2"]), 0);
}

#[test]
fn without_a_get_events_response_nothing_is_validated() {
    let ran = contrail(&["validate", "corpus/damaged/har-no-events.har"]);
    assert_eq!(ran.code, Some(3));
    let want = "nothing was validated: it holds no Get Events response among its 4 entries";
    assert!(ran.stderr.contains(want), "{}", ran.stderr);
}

#[test]
fn members_of_any_type_are_no_reason_to_stop() {
    let good = get("https://host/2/events", &batch(&[heartbeat(1)]));
    let values = [json!(null), json!(true), json!(7), json!("x"), json!([1]), json!({"a": 1})];
    let pointers = [
        "",
        "/request",
        "/request/method",
        "/request/url",
        "/response",
        "/response/status",
        "/response/content",
        "/response/content/text",
    ];
    for pointer in pointers {
        for value in &values {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value.clone();
            let ran = check(har(&[bad, good.clone()]).as_bytes(), &[]);
            let name = format!("{pointer} {value}: {}{}", ran.stdout, ran.stderr);
            let summary = &ran.json()["summary"];
            assert!(matches!(ran.code, Some(0 | 1)), "{name}");
            assert_eq!(summary["har_entries"], 2, "{name}");
            // A string is a body, and a status that is none says nothing.
            let is_read =
                pointer == "/response/status" || pointer.ends_with("text") && value == "x";
            assert_eq!(summary["other_entries"] == 1, !is_read, "{name}");
        }
    }
}

#[test]
fn private_values_are_hidden_in_bodies_too() {
    let body = batch(&[heartbeat(1).replace("MyDeviceName", "Secret\\n")]);
    let text = data_of("corpus/damaged/har-bad-base64.har");
    for input in [har(&[get("/2/events", &body)]), text] {
        let args = ["--redact", "--output-format", "text"];
        let ran = contrail_with(&[&["validate"], &args[..], &["-"]].concat(), input.as_bytes());
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(!ran.stdout.contains("Secret") && !ran.stdout.contains("eyJ"), "{}", ran.stdout);
    }
}

fn data_of(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect("the file is readable")
}
