//! The stand-in's queues: what each access key is handed out at an instant, and what it deletes.
//!
//! A pure structure: it is told the time and does no input or output but for reading the recording
//! and a file for what does not fit in memory. There is no timer. An event arrives when somebody
//! asks and it is due by then, so nothing is early, and nothing is read that nobody wants yet.

mod arrival;
mod batches;
mod log;
mod marks;
mod query;
mod queue;
mod status;

use std::{
    collections::{BTreeSet, HashMap},
    io,
    num::NonZeroU64,
};

use crate::{
    chance::Chance,
    input::Problem,
    player::{Due, Player, SeekError, SeekTo, State},
    restamp::{Leaving, Restamper},
    schedule::Schedule,
    speed::Speed,
    time::{Nanos, RecordingTime, ScheduleTime, WallTime},
};

pub use arrival::Arrival;
pub use batches::BatchId;
pub use log::Spill;
pub use query::Query;
pub use queue::QueueCounts;
pub use status::{QueueStatus, StandInStatus};

use arrival::Names;
use log::Log;
use queue::{KEPT, Queue, SUBSCRIBED};

/// How many events are looked at before others get their turn.
const SLICE: u32 = 4096;

/// The most access keys that can be subscribed where any is taken.
const MOST_KEYS: usize = 1000;

/// Which clock moves the time of a stand-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockKind {
    /// That of this machine.
    #[default]
    Wall,
    /// Whoever says so: time stands still in between.
    Manual,
    /// The consumers: when no event waits, time goes on to the next one.
    Consumer,
}

/// When time begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartOn {
    /// With the first Get request of any key.
    #[default]
    FirstPoll,
    /// When the last of the known keys has subscribed.
    EveryKey,
    /// At once.
    Launch,
}

/// How a stand-in behaves.
#[derive(Clone, Debug)]
pub struct StandInOptions {
    /// Which clock moves the time.
    pub clock: ClockKind,
    /// When time begins.
    pub start_on: StartOn,
    /// The access keys that are known; nothing if any is taken.
    pub keys: Option<BTreeSet<String>>,
    /// Whether events that have waited too long are removed, and keys that do not ask unsubscribed.
    pub retention: bool,
    /// How many bytes of waiting events are kept in memory; others wait in a file.
    pub memory: usize,
    /// The seed of the ids of batches.
    pub seed: u64,
}

impl Default for StandInOptions {
    fn default() -> Self {
        Self {
            clock: ClockKind::default(),
            start_on: StartOn::default(),
            keys: None,
            retention: true,
            memory: 64 << 20,
            seed: 0,
        }
    }
}

/// A piece of work that others may come in between.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// To be called again.
    More,
    /// It is done.
    Done(T),
}

/// Why a request is refused.
#[derive(Debug)]
pub enum Refusal {
    /// The access key is not known.
    UnknownKey,
    /// Too many access keys have subscribed.
    TooManyKeys,
    /// No batch with this id was handed out to this key.
    UnknownBatch,
    /// What waits could not be read again.
    Unreadable(io::Error),
}

/// A Get Events request under way.
#[derive(Debug)]
pub struct Get {
    query: Query,
    /// Nothing before this event is looked at again; nothing before the first look.
    next: Option<u64>,
    taken: Vec<Arrival>,
}

impl Get {
    /// A request that has not been looked at.
    pub fn new(query: Query) -> Self {
        Self { query, next: None, taken: Vec::new() }
    }
}

/// A batch that is handed out.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// Its events, the oldest first.
    pub events: Vec<Arrival>,
}

/// What a Delete Events request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The events of the batch with this id.
    Batch(String),
    /// The events with these ids.
    Events(Vec<String>),
}

/// Something that whoever runs the stand-in should hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A part of the recording cannot be read.
    Problem(Problem),
    /// A key has subscribed; its number, and its first letters.
    Subscribed(u64, String),
    /// A key is unsubscribed, because it did not ask for so long; its number, and the events that
    /// waited for it.
    Unsubscribed(u64, u64),
    /// Waiting events cannot be written to the file, and stay in memory.
    NotSpilled(String),
}

/// The queues of a stand-in.
#[derive(Debug)]
pub struct StandIn {
    player: Player,
    restamper: Restamper,
    options: StandInOptions,
    chance: Chance,
    log: Log,
    queues: HashMap<String, Queue>,
    /// How many keys have subscribed so far.
    subscribed: u64,
    /// Whether time has begun.
    has_begun: bool,
    /// The time of clocks other than that of the machine.
    moved: WallTime,
    /// The first event that arrived at this very instant, where time stands still.
    instant: u64,
    /// The time of the first event.
    first: RecordingTime,
    /// The time of the latest event that arrived.
    latest: RecordingTime,
    notes: Vec<Note>,
    /// The text of an event that arrives.
    text: Vec<u8>,
}

