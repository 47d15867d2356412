//! The state of a replay: which events are to leave at an instant of the clock.
//!
//! Every due time is computed from one anchor, a place on the schedule and the time on the clock
//! that belongs to it. A new anchor is set at a pause, a resumption, a seek and a change of speed,
//! and at nothing else, so that nothing drifts.

use crate::{
    input::Problem,
    place::Place,
    push::Key,
    schedule::{Schedule, Scheduled},
    speed::{Ratio, Speed},
    time::{RecordingTime, ScheduleTime, WallTime},
};

/// How many rounds ahead a place on the schedule of an endless recording can be.
const MOST_ROUNDS_AHEAD: u64 = 100;

/// What a player does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Time passes.
    Playing,
    /// Time stands still.
    Paused,
    /// There is nothing left, or it was stopped.
    Ended,
}

/// Where to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeekTo {
    /// A time on the schedule.
    Schedule(ScheduleTime),
    /// A time in the recording; what happened before it is passed over.
    Recording(RecordingTime),
    /// The event with this id.
    Event(String),
}

/// Why a seek failed; the player is where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekError {
    /// The input can be read only once.
    CannotGoBack,
    /// There is no such event.
    NotFound,
}

/// An event that is to leave.
#[derive(Clone, Debug)]
pub struct Due {
    /// The event.
    pub scheduled: Scheduled,
    /// When it was to leave.
    pub at: WallTime,
}

/// A place on the schedule and the time that belongs to it.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    wall: WallTime,
    place: Place,
}

/// Plays a schedule by a clock that it is told of.
#[derive(Debug)]
pub struct Player {
    schedule: Schedule,
    next: Option<Scheduled>,
    speed: Speed,
    first_speed: Speed,
    anchor: Anchor,
    state: State,
    /// Events that are to leave one by one, although time stands still.
    steps: u64,
}

impl Player {
    /// Begins at the start of a schedule.
    pub fn new(mut schedule: Schedule, speed: Speed, now: WallTime) -> Self {
        let next = schedule.next();
        let state = if next.is_some() { State::Playing } else { State::Ended };
        let anchor = Anchor { wall: now, place: Place::at(ScheduleTime(0)) };
        Self { schedule, next, speed, first_speed: speed, anchor, state, steps: 0 }
    }

    /// What it does.
    pub fn state(&self) -> State {
        self.state
    }

    /// How fast time passes.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What could not be read since the last call.
    pub fn take_problems(&mut self) -> Vec<Problem> {
        self.schedule.take_problems()
    }

    /// The place on the schedule at an instant.
    pub fn position(&self, now: WallTime) -> ScheduleTime {
        self.place(now).time()
    }

    fn place(&self, now: WallTime) -> Place {
        match (self.state, self.speed) {
            (State::Playing, Speed::Times(ratio)) => {
                self.anchor.place.after(now - self.anchor.wall, ratio)
            }
            _ => self.anchor.place,
        }
    }

    /// The next event, if it is to leave at `now`; to be asked again until there is none.
    pub fn due(&mut self, now: WallTime) -> Option<Due> {
        let at = self.next_due(now).filter(|at| *at <= now)?;
        let scheduled = self.next.take()?;
        if self.state == State::Paused || self.speed == Speed::Max {
            self.steps = self.steps.saturating_sub(1);
            let reached = self.anchor.place.time().max(scheduled.due);
            self.anchor = Anchor { wall: now, place: Place::at(reached) };
        }
        self.next = self.schedule.next();
        if self.next.is_none() {
            self.end(now);
        }
        Some(Due { scheduled, at })
    }

    /// When the next event is to leave; nothing if time stands still or nothing is left.
    pub fn next_due(&self, now: WallTime) -> Option<WallTime> {
        let next = self.next.as_ref()?;
        match (self.state, self.speed) {
            (State::Playing, Speed::Times(ratio)) => Some(self.wall_of(next.due, ratio)),
            (State::Playing, Speed::Max) => Some(now),
            (State::Paused, _) => (0 < self.steps).then_some(now),
            (State::Ended, _) => None,
        }
    }

    /// The next event.
    pub fn peek(&self) -> Option<&Scheduled> {
        self.next.as_ref()
    }

    /// When a place on the schedule is reached, rounded up: an event never leaves early.
    fn wall_of(&self, due: ScheduleTime, ratio: Ratio) -> WallTime {
        self.anchor.wall + self.anchor.place.wall_until(due, ratio)
    }

    fn anchor_at(&mut self, now: WallTime) {
        self.anchor = Anchor { wall: now, place: self.place(now) };
    }

    fn end(&mut self, now: WallTime) {
        self.anchor_at(now);
        self.state = State::Ended;
    }

    /// Lets time stand still.
    pub fn pause(&mut self, now: WallTime) {
        if self.state == State::Playing {
            self.anchor_at(now);
            self.state = State::Paused;
        }
    }

