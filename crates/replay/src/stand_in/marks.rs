//! A set of numbers, of which all below some bound are in it sooner or later: a bit for each above
//! that bound.

use std::collections::VecDeque;

/// Numbers that a word holds.
const WORD: u64 = 64;

/// A set of numbers that has all numbers below [`Marks::floor`].
#[derive(Clone, Debug)]
pub(super) struct Marks {
    /// A multiple of the length of a word; all words before it are full.
    base: u64,
    words: VecDeque<u64>,
    /// The numbers in `words`.
    count: u64,
}

impl Marks {
    /// The set of all numbers below a bound.
    pub(super) fn below(bound: u64) -> Self {
        let (base, rest) = (bound - bound % WORD, bound % WORD);
        let mut words = VecDeque::new();
        if 0 < rest {
            words.push_back((1 << rest) - 1);
        }
        Self { base, words, count: rest }
    }

    /// The least number that is not in it.
    pub(super) fn floor(&self) -> u64 {
        self.next_absent(self.base)
    }

    /// How many numbers it has, all below its floor included.
    pub(super) fn len(&self) -> u64 {
        self.base + self.count
    }

    /// Whether it has a number.
    pub(super) fn has(&self, number: u64) -> bool {
        let Some(above) = number.checked_sub(self.base) else { return true };
        self.word(above / WORD).is_some_and(|word| word >> (above % WORD) & 1 == 1)
    }

    /// Adds a number; false if it was there.
    pub(super) fn add(&mut self, number: u64) -> bool {
        if self.has(number) {
            return false;
        }
        let above = number - self.base;
        let index = usize::try_from(above / WORD).expect("it fits in memory");
        if self.words.len() <= index {
            self.words.resize(index + 1, 0);
        }
        self.words[index] |= 1 << (above % WORD);
        self.count += 1;
        while self.words.front() == Some(&u64::MAX) {
            self.words.pop_front();
            self.base += WORD;
            self.count -= WORD;
        }
        true
    }

    /// The least number from this one on that is not in it.
    pub(super) fn next_absent(&self, from: u64) -> u64 {
        let from = from.max(self.base);
        let (index, shift) = ((from - self.base) / WORD, (from - self.base) % WORD);
        let mut filled = (1_u64 << shift) - 1;
        for index in index.. {
            let Some(word) = self.word(index) else {
                return from.max(self.base + index * WORD);
            };
            if word | filled != u64::MAX {
                return self.base + index * WORD + u64::from((word | filled).trailing_ones());
            }
            filled = 0;
        }
        from
    }

    fn word(&self, index: u64) -> Option<u64> {
        self.words.get(usize::try_from(index).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::chance::Chance;

    #[test]
    fn it_is_a_set_of_numbers() {
        for bound in [0, 1, 63, 64, 65, 200] {
            let mut marks = Marks::below(bound);
            let mut model: BTreeSet<u64> = (0..bound).collect();
            for step in 0..2_000 {
                let number = Chance::new(bound).of(step).number() % 700;
                assert_eq!(marks.add(number), model.insert(number), "{number}");
                assert_eq!(marks.len(), model.len() as u64);
                let absent = |from: u64| (from..2_000).find(|it| !model.contains(it)).unwrap();
                assert_eq!(marks.floor(), absent(0));
                let from = Chance::new(step).number() % 800;
                assert_eq!(marks.next_absent(from), absent(from), "from {from}");
                assert_eq!(marks.has(from), model.contains(&from));
            }
        }
    }

    #[test]
    fn what_is_full_takes_no_memory() {
        let mut marks = Marks::below(0);
        (0..1_000_000).for_each(|number| assert!(marks.add(number)));
        assert_eq!((marks.words.len(), marks.len(), marks.floor()), (0, 1_000_000, 1_000_000));
    }
}
