//! The last things of a kind, by key.

use hashbrown::HashTable;
use wide::u32x4;

use crate::{content::hash_pair, settings::MAX_WINDOW};

/// Slots of a bucket: 64 bytes, a line of the cache.
const SLOTS: usize = 16;

/// Things are numbered as they come. A ring holds the last ones; a table of buckets says where in it
/// a key may be, by a slot of 32 bits: the low bits of a thing's number, and above them some bits of
/// its key's hash.
///
/// Nearly all keys are new, so what counts is to find out that a key is not there. That takes one
/// line of memory, where a table of the things themselves takes several. A slot whose thing is
/// forgotten is known by its number: nothing has to be found to be forgotten, and buckets are swept in
/// turn, one with each new thing.
#[derive(Debug)]
pub(super) struct Window<T> {
    buckets: Vec<Bucket>,
    /// Numbers of things whose bucket was full: about one in 300.
    overflow: HashTable<u64>,
    ring: Vec<(u128, T)>,
    /// The number of the next thing.
    next: u64,
    /// How many of the last things are remembered.
    size: u64,
    /// How many bits of a slot are a number: two more than the places of the ring need, so that old
    /// numbers are known as such until they are swept. At most 28, with four left for the hash.
    bits: u32,
    /// The bucket that is swept next.
    swept: usize,
}

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket([u32; SLOTS]);

/// A slot without a thing. Tags are not 0.
const FREE: u32 = 0;

impl<T> Window<T> {
    /// A window of the last things, one at least.
    pub(super) fn new(size: usize) -> Self {
        let size = size.clamp(1, MAX_WINDOW);
        let places = size.next_power_of_two().max(64);
        Self {
            buckets: vec![Bucket([FREE; SLOTS])],
            overflow: HashTable::new(),
            ring: Vec::new(),
            next: 0,
            size: size as u64,
            bits: places.trailing_zeros() + 2,
            swept: 0,
        }
    }

