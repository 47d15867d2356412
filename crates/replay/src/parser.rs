//! The bytes of one input to its events, in the order of the text.

use std::{
    io::{self, Read},
    mem,
};

use contrail_model::{
    Capture, Damage, DocumentKind, Element, Glance, HarEntry, Item, Next, Node, Position,
    SkimOptions, Skimmer, har_entries,
};

use crate::{
    event::{Head, OrderBy},
    input::{Open, Problem, ReadOptions},
    slab::Slab,
};

/// How many bytes are read at once.
const CHUNK: usize = 128 << 10;

/// About how many bytes of events are kept in one piece of memory. It is free again when all of them
/// have left.
const SLAB: usize = 256 << 10;

/// Takes what was read.
type Take<'t> = dyn FnMut(Packet) + 't;

/// Events that were read together, in the order of the text.
pub(crate) struct Packet {
    pub(crate) slab: Slab,
    pub(crate) heads: Vec<Head>,
    pub(crate) problems: Vec<Problem>,
    /// Whether it is the last one of the bytes that were read at once. How much is read ahead is looked at
    /// only then, so that the order does not depend on who reads.
    pub(crate) ends_chunk: bool,
}

/// Reads an input.
///
/// Events that are written as usual are skimmed. All others are read into a tree, which has the last
/// word on what an event is.
pub(crate) struct Parser {
    name: String,
    /// `None` at the end.
    reader: Option<Box<dyn Read + Send>>,
    capture: Capture,
    skimmer: Skimmer,
    options: ReadOptions,
    /// How many events were read.
    count: u64,
    /// Events that were read and not yet handed on.
    slab: Slab,
    heads: Vec<Head>,
    problems: Vec<Problem>,
}

impl Parser {
    pub(crate) fn open(capture: &dyn Open, options: ReadOptions) -> Self {
        let skimmer = Skimmer::new(SkimOptions {
            by_received: options.order_by == OrderBy::Received,
            instants: options.with_stamps,
        });
        let mut parser = Self {
            name: capture.name(),
            reader: None,
            capture: Capture::default(),
            skimmer,
            options,
            count: 0,
            slab: Slab::default(),
            heads: Vec::new(),
            problems: Vec::new(),
        };
        match capture.open() {
            Ok(reader) => parser.reader = Some(reader),
            Err(error) => parser.problem(None, error.to_string()),
        }
        parser
    }

    /// Reads a few bytes, and hands on the events that are whole with them. False if all has been
    /// read.
    pub(crate) fn read(&mut self, take: &mut Take<'_>) -> bool {
        self.read_chunk();
        self.take_items(take);
        self.hand_on(true, take);
        self.reader.is_some()
    }

