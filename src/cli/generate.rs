//! The arguments of `contrail generate`.

use std::{num::NonZeroU32, path::PathBuf, str::FromStr};

use chrono::DateTime;
use clap::{Args, ValueEnum, builder::TypedValueParser as _};
use contrail_replay::{
    RecordingTime,
    synthetic::{Framing, Version},
};

use super::times::Span;

const EXAMPLES: &str = "\
Examples:
  contrail generate                                     a day of 10 devices: 10,000 events
  contrail generate --events 50m -o load.jsonl.zst      a recording of any size, compressed
  contrail generate --devices 400 --duration 7days      a week of a hospital
  contrail generate --framing lines | contrail replay - --speed 60
                                                        something to replay
  contrail generate --mix HeartbeatEvent=0,AggregateEvent=500
                                                        no heartbeats, and doors that open often
  contrail generate --defects bad-format=0.001 --truth truth.jsonl -o bad.jsonl
                                                        with defects, and a list of where they are

The same options give the same bytes. A recording has no finding but those of --defects:
  contrail generate | contrail validate --fail-on info -

Exit codes:
    0  all was written
    2  the arguments cannot be used
    3  something could not be written
  130  interrupted by Ctrl-C";

const DEFECTS_HELP: &str = "\
Break a rule so often, such as count-mismatch=0.01; may be given several times

The rate is a share from 0 to 1: of events, or for the rules of the families input and
batch, of documents. A defect gives one finding of one rule. An event has one at most, and
a batch with a defect of its own has no others. What a defect needs, such as an event of a
certain type or a command, comes with it; where it has to wait for that, it is planted a
little later. mixed-versions is told once for a capture, and so is planted once.

Which rules can be broken depends on --api-version and --framing: a rule that cannot be is
refused with the list of those that can.";

/// The arguments of `contrail generate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GenerateArgs {
    /// How many events, such as 10000, 20k or 5m
    ///
    /// By default as many as the devices make in the duration; without a duration, 10,000.
    #[arg(long, value_name = "N", help_heading = SIZE)]
    pub(crate) events: Option<Amount>,

    /// How many devices
    #[arg(long, default_value = "10", value_name = "N", help_heading = SIZE)]
    pub(crate) devices: Amount,

    /// How long the recording lasts, such as 8h or 7days
    ///
    /// By default as long as the devices take for so many events, each for 1,000 a day: at most 30
    /// days.
    #[arg(long, value_name = "SPAN", help_heading = SIZE)]
    pub(crate) duration: Option<Span>,

    /// When it begins
    #[arg(long, default_value = "2018-05-19T06:00:00Z", value_name = "TIME", help_heading = SIZE)]
    pub(crate) start: StartTime,

    /// The API version that it is of
    #[arg(long, default_value = "3", value_name = "VERSION", value_parser = version(), help_heading = CONTENT)]
    pub(crate) api_version: Version,

    /// How often a type of event is made, against the others; 0 leaves it out
    ///
    /// A completion comes for each command that is queued, so `CommandCompletionEvent` has no weight.
    /// A device works at one command at a time.
    #[arg(long, value_name = "TYPE=WEIGHT", value_delimiter = ',', help_heading = CONTENT)]
    pub(crate) mix: Vec<Weight>,

    /// Break a rule so often, such as count-mismatch=0.01; may be given several times
    #[arg(long, value_name = "RULE=RATE", value_delimiter = ',', long_help = DEFECTS_HELP, help_heading = CONTENT)]
    pub(crate) defects: Vec<Rate>,

    /// Write what was planted where to this file: a JSON object a line, in the order of the bytes
    #[arg(long, value_name = "FILE", requires = "defects", help_heading = OUTPUT)]
    pub(crate) truth: Option<PathBuf>,

    /// The seed of everything that looks random
    #[arg(long, default_value_t = 0, value_name = "N", help_heading = CONTENT)]
    pub(crate) seed: u64,

    /// How events are put together
    #[arg(long, value_enum, default_value_t, value_name = "FRAMING", help_heading = OUTPUT)]
    pub(crate) framing: FramingChoice,

    /// How many events a batch has
    #[arg(long, default_value = "100", value_name = "N", help_heading = OUTPUT)]
    pub(crate) batch: NonZeroU32,

    /// Write to this file; an ending .gz or .zst compresses it
    #[arg(long, short, value_name = "FILE", help_heading = OUTPUT)]
    pub(crate) output: Option<PathBuf>,

    /// How the output is compressed [default: by the ending of --output]
    #[arg(long, value_enum, value_name = "HOW", help_heading = OUTPUT)]
    pub(crate) compress: Option<Compression>,

    /// Print no summary
    #[arg(long, short, help_heading = OUTPUT)]
    pub(crate) quiet: bool,

    /// Show no progress bar
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) no_progress: bool,
}

