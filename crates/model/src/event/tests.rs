use std::borrow::Cow;

use serde_json::{Value, json};

use super::*;
use crate::Batch;

const ID: &str = "9eebaf4b-52a6-487b-bf2c-b8f8e88bf906";

fn with_common(mut event: Value) -> Value {
    let common = json!({
        "EventId": ID, "EventTime": "2018-05-19T06:14:30Z", "Device": "d", "ReceivedTime": "2018-05-19T06:14:59.120Z",
    });
    let Value::Object(common) = common else { unreachable!() };
    event.as_object_mut().unwrap().extend(common);
    event
}

fn round_trip(event: &Value) {
    let text = event.to_string();
    let decoded = Event::decode(text.as_bytes()).unwrap();
    assert_eq!(serde_json::to_value(&decoded).unwrap(), *event);
    assert_eq!(serde_json::from_str::<Event<'_>>(&text).unwrap(), decoded);
    assert_eq!(Event::deserialize(event.clone()).unwrap(), decoded);
}

#[test]
fn unknown_members_and_types_survive() {
    round_trip(&with_common(
        json!({"Type": "HeartbeatEvent", "Version": 2, "New": {"a": [1.5, null, -3]}}),
    ));
    round_trip(&with_common(json!({"Type": "DoorEvent", "Adds": {"not": "a list"}, "Version": 4})));
    round_trip(&with_common(
        json!({"Type": "StatusEvent", "FreeMem": 55, "WebsocketReconnects": "7", "Fan": "on"}),
    ));
}

#[test]
fn what_one_version_leaves_open_may_be_anything() {
    let event = with_common(json!({
        "Type": "StatusEvent", "CurlVersion": null, "OSVersion": "4.14", "Uptime": {"Days": 1},
        "WebsocketReconnects": -1,
    }));
    round_trip(&event);
    let text = event.to_string();
    let EventBody::Status(status) = Event::decode(text.as_bytes()).unwrap().body else {
        panic!("a status event")
    };
    assert_eq!((status.curl_version, status.uptime), (None, None));
    assert_eq!(status.os_version.unwrap().0, "4.14");
    assert_eq!(status.websocket_reconnects, None);
    assert_eq!(status.extra.len(), 3);

    let event = with_common(json!({"Type": "DoorEvent", "Version": "2"}));
    round_trip(&event);
    let text = event.to_string();
    assert_eq!(Event::decode(text.as_bytes()).unwrap().version, None);
}

#[test]
fn what_both_versions_document_has_its_type() {
    for (name, value) in [("FreeMem", json!(null)), ("SerialNum", json!(7))] {
        let event = with_common(json!({"Type": "StatusEvent", (name): value}));
        let error = Event::decode(event.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.pointer(), format!("/{name}"));
    }
}

#[test]
fn repeated_keys_of_a_list_are_kept_in_order() {
    let parameters = json!([{"Key": "Add", "Value": "b"}, {"Key": "Add", "Value": "a"}, {"Key": "Remove", "Value": "*"}]);
    round_trip(&with_common(json!({
        "Type": "CommandQueuedEvent", "CommandId": ID, "CommandName": "SyncCredentials", "URI": "/3/x",
        "Verb": "Post", "User": "u", "Parameters": parameters,
    })));
}

#[test]
fn numbers_are_written_as_they_were() {
    let text = format!(
        r#"{{"Big":123456789012345678901234567890,"Fine":1.10,"Zero":-0,"Type":"X","EventId":"{ID}","EventTime":"2018-05-19T06:14:30Z"}}"#
    );
    let event = Event::decode(text.as_bytes()).unwrap();
    assert_eq!(serde_json::to_string(&event).unwrap(), text);
}

#[test]
fn strings_are_borrowed_unless_they_hold_escapes() {
    let text = with_common(
        json!({"Type": "AggregateEvent", "PassRfid": "a\"b", "Adds": ["E1"], "Removes": []}),
    );
    let text = text.to_string();
    for event in [Event::decode(text.as_bytes()).unwrap(), serde_json::from_str(&text).unwrap()] {
        let EventBody::Aggregate(body) = event.body else { panic!("an aggregate event") };
        assert!(matches!(body.adds[0].0, Cow::Borrowed("E1")));
        assert!(matches!(&body.pass_rfid.0, Cow::Owned(pass) if pass == "a\"b"));
    }
}

#[test]
fn errors_lead_to_the_place() {
    let error = |event: Value| Event::decode(event.to_string().as_bytes()).unwrap_err().to_string();
    assert_eq!(error(json!([])), "want an object, got an array");
    assert_eq!(error(json!({})), "member `Type` is missing");
    assert_eq!(
        error(json!({"Type": "X", "EventId": "1"})),
        "want a GUID of 36 characters at /EventId"
    );
    let reading = json!([{"Name": "T", "Value": 5, "ReadingTime": "2018-05-19T06:14:30Z"}]);
    assert_eq!(
        error(with_common(json!({"Type": "SensorReadingEvent", "SensorReadings": reading}))),
        "want a string, got a number at /SensorReadings/0/Value"
    );
    assert_eq!(
        Event::decode(b"{} {}").unwrap_err().to_string(),
        "more than one value: bytes follow the first"
    );
    assert_eq!(
        Event::decode(b"{\"Type\":}").unwrap_err().to_string(),
        "not JSON at byte 8: expected a value, found `}`"
    );
}

#[test]
fn a_batch_holds_its_events() {
    let batch = json!({"BatchId": ID, "Count": 1, "Events": [with_common(json!({"Type": "HeartbeatEvent"}))], "More": true});
    let text = batch.to_string();
    let decoded = Batch::decode(text.as_bytes()).unwrap();
    assert_eq!((decoded.count, decoded.events.len()), (1, 1));
    assert_eq!(serde_json::to_value(&decoded).unwrap(), batch);
}

#[test]
fn of_an_identifier_each_byte_is_looked_at() {
    let is_fit = |at: usize, byte: u8| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    for at in 0..ID.len() {
        for byte in 0..128 {
            let mut bytes = ID.as_bytes().to_vec();
            bytes[at] = byte;
            let text = String::from_utf8(bytes).unwrap();
            assert_eq!(Guid::new((*text).into()).is_some(), is_fit(at, byte), "{text:?}");
        }
    }
    for text in ["", &ID[1..], &format!("{ID}0"), &ID.replace("4b", "\u{e9}")] {
        assert_eq!(Guid::new(text.into()), None, "{text}");
    }
}

/// Events as they may be written, one of them with all that is unusual.
fn samples() -> Vec<String> {
    let reading = json!({"Name": "T", "Value": "5", "ReadingTime": "2018-05-19T06:14:30Z"});
    let entry = json!({
        "Level": "Info", "Message": "a \"b\" \u{e9}", "Type": "ValidPass", "LogTime": "2018-05-19T06:14:30.5Z",
    });
    let pairs =
        json!([{"Key": "Add", "Value": ""}, {"Key": "Add", "Value": "a", "Note": [{}, [true]]}]);
    let events = [
        json!({"Type": "AggregateEvent", "PassRfid": "", "Adds": ["E1", "E2"], "Removes": []}),
        json!({"Type": "SensorReadingEvent", "SensorReadings": [reading], "Version": 3}),
        json!({"Type": "LogEntryEvent", "LogEntries": [entry]}),
        json!({"Type": "BusinessProcessEvent", "Parameters": pairs, "Fan": {"a": {"b": 1e2}, "c": "\n"}}),
        json!({"Type": "StatusEvent", "FreeMem": 5, "WebsocketReconnects": -1, "Uptime": [], "Fan": null}),
        json!({"Type": "AliasRemovedEvent", "Id": 5, "Alias": "a"}),
        json!({"Type": "DoorEvent", "Adds": {"not": "a list"}, "Version": 4}),
    ];
    let mut samples: Vec<_> = events.map(|event| with_common(event).to_string()).into();
    samples.push(format!(
        "\t{{ \"Device\" : \"\\u0064\" ,\n\"Type\":\"DeviceAddedEvent\",\"Id\":5.0e0,\"DeviceDefinition\":\"\",\
         \"DeviceSerialNumber\":\"\",\"Region\":\"\",\"Aliases\":[ \"a\" , \"b\" ],\"New\":[ ],\"Version\":-0,\
         \"EventId\":\"{ID}\",\"EventTime\":\"2018-05-19T06:14:30Z\"}} \r\n"
    ));
    samples
}

#[test]
fn events_as_they_are_documented_are_read_the_quick_way() {
    for text in samples() {
        let quick: Event<'_> = read_whole(text.as_bytes()).expect(&text);
        assert_eq!(quick, Event::read(parse(text.as_bytes()).unwrap()).unwrap(), "{text}");
    }
}

/// The same event with its members in other orders: sorted by name, and the other way round.
fn reordered(text: &str) -> [String; 2] {
    let event: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
    let join = |members: Vec<String>| format!("{{{}}}", members.join(","));
    let members = event.iter().map(|(name, value)| format!("{}:{value}", json!(name)));
    [join(members.clone().collect()), join(members.rev().collect())]
}

#[test]
fn whatever_types_were_read_before_an_event_is_read_as_its_own() {
    let mut samples = samples();
    samples.extend(samples.clone().iter().flat_map(|text| reordered(text)));
    for (one, other) in samples.iter().flat_map(|one| samples.iter().map(move |other| (one, other)))
    {
        let text = format!("[{one},{other},{other},{one},{other}]");
        let quick: Vec<Event<'_>> = read_whole(text.as_bytes()).expect(&text);
        assert_eq!(quick, Vec::read(parse(text.as_bytes()).unwrap()).unwrap(), "{text}");
    }
}

#[test]
fn types_with_the_same_names_are_told_apart_by_type_alone() {
    let common = format!(r#""EventId":"{ID}","EventTime":"2018-05-19T06:14:30Z""#);
    let of = |name: &str| format!(r#"{{"Id":1,"Alias":"a","Type":"{name}",{common}}}"#);
    // To the first, `Devices` and `Region` are missing.
    let text = format!("[{},{}]", of("AliasRemovedEvent"), of("AliasAddedEvent"));
    assert!(read_whole::<Vec<Event<'_>>>(text.as_bytes()).is_err());
    let text = format!(
        "[{}]",
        ["AliasRemovedEvent", "NewEvent"]
            .repeat(3)
            .into_iter()
            .map(of)
            .collect::<Vec<_>>()
            .join(",")
    );
    let events: Vec<Event<'_>> = read_whole(text.as_bytes()).unwrap();
    let is_known = |event: &Event<'_>| matches!(event.body, EventBody::AliasRemoved(_));
    assert_eq!(events.iter().map(is_known).collect::<Vec<_>>(), [true, false].repeat(3));
}

#[test]
fn members_that_are_not_known_before_the_type_are_kept() {
    let text = with_common(json!({"Type": "HeartbeatEvent", "A": 1, "New": [true], "Z": {}}));
    let text = format!("[{0},{0},{0}]", reordered(&text.to_string())[0]);
    let events: Vec<Event<'_>> = read_whole(text.as_bytes()).unwrap();
    for event in &events {
        let EventBody::Heartbeat(body) = &event.body else { panic!("a heartbeat") };
        assert_eq!(
            body.extra.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
            ["A", "New", "Z"]
        );
    }
    assert_eq!(events.len(), 3);
}

#[test]
fn an_event_without_a_type_is_none_whatever_its_names_are() {
    assert_eq!(
        Event::decode(with_common(json!({})).to_string().as_bytes()).unwrap_err().to_string(),
        "member `Type` is missing"
    );
}

#[test]
fn a_type_that_looks_like_an_identifier_is_none() {
    let text = format!(r#"{{"Type":"{ID}","EventTime":"2018-05-19T06:14:30Z"}}"#);
    assert_eq!(
        Event::decode(text.as_bytes()).unwrap_err().to_string(),
        "member `EventId` is missing"
    );
}

#[test]
fn instants_of_different_days_and_forms_are_read_one_after_another() {
    let times = [
        "2018-05-19T06:14:30Z",
        "2018-05-19T06:14:59.5Z",
        "2018-05-20T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "2018-05-19T23:59:59Z",
    ];
    let event = |time: &str| {
        let mut event = with_common(json!({"Type": "HeartbeatEvent"}));
        event["EventTime"] = json!(time);
        event.to_string()
    };
    let text = format!("[{}]", times.map(event).join(","));
    let events: Vec<Event<'_>> = read_whole(text.as_bytes()).unwrap();
    assert_eq!(events.iter().map(|event| event.event_time.to_string()).collect::<Vec<_>>(), times);
}

#[test]
fn an_event_is_no_larger_than_what_most_events_hold() {
    assert!(size_of::<Event<'_>>() <= 216, "{}", size_of::<Event<'_>>());
}

#[test]
fn what_the_quick_way_takes_the_slow_way_takes_too() {
    let mut taken = 0;
    let mut hold = |bytes: &[u8]| {
        if let Ok(quick) = read_whole::<Event<'_>>(bytes) {
            taken += 1;
            let slow = parse(bytes).and_then(Event::read);
            assert_eq!(slow, Ok(quick), "{}", bytes.escape_ascii());
        }
    };
    for text in samples() {
        for at in 0..text.len() {
            let (front, back) = text.as_bytes().split_at(at);
            for byte in *b"\"\\,:}]0 \x0C" {
                hold(&[front, &[byte], back].concat());
                hold(&[front, &[byte], &back[1..]].concat());
            }
            hold(&[front, &back[1..]].concat());
            hold(front);
        }
    }
    assert!(5_000 < taken, "{taken}");
}

#[test]
fn of_a_repeated_name_the_last_member_counts_in_events_too() {
    let common = format!(r#""EventId":"{ID}","EventTime":"2018-05-19T06:14:30Z""#);
    for members in [
        r#""Type":"X","Type":"AliasRemovedEvent","Id":1,"Alias":"a""#,
        r#""Type":"AliasRemovedEvent","Id":7,"Alias":"a","Id":1"#,
        r#""Type":"AliasRemovedEvent","Id":"no number","Alias":"a","\u0049d":1"#,
        r#""Type":"AliasRemovedEvent","Id":1,"New":7,"Alias":"a","New":1"#,
        r#""Type":"AliasRemovedEvent","Id":1,"Alias":"a","New":{"a":1,"a":2}"#,
        r#""Type":"StatusEvent","Uptime":7,"Uptime":"1d","Device":"d","ReceivedTime":"2018-05-19T06:14:30Z""#,
        r#""Type":"StatusEvent","Uptime":"1d","Uptime":7,"Device":"d","ReceivedTime":"2018-05-19T06:14:30Z""#,
        r#""Type":"X","New":7,"New":1"#,
        r#""EventId":"7","Type":"AliasRemovedEvent","Id":1,"Alias":"a""#,
        r#""Id":1,"Alias":"a","EventId":"00000000-0000-0000-0000-000000000000","Type":"AliasRemovedEvent""#,
        r#""Version":"2","Type":"X","Version":1"#,
    ] {
        let text = format!("{{{members},{common}}}");
        let event = Event::decode(text.as_bytes()).expect(&text);
        let want: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&event).unwrap(), want);
    }
}

#[test]
fn members_are_nested_as_deep_as_json_may_be() {
    for depth in [10, 63, 64, 65, 126, 127] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!(
            r#"{{"New":{nested},"Type":"X","EventId":"{ID}","EventTime":"2018-05-19T06:14:30Z"}}"#
        );
        assert_eq!(Event::decode(text.as_bytes()).is_ok(), depth < 127, "{depth}");
    }
}
