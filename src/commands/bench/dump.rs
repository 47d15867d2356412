//! The bytes that are measured: read, decompressed, and told apart into documents beforehand.

use std::{
    fmt::Write as _,
    io,
    ops::{ControlFlow, Range},
    sync::Arc,
};

use contrail_model::{Capture, DocumentKind, Item};
use contrail_replay::Open as _;
use contrail_validate::{Session, Summary, Validator};
use indicatif::BinaryBytes;
use sha2::{Digest as _, Sha256};

use crate::{
    input::{self, Opened, Source, Unread},
    outcome::UsageError,
    progress::Progress,
};

/// How many bytes are worked at before the next ones are read, about.
const SLAB: usize = 64 << 20;

/// How many bytes are held at most. A process of some more fits into the machines of CI.
const MOST_HELD: u64 = 2 << 30;

/// A part of a capture that ends between two documents, or two elements of an array. Clones share the
/// bytes.
#[derive(Clone, Debug)]
pub(super) struct Slab {
    pub(super) bytes: Arc<[u8]>,
    documents: Arc<[Document]>,
    /// Whether its capture ends with it.
    pub(super) is_last: bool,
}

/// A document, or an element of a document that is an array.
#[derive(Debug)]
struct Document {
    span: Range<usize>,
    kind: DocumentKind,
}

impl Slab {
    /// The document with this number, from 0.
    pub(super) fn document(&self, number: usize) -> Option<&[u8]> {
        Some(&self.bytes[self.documents.get(number)?.span.clone()])
    }

    /// The documents, with what they are.
    pub(super) fn documents(&self) -> impl Iterator<Item = (&[u8], DocumentKind)> {
        self.documents.iter().map(|document| (&self.bytes[document.span.clone()], document.kind))
    }
}

/// What is in the captures.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// What validation says of them.
    pub(super) summary: Summary,
    /// Places where they are damaged.
    pub(super) damages: u64,
    /// Bytes that are passed over there.
    pub(super) damaged_bytes: u64,
    /// Of all bytes, one capture behind the other, in hexadecimal digits.
    pub(super) sha256: String,
}

/// The captures that are measured, in memory or on disk.
#[derive(Debug)]
pub(super) struct Dump {
    /// Those that could be read to their end.
    pub(super) sources: Vec<Source>,
    /// Nothing if they are read anew each time.
    pub(super) held: Option<Vec<Slab>>,
    pub(super) survey: Survey,
}

impl Dump {
    /// Reads all captures once. What cannot be read to its end is told, and left out.
    pub(super) fn read(
        sources: Vec<Source>,
        stream: bool,
        validator: &Validator,
        progress: &Progress,
        could_not_read: &mut dyn FnMut(Unread),
    ) -> Result<Self, UsageError> {
        let size: Option<u64> = sources.iter().map(Source::size).sum();
        let stream = stream || size.is_some_and(|size| MOST_HELD < size);
        let mut reading = Reading {
            validator,
            progress,
            hash: Sha256::new(),
            survey: Survey::default(),
            held: (!stream).then(Vec::new),
            bytes: 0,
            can_stream: sources.iter().all(Source::can_reopen),
        };
        let mut read = Vec::new();
        for source in sources {
            match reading.capture(&source) {
                Ok(()) => read.push(source),
                Err(error) => {
                    could_not_read(Unread { file: source.name(), error: error.to_string() });
                }
            }
            if reading.is_too_long() {
                return Err(UsageError(format!(
                    "the input is longer than the {} that are held in memory; save it to a file, \
                     which can be read anew in every round",
                    BinaryBytes(MOST_HELD)
                )));
            }
        }
        let Reading { hash, mut survey, held, .. } = reading;
        for byte in hash.finalize() {
            write!(survey.sha256, "{byte:02x}").expect("writing to a string does not fail");
        }
        Ok(Self { sources: read, held, survey })
    }

    /// Hands out all slabs in their order.
    pub(super) fn each_slab(&self, visit: &mut dyn FnMut(&Slab)) -> io::Result<()> {
        if let Some(held) = &self.held {
            held.iter().for_each(visit);
            return Ok(());
        }
        for source in &self.sources {
            let mut slabs = Slabs::open(source)?;
            while let Some(slab) = slabs.next()? {
                visit(&slab);
            }
        }
        Ok(())
    }
}

/// The first reading.
struct Reading<'r> {
    validator: &'r Validator,
    progress: &'r Progress,
    hash: Sha256,
    survey: Survey,
    held: Option<Vec<Slab>>,
    /// How many are held.
    bytes: u64,
    /// Whether the captures can be read anew.
    can_stream: bool,
}

