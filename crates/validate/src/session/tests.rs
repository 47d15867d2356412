mod many;

use super::*;

const ID: &str = "9eebaf4b-52a6-487b-bf2c-b8f8e88bf906";

fn event(members: &str) -> String {
    format!(
        r#"{{"Device":"d","ReceivedTime":"2017-05-19T06:14:59Z","EventId":"{ID}","EventTime":"2017-05-19T06:14:30Z",{members}}}"#
    )
}

/// All findings as `document line:column pointer rule`, and the sums.
fn check(input: &str) -> (Vec<String>, Summary) {
    let validator = Validator::new(Schemas::embedded(), Settings::default());
    let mut found = Vec::new();
    let mut keep = |finding: Finding| {
        let Finding { document, pointer, rule, .. } = &finding;
        found.push(format!("{document} {} {pointer} {}", finding.start(), rule.name));
        Flow::Continue(())
    };
    let mut session = Session::new(&validator, "test");
    assert_eq!(session.push(input.as_bytes(), &mut keep), Flow::Continue(()));
    let summary = session.finish(&mut keep);
    (found, summary)
}

fn found(input: &str) -> Vec<String> {
    check(input).0
}

#[test]
fn pointers_lead_from_the_document() {
    let bad = event(r#""Type":"HeartbeatEvent","X":1"#);
    let batch = format!(r#"{{"BatchId":"{ID}","Count":1,"Events":[{bad}]}}"#);
    assert_eq!(
        found(&format!("{bad}\n[{bad},\n{batch}]")),
        [
            "1 1:161 /X unknown-property",
            "2 2:162 /0/X unknown-property",
            "2 3:231 /1/Events/0/X unknown-property",
        ]
    );
}

#[test]
fn findings_of_a_document_come_in_the_order_of_the_text() {
    let first = event(r#""Type":"HeartbeatEvent","X":1"#);
    let second = event(r#""Type":"DoorEvent","Y":{"a":1,"a":2}"#);
    let input = format!(r#"{{"BatchId":"{ID}","Events":[{first},{second}],"Count":3}}"#);
    let rules: Vec<_> = found(&input)
        .iter()
        .filter_map(|line| line.split(' ').next_back().map(str::to_owned))
        .collect();
    assert_eq!(
        rules,
        [
            "unknown-property",
            "duplicate-event-id",
            "unknown-event-type",
            "duplicate-key",
            "count-mismatch"
        ]
    );
}

#[test]
fn a_value_that_several_keywords_refuse_is_one_finding() {
    let event = event(r#""Type":"HeartbeatEvent""#);
    // Neither the format nor the pattern of a timestamp.
    assert_eq!(found(&event.replace("2017-05-19T06:14:59Z", "x")).len(), 1);
    // Neither the length nor the pattern of a device.
    assert_eq!(found(&event.replace("\"d\"", &format!("\"{}\"", "/".repeat(200)))).len(), 1);
    // Neither an integer nor the number of events.
    let batch = format!(r#"{{"BatchId":"{ID}","Count":"5","Events":[]}}"#);
    assert_eq!(found(&batch), ["1 1:59 /Count wrong-type"]);
}

#[test]
fn an_event_of_another_version_is_held_to_its_own_schema() {
    let removed = r#""LogicalDeviceId":"d","Type":"LogicalDeviceRemovedEvent""#;
    let removed =
        event(removed).replace(r#""Device":"d","ReceivedTime":"2017-05-19T06:14:59Z","#, "");
    let other = event(r#""Type":"HeartbeatEvent","Version":2"#);
    let third = other.replace("bf906", "bf907").replace("8e88", "8e89");
    let other = other.replace("8e88", "8e90");
    let batch = format!(r#"{{"BatchId":"{ID}","Count":3,"Events":[{removed},{other},{third}]}}"#);
    let (found, summary) = check(&batch);
    assert_eq!(found, ["1 1:185 /Events/0/Type event-replaced"]);
    assert_eq!(summary.api_versions[0].version, 3);
}

#[test]
fn of_versions_that_fit_alike_the_newest_is_assumed() {
    let (found, summary) = check(&format!(r#"{{"BatchId":"{ID}","Count":0,"Events":[]}}"#));
    assert_eq!(found, [""; 0]);
    let counts = &summary.api_versions[..];
    assert_eq!(counts, [crate::VersionCount { version: 3, checked: 1, assumed: 1 }]);
}

#[test]
fn a_sink_that_breaks_stops_the_session() {
    let validator = Validator::new(Schemas::embedded(), Settings::default());
    let mut session = Session::new(&validator, "test");
    let mut count = 0;
    let flow = session.push(b"{\"Type\":1}\n{\"Type\":1}\n", &mut |_| {
        count += 1;
        Flow::Break(())
    });
    assert_eq!((flow, count), (Flow::Break(()), 1));
    assert_eq!(session.stop().findings.error, 1);
}
