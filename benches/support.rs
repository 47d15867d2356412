//! Captures for the benchmarks, made from the documented events.

use std::{fs, path::Path};

use serde_json::Value;

/// A capture of batches a line, at least this many bytes long, minified.
///
/// Events are those of `corpus/valid/v<N>`, in batches of 50, with ids of their own: about 350 bytes
/// an event.
pub(crate) fn lines(version: u8, bytes: usize) -> String {
    let file = if version == 2 { "get-events-every-type.json" } else { "get-events.json" };
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/valid/v{version}")).join(file);
    let text = fs::read_to_string(path).expect("the corpus is there");
    let batch: Value = serde_json::from_str(&text).expect("the corpus is JSON");
    let events = batch["Events"].as_array().expect("a batch has events");
    let mut capture = String::with_capacity(bytes + (64 << 10));
    let mut number = 0_u64;
    while capture.len() < bytes {
        let events: Vec<Value> = events
            .iter()
            .cycle()
            .take(50)
            .map(|event| {
                let mut event = event.clone();
                number += 1;
                event["EventId"] = format!("9eebaf4b-52a6-487b-bf2c-{number:012x}").into();
                for name in ["EventTime", "ReceivedTime"] {
                    if event.get(name).is_some() {
                        event[name] = time(number).into();
                    }
                }
                event
            })
            .collect();
        let mut batch = batch.clone();
        batch["Count"] = events.len().into();
        batch["Events"] = events.into();
        capture.push_str(&batch.to_string());
        capture.push('\n');
    }
    capture
}

/// An instant so many seconds after the start of 2018, in months of 28 days.
fn time(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let (month, day) = (1 + days / 28 % 12, 1 + days % 28);
    let (hour, minute, second) = (hours % 24, minutes % 60, seconds % 60);
    format!("2018-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
