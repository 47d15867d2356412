//! Events and batches read without a tree: only where the parts are that a replay asks for.
//!
//! Whatever is taken is JSON that a [`Tree`](crate::Tree) takes too, with the same parts. What is
//! unusual is left to the tree: a repeated name, an escape in a name or an instant, an array in an array,
//! deep nesting, an event without a time.
//!
//! Nearly all members are found by the text between values (see [`Shapes`]). Those that are not are read
//! by their names, and learned.

use std::{num::NonZeroU32, ops::Range};

use crate::{
    canonical::{INSTANT_LENGTH, InstantReader},
    capture::Glance,
    document::DocumentKind,
    lexer::{Lexer, string_ends},
    shapes::{ShapeId, Shapes},
    timestamp::{TIME_PROPERTIES, Timestamp},
};

/// The most arrays and objects that may be open at once in an event, itself included.
const MOST_DEPTH: usize = 16;

/// The most members of an object that are read by their names in one reading: they are compared one by
/// one.
const MOST_MEMBERS: usize = 64;

/// Which parts of events are wanted.
#[derive(Clone, Copy, Debug)]
pub struct SkimOptions {
    /// Whether the time of an event is its `ReceivedTime`, where it has one, and not its `EventTime`.
    pub by_received: bool,
    /// Whether all instants of events are wanted.
    pub instants: bool,
}

/// Reads events and batches, and remembers how they are written.
#[derive(Debug)]
pub struct Skimmer {
    options: SkimOptions,
    shapes: Shapes<Step>,
    /// By the number of a place in the shapes: the member that led there.
    members: Vec<Member>,
    reader: InstantReader,
    events: Vec<SkimmedEvent>,
    instants: Vec<SkimmedInstant>,
    /// The names of the objects that are open and read by their names.
    names: Vec<Range<usize>>,
}

/// Where the parts of an event are, in bytes from its start.
#[derive(Clone, Copy, Debug)]
pub struct SkimmedEvent {
    /// Where the event is, in the bytes that were read.
    pub range: Span,
    /// The time by which it is ordered.
    pub time: Timestamp,
    /// The value of `Type`, without its quotes, if it is a string.
    pub type_name: Option<Span>,
    /// The value of `Device`, without its quotes, if it is a string.
    pub device: Option<Span>,
    /// The value of `EventId`, without its quotes, if it is a string.
    pub id: Option<Span>,
    /// The value of `Version`, if it is a number.
    pub version: Option<Span>,
    /// Which of all instants are its own.
    instants: (u32, u32),
}

/// An instant in an event: the value of one of [`TIME_PROPERTIES`].
#[derive(Clone, Copy, Debug)]
pub struct SkimmedInstant {
    /// Where it is in the event, without its quotes.
    pub span: Span,
    /// Which instant it is.
    pub time: Timestamp,
    /// Whether it is a `ReceivedTime`.
    pub is_received: bool,
}

/// A range of bytes. It may be empty, but it does not end at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: NonZeroU32,
}

impl Span {
    /// The span of a range.
    ///
    /// # Panics
    ///
    /// If it ends at 0, or after 4 GiB. It must not begin after its end.
    #[inline]
    pub fn new(start: usize, end: usize) -> Self {
        let end = u32::try_from(end).ok().and_then(NonZeroU32::new);
        let end = end.expect("the end is after the start of a document of at most 4 GiB");
        #[expect(clippy::cast_possible_truncation, reason = "it is not after its end")]
        Self { start: start as u32, end }
    }

    /// The span as a range of bytes.
    #[inline]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end.get() as usize
    }
}

/// What a member is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Type,
    Device,
    Id,
    Version,
    Occurred,
    Received,
    OtherTime,
    /// A name of batches.
    Batch,
    Other,
}

impl Role {
    fn of(name: &[u8]) -> Self {
        match name {
            b"Type" => Self::Type,
            b"Device" => Self::Device,
            b"EventId" => Self::Id,
            b"Version" => Self::Version,
            b"EventTime" => Self::Occurred,
            b"ReceivedTime" => Self::Received,
            b"Events" | b"BatchId" | b"Count" => Self::Batch,
            name if TIME_PROPERTIES.iter().any(|time| time.as_bytes() == name) => Self::OtherTime,
            _ => Self::Other,
        }
    }

