//! Push replay: a loop that waits for what is due and hands it to a sink.

use std::{fmt, sync::mpsc::Receiver};

use serde::{Deserialize, Serialize};

use crate::{
    clock::{Wait, Woken},
    input::Problem,
    lag::{Lag, Moment},
    player::{Due, Player, SeekError, SeekTo, State},
    restamp::{Leaving, Restamper},
    schedule::Scheduled,
    speed::{Ratio, Speed},
    time::{Nanos, RecordingTime, ScheduleTime, WallTime},
};

/// The most events that are handed at once to a sink that says nothing else.
const MOST_AT_ONCE: usize = 1024;

/// Events that are due within this much of the clock, by the schedule, go together.
const TOGETHER: Nanos = 1_000_000;

/// Where events go.
pub trait Sink {
    /// Takes events that are due, in order.
    ///
    /// # Errors
    ///
    /// If it cannot take them. How many it took is what [`Sink::delivered`] says.
    fn send(&mut self, events: &Departing) -> Result<(), SinkError>;

    /// Hands on what it still holds, and waits until all is acknowledged. Called at the
    /// end, and when time stands still.
    ///
    /// # Errors
    ///
    /// If that fails.
    fn flush(&mut self) -> Result<(), SinkError>;

    /// The most events that it is sent at once. All of them are taken to leave at the instant when they
    /// are handed over, so a sink that needs time for each wants few.
    fn most_at_once(&self) -> usize {
        MOST_AT_ONCE
    }

    /// What was delivered: acknowledged by whoever is behind the sink.
    fn delivered(&self) -> Delivered;
}

/// Which event of a replay. Keys have the order in which events leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// Its number among those that leave, from 0.
    pub number: u64,
    /// Which time through the recording, from 0.
    pub round: u64,
    /// Its number in the recording, in the order of time, from 0.
    pub index: u64,
    /// Which copy of it, from 0: there are others where a fault made them.
    pub copy: u32,
}

impl Key {
    pub(crate) fn of(scheduled: &Scheduled) -> Self {
        let Scheduled { number, round, index, effect, .. } = scheduled;
        Self { number: *number, round: *round, index: *index, copy: effect.copy }
    }
}

/// What a sink has delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// The number of events.
    pub events: u64,
    /// The number of bytes, with what stands around the events.
    pub bytes: u64,
    /// The last of them, when all before it are delivered too, and when it was due.
    pub last: Option<(Key, WallTime)>,
}

/// Why a sink failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkError {
    /// Where the events were to go.
    pub sink: String,
    /// What went wrong.
    pub message: String,
    /// Whether the reader went away of its own accord, as `head` does.
    pub is_closed: bool,
}

impl fmt::Display for SinkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.sink, self.message)
    }
}

impl std::error::Error for SinkError {}

/// Events that leave together: their texts, a line each.
#[derive(Debug, Default)]
pub struct Departing {
    text: Vec<u8>,
    marks: Vec<Mark>,
}

/// Where the text of an event ends, and what is known of it.
#[derive(Debug)]
struct Mark {
    end: usize,
    key: Key,
    due: WallTime,
    ends_group: bool,
}

/// An event that leaves.
#[derive(Clone, Copy, Debug)]
pub struct Leaver<'d> {
    /// Its text.
    pub text: &'d [u8],
    /// Which event it is.
    pub key: Key,
    /// When it was due.
    pub due: WallTime,
    /// Whether the next event is due so much later that this one does not wait for it.
    pub ends_group: bool,
}

impl Departing {
    /// The events.
    pub fn events(&self) -> impl Iterator<Item = Leaver<'_>> {
        let mut start = 0;
        self.marks.iter().map(move |&Mark { end, key, due, ends_group }| {
            let text = &self.text[start..end];
            start = end + 1;
            Leaver { text, key, due, ends_group }
        })
    }

    /// Their texts, each with a line feed after it.
    pub fn lines(&self) -> &[u8] {
        &self.text
    }

    /// The last of them, and when it was due.
    pub fn last(&self) -> Option<(Key, WallTime)> {
        self.marks.last().map(|mark| (mark.key, mark.due))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    fn clear(&mut self) {
        self.text.clear();
        self.marks.clear();
    }

    fn push(&mut self, due: &Due, ends_group: bool, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.text);
        let key = Key::of(&due.scheduled);
        self.marks.push(Mark { end: self.text.len(), key, due: due.at, ends_group });
        self.text.push(b'\n');
    }
}

