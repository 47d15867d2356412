//! When each event of a recording is due: window, filters, pace, rounds.

use std::{num::NonZeroU64, str::FromStr};

use chrono::DateTime;

use crate::{
    event::Event,
    fault::{Effect, FaultCount, Faults, Faulty, Lost, Tick},
    filter::{Filter, Property},
    input::{Open, Problem, ReadOptions},
    merge::{Merge, OrderCounts},
    speed::Ratio,
    time::{Nanos, RecordingTime, SECOND, ScheduleTime, parse_span},
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

impl Bound {
    /// The time, in a recording that begins at `first`.
    pub(crate) fn resolve(self, first: RecordingTime) -> RecordingTime {
        match self {
            Self::At(time) => time,
            Self::After(span) => first + span,
        }
    }

    /// Whether a time is not before `from`, and before `to`, in a recording that begins at `first`.
    pub(crate) fn enclose(
        from: Option<Self>,
        to: Option<Self>,
        time: RecordingTime,
        first: RecordingTime,
    ) -> bool {
        let is_early = from.is_some_and(|from| time < from.resolve(first));
        let is_late = to.is_some_and(|to| to.resolve(first) <= time);
        !is_early && !is_late
    }
}

impl FromStr for Bound {
    type Err = String;

    /// Reads `2018-05-19T13:23:44Z`, or `+5m` for so long after the first event.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(span) = text.strip_prefix('+') {
            return parse_span(span).map(Self::After);
        }
        DateTime::parse_from_rfc3339(text)
            .map(|time| Self::At(RecordingTime::from(time.to_utc())))
            .map_err(|_| "want a time such as 2018-05-19T13:23:44Z, or +5m".to_owned())
    }
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
    /// The most events to replay, over all rounds; before faults drop or copy any.
    pub limit: Option<u64>,
    /// Which events to replay. Those that are left out keep their share of the time.
    pub filter: Filter,
    /// What gives the distances between events.
    pub pace: Pace,
    /// How often the recording is replayed.
    pub rounds: Rounds,
    /// What goes wrong on the way.
    pub faults: Faults,
}

impl Default for ScheduleOptions {
    /// All events once, as they were recorded.
    fn default() -> Self {
        Self {
            read: ReadOptions::default(),
            start: None,
            end: None,
            duration: None,
            limit: None,
            filter: Filter::default(),
            pace: Pace::Recorded { max_gap: None },
            rounds: Rounds::Times(NonZeroU64::MIN),
            faults: Faults::default(),
        }
    }
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
    /// Its number among those that leave, from 0. Delays change the order of `index`, but not of
    /// this.
    pub number: u64,
    /// What faults did to it.
    pub effect: Effect,
}

/// What became of the events that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScheduleCounts {
    /// Events that the filters left out.
    pub filtered: u64,
    /// Events outside of the window.
    pub outside: u64,
    /// Delayed events that left too early, because no more could be held.
    pub left_early: u64,
    /// What was out of order.
    pub order: OrderCounts,
}

/// The events of a recording, in the order in which they are due.
pub struct Schedule {
    source: Source,
    /// Nothing where there are no faults.
    faulty: Option<Faulty>,
    /// How many events were given.
    given: u64,
    latest: Option<RecordingTime>,
}

/// The events of a recording as they were recorded, each with the time when it is due.
struct Source {
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
    /// What the filter names and no event has had.
    unmet: Vec<(Property, String)>,
}

/// The window in terms of the recording.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// The time of the first event of the recording.
    first: RecordingTime,
    /// Where it begins, if that was asked for: an event may be older than the first one.
    start: Option<RecordingTime>,
    end: Option<RecordingTime>,
}

impl std::fmt::Debug for Schedule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Schedule").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// A step through a recording.
enum Step {
    /// An event that is replayed.
    Taken(Scheduled),
    /// An event that filters left out; time goes on all the same.
    Passed(Tick),
    /// The recording begins again.
    NextRound,
    /// There is nothing left.
    End,
}

impl Schedule {
    /// The schedule of a recording in one or more captures.
    pub fn new(captures: Vec<Box<dyn Open>>, mut options: ScheduleOptions) -> Self {
        // A wrong clock cannot be played without knowing where the times are.
        options.read.with_stamps |= options.faults.need_stamps();
        let faulty = Faulty::of(&options.faults);
        Self { source: Source::new(captures, options), faulty, given: 0, latest: None }
    }

    /// Whether the recording can be read again, for further rounds and for going back.
    pub fn can_restart(&self) -> bool {
        self.source.merge.can_restart()
    }

    /// Whether further rounds follow for ever.
    pub(crate) fn is_endless(&self) -> bool {
        self.source.options.rounds == Rounds::Endless
    }

    /// Goes back to the first event of the first round.
    pub fn restart(&mut self) {
        self.source.restart();
        if let Some(faulty) = &mut self.faulty {
            faulty.restart();
        }
        (self.given, self.latest) = (0, None);
    }

    /// The map from recording time to schedule time, as far as it has been read.
    pub fn time_map(&self) -> &TimeMap {
        &self.source.map
    }

    /// The time in the recording at a place on the schedule; nothing where recorded times do not give
    /// the pace.
    pub fn recording_of(&self, place: ScheduleTime) -> Option<RecordingTime> {
        self.source.paced_map()?.recording_of(place)
    }

    /// The place on the schedule of a time in the last round that was read; nothing where recorded
    /// times do not give the pace.
    pub(crate) fn place_of(&self, time: RecordingTime) -> Option<ScheduleTime> {
        self.source.paced_map()?.schedule_of(time)
    }

