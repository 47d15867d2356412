//! One pass over the bytes of an element, by a plan.

mod event;
mod judge;
mod known;
mod values;

use std::ops::Range;

use contrail_model::{DocumentKind, InstantReader, Lexer, MAX_DEPTH, characters_of};

use super::{Batch, EventType, Plan, Role, compile::Record, distinct::Distinct};
use crate::{recording::Side, version::ApiVersion};
use known::KnownEvents;

/// What a plan says of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// An element without any finding.
    Accepted(Passed),
    /// A batch that is sound but for some of its events, or an event that is refused.
    Partial,
    /// The bytes end within an element which has none so far.
    Unfinished,
    /// Another way has to be taken to know.
    Unknown,
}

/// An element that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Its length in bytes.
    pub(crate) length: usize,
    pub(crate) kind: DocumentKind,
    pub(crate) version: ApiVersion,
    /// Whether nothing spoke for the version.
    pub(crate) assumed: bool,
    /// How many characters it has, if it is on one line.
    pub(crate) one_line: Option<usize>,
}

/// What is remembered of an event that was accepted, for the rules across documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) id: u128,
    /// The hash of its content.
    pub(crate) content: u64,
    /// Where it begins, in bytes from the start of its element.
    pub(crate) start: u32,
    /// Its index in its batch; [`Seen::ALONE`] if it is an element itself.
    index: u32,
    /// The place of what it says of a command, among all that are; [`Seen::NO_COMMAND`].
    command: u32,
}

impl Seen {
    /// An event with this place in its batch, if it is in one; of no command.
    pub(crate) fn new(id: u128, content: u64, start: usize, index: Option<usize>) -> Self {
        let index = index.map_or(Self::ALONE, narrow);
        Self { id, content, start: narrow(start), index, command: Self::NO_COMMAND }
    }

    const ALONE: u32 = u32::MAX;
    const NO_COMMAND: u32 = u32::MAX;

    /// Its index, if its element is a batch.
    pub(crate) fn index(&self) -> Option<u64> {
        (self.index != Self::ALONE).then_some(u64::from(self.index))
    }
}

/// What is remembered of an event of a command. Its ids are written without escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) side: Side,
    pub(crate) id: u128,
    /// Hashes of the device and of the command's name.
    pub(crate) device: Option<u64>,
    pub(crate) name: Option<u64>,
    /// Where its id and the event's id are written, without quotes, in bytes from the start of the
    /// element.
    pub(crate) id_at: TextPlace,
    pub(crate) event_id_at: TextPlace,
}

/// Where a short text is in an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextPlace {
    start: u32,
    length: u32,
}

impl TextPlace {
    pub(crate) fn new(start: usize, length: usize) -> Self {
        Self { start: narrow(start), length: narrow(length) }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.length as usize
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("an element is smaller than 4 GiB")
}

/// The events of an element that were accepted, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeenEvents {
    events: Vec<Seen>,
    commands: Vec<Command>,
}

impl SeenEvents {
    pub(crate) fn events(&self) -> &[Seen] {
        &self.events
    }

    /// What an event says of a command, if it is one of a command.
    pub(crate) fn command(&self, event: &Seen) -> Option<&Command> {
        self.commands.get(event.command as usize)
    }

    fn clear(&mut self) {
        self.events.clear();
        self.commands.clear();
    }

    /// Adds an event, and what it says of a command.
    pub(crate) fn push(&mut self, mut event: Seen, command: Option<Command>) {
        if let Some(command) = command {
            event.command = narrow(self.commands.len());
            self.commands.push(command);
        }
        self.events.push(event);
    }
}

/// When an event happened and was received, as numbers that grow with time.
pub(crate) type Times = (i64, i64);

/// Whether no event happened and was received before the one that stands before it.
pub(crate) fn are_in_order(times: &[Times]) -> bool {
    times.is_sorted_by(|before, times| before.0 <= times.0 || before.1 <= times.1)
}

/// What is kept from one reading to the next: memory, and what was learned of how events are written.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The events of the last element that were accepted.
    pub(crate) seen: SeenEvents,
    /// Of the last element that was not accepted, which events were.
    pub(crate) accepted: Vec<bool>,
    /// Where the others are in the element.
    pub(crate) refused: Vec<Range<usize>>,
    /// When the events that were accepted happened and were received.
    pub(crate) times: Vec<Times>,
    /// How far the bytes were read last.
    pub(crate) length: usize,
    /// Whether that was the end of the element, though it was not accepted.
    pub(crate) is_whole: bool,
    /// How events are written, for the plan of each version.
    known: Vec<KnownEvents>,
    instants: InstantReader,
    votes: [u32; u8::BITS as usize],
    /// Hashes of what the event at hand has: names that no type has, and tags.
    unknown: Vec<u64>,
    changed: Vec<u64>,
    observed: Vec<u64>,
    ids: Vec<u64>,
    distinct: Distinct,
    /// How many members were read, and how many of them by a shape that was known.
    pub(crate) members: MemberCounts,
}

