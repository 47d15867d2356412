//! The arguments as the user types them.

use std::{num::NonZeroU64, path::PathBuf, str::FromStr};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use contrail_validate::{Severity, VersionChoice};
use serde::Deserialize;

const EXIT_CODES: &str = "\
Exit codes:
    0  everything was read, and nothing at or above the threshold was found
    1  findings
    2  the arguments or the configuration cannot be used
    3  something could not be read, or nothing was validated
  130  interrupted by Ctrl-C";

/// Validate captured dumps of Terso's Jetstream RFID device API.
#[derive(Debug, Parser)]
#[command(name = "contrail", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check captures against the JSON Schemas of their API version and the rules
    Validate(Box<ValidateArgs>),
    /// List the rules
    Rules(RulesArgs),
    /// Explain a rule: what it finds, why it matters, examples, evidence
    Explain(ExplainArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

const VALIDATE_EXAMPLES: &str = "\
Examples:
  contrail validate dump.json                      one response of Get Events, or many
  contrail validate captures/                      every capture below, plain, .gz or .zst
  curl ... | contrail validate -                   standard input
  contrail validate --fail-on warning dump.jsonl   fail on warnings too
  contrail validate --output-format ndjson d.json  a finding a line, for scripts
  contrail validate --report junit=out.xml d.json  text here, and a report in a file

Exit codes:
    0  everything was read, and nothing at or above the threshold was found
    1  findings
    2  the arguments or the configuration cannot be used
    3  something could not be read, or nothing was validated
  130  interrupted by Ctrl-C";

#[derive(Debug, Args)]
#[command(after_help = VALIDATE_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that the user may give")]
pub(crate) struct ValidateArgs {
    /// Captures: files, directories (walked in sorted order), or `-` for standard input
    ///
    /// A capture holds batches or events in any framing: one pretty-printed batch, a batch or an
    /// event a line, concatenated documents, or an array. Of a HAR export from a browser or a proxy the
    /// responses of Get Events are read. Files compressed with gzip or zstd are
    /// recognised by their content.
    #[arg(value_name = "INPUT", required_unless_present = "output_schema")]
    pub(crate) inputs: Vec<PathBuf>,

    /// How findings are shown
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output_format: OutputFormat,

    /// Write the findings to a file too, in any format; may be given several times
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub(crate) reports: Vec<ReportTarget>,

    /// The mildest severity that makes the exit code 1 [default: error]
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<Level>,

    /// Exit with 0 whatever is found; what could not be read is still 3
    #[arg(long)]
    pub(crate) exit_zero: bool,

    /// Check only these rules or families of rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) select: Vec<String>,

    /// Do not check these rules or families of rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    /// Change the severity of a rule or of a family of rules
    #[arg(long, value_name = "RULE=LEVEL", value_delimiter = ',')]
    pub(crate) severity: Vec<RuleLevel>,

    /// Make errors of what is tolerated because it may be newer than this program
    #[arg(long)]
    pub(crate) strict: bool,

    /// Stop at the first finding that makes the exit code 1
    #[arg(long)]
    pub(crate) fail_fast: bool,

    /// Stop after this many findings
    #[arg(long, value_name = "N")]
    pub(crate) max_findings: Option<NonZeroU64>,

    /// The API version that produced the captures: 2, 3, or auto to tell it by the events
    /// [default: auto]
    #[arg(long, value_name = "VERSION")]
    pub(crate) api_version: Option<VersionChoice>,

    /// Also tell what would break if the consumer of the captures moved to this API version
    #[arg(long, value_name = "VERSION")]
    pub(crate) target_version: Option<u8>,

    /// How many seconds an event may be received before it happened [default: 5]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_skew: Option<u32>,

    /// How many events the rules across batches remember [default: 50000]
    #[arg(long, value_name = "EVENTS")]
    pub(crate) window: Option<usize>,

    /// Use the JSON Schemas of this folder, laid out as `schemas/` of the project
    #[arg(long, value_name = "DIR")]
    pub(crate) schema_dir: Option<PathBuf>,

    /// Read the configuration from this file, not from the contrail.toml beside or above the input
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Hide the findings that this file lists
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Write all present findings to the file of --baseline
    #[arg(long)]
    pub(crate) update_baseline: bool,

    /// Put a hash in the place of values that may be private: devices, tags, users, credentials
    #[arg(long)]
    pub(crate) redact: bool,

    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: ColorChoice,

    /// Print nothing but findings and what could not be read
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Show no progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,

    /// Print the JSON Schema of the JSON output, and end
    #[arg(long, exclusive = true)]
    pub(crate) output_schema: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// How the rules are shown
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output_format: RulesFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The name of the rule, such as `count-mismatch`
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,

    /// How the rule is shown
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output_format: TextOrJson,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

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
    /// SARIF 2.1.0, for code scanning; the first 5,000 findings, the others counted by rule
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

/// A file that the findings are written to.
#[derive(Clone, Debug)]
pub(crate) struct ReportTarget {
    pub(crate) format: OutputFormat,
    pub(crate) path: PathBuf,
}

impl FromStr for ReportTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("want FORMAT=PATH, such as sarif=contrail.sarif")?;
        let format = OutputFormat::from_str(format, false).map_err(|_| unknown_format(format))?;
        match path {
            "" => Err("the path is empty".to_owned()),
            "-" => Err("a report is a file; --output-format is for standard output".to_owned()),
            path => Ok(Self { format, path: path.into() }),
        }
    }
}

fn unknown_format(format: &str) -> String {
    let known: Vec<_> = OutputFormat::value_variants()
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
