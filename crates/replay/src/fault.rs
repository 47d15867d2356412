//! Faults that a replay plants: what goes wrong on the way of an event, how often, and for which.

mod fate;
mod faulty;
mod queue;
mod spec;

use std::{fmt, num::NonZeroU64};

use serde::Serialize;

use crate::{
    event::Event,
    filter::Filter,
    schedule::Bound,
    time::{Nanos, RecordingTime},
};

pub(crate) use fate::Lost;
pub(crate) use faulty::{Faulty, Tick};

/// A fault, read from a text such as `delay,p=0.1,fixed=5s,device=Fridge`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// How many of the events it hits, from 0 for none to 1 for all.
    pub probability: f64,
    /// Which events it can hit.
    pub scope: Scope,
    text: String,
}

/// Which events a fault can hit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// By type and by device.
    pub filter: Filter,
    /// From this time on.
    pub from: Option<Bound>,
    /// Before this time.
    pub to: Option<Bound>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// Events do not leave.
    Drop,
    /// Events leave a second time, so long after the first.
    Duplicate {
        /// How long after the first time.
        after: Nanos,
    },
    /// Events leave later.
    Delay(Delay),
    /// Events leave behind others that happened later.
    Reorder {
        /// By how many events of the recording at most.
        window: NonZeroU64,
    },
    /// The clocks of devices are wrong.
    Skew {
        /// By how much they are ahead.
        by: Nanos,
    },
    /// Devices are offline. What happens meanwhile leaves when they are back, together and in
    /// order.
    Offline {
        /// From when on.
        at: Bound,
        /// For how long, in recording time.
        lasts: Nanos,
    },
}

/// How much later an event leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// Always by as much.
    Fixed(Nanos),
    /// By anything between two spans, all as often.
    Uniform {
        /// The shortest.
        least: Nanos,
        /// The longest.
        most: Nanos,
    },
    /// Mostly by little, seldom by much, as networks do it.
    LogNormal {
        /// Half of the delays are shorter.
        median: Nanos,
        /// The deviation of the logarithm.
        sigma: f64,
    },
}

/// The faults of a replay.
#[derive(Clone, Debug)]
pub struct Faults {
    /// The faults.
    pub list: Vec<Fault>,
    /// Which of all possible choices are made.
    pub seed: u64,
    /// How many bytes of events are held at most. If delays want more, events leave too early.
    pub most_held: usize,
}

impl Faults {
    /// How many bytes of events are held unless told otherwise.
    pub const MOST_HELD: usize = 64 << 20;

    /// Whether the places of instants in events must be known.
    pub(crate) fn need_stamps(&self) -> bool {
        self.list.iter().any(|fault| matches!(fault.kind, FaultKind::Skew { .. }))
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self { list: Vec::new(), seed: 0, most_held: Self::MOST_HELD }
    }
}

/// What faults did to an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Which copy it is; 0 is the event itself.
    pub copy: u32,
    /// How much later it is due.
    pub delayed: Nanos,
    /// By how much the clock of its device is ahead.
    pub skew: Nanos,
}

/// How many events a fault touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultCount {
    /// The fault, as it was written.
    pub fault: String,
    /// The number of events.
    pub events: u64,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Scope {
    /// Whether an event of a recording that begins at `first` can be hit.
    fn takes(&self, event: &Event, first: RecordingTime) -> bool {
        Bound::enclose(self.from, self.to, event.time, first) && self.filter.takes(event)
    }
}

#[cfg(test)]
mod tests;
