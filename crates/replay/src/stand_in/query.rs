//! What a Get Events request asks for.

use super::arrival::Arrival;

/// What a Get Events request asks for. Values are in lower case.
///
/// The documents call `Type`, `Device` and `EventVersion` searchable, and do not say how values are
/// compared. Here they must be the same but for their case, and where a parameter is given several
/// times, one of its values must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The most events that are wanted: 1 to 512.
    pub limit: usize,
    /// The values of `type`.
    pub types: Vec<String>,
    /// The values of `device`.
    pub devices: Vec<String>,
    /// The values of `eventversion`.
    pub versions: Vec<String>,
}

impl Query {
    /// The most events of a batch. Source: the page of Get Events.
    pub const MOST: usize = 512;
    /// The most events of a batch if the request names no number. Source: the page of Get Events.
    pub const DEFAULT: usize = 100;

    /// Asks for so many events of any kind.
    pub fn any(limit: usize) -> Self {
        Self { limit, types: Vec::new(), devices: Vec::new(), versions: Vec::new() }
    }

    /// Whether it takes events of all kinds.
    pub(super) fn is_open(&self) -> bool {
        self.types.is_empty() && self.devices.is_empty() && self.versions.is_empty()
    }

    /// Whether it and another one take the same events, but for their number.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        (&self.types, &self.devices, &self.versions)
            == (&other.types, &other.devices, &other.versions)
    }

    /// Whether it takes an event.
    pub(super) fn takes(&self, arrival: &Arrival) -> bool {
        is_one_of(&self.types, || arrival.type_name())
            && is_one_of(&self.devices, || arrival.device())
            && is_one_of(&self.versions, || arrival.version())
    }
}

fn is_one_of<'e>(wanted: &[String], value: impl FnOnce() -> Option<&'e str>) -> bool {
    let is = |value: &str| wanted.contains(&value.to_lowercase());
    wanted.is_empty() || value().is_some_and(is)
}

#[cfg(test)]
mod tests {
    use super::{super::arrival::Names, *};
    use crate::time::RecordingTime;

    #[test]
    fn values_are_compared_without_case() {
        let names = Names {
            type_name: Some("HeartbeatEvent"),
            device: Some("Kühlschrank Ä"),
            id: None,
            version: Some("2"),
        };
        let arrival = Arrival::new(0, (RecordingTime(0), 0), &mut Vec::new(), names);
        let query = |types: &[&str], devices: &[&str], versions: &[&str]| {
            let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
            let (types, devices, versions) = (owned(types), owned(devices), owned(versions));
            Query { limit: 1, types, devices, versions }.takes(&arrival)
        };
        assert!(query(&[], &[], &[]));
        assert!(query(&["heartbeatevent"], &["kühlschrank ä"], &["2"]));
        assert!(query(&["objectevent", "heartbeatevent"], &[], &[]));
        assert!(!query(&["heartbeat"], &[], &[]));
        assert!(!query(&["heartbeatevent"], &["other"], &[]));
        assert!(!query(&[], &[], &["3"]));
    }
}