const SIZE: &str = "Size";
const CONTENT: &str = "Content";
const OUTPUT: &str = "Output";

fn version() -> impl clap::builder::TypedValueParser<Value = Version> {
    clap::builder::PossibleValuesParser::new(["2", "3"])
        .map(|text| if text == "2" { Version::V2 } else { Version::V3 })
}

/// A number, in thousands or millions if it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) u64);

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (digits, unit) = match text.to_ascii_lowercase().strip_suffix(['k', 'm', 'g']) {
            None => (text.to_owned(), 1),
            Some(digits) => {
                let unit = match text.as_bytes()[digits.len()].to_ascii_lowercase() {
                    b'k' => 1_000,
                    b'm' => 1_000_000,
                    _ => 1_000_000_000,
                };
                (digits.to_owned(), unit)
            }
        };
        let number: Option<u64> = digits.replace('_', "").parse().ok();
        let number = number.and_then(|number| number.checked_mul(unit));
        number.map(Self).ok_or_else(|| "want a number such as 10000, 20k or 5m".to_owned())
    }
}

/// A time in the calendar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StartTime(pub(crate) RecordingTime);

impl FromStr for StartTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        DateTime::parse_from_rfc3339(text)
            .map(|time| Self(time.to_utc().into()))
            .map_err(|_| "want a time such as 2018-05-19T06:00:00Z".to_owned())
    }
}

/// A type of event and how often it is made.
#[derive(Clone, Debug)]
pub(crate) struct Weight {
    pub(crate) type_name: String,
    pub(crate) weight: u32,
}

impl FromStr for Weight {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, weight) =
            text.split_once('=').ok_or("want TYPE=WEIGHT, such as HeartbeatEvent=5")?;
        let weight = weight.parse().map_err(|_| "want a whole number as the weight".to_owned())?;
        Ok(Self { type_name: name.trim().to_owned(), weight })
    }
}

/// A rule and how often it is broken.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    pub(crate) rule: String,
    pub(crate) rate: f64,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rule, rate) =
            text.split_once('=').ok_or("want RULE=RATE, such as count-mismatch=0.01")?;
        let rate = rate.parse().map_err(|_| "want a number from 0 to 1 as the rate".to_owned())?;
        Ok(Self { rule: rule.trim().to_owned(), rate })
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum FramingChoice {
    /// A batch a line
    #[default]
    Batches,
    /// An event a line
    Lines,
    /// One array of events
    Array,
    /// Batches one behind the other, with nothing between them
    Documents,
    /// Batches one behind the other, each over many lines
    Pretty,
}

impl From<FramingChoice> for Framing {
    fn from(choice: FramingChoice) -> Self {
        match choice {
            FramingChoice::Batches => Self::Batches,
            FramingChoice::Lines => Self::Lines,
            FramingChoice::Array => Self::Array,
            FramingChoice::Documents => Self::Documents,
            FramingChoice::Pretty => Self::Pretty,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compression {
    /// Not at all
    None,
    /// gzip
    Gz,
    /// Zstandard
    Zst,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read() {
        for (text, want) in
            [("7", Some(7)), ("20k", Some(20_000)), ("5M", Some(5_000_000)), ("1_000", Some(1_000))]
        {
            assert_eq!(text.parse::<Amount>().ok().map(|amount| amount.0), want, "{text}");
        }
        for text in ["", "k", "-1", "99999999999g"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }
}
