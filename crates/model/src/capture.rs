//! Bytes of a capture to its documents, one at a time, in any framing.
//!
//! A capture holds JSON documents behind one another: one pretty-printed batch, a batch or an event
//! a line, or documents without anything between them. A document that is an array is taken apart
//! into its elements. What is held in memory is one document or element, never the input.

mod buffer;
mod recovery;

use std::ops::Deref;

use crate::{
    document::DocumentKind,
    excerpt::{Excerpt, shows_enough},
    fault::{Fault, FaultKind, Inside, Want},
    position::{Locator, Position},
    tree::{Node, Tree},
};
use buffer::Buffer;
use recovery::{Found, Phase, Recovery, Scan};

/// The longest document, or element of an array, that can be read: 4 GiB.
const MAX_DOCUMENT: usize = u32::MAX as usize;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How many bytes of a line are expected in a capture of lines, before its document is looked at: a
/// document that is not whole would be read twice. No batch of the API is longer than this.
const EXPECTED_LINE: usize = 256 << 10;

/// Takes bytes and gives documents; does no input or output itself.
///
/// Call [`next`](Self::next) until it gives nothing, then [`push`](Self::push) more bytes or, when
/// there are none, [`finish`](Self::finish), and go on until it gives nothing again.
///
/// ```
/// use contrail_model::{Capture, Item};
///
/// let mut capture = Capture::default();
/// let mut types = Vec::new();
/// let chunks = [&br#"{"Type":"Heartbe"#[..], br#"atEvent"} {"Type":"#, br#""StatusEvent"}"#];
/// for chunk in chunks.into_iter().map(Some).chain([None]) {
///     match chunk {
///         Some(chunk) => capture.push(chunk),
///         None => capture.finish(),
///     }
///     while let Some(Item::Element(element)) = capture.next() {
///         types.push(element.root().get("Type").unwrap().raw().to_owned());
///     }
/// }
/// assert_eq!(types, ["\"HeartbeatEvent\"", "\"StatusEvent\""]);
/// ```
#[derive(Debug)]
pub struct Capture {
    buffer: Buffer,
    /// The position of the first unread byte.
    origin: Position,
    ended: bool,
    /// Bytes lent to the caller with the last item, to be passed over at the next call.
    lent: usize,
    /// How many characters these are, if it is known, and that they are on one line.
    lent_characters: Option<usize>,
    /// The number of unread bytes at the last attempt that needed more.
    attempted: usize,
    state: State,
    framing: Framing,
    /// What the last sound document or element was.
    shape: Option<DocumentKind>,
    documents: u64,
    recovery: Option<Recovery>,
    /// Damage that is told once it is known whether anything follows it.
    settling: Option<Damage>,
    /// Bytes that belong to the damage that settles.
    strays: &'static [u8],
    tree: Tree,
}

/// Where in the stream of documents the reader stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between documents.
    Top,
    /// In a document that is an array, before the element with this index.
    Array { index: u64, want: Want, opened: Position },
}

/// What the documents so far tell about how the capture is framed.
#[derive(Clone, Copy, Debug, Default)]
struct Framing {
    /// Documents that filled a line of their own.
    lines: u64,
    /// Documents that did not.
    others: u64,
}

impl Framing {
    /// Whether the capture has been JSON Lines so far.
    fn is_lines(self) -> bool {
        0 < self.lines && self.others == 0
    }
}

impl Default for Capture {
    fn default() -> Self {
        Self {
            buffer: Buffer::default(),
            origin: Position::START,
            ended: false,
            lent: 0,
            lent_characters: None,
            attempted: 0,
            state: State::Top,
            framing: Framing::default(),
            shape: None,
            documents: 0,
            recovery: None,
            settling: None,
            strays: &[],
            tree: Tree::default(),
        }
    }
}

