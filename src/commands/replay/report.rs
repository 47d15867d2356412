//! What came of a replay: for people, and as JSON.

use std::{fmt, time::Duration};

use contrail_replay::{FaultCount, LagSummary, Player, Pushed, Speed};
use indicatif::HumanCount;
use serde::Serialize;

use crate::{
    amounts::{events, fault_lines, short, span},
    cli::Metric,
};

/// What was measured.
pub(super) struct Measured<'m> {
    pub(super) pushed: &'m Pushed,
    pub(super) player: &'m Player,
    pub(super) delivered: u64,
    pub(super) held_back: u64,
    /// The speed that was asked for.
    pub(super) wanted: Speed,
    pub(super) elapsed: Duration,
    pub(super) unread: u64,
}

/// What came of a replay. Times are in nanoseconds.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    contrail: &'static str,
    /// Events that left.
    emitted: u64,
    /// Events that were acknowledged.
    pub(super) delivered: u64,
    filtered: u64,
    outside: u64,
    passed_over: u64,
    late: u64,
    dropped: u64,
    reordered: u64,
    misplaced: u64,
    /// How many events each fault touched.
    faults: Vec<FaultCount>,
    /// Delayed events that left too early, because no more could be held.
    left_early: u64,
    unread: u64,
    /// Times in events that would have been in the future.
    held_back: u64,
    slips: u64,
    slipped_ns: i64,
    capped_gaps: u64,
    elapsed_ns: u64,
    intended_speed: String,
    achieved_speed: Option<f64>,
    events_per_second: Option<f64>,
    lag_ns: LagSummary,
    worst: Vec<Moment>,
    stopped: bool,
    pub(super) failed_on_lag: bool,
}

/// An event that left late.
#[derive(Debug, Serialize)]
struct Moment {
    lag_ns: i64,
    /// Its number among those that left, from 0.
    event: u64,
    time: String,
}

impl Report {
    pub(super) fn new(measured: &Measured<'_>) -> Self {
        let Measured { pushed, player, .. } = measured;
        let counts = player.schedule().counts();
        let moment = |moment: &contrail_replay::Moment| Moment {
            lag_ns: narrow(moment.lag),
            event: moment.number,
            time: moment.time.to_string(),
        };
        let left = pushed.left.map(|(first, last)| last - first).filter(|span| 0 < *span);
        let scheduled = pushed.scheduled.map(|(first, last)| last - first);
        Self {
            contrail: env!("CARGO_PKG_VERSION"),
            emitted: pushed.emitted,
            delivered: measured.delivered,
            filtered: counts.filtered,
            outside: counts.outside,
            passed_over: pushed.passed_over,
            late: pushed.late,
            dropped: pushed.dropped,
            reordered: counts.order.reordered,
            misplaced: counts.order.misplaced,
            faults: player.schedule().fault_counts(),
            left_early: counts.left_early,
            unread: measured.unread,
            held_back: measured.held_back,
            slips: pushed.slips,
            slipped_ns: narrow(pushed.slipped),
            capped_gaps: player.schedule().time_map().capped().0,
            elapsed_ns: u64::try_from(measured.elapsed.as_nanos()).unwrap_or(u64::MAX),
            intended_speed: measured.wanted.to_string(),
            achieved_speed: left.zip(scheduled).map(|(left, scheduled)| ratio(scheduled, left)),
            events_per_second: left
                // So many events have one distance less between them.
                .map(|left| ratio((i128::from(pushed.emitted) - 1) * 1_000_000_000, left)),
            lag_ns: pushed.lag.summary(),
            worst: pushed.lag.worst().iter().map(moment).collect(),
            stopped: pushed.stopped,
            failed_on_lag: pushed.failed_on_lag,
        }
    }

    /// Whether the replay came to its end.
    pub(super) fn is_whole(&self) -> bool {
        !self.stopped && !self.failed_on_lag
    }

    pub(super) fn value(&self, metric: Metric) -> u64 {
        match metric {
            Metric::P50Lag => self.lag_ns.p50,
            Metric::P90Lag => self.lag_ns.p90,
            Metric::P99Lag => self.lag_ns.p99,
            Metric::P999Lag => self.lag_ns.p999,
            Metric::MaxLag => self.lag_ns.max,
            Metric::Late => self.late,
            Metric::Dropped => self.dropped,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is shown to a few digits")]
fn ratio(above: i128, below: i128) -> f64 {
    above as f64 / below as f64
}

fn narrow(nanos: i128) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.emitted == 0 && self.dropped == 0 {
            writeln!(formatter, "note: no events were replayed{}", self.left_out())?;
            return self.write_faults(formatter);
        }
        let speed = match self.achieved_speed {
            Some(achieved) if self.intended_speed != "max" => {
                format!(" at {achieved:.3}x (wanted {})", self.intended_speed)
            }
            _ => String::new(),
        };
        let rate = match self.events_per_second {
            Some(rate) => format!(", {rate:.0} events/s"),
            None => String::new(),
        };
        let stopped = if self.stopped { ", stopped early" } else { "" };
        writeln!(
            formatter,
            "replayed {}{} in {}{speed}{rate}{stopped}",
            events(self.emitted),
            self.left_out(),
            span(self.elapsed_ns.into()),
        )?;
        let LagSummary { p50, p90, p99, p999, max } = self.lag_ns;
        let [p50, p90, p99, p999, max] = [p50, p90, p99, p999, max].map(|lag| short(lag.into()));
        if self.intended_speed != "max" {
            writeln!(
                formatter,
                "lag: p50 {p50}, p90 {p90}, p99 {p99}, p99.9 {p999}, max {max}; {} late, {} dropped",
                HumanCount(self.late),
                HumanCount(self.dropped),
            )?;
        }
        self.write_faults(formatter)?;
        for (count, what) in [
            (self.misplaced, "events were out of order by more than the read-ahead"),
            (
                self.left_early,
                "events were delayed by less than --fault wants: --fault-memory is too small",
            ),
            (self.slips, "times the schedule was moved because of lag"),
            (
                self.held_back,
                "times in events were set to the present: they would have been in the future",
            ),
        ] {
            if 0 < count {
                writeln!(formatter, "note: {} {what}", HumanCount(count))?;
            }
        }
        Ok(())
    }
}

impl Report {
    fn write_faults(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fault_lines(&self.faults).try_for_each(|line| writeln!(formatter, "{line}"))
    }

    fn left_out(&self) -> String {
        let parts: Vec<_> = [
            (self.filtered, "left out by filters"),
            (self.outside, "outside of the window"),
            (self.passed_over, "passed over"),
        ]
        .into_iter()
        .filter(|(count, _)| 0 < *count)
        .map(|(count, what)| format!("{} {what}", HumanCount(count)))
        .collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    }
}
