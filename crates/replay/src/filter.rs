//! Which events are replayed.

use std::cell::Cell;

use crate::event::Event;

/// Values that are wanted, and values that are not; a value written `!value` is not wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    wanted: Vec<Named>,
    unwanted: Vec<Named>,
}

/// A value, and whether any event had it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    value: String,
    is_met: Cell<bool>,
}

impl<S: AsRef<str>> FromIterator<S> for Selection {
    fn from_iter<I: IntoIterator<Item = S>>(values: I) -> Self {
        let mut selection = Self::default();
        for value in values {
            let named = |value: &str| Named { value: value.to_owned(), is_met: Cell::new(false) };
            match value.as_ref().strip_prefix('!') {
                Some(value) => selection.unwanted.push(named(value)),
                None => selection.wanted.push(named(value.as_ref())),
            }
        }
        selection
    }
}

impl Selection {
    fn takes(&self, value: Option<&str>) -> bool {
        let names = |list: &[Named]| {
            let named = value.and_then(|value| list.iter().find(|named| named.value == value));
            named.is_some_and(|named| {
                named.is_met.set(true);
                true
            })
        };
        let (is_wanted, is_unwanted) = (names(&self.wanted), names(&self.unwanted));
        (self.wanted.is_empty() || is_wanted) && !is_unwanted
    }

    /// Values that no event had so far: perhaps they are misspelt.
    pub fn unmet(&self) -> impl Iterator<Item = &str> {
        let all = self.wanted.iter().chain(&self.unwanted);
        all.filter(|named| !named.is_met.get()).map(|named| named.value.as_str())
    }
}

/// Which events are replayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By `Type`.
    pub types: Selection,
    /// By `Device`.
    pub devices: Selection,
}

impl Filter {
    /// Whether an event is replayed.
    pub fn takes(&self, event: &Event) -> bool {
        // Both are asked, so that what is met is known of both.
        let (of_type, of_device) = (
            self.types.takes(event.type_name().as_deref()),
            self.devices.takes(event.device().as_deref()),
        );
        of_type && of_device
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusion_wins_and_no_wish_takes_all() {
        let selection = |values: &[&str]| values.iter().collect::<Selection>();
        for (values, value, expected) in [
            (&[][..], Some("A"), true),
            (&[], None, true),
            (&["A"], Some("A"), true),
            (&["A"], Some("B"), false),
            (&["A"], None, false),
            (&["!A"], Some("A"), false),
            (&["!A"], Some("B"), true),
            (&["!A"], None, true),
            (&["A", "!A"], Some("A"), false),
        ] {
            assert_eq!(selection(values).takes(value), expected, "{values:?} {value:?}");
        }
    }
}
