//! Which version of the API produced a document.

use std::{fmt, str::FromStr};

use contrail_model::Node;

use crate::schemas::Schemas;

/// A version of the Jetstream API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion(pub u8);

impl fmt::Display for ApiVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// How the API version of a document is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VersionChoice {
    /// By the document's events, each document for itself.
    #[default]
    Auto,
    /// The same version for all documents.
    Fixed(ApiVersion),
}

impl FromStr for VersionChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            _ => text
                .parse()
                .map(|number| Self::Fixed(ApiVersion(number)))
                .map_err(|_| format!("`{text}` is no API version: want a number or `auto`")),
        }
    }
}

/// The version that most of the events speak for; nothing if none speaks for any.
///
/// From version 3 on events carry a `Version` ("Addition of the Version property", the event pages
/// of the v3 documentation), and each version has types of its own. Which type exists where, and
/// where `Version` is required or allowed, is read from the schemas. Between versions with as many
/// events for them the newer one is taken: a queue of version 3 may hold events of version 2.
pub(crate) fn of_events<'t>(
    schemas: &Schemas,
    events: impl Iterator<Item = Node<'t>>,
) -> Option<ApiVersion> {
    let versions = schemas.versions();
    let mut votes = vec![0_u64; versions.len()];
    for event in events {
        let possible = possible_versions(schemas, event);
        if possible.len() < versions.len() {
            for (vote, version) in votes.iter_mut().zip(versions) {
                *vote += u64::from(possible.contains(version));
            }
        }
    }
    let most = *votes.iter().max()?;
    let winner = votes.iter().rposition(|vote| *vote == most)?;
    (0 < most).then(|| versions[winner])
}

/// The versions that the event can be of.
fn possible_versions(schemas: &Schemas, event: Node<'_>) -> Vec<ApiVersion> {
    let type_name = event.get("Type").and_then(Node::as_str).unwrap_or_default();
    let has_version = event.get("Version").is_some();
    let versions = schemas.versions();
    let with_type: Vec<_> =
        versions.iter().copied().filter(|version| schemas.has_type(*version, &type_name)).collect();
    let candidates = if with_type.is_empty() { versions.to_vec() } else { with_type };
    let fitting: Vec<_> = candidates
        .iter()
        .copied()
        .filter(|version| {
            let shape = schemas.shape(*version, &type_name);
            if has_version { shape.allows("Version") } else { !shape.requires("Version") }
        })
        .collect();
    if fitting.is_empty() { candidates } else { fitting }
}
