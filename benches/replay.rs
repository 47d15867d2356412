//! Replay without waiting, against what it costs to touch the same lines at all.
//!
//! - `contrail`: read, order, pace, move the times, hand to a sink that counts bytes.
//! - `contrail, times kept`: the same without moving the times.
//! - `copy lines`: find the lines and copy each, as `cat` of lines would.
//! - `serde_json`: each line to a `Value` and back to text, as a small script would.

mod replaying;
mod support;

use std::{hint::black_box, sync::Arc};

use contrail_replay::{
    Delivered, Departing, Restamp, Sink, SinkError, Speed, clock::WallClock, synthetic::Framing,
};
use criterion::{Criterion, Throughput};
use serde_json::Value;

/// Bytes of a recording.
const SIZE: usize = 10 << 20;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let text = support::text(3, SIZE, Framing::Lines);
    let events = text.lines().count() as u64;
    let text: Arc<[u8]> = text.into_bytes().into();
    let mut group = criterion.benchmark_group("replay/max speed 10 MB");
    group.throughput(Throughput::Elements(events));
    for (name, restamp) in [("contrail", Restamp::Shift), ("contrail, times kept", Restamp::Keep)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert_eq!(replayed(black_box(&text), restamp), events));
        });
    }
    group.bench_function("copy lines", |bencher| {
        bencher.iter(|| assert_eq!(copied(black_box(&text)), events));
    });
    group.bench_function("serde_json", |bencher| {
        bencher.iter(|| assert_eq!(decoded(black_box(&text)), events));
    });
    group.finish();
    criterion.final_summary();
}

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

fn replayed(text: &Arc<[u8]>, restamp: Restamp) -> u64 {
    let mut sink = Count::default();
    replaying::replay(text, Speed::Max, restamp, &WallClock::start(), &mut sink);
    sink.0.events
}

fn copied(text: &[u8]) -> u64 {
    let mut out = Vec::with_capacity(1 << 20);
    let mut lines = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if out.len() + line.len() > out.capacity() {
            black_box(&out);
            out.clear();
        }
        out.extend_from_slice(line);
        lines += 1;
    }
    lines
}

fn decoded(text: &[u8]) -> u64 {
    let mut out = Vec::with_capacity(1 << 20);
    let mut lines = 0;
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let value: Value = serde_json::from_slice(line).expect("a line is JSON");
        out.clear();
        serde_json::to_writer(&mut out, &value).expect("a vector takes all");
        black_box(&out);
        lines += 1;
    }
    lines
}
