use contrail_model::Locator;
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::*;
use crate::{Schemas, Settings, Validator};

const ID: &str = "9eebaf4b-52a6-487b-bf2c-b8f8e88bf906";

fn batch(count: u64) -> String {
    format!("{{\n  \"BatchId\": \"{ID}\",\n  \"Count\": {count},\n  \"Events\": []\n}}")
}

fn entry(method: &str, url: &str, status: u64, content: &Value) -> Value {
    json!({
        "request": {"method": method, "url": url},
        "response": {"status": status, "content": content},
    })
}

fn get(url: &str, text: &str) -> Value {
    entry("GET", url, 200, &json!({"text": text}))
}

fn har(entries: &[Value]) -> String {
    format!("{:#}", json!({"log": {"entries": entries}}))
}

fn check_with(choice: VersionChoice, input: &str) -> (Vec<Finding>, Summary) {
    let settings = Settings { api_version: choice, ..Settings::default() };
    let validator = Validator::new(Schemas::embedded(), settings);
    let mut found = Vec::new();
    let mut keep = |finding| {
        found.push(finding);
        Flow::Continue(())
    };
    let mut session = Session::new(&validator, "test.har");
    assert_eq!(session.push(input.as_bytes(), &mut keep), Flow::Continue(()));
    let summary = session.finish(&mut keep);
    (found, summary)
}

fn check(input: &str) -> (Vec<Finding>, Summary) {
    check_with(VersionChoice::Auto, input)
}

/// The text of the input that a finding is about.
fn marked<'i>(input: &'i str, finding: &Finding) -> &'i str {
    let start = usize::try_from(finding.range.start.offset).unwrap();
    let end = usize::try_from(finding.range.end.offset).unwrap();
    let mut locator = Locator::new(input.as_bytes(), Position::START);
    assert_eq!(finding.range, locator.range(start..end));
    &input[start..end]
}

#[test]
fn a_finding_is_at_its_place_in_the_har_and_names_its_entry() {
    let input = har(&[get("https://host/x", "<p>"), get("https://host/2/events/9?x", &batch(4))]);
    let (found, summary) = check(&input);
    let finding = &found[0];
    assert_eq!(found.len(), 1);
    assert_eq!(
        finding.message,
        "Count is 4 but Events holds no events (entry 1: GET /2/events/9, line 3 column 12 of the body)"
    );
    assert_eq!(finding.pointer, "/log/entries/1/response/content/text/Count");
    assert_eq!((finding.document, marked(&input, finding)), (1, "4"));
    assert_eq!(finding.api_version, Some(ApiVersion(2)));
    assert_eq!(finding.excerpt.text, "  \"Count\": 4,");
    let position = finding.in_body.unwrap();
    assert_eq!((position.line, position.column), (3, 12));
    let Summary { files, documents, batches, bytes, .. } = summary;
    assert_eq!((files, documents, batches, bytes), (1, 1, 1, input.len() as u64));
    assert_eq!((summary.har_entries, summary.other_entries), (2, 1));
    assert_eq!((summary.findings.error, summary.api_versions[0].assumed), (1, 0));
}

#[test]
fn a_finding_in_base64_is_at_the_whole_string() {
    let text = BASE64.encode(batch(4).as_bytes());
    let content = json!({"text": text, "encoding": "base64"});
    let input = har(&[entry("GET", "/3/events", 200, &content)]);
    let (found, _) = check(&input);
    assert_eq!(marked(&input, &found[0]), format!("\"{text}\""));
    assert!(found[0].message.ends_with("(entry 0: GET /3/events, line 3 column 12 of the body)"));
}

#[test]
fn the_fingerprint_is_that_of_the_plain_capture() {
    let (plain, _) = check(&batch(4));
    let (found, _) = check(&har(&[get("/3/events", &batch(4)), get("/2/events", &batch(4))]));
    assert_eq!(found.len(), 2);
    for finding in &found {
        assert_eq!(finding.fingerprint, plain[0].fingerprint);
    }
}

#[test]
fn the_url_gives_the_version_and_the_user_may_give_another() {
    let input = har(&[get("/2/events", &batch(0)), get("/3/events", &batch(0))]);
    let versions = |choice| {
        let (_, summary) = check_with(choice, &input);
        let counts = summary.api_versions.iter();
        counts.map(|count| (count.version, count.checked, count.assumed)).collect::<Vec<_>>()
    };
    assert_eq!(versions(VersionChoice::Auto), [(2, 1, 0), (3, 1, 0)]);
    assert_eq!(versions(VersionChoice::Fixed(ApiVersion(3))), [(3, 2, 0)]);
}

