//! Which events are replayed.

use std::borrow::Cow;

use crate::event::Event;

/// Values that are wanted, and values that are not; a value written `!value` is not wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    wanted: Vec<String>,
    unwanted: Vec<String>,
}

impl<S: AsRef<str>> FromIterator<S> for Selection {
    fn from_iter<I: IntoIterator<Item = S>>(values: I) -> Self {
        let mut selection = Self::default();
        for value in values {
            match value.as_ref().strip_prefix('!') {
                Some(value) => selection.unwanted.push(value.to_owned()),
                None => selection.wanted.push(value.as_ref().to_owned()),
            }
        }
        selection
    }
}

impl Selection {
    /// All values that it names.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        self.wanted.iter().chain(&self.unwanted).map(String::as_str)
    }

    /// Whether it takes all.
    fn is_open(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }

    fn takes(&self, value: Option<&str>) -> bool {
        let names = |list: &[String]| value.is_some_and(|value| list.iter().any(|it| it == value));
        (self.wanted.is_empty() || names(&self.wanted)) && !names(&self.unwanted)
    }
}

/// A property that events are chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Property {
    Type,
    Device,
}

impl Property {
    pub(crate) fn of(self, event: &Event) -> Option<Cow<'_, str>> {
        match self {
            Self::Type => event.type_name(),
            Self::Device => event.device(),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Device => "device",
        }
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
    fn selections(&self) -> [(Property, &Selection); 2] {
        [(Property::Type, &self.types), (Property::Device, &self.devices)]
    }

    /// The types and devices that it names.
    pub(crate) fn named(&self) -> Vec<(Property, String)> {
        let named = |(property, selection): (Property, &'_ Selection)| {
            selection.named().map(|name| (property, name.to_owned())).collect::<Vec<_>>()
        };
        self.selections().into_iter().flat_map(named).collect()
    }

    /// Whether an event is replayed.
    pub fn takes(&self, event: &Event) -> bool {
        // Without a wish nothing need be looked up, and most replays have none.
        self.selections().into_iter().all(|(property, selection)| {
            selection.is_open() || selection.takes(property.of(event).as_deref())
        })
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