/// How members were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberCounts {
    /// By the shape of their event, which was known.
    pub known: u64,
    /// By their names.
    pub named: u64,
}

impl Reader {
    /// The events of the last element that were accepted, which are not kept here.
    pub(crate) fn take_seen(&mut self) -> SeenEvents {
        let room = self.seen.events.len();
        let empty = SeenEvents { events: Vec::with_capacity(room), commands: Vec::new() };
        std::mem::replace(&mut self.seen, empty)
    }

    /// Reads the element at the front of the bytes. `is_given` says that the version is given, and
    /// need not be spoken for.
    pub(crate) fn read(&mut self, plan: &Plan, bytes: &[u8], is_given: bool) -> Verdict {
        self.seen.clear();
        self.accepted.clear();
        self.refused.clear();
        self.times.clear();
        self.ids.clear();
        self.votes = Default::default();
        self.known.resize_with(plan.versions, KnownEvents::default);
        self.known[plan.place].forget_if_full();
        let lexer = Lexer::new(bytes);
        let mut pass = Pass {
            plan,
            reader: self,
            lexer,
            guid: 0,
            instant: 0,
            whole: 0,
            has_escapes: false,
            has_blanks: false,
            first_name: 0,
            is_in_batch: false,
            has_refused: false,
            has_sound_envelope: false,
            is_whole: false,
        };
        let kind = pass.element();
        let (length, is_whole, is_lone) = (pass.lexer.at(), pass.is_whole, !pass.is_in_batch);
        let is_one_line = !pass.lexer.has_blanks() && !pass.has_blanks;
        let (has_refused, has_sound_envelope) = (pass.has_refused, pass.has_sound_envelope);
        self.length = length;
        self.is_whole = false;
        let Some(kind) = kind else {
            if !is_whole {
                self.accepted.clear();
            }
            if bytes.len() <= length && !is_whole && !has_refused {
                return Verdict::Unfinished;
            }
            self.is_whole = is_whole;
            if is_lone {
                self.accepted.push(false);
                let Some(length) = passed_over(bytes) else { return Verdict::Unknown };
                self.length = length;
                self.refused.push(0..length);
            }
            let is_partial = is_lone || has_sound_envelope;
            return if is_partial { Verdict::Partial } else { Verdict::Unknown };
        };
        let Some(characters) = characters_of(&bytes[..length]) else { return Verdict::Unknown };
        let (version, one_line) = (plan.version, is_one_line.then_some(characters));
        match self.version(plan, is_given) {
            None => Verdict::Unknown,
            Some(assumed) => Verdict::Accepted(Passed { length, kind, version, assumed, one_line }),
        }
    }

    /// How many events of the last element were accepted.
    pub(crate) fn accepted_events(&self) -> u64 {
        let refused = self.accepted.iter().filter(|is_accepted| !**is_accepted).count();
        (self.seen.events.len() - refused) as u64
    }

    /// Takes the id of an event that was refused into account.
    pub(crate) fn add_id(&mut self, id: u128) {
        self.ids.push(folded(id));
    }

    /// Whether no two events of the last element have the same id. Two may be taken for the same.
    pub(crate) fn has_distinct_ids(&mut self) -> bool {
        self.distinct.are(&self.ids)
    }

    /// Counts what an event that was refused says of the version: those that it can be of.
    pub(crate) fn vote(&mut self, possible: &[bool]) {
        if possible.contains(&false) {
            for (vote, possible) in self.votes.iter_mut().zip(possible) {
                *vote += u32::from(*possible);
            }
        }
    }

    /// Whether the version of the plan is assumed; nothing if it is another one.
    pub(crate) fn version(&self, plan: &Plan, is_given: bool) -> Option<bool> {
        if is_given {
            return Some(false);
        }
        let votes = &self.votes[..plan.versions];
        let most = *votes.iter().max()?;
        match votes.iter().rposition(|vote| *vote == most)? {
            // Without a vote, the newest version is tried first, and nothing fits better.
            _ if most == 0 => (plan.place + 1 == plan.versions).then_some(true),
            winner => (winner == plan.place).then_some(false),
        }
    }
}

/// Half of an id: two that are alike by chance cost a slower way.
#[expect(clippy::cast_possible_truncation, reason = "the halves are taken one by one")]
fn folded(id: u128) -> u64 {
    id as u64 ^ (id >> 64) as u64
}

