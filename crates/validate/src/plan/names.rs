//! Names that are known beforehand, found by their bytes.

use crate::content;

/// Slots for each name, so that most names are alone in theirs.
const SLOTS_PER_NAME: usize = 4;

/// A set of names, each with a number.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: Vec<Name>,
    /// Numbers of names, one more than they are; 0 is no name.
    slots: Vec<u32>,
}

/// One name.
#[derive(Debug)]
pub(crate) struct Name {
    /// The name as a member begins in minified JSON: with its quotes, and the colon.
    pub(crate) quoted: Box<[u8]>,
    /// Its hash, as of a string.
    pub(crate) hash: u64,
}

impl Name {
    fn new(name: &str) -> Self {
        let quoted = format!("\"{name}\":").into_bytes().into();
        Self { quoted, hash: content::of_string(name.as_bytes()) }
    }

    fn bytes(&self) -> &[u8] {
        &self.quoted[1..self.quoted.len() - 2]
    }
}

impl Names {
    /// A set of these names, numbered in their order. One that needs an escape in JSON is never
    /// met as it is.
    pub(crate) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let names: Vec<_> = names.map(Name::new).collect();
        let length = (names.len() * SLOTS_PER_NAME).next_power_of_two();
        let mut set = Self { names, slots: vec![0; length] };
        for number in 0..set.names.len() {
            let mut slot = set.slot(set.names[number].bytes());
            while set.slots[slot] != 0 {
                slot = set.next(slot);
            }
            set.slots[slot] =
                u32::try_from(number + 1).expect("a set of schemas is smaller than 4 GiB");
        }
        set
    }

    /// The number of a name.
    #[inline]
    pub(crate) fn find(&self, name: &[u8]) -> Option<usize> {
        let mut slot = self.slot(name);
        loop {
            let number = (*self.slots.get(slot)? as usize).checked_sub(1)?;
            let known = self.names[number].bytes();
            if known.len() == name.len() && is_same(known, name) {
                return Some(number);
            }
            slot = self.next(slot);
        }
    }

    #[inline]
    pub(crate) fn get(&self, number: usize) -> &Name {
        &self.names[number]
    }

    /// The length of a name with its quotes and its colon, if the bytes begin with that.
    #[inline]
    pub(crate) fn begins(&self, number: usize, bytes: &[u8]) -> Option<usize> {
        let quoted = &*self.names.get(number)?.quoted;
        let length = quoted.len();
        is_same(quoted, bytes.get(..length)?).then_some(length)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Where a name is looked for first: by its length and both ends, which tell most names apart.
    #[inline]
    fn slot(&self, name: &[u8]) -> usize {
        let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => (name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
        };
        let mixed =
            (first ^ last.rotate_left(23) ^ name.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let slot = (mixed >> 40) as usize;
        slot & (self.slots.len() - 1)
    }

    fn next(&self, slot: usize) -> usize {
        (slot + 1) & (self.slots.len() - 1)
    }
}

/// Whether bytes of the same length are the same. Most comparisons need no call: two looks that
/// overlap see all.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    match one.len() {
        4..=7 => first_and_last::<4>(one) == first_and_last::<4>(other),
        8..=16 => first_and_last::<8>(one) == first_and_last::<8>(other),
        17..=32 => first_and_last::<16>(one) == first_and_last::<16>(other),
        _ => one == other,
    }
}

/// Both ends of bytes, which may overlap.
#[inline]
fn first_and_last<const LENGTH: usize>(bytes: &[u8]) -> Option<[[u8; LENGTH]; 2]> {
    Some([*bytes.first_chunk()?, *bytes.last_chunk()?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_begin_with_a_name_of_any_length() {
        let texts: Vec<_> =
            (0..60).map(|length| "aBcDeFgHiJkLm".repeat(5)[..length].to_owned()).collect();
        let names = Names::new(texts.iter().map(String::as_str));
        for (number, text) in texts.iter().enumerate() {
            let quoted = format!("\"{text}\":");
            assert_eq!(names.begins(number, format!("{quoted}1").as_bytes()), Some(quoted.len()));
            assert_eq!(names.begins(number, quoted.as_bytes()), Some(quoted.len()));
            for at in 0..quoted.len() {
                let mut other = quoted.clone().into_bytes();
                other[at] ^= 1;
                assert_eq!(names.begins(number, &other), None);
                assert_eq!(names.begins(number, &other[..at]), None);
            }
        }
        assert_eq!(names.begins(texts.len(), b"\"\":"), None);
    }

    #[test]
    fn each_name_is_found_and_no_other() {
        let texts: Vec<_> = (0..300).map(|number| format!("Name{}", number * 7)).collect();
        let names = Names::new(texts.iter().map(String::as_str));
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(names.find(text.as_bytes()), Some(number));
            assert_eq!(names.find(text.to_lowercase().as_bytes()), None);
            assert_eq!(names.find(&text.as_bytes()[1..]), None);
        }
        assert_eq!(names.find(b""), None);
        assert_eq!(Names::new(std::iter::empty()).find(b"Name"), None);
    }
}
