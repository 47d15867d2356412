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

    /// The same with no more memory than about twice what its events need: others of their slab may
    /// have been taken out.
    pub(crate) fn condensed(mut self) -> Self {
        let needed: usize = self.heads.iter().map(Head::length).sum();
        if needed < self.slab.text.len() / 2 {
            let mut slab = Slab::default();
            self.heads.iter_mut().for_each(|head| head.move_to(&mut slab, &self.slab));
            self.heads.shrink_to_fit();
            self.slab = Arc::new(slab);
        }
        self
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

#[cfg(test)]
mod tests {
    use contrail_model::Tree;

    use super::*;
    use crate::{input::ReadOptions, recorded};

    #[test]
    fn a_block_of_few_events_does_not_keep_the_memory_of_the_others() {
        let options = ReadOptions { with_stamps: true, ..ReadOptions::default() };
        let (mut slab, mut tree) = (Slab::default(), Tree::default());
        let texts: Vec<_> = (0..10).map(|id| recorded::event(id, id, "D")).collect();
        let heads: Vec<_> = (0..)
            .zip(&texts)
            .map(|(position, text)| {
                tree.parse(text.as_bytes(), 0).unwrap();
                Head::of(tree.root(text), &options, position, &mut slab).unwrap()
            })
            .collect();
        let slab = Arc::new(slab);
        for (kept, length) in [(&heads[..9], 10), (&heads[3..5], 2)] {
            let mut block = Block::new(Arc::clone(&slab), kept.to_vec()).condensed();
            assert_eq!(block.slab.text.len(), texts[0].len() * length);
            for head in kept {
                let event = block.pop().unwrap();
                let expected = Event::new(*head, Arc::clone(&slab));
                assert_eq!(event.text(), expected.text());
                assert_eq!((event.stamps(), event.id()), (expected.stamps(), expected.id()));
            }
        }
    }
}
