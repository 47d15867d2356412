//! How a stand-in stands: for the control API, the page and the report.

use serde::Serialize;

use super::{
    ClockKind, StandIn,
    feed::Feed,
    queue::{Queue, QueueCounts},
};
use crate::{fault::FaultCount, player::State, speed::Speed, time::WallTime};

/// How many letters of an access key are shown at most.
const SHOWN: usize = 8;

/// How a stand-in stands. Spans are in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StandInStatus {
    /// `waiting` until time begins, then `playing`, `paused` or `ended`.
    pub state: &'static str,
    /// Which clock moves the time.
    pub clock: ClockKind,
    /// How fast it passes: a factor, or `max`.
    pub speed: String,
    /// The place on the schedule.
    pub position_ns: i64,
    /// That place in the time of the recording.
    pub recording: Option<String>,
    /// The next event.
    pub next: Option<NextEvent>,
    /// Events that have arrived.
    pub arrived: u64,
    /// Events that were removed as too old, or with the keys that they waited for.
    pub lost: u64,
    /// Bytes of waiting events in memory.
    pub held_bytes: usize,
    /// Bytes of waiting events in the file.
    pub spilled_bytes: u64,
    /// How many events each fault of events touched.
    pub event_faults: Vec<FaultCount>,
    /// The queues, in the order in which their keys subscribed.
    pub subscribers: Vec<QueueStatus>,
}

/// The next event of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NextEvent {
    /// Its place on the schedule.
    pub position_ns: i64,
    /// Its time in the recording.
    pub recording: String,
}

/// How the queue of an access key stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueStatus {
    /// Its number among all that subscribed, from 1.
    pub number: u64,
    /// Some letters of the key.
    pub key: String,
    /// What became of its events.
    #[serde(flatten)]
    pub counts: QueueCounts,
    /// Events that have arrived and wait.
    pub pending: u64,
    /// The time of the oldest of them.
    pub oldest: Option<String>,
    /// How long that waits, on the schedule.
    pub oldest_age_ns: Option<i64>,
    /// When the key asked last, on the clock since the start.
    pub last_get_ns: i64,
}

impl StandIn {
    /// How it stands. Events that are due and were not looked for are not counted: see
    /// [`StandIn::catch_up`].
    pub fn status(&mut self, wall: WallTime) -> StandInStatus {
        let Feed { player, log, .. } = &self.feed;
        let position = self.position(wall);
        let state = match player.state() {
            State::Ended => "ended",
            _ if !self.feed.has_begun() && !self.is_held => "waiting",
            State::Playing => "playing",
            State::Paused => "paused",
        };
        let recording = player.schedule().recording_of(position);
        let next = player.peek().map(|next| NextEvent {
            position_ns: narrow(next.due.0),
            recording: next.event.time.to_string(),
        });
        let (held_bytes, spilled_bytes) = log.held();
        StandInStatus {
            state,
            clock: self.options.clock,
            speed: factor(player.speed()),
            position_ns: narrow(position.0),
            recording: recording.map(|time| time.to_string()),
            next,
            arrived: log.end(),
            lost: self.lost,
            held_bytes,
            spilled_bytes,
            event_faults: player.schedule().fault_counts(),
            subscribers: self.subscribers(wall),
        }
    }

    fn subscribers(&mut self, wall: WallTime) -> Vec<QueueStatus> {
        let passed = self.feed.passed(self.feed.now(wall));
        let log = &mut self.feed.log;
        let status = |queue: &Queue| {
            let floor = queue.floor();
            let oldest = if floor < log.end() { log.get(floor).ok() } else { None };
            QueueStatus {
                number: queue.number,
                key: shown(&queue.key),
                counts: queue.counts,
                pending: queue.pending(log.end()),
                oldest: oldest.as_ref().map(|arrival| arrival.time.to_string()),
                oldest_age_ns: oldest.map(|arrival| narrow((passed - arrival.passed).max(0))),
                last_get_ns: narrow(queue.asked.1.0),
            }
        };
        let mut subscribers: Vec<_> = self.queues.values().map(status).collect();
        subscribers.sort_by_key(|queue| queue.number);
        subscribers
    }
}

/// A speed as arguments take it, without the sign for times.
fn factor(speed: Speed) -> String {
    match speed {
        Speed::Times(ratio) => ratio.to_string().trim_end_matches('x').to_owned(),
        Speed::Max => speed.to_string(),
    }
}

/// An access key is a secret: some of its letters are enough to know it again, and never more than
/// half.
pub(super) fn shown(key: &str) -> String {
    let letters = SHOWN.min(key.chars().count() / 2);
    key.chars().take(letters).chain(['\u{2026}']).collect()
}

fn narrow(nanos: i128) -> i64 {
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}
