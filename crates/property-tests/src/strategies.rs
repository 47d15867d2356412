//! Events, batches and captures, valid and damaged.

use std::num::NonZeroU32;

use contrail_replay::synthetic::{
    Defects, Framing, Planted, Recording, Settings, Version, plantable,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// Text of a string member: escapes, other scripts, nothing.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,6}",
        Just("a\"b\\c/\u{8}\n\u{1F600}".to_owned()),
        Just(String::new())
    ]
}

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

/// Any JSON value.
pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>()
            .prop_filter("JSON has no other numbers", |number| number.is_finite())
            .prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// One change of some bytes.
#[derive(Clone, Debug)]
pub enum Damage {
    /// A byte is replaced.
    Set(usize, u8),
    /// A byte is put in.
    Insert(usize, u8),
    /// Bytes are taken out.
    Remove(usize, usize),
    /// The rest is cut off.
    Cut(usize),
}

impl Damage {
    /// The bytes with the change; places are counted round the length.
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: usize, bytes: &[u8]| at % bytes.len().max(1);
        match *self {
            _ if bytes.is_empty() => {}
            Self::Set(at, byte) => {
                let at = place(at, bytes);
                bytes[at] = byte;
            }
            Self::Insert(at, byte) => bytes.insert(place(at, bytes), byte),
            Self::Remove(at, length) => {
                let at = place(at, bytes);
                let end = bytes.len().min(at + length);
                bytes.drain(at..end);
            }
            Self::Cut(at) => bytes.truncate(place(at, bytes)),
        }
    }
}

/// Changes that are likely to break JSON.
pub fn damage() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![select(&b"{}[]\",:\\\n 0e-\xFF\xEF"[..]), any::<u8>()];
    prop_oneof![
        (any::<usize>(), byte.clone()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (any::<usize>(), byte).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        any::<usize>().prop_map(Damage::Cut),
    ]
}

/// A HAR document with these batches as bodies.
fn har(batches: &[Value]) -> Value {
    let entry = |batch: &Value| {
        json!({
            "request": {"method": "GET", "url": "https://host/2/events/100"},
            "response": {"status": 200, "content": {"text": batch.to_string()}},
        })
    };
    json!({"log": {"entries": batches.iter().map(entry).collect::<Value>()}})
}

/// A capture of a few batches in one of the framings, sometimes damaged.
pub fn capture() -> impl Strategy<Value = Vec<u8>> {
    let framing = select(&["lines", "pretty", "array", "crlf", "har"][..]);
    (vec(batch(2), 0..4), framing, vec(damage(), 0..3)).prop_map(|(batches, framing, damages)| {
        let pretty = |batch: &Value| format!("{batch:#}\n");
        let text = match framing {
            "lines" => batches.iter().map(|batch| batch.to_string() + "\n").collect(),
            "pretty" => batches.iter().map(pretty).collect::<String>(),
            "crlf" => batches.iter().map(pretty).collect::<String>().replace('\n', "\r\n"),
            "har" => har(&batches).to_string(),
            _ => Value::from(batches).to_string(),
        };
        let mut bytes = text.into_bytes();
        for damage in damages {
            damage.apply(&mut bytes);
        }
        bytes
    })
}

/// A synthetic recording.
#[derive(Clone, Debug)]
pub struct Synthetic {
    /// What it was asked to be.
    pub settings: Settings,
    /// Its text.
    pub bytes: Vec<u8>,
    /// What is wrong in it.
    pub planted: Vec<Planted>,
}

impl Synthetic {
    /// The recording that has these settings.
    fn new(settings: Settings) -> Self {
        let mut recording =
            Recording::new(settings.clone()).expect("the strategy makes only such settings");
        let (mut bytes, mut planted) = (Vec::new(), Vec::new());
        while recording.write(&mut bytes) {
            planted.extend(recording.take_planted());
        }
        Self { settings, bytes, planted }
    }
}

/// Synthetic recordings of every shape, with and without defects.
pub fn synthetic() -> impl Strategy<Value = Synthetic> {
    const FRAMINGS: &[Framing] =
        &[Framing::Batches, Framing::Lines, Framing::Array, Framing::Documents, Framing::Pretty];
    let shape = (select(&[Version::V2, Version::V3][..]), select(FRAMINGS));
    let size = (0..300_u64, 1..40_u32, 1..10_000_000_i128, 1..60_u32);
    (shape, size, any::<u64>(), vec((any::<prop::sample::Index>(), 0.0..0.12), 0..8)).prop_map(
        |((version, framing), (events, devices, seconds, batch), seed, rates)| {
            let rules: Vec<_> = plantable(version, framing).collect();
            let defects = rates.into_iter().fold(Defects::default(), |defects, (rule, rate)| {
                defects.with(rules[rule.index(rules.len())], rate).expect("the rule can be broken")
            });
            Synthetic::new(Settings {
                events,
                devices,
                duration: seconds * 1_000_000_000,
                version,
                framing,
                batch: NonZeroU32::new(batch).expect("the range begins with 1"),
                seed,
                defects,
                ..Settings::default()
            })
        },
    )
}
