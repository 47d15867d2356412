//! The batches that were handed out, so that they can be deleted by their ids.

use std::collections::{HashMap, VecDeque};

use crate::time::Nanos;

/// The id of a batch: a GUID in lower case.
pub type BatchId = [u8; 36];

/// How many runs of events the known batches of a key may have in all. A batch without a filter is
/// one run; one that a filter was used for may be as many as it has events.
const MOST_RUNS: usize = 20_000;

/// Batches that were handed out, as long as they are known.
#[derive(Debug, Default)]
pub(super) struct Batches {
    known: VecDeque<Issued>,
    /// The number of the first known one.
    first: u64,
    numbers: HashMap<BatchId, u64>,
    runs: usize,
    /// How many were looked through for [`Batches::pulled_before`].
    expired: u64,
}

/// A batch that was handed out.
#[derive(Debug)]
struct Issued {
    id: BatchId,
    /// When: how much of the schedule had passed.
    at: Nanos,
    /// First numbers and lengths of runs of events.
    runs: Box<[(u64, u32)]>,
}

impl Issued {
    fn events(&self) -> impl Iterator<Item = u64> {
        self.runs.iter().flat_map(|(first, length)| *first..first + u64::from(*length))
    }

    /// What it counts for: an empty one takes memory too.
    fn weight(&self) -> usize {
        self.runs.len().max(1)
    }
}

impl Batches {
    /// How many batches there were before the next one.
    pub(super) fn count(&self) -> u64 {
        self.first + self.known.len() as u64
    }

    /// Notes a batch of events in ascending order. If too many are known, the oldest is forgotten.
    pub(super) fn note(&mut self, id: BatchId, at: Nanos, events: impl Iterator<Item = u64>) {
        let mut runs: Vec<(u64, u32)> = Vec::new();
        for event in events {
            match runs.last_mut() {
                Some((first, length)) if *first + u64::from(*length) == event => *length += 1,
                _ => runs.push((event, 1)),
            }
        }
        self.numbers.insert(id, self.count());
        let issued = Issued { id, at, runs: runs.into() };
        self.runs += issued.weight();
        self.known.push_back(issued);
        while MOST_RUNS < self.runs
            && let Some(oldest) = self.known.pop_front()
        {
            self.runs -= oldest.weight();
            self.numbers.remove(&oldest.id);
            self.first += 1;
        }
    }

    /// The events of a batch; nothing if it is not known.
    pub(super) fn events(&self, id: &BatchId) -> Option<impl Iterator<Item = u64>> {
        let index = usize::try_from(self.numbers.get(id)? - self.first).ok()?;
        Some(self.known[index].events())
    }

    /// The events of batches from before a time, each batch once.
    pub(super) fn pulled_before(&mut self, time: Nanos) -> Vec<u64> {
        let mut events = Vec::new();
        let done = usize::try_from(self.expired.saturating_sub(self.first)).unwrap_or(usize::MAX);
        for batch in self.known.iter().skip(done).take_while(|batch| batch.at <= time) {
            events.extend(batch.events());
            self.expired = self.expired.max(self.first) + 1;
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> BatchId {
        crate::chance::Chance::new(number).guid()
    }

    fn of(batches: &Batches, number: u64) -> Option<Vec<u64>> {
        batches.events(&id(number)).map(Iterator::collect)
    }

    #[test]
    fn a_batch_has_the_events_that_it_was_noted_with() {
        let mut batches = Batches::default();
        for (number, events) in [&[][..], &[3, 4, 5], &[1, 7, 8, 20]].into_iter().enumerate() {
            batches.note(id(number as u64), 0, events.iter().copied());
            assert_eq!(of(&batches, number as u64).as_deref(), Some(events));
        }
        assert_eq!((batches.count(), of(&batches, 9)), (3, None));
    }

    #[test]
    fn old_batches_are_forgotten_before_memory_grows() {
        let mut batches = Batches::default();
        let most = MOST_RUNS as u64;
        (0..most + 5).for_each(|it| batches.note(id(it), 0, std::iter::empty()));
        assert_eq!((of(&batches, 4), of(&batches, 5)), (None, Some(vec![])));
        assert_eq!((batches.count(), batches.known.len()), (most + 5, MOST_RUNS));
    }

    #[test]
    fn each_batch_is_told_once_when_its_time_is_over() {
        let mut batches = Batches::default();
        for number in 0..5 {
            batches.note(id(number), i128::from(number) * 10, [number].into_iter());
        }
        assert_eq!(batches.pulled_before(20), [0, 1, 2]);
        assert_eq!(batches.pulled_before(20), [0; 0]);
        assert_eq!(batches.pulled_before(99), [3, 4]);
    }
}