    fn is_time(self) -> bool {
        matches!(self, Self::Occurred | Self::Received | Self::OtherTime)
    }

    /// Whether it is one of the names by which a document is recognised as an event.
    fn is_of_event(self) -> bool {
        matches!(self, Self::Type | Self::Id | Self::Occurred)
    }
}

/// What a text between values leads to.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The first character of a string.
    Text(Role),
    /// Any value.
    Value(Role),
    /// The end of the object.
    End,
}

/// The member whose value stands before a place.
#[derive(Clone, Debug)]
struct Member {
    name: Box<[u8]>,
    /// The place of the member before it.
    before: ShapeId,
    /// Where the objects in its value begin.
    nested: Option<ShapeId>,
}

/// What the names of an event say.
#[derive(Clone, Copy, Debug, Default)]
struct Names {
    has_one_of_events: bool,
    has_one_of_batches: bool,
}

impl Skimmer {
    /// A skimmer that has learned nothing yet.
    pub fn new(options: SkimOptions) -> Self {
        Self {
            options,
            shapes: Shapes::default(),
            members: Vec::new(),
            reader: InstantReader::default(),
            events: Vec::new(),
            instants: Vec::new(),
            names: Vec::new(),
        }
    }

    /// Reads the event or the batch at the front of `bytes`. What is found is in [`events`](Self::events)
    /// if it is known.
    pub fn read(&mut self, bytes: &[u8]) -> Glance {
        self.events.clear();
        self.instants.clear();
        self.names.clear();
        if self.shapes.forget_if_full() {
            self.members.clear();
        }
        let mut pass = Pass {
            skimmer: self,
            lexer: Lexer::new(bytes),
            start: 0,
            event: blank(),
            occurred: None,
            received: None,
            names: Names::default(),
            is_alone: false,
            is_whole: false,
        };
        let kind = pass.document();
        let (end, is_whole) = (pass.lexer.at(), pass.is_whole);
        match kind {
            Some(kind) => match characters_of(&bytes[..end]) {
                Some(characters) => {
                    let is_one_line = memchr::memchr(b'\n', &bytes[..end]).is_none();
                    let one_line = is_one_line.then_some(characters);
                    Glance::Known { length: end, kind, one_line }
                }
                None => Glance::Unknown,
            },
            // All that there is of it was sound.
            None if bytes.len() <= end && !is_whole => Glance::Unfinished,
            None => Glance::Unknown,
        }
    }

    /// The events of the document that was read last, in the order of the text.
    pub fn events(&self) -> &[SkimmedEvent] {
        &self.events
    }

    /// The instants of an event, in the order of the text; none where none are wanted.
    #[inline]
    pub fn instants(&self, event: &SkimmedEvent) -> &[SkimmedInstant] {
        let (from, to) = event.instants;
        &self.instants[from as usize..to as usize]
    }

    /// Where the objects begin that are, or are in, the value before a place.
    fn nested(&mut self, place: ShapeId) -> Option<ShapeId> {
        let member = self.members.get_mut(place.index())?;
        if member.nested.is_none() {
            member.nested = self.shapes.add_root();
        }
        member.nested
    }

    /// Whether a member between two places has this name.
    fn is_between(&self, root: Option<ShapeId>, place: Option<ShapeId>, name: &[u8]) -> bool {
        let (Some(root), Some(mut place)) = (root, place) else { return false };
        while place != root
            && let Some(member) = self.members.get(place.index())
        {
            if *member.name == *name {
                return true;
            }
            place = member.before;
        }
        false
    }
}

fn blank() -> SkimmedEvent {
    SkimmedEvent {
        range: Span::new(0, 1),
        time: Timestamp::whole(0),
        type_name: None,
        device: None,
        id: None,
        version: None,
        instants: (0, 0),
    }
}

/// How many characters bytes are; `None` if they are not UTF-8.
pub fn characters_of(bytes: &[u8]) -> Option<usize> {
    if bytes.is_ascii() {
        return Some(bytes.len());
    }
    simdutf8::basic::from_utf8(bytes).ok().map(|_| bytecount::num_chars(bytes))
}