impl StandIn {
    /// The queues for a recording; `restamper` makes the texts that are handed out, and `spill` is
    /// for what does not fit in memory.
    pub fn new(
        schedule: Schedule,
        speed: Speed,
        restamper: Restamper,
        options: StandInOptions,
        spill: Box<dyn Spill>,
    ) -> Self {
        let mut player = Player::new(schedule, speed, WallTime::default());
        player.pause(WallTime::default());
        let first = player.peek().map_or(RecordingTime::default(), |next| next.event.time);
        let mut stand_in = Self {
            player,
            restamper,
            chance: Chance::new(options.seed).named(b"batch"),
            log: Log::new(options.memory, spill),
            queues: HashMap::new(),
            subscribed: 0,
            has_begun: false,
            moved: WallTime::default(),
            instant: 0,
            first,
            latest: first,
            notes: Vec::new(),
            text: Vec::new(),
            options,
        };
        let problems = stand_in.player.take_problems();
        stand_in.notes.extend(problems.into_iter().map(Note::Problem));
        if stand_in.options.start_on == StartOn::Launch {
            stand_in.begin(WallTime::default());
        }
        stand_in
    }

    /// What is to be told since the last call.
    pub fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// The time of the first event of the recording.
    pub fn first(&self) -> RecordingTime {
        self.first
    }

    /// The time in the recording.
    pub fn time(&self, wall: WallTime) -> RecordingTime {
        self.recording_now(self.now(wall))
    }

    /// The player: for looking, not for playing.
    pub fn player(&self) -> &Player {
        &self.player
    }

    /// How many times in events would have been in the future and were set to the present.
    pub fn held_back(&self) -> u64 {
        self.restamper.held_back()
    }

    /// Whether there are subscribers, and every one of them has deleted every event of the recording.
    pub fn is_drained(&self) -> bool {
        let end = self.log.end();
        self.player.state() == State::Ended
            && !self.queues.is_empty()
            && self.queues.values().all(|queue| queue.pending(end) == 0)
    }

    /// The instant of the clock that counts.
    fn now(&self, wall: WallTime) -> WallTime {
        match self.options.clock {
            ClockKind::Wall => wall,
            ClockKind::Manual | ClockKind::Consumer => self.moved,
        }
    }

    fn begin(&mut self, now: WallTime) {
        if !self.has_begun {
            self.has_begun = true;
            self.restamper.begin_at(now, self.first);
            self.player.play(now);
        }
    }

    /// The time in the recording, which goes on from round to round.
    fn recording_now(&self, now: WallTime) -> RecordingTime {
        let place = self.player.position(now);
        self.player.schedule().running_time(place).unwrap_or(self.latest)
    }

    /// What retention is measured by. Where time does not pass, nothing gets old.
    fn retention_now(&self, now: WallTime) -> Option<RecordingTime> {
        (self.options.retention && self.player.speed() != Speed::Max)
            .then(|| self.recording_now(now))
    }

    /// Lets the next event arrive, if it is due; false if none is.
    fn arrive(&mut self, now: WallTime) -> bool {
        let Some(due) = self.player.due(now) else { return false };
        let arrival = self.arrival(&due);
        self.latest = self.latest.max(arrival.time);
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
        let time = event.time + scheduled.moved + scheduled.effect.delayed;
        Arrival::new(self.log.end(), time, &mut self.text, names)
    }

    /// Lets all arrive that is due; to be called until it is done. Where time does not pass, all of
    /// the recording would be due, and events arrive when they are asked for.
    pub fn catch_up(&mut self, wall: WallTime) -> Step<()> {
        self.arrive_until(self.now(wall), |_| true)
    }

    /// Lets all arrive that is due and wanted, by when it is due.
    fn arrive_until(&mut self, now: WallTime, is_wanted: impl Fn(WallTime) -> bool) -> Step<()> {
        if self.player.speed() == Speed::Max && self.player.state() == State::Playing {
            return Step::Done(());
        }
        for _ in 0..SLICE {
            let is_next_wanted = self.player.next_due(now).is_some_and(&is_wanted);
            if !is_next_wanted || !self.arrive(now) {
                return Step::Done(());
            }
            if self.queues.is_empty() {
                self.forget();
            }
        }
        Step::More
    }

