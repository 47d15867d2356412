//! What is measured: the table of stages, and what each does with the bytes.

use std::{hint::black_box, io, ops::ControlFlow};

use clap::builder::{PossibleValue, PossibleValuesParser};
use contrail_model::{Batch, Capture, DocumentKind, Event, Item, Next, SkimOptions, Skimmer, Tree};
use contrail_validate::{PlainValidator, Session, Validator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{dump::Slab, replayed::Replay};
use crate::input::{self, Source};

/// The stage that others are held against.
pub(super) const YARDSTICK: &str = "plain-loop";

/// The stages, in the order in which they are shown and take turns.
pub(super) static STAGES: &[Stage] = &[
    Stage {
        name: "read",
        about: "Open the files, read and decompress them, and forget the bytes",
        role: Role::Limit,
        job: Job::Files(read),
    },
    Stage {
        name: "count-lines",
        about: "Count the newlines: about as fast as bytes can be looked at",
        role: Role::Limit,
        job: Job::Bytes(|_| Box::new(CountLines(0))),
    },
    Stage {
        name: "frame",
        about: "Find the documents and events in the stream of bytes, with positions and recovery \
                from damage",
        role: Role::Contrail,
        job: Job::Bytes(|_| Box::new(Frame::new())),
    },
    Stage {
        name: "lex",
        about: "Read each document as JSON into a tree, the documents being told apart already",
        role: Role::Contrail,
        job: Job::Bytes(|_| Box::new(Lex::default())),
    },
    Stage {
        name: "decode",
        about: "Make typed batches and events of each document, borrowed from its text",
        role: Role::Contrail,
        job: Job::Bytes(|_| Box::new(Decode(Documents::default()))),
    },
    Stage {
        name: "replay",
        about: "What `contrail replay --speed max` does: put the events in order, schedule them, and \
                write them to memory",
        role: Role::Contrail,
        job: Job::Bytes(|_| Box::new(Replay::default())),
    },
    Stage {
        name: "validate-fast",
        about: "What `contrail validate` does: documents, schemas, all rules; findings are counted",
        role: Role::Contrail,
        job: Job::Bytes(|judges| Box::new(Validate::new(&judges.validator))),
    },
    Stage {
        name: "validate-full",
        about: "The same without the fast path: each event by the jsonschema crate and rule by rule",
        role: Role::Contrail,
        job: Job::Bytes(|judges| Box::new(Validate::new(&judges.full))),
    },
    Stage {
        name: "serde-json",
        about: "serde_json to a `Value` for each document",
        role: Role::Peer,
        job: Job::Bytes(|_| Box::new(SerdeJson(Documents::default()))),
    },
    Stage {
        name: YARDSTICK,
        about: "serde_json to a `Value`, then the jsonschema crate with the one schema of a batch or \
                an event: the loop that one would write by hand",
        role: Role::Peer,
        job: Job::Bytes(|judges| {
            Box::new(PlainLoop::new(
                &judges.plain,
                PlainValidator::is_valid_batch,
                PlainValidator::is_valid_event,
            ))
        }),
    },
    Stage {
        name: "plain-by-type",
        about: "The same, with the schema of each event looked up by its Type: faster, and more to \
                write",
        role: Role::Peer,
        job: Job::Bytes(|judges| {
            Box::new(PlainLoop::new(
                &judges.plain,
                PlainValidator::is_valid_batch_by_type,
                PlainValidator::is_valid_event_by_type,
            ))
        }),
    },
];

/// One row of the table.
pub(super) struct Stage {
    pub(super) name: &'static str,
    about: &'static str,
    pub(super) role: Role,
    pub(super) job: Job,
}

/// Whose work a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    /// Nobody's: what the machine can do at best.
    Limit,
    /// Ours.
    Contrail,
    /// That of others.
    Peer,
}

/// What a stage does in one pass over all captures.
pub(super) enum Job {
    /// It works at files.
    Files(fn(&[Source]) -> io::Result<Tally>),
    /// It works at bytes in memory.
    Bytes(for<'j> fn(&'j Judges) -> Box<dyn Pass + 'j>),
}

/// What stages need that is made once.
#[derive(Debug)]
pub(super) struct Judges {
    pub(super) validator: Validator,
    /// The same without the fast path.
    pub(super) full: Validator,
    pub(super) plain: PlainValidator,
}

/// One pass over all captures.
pub(super) trait Pass {
    /// Works at the next bytes.
    fn slab(&mut self, slab: &Slab);

    /// Says what was met.
    fn end(&self) -> Tally;
}

/// What a pass counted, by name: the same in each pass over the same bytes.
pub(super) type Tally = Vec<(&'static str, u64)>;

/// Names of a [`Tally`] that people are told of, with what is said of that many.
pub(super) const TOLD: [(&str, &str); 3] = [
    ("unread", "documents could not be read"),
    ("invalid", "documents do not follow the schema"),
    ("findings", "findings"),
];

/// The stages with these names, or all.
pub(super) fn chosen(names: &[String]) -> Vec<&'static Stage> {
    let is_chosen = |stage: &Stage| names.is_empty() || names.iter().any(|it| it == stage.name);
    STAGES.iter().filter(|stage| is_chosen(stage)).collect()
}

/// The names, for the command line.
pub(crate) fn stage_names() -> PossibleValuesParser {
    STAGES.iter().map(|stage| PossibleValue::new(stage.name).help(stage.about)).into()
}

/// How many bytes are given to a reader at once, as the program does.
const CHUNK: usize = 256 << 10;