    /// How many things were forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.next.saturating_sub(self.size)
    }

    /// The things that are remembered, in no order.
    pub(super) fn into_things(self) -> impl Iterator<Item = T> {
        let (oldest, places) = (self.forgotten(), self.places() as u64);
        let last = self.next;
        // A place holds the last thing with a number that leads to it.
        let number = move |place: u64| last - 1 - (last - 1 - place) % places;
        let is_kept = move |place: u64| oldest <= number(place);
        self.ring
            .into_iter()
            .zip(0..)
            .filter(move |(_, place)| is_kept(*place))
            .map(|((_, it), _)| it)
    }

    /// Looks at the buckets of keys that are asked for next: so the processor waits for all of these
    /// lines of memory at once, and not for one after the other.
    pub(super) fn touch(&self, keys: impl Iterator<Item = u128>) {
        let slot = |key| self.buckets[self.bucket_of(hash_of(key))].0[0];
        std::hint::black_box(keys.fold(0, |slots, key| slots | slot(key)));
    }

    /// What has this key.
    #[inline]
    pub(super) fn get(&mut self, key: u128) -> Option<&mut T> {
        let place = self.find(key, hash_of(key))?;
        Some(&mut self.ring[place].1)
    }

    /// Adds a thing whose key is not there; the oldest is forgotten for it.
    #[inline]
    pub(super) fn add(&mut self, key: u128, thing: T) {
        let place = self.place_of(self.next);
        if self.ring.len() < self.places() {
            if self.buckets.len() * SLOTS < 2 * (self.ring.len() + 1) {
                self.grow();
            }
            self.ring.push((key, thing));
        } else {
            self.ring[place] = (key, thing);
        }
        self.insert(hash_of(key), self.next);
        self.next += 1;
        if self.size < self.next {
            self.sweep(self.swept);
            self.swept = (self.swept + 1) & (self.buckets.len() - 1);
        }
    }

    fn places(&self) -> usize {
        1 << (self.bits - 2)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low bits are the place")]
    fn place_of(&self, number: u64) -> usize {
        number as usize & (self.places() - 1)
    }

    fn bucket_of(&self, hash: u64) -> usize {
        (hash >> 16) as usize & (self.buckets.len() - 1)
    }

    /// The bits of a hash that a slot has, in their place.
    fn tag_of(&self, hash: u64) -> u32 {
        ((hash >> 44) as u32 | 1) << self.bits
    }

    /// The bits of a slot that are a number.
    fn number_mask(&self) -> u32 {
        (1 << self.bits) - 1
    }

    /// How many things are newer than that of a slot, its own included.
    #[expect(clippy::cast_possible_truncation, reason = "numbers are compared by their low bits")]
    fn age_of(&self, slot: u32) -> u32 {
        (self.next as u32).wrapping_sub(slot) & self.number_mask()
    }

    /// The place of a key in the ring.
    #[inline]
    fn find(&self, key: u128, hash: u64) -> Option<usize> {
        let bucket = &self.buckets[self.bucket_of(hash)];
        let tag_mask = u32x4::splat(!self.number_mask());
        let tag = u32x4::splat(self.tag_of(hash));
        let mut alike = bucket.which(|slots| (slots & tag_mask).simd_eq(tag));
        while alike != 0 {
            let slot = bucket.0[alike.trailing_zeros() as usize % SLOTS];
            let place = self.place_of(u64::from(slot));
            if u64::from(self.age_of(slot)) <= self.size && self.has(place, key) {
                return Some(place);
            }
            alike &= alike - 1;
        }
        if self.overflow.is_empty() { None } else { self.find_in_overflow(key, hash) }
    }

    #[cold]
    fn find_in_overflow(&self, key: u128, hash: u64) -> Option<usize> {
        let oldest = self.forgotten();
        let is_it = |number: &u64| oldest <= *number && self.has(self.place_of(*number), key);
        self.overflow.find(hash, is_it).map(|number| self.place_of(*number))
    }

    fn has(&self, place: usize, key: u128) -> bool {
        self.ring.get(place).is_some_and(|(other, _)| *other == key)
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the low bits of the number are kept")]
    fn insert(&mut self, hash: u64, number: u64) {
        let slot = self.tag_of(hash) | number as u32 & self.number_mask();
        let at = self.bucket_of(hash);
        let free = self.buckets[at].which(|slots| slots.simd_eq(u32x4::splat(FREE)));
        if free == 0 {
            return self.insert_in_full(at, slot, hash, number);
        }
        self.buckets[at].0[free.trailing_zeros() as usize % SLOTS] = slot;
    }

    #[cold]
    fn insert_in_full(&mut self, at: usize, slot: u32, hash: u64, number: u64) {
        self.sweep(at);
        if let Some(free) = self.buckets[at].0.iter_mut().find(|slot| **slot == FREE) {
            *free = slot;
            return;
        }
        let oldest = self.forgotten();
        self.overflow.retain(|number| oldest <= *number);
        let (ring, last) = (&self.ring, self.places() - 1);
        #[expect(clippy::cast_possible_truncation, reason = "the low bits are the place")]
        let hash_of_number = |number: &u64| hash_of(ring[*number as usize & last].0);
        self.overflow.insert_unique(hash, number, hash_of_number);
    }

    /// Frees the slots of a bucket whose things are forgotten.
    fn sweep(&mut self, at: usize) {
        let mut bucket = self.buckets[at];
        for slot in &mut bucket.0 {
            if self.size < u64::from(self.age_of(*slot)) {
                *slot = FREE;
            }
        }
        self.buckets[at] = bucket;
    }

    /// Makes more buckets, while no place of the ring has been used twice.
    #[cold]
    fn grow(&mut self) {
        self.buckets = vec![Bucket([FREE; SLOTS]); 2 * self.buckets.len()];
        self.overflow.clear();
        self.swept = 0;
        let oldest = self.forgotten();
        for number in oldest..self.ring.len() as u64 {
            self.insert(hash_of(self.ring[self.place_of(number)].0), number);
        }
    }
}

impl Bucket {
    /// Which slots are so, a bit each.
    #[inline]
    fn which(&self, is: impl Fn(u32x4) -> u32x4) -> u32 {
        let (fours, _) = self.0.as_chunks::<4>();
        let bits = fours.iter().map(|four| is(u32x4::from(*four)).to_bitmask());
        bits.zip([0, 4, 8, 12]).fold(0, |all, (bits, at)| all | bits << at)
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the halves are taken one by one")]
fn hash_of(key: u128) -> u64 {
    hash_pair(key as u64, (key >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// The same by an obvious way.
    struct Model {
        things: VecDeque<(u128, u64)>,
        size: usize,
        forgotten: u64,
    }

    impl Model {
        fn add(&mut self, key: u128, thing: u64) {
            self.things.push_back((key, thing));
            if self.size < self.things.len() {
                self.things.pop_front();
                self.forgotten += 1;
            }
        }

        fn get(&self, key: u128) -> Option<u64> {
            self.things.iter().find(|(other, _)| *other == key).map(|(_, thing)| *thing)
        }
    }

    fn holds_the_last(size: usize, count: u64, key_of: impl Fn(u64) -> u128) {
        let mut window = Window::new(size);
        let mut model = Model { things: VecDeque::new(), size, forgotten: 0 };
        for thing in 0..count {
            let key = key_of(thing);
            let expected = model.get(key);
            assert_eq!(window.get(key).copied(), expected, "{size} {thing}");
            if expected.is_none() {
                window.add(key, thing);
                model.add(key, thing);
            }
            assert_eq!(window.forgotten(), model.forgotten);
        }
        for (key, thing) in &model.things {
            assert_eq!(window.get(*key), Some(&mut thing.clone()), "{size}");
        }
        let mut things: Vec<_> = window.into_things().collect();
        things.sort_unstable();
        assert_eq!(things, model.things.iter().map(|(_, thing)| *thing).collect::<Vec<_>>());
    }

    fn scattered(thing: u64) -> u128 {
        u128::from(hash_pair(thing, 7)) << 64 | u128::from(thing)
    }

    #[test]
    fn exactly_the_last_things_are_remembered() {
        for size in [1, 2, 3, 15, 16, 17, 63, 64, 65, 100] {
            holds_the_last(size, 3000, scattered);
        }
    }

    #[test]
    fn a_key_that_comes_again_is_found_until_it_is_forgotten() {
        for size in [1, 10, 64, 100] {
            holds_the_last(size, 3000, |thing| scattered(thing * 7 % 150));
        }
    }

    #[test]
    fn numbers_that_wrap_around_change_nothing() {
        // The low bits of numbers begin again after 256.
        holds_the_last(64, 100_000, |thing| scattered(thing / 3 * 5 % 1000));
    }

    #[test]
    fn full_buckets_overflow() {
        let mut window = Window::<u64>::new(64);
        let crowded = |thing: u64| {
            let of = |key: &u128| hash_of(*key) >> 16 & 7 == 3;
            (0..10_000).map(|salt: u128| salt << 32 | u128::from(thing)).find(of).unwrap()
        };
        let keys: Vec<_> = (0..400).map(crowded).collect();
        for (thing, key) in (0..).zip(&keys) {
            assert_eq!(window.get(*key), None);
            window.add(*key, thing);
        }
        assert!(!window.overflow.is_empty());
        for (thing, key) in (0..).zip(&keys) {
            let expected = (336 <= thing).then_some(thing);
            assert_eq!(window.get(*key).copied(), expected, "{thing}");
        }
        holds_the_last(64, 400, |thing| keys[usize::try_from(thing).unwrap()]);
    }
}