    /// Lets time pass.
    pub fn play(&mut self, now: WallTime) {
        if self.state == State::Paused {
            self.anchor.wall = now;
            self.state = State::Playing;
            self.steps = 0;
        }
    }

    /// Lets the next events leave one by one, while time stands still.
    pub fn step(&mut self, events: u64, now: WallTime) {
        self.pause(now);
        self.steps = self.steps.saturating_add(events);
    }

    /// Changes how fast time passes.
    pub fn set_speed(&mut self, speed: Speed, now: WallTime) {
        self.anchor_at(now);
        self.speed = speed;
    }

    /// Goes back to the speed of the start.
    pub fn reset_speed(&mut self, now: WallTime) {
        self.set_speed(self.first_speed, now);
    }

    /// Moves the schedule so that a place on it is reached now: what was late is not caught up.
    pub fn slip_to(&mut self, place: ScheduleTime, now: WallTime) {
        self.anchor = Anchor { wall: now, place: Place::at(place) };
    }

    /// Ends before the end.
    pub fn stop(&mut self, now: WallTime) {
        self.end(now);
        self.next = None;
    }

    /// Goes to another place. Events that are passed over do not leave; they are counted in the
    /// answer.
    ///
    /// # Errors
    ///
    /// If there is no such place, or the input cannot be read again; then nothing has changed.
    pub fn seek(&mut self, to: &SeekTo, now: WallTime) -> Result<u64, SeekError> {
        let position = self.position(now);
        let number = self.next.as_ref().map_or(u64::MAX, |next| next.number);
        let farthest = self.farthest_round(to);
        let is_ahead = match to {
            SeekTo::Schedule(time) => position <= *time,
            // Where events are delayed, a later one may have left before the next one.
            SeekTo::Recording(time) => {
                self.next.as_ref().is_some_and(|next| next.round == 0)
                    && self.schedule.latest() <= Some(*time)
            }
            SeekTo::Event(_) => false,
        };
        if !is_ahead && !self.schedule.can_restart() {
            return Err(SeekError::CannotGoBack);
        }
        if !is_ahead {
            self.restart();
        }
        let passed = self.pass_over(|next| !reaches(next, to) && next.round <= farthest);
        let Some(next) = self.next.as_ref().filter(|next| reaches(next, to)) else {
            let is_at_end = self.next.is_none();
            if is_at_end && matches!(to, SeekTo::Schedule(_)) || !self.schedule.can_restart() {
                self.end(now);
                return Ok(passed);
            }
            self.restart();
            self.pass_over(|next| next.number < number);
            self.anchor = Anchor { wall: now, place: Place::at(position) };
            return Err(SeekError::NotFound);
        };
        let target = match to {
            SeekTo::Schedule(time) => (*time).max(ScheduleTime(0)),
            SeekTo::Recording(time) => {
                let place = self.schedule.place_of(*time).filter(|place| *place <= next.due);
                place.unwrap_or(next.due)
            }
            SeekTo::Event(_) => next.due,
        };
        self.anchor = Anchor { wall: now, place: Place::at(target) };
        Ok(passed)
    }

    /// The last round that is searched: an endless recording has no end where a search for what is
    /// not in it would be over. What is in it is in every round; a delayed event may come in the next.
    fn farthest_round(&self, to: &SeekTo) -> u64 {
        let round = self.next.as_ref().map_or(0, |next| next.round);
        match to {
            _ if !self.schedule.is_endless() => u64::MAX,
            SeekTo::Schedule(_) => round.saturating_add(MOST_ROUNDS_AHEAD),
            SeekTo::Recording(_) | SeekTo::Event(_) => 1,
        }
    }

    /// Passes over events as long as they are to be; gives their number.
    fn pass_over(&mut self, is_passed: impl Fn(&Scheduled) -> bool) -> u64 {
        let mut passed = 0;
        while self.next.as_ref().is_some_and(&is_passed) {
            self.next = self.schedule.next();
            passed += 1;
        }
        passed
    }

    fn restart(&mut self) {
        self.schedule.restart();
        self.next = self.schedule.next();
        if self.state == State::Ended {
            self.state = State::Paused;
        }
    }

    /// Passes over the events up to this one, as if they had left, and goes on from there.
    pub fn resume_after(&mut self, last: Key, now: WallTime) {
        while let Some(next) = self.next.take_if(|next| next.number <= last.number) {
            self.anchor = Anchor { wall: now, place: Place::at(next.due) };
            self.next = self.schedule.next();
        }
        if self.next.is_none() {
            self.end(now);
        }
    }
}

fn reaches(next: &Scheduled, to: &SeekTo) -> bool {
    match to {
        SeekTo::Schedule(time) => *time <= next.due,
        SeekTo::Recording(time) => *time <= next.event.time,
        SeekTo::Event(id) => next.event.id().as_deref() == Some(id.as_str()),
    }
}

#[cfg(test)]
mod tests;
