//! Synthetic recordings, against what it costs to write the same events at all.
//!
//! - `contrail`: batches a line.
//! - `contrail, pretty`: batches over many lines.
//! - `contrail, 1 % defects`: with the places of the defects.
//! - `serde_json`: a `Value` of each of the same events to text, without making it.

mod support;

use std::hint::black_box;

use contrail_replay::synthetic::{Defects, Framing, Recording, Settings};
use criterion::{Criterion, Throughput};
use serde_json::Value;

const EVENTS: u64 = 30_000;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let settings = Settings { events: EVENTS, ..Settings::default() };
    let defects = Defects::default().with("bad-format", 0.01).expect("it can be broken");
    let cases = [
        ("contrail", settings.clone()),
        ("contrail, pretty", Settings { framing: Framing::Pretty, ..settings.clone() }),
        ("contrail, 1 % defects", Settings { defects, ..settings }),
    ];
    let mut group = criterion.benchmark_group("generate/v3 30,000 events");
    for (name, settings) in cases {
        group.throughput(Throughput::Bytes(generated(&settings)));
        group.bench_function(name, |bencher| bencher.iter(|| generated(black_box(&settings))));
    }
    let text = support::text(3, 10 << 20, Framing::Lines);
    let events: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    group.throughput(Throughput::Bytes(text.len() as u64));
    let mut out = Vec::with_capacity(CHUNK);
    group.bench_function("serde_json", |bencher| {
        bencher.iter(|| {
            for event in black_box(&events) {
                out.clear();
                serde_json::to_writer(&mut out, event).expect("a vector takes all");
                black_box(&out);
            }
        });
    });
    group.finish();
    criterion.final_summary();
}

const CHUNK: usize = 256 << 10;

/// Makes a recording and forgets it; the number of its bytes.
fn generated(settings: &Settings) -> u64 {
    let mut recording = Recording::new(settings.clone()).expect("there are such recordings");
    let mut out = Vec::with_capacity(2 * CHUNK);
    let mut bytes = 0;
    while recording.write(&mut out) {
        if CHUNK <= out.len() {
            bytes += black_box(&out).len() as u64;
            out.clear();
        }
    }
    bytes + out.len() as u64
}
