//! What the options take.

use std::{fmt, num::NonZeroUsize, path::PathBuf, str::FromStr, thread};

use clap::ValueEnum;
use contrail_validate::Severity;
use serde::Deserialize;

/// How findings are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people, with the piece of the line
    #[default]
    Text,
    /// One JSON object with all findings and a summary
    Json,
    /// A JSON object a line, one for each finding
    Ndjson,
    /// SARIF 2.1.0, for code scanning; the 5,000 most severe findings, the others counted by rule
    Sarif,
    /// JUnit XML: a suite a capture, a test case a rule that was broken in it
    Junit,
    /// Annotations of GitHub Actions: ten of each level, the others counted by rule
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
}

impl OutputFormat {
    /// Whether the summary line is a part of the output, so that nobody need be told it besides.
    pub(crate) fn has_summary_line(self) -> bool {
        matches!(self, Self::Text | Self::Github)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RulesFormat {
    /// A table for people
    #[default]
    Text,
    /// JSON, with all that `explain` tells
    Json,
    /// A page of documentation, with all that `explain` tells
    Markdown,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For people
    #[default]
    Text,
    /// JSON
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeysChoice {
    /// On a terminal, unless events go to a pipe
    #[default]
    Auto,
    /// Also where events go to a pipe
    Always,
    /// Never
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// All findings
    Info,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Error => Self::Error,
            Level::Warning => Self::Warning,
            Level::Info => Self::Info,
        }
    }
}

/// More threads than this help nobody.
const MOST_JOBS: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not 0");

/// How many captures are read at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum JobCount {
    /// One for each processor.
    #[default]
    Auto,
    /// So many.
    Fixed(NonZeroUsize),
}

impl JobCount {
    /// The number on this machine.
    pub(crate) fn get(self) -> NonZeroUsize {
        match self {
            Self::Auto => thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            Self::Fixed(count) => count.min(MOST_JOBS),
        }
    }
}

impl fmt::Display for JobCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Fixed(count) => count.fmt(formatter),
        }
    }
}

impl FromStr for JobCount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            _ => text
                .parse()
                .map(Self::Fixed)
                .map_err(|_| "want a number from 1, or auto".to_owned()),
        }
    }
}

/// A file that the output is written to.
#[derive(Clone, Debug)]
pub(crate) struct ReportTarget<F = OutputFormat> {
    pub(crate) format: F,
    pub(crate) path: PathBuf,
}

impl<F: ValueEnum> FromStr for ReportTarget<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("want FORMAT=PATH, such as json=contrail.json")?;
        let format = F::from_str(format, false).map_err(|_| unknown_format::<F>(format))?;
        match path {
            "" => Err("the path is empty".to_owned()),
            "-" => Err("a report is a file; --output-format is for standard output".to_owned()),
            path => Ok(Self { format, path: path.into() }),
        }
    }
}

fn unknown_format<F: ValueEnum>(format: &str) -> String {
    let known: Vec<_> = F::value_variants()
        .iter()
        .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
        .collect();
    format!("`{format}` is no format: want one of {}", known.join(", "))
}

/// A rule and the severity that it is to have.
#[derive(Clone, Debug)]
pub(crate) struct RuleLevel {
    pub(crate) rule: String,
    pub(crate) severity: Severity,
}

impl FromStr for RuleLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rule, level) =
            text.split_once('=').ok_or("want RULE=LEVEL, such as unknown-property=error")?;
        Ok(Self { rule: rule.to_owned(), severity: level.parse()? })
    }
}
