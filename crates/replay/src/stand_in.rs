//! The stand-in's queues: what each access key is handed out at an instant, and what it deletes.
//!
//! A pure structure: it is told the time and does no input or output but for reading the recording
//! and a file for what does not fit in memory. There is no timer. An event arrives when somebody
//! asks and it is due by then, so nothing is early, and nothing is read that nobody wants yet.

mod arrival;
mod batches;
mod feed;
mod log;
mod marks;
mod query;
mod queue;
mod status;

use std::{
    collections::{BTreeSet, HashMap},
    fmt, io,
    num::NonZeroU64,
};

use crate::{
    chance::Chance,
    input::Problem,
    player::{Player, SeekError, SeekTo, State},
    restamp::Restamper,
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

use feed::Feed;
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
#[derive(Clone)]
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

impl fmt::Debug for StandInOptions {
    /// Without the keys, which are secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StandInOptions")
            .field("clock", &self.clock)
            .field("start_on", &self.start_on)
            .finish_non_exhaustive()
    }
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
    /// In which round the first look was.
    round: u64,
    taken: Vec<Arrival>,
}

impl Get {
    /// A request that has not been looked at.
    pub fn new(query: Query) -> Self {
        Self { query, next: None, round: 0, taken: Vec::new() }
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
pub struct StandIn {
    options: StandInOptions,
    chance: Chance,
    feed: Feed,
    queues: HashMap<String, Queue>,
    /// How many keys have subscribed so far.
    subscribed: u64,
    /// Somebody took control before time began: it begins when they say so.
    is_held: bool,
    /// How many events were taken from queues before they were deleted.
    lost: u64,
}

impl fmt::Debug for StandIn {
    /// Without the keys, which are secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StandIn")
            .field("options", &self.options)
            .field("feed", &self.feed)
            .field("subscribed", &self.subscribed)
            .finish_non_exhaustive()
    }
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
        let log = Log::new(options.memory, spill);
        let mut stand_in = Self {
            chance: Chance::new(options.seed).named(b"batch"),
            feed: Feed::new(player, restamper, options.clock, log),
            queues: HashMap::new(),
            subscribed: 0,
            is_held: false,
            lost: 0,
            options,
        };
        if stand_in.options.start_on == StartOn::Launch {
            stand_in.resume(WallTime::default());
        }
        stand_in
    }

