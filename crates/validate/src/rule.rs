//! Every rule, once: what it is called, what it means, and how it is explained.

pub(crate) mod batch;
pub(crate) mod command;
pub(crate) mod event;
pub(crate) mod input;
pub(crate) mod schema;
pub(crate) mod tag;
pub(crate) mod time;
pub(crate) mod version;

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Probably wrong.
    Warning,
    /// Wrong.
    Error,
}

impl Severity {
    /// All severities, the mildest first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// The name in the JSON output and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no severity: want error, warning or info"))
    }
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Whether the bytes are JSON documents of this API.
    Input,
    /// Whether documents follow the JSON Schemas.
    Schema,
    /// What type of event an event is.
    Event,
    /// What an API version added, replaced, renamed and removed.
    Version,
    /// What holds across the events of a batch, and across batches.
    Batch,
    /// The times of an event.
    Time,
    /// The two events of a command.
    Command,
    /// Lists of EPCs.
    Tag,
}

impl Family {
    /// All families, in the order of the checks.
    pub const ALL: [Self; 8] = [
        Self::Input,
        Self::Schema,
        Self::Event,
        Self::Version,
        Self::Batch,
        Self::Time,
        Self::Command,
        Self::Tag,
    ];

    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Schema => "schema",
            Self::Event => "event",
            Self::Version => "version",
            Self::Batch => "batch",
            Self::Time => "time",
            Self::Command => "command",
            Self::Tag => "tag",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// One kind of defect.
#[derive(Debug)]
pub struct Rule {
    /// The stable name, in kebab-case. It is never renamed and never used for anything else.
    pub name: &'static str,
    /// What it is about.
    pub family: Family,
    /// How bad a finding is unless the user says otherwise.
    pub severity: Severity,
    /// How bad it is with `--strict`.
    pub strict_severity: Severity,
    /// The version of Contrail that brought it.
    pub since: &'static str,
    /// What it finds, in one sentence.
    pub summary: &'static str,
    /// What it does and why it matters.
    pub explanation: &'static str,
    /// A document with the defect.
    pub invalid: Example,
    /// The same without it.
    pub valid: Example,
    /// Where the API's documentation says so.
    pub evidence: &'static str,
}

impl Rule {
    /// The rule of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        RULES.iter().copied().find(|rule| rule.name == name)
    }

    /// Its place in [`RULES`].
    pub fn index(&self) -> usize {
        RULES
            .iter()
            .position(|rule| std::ptr::eq(*rule, self) || rule.name == self.name)
            .expect("every rule stands in the table")
    }
}

/// A document that shows a rule.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// The document as it is.
    Literal(&'static [u8]),
    /// A document that is too long to be shown.
    Made {
        /// What a person is shown of it.
        shown: &'static str,
        /// Makes it.
        make: fn() -> Vec<u8>,
    },
}

impl Example {
    /// The whole document.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Literal(bytes) => bytes.to_vec(),
            Self::Made { make, .. } => make(),
        }
    }

    /// What a person is shown: without the white space around its lines.
    pub fn shown(self) -> String {
        match self {
            Self::Literal(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                let lines: Vec<_> = text.trim_end().lines().map(str::trim).collect();
                lines.join("\n")
            }
            Self::Made { shown, .. } => shown.to_owned(),
        }
    }
}

/// All rules, by family.
pub static RULES: &[&Rule] = &[
    &input::NOT_JSON,
    &input::TRUNCATED,
    &input::INVALID_UTF8,
    &input::TOO_DEEP,
    &input::UNRECOGNISED_DOCUMENT,
    &input::DUPLICATE_KEY,
    &input::BYTE_ORDER_MARK,
    &schema::MISSING_PROPERTY,
    &schema::UNKNOWN_PROPERTY,
    &schema::WRONG_TYPE,
    &schema::BAD_FORMAT,
    &schema::VALUE_NOT_ALLOWED,
    &schema::CONSTRAINT_VIOLATED,
    &event::UNKNOWN_EVENT_TYPE,
    &event::EVENT_TYPE_CASE,
    &version::MISSING_VERSION,
    &version::UNEXPECTED_VERSION,
    &version::VERSION_BEFORE_V3,
    &version::MIXED_VERSIONS,
    &version::EVENT_ADDED_LATER,
    &version::EVENT_REPLACED,
    &version::EVENT_REMOVED,
    &version::COMMAND_REPLACED,
    &version::COMMAND_REMOVED,
    &version::PROPERTY_ADDED_LATER,
    &version::PROPERTY_RENAMED,
    &version::URI_VERSION_MISMATCH,
    &batch::COUNT_MISMATCH,
    &batch::BATCH_TOO_LARGE,
    &batch::DUPLICATE_EVENT_ID,
    &batch::CONFLICTING_REDELIVERY,
    &batch::EVENTS_OUT_OF_ORDER,
    &time::RECEIVED_BEFORE_EVENT,
    &time::FRACTIONAL_SECONDS,
    &command::COMPLETION_WITHOUT_QUEUED,
    &command::QUEUED_WITHOUT_COMPLETION,
    &command::COMMAND_MISMATCH,
    &tag::EPC_ADDED_AND_REMOVED,
    &tag::DUPLICATE_EPC,
];

/// An example of one or several pieces of text.
macro_rules! literal {
    ($($text:literal)*) => {
        crate::rule::Example::Literal(concat!($($text),*).as_bytes())
    };
}
pub(crate) use literal;

#[cfg(test)]
mod tests;
