//! When each event of a recording is due: window, filters, pace, rounds.

use std::num::NonZeroU64;

use crate::{
    event::Event,
    filter::Filter,
    input::{Open, Problem, ReadOptions},
    merge::{Merge, OrderCounts},
    speed::Ratio,
    time::{Nanos, RecordingTime, SECOND, ScheduleTime},
    time_map::TimeMap,
};

/// A place in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A time.
    At(RecordingTime),
    /// So long after the first event.
    After(Nanos),
}

/// What gives the distances between events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The recording; a gap between two events lasts at most so long, if at all bounded.
    Recorded {
        /// The longest gap, in recording time.
        max_gap: Option<Nanos>,
    },
    /// So many events a second, whatever was recorded.
    Rate(Ratio),
}

impl Pace {
    fn max_gap(self) -> Option<Nanos> {
        match self {
            Self::Recorded { max_gap } => max_gap,
            Self::Rate(_) => None,
        }
    }
}

/// How often the recording is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    /// So many times.
    Times(NonZeroU64),
    /// Until somebody ends it.
    Endless,
}

/// Which events are due when.
#[derive(Clone, Debug)]
pub struct ScheduleOptions {
    /// How inputs are read.
    pub read: ReadOptions,
    /// Where to begin, included. The schedule begins there; without it, with the first event.
    pub start: Option<Bound>,
    /// Where to end, excluded.
    pub end: Option<Bound>,
    /// How much of the recording to replay.
    pub duration: Option<Nanos>,
    /// The most events to replay, over all rounds.
    pub limit: Option<u64>,
    /// Which events to replay. Those that are left out keep their share of the time.
    pub filter: Filter,
    /// What gives the distances between events.
    pub pace: Pace,
    /// How often the recording is replayed.
    pub rounds: Rounds,
}

/// An event and when it is due.
#[derive(Clone, Debug)]
pub struct Scheduled {
    /// The event.
    pub event: Event,
    /// When it is due.
    pub due: ScheduleTime,
    /// Which time through the recording it belongs to, from 0.
    pub round: u64,
    /// How much recording time the rounds before it took: with it added, times go on from round to
    /// round.
    pub moved: Nanos,
    /// Its number in the recording, in the order of time and before any filter, from 0.
    pub index: u64,
}

/// What became of the events that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScheduleCounts {
    /// Events that the filters left out.
    pub filtered: u64,
    /// Events outside of the window.
    pub outside: u64,
    /// What was out of order.
    pub order: OrderCounts,
}

/// The events of a recording, in their order, each with the time when it is due.
pub struct Schedule {
    merge: Merge,
    options: ScheduleOptions,
    map: TimeMap,
    window: Option<Window>,
    round: u64,
    /// The times of the first and the last event of this round.
    span: Option<(RecordingTime, RecordingTime)>,
    /// The recording time of the rounds before.
    moved: Nanos,
    index: u64,
    /// Events given in all rounds, and in this one.
    given: u64,
    given_in_round: u64,
    counts: ScheduleCounts,
}

/// The window in terms of the recording.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// Where it begins, if that was asked for: an event may be older than the first one.
    start: Option<RecordingTime>,
    end: Option<RecordingTime>,
}

impl std::fmt::Debug for Schedule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Schedule").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Schedule {
    /// The schedule of a recording in one or more captures.
    pub fn new(captures: Vec<Box<dyn Open>>, options: ScheduleOptions) -> Self {
        Self {
            merge: Merge::new(captures, options.read),
            map: TimeMap::new(options.pace.max_gap()),
            window: None,
            round: 0,
            span: None,
            moved: 0,
            index: 0,
            given: 0,
            given_in_round: 0,
            counts: ScheduleCounts::default(),
            options,
        }
    }

    /// Whether the recording can be read again, for further rounds and for going back.
    pub fn can_restart(&self) -> bool {
        self.merge.can_restart()
    }

    /// Goes back to the first event of the first round.
    pub fn restart(&mut self) {
        self.merge.restart();
        self.map = TimeMap::new(self.options.pace.max_gap());
        (self.round, self.index, self.given, self.given_in_round) = (0, 0, 0, 0);
        (self.span, self.moved) = (None, 0);
        self.counts = ScheduleCounts::default();
    }

    /// The map from recording time to schedule time, as far as it has been read.
    pub fn time_map(&self) -> &TimeMap {
        &self.map
    }

    /// What became of the events that were read.
    pub fn counts(&self) -> ScheduleCounts {
        ScheduleCounts { order: self.merge.counts, ..self.counts }
    }

    /// What could not be read since the last call.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        self.merge.take_problems()
    }

    fn window_from(&self, first: RecordingTime) -> Window {
        let resolve = |bound| match bound {
            Bound::At(time) => time,
            Bound::After(span) => first + span,
        };
        let start = self.options.start.map(resolve);
        let by_duration = self.options.duration.map(|span| start.unwrap_or(first) + span);
        let ends = self.options.end.map(resolve).into_iter().chain(by_duration);
        Window { start, end: ends.min() }
    }

    /// Begins another round; false if there is none.
    fn begin_round(&mut self) -> bool {
        let is_wanted = match self.options.rounds {
            Rounds::Times(times) => self.round + 1 < times.get(),
            Rounds::Endless => true,
        };
        // A round without an event would be followed by others for ever.
        if !is_wanted || self.given_in_round == 0 || !self.can_restart() {
            return false;
        }
        self.merge.restart();
        self.round += 1;
        self.moved += self.span.take().map_or(0, |(first, last)| last - first);
        (self.index, self.given_in_round) = (0, 0);
        true
    }

    /// The next event of this round that lies in the window, and its number.
    fn next_in_window(&mut self) -> Option<(Event, u64)> {
        loop {
            let (_, event) = self.merge.next()?;
            let index = self.index;
            self.index += 1;
            let window = match self.window {
                Some(window) => window,
                None => *self.window.insert(self.window_from(event.time)),
            };
            if window.start.is_some_and(|start| event.time < start) {
                self.counts.outside += 1;
            } else if window.end.is_some_and(|end| end <= event.time) {
                self.counts.outside += 1;
                return None;
            } else {
                return Some((event, index));
            }
        }
    }

    /// Puts an event on the map.
    fn place(&mut self, time: RecordingTime) -> ScheduleTime {
        let span = self.span;
        let (first, last) = span.unwrap_or((time, time));
        self.span = Some((first, last.max(time)));
        if span.is_none() {
            let from = self.window.and_then(|window| window.start).unwrap_or(time);
            match self.round {
                0 => self.map.begin(from),
                _ => self.map.begin_round(from, 0),
            }
        }
        self.map.place(time)
    }
}

impl Iterator for Schedule {
    type Item = Scheduled;

    fn next(&mut self) -> Option<Scheduled> {
        if self.options.limit.is_some_and(|limit| limit <= self.given) {
            return None;
        }
        loop {
            let Some((event, index)) = self.next_in_window() else {
                if self.begin_round() {
                    continue;
                }
                return None;
            };
            let placed = self.place(event.time);
            if !self.options.filter.takes(&event) {
                self.counts.filtered += 1;
                continue;
            }
            let due = match self.options.pace {
                Pace::Recorded { .. } => placed,
                Pace::Rate(rate) => ScheduleTime(rate.wall_for(i128::from(self.given) * SECOND)),
            };
            self.given += 1;
            self.given_in_round += 1;
            return Some(Scheduled { event, due, round: self.round, moved: self.moved, index });
        }
    }
}

#[cfg(test)]
mod tests;
