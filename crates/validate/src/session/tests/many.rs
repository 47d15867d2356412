//! Elements with very many findings: each is reported as soon as it is made, in the order of the text.

use std::ops::ControlFlow;

use crate::{Finding, Schemas, Session, Settings, Severity, Summary, Validator, defect::Defect};

const ID: &str = "8a6a63ec-24ed-46a4-ab4c-b2424a23d596";

fn heartbeat(members: &str) -> String {
    format!(
        "{{\"Device\":\"D\",\"ReceivedTime\":\"2017-05-19T01:16:31Z\",\"Type\":\"HeartbeatEvent\",\"EventId\":\"{ID}\",\"EventTime\":\"2017-05-19T01:16:29Z\",{members}}}"
    )
}

fn batch(events: &str) -> String {
    format!(
        "{{\"BatchId\":\"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32\",\"Count\":1,\"Events\":[{events}]}}"
    )
}

fn pairs(count: usize) -> String {
    let list = vec!["{\"Key\":1}"; count].join(",");
    format!(
        "{{\"CommandId\":\"d23f0824-128b-4f33-8c5c-7fd0a6a3a450\",\"CommandName\":\"X\",\"ExceptionList\":[],\"Device\":\"D\",\"ReceivedTime\":\"2017-05-19T01:16:31Z\",\"Type\":\"CommandCompletionEvent\",\"EventId\":\"{ID}\",\"EventTime\":\"2017-05-19T01:16:29Z\",\"OutputParameterList\":[{list}]}}"
    )
}

/// The findings of a document as JSON, at most `most`; and the summary.
fn told(text: &str, most: usize) -> (Vec<String>, Summary) {
    let validator = Validator::new(Schemas::embedded(), Settings::default());
    let mut told = Vec::new();
    let mut keep = |finding: Finding| {
        told.push(serde_json::to_string(&finding).unwrap());
        if told.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let mut session = Session::new(&validator, "test");
    let summary = match session.push(text.as_bytes(), &mut keep) {
        ControlFlow::Continue(()) => session.finish(&mut keep),
        ControlFlow::Break(()) => session.stop(),
    };
    (told, summary)
}

fn all(text: &str) -> Vec<String> {
    let (told, summary) = told(text, usize::MAX);
    let offsets: Vec<_> = told.iter().map(|finding| offset(finding)).collect();
    assert!(offsets.is_sorted());
    assert_eq!(summary.findings.at_least(Severity::Info), told.len() as u64);
    told
}

fn offset(finding: &str) -> u64 {
    let finding: serde_json::Value = serde_json::from_str(finding).unwrap();
    finding["offset"].as_u64().unwrap()
}

#[test]
fn of_events_that_are_none() {
    let want = r#"{"rule":"wrong-type","severity":"error","message":"this event is null, but must be an object","file":"test","document":1,"line":1,"column":81,"end_line":1,"end_column":85,"offset":80,"length":4,"pointer":"/Events/2","api_version":3,"event":{"index":2,"type":null,"id":null},"got":"null","want":"an object","help":null,"fingerprint":"1dc2485d0273"}"#;
    assert_eq!(all(&batch("null,null,null")).last().unwrap(), want);
    // One of the envelope: 2,001 are too many events as well.
    assert_eq!(all(&batch(&vec!["null"; 2_000].join(","))).len(), 2_002);
}

#[test]
fn of_names_that_are_repeated() {
    let want = r#"{"rule":"unknown-property","severity":"warning","message":"`a` is not a property of HeartbeatEvent","file":"test","document":1,"line":1,"column":173,"end_line":1,"end_column":176,"offset":172,"length":3,"pointer":"/a","api_version":2,"event":{"index":null,"type":"HeartbeatEvent","id":"8a6a63ec-24ed-46a4-ab4c-b2424a23d596"},"got":"a","want":null,"help":null,"fingerprint":"839ad062a7db"}"#;
    let repeated = |count: usize| heartbeat(&vec!["\"a\":1"; count].join(","));
    assert_eq!(all(&repeated(3)).last().unwrap(), want);
    assert_eq!(all(&repeated(5_000)).len(), 5_000);
}

#[test]
fn of_names_that_are_not_known() {
    let want = r#"{"rule":"unknown-property","severity":"warning","message":"`a2` is not a property of HeartbeatEvent","file":"test","document":1,"line":1,"column":175,"end_line":1,"end_column":179,"offset":174,"length":4,"pointer":"/a2","api_version":2,"event":{"index":null,"type":"HeartbeatEvent","id":"8a6a63ec-24ed-46a4-ab4c-b2424a23d596"},"got":"a2","want":null,"help":null,"fingerprint":"6704bc374c9b"}"#;
    let unknown = |count: usize| {
        let members: Vec<_> = (0..count).map(|number| format!("\"a{number}\":1")).collect();
        heartbeat(&members.join(","))
    };
    assert_eq!(all(&unknown(3)).last().unwrap(), want);
    assert_eq!(all(&unknown(5_000)).len(), 5_000);
}

#[test]
fn of_elements_of_a_wrong_shape() {
    let want = r#"{"rule":"wrong-type","severity":"error","message":"`Key` is a number, but must be a string","file":"test","document":1,"line":1,"column":307,"end_line":1,"end_column":308,"offset":306,"length":1,"pointer":"/OutputParameterList/2/Key","api_version":2,"event":{"index":null,"type":"CommandCompletionEvent","id":"8a6a63ec-24ed-46a4-ab4c-b2424a23d596"},"got":"1","want":"a string","help":null,"fingerprint":"6eff4ff9eecc"}"#;
    assert_eq!(all(&pairs(3)).last().unwrap(), want);
    assert_eq!(all(&pairs(5_000)).len(), 10_000);
}

#[test]
fn of_a_long_list_where_none_belongs() {
    let want = r#"{"rule":"unknown-property","severity":"warning","message":"`X` is not a property of HeartbeatEvent","file":"test","document":1,"line":1,"column":161,"end_line":1,"end_column":164,"offset":160,"length":3,"pointer":"/X","api_version":2,"event":{"index":null,"type":"HeartbeatEvent","id":"8a6a63ec-24ed-46a4-ab4c-b2424a23d596"},"got":"X","want":null,"help":null,"fingerprint":"03a25283eca7"}"#;
    assert_eq!(all(&heartbeat(&format!("\"X\":[{}]", vec!["1"; 200].join(",")))), [want]);
}

#[test]
fn no_more_are_made_than_are_taken() {
    let (told, summary) = told(&batch(&vec!["null"; 1_000].join(",")), 3);
    assert_eq!(told.len(), 3);
    assert_eq!((summary.findings.at_least(Severity::Info), summary.events), (3, 1_000));
}

/// What is kept of each finding until it is reported. A finding itself takes a kilobyte.
#[test]
fn a_defect_is_small() {
    assert!(size_of::<Defect>() <= 20, "{}", size_of::<Defect>());
}
