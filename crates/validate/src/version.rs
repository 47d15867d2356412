//! Which version of the API produced a document.

use std::{fmt, str::FromStr};

use contrail_model::Node;
use serde::Deserialize;

use crate::{event::EventSigns, schemas::Schemas};

/// A version of the Jetstream API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
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
    events: impl Iterator<Item = EventSigns<'t>>,
) -> Option<ApiVersion> {
    let versions = schemas.versions();
    let mut votes = vec![0_u64; versions.len()];
    for event in events {
        let type_name = event.type_name.and_then(Node::as_str).unwrap_or_default();
        let possible = schemas.possible(&type_name, event.means_version);
        if possible.contains(&false) {
            for (vote, possible) in votes.iter_mut().zip(possible) {
                *vote += u64::from(*possible);
            }
        }
    }
    let most = *votes.iter().max()?;
    let winner = votes.iter().rposition(|vote| *vote == most)?;
    (0 < most).then(|| versions[winner])
}

/// Marks the versions that an event of a type can be of; `means_version` tells whether it has a
/// `Version`, or a slip for it.
pub(crate) fn mark_possible(
    schemas: &Schemas,
    type_name: &str,
    means_version: bool,
    possible: &mut [bool],
) {
    let versions = schemas.versions();
    let known = versions.iter().any(|version| schemas.has_type(*version, type_name));
    let candidate = |version| !known || schemas.has_type(version, type_name);
    let fits = |version| {
        let shape = schemas.shape(version, type_name);
        if means_version { shape.allows("Version") } else { !shape.requires("Version") }
    };
    for (possible, version) in possible.iter_mut().zip(versions) {
        *possible = candidate(*version) && fits(*version);
    }
    if !possible.contains(&true) {
        for (possible, version) in possible.iter_mut().zip(versions) {
            *possible = candidate(*version);
        }
    }
}
