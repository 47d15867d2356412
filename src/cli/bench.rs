//! The arguments of `contrail bench`.

use std::{num::NonZeroU32, path::PathBuf, str::FromStr};

use clap::{Args, ValueEnum};
use contrail_validate::VersionChoice;
use serde::{Deserialize, Serialize};

use super::{
    times::Span,
    values::{ColorChoice, ReportTarget, TextOrJson},
};
use crate::commands::stage_names;

const EXAMPLES: &str = "\
Examples:
  contrail bench dump.jsonl.zst                         what this machine does with my dump
  contrail bench --stages read,validate-fast captures/  two stages, every capture below
  contrail generate --events 300k | contrail bench -    without a dump
  contrail bench --stream huge.jsonl.gz                 a dump that is larger than memory
  contrail bench --report json=before.json dump.jsonl   keep the figures
  contrail bench --compare before.json dump.jsonl       and hold later ones against them
  contrail bench --compare before.json --compare-by ratio dump.jsonl
                                                        on another machine

What the rows mean, and what they do not: docs/bench.md.

Exit codes:
    0  all was measured, and nothing is slower than --threshold allows
    1  a stage of Contrail is slower than --threshold allows
    2  the arguments cannot be used, or the runs cannot be compared
    3  something could not be read, or there was nothing to measure
  130  interrupted by Ctrl-C";

const STAGES_HELP: &str = "\
Measure these stages only, such as read,validate-fast [default: all]

Each works on the same bytes. `read` is left out where an input can be read only once.";

const STREAM_HELP: &str = "\
Read the files anew in every round, and hold about 64 MB of them

Otherwise everything is read into memory before anything is measured. Files of more than
2 GiB together, decompressed, are read anew without being asked for. What is measured is
the same: the clock stands still while the next part is read.";

/// The arguments of `contrail bench`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    /// Captures: files, directories (walked in sorted order), or `-` for standard input
    ///
    /// The same as for `contrail validate`. Files compressed with gzip or zstd are recognised by
    /// their content; all figures are of decompressed bytes.
    #[arg(value_name = "INPUT", required_unless_present = "output_schema")]
    pub(crate) inputs: Vec<PathBuf>,

    /// Measure these stages only, such as read,validate-fast [default: all]
    #[arg(long, value_name = "STAGE", value_delimiter = ',', value_parser = stage_names(), long_help = STAGES_HELP, help_heading = WHAT)]
    pub(crate) stages: Vec<String>,

    /// The API version that produced the captures: 2, 3, or auto to tell it by the events
    #[arg(long, default_value = "auto", value_name = "VERSION", help_heading = WHAT)]
    pub(crate) api_version: VersionChoice,

    /// Read the files anew in every round, and hold about 64 MB of them
    #[arg(long, long_help = STREAM_HELP, help_heading = WHAT)]
    pub(crate) stream: bool,

    /// How many runs each stage has at least
    ///
    /// A run repeats the stage until it has taken its part of --min-time. The stages take turns: a
    /// run of each, then the next run of each. So what else the machine does hits all alike.
    #[arg(long, default_value = "5", value_name = "N", help_heading = HOW_LONG)]
    pub(crate) min_runs: NonZeroU32,

    /// How long each stage is measured, about, such as 1s or 250ms
    #[arg(long, default_value = "1s", value_name = "SPAN", help_heading = HOW_LONG)]
    pub(crate) min_time: Span,

    /// How long each stage works before it is measured; at least once
    #[arg(long, default_value = "500ms", value_name = "SPAN", help_heading = HOW_LONG)]
    pub(crate) warm_up: Span,

    /// Hold the figures against those that an earlier run left in this file with --report json=FILE
    ///
    /// It has to be a run over the same bytes.
    #[arg(long, value_name = "FILE", help_heading = COMPARISON)]
    pub(crate) compare: Option<PathBuf>,

    /// By what runs are compared
    #[arg(long, value_enum, default_value_t, value_name = "FIGURE", requires = "compare", help_heading = COMPARISON)]
    pub(crate) compare_by: CompareBy,

    /// By how many per cent a stage may be slower before the exit code is 1
    ///
    /// Both the median and the fastest run have to be slower. Only Contrail's own stages count, not
    /// the limits of the machine and not the peers.
    #[arg(long, default_value = "10", value_name = "PERCENT", requires = "compare", help_heading = COMPARISON)]
    pub(crate) threshold: Percent,

    /// How figures are shown
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT", help_heading = OUTPUT)]
    pub(crate) output_format: TextOrJson,

    /// Write the figures to a file too, as text or json; may be given several times
    #[arg(long = "report", value_name = "FORMAT=PATH", help_heading = OUTPUT)]
    pub(crate) reports: Vec<ReportTarget<TextOrJson>>,

    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = OUTPUT)]
    pub(crate) color: ColorChoice,

    /// Show no progress bar
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) no_progress: bool,

    /// Print the JSON Schema of the JSON output, and end
    #[arg(long, exclusive = true, help_heading = OUTPUT)]
    pub(crate) output_schema: bool,
}

const WHAT: &str = "What is measured";
const HOW_LONG: &str = "How long";
const COMPARISON: &str = "Comparison";
const OUTPUT: &str = "Output";

/// By what runs are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CompareBy {
    /// MB/s, for runs on one machine
    #[default]
    Throughput,
    /// The ratio to `plain-loop`, for runs on different machines
    Ratio,
}

/// A part of a hundred.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Percent(pub(crate) f64);

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').unwrap_or(text).trim().parse().ok();
        let number = number.filter(|number| (0.0..100.0).contains(number));
        number.map(Self).ok_or_else(|| "want a percentage from 0 to below 100".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_a_sign_or_none() {
        for (text, want) in [("10", Some(10.0)), ("2.5%", Some(2.5)), ("0", Some(0.0))] {
            assert_eq!(text.parse::<Percent>().ok().map(|it| it.0), want, "{text}");
        }
        for text in ["", "-1", "100", "ten", "NaN", "inf"] {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
    }
}