/// What a capture holds next.
#[derive(Debug)]
pub enum Item<'c> {
    /// A document, or an element of a document that is an array.
    Element(Element<'c>),
    /// Bytes that are no document.
    Damage(Damage),
    /// A byte-order mark, which is passed over.
    ByteOrderMark {
        /// The number of the document behind it.
        document: u64,
        /// Where it stands.
        position: Position,
    },
}

/// The text of a whole JSON value and its place in the capture.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'c> {
    /// The number of its document, from 1.
    pub document: u64,
    /// Its index, from 0, if its document is an array.
    pub index: Option<u64>,
    /// Where its first byte stands.
    pub origin: Position,
    /// The text of the value, byte for byte.
    pub bytes: &'c [u8],
}

impl<'c> Passage<'c> {
    /// Finds positions in the capture for offsets in the text.
    pub fn locator(&self) -> Locator<'c> {
        Locator::new(self.bytes, self.origin)
    }

    /// Reads the value into a tree.
    ///
    /// # Panics
    ///
    /// If the bytes are no JSON value, as no capture gives them.
    pub fn read(self, tree: &'c mut Tree) -> Element<'c> {
        tree.parse(self.bytes, 0).expect("a passage is a JSON value");
        Element { passage: self, text: text_of(self.bytes), tree }
    }

    /// The JSON Pointer that leads from the document to the value: empty, or its index.
    pub fn pointer(&self) -> String {
        self.index.map(|index| format!("/{index}")).unwrap_or_default()
    }
}

/// A whole JSON value and its place in the capture.
#[derive(Clone, Copy, Debug)]
pub struct Element<'c> {
    passage: Passage<'c>,
    text: &'c str,
    tree: &'c Tree,
}

impl<'c> Element<'c> {
    /// The value.
    pub fn root(&self) -> Node<'c> {
        self.tree.root(self.text)
    }

    /// The text of the value, byte for byte.
    pub fn text(&self) -> &'c str {
        self.text
    }

    /// Its text and its place.
    pub fn passage(&self) -> Passage<'c> {
        self.passage
    }
}

impl<'c> Deref for Element<'c> {
    type Target = Passage<'c>;

    fn deref(&self) -> &Passage<'c> {
        &self.passage
    }
}

/// What comes next, where elements may be passed without being read into a tree.
#[derive(Debug)]
pub enum Next<'c> {
    /// An element that the shortcut knows.
    Passed(Passage<'c>),
    /// Anything else.
    Item(Item<'c>),
}

/// What a shortcut says of the bytes from the start of an element on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glance {
    /// The element is known.
    Known {
        /// Its length in bytes. It must be one JSON value, in UTF-8.
        length: usize,
        /// What it is.
        kind: DocumentKind,
        /// How many characters it has, if it is on one line.
        one_line: Option<usize>,
    },
    /// The bytes end within the element.
    Unfinished,
    /// The element must be read into a tree.
    Unknown,
}

/// Looks at the unread bytes where an element begins, before they are read into a tree. The number
/// is the offset of the first of them in the capture.
pub type Shortcut<'s> = dyn FnMut(&[u8], u64) -> Glance + 's;

/// Bytes that could not be read as a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The number of the document, from 1.
    pub document: u64,
    /// The index of the element, from 0, if the document is an array.
    pub index: Option<u64>,
    /// What is wrong.
    pub kind: FaultKind,
    /// Where it is wrong.
    pub position: Position,
    /// The text around it.
    pub excerpt: Excerpt,
    /// Where the document, or what was still open of it, began.
    pub opened: Position,
    /// How many bytes, from `opened` on, were not checked.
    pub skipped: u64,
    /// Where reading went on; nothing if no further document was found.
    pub resumed: Option<Position>,
}

/// What to do next, decided without borrowing from the buffer.
enum Step {
    /// The state has changed: look again.
    Again,
    More,
    Element {
        document: u64,
        index: Option<u64>,
        length: usize,
        /// Whether the shortcut knows it, and there is no tree of it.
        is_known: bool,
    },
    Damage(Damage),
    ByteOrderMark,
}

