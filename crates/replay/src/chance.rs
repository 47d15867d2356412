//! Choices that look random and are always the same: hashes of a seed and of what is chosen for.
//!
//! A draw from a shared generator would change with every event that a filter takes away. A hash of
//! (seed, purpose, event) does not.

/// Mixes a number well (`SplitMix64`, Steele et al. 2014).
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// A source of choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance(u64);

impl Chance {
    /// The choices of a seed.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// The choices for one purpose, apart from those for any other.
    #[must_use]
    pub fn of(self, number: u64) -> Self {
        Self(mix(self.0 ^ mix(number)))
    }

    /// The choices for a purpose with a name.
    #[must_use]
    pub fn named(self, name: &[u8]) -> Self {
        let sum = name.iter().fold(0xCBF2_9CE4_8422_2325, |sum: u64, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
        });
        self.of(sum)
    }

    /// A number of 64 bits.
    pub fn number(self) -> u64 {
        mix(self.0)
    }

    /// A number from 0 to 1, 1 excluded.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn fraction(self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A GUID of version 4, in lower case.
    pub fn guid(self) -> [u8; 36] {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let number = u128::from(self.of(0).number()) << 64 | u128::from(self.of(1).number());
        let number = number & !(0xF << 76) & !(0b11 << 62) | (0x4 << 76) | (0b10 << 62);
        let mut text = [b'-'; 36];
        let places = (0..36).filter(|place| ![8, 13, 18, 23].contains(place));
        for (digit, place) in places.enumerate() {
            text[place] = HEX[(number >> (124 - 4 * digit) & 0xF) as usize];
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_depend_on_seed_and_purpose_alone() {
        let chance = Chance::new(7).named(b"drop").of(3);
        assert_eq!(chance, Chance::new(7).named(b"drop").of(3));
        assert_ne!(chance, Chance::new(8).named(b"drop").of(3));
        assert_ne!(chance, Chance::new(7).named(b"delay").of(3));
        assert_ne!(chance, Chance::new(7).named(b"drop").of(4));
    }

    #[test]
    fn fractions_are_spread_evenly() {
        let below: usize =
            (0..10_000).filter(|number| Chance::new(1).of(*number).fraction() < 0.25).count();
        assert!((2_300..2_700).contains(&below), "{below}");
    }

    #[test]
    fn guids_have_their_form() {
        let text = String::from_utf8(Chance::new(1).guid().to_vec()).unwrap();
        assert_eq!((&text[14..15], text.len()), ("4", 36));
        assert!(["8", "9", "a", "b"].contains(&&text[19..20]));
    }
}
