//! Recordings that were never recorded: realistic in shape, of any size, the same for the same seed.
//!
//! Devices are processes of their own, with heartbeats, doors that open, sensors, commands that are
//! completed minutes later, and times when they are offline and send all at once afterwards. What a
//! recording holds is valid by the schemas of its version and by every rule, but for the defects that
//! are asked for. Each of those breaks one rule at one place, which is told.
//!
//! The bytes depend on the [`Settings`] alone. Memory grows with the number of devices, not with that
//! of events.
//!
//! ```
//! use contrail_replay::synthetic::{Recording, Settings};
//!
//! let settings = Settings { events: 250, ..Settings::default() };
//! let mut recording = Recording::new(settings).unwrap();
//! let mut text = Vec::new();
//! while recording.write(&mut text) {}
//! assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 3);
//! ```

mod command;
mod defect;
mod fleet;
mod happening;
mod kind;
mod plant;
mod pretty;
mod settings;
mod text;
mod words;
mod write;

#[cfg(test)]
mod tests;

use std::mem;

use contrail_model::Position;
use serde::Serialize;

pub use defect::{Defects, plantable};
pub use kind::Mix;
pub use settings::{Framing, Settings, SettingsError, Version};

use crate::{chance::Chance, time::SECOND};
use command::{REMOVED, REPLACED, commands};
use defect::{Choice, OF_DOCUMENTS, OF_EVENTS, Rule, Scope};
use fleet::{Fleet, Model, Pending, Turn};
use kind::{Kind, Table};
use plant::{Event, Spot};
use write::{Called, Facts, Writer};

/// Devices beyond so many take no commands, so that those under way are a bounded number.
const MOST_COMMANDED: u32 = 20_000;

/// So many commands may be queued while one is under way.
const MOST_BETWEEN: u64 = 20_000;

/// So many defects wait for an event that they can be planted in.
const MOST_OWED: usize = 64;

/// A defect that was planted, at the place where a validator must find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planted {
    /// The name of the rule that is broken.
    pub rule: &'static str,
    /// The number of the document, from 1.
    pub document: u64,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1, in characters.
    pub column: u64,
    /// Bytes before the place, from 0.
    pub offset: u64,
    /// The JSON Pointer to it, from the document.
    pub pointer: String,
    /// The event that it lies in.
    pub event: Option<PlantedIn>,
}

/// The event that a defect lies in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlantedIn {
    /// Its index in its batch, or in the array that the recording is; from 0.
    pub index: Option<u64>,
    /// Its `Type`.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Its `EventId`.
    pub id: Option<String>,
}

/// A defect whose line is not known yet.
#[derive(Debug)]
struct Found {
    rule: Rule,
    /// Where it is in the piece that is being written.
    at: usize,
    document: u64,
    pointer: String,
    event: Option<PlantedIn>,
}

/// What is known of the document that is being written.
#[derive(Clone, Copy, Debug, Default)]
struct Document {
    /// What is wrong with it, or is to be.
    rule: Option<Rule>,
    /// How many events of it are written, and how many there will be.
    written: u64,
    events: u64,
    /// How many of its events speak for the version of the recording, less those for the other one.
    votes: i64,
    /// The number of the first event, if it is as it must be.
    first: Option<u64>,
    /// When the last event happened and was received, in seconds since 1970.
    last: (i64, i64),
}

/// A synthetic recording, written a piece at a time.
#[derive(Debug)]
pub struct Recording {
    settings: Settings,
    chance: Chance,
    writer: Writer,
    fleet: Fleet,
    /// All types; those without commands; those that devices send.
    kinds: [Table; 3],
    /// The start, in seconds since 1970.
    start: i64,
    /// The longest time that a command takes.
    most_delay: u64,
    /// Which defects events, and documents, have.
    of_events: Choice,
    of_documents: Choice,
    owed: Vec<Rule>,
    events: u64,
    documents: u64,
    /// Elements of the array that were written.
    elements: u64,
    /// Documents that can be read.
    sound: u64,
    /// Whether a document has shown the version of the recording.
    is_version_shown: bool,
    is_mixed: bool,
    /// The number of an event of an earlier document, to be delivered again.
    earlier: Option<u64>,
    document: Document,
    is_ended: bool,
    /// Where the next piece begins.
    position: Position,
    found: Vec<Found>,
    planted: Vec<Planted>,
    scratch: Vec<u8>,
}

