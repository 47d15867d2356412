//! The queue of one access key: which events wait for it.

use std::{collections::VecDeque, fmt};

use super::{
    batches::{BatchId, Batches},
    marks::Marks,
    query::Query,
};
use crate::time::{Nanos, SECOND, WallTime};

const DAY: Nanos = 24 * 60 * 60 * SECOND;

/// An event is removed so long after it arrived. Source: the FAQ.
pub(super) const KEPT: Nanos = 14 * DAY;

/// An event is removed so long after it was handed out for the first time. Source: the FAQ.
pub(super) const KEPT_ONCE_PULLED: Nanos = 4 * DAY;

/// A key is unsubscribed so long after its last request. Source: the page of Get Events.
pub(super) const SUBSCRIBED: Nanos = 30 * DAY;

/// For how many different queries it is known where to begin.
const MOST_BEGINNINGS: usize = 16;

/// What became of the events of a queue, in numbers of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct QueueCounts {
    /// Get requests that were answered.
    pub gets: u64,
    /// Delete requests that were answered.
    pub deletes: u64,
    /// Events that were handed out, also again.
    pub delivered: u64,
    /// Those of them that had been handed out before.
    pub again: u64,
    /// Events that were deleted by requests.
    pub deleted: u64,
    /// Events that were removed because they had waited too long.
    pub expired: u64,
}

/// The queue of one access key.
pub(super) struct Queue {
    pub(super) key: String,
    /// Its number among all that subscribed, from 1.
    pub(super) number: u64,
    pub(super) counts: QueueCounts,
    /// When the last Get came: how much of the schedule had passed, and the time on the clock.
    pub(super) asked: (Nanos, WallTime),
    /// The next event to arrive when the last Get found nothing that it wanted.
    pub(super) idle: Option<u64>,
    pub(super) batches: Batches,
    /// Events that do not wait: those from before it subscribed, deleted and expired ones.
    gone: Marks,
    /// Events that were handed out.
    handed_out: Marks,
    /// Before which event none waits that a query takes.
    beginnings: VecDeque<(Query, u64)>,
}

impl fmt::Debug for Queue {
    /// Without its key, which is a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Queue").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Queue {
    /// A queue for the events from a number on.
    pub(super) fn new(key: String, number: u64, from: u64) -> Self {
        Self {
            key,
            number,
            counts: QueueCounts::default(),
            asked: (0, WallTime::default()),
            idle: None,
            batches: Batches::default(),
            gone: Marks::below(from),
            handed_out: Marks::below(from),
            beginnings: VecDeque::new(),
        }
    }

    /// The first event that waits, or the next one to arrive.
    pub(super) fn floor(&self) -> u64 {
        self.gone.floor()
    }

    /// How many of the events that have arrived wait.
    pub(super) fn pending(&self, end: u64) -> u64 {
        end - self.gone.len()
    }

    /// The first event from a number on that is not gone.
    pub(super) fn next(&self, from: u64) -> u64 {
        self.gone.next_absent(from)
    }

    pub(super) fn is_gone(&self, number: u64) -> bool {
        self.gone.has(number)
    }

    /// Where to look for the first event that a query takes.
    pub(super) fn beginning(&self, query: &Query) -> u64 {
        let known = self.beginnings.iter().find(|(known, _)| known.is_alike(query));
        known.map_or(0, |(_, begin)| *begin).max(self.floor())
    }

    /// Notes that before this event none waits that a query takes.
    pub(super) fn begin_at(&mut self, query: &Query, number: u64) {
        if query.is_open() {
            return;
        }
        self.beginnings.retain(|(known, _)| !known.is_alike(query));
        if self.beginnings.len() == MOST_BEGINNINGS {
            self.beginnings.pop_front();
        }
        self.beginnings.push_back((query.clone(), number));
    }

    /// Notes that these events, in ascending order, are handed out as a batch.
    pub(super) fn hand_out(&mut self, id: BatchId, at: Nanos, events: &[u64]) {
        for &number in events {
            self.counts.delivered += 1;
            self.counts.again += u64::from(!self.handed_out.add(number));
        }
        self.batches.note(id, at, events.iter().copied());
    }

    /// The events that were handed out and still wait.
    pub(super) fn outstanding(&self, end: u64) -> impl Iterator<Item = u64> {
        let next = move |from| Some(self.next(from)).filter(|number| *number < end);
        std::iter::successors(next(self.floor()), move |number| next(number + 1))
            .filter(|number| self.handed_out.has(*number))
    }

    /// Deletes an event, because a request asks for it.
    pub(super) fn delete(&mut self, number: u64) {
        self.counts.deleted += u64::from(self.remove(number));
    }

    /// Removes an event, because it has waited too long.
    pub(super) fn expire(&mut self, number: u64) {
        self.counts.expired += u64::from(self.remove(number));
    }

    fn remove(&mut self, number: u64) -> bool {
        // What is gone counts as handed out, so that both sets drop the same words.
        self.handed_out.add(number);
        self.gone.add(number)
    }

    /// Removes what was handed out so long ago that it is not kept.
    pub(super) fn expire_pulled(&mut self, now: Nanos) {
        for number in self.batches.pulled_before(now - KEPT_ONCE_PULLED) {
            self.expire(number);
        }
    }

    /// Whether a batch with this id was handed out to it, as far as is known.
    pub(super) fn knows(&self, id: &BatchId) -> bool {
        self.batches.events(id).is_some()
    }

    /// Whether it has nothing to do: nothing waits, or nothing that its last Get wanted.
    pub(super) fn is_idle(&self, end: u64) -> bool {
        self.pending(end) == 0 || self.idle == Some(end)
    }

    /// Deletes the events of a batch; false if there is none with this id.
    pub(super) fn delete_batch(&mut self, id: &BatchId) -> bool {
        let Some(events) = self.batches.events(id) else { return false };
        for number in events.collect::<Vec<_>>() {
            self.delete(number);
        }
        true
    }
}
