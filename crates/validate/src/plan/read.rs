//! One pass over the bytes of an element, by a plan.

mod judge;
mod values;

use contrail_model::{DocumentKind, Lexer, MAX_DEPTH};

use super::{
    Batch, EventType, Plan, Role,
    compile::{Check, List, Number, Record, Text},
    distinct::Distinct,
};
use values::as_text;

use crate::{
    content,
    event::is_slip_for_version,
    recording::{Side, key},
    version::ApiVersion,
};

/// The most members of an event that no schema names. Those with more are left to others.
const MOST_UNKNOWN: usize = 16;

/// What a plan says of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// An element without any finding.
    Accepted(Passed),
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
    /// Where it begins, in bytes from the start of its element.
    pub(crate) start: usize,
    /// Its index, if its element is a batch.
    pub(crate) index: Option<u64>,
    pub(crate) id: u128,
    /// The hash of its content.
    pub(crate) content: u64,
    pub(crate) command: Option<Command>,
}

/// What is remembered of an event of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) side: Side,
    pub(crate) id: u128,
    /// Hashes of the device and of the command's name.
    pub(crate) device: Option<u64>,
    pub(crate) name: Option<u64>,
}

/// What is kept from one reading to the next: memory, and what was learnt of the order of members.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// The events of the last element that was accepted.
    pub(crate) seen: Vec<Seen>,
    /// Of the last element that was not accepted, which events were.
    pub(crate) accepted: Vec<bool>,
    /// How far the bytes were read last.
    pub(crate) length: usize,
    /// Whether that was the end of the element, though it was not accepted.
    pub(crate) is_whole: bool,
    /// By the two names before it, which name stood there last. Most members are guessed right.
    follows: Vec<u8>,
    votes: [u32; u8::BITS as usize],
    /// Hashes of what the event at hand has: names that no type has, and tags.
    unknown: Vec<u64>,
    changed: Vec<u64>,
    observed: Vec<u64>,
    ids: Vec<u64>,
    distinct: Distinct,
}

impl Reader {
    /// Reads the element at the front of the bytes. `is_given` says that the version is given, and
    /// need not be spoken for.
    pub(crate) fn read(&mut self, plan: &Plan, bytes: &[u8], is_given: bool) -> Verdict {
        self.seen.clear();
        self.accepted.clear();
        self.ids.clear();
        self.votes = Default::default();
        let names = plan.names.len() + 1;
        self.follows.resize(names * names, 0);
        let lexer = Lexer::new(bytes);
        let mut pass = Pass {
            plan,
            reader: self,
            lexer,
            guid: 0,
            instant: 0,
            whole: 0,
            has_escapes: false,
            last: None,
            is_in_order: true,
            is_in_batch: false,
            has_refused: false,
            is_whole: false,
        };
        let kind = pass.element();
        let (length, is_whole, is_lone) = (pass.lexer.at(), pass.is_whole, !pass.is_in_batch);
        let (is_one_line, has_refused) = (!pass.lexer.has_blanks(), pass.has_refused);
        self.length = length;
        self.is_whole = false;
        let Some(kind) = kind else {
            if !is_whole {
                self.accepted.clear();
            }
            if bytes.len() <= length && !is_whole && !has_refused {
                return Verdict::Unfinished;
            }
            if is_lone {
                self.accepted.push(false);
            }
            self.is_whole = is_whole;
            return Verdict::Unknown;
        };
        let read = &bytes[..length];
        let characters = if read.is_ascii() {
            length
        } else if simdutf8::basic::from_utf8(read).is_ok() {
            bytecount::num_chars(read)
        } else {
            return Verdict::Unknown;
        };
        let (version, one_line) = (plan.version, is_one_line.then_some(characters));
        match self.version(plan, is_given) {
            None => Verdict::Unknown,
            Some(assumed) => Verdict::Accepted(Passed { length, kind, version, assumed, one_line }),
        }
    }

