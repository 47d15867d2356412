//! What the Jetstream API sends: events, batches, and the captures that hold them, with positions.
//!
//! This crate does no input or output, asks no clock and starts no thread.
//!
//! - [`Capture`] takes bytes in any framing and gives JSON values with their positions.
//! - [`Tree`] is one JSON value, read once; its [`Node`]s point into the text.
//! - [`Event`] and [`Batch`] are the typed forms, borrowed from the text.

mod batch;
mod canonical;
mod capture;
mod document;
mod error;
mod event;
mod excerpt;
mod fault;
mod field;
mod har;
mod json;
mod lexer;
mod pointers;
mod position;
mod shapes;
mod skim;
mod string_offsets;
mod timestamp;
mod tree;

pub use batch::Batch;
pub use canonical::{GUID_LENGTH, GuidNumber, INSTANT_LENGTH, InstantReader, instant};
pub use capture::{Capture, Damage, Element, Glance, Item, Next, Passage, Shortcut};
pub use document::DocumentKind;
pub use error::{DecodeError, DecodeErrorKind};
pub use event::{
    Aggregate, AliasAdded, AliasModified, AliasRemoved, BusinessProcess, CommandCompletion,
    CommandQueued, DeviceAdded, DeviceCredentialsAdded, DeviceCredentialsModified,
    DeviceCredentialsRemoved, DeviceModified, DeviceRemoved, Event, EventBody, Figure, Guid,
    Heartbeat, KeyValue, LogEntries, LogEntry, LogicalDeviceAdded, LogicalDeviceRemoved, Object,
    SensorReading, SensorReadings, Status,
};
pub use excerpt::Excerpt;
pub use fault::{Fault, FaultKind, Inside, Want};
pub use har::{HarEntry, har_entries};
pub use json::{Extra, Json, Text};
pub use lexer::{Lexer, string_ends};
pub use pointers::Pointers;
pub use position::{Locator, Position};
pub use shapes::{ShapeId, Shapes};
pub use skim::{SkimOptions, SkimmedEvent, SkimmedInstant, Skimmer, Span, characters_of};
pub use string_offsets::StringOffsets;
pub use timestamp::{NotATimestamp, TIME_PROPERTIES, Timestamp};
pub use tree::{Elements, Kind, MAX_DEPTH, Member, Members, Node, Tree, push_token, unescape};
