//! The arguments as the user types them.

mod bench;
mod generate;
mod http;
mod recording;
mod replay;
mod serve;
mod times;
mod values;

use std::{num::NonZeroU64, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use contrail_validate::VersionChoice;

pub(crate) use bench::{BenchArgs, CompareBy};
pub(crate) use generate::{Compression, GenerateArgs};
pub(crate) use http::HttpArgs;
pub(crate) use recording::RecordingArgs;
pub(crate) use replay::ReplayArgs;
pub(crate) use serve::{ServeArgs, ServeFault, StartChoice};
pub(crate) use times::Metric;
pub(crate) use values::{
    ColorChoice, JobCount, KeysChoice, Level, OutputFormat, ReportTarget, RuleLevel, RulesFormat,
    TextOrJson,
};

const EXIT_CODES: &str = "\
Exit codes:
    0  everything was read, and nothing at or above the threshold was found
    1  findings, or a benchmark that became slower
    2  the arguments or the configuration cannot be used
    3  something could not be read, or nothing was validated
    4  a replay could not deliver its events, or events that were served were lost
    5  the timing of a replay was not good enough
  130  interrupted by Ctrl-C";

/// Validate, replay, serve and benchmark captured dumps of Terso's Jetstream RFID device API.
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
    /// Replay recordings at scaled speed: events leave at the times when they happened
    Replay(Box<ReplayArgs>),
    /// Serve a recording as the Jetstream API: applications poll it instead of the cloud
    Serve(Box<ServeArgs>),
    /// Make a synthetic recording: of any size, always the same, with defects if you want them
    Generate(Box<GenerateArgs>),
    /// Measure how fast captures are read, decoded and validated on this machine
    Bench(Box<BenchArgs>),
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
    #[arg(value_name = "INPUT", required_unless_present_any = ["output_schema", "explain_plan"])]
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

    /// How many threads read; auto is one for each processor
    ///
    /// Several captures are read at once, and a single large one by all threads together. The output
    /// is the same for any number. With --fail-fast or --max-findings one thread reads one capture
    /// after the other.
    #[arg(long, default_value_t, value_name = "N|auto")]
    pub(crate) jobs: JobCount,

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

    /// Print what is not accepted by the fast path and why, and stop
    ///
    /// Whatever is sound is accepted while its bytes are read, by a plan that is compiled from the
    /// schemas. What the plan cannot know takes a slower path to the same findings: keywords of JSON
    /// Schema that it does not support in --schema-dir, or types that a rule speaks of.
    #[arg(long)]
    pub(crate) explain_plan: bool,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
