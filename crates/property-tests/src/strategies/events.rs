//! Events and batches as the documentation has them.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::text;

/// An identifier.
pub fn guid() -> impl Strategy<Value = String> {
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
}

/// An instant, sometimes with a fraction.
pub fn timestamp() -> impl Strategy<Value = String> {
    "20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?Z"
}

/// The name of a device.
pub fn device() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_,. -]{1,20}"
}

fn key_values() -> impl Strategy<Value = Value> {
    vec((select(&["EPC", "Add", "Remove", "Hours"][..]), text()), 0..4).prop_map(|pairs| {
        pairs.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
    })
}

fn members_of(type_name: &'static str) -> BoxedStrategy<Value> {
    let epcs = || vec("[0-9A-F]{24}", 0..6);
    match type_name {
        "AggregateEvent" => (text(), epcs(), epcs())
            .prop_map(|(pass, adds, removes)| json!({"PassRfid": pass, "Adds": adds, "Removes": removes}))
            .boxed(),
        "ObjectEvent" => epcs().prop_map(|observe| json!({"Observe": observe})).boxed(),
        "SensorReadingEvent" => vec((text(), text(), timestamp()), 0..3)
            .prop_map(|readings| {
                let reading = |(name, value, time)| json!({"Name": name, "Value": value, "ReadingTime": time});
                json!({"SensorReadings": readings.into_iter().map(reading).collect::<Value>()})
            })
            .boxed(),
        "CommandCompletionEvent" => (guid(), text(), key_values(), key_values())
            .prop_map(|(id, name, output, exceptions)| {
                json!({
                    "CommandId": id, "CommandName": name,
                    "OutputParameterList": output, "ExceptionList": exceptions,
                })
            })
            .boxed(),
        _ => Just(json!({})).boxed(),
    }
}

/// A valid event of a version, with its members in the documented order.
pub fn event(version: u8) -> impl Strategy<Value = Value> {
    const TYPES: &[&str] = &[
        "AggregateEvent",
        "ObjectEvent",
        "HeartbeatEvent",
        "SensorReadingEvent",
        "CommandCompletionEvent",
    ];
    select(TYPES).prop_flat_map(move |type_name| {
        (members_of(type_name), device(), timestamp(), guid(), timestamp()).prop_map(
            move |(own, device, received, id, time)| {
                let mut members = Map::new();
                members.extend(own.as_object().cloned().unwrap_or_default());
                members.insert("Device".to_owned(), device.into());
                members.insert("ReceivedTime".to_owned(), received.into());
                members.insert("Type".to_owned(), type_name.into());
                members.insert("EventId".to_owned(), id.into());
                members.insert("EventTime".to_owned(), time.into());
                if 3 <= version {
                    members.insert("Version".to_owned(), 2.into());
                }
                Value::Object(members)
            },
        )
    })
}

/// A valid batch of a version.
pub fn batch(version: u8) -> impl Strategy<Value = Value> {
    (guid(), vec(event(version), 0..4))
        .prop_map(|(id, events)| json!({"BatchId": id, "Count": events.len(), "Events": events}))
}