impl Capture {
    /// Adds bytes after those that were added before.
    pub fn push(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.fill(bytes.len());
    }

    /// Adds the first `length` of `bytes`. If everything before them has been read, they are not
    /// copied: `bytes` gets the memory of the previous ones in exchange.
    ///
    /// # Panics
    ///
    /// If there are fewer than `length` bytes.
    pub fn exchange(&mut self, bytes: &mut Vec<u8>, length: usize) {
        self.release();
        self.buffer.exchange(bytes, length);
    }

    /// Room for at least `least` bytes after those that were added before. Write to it, and call
    /// [`fill`](Self::fill) with the number of bytes written: this saves copying what is read from a file.
    pub fn room(&mut self, least: usize) -> &mut [u8] {
        self.release();
        self.buffer.room(least)
    }

    /// Adds the first `length` bytes of the [`room`](Self::room) to the capture.
    ///
    /// # Panics
    ///
    /// If the room is smaller.
    pub fn fill(&mut self, length: usize) {
        self.buffer.fill(length);
    }

    /// Says that no more bytes will come.
    pub fn finish(&mut self) {
        self.ended = true;
    }

    /// The number of documents met so far, damaged ones included.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// The position of the first byte that has not been read.
    pub fn position(&self) -> Position {
        self.origin.after(&self.unread()[..self.lent])
    }

    /// How many bytes of memory it takes: those of the text that it holds, and of the last tree.
    pub fn held(&self) -> usize {
        self.buffer.held() + self.tree.held()
    }