#[test]
fn entries_without_events_are_counted_and_not_complained_of() {
    let events = |status, content| entry("GET", "/3/events", status, &content);
    let entries = [
        json!(null),
        json!({}),
        json!({"request": {"method": "GET", "url": "/3/events"}}),
        events(204, json!({})),
        events(200, json!({"text": ""})),
        events(200, json!({"text": " \n"})),
        events(200, json!({"text": 5})),
        events(200, json!({"encoding": "base64"})),
        events(500, json!({"text": "<html>"})),
        events(401, json!({"text": "{\"Message\": \"no\"}"})),
        entry("DELETE", "/3/events", 200, &json!({"text": "x"})),
        get("/9/events", "x"),
        get("/3/devices", "x"),
    ];
    let (found, summary) = check(&har(&entries));
    assert!(found.is_empty(), "{found:?}");
    assert_eq!((summary.har_entries, summary.other_entries), (13, 13));
    assert_eq!((summary.documents, summary.batches), (1, 0));
}

#[test]
fn a_url_without_a_version_is_that_of_another_entry() {
    let urls = ["/events", "/events/100", "https://host/events", "https://host/events/100?x"];
    let (found, summary) = check(&har(&urls.map(|url| get(url, &batch(4)))));
    assert!(found.is_empty(), "{found:?}");
    assert_eq!((summary.har_entries, summary.other_entries, summary.batches), (4, 4, 0));
}

#[test]
fn a_har_in_a_har_is_not_read() {
    let inner = har(&[get("/3/events", &batch(4))]);
    let (found, summary) = check(&har(&[get("/3/events", &inner)]));
    let rules: Vec<_> = found.iter().map(|finding| finding.rule.name).collect();
    assert_eq!((rules, summary.har_entries), (vec!["unrecognised-document"], 1));
}

#[test]
fn an_array_of_hars_and_a_har_behind_a_batch_are_read() {
    let one = har(&[get("/3/events", &batch(4))]);
    let (found, summary) = check(&format!("{}\n[{one},\n{one}]", batch(0)));
    let places: Vec<_> =
        found.iter().map(|finding| (finding.document, finding.pointer.as_str())).collect();
    assert_eq!(
        places,
        [
            (2, "/0/log/entries/0/response/content/text/Count"),
            (2, "/1/log/entries/0/response/content/text/Count")
        ]
    );
    assert_eq!((summary.documents, summary.batches), (2, 3));
}

#[test]
fn names_that_hide_events_are_told_and_others_are_not() {
    let body = serde_json::to_string(&batch(0)).unwrap();
    let request = r#""request":{"method":"GET","url":"/3/events","x":1,"x":2}"#;
    let other = r#"{"request":{"url":1,"url":2}}"#;
    let input = format!(
        r#"{{"log":{{"entries":[],"entries":[{other},{{{request},"response":{{"content":{{"text":{body}}}}}}}]}}}}"#
    );
    let (found, summary) = check(&input);
    let places: Vec<_> =
        found.iter().map(|finding| (finding.rule.name, finding.pointer.as_str())).collect();
    assert_eq!(
        places,
        [("duplicate-key", "/log/entries"), ("duplicate-key", "/log/entries/1/request/x")]
    );
    assert_eq!(summary.batches, 1);
}

#[test]
fn a_body_that_cannot_be_read_is_one_finding() {
    let text = format!("{}*", BASE64.encode(batch(0).as_bytes()));
    let content = json!({"text": text, "encoding": "base64"});
    let spoilt = entry("GET", "/3/events", 200, &content);
    let input = har(&[spoilt.clone(), spoilt, get("/3/events", &batch(0))]);
    let (found, summary) = check(&input);
    assert_eq!(
        found[0].message,
        "the body is said to be base64, which has no `*` (entry 0: GET /3/events)"
    );
    assert_eq!(found[0].pointer, "/log/entries/0/response/content/text");
    assert_eq!((found.len(), marked(&input, &found[0])), (2, "*"));
    assert_eq!(found[0].fingerprint, found[1].fingerprint);
    assert_eq!((summary.batches, summary.findings.error), (1, 2));
}

