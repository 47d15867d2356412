//! Decoding into types against what a user would write with the libraries.
//!
//! - `contrail`: `Event::decode` and `Batch::decode`: identifiers, instants and integers are read and
//!   checked, members that are not known are kept, and of a repeated name the last member counts.
//! - `serde_json tagged`: an enum with `#[serde(tag = "Type")]`, a struct for each type.
//! - `serde_json flat`, `sonic-rs flat`, `simd-json flat`: one struct with the members of all types,
//!   each of them optional. `Type` often stands behind what depends on it, so a struct for each type
//!   takes a second look or a buffer; and in this API a name has one shape in all types. This is the
//!   fastest way that we know with each of them: one pass, no buffer. What the user still has to do
//!   is not measured: take the members of the type out of it, and refuse an event that lacks one.
//!
//! The peers borrow strings as we do, by the same newtype (an `Option<Cow<str>>` never borrows). They
//! keep identifiers and instants as text and pass over what they do not know, which is less work.
//! `simd-json` writes into its input, so each document is copied first; it gets its buffers again.

#![expect(clippy::struct_field_names, reason = "the names of the API")]

mod support;

use std::{fmt, hint::black_box};

use contrail_model::{Batch, Event, Text};
use contrail_replay::synthetic::Framing;
use criterion::{Criterion, Throughput};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// Bytes of the large capture.
const SIZE: usize = 10 << 20;

/// How documents of one sort are decoded: the number of events, or nothing if one is refused.
type Decode = fn(&str, &mut Scratch) -> Option<usize>;

/// What `simd-json` works in.
#[derive(Default)]
struct Scratch {
    bytes: Vec<u8>,
    buffers: simd_json::Buffers,
}

struct Peer {
    name: &'static str,
    event: Decode,
    batch: Decode,
}

const PEERS: [Peer; 5] = [
    Peer {
        name: "contrail",
        event: |text, _| one(Event::decode(text.as_bytes())),
        batch: |text, _| many(Batch::decode(text.as_bytes()), |batch| batch.events.len()),
    },
    Peer {
        name: "serde_json tagged",
        event: |text, _| one(serde_json::from_str::<Tagged<'_>>(text)),
        batch: |text, _| events(serde_json::from_str::<Envelope<'_, Tagged<'_>>>(text)),
    },
    Peer {
        name: "serde_json flat",
        event: |text, _| one(serde_json::from_str::<Flat<'_>>(text)),
        batch: |text, _| events(serde_json::from_str::<Envelope<'_, Flat<'_>>>(text)),
    },
    Peer {
        name: "sonic-rs flat",
        event: |text, _| one(sonic_rs::from_str::<Flat<'_>>(text)),
        batch: |text, _| events(sonic_rs::from_str::<Envelope<'_, Flat<'_>>>(text)),
    },
    Peer {
        name: "simd-json flat",
        event: |text, scratch| one(simd::<Flat<'_>>(text, scratch)),
        batch: |text, scratch| events(simd::<Envelope<'_, Flat<'_>>>(text, scratch)),
    },
];

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    for version in [2, 3] {
        let lines = support::text(version, 1 << 20, Framing::Lines);
        let event = lines.lines().find(|line| line.contains("\"AggregateEvent\""));
        measure(&mut criterion, version, "1 event", &[event.expect("one of many")], |peer| {
            peer.event
        });
        let capture = support::text(version, SIZE, Framing::Batches);
        let batches: Vec<_> = capture.lines().collect();
        measure(&mut criterion, version, "100 events", &batches[..2], |peer| peer.batch);
        measure(&mut criterion, version, "10 MB", &batches, |peer| peer.batch);
    }
    criterion.final_summary();
}

fn measure(
    criterion: &mut Criterion,
    version: u8,
    size: &str,
    documents: &[&str],
    decode: impl Fn(&Peer) -> Decode,
) {
    let mut group = criterion.benchmark_group(format!("decode/v{version} {size}"));
    let bytes: usize = documents.iter().map(|document| document.len()).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    let mut scratch = Scratch::default();
    let mut count = |decode: Decode| {
        let mut count = |text: &&str| decode(black_box(text), &mut scratch).expect("it is sound");
        documents.iter().map(&mut count).sum::<usize>()
    };
    let want = count(decode(&PEERS[0]));
    for peer in &PEERS {
        let decode = decode(peer);
        group.bench_function(peer.name, |bencher| {
            bencher.iter(|| assert_eq!(count(decode), want));
        });
    }
    group.finish();
}

fn many<T, E>(decoded: Result<T, E>, count: impl Fn(&T) -> usize) -> Option<usize> {
    decoded.ok().map(|decoded| count(black_box(&decoded)))
}

fn one<T, E>(decoded: Result<T, E>) -> Option<usize> {
    many(decoded, |_| 1)
}

fn events<V, E>(decoded: Result<Envelope<'_, V>, E>) -> Option<usize> {
    many(decoded, |batch| batch.events.len())
}

fn simd<'s, T: Deserialize<'s>>(text: &str, scratch: &'s mut Scratch) -> simd_json::Result<T> {
    scratch.bytes.clear();
    scratch.bytes.extend_from_slice(text.as_bytes());
    simd_json::serde::from_slice_with_buffers(&mut scratch.bytes, &mut scratch.buffers)
}

/// Declares structs that borrow, with names in the JSON as in C#.
macro_rules! structs {
    ($( $name:ident { $( $field:ident: $type:ty $(= $member:literal)?, )* } )*) => {
        $(
            #[derive(Deserialize)]
            #[serde(rename_all = "PascalCase", bound(deserialize = "'de: 'a"))]
            #[expect(dead_code, reason = "it is decoded, and nothing more")]
            struct $name<'a> { $( $(#[serde(rename = $member)])? $field: $type, )* }
        )*
    };
}

/// Declares the enum of the types of events, and for each a struct with what all events share.
macro_rules! tagged {
    ($( $name:ident = $type_name:literal { $( $field:ident: $type:ty $(= $member:literal)?, )* } )*) => {
        structs! { $( $name {
            event_id: Text<'a>,
            event_time: Text<'a>,
            version: Option<u64>,
            $( $field: $type $(= $member)?, )*
        } )* }

        #[derive(Deserialize)]
        #[serde(tag = "Type", bound(deserialize = "'de: 'a"))]
        #[expect(dead_code, reason = "it is decoded, and nothing more")]
        #[expect(clippy::large_enum_variant, reason = "as the enum that it is measured against")]
        enum Tagged<'a> { $( #[serde(rename = $type_name)] $name($name<'a>), )* }
    };
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound(deserialize = "'de: 'a, V: Deserialize<'de>"))]
#[expect(dead_code, reason = "it is decoded, and nothing more")]
struct Envelope<'a, V> {
    batch_id: Text<'a>,
    count: u64,
    events: Vec<V>,
}