/// One reading of a document. Every `None` means that it is left to others.
struct Pass<'s, 'b> {
    skimmer: &'s mut Skimmer,
    lexer: Lexer<'b>,
    /// Where the event begins that is being read.
    start: usize,
    event: SkimmedEvent,
    /// The times of the event itself.
    occurred: Option<Span>,
    received: Option<Span>,
    names: Names,
    /// Whether the document is an event.
    is_alone: bool,
    /// Whether the document was read to its end.
    is_whole: bool,
}

impl Pass<'_, '_> {
    fn document(&mut self) -> Option<DocumentKind> {
        (self.lexer.bytes().first()? == &b'{').then_some(())?;
        if self.begins_as_batch() {
            return self.batch().map(|()| DocumentKind::Batch);
        }
        self.is_alone = true;
        let names = self.event()?;
        let is_event = names.has_one_of_events && !names.has_one_of_batches;
        is_event.then_some(DocumentKind::Event)
    }

    /// Whether the first name is one of batches.
    fn begins_as_batch(&self) -> bool {
        let mut lexer = self.lexer.clone();
        lexer.bump();
        let start = match lexer.peek() {
            Some(b'"') => lexer.at() + 1,
            _ => return false,
        };
        if !matches!(lexer.bytes().get(start), Some(b'B' | b'C' | b'E')) {
            return false;
        }
        let name = lexer.string().ok().map(|_| &lexer.bytes()[start..lexer.at() - 1]);
        name.is_some_and(|name| Role::of(name) == Role::Batch)
    }

    fn batch(&mut self) -> Option<()> {
        let first = self.skimmer.names.len();
        let mut has_events = false;
        self.lexer.bump();
        loop {
            let name = self.name(first)?;
            let is_events = &self.lexer.bytes()[name.clone()] == b"Events";
            if Role::of(&self.lexer.bytes()[name]).is_of_event() {
                return None;
            }
            if is_events {
                self.events()?;
                has_events = true;
            } else {
                self.value(Role::Other, None, 1)?;
            }
            if self.is_last(b'}')? {
                self.is_whole = true;
                return has_events.then_some(());
            }
        }
    }

    fn events(&mut self) -> Option<()> {
        (self.lexer.peek()? == b'[').then(|| self.lexer.bump())?;
        if self.is_empty(b']')? {
            return Some(());
        }
        loop {
            (self.lexer.peek()? == b'{').then_some(())?;
            self.event()?;
            if self.is_last(b']')? {
                return Some(());
            }
        }
    }

    #[inline]
    fn event(&mut self) -> Option<Names> {
        self.start = self.lexer.at();
        self.event = blank();
        (self.occurred, self.received, self.names) = (None, None, Names::default());
        let first = self.skimmer.instants.len();
        self.lexer.bump();
        self.object(Some(ShapeId::ROOT), 1)?;
        self.is_whole = self.is_alone;
        self.event.time = self.time()?;
        self.event.range = Span::new(self.start, self.lexer.at());
        let narrow = |at: usize| u32::try_from(at).ok();
        self.event.instants = (narrow(first)?, narrow(self.skimmer.instants.len())?);
        self.skimmer.events.push(self.event);
        Some(self.names)
    }

    /// The time by which the event is ordered.
    fn time(&mut self) -> Option<Timestamp> {
        let received = self.received.filter(|_| self.skimmer.options.by_received);
        for span in [received, self.occurred].into_iter().flatten() {
            match self.instant(span) {
                Some(time) => return Some(time),
                // A tree undoes escapes, which may make it an instant.
                None if self.text(span).contains(&b'\\') => return None,
                None => {}
            }
        }
        None
    }

    /// Reads an object after its brace. Objects that begin at one place of the shapes are of one kind.
    fn object(&mut self, root: Option<ShapeId>, depth: usize) -> Option<()> {
        (depth <= MOST_DEPTH).then_some(())?;
        let mut place = root;
        if self.known_members(&mut place, depth)? {
            return Some(());
        }
        self.named_members(root, place, depth)
    }