    /// Goes on with a Get Events request; to be called until it is done.
    ///
    /// # Errors
    ///
    /// If the request is refused.
    pub fn get(
        &mut self,
        key: &str,
        get: &mut Get,
        wall: WallTime,
    ) -> Result<Step<Batch>, Refusal> {
        self.check(key)?;
        if get.next.is_none() {
            self.unsubscribe_the_silent(self.now(wall));
            if !self.queues.contains_key(key) {
                return Ok(self.subscribe(key, wall));
            }
            self.let_time_pass();
        }
        let now = self.now(wall);
        let old = self.retention_now(now).map(|now| RecordingTime(now.0 - KEPT));
        let Some((key, mut queue)) = self.queues.remove_entry(key) else {
            // It was unsubscribed in between: it subscribes anew.
            *get = Get::new(get.query.clone());
            return Ok(Step::More);
        };
        let step = self.look(&mut queue, get, now, old);
        let step = step.map(|step| match step {
            Step::More => Step::More,
            Step::Done(()) => {
                let taken = std::mem::take(&mut get.taken);
                Step::Done(self.hand_out(&mut queue, taken, now, wall))
            }
        });
        self.queues.insert(key, queue);
        if let Ok(Step::Done(_)) = step {
            self.forget();
        }
        step.map_err(Refusal::Unreadable)
    }

    /// Looks for events that the request takes.
    fn look(
        &mut self,
        queue: &mut Queue,
        get: &mut Get,
        now: WallTime,
        old: Option<RecordingTime>,
    ) -> io::Result<Step<()>> {
        let mut next = match get.next {
            Some(next) => next,
            None => {
                if let Some(now) = self.retention_now(now) {
                    queue.expire_pulled(now);
                }
                queue.beginning(&get.query)
            }
        };
        for _ in 0..SLICE {
            next = queue.next(next);
            let is_enough = get.taken.len() == get.query.limit;
            if is_enough || self.log.end() <= next && !self.arrive(now) {
                // What others deleted meanwhile, or what arrived before a seek, is not there.
                get.taken.retain(|arrival| !queue.is_gone(arrival.number));
                let first = get.taken.first().map_or(next, |arrival| arrival.number);
                queue.begin_at(&get.query, first);
                return Ok(Step::Done(()));
            }
            let arrival = self.log.get(next)?;
            if old.is_some_and(|old| arrival.time <= old) {
                queue.expire(next);
            } else if get.query.takes(&arrival) {
                get.taken.push(arrival);
            }
            next += 1;
        }
        get.next = Some(next);
        Ok(Step::More)
    }

    fn hand_out(
        &mut self,
        queue: &mut Queue,
        events: Vec<Arrival>,
        now: WallTime,
        wall: WallTime,
    ) -> Batch {
        let chance = self.chance.of(queue.number).named(queue.key.as_bytes());
        let id = chance.of(queue.batches.count()).guid();
        let at = self.recording_now(now);
        let numbers: Vec<_> = events.iter().map(|event| event.number).collect();
        queue.hand_out(id, at, &numbers);
        queue.counts.gets += 1;
        queue.asked = (at, wall);
        Batch { id, events }
    }

    fn check(&self, key: &str) -> Result<(), Refusal> {
        match &self.options.keys {
            Some(keys) if !keys.contains(key) => Err(Refusal::UnknownKey),
            None if MOST_KEYS <= self.queues.len() && !self.queues.contains_key(key) => {
                Err(Refusal::TooManyKeys)
            }
            _ => Ok(()),
        }
    }

    /// The first Get of a key: no events, but from now on they are queued. Source: the page of Get
    /// Events. What is due at this very instant is queued too.
    fn subscribe(&mut self, key: &str, wall: WallTime) -> Step<Batch> {
        let now = self.now(wall);
        if self.arrive_until(now, |due| due < now) == Step::More {
            return Step::More;
        }
        self.subscribed += 1;
        let from = self.instant().unwrap_or(self.log.end());
        let mut queue = Queue::new(key.to_owned(), self.subscribed, from);
        self.notes.push(Note::Subscribed(self.subscribed, status::shown(key)));
        let batch = self.hand_out(&mut queue, Vec::new(), now, wall);
        self.queues.insert(key.to_owned(), queue);
        let are_all_here = match &self.options.keys {
            Some(keys) => keys.iter().all(|key| self.queues.contains_key(key)),
            None => false,
        };
        if self.options.start_on == StartOn::FirstPoll || are_all_here {
            self.begin(now);
        }
        Step::Done(batch)
    }