#[test]
fn a_sink_that_breaks_stops_at_once() {
    let validator = Validator::new(Schemas::embedded(), Settings::default());
    let entries = [get("/3/events", &batch(4)), get("/3/events", &batch(4))];
    let mut session = Session::new(&validator, "test.har");
    let mut count = 0;
    let mut first = |_| {
        count += 1;
        Flow::Break(())
    };
    assert_eq!(session.push(har(&entries).as_bytes(), &mut first), Flow::Continue(()));
    let summary = session.finish(&mut first);
    assert_eq!((count, summary.batches, summary.findings.error), (1, 1, 1));
}

/// A batch of one heartbeat or command event of this type.
fn command(type_name: &str, device: &str, command: &str) -> String {
    let id = format!("{}{}", &ID[..35], type_name.len() % 10);
    let rest = match type_name {
        "CommandQueuedEvent" => r#""User":"u","ParameterList":[],"URI":"/2/x","Verb":"GET""#,
        _ => r#""OutputParameterList":[],"ExceptionList":[]"#,
    };
    format!(
        r#"{{"BatchId":"{ID}","Count":1,"Events":[{{"CommandId":"{command}","CommandName":"GetEPCList","Device":"{device}","ReceivedTime":"2017-05-19T06:14:59Z","Type":"{type_name}","EventId":"{id}","EventTime":"2017-05-19T06:14:30Z",{rest}}}]}}"#
    )
}

fn rules_and_marks(input: &str) -> Vec<(&'static str, String)> {
    let (found, _) = check(input);
    found.iter().map(|finding| (finding.rule.name, marked(input, finding).to_owned())).collect()
}

#[test]
fn what_holds_across_documents_holds_across_bodies() {
    let other = "0eebaf4b-52a6-487b-bf2c-b8f8e88bf906";
    let completed = command("CommandCompletionEvent", "d", ID);
    let queued = command("CommandQueuedEvent", "d", ID)
        .replace(r#""ReceivedTime":"2017-05-19T06:14:59Z","#, "");
    let both = har(&[get("/2/events", &queued), get("/2/events", &completed)]);
    let across = |input: &str| {
        let mut found = rules_and_marks(input);
        found.retain(|(rule, _)| rule.contains("without") || rule.contains("redelivery"));
        found
    };
    assert_eq!(across(&both), []);
    // Told at the end, and at the place in the HAR document all the same.
    let orphan = command("CommandCompletionEvent", "d", other);
    let content = json!({"text": BASE64.encode(orphan.as_bytes()), "encoding": "base64"});
    let input = har(&[
        get("/2/events", &orphan.replace(other, ID)),
        entry("GET", "/2/events", 200, &content),
        get("/2/events", &batch(0)),
    ]);
    let (found, summary) = check(&input);
    let places: Vec<_> = found
        .iter()
        .filter(|finding| finding.rule.name == "completion-without-queued")
        .map(|finding| {
            (finding.pointer.as_str(), finding.range.end.offset - finding.range.start.offset)
        })
        .collect();
    let whole = content["text"].as_str().unwrap().len() as u64 + 2;
    assert_eq!(
        places,
        [
            ("/log/entries/0/response/content/text/Events/0/CommandId", 40),
            ("/log/entries/1/response/content/text/Events/0/CommandId", whole)
        ]
    );
    assert_eq!(summary.batches, 3);
}

#[test]
fn an_event_that_differs_in_a_later_body_names_the_line_of_the_first() {
    let one = command("CommandCompletionEvent", "d", ID);
    let input = har(&[
        get("/2/events", &one),
        get("/2/events", &one.replace("[]", "[ ]")),
        get("/2/events", &one.replace("06:14:59", "06:14:58")),
    ]);
    let line = 1 + input.split("CommandCompletionEvent").next().unwrap().matches('\n').count();
    let (found, _) = check(&input);
    let finding =
        found.iter().find(|finding| finding.rule.name == "conflicting-redelivery").unwrap();
    let want = format!("was delivered at line {line} (entry 2: GET /2/events, line 1 column ");
    assert!(finding.message.contains(&want), "{want}: {}", finding.message);
}

#[test]
fn versions_that_the_urls_tell_apart_are_not_mixed() {
    let input = har(&[get("/2/events", &batch(0)), get("/3/events", &batch(0))]);
    assert_eq!(rules_and_marks(&input), []);
}
