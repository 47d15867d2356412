//! Our own checks of the schemas find what the `jsonschema` crate finds.

use std::{ops::ControlFlow, sync::LazyLock};

use contrail_validate::{
    ApiVersion, Finding, Schemas, Session, Settings, Validator, VersionChoice,
};
use proptest::{collection::vec, prelude::*, test_runner::TestCaseResult};
use serde_json::{Value, json};

use crate::{
    cases::many,
    strategies::{any_event, any_json, batch, change, event},
};

/// With a version that is given and without: by our own checks, and by the crate alone.
static VALIDATORS: LazyLock<Vec<[Validator; 2]>> = LazyLock::new(|| {
    let choices = [
        VersionChoice::Fixed(ApiVersion(2)),
        VersionChoice::Fixed(ApiVersion(3)),
        VersionChoice::Auto,
    ];
    let with = |api_version| {
        let mut settings = Settings::default();
        (settings.api_version, settings.has_fast_path) = (api_version, false);
        let crate_alone = Schemas::embedded().without_own_checks();
        [
            Validator::new(Schemas::embedded(), settings.clone()),
            Validator::new(crate_alone, settings),
        ]
    };
    choices.map(with).into()
});

/// All findings of a document, as whole values.
fn found(validator: &Validator, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut keep = |finding: Finding| {
        found.push(format!("{finding:?}"));
        ControlFlow::Continue(())
    };
    let mut session = Session::new(validator, "capture");
    let _ = session.push(text.as_bytes(), &mut keep);
    session.finish(&mut keep);
    found
}

fn agree(text: &str) -> TestCaseResult {
    for [own, of_crate] in &*VALIDATORS {
        prop_assert_eq!(found(own, text), found(of_crate, text), "{}", text);
    }
    Ok(())
}

fn changed(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    (value, vec(change(), 0..5)).prop_map(|(mut value, changes)| {
        for change in changes {
            change.apply(&mut value);
        }
        value
    })
}

proptest! {
    #![proptest_config(many(4))]

    #[test]
    fn of_events(event in changed(prop_oneof![event(2), event(3), any_event()])) {
        agree(&event.to_string())?;
    }

    #[test]
    fn of_batches(
        batch in changed(prop_oneof![batch(2), batch(3)]),
        odd in proptest::option::of(any_json()),
    ) {
        let mut batch = batch;
        // What is no event at all.
        if let (Some(events), Some(odd)) = (batch["Events"].as_array_mut(), odd) {
            events.push(odd);
        }
        agree(&batch.to_string())?;
    }
}

#[test]
fn of_values_at_the_edges_of_keywords() {
    let strings = [
        "",
        "x",
        "9eebaf4b-52a6-487b-bf2c-b8f8e88bf906",
        "9EEBAF4B-52A6-487B-BF2C-B8F8E88BF906",
        "9eebaf4b52a6487bbf2cb8f8e88bf906",
        "2017-05-19T01:16:23Z",
        "2017-05-19t01:16:23z",
        "2017-05-19T01:16:60Z",
        "2016-12-31T23:59:60Z",
        "2017-02-29T01:16:23Z",
        "2017-05-19T01:16:23.123456789Z",
        "2017-05-19T01:16:23.1234567890Z",
        "2017-05-19T01:16:23+00:00",
        "\u{e9}",
        "a b,c.d_e-f",
        "US",
        "us",
        "HeartbeatEvent",
        "StatusEvent",
        "2017-05-19T01:16:23Z\n",
    ];
    let mut values: Vec<_> = strings.map(|text| json!(text).to_string()).into();
    let lengths = [127, 128, 129].map(|length| json!("d".repeat(length)).to_string());
    let wide = [127, 128, 129].map(|length| json!("\u{e9}".repeat(length)).to_string());
    values.extend(lengths.into_iter().chain(wide));
    let numbers = [
        "0",
        "-0",
        "-1",
        "1",
        "3.0",
        "3.5",
        "3e0",
        "1e3",
        "2147483647",
        "2147483648",
        "2147483647.5",
        "18446744073709551615",
        "18446744073709551616",
        "1e19",
        "1e300",
        "-1e300",
        "0.0",
        "-0.0",
        "9999999999999999999",
        "10000000000000000000",
        "null",
        "true",
        "{}",
        "[]",
        "[1]",
        "[\"x\"]",
        "[{}]",
        "[{\"Key\":1}]",
        "\"\\u0055S\"",
        "\"2017-05-19T01:16:23\\u005a\"",
    ];
    values.extend(numbers.map(str::to_owned));
    let names = [
        "Device",
        "EventTime",
        "ReceivedTime",
        "Version",
        "Region",
        "Id",
        "FreeMem",
        "OutputParameterList",
        "Adds",
        "SensorReadings",
    ];
    for value in &values {
        let members = names.map(|name| format!(",\"{name}\":{value}")).concat();
        for type_name in VALIDATORS[0][0].schemas().types(ApiVersion(3)) {
            agree(&format!("{{\"Type\":\"{type_name}\",\"EventId\":{value}{members}}}")).unwrap();
        }
        agree(&format!("{{\"Type\":{value},\"EventId\":\"x\"}}")).unwrap();
    }
    for value in &values {
        for text in [
            format!("{{\"BatchId\":{value},\"Count\":1,\"Events\":[]}}"),
            format!("{{\"BatchId\":\"x\",\"Count\":{value},\"Events\":{value}}}"),
            format!("{{\"BatchId\":\"x\",\"Count\":1,\"Events\":[{value},{value}]}}"),
        ] {
            agree(&text).unwrap();
        }
    }
}
