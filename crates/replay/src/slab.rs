//! The texts of events that were read together, in one piece of memory.

use std::sync::Arc;

use crate::event::{Event, Head, Stamp};

/// Texts, one after the other, and the instants in them.
#[derive(Debug, Default)]
pub(crate) struct Slab {
    pub(crate) text: Vec<u8>,
    pub(crate) stamps: Vec<Stamp>,
}

impl Slab {
    /// Adds a text; gives where it begins.
    pub(crate) fn add(&mut self, text: &[u8]) -> usize {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        start
    }
}

/// Events of one slab that are still to come.
#[derive(Debug)]
pub(crate) struct Block {
    slab: Arc<Slab>,
    heads: Vec<Head>,
    next: usize,
}

impl Block {
    pub(crate) fn new(slab: Arc<Slab>, heads: Vec<Head>) -> Self {
        Self { slab, heads, next: 0 }
    }

    pub(crate) fn peek(&self) -> Option<&Head> {
        self.heads.get(self.next)
    }

    pub(crate) fn pop(&mut self) -> Option<Event> {
        let head = *self.heads.get(self.next)?;
        self.next += 1;
        Some(Event::new(head, Arc::clone(&self.slab)))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.next == self.heads.len()
    }
}
