//! Changes of JSON values: what programs get wrong when they write events.

use proptest::{
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};

use super::{any_json, edge_number};

/// One change of a value.
#[derive(Clone, Debug)]
pub enum Change {
    /// A member, or an element of an array, is removed.
    Remove(Index),
    /// A member gets another name.
    Rename(Index, String),
    /// A member is added.
    Add(Index, String, Value),
    /// A value is replaced.
    Set(Index, Value),
    /// A string is replaced by one at an edge of its form.
    Edge(Index, Index),
}

impl Change {
    /// Changes a value; places are counted round the values inside.
    pub fn apply(&self, value: &mut Value) {
        let (Self::Remove(index)
        | Self::Rename(index, _)
        | Self::Add(index, ..)
        | Self::Set(index, _)
        | Self::Edge(index, _)) = self;
        let mut pointers = Vec::new();
        find(value, "", &mut pointers);
        if pointers.is_empty() {
            return;
        }
        let pointer = &pointers[index.index(pointers.len())];
        if let Self::Edge(_, edge) = self {
            let old = value.pointer_mut(pointer).expect("it was found before");
            if let Value::String(text) = old {
                let edges = edges_of(text);
                edges[edge.index(edges.len())].clone_into(text);
            }
            return;
        }
        let (parent, token) = pointer.rsplit_once('/').expect("a value inside has a parent");
        let name = token.replace("~1", "/").replace("~0", "~");
        let parent = value.pointer_mut(parent).expect("it was found before");
        match (self, parent) {
            (Self::Set(_, new), Value::Object(members)) => {
                members.insert(name, new.clone());
            }
            (Self::Set(_, new), Value::Array(elements)) => {
                elements[name.parse::<usize>().expect("it is an index")] = new.clone();
            }
            (Self::Add(_, name, new), Value::Object(members)) => {
                members.insert(name.clone(), new.clone());
            }
            (Self::Rename(_, new), Value::Object(members)) => {
                let value = members.remove(&name).unwrap_or_default();
                members.insert(new.clone(), value);
            }
            (_, Value::Object(members)) => {
                members.remove(&name);
            }
            (_, Value::Array(elements)) => {
                elements.remove(name.parse::<usize>().expect("it is an index"));
            }
            _ => {}
        }
    }
}

/// The pointers to all values inside of a value.
fn find(value: &Value, pointer: &str, pointers: &mut Vec<String>) {
    let mut inside = |token: &str, value: &Value| {
        let pointer = format!("{pointer}/{token}");
        find(value, &pointer, pointers);
        pointers.push(pointer);
    };
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| inside(&name.replace('~', "~0").replace('/', "~1"), value)),
        Value::Array(elements) => {
            elements
                .iter()
                .enumerate()
                .for_each(|(index, value)| inside(&index.to_string(), value));
        }
        _ => {}
    }
}

/// A name of a member, right or nearly so.
fn name() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &[
        "Type",
        "type",
        "Device",
        "device",
        "DeviceId",
        "Devices",
        "EventId",
        "EventID",
        "Eventid",
        "EventTime",
        "ReceivedTime",
        "RecievedTime",
        "Version",
        "Alias",
        "Aliases",
        "Id",
        "Verb",
        "User",
        "Credential",
        "Region",
        "FreeMem",
        "Parameters",
        "Key",
        "Value",
        "LogicalDeviceId",
        "URI",
        "Uri",
        "CommandName",
        "Count",
        "BatchId",
        "Events",
        "Temperature",
        "",
    ];
    prop_oneof![4 => select(NAMES).prop_map(str::to_owned), 1 => "[A-Za-z]{1,8}"]
}

const GUIDS: &[&str] = &[
    "9eebaf4b-52a6-487b-bf2c-b8f8e88bf906",
    "9eebaf4b52a6487bbf2cb8f8e88bf906",
    "{9eebaf4b-52a6-487b-bf2c-b8f8e88bf906}",
    "urn:uuid:9eebaf4b-52a6-487b-bf2c-b8f8e88bf906",
    "9eebaf4b-52a6-487b-bf2c-b8f8e88bf90",
    "9eebaf4b-52a6-487b-bf2c-b8f8e88bf90g",
    "9eebaf4b-52a6-487b-bf2c-b8f8e88bf9\u{E9}",
    "9eebaf4b",
    "00000000-0000-0000-0000-000000000000",
];

const TIMES: &[&str] = &[
    "9EEBAF4B-52A6-487B-BF2C-B8F8E88BF906",
    "2017-05-19T01:16:23Z",
    "2017-05-19T01:16:23.1Z",
    "2017-05-19T01:16:23.123456789Z",
    "2017-05-19T01:16:23.1234567890Z",
    "2017-05-19T01:16:23.Z",
    "2017-05-19t01:16:23z",
    "2017-05-19 01:16:23Z",
    "2017-05-19T01:16:23",
    "2017-05-19T01:16:23+00:00",
    "2017-05-19T01:16:23-07:00",
    "2016-12-31T23:59:60Z",
    "2017-05-19T01:16:60Z",
    "2017-05-19T23:59:60Z",
    "2016-12-31T22:59:60Z",
    "2017-02-29T00:00:00Z",
    "2016-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2017-13-01T00:00:00Z",
    "2017-00-01T00:00:00Z",
    "2017-01-00T00:00:00Z",
    "2017-05-19T24:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "17-05-19T01:16:23Z",
];

const TEXTS: &[&str] =
    &["HeartbeatEvent", "StatusEvent", "heartbeatEvent", "DoorOpenedEvent", "US", "us", "55", ""];

/// What is at an edge of the form that a string has.
fn edges_of(text: &str) -> &'static [&'static str] {
    match text.as_bytes() {
        [_, _, _, _, b'-', ..] => TIMES,
        [_, _, _, _, _, _, _, _, b'-', ..] => GUIDS,
        _ => TEXTS,
    }
}

/// A value at an edge of a form.
fn edge_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => select([GUIDS, TIMES, TEXTS].concat()).prop_map(Value::from),
        2 => edge_number().prop_map(|text| serde_json::from_str(&text).unwrap_or_else(|_| json!(text))),
        1 => select(&[129_usize, 128, 2000][..]).prop_map(|length| "a".repeat(length).into()),
        2 => any_json(),
    ]
}

/// A change of a value: something is removed, renamed, added, or of another type or form.
pub fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        1 => place().prop_map(Change::Remove),
        1 => (place(), name()).prop_map(|(at, name)| Change::Rename(at, name)),
        1 => (place(), name(), edge_value()).prop_map(|(at, name, value)| Change::Add(at, name, value)),
        1 => (place(), edge_value()).prop_map(|(at, value)| Change::Set(at, value)),
        2 => (place(), place()).prop_map(|(at, edge)| Change::Edge(at, edge)),
    ]
}
