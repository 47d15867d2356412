//! The recording as it arrives, for all keys alike: once read, an event is kept as long as somebody may
//! ask for it.

use crate::{
    player::{Due, Player, State},
    restamp::{Leaving, Restamper},
    speed::Speed,
    time::{Nanos, RecordingTime, ScheduleTime, WallTime},
};

use super::{
    ClockKind, Note, SLICE, Step,
    arrival::{Arrival, Names},
    log::Log,
};

/// The recording as it arrives.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) player: Player,
    pub(super) restamper: Restamper,
    pub(super) log: Log,
    pub(super) notes: Vec<Note>,
    clock: ClockKind,
    /// The time of clocks other than that of the machine.
    moved: WallTime,
    /// The first event that arrived at this very instant, where time stands still.
    instant: u64,
    /// The latest place on the schedule that events arrived at, and the round of the first of them.
    reached: (ScheduleTime, u64),
    /// How far seeks went on the schedule. They let no time pass.
    jumped: Nanos,
    has_begun: bool,
    /// The time of the first event of the recording.
    first: RecordingTime,
    /// The time of the event that arrived last.
    latest: RecordingTime,
    /// The text of an event that arrives.
    text: Vec<u8>,
}

impl Feed {
    /// Takes a player whose time has not begun.
    pub(super) fn new(
        mut player: Player,
        restamper: Restamper,
        clock: ClockKind,
        log: Log,
    ) -> Self {
        let first = player.peek().map_or(RecordingTime::default(), |next| next.event.time);
        let notes = player.take_problems().into_iter().map(Note::Problem).collect();
        Self {
            player,
            restamper,
            log,
            notes,
            clock,
            moved: WallTime::default(),
            instant: 0,
            reached: (ScheduleTime(0), 0),
            jumped: 0,
            has_begun: false,
            first,
            latest: first,
            text: Vec::new(),
        }
    }

    /// The instant of the clock that counts.
    pub(super) fn now(&self, wall: WallTime) -> WallTime {
        match self.clock {
            ClockKind::Wall => wall,
            ClockKind::Manual | ClockKind::Consumer => self.moved,
        }
    }

    /// The time of the first event of the recording.
    pub(super) fn first(&self) -> RecordingTime {
        self.first
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Lets time begin, once.
    pub(super) fn begin(&mut self, now: WallTime) {
        if !self.has_begun {
            self.has_begun = true;
            self.restamper.begin_at(now, self.first);
        }
    }

    /// The time in the recording.
    pub(super) fn recording(&self, now: WallTime) -> RecordingTime {
        let place = self.player.position(now);
        self.player.schedule().recording_of(place).unwrap_or(self.latest)
    }

    /// How much of the schedule has passed, at speed 1. What is gone over by seeks has not passed.
    pub(super) fn passed(&self, now: WallTime) -> Nanos {
        self.player.position(now).0 - self.jumped
    }

    /// Lets the next event arrive, if it is due; false if none is.
    pub(super) fn arrive(&mut self, now: WallTime) -> bool {
        let Some(due) = self.player.due(now) else { return false };
        let arrival = self.arrival(&due);
        self.latest = arrival.time;
        if let Err(error) = self.log.push(arrival) {
            self.notes.push(Note::NotSpilled(error.to_string()));
        }
        if due.at < now {
            self.instant = self.log.end();
        }
        self.notes.extend(self.player.take_problems().into_iter().map(Note::Problem));
        true
    }

    fn arrival(&mut self, due: &Due) -> Arrival {
        let Due { scheduled, at } = due;
        let event = &scheduled.event;
        self.text.clear();
        // Nobody asked at the instant when it was due, but it was there.
        let leaving = Leaving { due: *at, now: *at, speed: self.player.speed() };
        self.restamper.write(scheduled, leaving, &mut self.text);
        let new_id = self.restamper.new_id(scheduled);
        let new_id = new_id.as_ref().and_then(|id| std::str::from_utf8(id).ok());
        let (type_name, device, id) = (event.type_name(), event.device(), event.id());
        let names = Names {
            type_name: type_name.as_deref(),
            device: device.as_deref(),
            id: new_id.or(id.as_deref()),
            version: event.version(),
        };
        let passed = scheduled.due.0 - self.jumped;
        Arrival::new(self.log.end(), (event.time, passed), &mut self.text, names)
    }

    /// Lets all arrive that is due and wanted, by when it is due; where nobody wants what has arrived,
    /// it is forgotten. Where time does not pass, all of the recording would be due: then events
    /// arrive when they are asked for.
    pub(super) fn arrive_until(
        &mut self,
        now: WallTime,
        is_kept: bool,
        is_wanted: impl Fn(WallTime) -> bool,
    ) -> Step<()> {
        if self.player.speed() == Speed::Max && self.player.state() == State::Playing {
            return Step::Done(());
        }
        for _ in 0..SLICE {
            let is_next_wanted = self.player.next_due(now).is_some_and(&is_wanted);
            if !is_next_wanted || self.takes_no_time() || !self.arrive(now) {
                return Step::Done(());
            }
            if !is_kept {
                self.forget_before(self.log.end());
            }
        }
        Step::More
    }

    /// Forgets the events before a number, but for those of this very instant.
    pub(super) fn forget_before(&mut self, number: u64) {
        let instant = self.instant().unwrap_or(number);
        self.log.forget_before(number.min(instant));
    }

    /// Whether whole rounds of an endless recording take no time, so that there is no end of what is
    /// due at once. As where time does not pass, events arrive when they are asked for.
    fn takes_no_time(&mut self) -> bool {
        let Some(next) = self.player.peek() else { return false };
        if self.reached.0 != next.due {
            self.reached = (next.due, next.round);
        }
        self.player.state() == State::Playing && self.has_gone_round(self.reached.1)
    }

    /// Which round the next event belongs to.
    pub(super) fn round(&self) -> u64 {
        self.player.peek().map_or(0, |next| next.round)
    }

    /// Whether a whole round of an endless recording has arrived since an event of this one.
    pub(super) fn has_gone_round(&self, since: u64) -> bool {
        self.player.schedule().is_endless() && since + 1 < self.round()
    }

    /// Moves a clock that others move.
    pub(super) fn move_by(&mut self, span: Nanos) {
        self.move_to(self.moved + span.max(0));
    }

    /// Moves a clock that others move to the next event.
    pub(super) fn move_to_next(&mut self) {
        if let Some(next) = self.player.next_due(self.moved) {
            self.move_to(next);
        }
    }

    fn move_to(&mut self, time: WallTime) {
        if self.moved < time {
            self.moved = time;
            self.instant = self.log.end();
        }
    }

    /// The first event that arrived at this very instant. Only where time stands still is there more
    /// than one request in an instant; without waiting, all of the recording is one.
    pub(super) fn instant(&self) -> Option<u64> {
        let stands = self.clock != ClockKind::Wall && self.player.speed() != Speed::Max;
        stands.then_some(self.instant)
    }

    /// Changes how fast time passes.
    pub(super) fn set_speed(&mut self, speed: Speed, now: WallTime) {
        self.player.set_speed(speed, now);
        // What arrived without waiting may be forgotten.
        self.instant = self.log.end();
    }

    /// Goes on with a player that stands at another place.
    pub(super) fn go_on_with(&mut self, mut player: Player, now: WallTime) {
        self.jumped += player.position(now) - self.player.position(now);
        player.set_speed(self.player.speed(), now);
        if self.has_begun && self.player.state() != State::Paused {
            player.play(now);
        }
        self.player = player;
        self.reached = (ScheduleTime(-1), 0);
        self.instant = self.log.end();
    }
}