    /// Reads members as far as they are known; says whether that was all of the object.
    #[inline]
    fn known_members(&mut self, place: &mut Option<ShapeId>, depth: usize) -> Option<bool> {
        let Some(mut from) = *place else { return Some(false) };
        let bytes = self.lexer.bytes();
        let mut at = self.lexer.at();
        while let Some((next, value, step)) = self.skimmer.shapes.follow(from, bytes, at) {
            match *step {
                Step::Text(role) => {
                    let Some(end) = string_end(bytes, value) else { break };
                    self.note_text(role, depth, value, end);
                    at = end + 1;
                }
                Step::Value(role) => {
                    self.lexer.move_to(value);
                    self.value(role, Some(next), depth)?;
                    at = self.lexer.at();
                }
                Step::End => {
                    self.lexer.move_to(value);
                    return Some(true);
                }
            }
            from = next;
        }
        self.lexer.move_to(at);
        *place = Some(from);
        Some(false)
    }

    /// Reads the rest of an object by the names of its members, and learns them.
    #[cold]
    fn named_members(
        &mut self,
        root: Option<ShapeId>,
        place: Option<ShapeId>,
        depth: usize,
    ) -> Option<()> {
        let first = self.skimmer.names.len();
        let mut learned = place;
        let mut is_first = place == root;
        loop {
            let text_start = self.lexer.at();
            let is_end = if is_first { self.is_empty(b'}')? } else { self.is_last(b'}')? };
            if is_end {
                self.learn(learned, text_start..self.lexer.at(), Step::End, 0..0);
                self.skimmer.names.truncate(first);
                return Some(());
            }
            is_first = false;
            let name = self.name(first)?;
            let text = &self.lexer.bytes()[name.clone()];
            if self.skimmer.is_between(root, place, text) {
                return None;
            }
            let role = Role::of(text);
            let is_text = self.lexer.peek()? == b'"';
            let value = self.lexer.at() + usize::from(is_text);
            let step = if is_text { Step::Text(role) } else { Step::Value(role) };
            learned = self.learn(learned, text_start..value, step, name);
            self.value(role, learned, depth)?;
        }
    }

    fn learn(
        &mut self,
        before: Option<ShapeId>,
        text: Range<usize>,
        step: Step,
        name: Range<usize>,
    ) -> Option<ShapeId> {
        let (before, bytes) = (before?, self.lexer.bytes());
        let Skimmer { shapes, members, .. } = &mut *self.skimmer;
        let (place, is_new) = shapes.add(before, &bytes[text], step)?;
        if is_new {
            // A long text has places without a member.
            let member = |name: &[u8]| Member { name: name.into(), before, nested: None };
            members.resize_with(place.index(), || member(b""));
            members.push(member(&bytes[name]));
        }
        Some(place)
    }

    /// Reads a name and its colon. The names of its object begin at `first` in the list.
    fn name(&mut self, first: usize) -> Option<Range<usize>> {
        (self.lexer.peek()? == b'"').then_some(())?;
        let start = self.lexer.at() + 1;
        let has_escapes = self.lexer.string().ok()?;
        let (name, bytes) = (start..self.lexer.at() - 1, self.lexer.bytes());
        let others = &self.skimmer.names[first..];
        let is_repeated = others.iter().any(|other| bytes[other.clone()] == bytes[name.clone()]);
        if has_escapes || is_repeated || others.len() == MOST_MEMBERS {
            return None;
        }
        self.skimmer.names.push(name.clone());
        (self.lexer.peek()? == b':').then(|| self.lexer.bump())?;
        Some(name)
    }

    /// Reads any value, the one before `place`.
    #[inline]
    fn value(&mut self, role: Role, place: Option<ShapeId>, depth: usize) -> Option<()> {
        let byte = self.lexer.peek()?;
        let start = self.lexer.at();
        match byte {
            b'"' => {
                match string_end(self.lexer.bytes(), start + 1) {
                    Some(end) => self.lexer.move_to(end + 1),
                    None => self.lexer.string().ok().map(|_| ())?,
                }
                self.note_text(role, depth, start + 1, self.lexer.at() - 1);
                return Some(());
            }
            b'{' => {
                self.lexer.bump();
                let root = place.and_then(|place| self.skimmer.nested(place));
                self.object(root, depth + 1)?;
            }
            b'[' => {
                self.lexer.bump();
                self.array(place, depth + 1)?;
            }
            b'-' | b'0'..=b'9' => {
                self.lexer.number().ok()?;
                if role == Role::Version && depth == 1 {
                    self.event.version = Some(self.span(start, self.lexer.at()));
                }
            }
            b't' => self.lexer.literal(b"true").ok()?,
            b'f' => self.lexer.literal(b"false").ok()?,
            b'n' => self.lexer.literal(b"null").ok()?,
            _ => return None,
        }
        self.note_name(role, depth);
        Some(())
    }