impl Reading<'_> {
    fn capture(&mut self, source: &Source) -> io::Result<()> {
        let mut slabs = Slabs::open(source)?;
        let mut session = Session::new(self.validator, "");
        let mut sink = |_| ControlFlow::Continue(());
        let (before, mut hash) = (self.held.as_ref().map_or(0, Vec::len), self.hash.clone());
        let mut read = 0;
        loop {
            let slab = match slabs.next() {
                Ok(Some(slab)) => slab,
                Ok(None) => break,
                Err(error) => {
                    self.drop_from(before);
                    return Err(error);
                }
            };
            hash.update(&*slab.bytes);
            let _ = session.push(&slab.bytes, &mut sink);
            self.progress.advance(slabs.opened.bytes_read() - read);
            read = slabs.opened.bytes_read();
            self.hold(slab);
            if self.is_too_long() {
                break;
            }
        }
        self.hash = hash;
        self.survey.summary += &session.finish(&mut sink);
        self.survey.damages += slabs.damages;
        self.survey.damaged_bytes += slabs.damaged_bytes;
        Ok(())
    }

    fn hold(&mut self, slab: Slab) {
        self.bytes += slab.bytes.len() as u64;
        if MOST_HELD < self.bytes {
            self.held = None;
        }
        if let Some(held) = &mut self.held {
            held.push(slab);
        }
    }

    /// Whether there is more than can be held, and it cannot be read anew.
    fn is_too_long(&self) -> bool {
        self.held.is_none() && !self.can_stream
    }

    /// Forgets the slabs of a capture that could not be read to its end.
    fn drop_from(&mut self, first: usize) {
        if let Some(held) = &mut self.held {
            self.bytes -= held.drain(first..).map(|slab| slab.bytes.len() as u64).sum::<u64>();
        }
    }
}

/// A capture, slab by slab.
struct Slabs {
    opened: Opened,
    /// How long a slab is at least, but for the last.
    length: usize,
    capture: Capture,
    /// What was read behind the last slab.
    rest: Vec<u8>,
    /// Where the next slab begins in the capture.
    offset: u64,
    ended: bool,
    damages: u64,
    damaged_bytes: u64,
}

impl Slabs {
    fn open(source: &Source) -> io::Result<Self> {
        Ok(Self::of(input::open(source)?, SLAB))
    }

    fn of(opened: Opened, length: usize) -> Self {
        Self {
            opened,
            length,
            capture: Capture::default(),
            rest: Vec::new(),
            offset: 0,
            ended: false,
            damages: 0,
            damaged_bytes: 0,
        }
    }

    fn next(&mut self) -> io::Result<Option<Slab>> {
        if self.ended {
            return Ok(None);
        }
        let mut bytes = std::mem::take(&mut self.rest);
        let mut documents = Vec::new();
        loop {
            let chunk = self.opened.next_chunk()?;
            bytes.extend_from_slice(chunk);
            match chunk {
                [] => {
                    self.capture.finish();
                    self.ended = true;
                }
                _ => self.capture.push(chunk),
            }
            self.tell_apart(&mut documents);
            let whole = narrow(self.capture.position().offset - self.offset);
            if self.ended || self.length <= whole {
                let whole = if self.ended { bytes.len() } else { whole };
                self.rest = bytes.split_off(whole);
                self.offset += whole as u64;
                let (bytes, documents) = (bytes.into(), documents.into());
                return Ok(Some(Slab { bytes, documents, is_last: self.ended }));
            }
        }
    }

    fn tell_apart(&mut self, documents: &mut Vec<Document>) {
        while let Some(item) = self.capture.next() {
            match item {
                Item::Element(element) => {
                    let start = narrow(element.origin.offset - self.offset);
                    let span = start..start + element.text().len();
                    documents.push(Document { span, kind: DocumentKind::of(element.root()) });
                }
                Item::Damage(damage) => {
                    self.damages += 1;
                    self.damaged_bytes += damage.skipped;
                }
                Item::ByteOrderMark { .. } => {}
            }
        }
    }
}

/// A place in a slab.
fn narrow(offset: u64) -> usize {
    usize::try_from(offset).expect("a slab is in memory")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// Gives few bytes at a time.
    struct Slow(io::Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let few = buffer.len().min(7);
            self.0.read(&mut buffer[..few])
        }
    }

    fn slabs(text: &str, length: usize) -> (Vec<Slab>, u64) {
        let reader = Slow(io::Cursor::new(text.as_bytes().to_vec()));
        let mut slabs = Slabs::of(input::opened(Box::new(reader)).unwrap(), length);
        let mut all = Vec::new();
        while let Some(slab) = slabs.next().unwrap() {
            all.push(slab);
        }
        (all, slabs.damages)
    }

    #[test]
    fn slabs_end_between_documents_and_lose_nothing() {
        let event = r#"{"Type":"HeartbeatEvent","EventId":"1","EventTime":"noon"}"#;
        let batch = format!(r#"{{"BatchId":"b","Count":1,"Events":[{event}]}}"#);
        for text in [
            format!("{event}\n{batch}\n").repeat(20),
            format!("{event}{batch}").repeat(20),
            format!("\u{feff}[{}, {{}}]  ", vec![event; 20].join(" ,\n")),
            format!("{event}\n{event}\n{{\"Type\": oops}}\n{batch}\n").repeat(20),
            format!("{event}]]]]\n,{batch}"),
            String::new(),
        ] {
            let (whole, damages) = slabs(&text, usize::MAX);
            assert_eq!(whole.len(), 1);
            let want: Vec<_> = whole[0].documents().collect();
            for length in [1, 10, 100, 1000] {
                let (cut, damages_of_cut) = slabs(&text, length);
                let got: Vec<_> = cut.iter().flat_map(Slab::documents).collect();
                assert_eq!((got, damages_of_cut), (want.clone(), damages), "{length}: {text}");
                assert!(cut.iter().flat_map(|slab| &*slab.bytes).eq(text.as_bytes()), "{text}");
                let last = cut.iter().position(|slab| slab.is_last);
                assert_eq!(last, Some(cut.len() - 1), "{text}");
            }
        }
    }
}
