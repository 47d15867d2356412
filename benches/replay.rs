//! Replay without waiting, against what it costs to touch the same lines at all.
//!
//! - `contrail`: read, order, pace, hand to a sink that counts bytes; on one core.
//! - `contrail, times moved`: the same, and each instant moved.
//! - `contrail, a thread that reads`: what `contrail replay` does where there is a core for it.
//! - `contrail, by trees`: the same as the first, where no event is written as usual.
//! - `copy lines`: find the lines and copy each, as `cat` of lines would.
//! - `serde_json`: each document to a `Value` and back to text, as a small script would.
//!
//! `cargo bench --bench replay -- ratios` lets the rows take turns.

mod replaying;
mod rows;
mod support;
mod turns;

use std::{hint::black_box, sync::Arc};

use contrail_replay::{
    Delivered, Departing, ReadOptions, Restamp, Sink, SinkError, Speed, clock::WallClock,
    synthetic::Framing,
};
use serde_json::Value;

use turns::Row;

/// Bytes of a recording.
const SIZE: usize = 10 << 20;

fn main() {
    let mut criterion = rows::criterion();
    for (name, framing) in [
        ("events a line", Framing::Lines),
        ("batches a line", Framing::Batches),
        ("pretty batches", Framing::Pretty),
    ] {
        let text = support::text(3, SIZE, framing);
        let text: Arc<[u8]> = text.into_bytes().into();
        let events = replayed(&text, Restamp::Keep, on_one_core());
        let row = |restamp, read| {
            let text = Arc::clone(&text);
            Box::new(move || assert_eq!(replayed(black_box(&text), restamp, read), events))
        };
        let by_trees = ReadOptions { skims: false, ..on_one_core() };
        let mut rows: Vec<Row<'_>> = vec![
            ("contrail", row(Restamp::Keep, on_one_core())),
            ("contrail, times moved", row(Restamp::Shift, on_one_core())),
            ("contrail, a thread that reads", row(Restamp::Keep, ReadOptions::default())),
            ("contrail, by trees", row(Restamp::Keep, by_trees)),
            ("serde_json", Box::new(|| decoded(black_box(&text)))),
        ];
        if framing != Framing::Pretty {
            rows.push(("copy lines", Box::new(|| copied(black_box(&text)))));
        }
        let name = format!("replay/{name}, {events} events");
        rows::measure(&mut criterion, &name, text.len(), rows);
    }
    criterion.final_summary();
}

fn on_one_core() -> ReadOptions {
    ReadOptions { has_thread: false, ..ReadOptions::default() }
}

/// A sink that counts bytes.
#[derive(Default)]
struct Count(Delivered);

impl Sink for Count {
    fn send(&mut self, events: &Departing) -> Result<(), SinkError> {
        for event in events.events() {
            self.0.bytes += black_box(event.text).len() as u64;
        }
        self.0.events += events.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    fn delivered(&self) -> Delivered {
        self.0
    }
}

fn replayed(text: &Arc<[u8]>, restamp: Restamp, read: ReadOptions) -> u64 {
    let mut sink = Count::default();
    replaying::replay(text, Speed::Max, restamp, read, &WallClock::start(), &mut sink);
    sink.0.events
}

fn copied(text: &[u8]) {
    let mut out = Vec::with_capacity(1 << 20);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if out.len() + line.len() > out.capacity() {
            black_box(&out);
            out.clear();
        }
        out.extend_from_slice(line);
    }
}

fn decoded(text: &[u8]) {
    let mut out = Vec::with_capacity(1 << 20);
    for value in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
        let value = value.expect("it is JSON");
        out.clear();
        serde_json::to_writer(&mut out, &value).expect("a vector takes all");
        black_box(&out);
    }
}
