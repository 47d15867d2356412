//! What each version of the API changed, as data: `version-changes.json` in the set of schemas.

use std::{collections::HashMap, sync::OnceLock};

use serde::Deserialize;

use crate::{rule::Severity, version::ApiVersion};

/// All documented changes.
#[derive(Debug, Default, Deserialize)]
pub struct VersionChanges {
    /// The changes, in no order of importance.
    pub changes: Vec<Change>,
    /// Which values of an event's own `Version` an API version sends.
    pub event_versions: Vec<EventVersions>,
    /// The places in `changes` of the changes to each event type: events are many, changes are few.
    #[serde(skip)]
    by_event: OnceLock<HashMap<String, Vec<usize>>>,
}

/// One change.
#[derive(Debug, Deserialize)]
pub struct Change {
    /// What was done.
    pub kind: ChangeKind,
    /// What it was done to.
    pub subject: Subject,
    /// The API version that brought it.
    pub since: ApiVersion,
    /// The name that takes the place of the subject.
    pub replaced_by: Option<String>,
    /// How bad it is to meet it on the wrong side.
    pub severity: Severity,
    /// The page that documents it.
    pub evidence: String,
    /// An event as it was before the change.
    pub before: Option<serde_json::Value>,
    /// The same event after it.
    pub after: Option<serde_json::Value>,
    /// Why the schemas cannot show the change.
    pub not_in_schemas: Option<String>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone, and nothing takes its place.
    Removed,
    /// Something else takes its place.
    Replaced,
    /// It goes by another name.
    Renamed,
}

/// What was changed: exactly one of an event type, a property of one, a command, an endpoint.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct Subject {
    /// An event type, alone or with one of its properties.
    pub event: Option<String>,
    /// A property of the event type.
    pub property: Option<String>,
    /// A command, by its `CommandName`.
    pub command: Option<String>,
    /// An endpoint, as verb and path.
    pub endpoint: Option<String>,
}

/// Which values of `Version` the events of some types have in an API version.
#[derive(Debug, Deserialize)]
pub struct EventVersions {
    /// The API version.
    pub api_version: ApiVersion,
    /// The event types.
    pub types: Vec<String>,
    /// The values.
    pub versions: Vec<u64>,
}

impl VersionChanges {
    /// The changes to an event type and its properties.
    fn of_type(&self, event: &str) -> impl Iterator<Item = &Change> {
        let by_event = self.by_event.get_or_init(|| {
            let mut by_event: HashMap<String, Vec<usize>> = HashMap::new();
            for (index, change) in self.changes.iter().enumerate() {
                if let Some(event) = &change.subject.event {
                    by_event.entry(event.clone()).or_default().push(index);
                }
            }
            by_event
        });
        by_event.get(event).into_iter().flatten().map(|index| &self.changes[*index])
    }

    /// The change of this kind to an event type.
    pub(crate) fn of_event(&self, kind: ChangeKind, event: &str) -> Option<&Change> {
        self.of_type(event).find(|change| change.kind == kind && change.subject.property.is_none())
    }

    /// Whether any property of an event type was renamed.
    pub(crate) fn has_renamed(&self, event: &str) -> bool {
        self.of_type(event).any(|change| change.kind == ChangeKind::Renamed)
    }

    /// The change of this kind to a property of an event type.
    pub(crate) fn of_property(&self, kind: ChangeKind, event: &str, name: &str) -> Option<&Change> {
        self.of_type(event)
            .find(|change| change.kind == kind && change.subject.property.as_deref() == Some(name))
    }

    /// The properties that were added to an event type.
    pub(crate) fn added_to(&self, event: &str) -> impl Iterator<Item = (&str, &Change)> {
        self.of_type(event)
            .filter(|change| change.kind == ChangeKind::Added)
            .filter_map(|change| Some((change.subject.property.as_deref()?, change)))
    }

    /// What became of a command.
    pub(crate) fn of_command(&self, command: &str) -> Option<&Change> {
        self.changes.iter().find(|change| {
            change.kind != ChangeKind::Added && change.subject.command.as_deref() == Some(command)
        })
    }

    /// The values of `Version` that events of a type have in an API version; nothing if any may be.
    pub(crate) fn event_versions(&self, version: ApiVersion, event: &str) -> Option<&[u64]> {
        let of = |row: &&EventVersions| {
            row.api_version == version && row.types.iter().any(|name| name == event)
        };
        self.event_versions.iter().find(of).map(|row| row.versions.as_slice())
    }
}

#[cfg(test)]
mod tests;