/// One reading.
#[expect(clippy::struct_excessive_bools, reason = "they do not depend on one another")]
struct Pass<'p, 'b> {
    plan: &'p Plan,
    reader: &'p mut Reader,
    lexer: Lexer<'b>,
    /// The values that were read last of their kind.
    guid: u128,
    instant: i64,
    whole: u64,
    /// Whether the string of free form that was read last has escapes.
    has_escapes: bool,
    /// Whether there is white space in what was read by a known shape.
    has_blanks: bool,
    /// The number of the name with which the last object within an event began.
    first_name: usize,
    is_in_batch: bool,
    /// Whether an event of the batch was passed over.
    has_refused: bool,
    /// Whether the batch is sound but for events that were passed over.
    has_sound_envelope: bool,
    /// Whether the element or event at hand was read to its end, and only then refused.
    is_whole: bool,
}

/// A name at which the pass stands.
enum Name<'b> {
    Known(usize),
    Other(&'b [u8]),
}

/// In what follows nothing means: not accepted. The place of the lexer tells whether more bytes could
/// still change that.
impl<'p> Pass<'p, '_> {
    fn element(&mut self) -> Option<DocumentKind> {
        if self.lexer.peek()? != b'{' {
            return None;
        }
        let Some(batch) = &self.plan.batch else { return self.lone_event() };
        let mut ahead = self.lexer.clone();
        ahead.bump();
        if ahead.peek().is_none() {
            self.lexer = ahead;
            return None;
        }
        let start = ahead.at() + 1;
        if ahead.rest().first() != Some(&b'"') {
            return None;
        }
        if ahead.string().is_err() {
            self.lexer = ahead;
            return None;
        }
        match batch.record.names.find(&self.lexer.bytes()[start..ahead.at() - 1]) {
            Some(_) => self.batch(batch).map(|()| DocumentKind::Batch),
            None => self.lone_event(),
        }
    }

    fn lone_event(&mut self) -> Option<DocumentKind> {
        self.event().map(|()| DocumentKind::Event)
    }

    fn batch(&mut self, batch: &'p Batch) -> Option<()> {
        let Record { names, checks, required, .. } = &batch.record;
        let (mut mask, mut count) = (0_u128, None);
        self.is_in_batch = true;
        self.lexer.bump();
        loop {
            let Name::Known(number) = self.name(names, 0)? else { return None };
            if mask >> number & 1 == 1 {
                return None;
            }
            mask |= 1 << number;
            if number == batch.events {
                self.events(batch.most_events)?;
            } else {
                self.value(&checks[number])?;
                if batch.count == Some(number) {
                    count = Some(self.whole);
                }
            }
            if self.is_closed(b'}')? {
                break;
            }
        }
        self.is_whole = true;
        let reader = &mut *self.reader;
        let events = reader.accepted.len();
        let is_sound = mask & required == *required
            && mask & batch.telling != 0
            && count.is_none_or(|count| count == events as u64)
            && are_in_order(&reader.times)
            && reader.distinct.are(&reader.ids);
        self.has_sound_envelope = is_sound;
        (is_sound && !self.has_refused).then_some(())
    }

    /// Reads the events of a batch. One that is not accepted is passed over, so that it is known of
    /// the others that they are.
    fn events(&mut self, most: usize) -> Option<()> {
        if self.lexer.peek()? != b'[' {
            return None;
        }
        self.lexer.bump();
        if self.lexer.peek()? == b']' {
            self.lexer.bump();
            return Some(());
        }
        loop {
            self.lexer.peek()?;
            let before = self.lexer.clone();
            let is_accepted = self.event().is_some();
            let is_whole = std::mem::take(&mut self.is_whole);
            if !is_accepted {
                if !is_whole && self.lexer.bytes().len() <= self.lexer.at() {
                    return None;
                }
                // What is passed over may be no JSON: only the tree can tell, and at once.
                self.has_refused = true;
                let start = before.at();
                self.lexer = before;
                pass_over(&mut self.lexer)?;
                self.reader.refused.push(start..self.lexer.at());
            }
            self.reader.accepted.push(is_accepted);
            if self.is_closed(b']')? {
                return (self.reader.accepted.len() <= most).then_some(());
            }
        }
    }
}

/// The length of the object at the front of the bytes.
fn passed_over(bytes: &[u8]) -> Option<usize> {
    let mut lexer = Lexer::new(bytes);
    (lexer.peek()? == b'{').then(|| pass_over(&mut lexer).map(|()| lexer.at()))?
}

/// Passes over an array or object, without more care than to find its end.
fn pass_over(lexer: &mut Lexer<'_>) -> Option<()> {
    let mut depth = 0_usize;
    loop {
        match lexer.peek()? {
            b'"' => {
                lexer.string().ok()?;
                continue;
            }
            // The slow path reports what is nested deeper.
            b'{' | b'[' if MAX_DEPTH <= depth => return None,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        lexer.bump();
        if depth == 0 {
            return Some(());
        }
    }
}
