//! Whether hashes are all different.

/// Up to so many are compared one by one, which is faster than a table.
const FEW: usize = 12;

/// A table that is kept from one question to the next.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    /// Slots, of which 0 is a free one.
    slots: Vec<u64>,
}

impl Distinct {
    /// Whether all of the hashes are different. That they are not may be by chance, in one case of
    /// 2^63 for each pair.
    #[inline]
    pub(crate) fn are(&mut self, hashes: &[u64]) -> bool {
        hashes.len() < 2 || self.are_many(hashes)
    }

    fn are_many(&mut self, hashes: &[u64]) -> bool {
        if hashes.len() <= FEW {
            let is_new = |(count, hash)| !hashes[..count].contains(hash);
            return hashes.iter().enumerate().all(is_new);
        }
        let length = (hashes.len() * 2).next_power_of_two();
        self.slots.clear();
        self.slots.resize(length, 0);
        hashes.iter().all(|hash| self.insert(hash | 1, length - 1))
    }

    /// Takes a hash in; false if it is there.
    fn insert(&mut self, hash: u64, mask: usize) -> bool {
        let mut slot = (hash >> 1) as usize & mask;
        loop {
            match &mut self.slots[slot] {
                free @ 0 => {
                    *free = hash;
                    return true;
                }
                other if *other == hash => return false,
                _ => slot = (slot + 1) & mask,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_hash_is_found_wherever_it_stands() {
        let mut distinct = Distinct::default();
        for count in [0, 1, 2, FEW, FEW + 1, 512] {
            let hash = |number: usize| (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let hashes: Vec<_> = (1..=count).map(hash).collect();
            assert!(distinct.are(&hashes), "{count}");
            for at in 1..count {
                let mut repeated = hashes.clone();
                repeated[at] = hashes[at / 2];
                assert!(!distinct.are(&repeated), "{count} {at}");
            }
        }
    }

    #[test]
    fn zero_is_a_hash_like_others() {
        let mut hashes: Vec<_> = (0..40).map(|number| number * 2).collect();
        assert!(Distinct::default().are(&hashes));
        hashes.push(0);
        assert!(!Distinct::default().are(&hashes));
    }
}
