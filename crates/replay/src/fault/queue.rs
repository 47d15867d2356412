//! Events that are held back, the soonest first.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::faulty::Held;

/// Events that are held back, each until its key has come.
#[derive(Debug)]
pub(super) struct Queue<K> {
    heap: BinaryHeap<Reverse<Entry<K>>>,
    bytes: usize,
}

/// Ordered by its key, then by its place in the recording.
#[derive(Debug)]
struct Entry<K> {
    key: K,
    held: Held,
}

impl<K: Ord> Entry<K> {
    fn order(&self) -> (&K, u64, u64, u32) {
        let scheduled = &self.held.scheduled;
        (&self.key, scheduled.round, scheduled.index, scheduled.effect.copy)
    }

    fn size(&self) -> usize {
        size_of::<Self>() - size_of_val(&self.held.scheduled.event)
            + self.held.scheduled.event.size()
    }
}

impl<K: Ord> PartialEq for Entry<K> {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl<K: Ord> Eq for Entry<K> {}

impl<K: Ord> PartialOrd for Entry<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord> Ord for Entry<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl<K: Ord> Default for Queue<K> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), bytes: 0 }
    }
}

impl<K: Ord> Queue<K> {
    pub(super) fn push(&mut self, key: K, held: Held) {
        let entry = Entry { key, held };
        self.bytes += entry.size();
        self.heap.push(Reverse(entry));
    }

    /// The first one, if its key is as wanted.
    pub(super) fn pop_if(&mut self, is_wanted: impl Fn(&K) -> bool) -> Option<(K, Held)> {
        self.heap.peek().filter(|entry| is_wanted(&entry.0.key))?;
        let Reverse(entry) = self.heap.pop()?;
        self.bytes -= entry.size();
        Some((entry.key, entry.held))
    }

    pub(super) fn pop(&mut self) -> Option<(K, Held)> {
        self.pop_if(|_| true)
    }

    /// How many bytes of memory the events take, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