    /// What became of the events that were read.
    pub fn counts(&self) -> ScheduleCounts {
        let left_early = self.faulty.as_ref().map_or(0, Faulty::left_early);
        ScheduleCounts { order: self.source.merge.counts, left_early, ..self.source.counts }
    }

    /// Types and devices that the filter names and that no event had so far, as `type X` or
    /// `device X`.
    pub fn unmet(&self) -> Vec<String> {
        let unmet = self.source.unmet.iter();
        unmet.map(|(property, value)| format!("{} {value}", property.name())).collect()
    }

    /// How many events each fault touched, in the order of the faults.
    pub fn fault_counts(&self) -> Vec<FaultCount> {
        self.faulty.as_ref().map_or_else(Vec::new, Faulty::counts)
    }

    /// How many bytes of delayed events are held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.faulty.as_ref().map_or(0, Faulty::bytes)
    }

    /// The latest time of all events that were given.
    pub fn latest(&self) -> Option<RecordingTime> {
        self.latest
    }

    /// What could not be read since the last call.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        self.source.merge.take_problems()
    }

    fn next_in_turn(&mut self) -> Option<Scheduled> {
        match &mut self.faulty {
            None => self.source.next_taken(),
            Some(faulty) => next_of(&mut self.source, faulty),
        }
    }
}

impl Iterator for Schedule {
    type Item = Scheduled;

    fn next(&mut self) -> Option<Scheduled> {
        let mut scheduled = self.next_in_turn()?;
        scheduled.number = self.given;
        self.given += 1;
        self.latest = self.latest.max(Some(scheduled.event.time));
        Some(scheduled)
    }
}

/// The next event to leave: goes on in the recording until it is sure which one that is.
fn next_of(source: &mut Source, faulty: &mut Faulty) -> Option<Scheduled> {
    loop {
        if let Some(scheduled) = faulty.pop() {
            return Some(scheduled);
        }
        if faulty.is_over() {
            return None;
        }
        match source.step() {
            Step::Taken(scheduled) => {
                faulty.pass(Tick::of(&scheduled), source.paced_map());
                if faulty.admit(scheduled, source.first()) == Some(Lost::InEveryRound) {
                    source.given_in_round -= 1;
                }
            }
            Step::Passed(tick) => faulty.pass(tick, source.paced_map()),
            Step::NextRound => faulty.end_round(source.paced_map()),
            Step::End => faulty.end(source.paced_map()),
        }
    }
}

impl Source {
    fn new(captures: Vec<Box<dyn Open>>, options: ScheduleOptions) -> Self {
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
            unmet: options.filter.named(),
            options,
        }
    }

    fn restart(&mut self) {
        self.merge.restart();
        self.map = TimeMap::new(self.options.pace.max_gap());
        (self.round, self.index, self.given, self.given_in_round) = (0, 0, 0, 0);
        (self.span, self.moved) = (None, 0);
        self.counts = ScheduleCounts::default();
    }

    /// The time of the first event of the recording.
    fn first(&self) -> RecordingTime {
        self.window.map_or(RecordingTime::default(), |window| window.first)
    }

    /// The map, if it is what gives the pace.
    fn paced_map(&self) -> Option<&TimeMap> {
        matches!(self.options.pace, Pace::Recorded { .. }).then_some(&self.map)
    }

    fn window_from(&self, first: RecordingTime) -> Window {
        let resolve = |bound: Bound| bound.resolve(first);
        let start = self.options.start.map(resolve);
        let by_duration = self.options.duration.map(|span| start.unwrap_or(first) + span);
        let ends = self.options.end.map(resolve).into_iter().chain(by_duration);
        Window { first, start, end: ends.min() }
    }

    /// Begins another round; false if there is none.
    fn begin_round(&mut self) -> bool {
        let is_wanted = match self.options.rounds {
            Rounds::Times(times) => self.round + 1 < times.get(),
            Rounds::Endless => true,
        };
        // A round without an event would be followed by others for ever.
        if !is_wanted || self.given_in_round == 0 || !self.merge.can_restart() {
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

    fn due(&self, placed: ScheduleTime) -> ScheduleTime {
        match self.options.pace {
            Pace::Recorded { .. } => placed,
            Pace::Rate(rate) => ScheduleTime(rate.wall_for(i128::from(self.given) * SECOND)),
        }
    }

    /// Goes on by one event.
    fn step(&mut self) -> Step {
        if self.options.limit.is_some_and(|limit| limit <= self.given) {
            return Step::End;
        }
        let Some((event, index)) = self.next_in_window() else {
            return if self.begin_round() { Step::NextRound } else { Step::End };
        };
        let placed = self.place(event.time);
        let due = self.due(placed);
        let round = self.round;
        self.unmet.retain(|(property, value)| property.of(&event).as_deref() != Some(value));
        if !self.options.filter.takes(&event) {
            self.counts.filtered += 1;
            return Step::Passed(Tick { time: event.time, due, round, index });
        }
        self.given += 1;
        self.given_in_round += 1;
        let effect = Effect::default();
        Step::Taken(Scheduled { event, due, round, moved: self.moved, index, number: 0, effect })
    }

    /// The next event that is replayed.
    fn next_taken(&mut self) -> Option<Scheduled> {
        loop {
            match self.step() {
                Step::Taken(scheduled) => return Some(scheduled),
                Step::Passed(_) | Step::NextRound => {}
                Step::End => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
