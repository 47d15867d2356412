//! One input as a stream of events, put in order within a bounded read-ahead.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    io::{self, Read},
};

use contrail_model::{
    Capture, Damage, DocumentKind, Element, HarEntry, Item, Node, Position, har_entries,
};

use crate::{
    event::{Event, OrderBy},
    time::RecordingTime,
};

/// How many bytes are read at once.
const CHUNK: usize = 128 << 10;

/// How many bytes of events are held, if nobody says otherwise.
pub const READ_AHEAD: usize = 8 << 20;

/// A capture that can be opened.
pub trait Open: Send {
    /// What it is called in messages.
    fn name(&self) -> String;

    /// Its bytes from the start, decompressed.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;

    /// Whether it can be opened more than once.
    fn can_reopen(&self) -> bool;
}

/// Something in an input that cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name of the input.
    pub input: String,
    /// Where it is, if it is at one place.
    pub position: Option<Position>,
    /// What is wrong, as a fragment of a sentence.
    pub message: String,
}

/// Undoes the encodings of the body of a HAR entry, and gives its bytes in pieces.
pub type HarBody = fn(&HarEntry<'_>, &mut dyn FnMut(&[u8])) -> Result<(), String>;

/// What inputs are read for.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions {
    /// By which of its times an event is ordered.
    pub order_by: OrderBy,
    /// Whether the places of instants are wanted.
    pub with_stamps: bool,
    /// How many bytes of events are held, to put them in order.
    pub read_ahead: usize,
    /// How the bodies of HAR documents are read.
    pub har_body: HarBody,
}

impl Default for ReadOptions {
    /// In the order in which the API had the events, without the places of instants; bodies of HAR
    /// documents cannot be read.
    fn default() -> Self {
        Self {
            order_by: OrderBy::default(),
            with_stamps: false,
            read_ahead: READ_AHEAD,
            har_body: |_, _| Err("bodies of HAR documents are not read here".to_owned()),
        }
    }
}

/// An input being read.
pub(crate) struct Input {
    name: String,
    reader: Option<Box<dyn Read + Send>>,
    capture: Capture,
    options: ReadOptions,
    buffer: Vec<u8>,
    /// Events in the order of time.
    ordered: VecDeque<Event>,
    /// Events that came behind a later one, the earliest first.
    late: BinaryHeap<Reverse<ByTime>>,
    /// The bytes of both.
    held: usize,
    count: u64,
    pub(crate) reordered: u64,
    pub(crate) problems: Vec<Problem>,
}

/// An event ordered by its time, then by its place in the input.
struct ByTime(Event);

impl ByTime {
    fn key(&self) -> (RecordingTime, u64) {
        (self.0.time, self.0.position)
    }
}

impl PartialEq for ByTime {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ByTime {}

impl PartialOrd for ByTime {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByTime {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Input {
    pub(crate) fn open(capture: &dyn Open, options: ReadOptions) -> Self {
        let mut input = Self {
            name: capture.name(),
            reader: None,
            capture: Capture::default(),
            options,
            buffer: Vec::new(),
            ordered: VecDeque::new(),
            late: BinaryHeap::new(),
            held: 0,
            count: 0,
            reordered: 0,
            problems: Vec::new(),
        };
        match capture.open() {
            Ok(reader) => input.reader = Some(reader),
            Err(error) => input.problem(None, error.to_string()),
        }
        input
    }

    /// The time of the next event.
    pub(crate) fn next_time(&mut self) -> Option<RecordingTime> {
        self.fill();
        let ordered = self.ordered.front().map(|event| event.time);
        let late = self.late.peek().map(|Reverse(event)| event.0.time);
        ordered.into_iter().chain(late).min()
    }

    /// The next event.
    pub(crate) fn next(&mut self) -> Option<Event> {
        self.fill();
        let is_late = match (self.ordered.front(), self.late.peek()) {
            (Some(ordered), Some(Reverse(late))) => late.key() < (ordered.time, ordered.position),
            (ordered, _) => ordered.is_none(),
        };
        let event = if is_late {
            self.late.pop().map(|Reverse(event)| event.0)
        } else {
            self.ordered.pop_front()
        }?;
        self.held -= event.size();
        Some(event)
    }

    /// Reads until so many bytes are held that the next event is known.
    fn fill(&mut self) {
        let least = |input: &Self| input.ordered.is_empty() && input.late.is_empty();
        while self.reader.is_some() && (self.held < self.options.read_ahead || least(self)) {
            self.read_chunk();
            self.take_items();
        }
    }

    fn read_chunk(&mut self) {
        let Some(reader) = &mut self.reader else { return };
        self.buffer.resize(CHUNK, 0);
        match reader.read(&mut self.buffer) {
            Ok(0) => self.end(),
            Ok(length) => self.capture.push(&self.buffer[..length]),
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

    fn take_items(&mut self) {
        let mut capture = std::mem::take(&mut self.capture);
        while let Some(item) = capture.next() {
            match item {
                Item::Element(element) => self.element(&element),
                Item::Damage(damage) => self.damage(&damage),
                Item::ByteOrderMark { .. } => {}
            }
        }
        self.capture = capture;
    }

    fn element(&mut self, element: &Element<'_>) {
        let root = element.root();
        match DocumentKind::of(root) {
            DocumentKind::Event => self.event(root, element),
            DocumentKind::Batch => {
                let events = root.get("Events").into_iter().flat_map(Node::elements);
                events.for_each(|event| self.event(event, element));
            }
            DocumentKind::Har => har_entries(root)
                .filter(|entry| entry.events_version().is_some() && entry.may_hold_events())
                .for_each(|entry| self.har_entry(&entry, element.origin)),
            DocumentKind::Other => {
                let position = Some(element.origin);
                self.problem(position, "neither a batch nor an event; left out".to_owned());
            }
        }
    }

    /// Reads a Get Events response of a HAR document, a capture of its own.
    fn har_entry(&mut self, entry: &HarEntry<'_>, position: Position) {
        let mut body = Capture::default();
        let read = (self.options.har_body)(entry, &mut |bytes| body.push(bytes));
        body.finish();
        let problems = self.problems.len();
        while let Some(item) = body.next() {
            match item {
                Item::Element(element) if DocumentKind::of(element.root()) == DocumentKind::Har => {
                    self.problem(None, "a HAR document in a body; left out".to_owned());
                }
                Item::Element(element) => self.element(&element),
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

    fn event(&mut self, node: Node<'_>, element: &Element<'_>) {
        let Some(event) = Event::of(node, self.options.order_by, self.count) else {
            let position = element.locator().position(node.span().start);
            self.problem(Some(position), "an event without a time; left out".to_owned());
            return;
        };
        let event = if self.options.with_stamps { event.with_stamps(node) } else { event };
        self.count += 1;
        self.held += event.size();
        if self.ordered.back().is_some_and(|last| event.time < last.time) {
            self.reordered += 1;
            self.late.push(Reverse(ByTime(event)));
        } else {
            self.ordered.push_back(event);
        }
    }

    fn damage(&mut self, damage: &Damage) {
        let message = format!("{}; left out {} bytes", damage.kind, damage.skipped);
        self.problem(Some(damage.position), message);
    }

    fn problem(&mut self, position: Option<Position>, message: String) {
        self.problems.push(Problem { input: self.name.clone(), position, message });
    }
}