structs! {
    KeyValue { key: Text<'a>, value: Text<'a>, }
    SensorReading { name: Text<'a>, value: Text<'a>, reading_time: Text<'a>, }
    LogEntry { level: Text<'a>, message: Text<'a>, r#type: Text<'a>, log_time: Text<'a>, }

    Flat {
        r#type: Text<'a>,
        event_id: Text<'a>,
        event_time: Text<'a>,
        version: Option<u64>,
        device: Option<Text<'a>>,
        received_time: Option<Text<'a>>,
        pass_rfid: Option<Text<'a>>,
        adds: Option<Vec<Text<'a>>>,
        removes: Option<Vec<Text<'a>>>,
        alias: Option<Text<'a>>,
        observe: Option<Vec<Text<'a>>>,
        credential: Option<Text<'a>>,
        sensor_readings: Option<Vec<SensorReading<'a>>>,
        log_entries: Option<Vec<LogEntry<'a>>>,
        command_id: Option<Text<'a>>,
        command_name: Option<Text<'a>>,
        uri: Option<Text<'a>> = "URI",
        verb: Option<Text<'a>>,
        user: Option<Text<'a>>,
        parameters: Option<Vec<KeyValue<'a>>>,
        output_parameter_list: Option<Vec<KeyValue<'a>>>,
        exception_list: Option<Vec<KeyValue<'a>>>,
        process_type: Option<Text<'a>>,
        free_mem: Option<Figure<'a>>,
        websocket_reconnects: Option<Figure<'a>>,
        device_type: Option<Text<'a>>,
        serial_num: Option<Text<'a>>,
        agent_version: Option<Text<'a>>,
        scanner_version: Option<Text<'a>>,
        actual_ip: Option<Text<'a>> = "ActualIP",
        actual_subnet: Option<Text<'a>>,
        actual_gateway: Option<Text<'a>>,
        actual_dns: Option<Text<'a>> = "ActualDNS",
        mac_address: Option<Text<'a>> = "MACAddress",
        curl_version: Option<Text<'a>>,
        msp_version: Option<Text<'a>> = "MSPVersion",
        os_version: Option<Text<'a>> = "OSVersion",
        ssl_version: Option<Text<'a>> = "SSLVersion",
        uptime: Option<Text<'a>>,
        websocket_uptime: Option<Text<'a>>,
        logical_device_id: Option<Text<'a>>,
        device_definition: Option<Text<'a>>,
        device_serial_number: Option<Text<'a>>,
        region: Option<Text<'a>>,
        id: Option<u64>,
        aliases: Option<Vec<Text<'a>>>,
        devices: Option<Vec<Text<'a>>>,
        credential_type: Option<Text<'a>>,
        added_credentials: Option<Vec<Text<'a>>>,
        current_credentials: Option<Vec<Text<'a>>>,
        removed_credentials: Option<Vec<Text<'a>>>,
    }
}

tagged! {
    Aggregate = "AggregateEvent" {
        pass_rfid: Text<'a>,
        adds: Vec<Text<'a>>,
        removes: Vec<Text<'a>>,
        alias: Option<Text<'a>>,
        device: Text<'a>,
        received_time: Text<'a>,
    }
    Object = "ObjectEvent" {
        observe: Vec<Text<'a>>,
        alias: Option<Text<'a>>,
        credential: Option<Text<'a>>,
        device: Text<'a>,
        received_time: Text<'a>,
    }
    Heartbeat = "HeartbeatEvent" { device: Text<'a>, received_time: Text<'a>, }
    SensorReadings = "SensorReadingEvent" {
        sensor_readings: Vec<SensorReading<'a>>,
        device: Text<'a>,
        received_time: Text<'a>,
    }
    LogEntries = "LogEntryEvent" {
        log_entries: Vec<LogEntry<'a>>,
        device: Text<'a>,
        received_time: Text<'a>,
    }
    CommandQueued = "CommandQueuedEvent" {
        device: Text<'a>,
        command_id: Text<'a>,
        command_name: Text<'a>,
        uri: Text<'a> = "URI",
        verb: Text<'a>,
        user: Text<'a>,
        parameters: Vec<KeyValue<'a>>,
    }
    CommandCompletion = "CommandCompletionEvent" {
        command_id: Text<'a>,
        command_name: Text<'a>,
        output_parameter_list: Vec<KeyValue<'a>>,
        exception_list: Vec<KeyValue<'a>>,
        verb: Option<Text<'a>>,
        user: Option<Text<'a>>,
        device: Text<'a>,
        received_time: Text<'a>,
    }
    BusinessProcess = "BusinessProcessEvent" {
        process_type: Option<Text<'a>>,
        parameters: Option<Vec<KeyValue<'a>>>,
        device: Text<'a>,
        received_time: Text<'a>,
    }
    Status = "StatusEvent" {
        free_mem: Option<Figure<'a>>,
        websocket_reconnects: Option<Figure<'a>>,
        device_type: Option<Text<'a>>,
        serial_num: Option<Text<'a>>,
        agent_version: Option<Text<'a>>,
        scanner_version: Option<Text<'a>>,
        actual_ip: Option<Text<'a>> = "ActualIP",
        actual_subnet: Option<Text<'a>>,
        actual_gateway: Option<Text<'a>>,
        actual_dns: Option<Text<'a>> = "ActualDNS",
        mac_address: Option<Text<'a>> = "MACAddress",
        curl_version: Option<Text<'a>>,
        msp_version: Option<Text<'a>> = "MSPVersion",
        os_version: Option<Text<'a>> = "OSVersion",
        ssl_version: Option<Text<'a>> = "SSLVersion",
        uptime: Option<Text<'a>>,
        websocket_uptime: Option<Text<'a>>,
        device: Text<'a>,
        received_time: Text<'a>,
    }
    LogicalDeviceAdded = "LogicalDeviceAddedEvent" {
        logical_device_id: Text<'a>,
        device_definition: Text<'a>,
        device_serial_number: Text<'a>,
        region: Text<'a>,
    }
    LogicalDeviceRemoved = "LogicalDeviceRemovedEvent" { logical_device_id: Text<'a>, }
    DeviceAdded = "DeviceAddedEvent" {
        id: u64,
        device: Text<'a>,
        aliases: Option<Vec<Text<'a>>>,
        device_definition: Text<'a>,
        device_serial_number: Text<'a>,
        region: Text<'a>,
    }
    DeviceModified = "DeviceModifiedEvent" {
        id: u64,
        device: Text<'a>,
        aliases: Option<Vec<Text<'a>>>,
        device_definition: Text<'a>,
        device_serial_number: Text<'a>,
        region: Text<'a>,
    }
    DeviceRemoved = "DeviceRemovedEvent" { id: u64, device: Text<'a>, }
    AliasAdded = "AliasAddedEvent" {
        id: u64,
        alias: Text<'a>,
        devices: Vec<Text<'a>>,
        region: Text<'a>,
    }
    AliasModified = "AliasModifiedEvent" {
        id: u64,
        alias: Text<'a>,
        devices: Vec<Text<'a>>,
        region: Text<'a>,
    }
    AliasRemoved = "AliasRemovedEvent" { id: u64, alias: Text<'a>, }
    DeviceCredentialsAdded = "DeviceCredentialsAddedEvent" {
        device: Text<'a>,
        credential_type: Text<'a>,
        added_credentials: Vec<Text<'a>>,
    }
    DeviceCredentialsModified = "DeviceCredentialsModifiedEvent" {
        device: Text<'a>,
        credential_type: Text<'a>,
        current_credentials: Vec<Text<'a>>,
    }
    DeviceCredentialsRemoved = "DeviceCredentialsRemovedEvent" {
        device: Text<'a>,
        credential_type: Text<'a>,
        removed_credentials: Vec<Text<'a>>,
    }
}

/// A number or a string. By hand: an untagged enum would buffer it.
#[expect(dead_code, reason = "it is decoded, and nothing more")]
enum Figure<'a> {
    Number(u64),
    Text(Text<'a>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Figure<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FigureVisitor;

        impl<'de> Visitor<'de> for FigureVisitor {
            type Value = Figure<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number or a string")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Figure<'de>, E> {
                Ok(Figure::Number(number))
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Figure<'de>, E> {
                Ok(Figure::Text(text.into()))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Figure<'de>, E> {
                Ok(Figure::Text(Text(text.to_owned().into())))
            }
        }

        deserializer.deserialize_any(FigureVisitor)
    }
}
