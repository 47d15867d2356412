//! The arguments about recordings: those that all commands share that play them.

use std::path::PathBuf;

use clap::Args;
use contrail_replay::{Faults, READ_AHEAD, Ratio, Speed};

use super::times::{BoundText, LoopCount, OrderChoice, RestampChoice, Span, parse_rate};

/// Which recordings, how fast, which of their events, and with which changes.
#[derive(Debug, Args)]
pub(crate) struct RecordingArgs {
    /// Files, directories, or - for standard input
    ///
    /// The same captures as `validate` reads. Several are merged in the order of time.
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<PathBuf>,

    /// How fast: a factor such as 60, 0.5 or 1/2, or max for no waiting
    #[arg(long, short, default_value = "1", value_name = "N|N/M|max", help_heading = TIMING)]
    pub(crate) speed: Speed,

    /// So many events a second, whatever was recorded
    #[arg(long, value_name = "N/s", value_parser = parse_rate, conflicts_with_all = ["max_gap", "max_wait", "speed"], help_heading = TIMING)]
    pub(crate) rate: Option<Ratio>,

    /// No gap between two events lasts longer than this, in recording time
    #[arg(long, value_name = "SPAN", help_heading = TIMING)]
    pub(crate) max_gap: Option<Span>,

    /// No gap between two events lasts longer than this on the clock, at the speed of the start
    #[arg(long, value_name = "SPAN", help_heading = TIMING)]
    pub(crate) max_wait: Option<Span>,

    /// Replay the recording so many times; without a number, until it is ended
    #[arg(long = "loop", value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "endless", help_heading = TIMING)]
    pub(crate) rounds: Option<LoopCount>,

    /// Begin here, included
    #[arg(long, value_name = "TIME|+SPAN", help_heading = SELECTION)]
    pub(crate) start: Option<BoundText>,

    /// End here, excluded
    #[arg(long, value_name = "TIME|+SPAN", help_heading = SELECTION)]
    pub(crate) end: Option<BoundText>,

    /// Replay so much of the recording
    #[arg(long, value_name = "SPAN", help_heading = SELECTION)]
    pub(crate) duration: Option<Span>,

    /// Replay at most so many events; those that --fault drops count, and its copies do not
    #[arg(long, value_name = "N", help_heading = SELECTION)]
    pub(crate) limit: Option<u64>,

    /// Only events of this device, or with ! none of this device; may be given several times
    #[arg(long = "device", value_name = "[!]DEVICE", help_heading = SELECTION)]
    pub(crate) devices: Vec<String>,

    /// Only events of this type, or with ! none of this type; may be given several times
    #[arg(long = "type", value_name = "[!]TYPE", help_heading = SELECTION)]
    pub(crate) types: Vec<String>,

    /// The time that events are ordered and paced by
    #[arg(long, value_enum, default_value_t, value_name = "TIME", help_heading = SELECTION)]
    pub(crate) order_by: OrderChoice,

    /// How many bytes of events are held at most, to put them in order
    #[arg(long, default_value_t = READ_AHEAD, value_name = "BYTES", help_heading = SELECTION)]
    pub(crate) read_ahead: usize,

    /// What is done to the times in events
    #[arg(long, value_enum, default_value_t, value_name = "POLICY", help_heading = CHANGES)]
    pub(crate) restamp: RestampChoice,

    /// Let times in events be in the future, which --restamp shift makes of them at speeds over 1
    #[arg(long, help_heading = CHANGES)]
    pub(crate) allow_future: bool,

    /// Give events a new `EventId` in every round but the first
    #[arg(long, help_heading = CHANGES)]
    pub(crate) new_ids: bool,

    /// The seed of everything that looks random
    #[arg(long, default_value_t = 0, value_name = "N", help_heading = CHANGES)]
    pub(crate) seed: u64,

    /// How many bytes of events --fault holds at most; if delays want more, events leave too early
    #[arg(long, default_value_t = Faults::MOST_HELD, value_name = "BYTES", help_heading = CHANGES)]
    pub(crate) fault_memory: usize,
}

pub(super) const TIMING: &str = "Timing";
const SELECTION: &str = "Selection";
pub(super) const CHANGES: &str = "Changes";
