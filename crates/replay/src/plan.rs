//! What a replay would do, without waiting.

use std::collections::BTreeMap;

use crate::{
    fault::FaultCount,
    schedule::{Schedule, ScheduleCounts},
    speed::Speed,
    time::{Nanos, RecordingTime, SECOND, ScheduleTime},
};

/// How many of the longest gaps are told.
const GAPS: usize = 5;

/// What a replay would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Events that would leave.
    pub events: u64,
    /// What became of the others.
    pub counts: ScheduleCounts,
    /// How many events each fault touched.
    pub faults: Vec<FaultCount>,
    /// Events by `Type`.
    pub types: BTreeMap<String, u64>,
    /// Events by `Device`; those without one have an empty name.
    pub devices: BTreeMap<String, u64>,
    /// The time of the first and of the last event.
    pub span: Option<(RecordingTime, RecordingTime)>,
    /// The longest gaps between two events, the longest first.
    pub gaps: Vec<Gap>,
    /// The number of gaps that are capped, and the recording time that it saves.
    pub capped: (u64, Nanos),
    /// How long the schedule is, in recording time.
    pub schedule: Nanos,
    /// How long it takes on the clock; nothing without waiting.
    pub wall: Option<Nanos>,
    /// The most events that are due within one second of the clock; nothing without waiting.
    pub peak: Option<u64>,
}

/// A gap between two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How long it is in the recording.
    pub length: Nanos,
    /// The time of the event behind it.
    pub before: RecordingTime,
}

impl Plan {
    /// Goes through a whole schedule; `every` is called for each event, and ends it by `false`.
    pub fn of(schedule: &mut Schedule, speed: Speed, mut every: impl FnMut(u64) -> bool) -> Self {
        let mut plan = Self::default();
        let (mut second, mut in_second) = (0, 0);
        for scheduled in schedule.by_ref() {
            let event = &scheduled.event;
            plan.events += 1;
            count(&mut plan.types, event.type_name().as_deref());
            count(&mut plan.devices, event.device().as_deref());
            if let Some((_, last)) = plan.span {
                plan.gap(event.time - last, event.time);
            }
            let (first, last) = plan.span.unwrap_or((event.time, event.time));
            plan.span = Some((first.min(event.time), last.max(event.time)));
            plan.schedule = scheduled.due.0;
            if let Speed::Times(ratio) = speed {
                let due = ratio.wall_for(scheduled.due.0) / SECOND;
                in_second = if due == second { in_second + 1 } else { 1 };
                second = due;
                plan.peak = plan.peak.max(Some(in_second));
            }
            if !every(plan.events) {
                break;
            }
        }
        plan.counts = schedule.counts();
        plan.faults = schedule.fault_counts();
        plan.capped = schedule.time_map().capped();
        if let Speed::Times(ratio) = speed {
            plan.wall = Some(ratio.wall_for(ScheduleTime(plan.schedule).0));
        }
        plan
    }

    fn gap(&mut self, length: Nanos, before: RecordingTime) {
        if length <= 0 || GAPS <= self.gaps.len() && length <= self.gaps[GAPS - 1].length {
            return;
        }
        let at = self.gaps.partition_point(|gap| length <= gap.length);
        self.gaps.insert(at, Gap { length, before });
        self.gaps.truncate(GAPS);
    }
}

fn count(counts: &mut BTreeMap<String, u64>, name: Option<&str>) {
    let name = name.unwrap_or_default();
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}