    /// With the clock of the consumers: if none of them has anything left, time goes on to the next
    /// event.
    fn let_time_pass(&mut self) {
        let now = self.moved;
        let end = self.log.end();
        if self.options.clock == ClockKind::Consumer
            && !self.queues.is_empty()
            && self.queues.values().all(|queue| queue.pending(end) == 0)
            && let Some(next) = self.player.next_due(now)
        {
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
    fn instant(&self) -> Option<u64> {
        let stands = self.options.clock != ClockKind::Wall && self.player.speed() != Speed::Max;
        stands.then_some(self.instant)
    }

    fn unsubscribe_the_silent(&mut self, now: WallTime) {
        // With the clock of the consumers, time passes only while they ask.
        if self.options.clock == ClockKind::Consumer {
            return;
        }
        let Some(recording) = self.retention_now(now) else { return };
        let end = self.log.end();
        self.queues.retain(|_, queue| {
            let is_silent = SUBSCRIBED <= recording - queue.asked.0;
            if is_silent {
                self.notes.push(Note::Unsubscribed(queue.number, queue.pending(end)));
            }
            !is_silent
        });
    }

    /// Forgets the events that wait for nobody.
    fn forget(&mut self) {
        let floors = self.queues.values().map(Queue::floor).chain(self.instant());
        self.log.forget_before(floors.min().unwrap_or(self.log.end()));
    }

    /// Deletes events from the queue of a key. Ids of events that were not handed out to it are
    /// ignored.
    ///
    /// # Errors
    ///
    /// If the request is refused.
    pub fn delete(&mut self, key: &str, deletion: &Deletion) -> Result<(), Refusal> {
        self.check(key)?;
        let Some(queue) = self.queues.get_mut(key) else {
            return match deletion {
                Deletion::Batch(_) => Err(Refusal::UnknownBatch),
                Deletion::Events(_) => Ok(()),
            };
        };
        match deletion {
            Deletion::Batch(id) => {
                let id: Result<BatchId, _> = id.to_ascii_lowercase().into_bytes().try_into();
                let is_known = id.is_ok_and(|id| queue.delete_batch(&id));
                if !is_known {
                    return Err(Refusal::UnknownBatch);
                }
            }
            Deletion::Events(ids) => {
                let ids: BTreeSet<_> = ids.iter().map(|id| id.to_lowercase()).collect();
                let mut found = Vec::new();
                for number in queue.outstanding(self.log.end()) {
                    let arrival = self.log.get(number).map_err(Refusal::Unreadable)?;
                    if arrival.id().is_some_and(|id| ids.contains(&id.to_lowercase())) {
                        found.push(number);
                    }
                }
                for number in found {
                    queue.delete(number);
                }
            }
        }
        queue.counts.deletes += 1;
        self.forget();
        Ok(())
    }

    // What is due must have arrived before any of the following is done, by `catch_up`: how time
    // passes from now on changes nothing about what was due before.

    /// Lets time stand still.
    pub fn pause(&mut self, wall: WallTime) {
        self.has_begun = true;
        self.player.pause(self.now(wall));
    }

    /// Lets time pass.
    pub fn resume(&mut self, wall: WallTime) {
        let now = self.now(wall);
        self.begin(now);
        self.player.play(now);
    }

    /// Lets the next events arrive, and time stand still.
    pub fn step(&mut self, events: NonZeroU64, wall: WallTime) {
        let now = self.now(wall);
        self.has_begun = true;
        self.player.step(events.get(), now);
    }

    /// Changes how fast time passes.
    pub fn set_speed(&mut self, speed: Speed, wall: WallTime) {
        self.player.set_speed(speed, self.now(wall));
    }

    /// Goes to another place in the recording. What waits stays; what is passed over does not arrive;
    /// what is gone back over arrives again.
    ///
    /// # Errors
    ///
    /// If there is no such place; then nothing has changed.
    pub fn seek(&mut self, to: &SeekTo, wall: WallTime) -> Result<(), SeekError> {
        let now = self.now(wall);
        let was_ended = self.player.state() == State::Ended;
        self.player.seek(to, now)?;
        if was_ended {
            self.player.play(now);
        }
        Ok(())
    }

    /// Goes so far forwards or backwards on the schedule.
    ///
    /// # Errors
    ///
    /// As [`StandIn::seek`].
    pub fn seek_by(&mut self, span: Nanos, wall: WallTime) -> Result<(), SeekError> {
        let to = self.player.position(self.now(wall)) + span;
        self.seek(&SeekTo::Schedule(to.max(ScheduleTime(0))), wall)
    }

    /// Moves the clock on; false if it is not one that others move.
    pub fn advance(&mut self, span: Nanos) -> bool {
        let is_manual = self.options.clock == ClockKind::Manual;
        if is_manual {
            self.move_to(self.moved + span.max(0));
        }
        is_manual
    }
}

#[cfg(test)]
mod tests;