/// What is done when an event cannot leave in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLag {
    /// All that is due leaves at once.
    #[default]
    CatchUp,
    /// The schedule is moved: distances are kept, and the end is later.
    Slip,
    /// Late events do not leave.
    Drop,
    /// The replay ends.
    Fail,
}

/// How a push replay behaves.
#[derive(Clone, Copy, Debug)]
pub struct PushOptions {
    /// What is done about lag.
    pub on_lag: OnLag,
    /// From which lag on an event is late.
    pub late: Nanos,
}

/// What somebody asks of a running replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Pause, or go on.
    Toggle,
    /// Let so many events leave, and stand still.
    Step(u64),
    /// Go to a place.
    Seek(SeekTo),
    /// Go so far forwards or backwards on the schedule.
    SeekBy(Nanos),
    /// Multiply the speed by a fraction.
    SpeedTimes(u64, u64),
    /// Go back to the speed of the start.
    ResetSpeed,
    /// End.
    Stop,
}

/// What somebody who watches is told.
#[derive(Debug)]
pub enum Notice<'n> {
    /// Something could not be read.
    Problem(&'n Problem),
    /// A seek failed.
    SeekFailed(SeekError),
    /// Where the replay is.
    At(&'n Status),
}

/// Where a replay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// What the player does.
    pub state: State,
    /// How fast time passes.
    pub speed: Speed,
    /// The place on the schedule.
    pub position: ScheduleTime,
    /// The time in the recording.
    pub recording: Option<RecordingTime>,
    /// The next event: its place on the schedule and its time in the recording.
    pub next: Option<(ScheduleTime, RecordingTime)>,
    /// The time on the clock.
    pub wall: WallTime,
    /// Events that have left.
    pub emitted: u64,
    /// The lag of the last event.
    pub lag: Nanos,
    /// What the sink has delivered.
    pub delivered: Delivered,
}

/// What came of a push replay.
#[derive(Debug, Default)]
pub struct Pushed {
    /// Events handed to the sink.
    pub emitted: u64,
    /// Events that were late.
    pub late: u64,
    /// Late events that did not leave.
    pub dropped: u64,
    /// Events passed over by seeks.
    pub passed_over: u64,
    /// How often the schedule was moved because of lag, and by how much together.
    pub slips: u64,
    /// See `slips`.
    pub slipped: Nanos,
    /// The lag of the events that left.
    pub lag: Lag,
    /// The lag of the last one.
    pub last_lag: Nanos,
    /// The time of the first and of the last event that left.
    pub span: Option<(RecordingTime, RecordingTime)>,
    /// The place on the schedule of the first and of the last event that left.
    pub scheduled: Option<(ScheduleTime, ScheduleTime)>,
    /// The time on the clock when the first and the last event left.
    pub left: Option<(WallTime, WallTime)>,
    /// Whether it was ended before the end.
    pub stopped: bool,
    /// Whether an event was too late for [`OnLag::Fail`].
    pub failed_on_lag: bool,
}

/// Replays until nothing is left or somebody ends it.
#[derive(Debug)]
pub struct Push<'p, C> {
    /// What is played.
    pub player: &'p mut Player,
    /// The clock.
    pub clock: &'p C,
    /// What is asked of it meanwhile.
    pub commands: &'p Receiver<Command>,
    /// Makes the texts that leave.
    pub restamper: &'p mut Restamper,
    /// How it behaves.
    pub options: PushOptions,
}

