//! Which known name was probably meant.

use std::borrow::Borrow;

/// Whether two names are so alike that one is probably a slip for the other.
pub fn similar(one: &str, other: &str) -> bool {
    distance(&Folded::new(one), &Folded::new(other)).is_some()
}

/// The candidate most like `name`, if one is alike enough.
pub fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let candidates = candidates.into_iter().map(|candidate| (candidate, Folded::new(candidate)));
    closest_of(&Folded::new(name), candidates)
}

/// The same for names that are compared with many. Each candidate comes with what it stands for.
pub(crate) fn closest_of<T>(
    name: &Folded,
    candidates: impl Iterator<Item = (T, impl Borrow<Folded>)>,
) -> Option<T> {
    let alike = candidates.filter_map(|(it, other)| Some((distance(name, other.borrow())?, it)));
    alike.min_by_key(|(distance, _)| *distance).map(|(_, it)| it)
}

/// How many slips make one name of the other; `None` if they are too many.
fn distance(one: &Folded, other: &Folded) -> Option<usize> {
    let most = (one.text.len().max(other.text.len()) / 3).clamp(1, 4);
    // The exact distance takes time and memory by the product of both lengths.
    if most < one.least_distance(other) {
        return None;
    }
    Some(strsim::damerau_levenshtein(&one.text, &other.text)).filter(|distance| *distance <= most)
}

/// A name without what people vary.
#[derive(Debug)]
pub(crate) struct Folded {
    text: String,
    /// How often each letter and digit stands in it.
    counts: [u32; 36],
}

impl Folded {
    pub(crate) fn new(name: &str) -> Self {
        let text = folded(name);
        let mut counts = [0; 36];
        for byte in text.bytes() {
            let place = if byte.is_ascii_digit() { byte - b'0' + 26 } else { byte - b'a' };
            counts[usize::from(place)] += 1;
        }
        Self { text, counts }
    }

    /// What the distance is at least: a slip adds one letter at most, and takes one at most.
    fn least_distance(&self, other: &Self) -> usize {
        let missing = |one: &Self, other: &Self| -> u32 {
            let both = one.counts.iter().zip(&other.counts);
            both.map(|(one, other)| one.saturating_sub(*other)).sum()
        };
        missing(self, other).max(missing(other, self)) as usize
    }
}

/// The name without what people vary: case, underscores and dashes.
fn folded(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_distance_is_never_more_than_the_distance() {
        let names =
            ["", "EventId", "EvntId", "eventdI", "Version", "Device", "Evice3d", "aab", "bba"];
        for (one, other) in names.iter().flat_map(|one| names.map(|other| (one, other))) {
            let (one, other) = (Folded::new(one), Folded::new(other));
            let exact = strsim::damerau_levenshtein(&one.text, &other.text);
            assert!(one.least_distance(&other) <= exact, "{} {}", one.text, other.text);
        }
    }

    #[test]
    fn long_names_are_not_compared_letter_by_letter() {
        assert!(!similar(&"x".repeat(10_000_000), &"y".repeat(10_000_000)));
    }

    #[test]
    fn slips_are_recognised_and_other_names_are_not() {
        let names = ["EventId", "EventTime", "Device", "ReceivedTime"];
        for (slip, meant) in [
            ("EvntId", Some("EventId")),
            ("event_time", Some("EventTime")),
            ("Devcie", Some("Device")),
            ("RecievedTime", Some("ReceivedTime")),
            ("Temperature", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(closest(slip, names), meant, "{slip}");
        }
    }
}