    /// Reads an array after its bracket.
    fn array(&mut self, place: Option<ShapeId>, depth: usize) -> Option<()> {
        if self.is_empty(b']')? {
            return Some(());
        }
        loop {
            // In a tree, instants are not looked for in arrays that are elements of arrays.
            (self.lexer.peek()? != b'[').then_some(())?;
            self.value(Role::Other, place, depth)?;
            if self.is_last(b']')? {
                return Some(());
            }
        }
    }

    /// Takes the end of an array or object, if nothing stands in it.
    fn is_empty(&mut self, end: u8) -> Option<bool> {
        let is_empty = self.lexer.peek()? == end;
        if is_empty {
            self.lexer.bump();
        }
        Some(is_empty)
    }

    /// Takes the comma after a value, or the end of the array or object.
    fn is_last(&mut self, end: u8) -> Option<bool> {
        let byte = self.lexer.peek()?;
        (byte == b',' || byte == end).then(|| self.lexer.bump())?;
        Some(byte == end)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(start - self.start, end - self.start)
    }

    #[inline]
    fn note_name(&mut self, role: Role, depth: usize) {
        self.names.has_one_of_events |= depth == 1 && role.is_of_event();
        self.names.has_one_of_batches |= depth == 1 && role == Role::Batch;
    }

    /// Notes a string, which stands there without its quotes.
    #[inline]
    fn note_text(&mut self, role: Role, depth: usize, start: usize, end: usize) {
        if role == Role::Other {
            return;
        }
        let span = self.span(start, end);
        if role.is_time() && self.skimmer.options.instants {
            self.keep_instant(role, span);
        }
        if depth > 1 {
            return;
        }
        match role {
            Role::Type => self.event.type_name = Some(span),
            Role::Device => self.event.device = Some(span),
            Role::Id => self.event.id = Some(span),
            Role::Occurred => self.occurred = Some(span),
            Role::Received => self.received = Some(span),
            Role::Version | Role::OtherTime | Role::Batch | Role::Other => {}
        }
        self.note_name(role, depth);
    }

    fn text(&self, span: Span) -> &[u8] {
        let Range { start, end } = span.range();
        &self.lexer.bytes()[self.start + start..self.start + end]
    }

    fn keep_instant(&mut self, role: Role, span: Span) {
        if let Some(time) = self.instant(span) {
            let is_received = role == Role::Received;
            self.skimmer.instants.push(SkimmedInstant { span, time, is_received });
        }
    }

    fn instant(&mut self, span: Span) -> Option<Timestamp> {
        let Range { start, end } = span.range();
        let text = &self.lexer.bytes()[self.start + start..self.start + end];
        let usual: Option<&[u8; INSTANT_LENGTH]> = text.try_into().ok();
        if let Some(seconds) = usual.and_then(|text| self.skimmer.reader.read(text)) {
            return Some(Timestamp::whole(seconds));
        }
        Timestamp::parse(std::str::from_utf8(text).ok()?)
    }
}

/// The offset of the quote that ends a string whose first character is at `at`. `None` also where fewer
/// than 32 bytes are left.
#[inline(always)]
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        let ends = string_ends(bytes.get(end..)?.first_chunk()?);
        if ends == 0 {
            end += 32;
            continue;
        }
        end += ends.trailing_zeros() as usize;
        return match bytes[end] {
            b'"' => Some(end),
            b'\\' => escaped_string_end(bytes, at),
            _ => None,
        };
    }
}

#[cold]
fn escaped_string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut lexer = Lexer::new(bytes);
    lexer.move_to(at - 1);
    lexer.string().ok().map(|_| lexer.at() - 1)
}

#[cfg(test)]
mod tests;