    /// The next item; nothing if more bytes are needed for it, or if the capture is at its end.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend from its buffer")]
    pub fn next(&mut self) -> Option<Item<'_>> {
        match self.next_by(&mut |_, _| Glance::Unknown)? {
            Next::Item(item) => Some(item),
            Next::Passed(_) => unreachable!("nothing is known beforehand"),
        }
    }

    /// The same with a shortcut: what it knows is not read into a tree.
    pub fn next_by(&mut self, shortcut: &mut Shortcut<'_>) -> Option<Next<'_>> {
        self.release();
        match self.step(shortcut) {
            Step::More | Step::Again => None,
            Step::Damage(damage) => Some(Next::Item(Item::Damage(damage))),
            Step::ByteOrderMark => {
                let position = self.origin;
                self.buffer.pass(BYTE_ORDER_MARK.len());
                self.origin.offset += BYTE_ORDER_MARK.len() as u64;
                let document = self.documents + 1;
                Some(Next::Item(Item::ByteOrderMark { document, position }))
            }
            Step::Element { document, index, length, is_known } => {
                self.lent = length;
                let bytes = &self.buffer.unread()[..length];
                let passage = Passage { document, index, origin: self.origin, bytes };
                if is_known {
                    return Some(Next::Passed(passage));
                }
                let element = Element { passage, text: text_of(bytes), tree: &self.tree };
                Some(Next::Item(Item::Element(element)))
            }
        }
    }

    fn unread(&self) -> &[u8] {
        self.buffer.unread()
    }

    /// Passes over what was lent with the last item.
    fn release(&mut self) {
        let lent = std::mem::take(&mut self.lent);
        if let Some(characters) = self.lent_characters.take() {
            self.origin.offset += lent as u64;
            self.origin.column += characters as u64;
            self.buffer.pass(lent);
            self.attempted = 0;
        } else {
            self.advance(lent);
        }
    }

    fn advance(&mut self, length: usize) {
        if length == 0 {
            return;
        }
        self.origin = self.origin.after(&self.unread()[..length]);
        self.buffer.pass(length);
        self.attempted = 0;
    }

    fn step(&mut self, shortcut: &mut Shortcut<'_>) -> Step {
        loop {
            let step = if let Some(recovery) = self.recovery.take() {
                self.recover(recovery)
            } else {
                self.pass_over_blank();
                match self.settling.take() {
                    Some(damage) => self.settle(damage),
                    None => self.read(shortcut),
                }
            };
            if !matches!(step, Step::Again) {
                return step;
            }
        }
    }

    fn pass_over_blank(&mut self) {
        let passed = |byte: &&u8| is_blank(**byte) || self.strays.contains(byte);
        let length = self.unread().iter().take_while(passed).count();
        self.advance(length);
        if let Some(damage) = &mut self.settling
            && !self.strays.is_empty()
        {
            damage.skipped = self.origin.offset - damage.opened.offset;
        }
    }

    fn read(&mut self, shortcut: &mut Shortcut<'_>) -> Step {
        match self.state {
            State::Top => self.read_between_documents(shortcut),
            State::Array { index, want, opened } => {
                self.read_in_array(index, want, opened, shortcut)
            }
        }
    }

    /// Notes where reading goes on after damage, which takes one more byte, or the end.
    fn settle(&mut self, mut damage: Damage) -> Step {
        if self.unread().is_empty() && !self.ended {
            self.settling = Some(damage);
            return Step::More;
        }
        self.strays = &[];
        damage.resumed = (!self.unread().is_empty()).then_some(self.origin);
        Step::Damage(damage)
    }

    fn settle_next(&mut self, damage: Damage) -> Step {
        self.settling = Some(damage);
        Step::Again
    }

    fn read_between_documents(&mut self, shortcut: &mut Shortcut<'_>) -> Step {
        let unread = self.unread();
        match unread.first() {
            None => Step::More,
            Some(0xEF) if unread.starts_with(BYTE_ORDER_MARK) => Step::ByteOrderMark,
            Some(0xEF) if BYTE_ORDER_MARK.starts_with(unread) && !self.ended => Step::More,
            Some(b'[') => {
                self.documents += 1;
                let opened = self.origin;
                self.advance(1);
                self.state = State::Array { index: 0, want: Want::ValueOrEnd, opened };
                Step::Again
            }
            Some(b'{') => self.document(shortcut),
            Some(&got) if self.framing.is_lines() && 1 < self.origin.column => {
                self.pass_over_line(got)
            }
            Some(&got @ (b',' | b']' | b'}')) => self.pass_over_stray(got),
            Some(_) => self.document(shortcut),
        }
    }

    fn document(&mut self, shortcut: &mut Shortcut<'_>) -> Step {
        let step = self.value(self.documents + 1, None, shortcut);
        if !matches!(step, Step::More) {
            self.documents += 1;
        }
        step
    }

    /// In a capture of lines, what follows a document on its line belongs to that line's damage.
    fn pass_over_line(&mut self, got: u8) -> Step {
        if !self.ended && !shows_enough(self.unread(), 0) {
            return Step::More;
        }
        let fault = FaultKind::Unexpected { want: Want::LineEnd, got };
        let damage = self.damage(self.documents, None, fault, 0);
        self.recovery = Some(self.begin_recovery(damage, 0));
        Step::Again
    }

    /// Commas and closing brackets between documents are one damage and hide nothing behind them.
    fn pass_over_stray(&mut self, got: u8) -> Step {
        if !self.ended && !shows_enough(self.unread(), 0) {
            return Step::More;
        }
        let fault = FaultKind::Unexpected { want: Want::Document, got };
        let damage = self.damage(self.documents.max(1), None, fault, 0);
        self.strays = b",]}";
        self.settle_next(damage)
    }

    fn read_in_array(
        &mut self,
        index: u64,
        want: Want,
        opened: Position,
        shortcut: &mut Shortcut<'_>,
    ) -> Step {
        let after = |want| State::Array { index, want, opened };
        let enough = self.ended || shows_enough(self.unread(), 0);
        match (want, self.unread().first()) {
            (_, None) if !self.ended => Step::More,
            (_, None) => {
                let mut damage =
                    self.damage(self.documents, None, FaultKind::End(Inside::Array), 0);
                damage.opened = opened;
                self.state = State::Top;
                Step::Damage(damage)
            }
            (Want::ValueOrEnd | Want::CommaOrArrayEnd, Some(b']')) => {
                self.advance(1);
                self.state = State::Top;
                self.framing.others += 1;
                Step::Again
            }
            (Want::CommaOrArrayEnd, Some(b',')) => {
                self.advance(1);
                self.state = after(Want::Value);
                Step::Again
            }
            (Want::CommaOrArrayEnd, Some(_)) if !enough => Step::More,
            (Want::CommaOrArrayEnd, Some(&got)) => {
                let fault = FaultKind::Unexpected { want, got };
                let damage = self.damage(self.documents, Some(index), fault, 0);
                // A comma was forgotten: the next element is all the same where it is.
                if matches!(got, b'{' | b'[') {
                    self.state = after(Want::Value);
                    return self.settle_next(damage);
                }
                self.recovery = Some(self.begin_recovery(damage, 0));
                Step::Again
            }
            (_, Some(b',' | b']')) if !enough => Step::More,
            (_, Some(&got @ (b',' | b']'))) => {
                let fault = FaultKind::Unexpected { want, got };
                let damage = self.damage(self.documents, Some(index), fault, 0);
                if got == b',' {
                    self.strays = b",";
                    self.state = after(Want::ValueOrEnd);
                } else {
                    self.state = after(Want::CommaOrArrayEnd);
                }
                self.settle_next(damage)
            }
            _ => {
                let step = self.value(self.documents, Some(index), shortcut);
                if !matches!(step, Step::More) {
                    self.state =
                        State::Array { index: index + 1, want: Want::CommaOrArrayEnd, opened };
                }
                step
            }
        }
    }

    /// Reads the value at the front. A damaged one leaves a recovery to go on with.
    fn value(&mut self, document: u64, index: Option<u64>, shortcut: &mut Shortcut<'_>) -> Step {
        let length = self.unread().len();
        // Reading a long document again only when it has doubled keeps the work linear.
        if !self.ended && length < self.attempted.saturating_mul(2) {
            return Step::More;
        }
        if index.is_none() && self.expects_line_end() {
            return Step::More;
        }
        let readable = length.min(MAX_DOCUMENT);
        let unread = &self.buffer.unread()[..readable];
        match shortcut(unread, self.origin.offset) {
            Glance::Known { length: end, kind, one_line } if end < length || self.ended => {
                if index.is_none() {
                    self.note_framing(end, one_line.is_some());
                }
                self.shape = Some(kind);
                self.lent_characters = one_line;
                return Step::Element { document, index, length: end, is_known: true };
            }
            Glance::Known { .. } => return Step::More,
            Glance::Unfinished if readable == length && !self.ended => {
                self.attempted = length;
                return Step::More;
            }
            Glance::Unfinished | Glance::Unknown => {}
        }
        let depth = usize::from(index.is_some());
        match self.tree.parse(&self.buffer.unread()[..readable], depth) {
            // A number may go on in the next bytes, and what follows tells the framing.
            Ok(end) if end < length || self.ended => {
                if index.is_none() {
                    self.note_framing(end, false);
                }
                self.shape = self.shape_of(end);
                Step::Element { document, index, length: end, is_known: false }
            }
            Err(fault)
                if self.ended
                    || readable < length
                    || !is_undecided(&fault, self.unread())
                        && shows_enough(self.unread(), fault.offset) =>
            {
                let damage = self.damage(document, index, fault.kind, fault.offset);
                self.recovery = Some(self.begin_recovery(damage, fault.offset));
                Step::Again
            }
            Ok(_) => Step::More,
            Err(_) => {
                self.attempted = length;
                Step::More
            }
        }
    }

    /// Whether the document at the front goes on in bytes that are to come: in a capture of lines its
    /// line has no end yet.
    fn expects_line_end(&self) -> bool {
        let is_short = self.unread().len() < EXPECTED_LINE;
        !self.ended && self.framing.is_lines() && is_short && !self.buffer.has_line_feed()
    }

    /// What the value that was just read is, if it is a batch or an event.
    fn shape_of(&self, length: usize) -> Option<DocumentKind> {
        let text = std::str::from_utf8(&self.unread()[..length]).ok()?;
        let kind = DocumentKind::of(self.tree.root(text));
        (kind != DocumentKind::Other).then_some(kind)
    }

    /// Learns from a document whether the capture has one a line.
    fn note_framing(&mut self, length: usize, is_one_line: bool) {
        let (document, behind) = self.unread().split_at(length);
        let at_line_start = self.origin.column == 1;
        let is_one_line = is_one_line || memchr::memchr(b'\n', document).is_none();
        match behind.first() {
            None | Some(b'\n' | b'\r') if at_line_start && is_one_line => self.framing.lines += 1,
            // Two documents on a line, or one over several lines. What is neither is damage.
            Some(b'{' | b'[') => self.framing.others += 1,
            _ if !is_one_line => self.framing.others += 1,
            _ => {}
        }
    }

    /// Describes damage at `offset` in the unread bytes.
    fn damage(&self, document: u64, index: Option<u64>, kind: FaultKind, offset: usize) -> Damage {
        let unread = self.unread();
        Damage {
            document,
            index,
            kind,
            position: self.origin.after(&unread[..offset]),
            excerpt: Excerpt::new(unread, self.origin, offset..offset + 1),
            opened: self.origin,
            skipped: 0,
            resumed: None,
        }
    }

    fn begin_recovery(&self, damage: Damage, fault: usize) -> Recovery {
        let top_level = self.state == State::Top;
        let lines = top_level && self.framing.is_lines();
        let phase = match self.unread().first() {
            _ if lines => Phase::Line(0),
            Some(b'{' | b'[') => Phase::Balance,
            // What is no document at all has no brackets to be counted.
            _ if top_level => Phase::Search(Scan::default()),
            _ => Phase::Balance,
        };
        let indent = usize::try_from(self.origin.column - 1).ok();
        Recovery::new(damage, fault, top_level, phase, indent, self.shape)
    }

    /// Looks for the next place where a document or element can begin.
    fn recover(&mut self, mut recovery: Recovery) -> Step {
        let unread = self.buffer.unread();
        match recovery.search(unread, self.ended, &mut self.tree) {
            Found::More { discard } => {
                self.advance(discard);
                self.recovery = Some(recovery);
                Step::More
            }
            Found::Boundary { length } => {
                // Whatever the search says, something is passed over: reading must end.
                let length = length.max(usize::from(!unread.is_empty()));
                let mut damage = recovery.into_damage();
                self.advance(length);
                damage.skipped = self.origin.offset - damage.opened.offset;
                if self.ended && self.unread().is_empty() {
                    // An array that was lost with its element is not told again.
                    self.state = State::Top;
                }
                // The comma before an element that was found by its line is behind us.
                let is_element = matches!(self.unread().first(), Some(b'{' | b'['));
                if let State::Array { want, .. } = &mut self.state
                    && is_element
                {
                    *want = Want::Value;
                }
                self.settle_next(damage)
            }
        }
    }
}

fn text_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("a parsed value is UTF-8")
}

/// Whether other bytes behind these could make the fault another one, or none.
fn is_undecided(fault: &Fault, bytes: &[u8]) -> bool {
    let goes_on = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    match fault.kind {
        FaultKind::End(_) => true,
        // An exponent that is still to come may bring many digits back into the range.
        FaultKind::NumberOutOfRange => bytes[fault.offset..].iter().all(goes_on),
        _ => false,
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests;