    /// What is to be told since the last call.
    pub fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.feed.notes)
    }

    /// The time of the first event of the recording.
    pub fn first(&self) -> RecordingTime {
        self.feed.first()
    }

    /// The time in the recording, as far as it has been read: see [`StandIn::catch_up`].
    pub fn time(&self, wall: WallTime) -> RecordingTime {
        self.feed.recording(self.feed.now(wall))
    }

    /// The place on the schedule.
    pub fn position(&self, wall: WallTime) -> ScheduleTime {
        self.feed.player.position(self.feed.now(wall))
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        self.feed.player.schedule()
    }

    /// How many times in events would have been in the future and were set to the present.
    pub fn held_back(&self) -> u64 {
        self.feed.restamper.held_back()
    }

    /// How many events were removed as too old, or with the keys that they waited for.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Whether there are subscribers, the recording has ended, and nothing waits.
    pub fn is_over(&self) -> bool {
        let end = self.feed.log.end();
        self.feed.player.state() == State::Ended
            && !self.queues.is_empty()
            && self.queues.values().all(|queue| queue.pending(end) == 0)
    }

    /// Whether there are subscribers, and every one of them has deleted every event of the recording.
    pub fn is_drained(&self) -> bool {
        self.is_over() && self.lost == 0
    }

    /// What retention is measured by: how much of the schedule has passed. Where time does not pass,
    /// nothing gets old.
    fn retention_now(&self, now: WallTime) -> Option<Nanos> {
        let is_on = self.options.retention && self.feed.player.speed() != Speed::Max;
        is_on.then(|| self.feed.passed(now))
    }

    /// Lets all arrive that is due; to be called until it is done. Where time does not pass, all of
    /// the recording would be due, and events arrive when they are asked for.
    pub fn catch_up(&mut self, wall: WallTime) -> Step<()> {
        let is_kept = !self.queues.is_empty();
        self.feed.arrive_until(self.feed.now(wall), is_kept, |_| true)
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
            if self.unsubscribe_the_silent(wall) == Step::More {
                return Ok(Step::More);
            }
            if !self.queues.contains_key(key) {
                return Ok(self.subscribe(key, wall));
            }
            self.let_time_pass();
        }
        let now = self.feed.now(wall);
        let retention = self.retention_now(now);
        let Some(queue) = self.queues.get_mut(key) else {
            // It was unsubscribed in between: it subscribes anew.
            *get = Get::new(get.query.clone());
            return Ok(Step::More);
        };
        let expired = queue.counts.expired;
        let step = look(&mut self.feed, queue, get, now, retention);
        self.lost += queue.counts.expired - expired;
        if step.map_err(Refusal::Unreadable)? == Step::More {
            return Ok(Step::More);
        }
        let batch =
            hand_out(self.chance, queue, std::mem::take(&mut get.taken), self.feed.passed(now));
        queue.idle = batch.events.is_empty().then_some(self.feed.log.end());
        queue.asked = (self.feed.passed(now), wall);
        self.forget();
        Ok(Step::Done(batch))
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
        let now = self.feed.now(wall);
        let is_kept = !self.queues.is_empty();
        if self.feed.arrive_until(now, is_kept, |due| due < now) == Step::More {
            return Step::More;
        }
        self.subscribed += 1;
        let from = self.feed.instant().unwrap_or(self.feed.log.end());
        let mut queue = Queue::new(key.to_owned(), self.subscribed, from);
        self.feed.notes.push(Note::Subscribed(self.subscribed, status::shown(key)));
        let passed = self.feed.passed(now);
        let batch = hand_out(self.chance, &mut queue, Vec::new(), passed);
        queue.asked = (passed, wall);
        self.queues.insert(key.to_owned(), queue);
        let are_all_here = match &self.options.keys {
            Some(keys) => keys.iter().all(|key| self.queues.contains_key(key)),
            None => false,
        };
        let is_awaited = self.options.start_on == StartOn::FirstPoll || are_all_here;
        if is_awaited && !self.is_held && !self.feed.has_begun() {
            self.resume(wall);
        }
        Step::Done(batch)
    }

    /// With the clock of the consumers: if none of them has anything to do, time goes on to the next
    /// event.
    fn let_time_pass(&mut self) {
        let end = self.feed.log.end();
        if self.options.clock == ClockKind::Consumer
            && self.queues.values().all(|queue| queue.is_idle(end))
        {
            self.feed.move_to_next();
        }
    }

    fn unsubscribe_the_silent(&mut self, wall: WallTime) -> Step<()> {
        // With the clock of the consumers, time passes only while they ask.
        let retention = self.retention_now(self.feed.now(wall));
        let Some(passed) = retention.filter(|_| self.options.clock != ClockKind::Consumer) else {
            return Step::Done(());
        };
        let is_silent = |queue: &Queue| SUBSCRIBED <= passed - queue.asked.0;
        // What waited for them is counted, also what nobody has asked for.
        if self.queues.values().any(is_silent) && self.catch_up(wall) == Step::More {
            return Step::More;
        }
        let end = self.feed.log.end();
        for (_, queue) in self.queues.extract_if(|_, queue| is_silent(queue)) {
            self.lost += queue.pending(end);
            self.feed.notes.push(Note::Unsubscribed(queue.number, queue.pending(end)));
        }
        Step::Done(())
    }

    /// Forgets the events that wait for nobody.
    fn forget(&mut self) {
        let floor = self.queues.values().map(Queue::floor).min();
        self.feed.forget_before(floor.unwrap_or(self.feed.log.end()));
    }

    /// Deletes events from the queue of a key. Ids of events that were not handed out to it are
    /// ignored.
    ///
    /// # Errors
    ///
    /// If the request is refused.
    pub fn delete(&mut self, key: &str, deletion: &Deletion) -> Result<(), Refusal> {
        self.check_deletion(key, deletion)?;
        let Some(queue) = self.queues.get_mut(key) else { return Ok(()) };
        match deletion {
            Deletion::Batch(id) => {
                if let Some(id) = batch_id(id) {
                    queue.delete_batch(&id);
                }
            }
            Deletion::Events(ids) => {
                let ids: BTreeSet<_> = ids.iter().map(|id| id.to_lowercase()).collect();
                let mut found = Vec::new();
                for number in queue.outstanding(self.feed.log.end()) {
                    let arrival = self.feed.log.get(number).map_err(Refusal::Unreadable)?;
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

    /// Whether a deletion would be done.
    ///
    /// # Errors
    ///
    /// If it would be refused.
    pub fn check_deletion(&self, key: &str, deletion: &Deletion) -> Result<(), Refusal> {
        self.check(key)?;
        let Deletion::Batch(id) = deletion else { return Ok(()) };
        let queue = self.queues.get(key).ok_or(Refusal::UnknownBatch)?;
        let is_known = batch_id(id).is_some_and(|id| queue.knows(&id));
        if is_known { Ok(()) } else { Err(Refusal::UnknownBatch) }
    }

    // What is due must have arrived before any of the following is done, by `catch_up`: how time
    // passes from now on changes nothing about what was due before.

    /// Lets time stand still.
    pub fn pause(&mut self, wall: WallTime) {
        self.is_held = true;
        self.feed.player.pause(self.feed.now(wall));
    }

    /// Lets time pass.
    pub fn resume(&mut self, wall: WallTime) {
        let now = self.feed.now(wall);
        self.feed.begin(now);
        self.feed.player.play(now);
    }

    /// Lets the next events arrive, and time stand still.
    pub fn step(&mut self, events: NonZeroU64, wall: WallTime) {
        let now = self.feed.now(wall);
        self.feed.begin(now);
        self.feed.player.step(events.get(), now);
    }

    /// Changes how fast time passes.
    pub fn set_speed(&mut self, speed: Speed, wall: WallTime) {
        self.feed.set_speed(speed, self.feed.now(wall));
    }

    /// Goes on at the place that was found by [`search`]. What waits stays, and gets no older by it;
    /// what is passed over does not arrive; what is gone back over arrives again.
    pub fn go_to(&mut self, found: Player, wall: WallTime) {
        self.feed.go_on_with(found, self.feed.now(wall));
    }

    /// Moves the clock on; false if it is not one that others move.
    pub fn advance(&mut self, span: Nanos) -> bool {
        let is_manual = self.options.clock == ClockKind::Manual;
        if is_manual {
            self.feed.move_by(span);
        }
        is_manual
    }
}

/// Finds a place in a recording that is read for this alone: it may take long, and others go on
/// meanwhile.
///
/// # Errors
///
/// If there is no such place.
pub fn search(schedule: Schedule, to: &SeekTo) -> Result<Player, SeekError> {
    let start = WallTime::default();
    let mut player = Player::new(schedule, Speed::default(), start);
    player.pause(start);
    player.seek(to, start)?;
    // They were told, or will be, when the recording was read to be played.
    player.take_problems();
    Ok(player)
}

/// Looks for events that a request takes.
fn look(
    feed: &mut Feed,
    queue: &mut Queue,
    get: &mut Get,
    now: WallTime,
    retention: Option<Nanos>,
) -> io::Result<Step<()>> {
    let old = retention.map(|passed| passed - KEPT);
    let mut next = match get.next {
        Some(next) => next,
        None => {
            if let Some(passed) = retention {
                queue.expire_pulled(passed);
            }
            if let Some(old) = old
                && expire(feed, queue, old)? == Step::More
            {
                return Ok(Step::More);
            }
            get.round = feed.round();
            queue.beginning(&get.query)
        }
    };
    for _ in 0..SLICE {
        next = queue.next(next);
        let is_enough = get.taken.len() == get.query.limit;
        if is_enough || feed.log.end() <= next && !arrive_for(feed, get, now) {
            // What others deleted meanwhile is not there.
            get.taken.retain(|arrival| !queue.is_gone(arrival.number));
            let first = get.taken.first().map_or(next, |arrival| arrival.number);
            queue.begin_at(&get.query, first);
            return Ok(Step::Done(()));
        }
        let arrival = feed.log.get(next)?;
        if old.is_some_and(|old| arrival.passed <= old) {
            queue.expire(next);
        } else if get.query.takes(&arrival) {
            get.taken.push(arrival);
        }
        next += 1;
    }
    get.next = Some(next);
    Ok(Step::More)
}

/// Removes what has waited too long, the oldest first, also what no request asks for.
fn expire(feed: &mut Feed, queue: &mut Queue, old: Nanos) -> io::Result<Step<()>> {
    for _ in 0..SLICE {
        let oldest = queue.floor();
        if feed.log.end() <= oldest || old < feed.log.get(oldest)?.passed {
            return Ok(Step::Done(()));
        }
        queue.expire(oldest);
    }
    Ok(Step::More)
}

/// Lets the next event arrive for a request, if it is due; false if none is, or if nothing of the
/// recording is what the request takes.
fn arrive_for(feed: &mut Feed, get: &Get, now: WallTime) -> bool {
    let is_in_vain = get.taken.is_empty() && feed.has_gone_round(get.round);
    !is_in_vain && feed.arrive(now)
}

fn hand_out(chance: Chance, queue: &mut Queue, events: Vec<Arrival>, passed: Nanos) -> Batch {
    let chance = chance.of(queue.number).named(queue.key.as_bytes());
    let id = chance.of(queue.batches.count()).guid();
    let numbers: Vec<_> = events.iter().map(|event| event.number).collect();
    queue.hand_out(id, passed, &numbers);
    queue.counts.gets += 1;
    Batch { id, events }
}

/// The id of a batch as it is handed out, of one that may be written otherwise.
fn batch_id(text: &str) -> Option<BatchId> {
    text.to_ascii_lowercase().into_bytes().try_into().ok()
}

#[cfg(test)]
mod tests;