    /// Whether the version of the plan is assumed; nothing if it is another one.
    fn version(&self, plan: &Plan, is_given: bool) -> Option<bool> {
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

/// One reading.
#[expect(clippy::struct_excessive_bools, reason = "they do not depend on one another")]
struct Pass<'p, 'b> {
    plan: &'p Plan,
    reader: &'p mut Reader,
    lexer: Lexer<'b>,
    /// The values that were read last of their kind.
    guid: u128,
    instant: u64,
    whole: u64,
    /// Whether the string of free form that was read last has escapes.
    has_escapes: bool,
    /// When the event before happened and was received.
    last: Option<(u64, u64)>,
    is_in_order: bool,
    is_in_batch: bool,
    /// Whether an event of the batch was passed over.
    has_refused: bool,
    /// Whether the element or event at hand was read to its end, and only then refused.
    is_whole: bool,
}

/// A name at which the pass stands.
enum Name<'b> {
    Known(usize),
    Other(&'b [u8]),
}

/// What was read of the members of an event.
#[derive(Default)]
struct Members<'b> {
    /// A bit for each property.
    mask: u128,
    /// The sum of their hashes.
    content: u64,
    type_number: Option<usize>,
    id: Option<u128>,
    occurred: Option<u64>,
    received: Option<u64>,
    own_version: Option<u64>,
    device: Option<u64>,
    command_id: Option<&'b [u8]>,
    command_name: Option<(&'b [u8], u64)>,
    uri: Option<&'b [u8]>,
}

/// In what follows nothing means: not accepted. The place of the lexer tells whether more bytes could
/// still change that.
impl<'p, 'b> Pass<'p, 'b> {
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
        let is_sound = !reader.accepted.contains(&false)
            && mask & required == *required
            && mask & batch.telling != 0
            && count.is_none_or(|count| count == events as u64)
            && self.is_in_order
            && reader.distinct.are(&reader.ids);
        is_sound.then_some(())
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
                self.lexer = before;
                self.pass_over()?;
            }
            self.reader.accepted.push(is_accepted);
            if self.is_closed(b']')? {
                return (self.reader.accepted.len() <= most).then_some(());
            }
        }
    }

    /// Passes over an array or object, without more care than to find its end.
    fn pass_over(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.lexer.peek()? {
                b'"' => {
                    self.lexer.string().ok()?;
                    continue;
                }
                // Whatever is deeper is told by others.
                b'{' | b'[' if MAX_DEPTH <= depth => return None,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            self.lexer.bump();
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn event(&mut self) -> Option<()> {
        if self.lexer.peek()? != b'{' {
            return None;
        }
        let start = self.lexer.at();
        self.lexer.bump();
        self.reader.changed.clear();
        self.reader.observed.clear();
        self.reader.unknown.clear();
        let mut members = Members::default();
        let names = self.plan.names.len() + 1;
        // The numbers of the last two names, one more than they are.
        let (mut last, mut before) = (0, 0);
        loop {
            let place = before * names + last;
            let guess = usize::from(self.reader.follows[place]);
            match self.name(&self.plan.names, guess)? {
                Name::Known(number) => {
                    if number != guess {
                        let number = u8::try_from(number).expect("a mask has 128 bits");
                        self.reader.follows[place] = number;
                    }
                    (before, last) = (last, number + 1);
                    let bit = 1 << number;
                    if members.mask & bit != 0 {
                        return None;
                    }
                    members.mask |= bit;
                    let value = self.member(number, &mut members)?;
                    let name = self.plan.names.get(number).hash;
                    members.content = members.content.wrapping_add(content::of_member(name, value));
                }
                Name::Other(name) => self.unknown(name, &mut members)?,
            }
            if self.is_closed(b'}')? {
                break;
            }
        }
        self.is_whole = true;
        let seen = self.judge(start, &members)?;
        self.reader.seen.push(seen);
        Some(())
    }

    /// Reads the value of a known property, and gives its hash.
    #[inline]
    fn member(&mut self, number: usize, members: &mut Members<'b>) -> Option<u64> {
        let check = &self.plan.checks[number];
        match self.plan.roles[number] {
            Role::None => self.value(check),
            Role::Type => {
                let name = self.plain_text()?;
                members.type_number = Some(self.plan.type_names.find(name)?);
                Some(content::of_string(name))
            }
            Role::Id => {
                let (id, hash) = self.text_of(check)?;
                let is_guid = matches!(check, Check::Text(Text::Guid));
                members.id = Some(if is_guid { self.guid } else { key(as_text(id)?) });
                Some(hash)
            }
            Role::Occurred => {
                let hash = self.value(check)?;
                members.occurred = Some(self.instant);
                Some(hash)
            }
            Role::Received => {
                let hash = self.value(check)?;
                members.received = Some(self.instant);
                Some(hash)
            }
            Role::Version => {
                let hash = self.value(check)?;
                let is_whole = matches!(check, Check::Number(Number { whole: Some(_) }));
                members.own_version = Some(is_whole.then_some(self.whole)?);
                Some(hash)
            }
            Role::Device => {
                let (_, hash) = self.text_of(check)?;
                members.device = Some(hash);
                Some(hash)
            }
            Role::CommandId => {
                let (id, hash) = self.text_of(check)?;
                members.command_id = Some(id);
                Some(hash)
            }
            Role::CommandName => {
                let (name, hash) = self.text_of(check)?;
                members.command_name = Some((name, hash));
                Some(hash)
            }
            Role::Uri => {
                let (uri, hash) = self.text_of(check)?;
                members.uri = Some(uri);
                Some(hash)
            }
            role @ (Role::Changed | Role::Observed) => {
                let Check::List(list) = check else { return None };
                self.tags(list, role)
            }
        }
    }

    /// Reads a string that a rule looks at: without escapes, and by a check of strings.
    fn text_of(&mut self, check: &Check) -> Option<(&'b [u8], u64)> {
        let Check::Text(text) = check else { return None };
        if self.lexer.peek()? != b'"' {
            return None;
        }
        let start = self.lexer.at();
        self.has_escapes = false;
        let hash = self.text(text)?;
        let inner = self.lexer.bytes().get(start + 1..self.lexer.at() - 1)?;
        // The hash is of the characters: of a string with escapes it is not that of its bytes.
        (!std::mem::take(&mut self.has_escapes)).then_some((inner, hash))
    }

    /// Reads a list of tags, and keeps their hashes.
    fn tags(&mut self, list: &List, role: Role) -> Option<u64> {
        let Check::Text(text) = &list.items else { return None };
        let mut tags = std::mem::take(if role == Role::Changed {
            &mut self.reader.changed
        } else {
            &mut self.reader.observed
        });
        let hash = self.list_of(list.length, |pass| {
            if pass.lexer.peek()? != b'"' {
                return None;
            }
            let hash = pass.text(text)?;
            tags.push(hash);
            Some(hash)
        });
        let kept = if role == Role::Changed {
            &mut self.reader.changed
        } else {
            &mut self.reader.observed
        };
        *kept = tags;
        hash
    }

    /// A member that no type has: a value without members, under a name that means nothing.
    #[cold]
    fn unknown(&mut self, name: &'b [u8], members: &mut Members<'b>) -> Option<()> {
        let hash = content::of_string(name);
        let unknown = &mut self.reader.unknown;
        let means_nothing = self.plan.sensitive.find(name).is_none()
            && !is_slip_for_version(as_text(name)?)
            && !unknown.contains(&hash);
        if !means_nothing || unknown.len() == MOST_UNKNOWN {
            return None;
        }
        unknown.push(hash);
        let value = self.value(&Check::Scalar)?;
        let member = content::of_member(hash, value);
        members.content = members.content.wrapping_add(member);
        Some(())
    }
}
