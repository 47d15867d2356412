//! A schedule with faults: holds back what is to leave later, and gives all in the order in which
//! it is due.
//!
//! It is told of every event of the recording, also of those that filters left out, so that a
//! filter does not change what happens to the others.

use super::{
    FaultCount, Faults,
    fate::{Fate, Lost, Planted},
    queue::Queue,
};
use crate::{
    schedule::Scheduled,
    time::{Nanos, RecordingTime, ScheduleTime},
    time_map::TimeMap,
};

/// Where in the recording a schedule is: at an event, which may have been left out by filters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tick {
    pub(crate) time: RecordingTime,
    pub(crate) due: ScheduleTime,
    pub(crate) round: u64,
    pub(crate) index: u64,
}

impl Tick {
    pub(crate) fn of(scheduled: &Scheduled) -> Self {
        let Scheduled { event, due, round, index, .. } = scheduled;
        Self { time: event.time, due: *due, round: *round, index: *index }
    }

    /// Behind the event itself and behind those that were moved to it.
    fn turn(&self) -> Turn {
        Turn { due: self.due, round: self.round, rank: 2 * self.index + 1 }
    }
}

/// Which of the events that are held is the next to leave. Those that are due at the same time
/// leave in the order of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    due: ScheduleTime,
    round: u64,
    /// Twice its number in the recording; odd for an event that was moved behind another.
    rank: u64,
}

/// An event that is held back.
#[derive(Debug)]
pub(super) struct Held {
    /// The event; it is due as if there were no faults.
    pub(super) scheduled: Scheduled,
    /// When it can leave at the soonest.
    from: ScheduleTime,
    /// How long after that it leaves.
    delay: Nanos,
    /// The number of the event that it leaves behind.
    behind: Option<u64>,
}

impl Held {
    fn turn(&self) -> Turn {
        let rank = self.behind.map_or(2 * self.scheduled.index, |behind| 2 * behind + 1);
        Turn { due: self.from + self.delay, round: self.scheduled.round, rank }
    }

    fn leave(mut self, due: ScheduleTime) -> Scheduled {
        self.scheduled.effect.delayed = due - self.scheduled.due;
        self.scheduled.due = due;
        self.scheduled
    }
}

/// A schedule with faults.
#[derive(Debug)]
pub(crate) struct Faulty {
    planted: Vec<Planted>,
    most_held: usize,
    /// Events of devices that are offline, by the time when they are back.
    absent: Queue<RecordingTime>,
    /// Events that leave behind another one, by its number.
    moved: Queue<u64>,
    /// Events that are due later.
    waiting: Queue<Turn>,
    /// Where the schedule is. Its time is the latest one of the round.
    tick: Option<Tick>,
    is_over: bool,
    left_early: u64,
}

impl Faulty {
    /// The faults at the start of a schedule; nothing if there are none.
    pub(crate) fn of(faults: &Faults) -> Option<Self> {
        (!faults.list.is_empty()).then(|| Self {
            planted: Planted::all(faults),
            most_held: faults.most_held,
            absent: Queue::default(),
            moved: Queue::default(),
            waiting: Queue::default(),
            tick: None,
            is_over: false,
            left_early: 0,
        })
    }

    /// Goes back to the start of the schedule.
    pub(crate) fn restart(&mut self) {
        (self.absent, self.moved, self.waiting) = Default::default();
        (self.tick, self.is_over, self.left_early) = (None, false, 0);
        for planted in &mut self.planted {
            planted.events = 0;
        }
    }

    pub(crate) fn counts(&self) -> Vec<FaultCount> {
        self.planted.iter().map(Planted::count).collect()
    }

    /// How many events left before they were due, because no more could be held.
    pub(crate) fn left_early(&self) -> u64 {
        self.left_early
    }

