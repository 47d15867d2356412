//! How a stand-in stands: for the control API, the page and the report.

use serde::Serialize;

use super::{ClockKind, StandIn, queue::QueueCounts};
use crate::{
    fault::FaultCount,
    player::State,
    speed::Speed,
    time::{RecordingTime, WallTime},
};

/// How many letters of an access key are shown.
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
    /// The first letters of the key.
    pub key: String,
    /// What became of its events.
    #[serde(flatten)]
    pub counts: QueueCounts,
    /// Events that have arrived and wait.
    pub pending: u64,
    /// The time of the oldest of them.
    pub oldest: Option<String>,
    /// How long that waits, in recording time.
    pub oldest_age_ns: Option<i64>,
    /// When the key asked last, on the clock since the start.
    pub last_get_ns: i64,
}

impl StandIn {
    /// How it stands. Events that are due and were not looked for are not counted: see
    /// [`StandIn::catch_up`].
    pub fn status(&mut self, wall: WallTime) -> StandInStatus {
        let now = self.now(wall);
        let position = self.player.position(now);
        let state = match self.player.state() {
            State::Ended => "ended",
            _ if !self.has_begun => "waiting",
            State::Playing => "playing",
            State::Paused => "paused",
        };
        let schedule = self.player.schedule();
        let recording = schedule.time_map().recording_of(position).map(|time| time.to_string());
        let next = self.player.peek().map(|next| NextEvent {
            position_ns: narrow(next.due.0),
            recording: next.event.time.to_string(),
        });
        let (held_bytes, spilled_bytes) = self.log.held();
        StandInStatus {
            state,
            clock: self.options.clock,
            speed: factor(self.player.speed()),
            position_ns: narrow(position.0),
            recording,
            next,
            arrived: self.log.end(),
            held_bytes,
            spilled_bytes,
            event_faults: schedule.fault_counts(),
            subscribers: self.subscribers(now),
        }
    }

    fn subscribers(&mut self, now: WallTime) -> Vec<QueueStatus> {
        let recording = self.recording_now(now);
        let end = self.log.end();
        let log = &mut self.log;
        let mut subscribers: Vec<_> = self
            .queues
            .values()
            .map(|queue| {
                let floor = queue.floor();
                let oldest = if floor < end { log.get(floor).ok() } else { None };
                let oldest = oldest.map(|arrival| arrival.time);
                QueueStatus {
                    number: queue.number,
                    key: shown(&queue.key),
                    counts: queue.counts,
                    pending: queue.pending(end),
                    oldest: oldest.map(|time| time.to_string()),
                    oldest_age_ns: oldest.map(|time| narrow(age(time, recording))),
                    last_get_ns: narrow(queue.asked.1.0),
                }
            })
            .collect();
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

fn age(time: RecordingTime, now: RecordingTime) -> i128 {
    (now - time).max(0)
}

/// An access key is a secret: its first letters are enough to know it again.
pub(super) fn shown(key: &str) -> String {
    let letters: String = key.chars().take(SHOWN).collect();
    if letters.len() == key.len() { letters } else { letters + "…" }
}

fn narrow(nanos: i128) -> i64 {
    i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}
