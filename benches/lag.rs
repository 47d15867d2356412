//! How late events leave, by the clock of this machine: a table of percentiles, not a benchmark of
//! criterion.
//!
//! `cargo bench --bench lag` takes a quarter of a minute; `cargo bench --bench lag -- 600` paces at
//! 1x for so many seconds more and tells whether the last events were later than the first.

#![expect(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a table for people, to a few digits"
)]

mod replaying;

use std::{env, fmt::Write as _, sync::Arc};

use contrail_replay::{
    Chance, Delivered, Departing, LagSummary, Ratio, ReadOptions, Restamp, Sink, SinkError, Speed,
    clock::{Clock as _, WallClock},
};

/// Events a second of the clock, on average.
const RATE: f64 = 500.0;

/// Seconds of the clock for each row.
const SECONDS: f64 = 1.5;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let is_test = arguments.iter().any(|argument| argument == "--test");
    let seconds = if is_test { 0.01 } else { SECONDS };
    println!("speed  recording  events  p50 us  p90 us  p99 us  p99.9 us  max us  early");
    for speed in [1, 10, 100, 1000] {
        for (name, burst) in [("Poisson", 1), ("bursty", 50)] {
            let (lag, _) = measured(speed, burst, seconds);
            row(speed, name, &lag);
        }
    }
    if let Some(seconds) = arguments.iter().find_map(|argument| argument.parse::<f64>().ok()) {
        let (lag, lags) = measured(1, 1, seconds);
        row(1, "long", &lag);
        let tenth = lags.len() / 10;
        let (first, last) = (median(&lags[..tenth]), median(&lags[lags.len() - tenth..]));
        println!(
            "drift over {seconds} s: the median lag was {first} ns at first and {last} ns at last"
        );
    }
}

struct Measured {
    events: u64,
    lag: LagSummary,
    early: usize,
}

fn row(speed: u64, name: &str, measured: &Measured) {
    let LagSummary { p50, p90, p99, p999, max } = measured.lag;
    let [p50, p90, p99, p999, max] = [p50, p90, p99, p999, max].map(|lag| lag as f64 / 1e3);
    println!(
        "{speed:>4}x  {name:<9}  {:>6}  {p50:>6.1}  {p90:>6.1}  {p99:>6.1}  {p999:>8.1}  {max:>6.1}  {:>5}",
        measured.events, measured.early
    );
}

fn median(lags: &[i128]) -> i128 {
    let mut lags = lags.to_vec();
    lags.sort_unstable();
    lags.get(lags.len() / 2).copied().unwrap_or_default()
}

/// Nanoseconds between events that come by chance, so many at a time.
#[expect(clippy::cast_possible_truncation, reason = "a gap of many years is not drawn")]
fn recording(speed: u64, burst: u64, seconds: f64) -> String {
    let mean = burst as f64 / RATE * speed as f64 * 1e9;
    let (mut text, mut time, mut number) = (String::new(), 0_i64, 0_u64);
    while (time as f64) < seconds * speed as f64 * 1e9 {
        for _ in 0..burst {
            let stamp = chrono::DateTime::from_timestamp_nanos(1_514_764_800_000_000_000 + time);
            let stamp = stamp.format("%Y-%m-%dT%H:%M:%S%.9fZ");
            writeln!(
                text,
                r#"{{"Type":"HeartbeatEvent","EventId":"{number}","EventTime":"{stamp}"}}"#
            )
            .expect("a string takes all");
            number += 1;
        }
        time += (-mean * (1.0 - Chance::new(1).of(number).fraction()).ln()) as i64;
    }
    text
}

/// Notes by itself when each event came, on the same clock.
struct Note<'c> {
    clock: &'c WallClock,
    lags: Vec<i128>,
}

impl Sink for Note<'_> {
    fn send(&mut self, events: &Departing) -> Result<(), SinkError> {
        let now = self.clock.now();
        self.lags.extend(events.events().map(|event| now - event.due));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    fn delivered(&self) -> Delivered {
        Delivered::default()
    }
}

fn measured(speed: u64, burst: u64, seconds: f64) -> (Measured, Vec<i128>) {
    let text: Arc<[u8]> = recording(speed, burst, seconds).into_bytes().into();
    let clock = WallClock::start();
    let ratio = Ratio::new(speed, 1).expect("a small number");
    let mut sink = Note { clock: &clock, lags: Vec::new() };
    let pushed = replaying::replay(
        &text,
        Speed::Times(ratio),
        Restamp::Keep,
        ReadOptions::default(),
        &clock,
        &mut sink,
    );
    let early = sink.lags.iter().filter(|lag| **lag < 0).count();
    let measured = Measured { events: pushed.emitted, lag: pushed.lag.summary(), early };
    (measured, sink.lags)
}
