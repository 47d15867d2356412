//! The arguments of `contrail replay`.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::Args;
use contrail_replay::Fault;

use super::{
    http::HttpArgs,
    recording::{CHANGES, RecordingArgs, TIMING},
    times::{Condition, OnLagChoice, Span},
    values::{ColorChoice, KeysChoice},
};

const EXAMPLES: &str = "\
Examples:
  contrail replay day.jsonl                             as it happened, to standard output
  contrail replay day.jsonl --speed 60                  an hour in a minute
  contrail replay day.jsonl --speed max -o events.jsonl as fast as it can be read, to a file
  contrail replay day.jsonl --max-gap 5s --restamp now  quiet hours cut short, with the times of today
  contrail replay day.jsonl --post https://example.com/hook
                                                        each event as the body of a request
  contrail replay day.jsonl --dry-run                   what would happen, and how long it would take
  contrail replay day.jsonl --fail-on 'p99_lag>5ms'     exit with 5 if the timing was not good enough
  contrail replay day.jsonl --fault drop,p=0.01         one event in a hundred is lost

Times are RFC 3339 (2018-05-19T13:23:44Z) or an offset from the first event (+5m).
Spans are numbers with a unit: 250ms, 5s, 1h30m, 2days.

Exit codes:
    0  everything was replayed
    2  the arguments cannot be used
    3  something could not be read
    4  the events could not be delivered
    5  a condition of --fail-on holds, or --on-lag fail ended the replay
  130  interrupted by Ctrl-C";

/// Lines are so short that they are not wrapped.
const FAULT_HELP: &str = "\
Plant a fault; may be given several times

A fault is a kind and its settings:
  drop,p=0.01                           events are lost
  duplicate,p=0.01,after=2s             events come again; at once without `after`
  delay,p=0.1,fixed=5s                  events leave later, all by as much
  delay,p=0.1,uniform=1s..5s            ... by anything between two spans
  delay,p=0.1,lognormal=200ms:0.5       ... mostly by little (median:deviation of the log)
  reorder,p=0.05,window=10              events leave behind up to so many later ones
  skew,by=23s,device=Fridge             the clock of a device is ahead, or behind (by=-5s)
  offline,at=+10m,for=5m,device=Fridge  a device is offline, then sends all at once

p is the share of events that are hit: 0 for none, 1 for all; without it, all are. Each
fault can be limited by device=NAME and type=NAME, also several or !NAME for all others,
and by from=TIME|+SPAN and to=TIME|+SPAN. In a name, \\, stands for a comma.

Delays are on the schedule: 5s are half a second at --speed 10. Which events are hit
depends on --seed, the recording and the kind of fault, and not on the speed, on filters
or on faults of other kinds. skew changes all times in an event but ReceivedTime; other
faults leave the bytes of events as they are.";

/// The arguments of `contrail replay`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) recording: RecordingArgs,

    /// What to do when events cannot leave in time
    #[arg(long, value_enum, default_value_t, value_name = "POLICY", help_heading = TIMING)]
    pub(crate) on_lag: OnLagChoice,

    /// From which lag on an event is late
    #[arg(long, default_value = "10ms", value_name = "SPAN", help_heading = TIMING)]
    pub(crate) late: Span,

    /// Wait for the SPACE key before the first event
    #[arg(long, help_heading = TIMING)]
    pub(crate) start_paused: bool,

    /// When to take keys, such as SPACE to pause and ? for help
    ///
    /// auto takes them on a terminal, unless events go to a pipe: what is behind it, such as less,
    /// may want the keys for itself.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = TIMING)]
    pub(crate) keys: KeysChoice,

    /// Plant a fault, such as drop,p=0.01 or delay,p=0.1,fixed=5s; may be given several times
    #[arg(long = "fault", value_name = "FAULT", long_help = FAULT_HELP, help_heading = CHANGES)]
    pub(crate) faults: Vec<Fault>,

    /// Write events to this file
    #[arg(long, short, value_name = "FILE", group = "place", help_heading = OUTPUT)]
    pub(crate) output: Option<PathBuf>,

    /// Write batches, as Get Events gives them, of at most so many events
    #[arg(long, value_name = "N", help_heading = OUTPUT)]
    pub(crate) batch: Option<NonZeroUsize>,

    /// Write each event on one line, also where it was recorded on several
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) compact: bool,

    /// Keep the state of the replay in this file; if it is there, go on from it
    ///
    /// A file gets every event once. With --post, events that were acknowledged after the state was
    /// written last are sent again.
    #[arg(long, value_name = "FILE", requires = "place", help_heading = OUTPUT)]
    pub(crate) checkpoint: Option<PathBuf>,

    /// Do not replay: print what would happen
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) dry_run: bool,

    /// Write the report as JSON to this file
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub(crate) report: Option<PathBuf>,

    /// Exit with 5 if this holds, such as `p99_lag>5ms`; may be given several times
    #[arg(long, value_name = "CONDITION", help_heading = OUTPUT)]
    pub(crate) fail_on: Vec<Condition>,

    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN", help_heading = OUTPUT)]
    pub(crate) color: ColorChoice,

    /// Print no report
    #[arg(long, short, help_heading = OUTPUT)]
    pub(crate) quiet: bool,

    #[command(flatten)]
    pub(crate) http: HttpArgs,
}

const OUTPUT: &str = "Output";
