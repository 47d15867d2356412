//! What was read, and how much was found in it.

use std::ops::{AddAssign, SubAssign};

use serde::Serialize;

use crate::{rule::Severity, version::ApiVersion};

/// The sums over one capture, or over several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Files with at least one document.
    pub files: u64,
    /// Documents, damaged ones included.
    pub documents: u64,
    /// Batches.
    pub batches: u64,
    /// Events.
    pub events: u64,
    /// Bytes, after decompression.
    pub bytes: u64,
    /// Findings by severity.
    pub findings: Severities,
    /// Batches, and events outside of batches, by the API version that they were checked against.
    pub api_versions: Vec<VersionCount>,
    /// Documents and elements that could not be checked: damaged, or neither batch nor event.
    pub unchecked: u64,
    /// Those of them that no finding tells of, because its rule is off.
    #[serde(skip)]
    pub unchecked_silently: u64,
    /// Events that fell out of the window of the rules across batches.
    pub forgotten: u64,
    /// Commands that fell out of it.
    pub forgotten_commands: u64,
    /// Entries of HAR documents.
    pub har_entries: u64,
    /// Those of them that are no Get Events response with a body.
    pub other_entries: u64,
}

/// Numbers of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Severities {
    /// Errors.
    pub error: u64,
    /// Warnings.
    pub warning: u64,
    /// Information.
    pub info: u64,
}

impl SubAssign for Severities {
    fn sub_assign(&mut self, less: Self) {
        self.error -= less.error;
        self.warning -= less.warning;
        self.info -= less.info;
    }
}

impl Severities {
    /// Counts one more.
    pub fn count(&mut self, severity: Severity) {
        *match severity {
            Severity::Error => &mut self.error,
            Severity::Warning => &mut self.warning,
            Severity::Info => &mut self.info,
        } += 1;
    }

    /// How many there are at or above a severity.
    pub fn at_least(self, severity: Severity) -> u64 {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.error + self.warning,
            Severity::Info => self.error + self.warning + self.info,
        }
    }
}

/// How many batches, and events outside of batches, were checked against an API version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct VersionCount {
    /// The API version.
    pub version: u8,
    /// How many.
    pub checked: u64,
    /// How many of them gave no sign of their version, so that this one was assumed.
    pub assumed: u64,
}

impl Summary {
    /// Counts a batch, or an event outside of one.
    pub(crate) fn count_version(&mut self, version: ApiVersion, assumed: bool) {
        self.add_version(VersionCount { version: version.0, checked: 1, assumed: assumed.into() });
    }

    fn add_version(&mut self, more: VersionCount) {
        match self.api_versions.binary_search_by_key(&more.version, |count| count.version) {
            Ok(at) => {
                self.api_versions[at].checked += more.checked;
                self.api_versions[at].assumed += more.assumed;
            }
            Err(at) => self.api_versions.insert(at, more),
        }
    }
}

impl AddAssign<&Self> for Summary {
    fn add_assign(&mut self, more: &Self) {
        self.files += more.files;
        self.documents += more.documents;
        self.batches += more.batches;
        self.events += more.events;
        self.bytes += more.bytes;
        self.findings.error += more.findings.error;
        self.findings.warning += more.findings.warning;
        self.findings.info += more.findings.info;
        self.forgotten += more.forgotten;
        self.forgotten_commands += more.forgotten_commands;
        self.unchecked += more.unchecked;
        self.unchecked_silently += more.unchecked_silently;
        for count in &more.api_versions {
            self.add_version(*count);
        }
        self.har_entries += more.har_entries;
        self.other_entries += more.other_entries;
    }
}
