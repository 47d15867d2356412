//! A recording and a clock in, events out at the right time.
//!
//! The engine does no input or output of its own and never sleeps: it reads what it is given
//! ([`Open`]), says which event is due when ([`Schedule`]), and, asked at an instant of a clock,
//! which events are to leave by now ([`Player`]). Only [`clock`] asks the time.

mod chance;
pub mod clock;
mod event;
mod fault;
mod fault_text;
mod filter;
mod http_fault;
mod input;
mod lag;
mod merge;
mod parser;
mod place;
mod plan;
mod player;
mod push;
#[cfg(test)]
mod recorded;
mod restamp;
mod schedule;
pub mod server;
mod slab;
mod speed;
mod stand_in;
pub mod synthetic;
mod time;
mod time_map;

pub use chance::Chance;
pub use event::{Event, OrderBy, Stamp, ToldBy};
pub use fault::{Delay, Effect, Fault, FaultCount, FaultKind, Faults, Scope};
pub use filter::{Filter, Selection};
pub use http_fault::{Asked, HttpFault, HttpFaultCount, HttpFaultKind, HttpFaults, HttpScope};
pub use input::{HarBody, Open, Problem, READ_AHEAD, ReadOptions};
pub use lag::{Lag, LagSummary, Moment};
pub use merge::OrderCounts;
pub use plan::{Gap, Plan};
pub use player::{Due, Player, SeekError, SeekTo, State};
pub use push::{
    Command, Delivered, Departing, Key, Leaver, Notice, OnLag, Push, PushOptions, Pushed, Sink,
    SinkError, Status,
};
pub use restamp::{Leaving, Restamp, Restamper};
pub use schedule::{Bound, Pace, Rounds, Schedule, ScheduleCounts, ScheduleOptions, Scheduled};
pub use speed::{Ratio, Speed};
pub use stand_in::{
    Arrival, Batch, BatchId, ClockKind, Deletion, Get, Note, Query, QueueCounts, QueueStatus,
    Refusal, Spill, StandIn, StandInOptions, StandInStatus, StartOn, Step, search,
};
pub use time::{Nanos, RecordingTime, ScheduleTime, WallTime, duration, parse_span};
pub use time_map::{Piece, TimeMap};
