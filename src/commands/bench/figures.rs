//! What runs come to: rates, and how far the runs lie apart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    rounds::Runs,
    stages::{Role, Stage, Tally, YARDSTICK},
};

/// The figures of one stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    pub(super) stage: String,
    pub(super) role: Role,
    /// 10^6 bytes of decompressed input a second, in the median run.
    pub(super) mb_per_second: f64,
    pub(super) events_per_second: f64,
    pub(super) ns_per_event: f64,
    /// How many times as fast as [`YARDSTICK`], if that was measured: the median of the rounds.
    pub(super) ratio: Option<f64>,
    /// Half of what lies between the fastest and the slowest run, in per cent of the median.
    pub(super) spread_percent: f64,
    pub(super) runs: usize,
    /// Passes over the input in each run.
    pub(super) passes: u32,
    /// What a pass took.
    pub(super) seconds: Seconds,
    /// What a pass counted.
    pub(super) counts: BTreeMap<String, u64>,
}

/// What a pass took, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Seconds {
    pub(super) median: f64,
    pub(super) fastest: f64,
    pub(super) slowest: f64,
}

/// How much a pass works at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) bytes: u64,
    pub(super) events: u64,
}

/// The figures of all stages.
pub(super) fn figures<'s>(
    stages: impl Iterator<Item = (&'s Stage, &'s Runs, &'s Tally)>,
    size: Size,
) -> Vec<Figures> {
    let rows: Vec<_> = stages.collect();
    let yardstick =
        rows.iter().find(|(stage, ..)| stage.name == YARDSTICK).map(|(_, runs, _)| runs);
    let ratio = |runs: &Runs| Some(ratio(yardstick?, runs));
    rows.iter()
        .map(|(stage, runs, tally)| Figures { ratio: ratio(runs), ..of(stage, runs, tally, size) })
        .collect()
}

/// How many times as fast one is as the other. The two runs of a round stand close together in time:
/// what the machine does besides is likely to hit both.
fn ratio(other: &Runs, one: &Runs) -> f64 {
    median(passes(other).zip(passes(one)).map(|(other, one)| other / one).collect())
}

/// What a pass took in each run, in seconds.
fn passes(runs: &Runs) -> impl Iterator<Item = f64> {
    // A clock may be too coarse to see the pass.
    runs.times.iter().map(|time| time.as_secs_f64().max(1e-9) / f64::from(runs.passes))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let (low, high) = (numbers[(numbers.len() - 1) / 2], numbers[numbers.len() / 2]);
    f64::midpoint(low, high)
}

#[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
fn of(stage: &Stage, runs: &Runs, tally: &Tally, size: Size) -> Figures {
    let seconds = Seconds::of(runs);
    let (bytes, events) = (size.bytes as f64, size.events as f64);
    Figures {
        stage: stage.name.to_owned(),
        role: stage.role,
        mb_per_second: bytes / 1e6 / seconds.median,
        events_per_second: events / seconds.median,
        ns_per_event: seconds.median * 1e9 / events,
        ratio: None,
        spread_percent: (seconds.slowest - seconds.fastest) / 2.0 / seconds.median * 100.0,
        runs: runs.times.len(),
        passes: runs.passes,
        seconds,
        counts: tally.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(),
    }
}

impl Seconds {
    fn of(runs: &Runs) -> Self {
        Self {
            median: median(passes(runs).collect()),
            fastest: passes(runs).fold(f64::INFINITY, f64::min),
            slowest: passes(runs).fold(0.0, f64::max),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::stages::STAGES, *};

    fn runs(passes: u32, millis: &[u64]) -> Runs {
        let times = millis.iter().map(|millis| Duration::from_millis(*millis)).collect();
        Runs { passes, times }
    }

    /// Floats that came out of sums and quotients.
    #[track_caller]
    fn assert_about(got: f64, want: f64) {
        assert!((got - want).abs() <= want.abs() * 1e-9, "got {got}, want {want}");
    }

    #[test]
    fn the_middle_run_counts_and_the_ends_are_the_spread() {
        let stage = &STAGES[0];
        let tally = vec![("bytes", 7)];
        let runs = runs(2, &[1000, 400, 480, 360, 440]);
        let size = Size { bytes: 50_000_000, events: 100_000 };
        let figures = figures([(stage, &runs, &tally)].into_iter(), size).remove(0);
        assert_about(figures.seconds.median, 0.22);
        assert_about(figures.mb_per_second, 50.0 / 0.22);
        assert_about(figures.events_per_second, 1e5 / 0.22);
        assert_about(figures.ns_per_event, 2200.0);
        assert_about(figures.spread_percent, 0.16 / 0.22 * 100.0);
        assert_eq!((figures.runs, figures.passes, figures.ratio), (5, 2, None));
        assert_eq!(figures.counts["bytes"], 7);
    }

    #[test]
    fn of_two_middle_runs_the_mean_counts() {
        assert_about(Seconds::of(&runs(1, &[100, 200, 300, 800])).median, 0.25);
        assert_about(Seconds::of(&runs(1, &[100])).median, 0.1);
    }

    #[test]
    fn the_ratio_is_taken_within_each_round() {
        let tally = Tally::default();
        let yardstick = STAGES.iter().find(|stage| stage.name == YARDSTICK).unwrap();
        // In the second round the machine was four times as slow.
        let (fast, slow) = (runs(10, &[1000, 4000, 1000]), runs(1, &[500, 2000, 490]));
        let stages = [(&STAGES[0], &fast, &tally), (yardstick, &slow, &tally)];
        let figures = figures(stages.into_iter(), Size { bytes: 1, events: 1 });
        assert_about(figures[0].ratio.unwrap(), 5.0);
        assert_about(figures[1].ratio.unwrap(), 1.0);
    }
}
