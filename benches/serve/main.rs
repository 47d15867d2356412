//! How fast `contrail serve` hands events out, how late it answers, and how much memory it takes:
//! tables, not a benchmark of criterion. The server is the program itself.
//!
//! `cargo bench --bench serve` takes a minute and a half; `-- drain`, `-- latency` and `-- memory` do one
//! of the three, and `-- latency 60` polls for so many seconds in each row.

#![expect(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a table for people, to a few digits"
)]

mod bare;
mod recorded;
mod served;

use std::{
    collections::HashSet,
    env,
    net::SocketAddr,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use contrail_replay::clock::{Clock as _, WallClock};
use hdrhistogram::Histogram;

use bare::Bare;
use recorded::{Length, Recorded};
use served::{Batch, Client, Served};

/// The most events of a batch.
const LIMIT: usize = 512;

/// Clients that poll.
const CLIENTS: usize = 50;

/// Events a second that all of them get together.
const RATE: u64 = 50_000;

/// Each client polls so often.
const EVERY: Duration = Duration::from_millis(50);

const KEY: &str = "4c3a6f0e-7d0c-4bb0-9a53-0d8e8c1b2a10";

/// How much is measured.
struct Extent {
    /// Events to drain.
    events: u64,
    /// How often.
    times: usize,
    /// Seconds of polling.
    seconds: u64,
    /// Recordings to take memory for, in bytes.
    sizes: &'static [u64],
    /// Whether every event is looked for.
    is_test: bool,
}

/// One of the three tables.
type Part = fn(&Extent);

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let extent = if arguments.iter().any(|argument| argument == "--test") {
        Extent { events: 2_000, times: 1, seconds: 1, sizes: &[1_000_000], is_test: true }
    } else {
        let seconds = arguments.iter().find_map(|argument| argument.parse().ok());
        Extent {
            events: 1_000_000,
            times: 5,
            seconds: seconds.unwrap_or(5),
            sizes: &[10_000_000, 100_000_000, 1_000_000_000],
            is_test: false,
        }
    };
    let parts: [(&str, Part); 3] = [("drain", drain), ("latency", latency), ("memory", memory)];
    let is_named = |name: &str| arguments.iter().any(|argument| argument == name);
    let is_any_named = parts.iter().any(|(name, _)| is_named(name));
    for (name, part) in parts {
        if !is_any_named || is_named(name) {
            part(&extent);
        }
    }
}

/// One client gets and deletes until nothing is left, as fast as it can.
fn drain(extent: &Extent) {
    let recording = Recorded::new(Length::Events(extent.events), 1000);
    let Recorded { file, events, bytes, .. } = &recording;
    println!("drain: {events} events of {} bytes on average", bytes / events);
    println!(
        "what                             thousand events/s: median  best   MB/s: median  best"
    );
    let row = |name: &str, measure: &dyn Fn() -> Duration| {
        let mut spans: Vec<_> = (0..extent.times).map(|_| measure().as_secs_f64()).collect();
        spans.sort_by(f64::total_cmp);
        let each = [spans[spans.len() / 2], spans[0]];
        let [thousands, best_thousands] = each.map(|span| *events as f64 / span / 1e3);
        let [megabytes, best_megabytes] = each.map(|span| *bytes as f64 / span / 1e6);
        println!(
            "{name:<31}  {thousands:>25.0}  {best_thousands:>4.0}   {megabytes:>12.0}  \
             {best_megabytes:>4.0}"
        );
    };
    row("contrail serve, get and delete", &|| {
        let served = Served::start(file, &["--speed", "max"]);
        let mut seen = Seen::new(extent);
        let clock = WallClock::start();
        let taken = drained(served.address, &mut seen);
        let span = clock.elapsed();
        assert_eq!(taken, *events, "nothing is lost, and nothing comes again");
        seen.assert_all(*events);
        span
    });
    row("hyper alone, the same answers", &|| {
        let bare = Bare::start(file, LIMIT);
        let clock = WallClock::start();
        let mut client = Client::new(bare.address, KEY, LIMIT);
        let mut taken = 0;
        while taken < *events {
            taken += client.take(|_| {});
        }
        clock.elapsed()
    });
    row("contrail replay to /dev/null", &|| {
        let clock = WallClock::start();
        let mut replay = Command::new(env!("CARGO_BIN_EXE_contrail"));
        replay.arg("replay").arg(file).args(["--speed", "max", "--quiet"]);
        replay.stdout(Stdio::null()).stderr(Stdio::null());
        assert!(replay.status().expect("it starts").success());
        clock.elapsed()
    });
}

/// Gets and deletes until nothing is left; gives the number of events.
fn drained(server: SocketAddr, seen: &mut Seen) -> u64 {
    let mut client = Client::new(server, KEY, LIMIT);
    assert_eq!(client.take(|_| {}), 0, "the first Get subscribes");
    let mut taken = 0;
    loop {
        match client.take(|batch| seen.add(batch)) {
            0 => return taken,
            count => taken += count,
        }
    }
}

/// The events that a client got, where they are looked for.
struct Seen(Option<HashSet<u64>>);

impl Seen {
    fn new(extent: &Extent) -> Self {
        Self(extent.is_test.then(HashSet::new))
    }

    fn add(&mut self, batch: &Batch<'_>) {
        let Some(seen) = &mut self.0 else { return };
        let text = std::str::from_utf8(batch.body()).expect("it is JSON");
        let ids = text.split(recorded::ID).skip(1).map(|behind| &behind[..12]);
        let before = ids.clone().count() as u64;
        assert_eq!(before, batch.count, "it has as many events as it says");
        seen.extend(ids.map(|id| u64::from_str_radix(id, 16).expect("it is hexadecimal")));
    }