impl Recording {
    /// A recording.
    ///
    /// # Errors
    ///
    /// If there is none with such settings.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let Settings { mix, version, defects, .. } = &settings;
        let is_command = |kind| matches!(kind, Kind::CommandQueued | Kind::CommandCompletion);
        let kinds = [
            Table::new(mix, *version, |_| true),
            Table::new(mix, *version, |kind| !is_command(kind)),
            Table::new(mix, *version, |kind| !is_command(kind) && kind.is_of_device()),
        ];
        let length = u128::try_from(settings.duration / SECOND).unwrap_or_default();
        let commands =
            u128::from(settings.events) * u128::from(kinds[0].share(Kind::CommandQueued));
        let most_delay = u128::from(MOST_BETWEEN) * length * 1_000_000 / commands.max(1);
        Ok(Self {
            chance: Chance::new(settings.seed).named(b"synthetic"),
            writer: Writer::new(settings.seed),
            fleet: Fleet::new(&settings),
            kinds,
            start: i64::try_from(settings.start.0.div_euclid(SECOND)).unwrap_or_default(),
            most_delay: u64::try_from(most_delay).unwrap_or(u64::MAX).clamp(1, 600),
            of_events: Choice::new(defects, OF_EVENTS),
            of_documents: Choice::new(defects, OF_DOCUMENTS),
            owed: Vec::new(),
            events: 0,
            documents: 0,
            elements: 0,
            sound: 0,
            is_version_shown: false,
            is_mixed: false,
            earlier: None,
            document: Document::default(),
            is_ended: false,
            position: Position::START,
            found: Vec::new(),
            planted: Vec::new(),
            scratch: Vec::new(),
            settings,
        })
    }

    /// How many events were written.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The defects that were planted since this was asked last, in the order of the bytes.
    pub fn take_planted(&mut self) -> impl Iterator<Item = Planted> {
        mem::take(&mut self.planted).into_iter()
    }

    /// Adds the next piece of the recording: a batch, or an event and what is around it.
    ///
    /// Tells whether there was one.
    pub fn write(&mut self, out: &mut Vec<u8>) -> bool {
        if self.is_ended {
            return false;
        }
        let start = out.len();
        let is_left = self.events < self.settings.events;
        if self.settings.framing == Framing::Array {
            self.element(out, is_left);
        } else if !is_left {
            self.is_ended = true;
            return false;
        } else if self.settings.framing.has_batches() {
            self.batch(out);
        } else {
            self.line(out);
        }
        if !self.settings.defects.is_empty() {
            self.locate(out, start);
        }
        true
    }

    /// Finds out at which lines the defects of a piece are.
    fn locate(&mut self, out: &[u8], start: usize) {
        let mut from = start;
        let mut found = mem::take(&mut self.found);
        found.sort_by_key(|found| found.at);
        for Found { rule, at, document, pointer, event } in found.drain(..) {
            self.position = self.position.after(&out[from..at]);
            from = at;
            let Position { offset, line, column } = self.position;
            let rule_name = rule.name();
            self.planted.push(Planted {
                rule: rule_name,
                document,
                line,
                column,
                offset,
                pointer,
                event,
            });
            if rule == Rule::ByteOrderMark {
                // It has no width.
                from += BYTE_ORDER_MARK.len();
                self.position.offset += BYTE_ORDER_MARK.len() as u64;
            }
        }
        self.position = self.position.after(&out[from..]);
        self.found = found;
    }

    /// An event a line.
    fn line(&mut self, out: &mut Vec<u8>) {
        self.before_document(out, 1);
        self.documents += 1;
        self.event(out);
        self.end_document();
        out.push(b'\n');
    }

    /// An element of the array, or its end.
    fn element(&mut self, out: &mut Vec<u8>, is_left: bool) {
        if self.documents == 0 {
            self.documents = 1;
            out.push(b'[');
        } else if is_left {
            out.extend_from_slice(b",\n");
        }
        if is_left {
            self.before_document(out, 1);
            self.event(out);
            self.end_document();
            self.elements += 1;
        } else {
            self.is_ended = true;
            out.extend_from_slice(b"]\n");
        }
    }

    fn batch(&mut self, out: &mut Vec<u8>) {
        let left = self.settings.events - self.events;
        let usual = left.min(u64::from(self.settings.batch.get()));
        self.before_document(out, usual);
        self.documents += 1;
        self.size_batch(left);
        let count = self.document.events;
        let is_pretty = self.settings.framing == Framing::Pretty;
        let (space, start) = if is_pretty { (&b" "[..], out.len()) } else { (&b""[..], out.len()) };
        let member = |out: &mut Vec<u8>, name: &[u8]| {
            if is_pretty {
                pretty::line(1, out);
            }
            out.extend_from_slice(name);
            out.extend_from_slice(space);
        };
        out.push(b'{');
        member(out, b"\"BatchId\":");
        out.push(b'"');
        text::guid(out, self.chance.named(b"batch").of(self.documents));
        out.extend_from_slice(b"\",");
        member(out, b"\"Count\":");
        self.count(out, count);
        out.push(b',');
        member(out, b"\"Events\":");
        if self.document.rule == Some(Rule::BatchTooLarge) {
            self.found_in_batch(Rule::BatchTooLarge, out.len(), "/Events");
        }
        if self.document.rule == Some(Rule::MixedVersions) {
            self.found_in_batch(Rule::MixedVersions, start, "");
        }
        out.push(b'[');
        for index in 0..count {
            if 0 < index {
                out.push(b',');
            }
            if is_pretty {
                pretty::line(2, out);
            }
            self.event(out);
        }
        // A batch that was cut off has no end.
        if self.document.rule != Some(Rule::Truncated) {
            if is_pretty {
                pretty::line(1, out);
            }
            out.push(b']');
            if is_pretty {
                pretty::line(0, out);
            }
            out.push(b'}');
        }
        if self.settings.framing != Framing::Documents {
            out.push(b'\n');
        }
        self.end_document();
    }

    /// Makes a batch as long as its defect wants it.
    fn size_batch(&mut self, left: u64) {
        match self.document.rule {
            Some(Rule::BatchTooLarge) => {
                let most = u64::from(Settings::MOST_IN_BATCH);
                let more = self.chance.named(b"large").of(self.documents).number() % 8;
                self.document.events = left.min(most + 1 + more);
            }
            Some(Rule::MixedVersions) => self.document.events = 1,
            _ => {}
        }
    }

    fn count(&mut self, out: &mut Vec<u8>, count: u64) {
        if self.document.rule != Some(Rule::CountMismatch) {
            return text::number(out, count);
        }
        self.found_in_batch(Rule::CountMismatch, out.len(), "/Count");
        text::number(out, count + 1 + self.documents % 3);
    }

    fn found_in_batch(&mut self, rule: Rule, at: usize, pointer: &str) {
        let document = self.documents;
        self.found.push(Found { rule, at, document, pointer: pointer.to_owned(), event: None });
    }

    /// Decides what is wrong with the document that comes next, and writes what stands before it.
    fn before_document(&mut self, out: &mut Vec<u8>, events: u64) {
        self.document = Document { events, ..Document::default() };
        if self.of_documents.is_empty() {
            return;
        }
        let number = self.chance.named(b"document").of(self.sound_or_not()).number();
        let rule = self.of_documents.choose(number);
        match rule.filter(|rule| self.fits_document(*rule)) {
            Some(Rule::ByteOrderMark) => {
                let document = self.documents + 1;
                let (at, pointer) = (out.len(), String::new());
                let rule = Rule::ByteOrderMark;
                self.found.push(Found { rule, at, document, pointer, event: None });
                out.extend_from_slice(BYTE_ORDER_MARK);
            }
            Some(Rule::UnrecognisedDocument) => self.unrecognised(out),
            Some(Rule::MixedVersions) => {
                self.is_mixed = true;
                self.document.rule = rule;
            }
            rule => self.document.rule = rule,
        }
    }

    /// The number of documents, or of elements, that came before.
    fn sound_or_not(&self) -> u64 {
        if self.settings.framing == Framing::Array { self.events } else { self.documents }
    }

    /// Whether a rule can be broken in the document that comes next.
    fn fits_document(&self, rule: Rule) -> bool {
        let Document { events, .. } = self.document;
        match rule.scope() {
            // How the capture is framed must be known, and a command must be completed in time.
            Scope::Damage => 0 < self.sound && !(events == 1 && self.fleet.must_complete()),
            Scope::Once => self.is_version_shown && !self.is_mixed && !self.fleet.must_complete(),
            Scope::Batch => match rule {
                Rule::BatchTooLarge => {
                    let left = self.settings.events - self.events;
                    u64::from(Settings::MOST_IN_BATCH) < left
                }
                Rule::DuplicateEventId | Rule::EventsOutOfOrder => 1 < events,
                _ => true,
            },
            Scope::Before | Scope::Event => true,
        }
    }

    /// Writes a document of its own that is neither a batch nor an event.
    fn unrecognised(&mut self, out: &mut Vec<u8>) {
        const TEXT: &[u8] = br#"{"Message":"Authorization has been denied for this request."}"#;
        let is_array = self.settings.framing == Framing::Array;
        let document = if is_array { 1 } else { self.documents + 1 };
        let pointer = if is_array { self.element_pointer() } else { String::new() };
        let rule = Rule::UnrecognisedDocument;
        self.found.push(Found { rule, at: out.len(), document, pointer, event: None });
        match self.settings.framing {
            Framing::Pretty => {
                pretty::pretty(TEXT, 0, None, out);
            }
            _ => out.extend_from_slice(TEXT),
        }
        match self.settings.framing {
            Framing::Array => {
                out.extend_from_slice(b",\n");
                self.elements += 1;
            }
            Framing::Documents => {}
            _ => out.push(b'\n'),
        }
        self.documents += u64::from(!is_array);
        self.sound += 1;
    }

    fn end_document(&mut self) {
        let Document { rule, first, votes, .. } = self.document;
        if rule.is_some_and(|rule| rule.scope() == Scope::Damage) {
            return;
        }
        self.sound += 1;
        self.is_version_shown |= 0 < votes;
        if rule.is_none() {
            self.earlier = first.or(self.earlier);
        }
    }

    /// Writes the next event, with its defect.
    fn event(&mut self, out: &mut Vec<u8>) {
        if self.settings.framing != Framing::Pretty {
            let start = out.len();
            let spot = self.compact_event(out);
            return self.note(spot, out, start, |at| at);
        }
        let mut event = mem::take(&mut self.scratch);
        event.clear();
        let spot = self.compact_event(&mut event);
        let at = spot.as_ref().map(|(_, spot)| spot.at);
        let place = pretty::pretty(&event, 2, at, out);
        self.note(spot, &mut event, 0, |_| place);
        self.scratch = event;
    }
}

/// Three bytes that stand before some documents.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