    /// Whether the recording has ended and nothing is held.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over && self.bytes() == 0
    }

    /// How many bytes of events are held.
    pub(crate) fn bytes(&self) -> usize {
        self.absent.bytes() + self.moved.bytes() + self.waiting.bytes()
    }

    /// Goes on to the next event of the recording. Without a map, something else than the
    /// recording gives the pace.
    pub(crate) fn pass(&mut self, mut tick: Tick, map: Option<&TimeMap>) {
        let before = self.tick.replace(tick);
        let reached = before.map_or(tick.due, |before| before.due);
        if let Some(before) = before.filter(|before| before.round == tick.round) {
            tick.time = tick.time.max(before.time);
        }
        self.tick = Some(tick);
        while let Some((back, held)) = self.absent.pop_if(|back| *back <= tick.time) {
            let due = map.and_then(|map| map.schedule_of(back)).unwrap_or(tick.due);
            self.move_behind(Held { from: due.max(reached), ..held });
        }
        while let Some((_, held)) = self.moved.pop_if(|behind| *behind <= tick.index) {
            self.wait(Held { from: held.from.max(tick.due), ..held });
        }
    }

    /// Takes the event that the schedule is at; an event that is lost is told.
    pub(crate) fn admit(&mut self, mut scheduled: Scheduled, first: RecordingTime) -> Option<Lost> {
        let fate = match Fate::of(&scheduled, first, &mut self.planted) {
            Ok(fate) => fate,
            Err(lost) => return Some(lost),
        };
        scheduled.effect.skew = fate.skew;
        for (copy, after) in (1..).zip(&fate.copies) {
            let mut scheduled = scheduled.clone();
            scheduled.effect.copy = copy;
            self.hold(scheduled, &fate, *after);
        }
        self.hold(scheduled, &fate, 0);
        None
    }

    fn hold(&mut self, scheduled: Scheduled, fate: &Fate, after: Nanos) {
        let behind = (0 < fate.places).then(|| scheduled.index.saturating_add(fate.places));
        let delay = fate.delay + after;
        let mut scheduled = scheduled;
        if behind.is_some() || 0 < delay || fate.absent_until.is_some() {
            // The memory of its neighbours is not kept for one that waits.
            scheduled.event = scheduled.event.apart();
        }
        let held = Held { from: scheduled.due, delay, behind, scheduled };
        match fate.absent_until {
            Some(back) if self.tick.is_some_and(|tick| tick.time < back) => {
                self.absent.push(back, held);
            }
            _ => self.move_behind(held),
        }
    }

    fn move_behind(&mut self, held: Held) {
        match held.behind {
            Some(behind) if self.tick.is_some_and(|tick| tick.index < behind) => {
                self.moved.push(behind, held);
            }
            _ => self.wait(held),
        }
    }

    fn wait(&mut self, held: Held) {
        self.waiting.push(held.turn(), held);
    }

    /// Goes on to the end of the recording: nothing comes any more behind which an event could
    /// leave, and devices come back as if the recording went on.
    pub(crate) fn end_round(&mut self, map: Option<&TimeMap>) {
        let Some(tick) = self.tick else { return };
        while let Some((back, held)) = self.absent.pop() {
            let due = map.map_or(tick.due, |map| map.behind(back));
            self.wait(Held { from: due.max(tick.due), ..held });
        }
        while let Some((_, held)) = self.moved.pop() {
            self.wait(Held { from: held.from.max(tick.due), ..held });
        }
    }

    /// Goes on to the end of the last round.
    pub(crate) fn end(&mut self, map: Option<&TimeMap>) {
        self.end_round(map);
        self.is_over = true;
    }

    /// The next event to leave, if nothing that is still to come can leave before it.
    pub(crate) fn pop(&mut self) -> Option<Scheduled> {
        let tick = self.tick?;
        let is_over = self.is_over;
        let next = self.waiting.pop_if(|turn| is_over || *turn <= tick.turn());
        if let Some((turn, held)) = next {
            return Some(held.leave(turn.due));
        }
        if self.bytes() <= self.most_held {
            return None;
        }
        self.left_early += 1;
        self.pop_early().map(|held| held.leave(tick.due))
    }

    /// The event that has the least to wait.
    fn pop_early(&mut self) -> Option<Held> {
        let waiting = self.waiting.pop().map(|(_, held)| held);
        let moved = || self.moved.pop().map(|(_, held)| held);
        let absent = || self.absent.pop().map(|(_, held)| held);
        waiting.or_else(moved).or_else(absent)
    }
}