impl<C: Wait> Push<'_, C> {
    /// Replays until nothing is left or somebody ends it. What was done until a sink failed is in
    /// `pushed` all the same.
    ///
    /// # Errors
    ///
    /// If the sink fails.
    pub fn run(
        &mut self,
        sink: &mut dyn Sink,
        pushed: &mut Pushed,
        notice: &mut dyn FnMut(&Notice<'_>),
    ) -> Result<(), SinkError> {
        let mut departing = Departing::default();
        notice(&Notice::At(&self.status(self.clock.now(), pushed, sink)));
        loop {
            let now = self.clock.now();
            departing.clear();
            self.gather(now, sink.most_at_once(), &mut departing, pushed);
            for problem in self.player.take_problems() {
                notice(&Notice::Problem(&problem));
            }
            if !departing.is_empty() {
                sink.send(&departing)?;
                notice(&Notice::At(&self.status(now, pushed, sink)));
            }
            if pushed.failed_on_lag {
                self.player.stop(now);
            }
            let message = if departing.is_empty() {
                if self.player.state() == State::Ended {
                    return sink.flush();
                }
                let next = self.player.next_due(now);
                if next.is_none() {
                    sink.flush()?;
                    notice(&Notice::At(&self.status(now, pushed, sink)));
                }
                self.clock.wait(next, self.commands)
            } else {
                self.commands.try_recv().map_or(Woken::ByTime, Woken::By)
            };
            match message {
                Woken::ByTime => {}
                Woken::By(command) => {
                    self.obey(command, pushed, notice);
                    notice(&Notice::At(&self.status(self.clock.now(), pushed, sink)));
                }
                Woken::Abandoned => self.player.stop(self.clock.now()),
            }
        }
    }

    /// Takes all that is due, but not too much at once.
    fn gather(
        &mut self,
        now: WallTime,
        most: usize,
        departing: &mut Departing,
        pushed: &mut Pushed,
    ) {
        while departing.len() < most
            && let Some(due) = self.player.due(now)
        {
            let lag = now - due.at;
            let is_late = self.options.late < lag;
            pushed.late += u64::from(is_late);
            match self.options.on_lag {
                OnLag::Drop if is_late => {
                    pushed.dropped += 1;
                    continue;
                }
                OnLag::Fail if is_late => pushed.failed_on_lag = true,
                OnLag::Slip if is_late => {
                    pushed.slips += 1;
                    pushed.slipped += lag;
                    self.player.slip_to(due.scheduled.due, now);
                }
                _ => {}
            }
            self.leave(&due, now, departing, pushed);
            if pushed.failed_on_lag {
                return;
            }
        }
    }

    fn leave(&mut self, due: &Due, now: WallTime, departing: &mut Departing, pushed: &mut Pushed) {
        let leaving = Leaving { due: due.at, now, speed: self.player.speed() };
        let ends_group = self.ends_group(due.scheduled.due);
        departing.push(due, ends_group, |out| self.restamper.write(&due.scheduled, leaving, out));
        let (time, place) = (due.scheduled.event.time, due.scheduled.due);
        pushed.lag.record(Moment { lag: now - due.at, number: pushed.emitted, time });
        pushed.emitted += 1;
        pushed.last_lag = now - due.at;
        pushed.span = Some(pushed.span.map_or((time, time), |(first, _)| (first, time)));
        pushed.scheduled =
            Some(pushed.scheduled.map_or((place, place), |(first, _)| (first, place)));
        pushed.left = Some(pushed.left.map_or((now, now), |(first, _)| (first, now)));
    }

    /// Whether the event after this place is due much later. It depends on the schedule alone: how
    /// events are grouped is the same in every run.
    fn ends_group(&self, place: ScheduleTime) -> bool {
        match (self.player.peek(), self.player.speed()) {
            (None, _) => true,
            (Some(_), Speed::Max) => false,
            (Some(next), Speed::Times(ratio)) => TOGETHER < ratio.wall_for(next.due - place),
        }
    }

    fn status(&self, now: WallTime, pushed: &Pushed, sink: &dyn Sink) -> Status {
        let position = self.player.position(now);
        Status {
            state: self.player.state(),
            speed: self.player.speed(),
            position,
            recording: self.player.schedule().time_map().recording_of(position),
            next: self.player.peek().map(|next| (next.due, next.event.time)),
            wall: now,
            emitted: pushed.emitted,
            lag: pushed.last_lag,
            delivered: sink.delivered(),
        }
    }

    fn obey(&mut self, command: Command, pushed: &mut Pushed, notice: &mut dyn FnMut(&Notice<'_>)) {
        let now = self.clock.now();
        let mut seek = |player: &mut Player, to: &SeekTo| match player.seek(to, now) {
            Ok(passed) => pushed.passed_over += passed,
            Err(error) => notice(&Notice::SeekFailed(error)),
        };
        match command {
            Command::Toggle if self.player.state() == State::Playing => self.player.pause(now),
            Command::Toggle => self.player.play(now),
            Command::Step(events) => self.player.step(events, now),
            Command::Seek(to) => seek(self.player, &to),
            Command::SeekBy(span) => {
                let to = self.player.position(now) + span;
                seek(self.player, &SeekTo::Schedule(to.max(ScheduleTime(0))));
            }
            Command::SpeedTimes(numerator, denominator) => {
                if let Speed::Times(ratio) = self.player.speed() {
                    let ratio: Ratio = ratio.times(numerator, denominator);
                    self.player.set_speed(Speed::Times(ratio), now);
                }
            }
            Command::ResetSpeed => self.player.reset_speed(now),
            Command::Stop => {
                pushed.stopped = self.player.state() != State::Ended;
                self.player.stop(now);
            }
        }
    }
}

#[cfg(test)]
mod tests;