    fn read_chunk(&mut self) {
        let Some(reader) = &mut self.reader else { return };
        match reader.read(&mut self.capture.room(CHUNK)[..CHUNK]) {
            Ok(0) => self.end(),
            Ok(length) => self.capture.fill(length),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.problem(None, format!("{error}; the events before were replayed"));
                self.end();
            }
        }
    }

    fn end(&mut self) {
        self.reader = None;
        self.capture.finish();
    }

    fn take_items(&mut self, take: &mut Take<'_>) {
        let mut capture = mem::take(&mut self.capture);
        loop {
            let (skimmer, skims) = (&mut self.skimmer, self.options.skims);
            let mut skim = |bytes: &[u8]| if skims { skimmer.read(bytes) } else { Glance::Unknown };
            match capture.next_by(&mut |bytes, _| skim(bytes)) {
                None => break,
                Some(Next::Passed(passage)) => self.skimmed(passage.bytes, take),
                Some(Next::Item(Item::Element(element))) => self.element(&element, take),
                Some(Next::Item(Item::Damage(damage))) => self.damage(&damage),
                Some(Next::Item(Item::ByteOrderMark { .. })) => {}
            }
        }
        self.capture = capture;
    }

    /// Takes the events of a document that was skimmed.
    fn skimmed(&mut self, document: &[u8], take: &mut Take<'_>) {
        for number in 0..self.skimmer.events().len() {
            let event = &self.skimmer.events()[number];
            let (text, instants) = (&document[event.range.range()], self.skimmer.instants(event));
            let head = Head::skimmed(event, instants, text, self.count, &mut self.slab);
            self.push(head, take);
        }
    }

    fn push(&mut self, head: Head, take: &mut Take<'_>) {
        self.heads.push(head);
        self.count += 1;
        if self.slab.text.len() > SLAB {
            self.hand_on(false, take);
        }
    }

    fn hand_on(&mut self, ends_chunk: bool, take: &mut Take<'_>) {
        // The next ones will be about as many.
        let mut slab = Slab::default();
        slab.text.reserve(self.slab.text.len().min(2 * SLAB));
        slab.stamps.reserve(self.slab.stamps.len());
        let heads = Vec::with_capacity(self.heads.len());
        // Until then a problem may still get the place of the document that it is in.
        let problems = if ends_chunk { mem::take(&mut self.problems) } else { Vec::new() };
        take(Packet {
            slab: mem::replace(&mut self.slab, slab),
            heads: mem::replace(&mut self.heads, heads),
            problems,
            ends_chunk,
        });
    }

    fn element(&mut self, element: &Element<'_>, take: &mut Take<'_>) {
        let root = element.root();
        match DocumentKind::of(root) {
            DocumentKind::Event => self.event(root, element, take),
            DocumentKind::Batch => {
                let events = root.get("Events").into_iter().flat_map(Node::elements);
                events.for_each(|event| self.event(event, element, take));
            }
            DocumentKind::Har => har_entries(root)
                .filter(|entry| entry.events_version().is_some() && entry.may_hold_events())
                .for_each(|entry| self.har_entry(&entry, element.origin, take)),
            DocumentKind::Other => {
                let position = Some(element.origin);
                self.problem(position, "neither a batch nor an event; left out".to_owned());
            }
        }
    }

    /// Reads a Get Events response of a HAR document, a capture of its own.
    fn har_entry(&mut self, entry: &HarEntry<'_>, position: Position, take: &mut Take<'_>) {
        let mut body = Capture::default();
        let read = (self.options.har_body)(entry, &mut |bytes| body.push(bytes));
        body.finish();
        let problems = self.problems.len();
        while let Some(item) = body.next() {
            match item {
                Item::Element(element) if DocumentKind::of(element.root()) == DocumentKind::Har => {
                    self.problem(None, "a HAR document in a body; left out".to_owned());
                }
                Item::Element(element) => self.element(&element, take),
                Item::Damage(damage) => self.damage(&damage),
                Item::ByteOrderMark { .. } => {}
            }
        }
        if let Err(message) = read {
            self.problem(None, message);
        }
        // Places in a body say little without its entry.
        for problem in &mut self.problems[problems..] {
            let line =
                problem.position.map_or_else(String::new, |at| format!(", line {}", at.line));
            problem.message = format!("entry {}{line}: {}", entry.index, problem.message);
            problem.position = Some(position);
        }
    }

    fn event(&mut self, node: Node<'_>, element: &Element<'_>, take: &mut Take<'_>) {
        let head = Head::of(node, &self.options, self.count, &mut self.slab);
        let Some(head) = head else {
            let position = element.locator().position(node.span().start);
            self.problem(Some(position), "an event without a time; left out".to_owned());
            return;
        };
        self.push(head, take);
    }

    fn damage(&mut self, damage: &Damage) {
        let message = format!("{}; left out {} bytes", damage.kind, damage.skipped);
        self.problem(Some(damage.position), message);
    }

    fn problem(&mut self, position: Option<Position>, message: String) {
        self.problems.push(Problem { input: self.name.clone(), position, message });
    }
}
