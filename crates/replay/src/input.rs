//! One input as a stream of events, put in order within a bounded read-ahead.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    io::{self, Read},
    panic::resume_unwind,
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread::{self, JoinHandle},
};

use contrail_model::{HarEntry, Position};

use crate::{
    event::{Event, Head, OrderBy},
    parser::{Packet, Parser},
    slab::{Block, Slab},
    time::RecordingTime,
};

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
    /// Whether an input that is read alone may be read by a thread of its own, if there is a core for it.
    pub has_thread: bool,
    /// Whether usual events are read without a tree. The events are the same without.
    #[doc(hidden)]
    pub skims: bool,
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
            has_thread: true,
            skims: true,
            har_body: |_, _| Err("bodies of HAR documents are not read here".to_owned()),
        }
    }
}

/// An input being read, in the order of time.
pub(crate) struct Input {
    feed: Feed,
    read_ahead: usize,
    order: Order,
    problems: Vec<Problem>,
}

/// Who reads.
enum Feed {
    Here(Box<Parser>),
    /// A thread, which is a few packets ahead.
    Thread(Receiver<Packet>, JoinHandle<()>),
    Over,
}

/// How many packets a thread may be ahead.
const PACKETS_AHEAD: usize = 4;

/// Events that are held to be put in order.
#[derive(Default)]
struct Order {
    /// Events in the order of time.
    ordered: VecDeque<Block>,
    /// The time of the last of them.
    last: Option<RecordingTime>,
    /// Events that came after a later one, the earliest first.
    late: BinaryHeap<Reverse<ByTime>>,
    /// The bytes of both.
    held: usize,
    reordered: u64,
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
    /// Opens a capture, which is read alone or beside others.
    pub(crate) fn open(capture: &dyn Open, options: ReadOptions, is_alone: bool) -> Self {
        let parser = Box::new(Parser::open(capture, options));
        let has_core = || thread::available_parallelism().is_ok_and(|cores| 1 < cores.get());
        let is_by_thread = options.has_thread && is_alone && has_core();
        let feed = if is_by_thread { Feed::by_thread(parser) } else { Feed::Here(parser) };
        let (read_ahead, order, problems) = (options.read_ahead, Order::default(), Vec::new());
        Self { feed, read_ahead, order, problems }
    }

    /// The time of the next event.
    pub(crate) fn next_time(&mut self) -> Option<RecordingTime> {
        self.fill();
        self.order.next_time()
    }

    /// The next event.
    pub(crate) fn next(&mut self) -> Option<Event> {
        self.fill();
        self.order.next()
    }

    /// How many events so far came after a later one, and were put in their place.
    pub(crate) fn reordered(&self) -> u64 {
        self.order.reordered
    }

    /// What could not be read since the last call is added to `problems`.
    pub(crate) fn take_problems(&mut self, problems: &mut Vec<Problem>) {
        problems.append(&mut self.problems);
    }

    /// Reads until enough bytes are held that the next event is known.
    #[inline]
    fn fill(&mut self) {
        let Self { feed, read_ahead, order, problems } = self;
        let mut is_more = true;
        while is_more && (order.held < *read_ahead || order.is_empty()) {
            is_more = feed.read(&mut |mut packet| {
                problems.append(&mut packet.problems);
                order.take(packet.slab, packet.heads);
            });
        }
    }
}

impl Feed {
    fn by_thread(parser: Box<Parser>) -> Self {
        let (packets, received) = mpsc::sync_channel(PACKETS_AHEAD);
        let (give, given) = mpsc::channel::<Box<Parser>>();
        let thread = thread::Builder::new().spawn(move || {
            let Ok(mut parser) = given.recv() else { return };
            let (mut is_more, mut is_wanted) = (true, true);
            while is_more && is_wanted {
                is_more = parser.read(&mut |packet| is_wanted &= packets.send(packet).is_ok());
            }
        });
        match thread {
            Ok(thread) => {
                give.send(parser).expect("the thread waits for it");
                Self::Thread(received, thread)
            }
            // The system has no thread to give.
            Err(_) => Self::Here(parser),
        }
    }

    /// Reads on; false if all has been read.
    fn read(&mut self, take: &mut dyn FnMut(Packet)) -> bool {
        let is_more = match self {
            Self::Here(parser) => parser.read(take),
            Self::Thread(packets, _) => loop {
                let Ok(packet) = packets.recv() else { break false };
                let ends_chunk = packet.ends_chunk;
                take(packet);
                if ends_chunk {
                    break true;
                }
            },
            Self::Over => false,
        };
        if !is_more && let Self::Thread(_, thread) = std::mem::replace(self, Self::Over) {
            // What went wrong there must not look like the end of the input.
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
        is_more
    }
}

impl Order {
    fn is_empty(&self) -> bool {
        self.ordered.is_empty() && self.late.is_empty()
    }

    fn next_time(&self) -> Option<RecordingTime> {
        let ordered = self.ordered.front().and_then(Block::peek).map(|head| head.time);
        let late = self.late.peek().map(|Reverse(event)| event.0.time);
        ordered.into_iter().chain(late).min()
    }

    fn next(&mut self) -> Option<Event> {
        let is_late = match (self.ordered.front().and_then(Block::peek), self.late.peek()) {
            (Some(ordered), Some(Reverse(late))) => late.key() < (ordered.time, ordered.position),
            (ordered, _) => ordered.is_none(),
        };
        let event = if is_late {
            self.late.pop().map(|Reverse(event)| event.0)
        } else {
            self.next_ordered()
        }?;
        self.held -= event.size();
        Some(event)
    }

    fn next_ordered(&mut self) -> Option<Event> {
        let block = self.ordered.front_mut()?;
        let event = block.pop();
        if block.is_over() {
            self.ordered.pop_front();
            if self.ordered.is_empty() {
                self.last = None;
            }
        }
        event
    }

    /// Takes events in the order of the text.
    fn take(&mut self, slab: Slab, mut heads: Vec<Head>) {
        let slab = Arc::new(slab);
        let Self { ordered, last, late, held, reordered } = self;
        heads.retain(|head| {
            *held += head.size();
            let is_late = last.is_some_and(|last| head.time < last);
            if is_late {
                *reordered += 1;
                let event = Event::new(*head, Arc::clone(&slab)).apart();
                late.push(Reverse(ByTime(event)));
            } else {
                *last = Some(head.time);
            }
            !is_late
        });
        if !heads.is_empty() {
            ordered.push_back(Block::new(slab, heads).condensed());
        }
    }
}
