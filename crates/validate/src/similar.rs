//! Which known name was probably meant.

/// Whether two names are so alike that one is probably a slip for the other.
pub fn similar(one: &str, other: &str) -> bool {
    let (one, other) = (folded(one), folded(other));
    let length = one.chars().count().max(other.chars().count());
    strsim::damerau_levenshtein(&one, &other) <= (length / 3).clamp(1, 4)
}

/// The candidate most like `name`, if one is alike enough.
pub fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let folded_name = folded(name);
    candidates
        .into_iter()
        .filter(|candidate| similar(name, candidate))
        .min_by_key(|candidate| strsim::damerau_levenshtein(&folded_name, &folded(candidate)))
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
