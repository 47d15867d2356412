//! Events alone, or put together into batches.

use std::{io::Write as _, mem, num::NonZeroUsize};

use contrail_replay::{Chance, Key, Leaver, WallTime};

/// In what shape events are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The most events of a batch; without it, events stand alone.
    pub(crate) batch: Option<NonZeroUsize>,
    /// Whether each is brought to one line.
    pub(crate) is_compact: bool,
    /// What the ids of batches are made of.
    pub(crate) chance: Chance,
}

/// What leaves in one piece: an event, or a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    /// How many events it holds.
    pub(super) events: u64,
    /// The last of them, and when it was due.
    pub(super) last: (Key, WallTime),
}

/// Makes parcels of events.
#[derive(Debug)]
pub(super) struct Batches {
    shape: Shape,
    /// The events of a batch that is not full yet.
    held: Vec<u8>,
    held_events: u64,
    held_last: Option<(Key, WallTime)>,
}

impl Batches {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, held: Vec::new(), held_events: 0, held_last: None }
    }

    /// Whether each event leaves alone, with its text as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.shape.batch.is_none() && !self.shape.is_compact
    }

    /// The most events of a parcel.
    pub(super) fn most(&self) -> usize {
        self.shape.batch.map_or(1, NonZeroUsize::get)
    }

    /// Takes an event, and writes the parcel that is complete with it.
    pub(super) fn add(&mut self, leaver: Leaver<'_>, out: &mut Vec<u8>) -> Option<Parcel> {
        let last = (leaver.key, leaver.due);
        let Some(most) = self.shape.batch else {
            write_event(leaver.text, self.shape.is_compact, out);
            return Some(Parcel { events: 1, last });
        };
        if 0 < self.held_events {
            self.held.push(b',');
        }
        write_event(leaver.text, self.shape.is_compact, &mut self.held);
        self.held_events += 1;
        self.held_last = Some(last);
        let is_full = self.held_events == most.get() as u64;
        if is_full || leaver.ends_group { self.close(out) } else { None }
    }

    /// Writes a batch of the events that are held, as Get Events answers.
    pub(super) fn close(&mut self, out: &mut Vec<u8>) -> Option<Parcel> {
        let last = self.held_last.take()?;
        let events = mem::take(&mut self.held_events);
        let Key { round, index, copy, .. } = last.0;
        let id = self.shape.chance.named(b"batch").of(round).of(index);
        // A copy may end a batch as its original did.
        let id = if copy == 0 { id } else { id.of(copy.into()) }.guid();
        out.extend_from_slice(b"{\"BatchId\":\"");
        out.extend_from_slice(&id);
        // Writing to a vector does not fail.
        let _ = write!(out, "\",\"Count\":{events},\"Events\":[");
        out.append(&mut self.held);
        out.extend_from_slice(b"]}");
        Some(Parcel { events, last })
    }
}

fn write_event(text: &[u8], is_compact: bool, out: &mut Vec<u8>) {
    if is_compact {
        push_compact(text, out);
    } else {
        out.extend_from_slice(text);
    }
}

/// Copies JSON without the white space between its tokens.
fn push_compact(text: &[u8], out: &mut Vec<u8>) {
    let (mut in_string, mut is_escaped) = (false, false);
    for &byte in text {
        if in_string {
            in_string = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
        } else if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            continue;
        } else {
            in_string = byte == b'"';
        }
        out.push(byte);
    }
}