    fn assert_all(&self, events: u64) {
        if let Some(seen) = &self.0 {
            assert!((0..events).all(|number| seen.contains(&number)), "an event is lost");
        }
    }
}

/// Fifty clients poll, each by a schedule of its own that no slow answer changes.
fn latency(extent: &Extent) {
    println!(
        "\nlatency: {CLIENTS} clients, each Get {EVERY:?} after the one before, {RATE} events/s"
    );
    println!("from the intended time, ms   gets   p50    p90    p99   p99.9   max");
    let clients = CLIENTS as u64;
    for (name, events, keys, speed) in [
        ("a key for each", RATE / clients * extent.seconds, CLIENTS, "1"),
        ("one key for all", RATE * extent.seconds, 1, "50"),
    ] {
        let recording = Recorded::new(Length::Events(events), RATE / clients);
        let keys: Vec<String> = (0..keys).map(|number| format!("{KEY}-{number}")).collect();
        let served = Served::start(
            &recording.file,
            &["--speed", speed, "--start-on", "every-key", "--access-key", &keys.join(",")],
        );
        let histogram = polled(served.address, &keys, events, extent);
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1e6;
        println!(
            "{name:<26}  {:>5}  {:>5.2}  {:>5.2}  {:>5.2}  {:>5.2}  {:>5.2}",
            histogram.len(),
            at(0.5),
            at(0.9),
            at(0.99),
            at(0.999),
            histogram.max() as f64 / 1e6
        );
    }
}

/// Polls with all clients until each key has had all events.
fn polled(server: SocketAddr, keys: &[String], events: u64, extent: &Extent) -> Histogram<u64> {
    let mut clients: Vec<_> =
        (0..CLIENTS).map(|number| Client::new(server, &keys[number % keys.len()], LIMIT)).collect();
    // Time begins when the last key has subscribed.
    for client in &mut clients[..keys.len()] {
        assert_eq!(client.take(|_| {}), 0, "the first Get subscribes");
    }
    let clock = WallClock::start();
    let polled: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0_u32..)
            .zip(clients)
            .map(|(number, client)| {
                let first = EVERY / u32::try_from(CLIENTS).expect("they are few") * number;
                let clock = &clock;
                scope.spawn(move || poll(client, clock, first, extent))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no client fails")).collect()
    });
    let mut histogram = Histogram::new(3).expect("3 digits are allowed");
    let mut all = Seen::new(extent);
    for Polled { latencies, taken, seen } in polled {
        histogram.add(latencies).expect("it grows");
        if keys.len() == 1 {
            all.0.iter_mut().for_each(|all| all.extend(seen.0.iter().flatten()));
        } else {
            assert_eq!(taken, events, "nothing is lost, and nothing comes again");
            seen.assert_all(events);
        }
    }
    if keys.len() == 1 {
        all.assert_all(events);
    }
    histogram
}

/// What a client saw.
struct Polled {
    latencies: Histogram<u64>,
    taken: u64,
    seen: Seen,
}

fn poll(mut client: Client, clock: &WallClock, first: Duration, extent: &Extent) -> Polled {
    let mut seen = Seen::new(extent);
    let mut latencies = Histogram::new(3).expect("3 digits are allowed");
    let mut taken = 0;
    let end = Duration::from_secs(extent.seconds);
    let mut intended = first;
    // The last events are due at the end: they are fetched in a second more.
    while intended < end + Duration::from_secs(1) {
        sleep_until(intended, clock);
        taken += client.take(|batch| {
            let latency = clock.elapsed().saturating_sub(intended);
            if intended < end {
                latencies
                    .record(u64::try_from(latency.as_nanos()).expect("584 years"))
                    .expect("it grows");
            }
            seen.add(batch);
        });
        intended += EVERY;
    }
    Polled { latencies, taken, seen }
}

/// Sleeps, and does not spin: there are more clients than processors.
fn sleep_until(time: Duration, clock: &WallClock) {
    // Held, so that nobody seems to have gone away.
    let (_sender, receiver) = mpsc::channel::<()>();
    while let Some(left) = time.checked_sub(clock.elapsed()).filter(|left| !left.is_zero()) {
        let _ = receiver.recv_timeout(left);
    }
}

/// The most memory that draining a recording takes.
fn memory(extent: &Extent) {
    println!("\npeak memory, MB");
    println!("recording, MB   drained   and another key never deletes");
    for size in extent.sizes {
        let recording = Recorded::new(Length::Bytes(*size), 1000);
        let [alone, beside] = [false, true].map(|is_another| {
            let peak = peak(&recording, is_another);
            peak.map_or_else(|| "unknown".to_owned(), |peak| format!("{:.0}", peak as f64 / 1e6))
        });
        println!("{:>13}   {alone:>7}   {beside:>29}", size / 1_000_000);
    }
}

fn peak(recording: &Recorded, is_another: bool) -> Option<u64> {
    let served = Served::start(&recording.file, &["--speed", "max"]);
    if is_another {
        let mut another = Client::new(served.address, "another", LIMIT);
        assert_eq!(another.get().count, 0, "the first Get subscribes");
    }
    let taken = drained(served.address, &mut Seen(None));
    assert_eq!(taken, recording.events, "nothing is lost, and nothing comes again");
    served.peak_memory()
}
