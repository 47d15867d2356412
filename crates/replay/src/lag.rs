//! How late events left: a histogram, and the worst moments.

use std::{cmp::Reverse, collections::BinaryHeap};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::time::{Nanos, RecordingTime};

/// How many of the worst moments are kept.
const WORST: usize = 10;

/// The longest lag that is told from others: a day, in nanoseconds.
const LONGEST: u64 = 86_400_000_000_000;

/// The lag of events, each the time when it left less the time when it was due.
#[derive(Debug)]
pub struct Lag {
    histogram: Histogram<u64>,
    worst: BinaryHeap<Reverse<Moment>>,
}

/// An event that left late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// By how much, in nanoseconds.
    pub lag: Nanos,
    /// The number of the event among those that left, from 0.
    pub number: u64,
    /// The time of the event.
    pub time: RecordingTime,
}

/// Percentiles of the lag, in nanoseconds; each is exact to three digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LagSummary {
    /// Half of the events were no later than this.
    pub p50: u64,
    /// 90 % of them.
    pub p90: u64,
    /// 99 % of them.
    pub p99: u64,
    /// 99.9 % of them.
    pub p999: u64,
    /// All of them.
    pub max: u64,
}

impl Default for Lag {
    fn default() -> Self {
        let histogram = Histogram::new_with_max(LONGEST, 3).expect("3 digits are allowed");
        Self { histogram, worst: BinaryHeap::new() }
    }
}

impl Lag {
    /// Counts an event that left.
    pub fn record(&mut self, moment: Moment) {
        self.histogram.saturating_record(u64::try_from(moment.lag.max(0)).unwrap_or(u64::MAX));
        if self.worst.len() < WORST {
            self.worst.push(Reverse(moment));
        } else if self.worst.peek().is_some_and(|Reverse(least)| least.lag < moment.lag) {
            self.worst.pop();
            self.worst.push(Reverse(moment));
        }
    }

    /// The percentiles so far.
    pub fn summary(&self) -> LagSummary {
        let at = |quantile| self.histogram.value_at_quantile(quantile);
        LagSummary {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: self.histogram.max(),
        }
    }

    /// The worst moments, the worst first.
    pub fn worst(&self) -> Vec<Moment> {
        let mut worst: Vec<_> = self.worst.iter().map(|Reverse(moment)| *moment).collect();
        worst.sort_by_key(|moment| (Reverse(moment.lag), moment.number));
        worst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_the_worst_moments() {
        let mut lag = Lag::default();
        for number in 0..1000 {
            let moment = Moment { lag: i128::from(number), number, time: RecordingTime(0) };
            lag.record(moment);
        }
        let LagSummary { p50, p90, p99, p999, max } = lag.summary();
        assert_eq!((p50, p90, p99, p999, max), (499, 899, 989, 998, 999));
        let worst: Vec<_> = lag.worst().iter().map(|moment| moment.lag).collect();
        assert_eq!(worst, [999, 998, 997, 996, 995, 994, 993, 992, 991, 990]);
    }

    #[test]
    fn long_lags_are_told_from_short_ones() {
        for millis in [1, 20, 3_600_000] {
            let mut lag = Lag::default();
            let nanos = millis * 1_000_000;
            lag.record(Moment { lag: nanos, number: 0, time: RecordingTime(0) });
            let max = i128::from(lag.summary().max);
            assert!((max - nanos).abs() <= nanos / 1000, "{max} for {nanos}");
        }
    }
}
