//! The rows of a group, by criterion or, with `-- ratios`, in turns.

use std::{env, time::Duration};

use criterion::{Criterion, SamplingMode, Throughput};

use crate::turns::{self, Row};

/// Rounds of turns.
const ROUNDS: usize = 15;

/// Bytes of a row that takes milliseconds.
const LARGE: usize = 1_000_000;

pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args()
}

/// Measures each row, which works at so many bytes. Small ones have no turns.
pub(crate) fn measure(criterion: &mut Criterion, name: &str, bytes: usize, mut rows: Vec<Row<'_>>) {
    if env::args().any(|argument| argument == "ratios") {
        if LARGE <= bytes {
            turns::table(name, bytes, ROUNDS, &mut rows);
        }
        return;
    }
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes as u64));
    if LARGE <= bytes {
        group.sampling_mode(SamplingMode::Flat);
    }
    for (name, mut row) in rows {
        group.bench_function(name, |bencher| bencher.iter(&mut row));
    }
    group.finish();
}
