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
    #[serde(skip)]
    index: OnceLock<Index>,
}

/// Where to find what: events are many, changes are few.
#[derive(Debug, Default)]
struct Index {
    by_event: HashMap<String, OfType>,
    /// Places in `changes`.
    by_command: HashMap<String, usize>,
}

/// What is said of one event type.
#[derive(Debug, Default)]
struct OfType {
    /// Places in `changes`.
    changes: Vec<usize>,
    /// Places in `event_versions`.
    versions: Vec<usize>,
}

/// The changes to one event type and its properties.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeChanges<'c> {
    all: &'c VersionChanges,
    of_type: Option<&'c OfType>,
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
    pub(crate) fn of_event(&self, event: &str) -> TypeChanges<'_> {
        TypeChanges { all: self, of_type: self.index().by_event.get(event) }
    }

    /// What became of a command.
    pub(crate) fn of_command(&self, command: &str) -> Option<&Change> {
        self.index().by_command.get(command).map(|at| &self.changes[*at])
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            for (at, change) in self.changes.iter().enumerate() {
                if let Some(event) = &change.subject.event {
                    index.by_event.entry(event.clone()).or_default().changes.push(at);
                }
                if let Some(command) = &change.subject.command
                    && change.kind != ChangeKind::Added
                {
                    index.by_command.entry(command.clone()).or_insert(at);
                }
            }
            for (at, row) in self.event_versions.iter().enumerate() {
                for event in &row.types {
                    index.by_event.entry(event.clone()).or_default().versions.push(at);
                }
            }
            index
        })
    }
}

impl<'c> TypeChanges<'c> {
    fn iter(self) -> impl Iterator<Item = &'c Change> {
        self.of_type
            .into_iter()
            .flat_map(|of_type| &of_type.changes)
            .map(move |at| &self.all.changes[*at])
    }

    /// The change of this kind to the type as a whole.
    pub(crate) fn of_kind(self, kind: ChangeKind) -> Option<&'c Change> {
        self.iter().find(|change| change.kind == kind && change.subject.property.is_none())
    }

    /// Whether any property was renamed.
    pub(crate) fn has_renamed(self) -> bool {
        self.iter().any(|change| change.kind == ChangeKind::Renamed)
    }

    /// The change of this kind to a property.
    pub(crate) fn of_property(self, kind: ChangeKind, name: &str) -> Option<&'c Change> {
        self.iter()
            .find(|change| change.kind == kind && change.subject.property.as_deref() == Some(name))
    }

    /// The properties that were added.
    pub(crate) fn added_properties(self) -> impl Iterator<Item = (&'c str, &'c Change)> {
        self.iter()
            .filter(|change| change.kind == ChangeKind::Added)
            .filter_map(|change| Some((change.subject.property.as_deref()?, change)))
    }

    /// The values of `Version` that events of the type have in an API version; nothing if any may be.
    pub(crate) fn event_versions(self, version: ApiVersion) -> Option<&'c [u64]> {
        let rows = self.of_type?.versions.iter().map(|at| &self.all.event_versions[*at]);
        rows.into_iter().find(|row| row.api_version == version).map(|row| row.versions.as_slice())
    }
}

#[cfg(test)]
mod tests;