fn read(sources: &[Source]) -> io::Result<Tally> {
    let mut bytes = 0;
    for source in sources {
        let mut opened = input::open(source)?;
        loop {
            match black_box(opened.next_chunk()?) {
                [] => break,
                chunk => bytes += chunk.len() as u64,
            }
        }
    }
    Ok(vec![("bytes", bytes)])
}

struct CountLines(u64);

impl Pass for CountLines {
    fn slab(&mut self, slab: &Slab) {
        self.0 += memchr::memchr_iter(b'\n', &slab.bytes).count() as u64;
    }

    fn end(&self) -> Tally {
        vec![("lines", self.0)]
    }
}

struct Frame {
    capture: Capture,
    skimmer: Skimmer,
    documents: u64,
    damages: u64,
}

impl Frame {
    fn new() -> Self {
        let skimmer = Skimmer::new(SkimOptions { by_received: true, instants: false });
        Self { capture: Capture::default(), skimmer, documents: 0, damages: 0 }
    }

    fn drain(&mut self) {
        let Self { capture, skimmer, documents, damages } = self;
        while let Some(next) = capture.next_by(&mut |bytes, _| skimmer.read(bytes)) {
            match black_box(next) {
                Next::Passed(_) | Next::Item(Item::Element(_)) => *documents += 1,
                Next::Item(Item::Damage(_)) => *damages += 1,
                Next::Item(Item::ByteOrderMark { .. }) => {}
            }
        }
    }
}

impl Pass for Frame {
    fn slab(&mut self, slab: &Slab) {
        for chunk in slab.bytes.chunks(CHUNK) {
            self.capture.push(chunk);
            self.drain();
        }
        if slab.is_last {
            self.capture.finish();
            self.drain();
            self.capture = Capture::default();
        }
    }

    fn end(&self) -> Tally {
        vec![("documents", self.documents), ("damages", self.damages)]
    }
}

/// How many documents a stage met, and how many of them it could not read.
#[derive(Clone, Copy, Default)]
struct Documents {
    all: u64,
    unread: u64,
}

impl Documents {
    /// Counts one; what it is goes no further.
    fn count<T>(&mut self, document: Option<T>) {
        self.all += 1;
        self.unread += u64::from(document.is_none());
        black_box(document);
    }

    fn tally(self) -> Tally {
        vec![("documents", self.all), ("unread", self.unread)]
    }
}

#[derive(Default)]
struct Lex {
    tree: Tree,
    documents: Documents,
}

impl Pass for Lex {
    fn slab(&mut self, slab: &Slab) {
        for (text, _) in slab.documents() {
            self.documents.count(self.tree.parse(text, 0).ok());
            black_box(&self.tree);
        }
    }

    fn end(&self) -> Tally {
        self.documents.tally()
    }
}

struct Decode(Documents);

impl Pass for Decode {
    fn slab(&mut self, slab: &Slab) {
        for (text, kind) in slab.documents() {
            match kind {
                DocumentKind::Batch => self.0.count(Batch::decode(text).ok()),
                DocumentKind::Event => self.0.count(Event::decode(text).ok()),
                _ => self.0.count(None::<Event<'_>>),
            }
        }
    }

    fn end(&self) -> Tally {
        self.0.tally()
    }
}

struct Validate<'j> {
    validator: &'j Validator,
    session: Session<'j>,
    findings: u64,
}

impl<'j> Validate<'j> {
    fn new(validator: &'j Validator) -> Self {
        Self { validator, session: Session::new(validator, ""), findings: 0 }
    }
}

impl Pass for Validate<'_> {
    fn slab(&mut self, slab: &Slab) {
        let mut sink = |finding| {
            black_box(finding);
            self.findings += 1;
            ControlFlow::Continue(())
        };
        for chunk in slab.bytes.chunks(CHUNK) {
            let _ = self.session.push(chunk, &mut sink);
        }
        if slab.is_last {
            let next = Session::new(self.validator, "");
            std::mem::replace(&mut self.session, next).finish(&mut sink);
        }
    }

    fn end(&self) -> Tally {
        vec![("findings", self.findings)]
    }
}

struct SerdeJson(Documents);

impl Pass for SerdeJson {
    fn slab(&mut self, slab: &Slab) {
        for (text, _) in slab.documents() {
            self.0.count(serde_json::from_slice::<Value>(text).ok());
        }
    }

    fn end(&self) -> Tally {
        self.0.tally()
    }
}

type Judge = fn(&PlainValidator, &Value) -> bool;

struct PlainLoop<'j> {
    plain: &'j PlainValidator,
    is_valid_batch: Judge,
    is_valid_event: Judge,
    documents: Documents,
    invalid: u64,
}

impl<'j> PlainLoop<'j> {
    fn new(plain: &'j PlainValidator, is_valid_batch: Judge, is_valid_event: Judge) -> Self {
        Self { plain, is_valid_batch, is_valid_event, documents: Documents::default(), invalid: 0 }
    }
}

impl Pass for PlainLoop<'_> {
    fn slab(&mut self, slab: &Slab) {
        for (text, kind) in slab.documents() {
            let value = serde_json::from_slice(text).ok();
            let is_valid = value.as_ref().is_some_and(|value| match kind {
                DocumentKind::Batch => (self.is_valid_batch)(self.plain, value),
                DocumentKind::Event => (self.is_valid_event)(self.plain, value),
                _ => false,
            });
            self.invalid += u64::from(value.is_some() && !is_valid);
            self.documents.count(value);
        }
    }

    fn end(&self) -> Tally {
        [self.documents.tally(), vec![("invalid", self.invalid)]].concat()
    }
}
