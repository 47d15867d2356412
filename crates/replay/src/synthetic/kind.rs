//! The types of events, and how often each is made.

use std::fmt::Write as _;

use super::settings::{SettingsError, Version};

macro_rules! kinds {
    ($($kind:ident $name:literal $v2:literal $v3:literal $of_device:literal,)*) => {
        /// A type of event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            $($kind,)*
        }

        impl Kind {
            const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The `Type`.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// Whether a device sends it, so that it has a `ReceivedTime`.
            pub(crate) fn is_of_device(self) -> bool {
                match self {
                    $(Self::$kind => $of_device,)*
                }
            }

            /// How often it is made, of all; 0 in a version that does not have it.
            fn usual_weight(self, version: Version) -> u32 {
                let (v2, v3) = match self {
                    $(Self::$kind => ($v2, $v3),)*
                };
                match version {
                    Version::V2 => v2,
                    Version::V3 => v3,
                }
            }
        }
    };
}

kinds! {
    Aggregate "AggregateEvent" 180 180 true,
    AliasAdded "AliasAddedEvent" 0 2 false,
    AliasModified "AliasModifiedEvent" 0 3 false,
    AliasRemoved "AliasRemovedEvent" 0 1 false,
    BusinessProcess "BusinessProcessEvent" 0 10 true,
    CommandCompletion "CommandCompletionEvent" 0 0 true,
    CommandQueued "CommandQueuedEvent" 45 45 false,
    CredentialsAdded "DeviceCredentialsAddedEvent" 0 5 false,
    CredentialsModified "DeviceCredentialsModifiedEvent" 0 4 false,
    CredentialsRemoved "DeviceCredentialsRemovedEvent" 0 4 false,
    DeviceAdded "DeviceAddedEvent" 0 3 false,
    DeviceModified "DeviceModifiedEvent" 0 5 false,
    DeviceRemoved "DeviceRemovedEvent" 0 2 false,
    Heartbeat "HeartbeatEvent" 300 300 true,
    LogEntry "LogEntryEvent" 110 110 true,
    LogicalDeviceAdded "LogicalDeviceAddedEvent" 6 0 false,
    LogicalDeviceRemoved "LogicalDeviceRemovedEvent" 4 0 false,
    Object "ObjectEvent" 50 50 true,
    SensorReading "SensorReadingEvent" 200 200 true,
    Status "StatusEvent" 20 20 true,
}

/// How often each type of event is made, as weights; by default as in a hospital's day.
///
/// A type is as frequent as its weight among all weights. Completion events have none: one comes
/// for each command that is queued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mix(Vec<(Kind, u32)>);

impl Mix {
    /// The mix with another weight for the type of this name; with 0 it is not made.
    ///
    /// # Errors
    ///
    /// If there is no such type, or if it has no weight of its own.
    pub fn with(mut self, name: &str, weight: u32) -> Result<Self, SettingsError> {
        let kind = Kind::ALL.iter().copied().find(|kind| kind.name() == name);
        let Some(kind) = kind else {
            let mut known = String::new();
            for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::CommandCompletion) {
                let _ =
                    write!(known, "{}{}", if known.is_empty() { "" } else { ", " }, kind.name());
            }
            return Err(SettingsError(format!("there is no event type `{name}`: want {known}")));
        };
        if kind == Kind::CommandCompletion {
            return Err(SettingsError(format!(
                "{name} has no weight: one comes for each CommandQueuedEvent"
            )));
        }
        self.0.retain(|(other, _)| *other != kind);
        self.0.push((kind, weight));
        Ok(self)
    }

    /// The weight of a type in a version.
    fn weight(&self, kind: Kind, version: Version) -> u32 {
        let own = self.0.iter().find(|(other, _)| *other == kind);
        own.map_or_else(|| kind.usual_weight(version), |(_, weight)| *weight)
    }

    /// Refuses types that the version does not have, and a mix of nothing.
    pub(super) fn check(&self, version: Version) -> Result<(), SettingsError> {
        for (kind, weight) in &self.0 {
            if 0 < *weight && kind.usual_weight(version) == 0 {
                let name = kind.name();
                return Err(SettingsError(format!("API version {version} has no {name}")));
            }
        }
        if Kind::ALL.iter().all(|kind| self.weight(*kind, version) == 0) {
            return Err(SettingsError("every event type has the weight 0".to_owned()));
        }
        Ok(())
    }
}

/// Types with their weights, ready to be chosen from.
#[derive(Debug)]
pub(crate) struct Table {
    /// Each with the sum of the weights up to it.
    sums: Vec<(u64, Kind)>,
}

impl Table {
    /// The types of a version that are wanted.
    pub(crate) fn new(mix: &Mix, version: Version, is_wanted: impl Fn(Kind) -> bool) -> Self {
        let mut sum = 0;
        let mut kinds: Vec<_> = Kind::ALL
            .iter()
            .filter(|kind| is_wanted(**kind))
            .map(|kind| (u64::from(mix.weight(*kind, version)), *kind))
            .filter(|(weight, _)| 0 < *weight)
            .collect();
        // The commonest first: they are found at once.
        kinds.sort_by_key(|(weight, _)| u64::MAX - weight);
        let add = |(weight, kind)| {
            sum += weight;
            (sum, kind)
        };
        Self { sums: kinds.into_iter().map(add).collect() }
    }

    /// The type that a number chooses; nothing if there is none.
    pub(crate) fn choose(&self, number: u64) -> Option<Kind> {
        let (all, _) = self.sums.last()?;
        // The high bits of a product spread as evenly as a remainder, without a division.
        let product = u128::from(number) * u128::from(*all);
        let number = u64::try_from(product >> 64).expect("the high half is half as long");
        self.sums.iter().find(|(sum, _)| number < *sum).map(|(_, kind)| *kind)
    }

    /// The share of a type among all, in parts of a million.
    pub(crate) fn share(&self, wanted: Kind) -> u64 {
        let Some((all, _)) = self.sums.last() else { return 0 };
        let mut before = 0;
        for (sum, kind) in &self.sums {
            if *kind == wanted {
                return (sum - before) * 1_000_000 / all;
            }
            before = *sum;
        }
        0
    }
}
