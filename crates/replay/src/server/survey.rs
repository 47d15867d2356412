//! How the events of a recording lie in time, counted by type: what the page draws.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use serde::Serialize;

use crate::{
    schedule::Schedule,
    time::{Nanos, SECOND},
};

/// The most buckets.
const MOST_BUCKETS: usize = 400;

/// The width of a bucket at first.
const FIRST_WIDTH: Nanos = SECOND / 1000;

/// The most types that are told apart; the others are counted together.
const MOST_TYPES: usize = 40;

/// What the rest of the types is called.
const OTHERS: &str = "(others)";

/// After so many events it is told how far the counting is.
const TELL_EVERY: u64 = 4096;

/// How the events of a recording lie on its schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Timeline {
    /// Whether all of the recording is counted.
    complete: bool,
    events: u64,
    first: Option<String>,
    last: Option<String>,
    length_ns: i64,
    bucket_ns: i64,
    types: Vec<TypeCounts>,
}

/// The events of a type, by bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct TypeCounts {
    #[serde(rename = "type")]
    type_name: String,
    counts: Vec<u64>,
}

/// Counts of events, in buckets that become wider as the recording gets longer.
#[derive(Debug)]
struct Histogram {
    width: Nanos,
    types: BTreeMap<String, Vec<u64>>,
}

impl Histogram {
    fn add(&mut self, due: Nanos, type_name: &str) {
        while MOST_BUCKETS as i128 <= due / self.width {
            self.width *= 2;
            for counts in self.types.values_mut() {
                *counts = counts.chunks(2).map(|pair| pair.iter().sum()).collect();
            }
        }
        let bucket = usize::try_from(due.max(0) / self.width).expect("there are few buckets");
        let is_told = self.types.contains_key(type_name) || self.types.len() < MOST_TYPES;
        let name = if is_told { type_name } else { OTHERS };
        if !self.types.contains_key(name) {
            self.types.insert(name.to_owned(), Vec::new());
        }
        let counts = self.types.get_mut(name).expect("it is there");
        if counts.len() <= bucket {
            counts.resize(bucket + 1, 0);
        }
        counts[bucket] += 1;
    }
}

/// Makes a schedule anew, read from its beginning.
pub type Again = Arc<dyn Fn() -> Schedule + Send + Sync>;

/// Counts in a thread of its own, once somebody asks.
pub(super) struct Survey {
    again: Mutex<Option<Again>>,
    timeline: Arc<Mutex<Timeline>>,
    is_over: Arc<AtomicBool>,
}

impl std::fmt::Debug for Survey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Survey").finish_non_exhaustive()
    }
}

impl Survey {
    pub(super) fn new(again: Again) -> Self {
        Self { again: Mutex::new(Some(again)), timeline: Arc::default(), is_over: Arc::default() }
    }

    /// What is counted so far; the first call begins it.
    pub(super) fn timeline(&self) -> Timeline {
        if let Some(again) = self.again.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let (timeline, is_over) = (Arc::clone(&self.timeline), Arc::clone(&self.is_over));
            std::thread::spawn(move || {
                count(&mut again(), |so_far| {
                    *timeline.lock().unwrap_or_else(PoisonError::into_inner) = so_far;
                    !is_over.load(Relaxed)
                });
            });
        }
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Survey {
    fn drop(&mut self) {
        self.is_over.store(true, Relaxed);
    }
}

/// Counts a schedule; `tell` ends it by false.
fn count(schedule: &mut Schedule, mut tell: impl FnMut(Timeline) -> bool) {
    let mut histogram = Histogram { width: FIRST_WIDTH, types: BTreeMap::new() };
    let mut timeline = Timeline::default();
    while let Some(scheduled) = schedule.next() {
        let type_name = scheduled.event.type_name();
        histogram.add(scheduled.due.0, type_name.as_deref().unwrap_or_default());
        timeline.events += 1;
        timeline.length_ns = i64::try_from(scheduled.due.0).unwrap_or(i64::MAX);
        if timeline.first.is_none() {
            timeline.first = Some(scheduled.event.time.to_string());
        }
        if timeline.events.is_multiple_of(TELL_EVERY) {
            timeline.last = schedule.latest().map(|time| time.to_string());
            // They are told by the replay itself.
            schedule.take_problems();
            if !tell(drawn(&timeline, &histogram)) {
                return;
            }
        }
    }
    timeline.last = schedule.latest().map(|time| time.to_string());
    timeline.complete = true;
    tell(drawn(&timeline, &histogram));
}

fn drawn(timeline: &Timeline, histogram: &Histogram) -> Timeline {
    let types = histogram.types.iter().map(|(type_name, counts)| TypeCounts {
        type_name: type_name.clone(),
        counts: counts.clone(),
    });
    Timeline {
        bucket_ns: i64::try_from(histogram.width).unwrap_or(i64::MAX),
        types: types.collect(),
        ..timeline.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::{capture, options, schedule};

    #[test]
    fn buckets_become_wider_and_lose_nothing() {
        let mut histogram = Histogram { width: 1, types: BTreeMap::new() };
        for due in 0..100_000 {
            histogram.add(due, if due % 4 == 0 { "A" } else { "B" });
        }
        assert_eq!(histogram.width, 256);
        let counts = |name: &str| histogram.types[name].clone();
        assert_eq!((counts("A").len(), counts("A")[0], counts("B")[0]), (391, 64, 192));
        assert_eq!(
            (counts("A").iter().sum::<u64>(), counts("B").iter().sum::<u64>()),
            (25_000, 75_000)
        );
    }

    #[test]
    fn many_types_are_counted_together() {
        let mut histogram = Histogram { width: 1, types: BTreeMap::new() };
        (0..1000).for_each(|number| histogram.add(0, &number.to_string()));
        assert_eq!((histogram.types.len(), &histogram.types[OTHERS]), (MOST_TYPES + 1, &vec![960]));
    }

    #[test]
    fn a_recording_is_counted_to_its_end() {
        let mut told = Vec::new();
        let mut schedule = schedule(&[capture(&[0, 1, 100])], options());
        count(&mut schedule, |timeline| {
            told.push(timeline);
            true
        });
        let timeline = told.pop().unwrap();
        assert_eq!((told.len(), timeline.complete, timeline.events), (0, true, 3));
        assert_eq!(timeline.first.as_deref(), Some("2018-01-01T00:00:00Z"));
        assert_eq!(timeline.last.as_deref(), Some("2018-01-01T00:01:40Z"));
        assert_eq!((timeline.length_ns, timeline.bucket_ns), (100_000_000_000, 256_000_000));
    }
}
