//! Where reading can go on after a document that is damaged.
//!
//! In a capture of lines it is the next line. Otherwise it is where the brackets of the document
//! are balanced again; and if they never are, the next line that begins as the document began, or
//! the next place within the line that looks like the documents before, and that holds a whole value
//! with nothing of the damaged document behind it.

use super::{Damage, is_blank, is_undecided};
use crate::{
    document::DocumentKind,
    excerpt::Excerpt,
    fault::FaultKind,
    tree::{Node, Tree},
};

/// How far behind a fault the end of its document is looked for by counting brackets.
const WINDOW: usize = 1 << 20;

/// The longest escape in a string is a pair of surrogates: `\ud83d\ude80`.
const LONGEST_ESCAPE: usize = 12;

/// A search for the end of a damaged document, which may need to see more bytes.
///
/// What it decides depends only on places that the input fixes: offsets from the start of the
/// document, and the end of the input. Where the bytes end that are there by chance decides nothing.
#[derive(Debug)]
pub(super) struct Recovery {
    damage: Damage,
    /// The damage if the document was cut off, known before its first bytes are discarded.
    cut: Option<Damage>,
    /// The offset of the fault from the start of the document.
    fault: usize,
    /// How many bytes of the document were discarded.
    discarded: usize,
    top_level: bool,
    /// The column, from 0, at which the document began.
    indent: Option<usize>,
    /// What the last sound value was.
    shape: Option<DocumentKind>,
    phase: Phase,
    /// The number of bytes at the last attempt that needed more.
    attempted: usize,
}

/// How the end is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The document is one of many that fill a line each. No line ends before this offset.
    Line(usize),
    /// Count brackets.
    Balance,
    /// Try every place where a value could begin.
    Search(Scan),
}

/// What a search came to.
pub(super) enum Found {
    /// More bytes are needed; the first `discard` ones are no longer.
    More { discard: usize },
    /// The document ends after `length` bytes.
    Boundary { length: usize },
}

impl Recovery {
    pub(super) fn new(
        damage: Damage,
        fault: usize,
        top_level: bool,
        phase: Phase,
        indent: Option<usize>,
        shape: Option<DocumentKind>,
    ) -> Self {
        Self {
            damage,
            cut: None,
            fault,
            discarded: 0,
            top_level,
            indent,
            shape,
            phase,
            attempted: 0,
        }
    }

    pub(super) fn into_damage(self) -> Damage {
        self.damage
    }

    /// Goes on with the search; `bytes` begin where the last call said.
    pub(super) fn search(&mut self, bytes: &[u8], ended: bool, tree: &mut Tree) -> Found {
        // Trying a long value again only when it has doubled keeps the work linear.
        if !ended && bytes.len() < self.attempted.saturating_mul(2) {
            return Found::More { discard: 0 };
        }
        if let Phase::Line(from) = self.phase {
            return match memchr::memchr(b'\n', &bytes[from..]) {
                Some(end) => self.boundary(bytes, from + end + 1, tree),
                None if ended => self.boundary(bytes, bytes.len(), tree),
                None => self.more(bytes, Scan { at: bytes.len(), ..Scan::default() }, tree),
            };
        }
        if self.phase == Phase::Balance {
            let window = self.fault + WINDOW;
            // With a byte more than the window it is known that the input does not end in it.
            let is_full = window < bytes.len();
            let (seen, ended) = (&bytes[..bytes.len().min(window)], ended && !is_full);
            match self.balanced_end(seen, ended) {
                Balance::End(length) => return Found::Boundary { length },
                Balance::More if !is_full && !ended => {
                    self.attempted = bytes.len();
                    return Found::More { discard: 0 };
                }
                Balance::More | Balance::Never => self.phase = Phase::Search(Scan::default()),
            }
        }
        self.next_start(bytes, ended, tree)
    }

    /// The document ends at `length`.
    fn boundary(&mut self, bytes: &[u8], length: usize, tree: &mut Tree) -> Found {
        self.pass(bytes, length, tree);
        if let Some(cut) = self.cut.take() {
            self.damage = cut;
        }
        Found::Boundary { length }
    }

    /// Notes whether the document was cut off, if it ends after these bytes or after blanks that
    /// follow them: nothing but blanks stands behind the fault.
    fn pass(&mut self, bytes: &[u8], passed: usize, tree: &mut Tree) {
        let is_first = self.discarded == 0;
        let head = if is_first { passed.min(self.fault + LONGEST_ESCAPE) } else { 0 };
        if !bytes[head..passed].iter().copied().all(is_blank) {
            self.cut = None;
        } else if is_first {
            self.cut = self.cut_off(bytes, head, tree);
        }
    }

    /// The damage if the document was cut off after its first bytes: they are sound as far as they
    /// go. An escape that was cut is a fault at its start.
    fn cut_off(&self, bytes: &[u8], length: usize, tree: &mut Tree) -> Option<Damage> {
        let blanks = bytes[..length].iter().rev().take_while(|byte| is_blank(**byte)).count();
        let depth = usize::from(!self.top_level);
        let text = &bytes[..(length - blanks).min(super::MAX_DOCUMENT)];
        let fault = tree.parse(text, depth).err()?;
        let (opened, at) = (self.damage.opened, fault.offset);
        matches!(fault.kind, FaultKind::End(_)).then(|| Damage {
            kind: fault.kind,
            position: opened.after(&bytes[..at]),
            excerpt: Excerpt::new(bytes, opened, at..at + 1),
            ..self.damage.clone()
        })
    }

    /// The end of the document by its brackets, if what follows can follow a document.
    fn balanced_end(&self, bytes: &[u8], ended: bool) -> Balance {
        let mut depth = 0_u32;
        let mut string = false;
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                // No escape goes beyond the end of a line, whether that is one byte or two.
                b'\\' if string && bytes.get(at + 1) != Some(&b'\n') => at += 1,
                b'"' => string = !string,
                b'\n' => string = false,
                b'{' | b'[' if !string => depth += 1,
                b']' | b'}' if !string && depth == 0 && self.top_level => return Balance::Never,
                b']' if !string && depth == 0 => return Balance::End(at),
                // A brace that nothing opened is passed over with the rest.
                b'}' if !string && depth == 0 => {}
                b',' if !string && depth == 0 && !self.top_level && self.fault <= at => {
                    return Balance::End(at);
                }
                b']' | b'}' if !string => {
                    depth -= 1;
                    if depth == 0 && self.fault <= at {
                        return match self.can_follow(&bytes[at + 1..], ended) {
                            Some(true) => Balance::End(at + 1),
                            Some(false) => Balance::Never,
                            None => Balance::More,
                        };
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Balance::More
    }

    /// Whether `bytes` can follow a whole value here; nothing if that cannot be told yet.
    fn can_follow(&self, bytes: &[u8], ended: bool) -> Option<bool> {
        match bytes.iter().find(|byte| !is_blank(**byte)) {
            Some(b'{' | b'[' | 0xEF) => Some(self.top_level),
            Some(b',' | b']') => Some(!self.top_level),
            Some(_) => Some(false),
            // An array that is still open does not end with the input.
            None if ended => Some(self.top_level),
            None => None,
        }
    }

    /// The next place where a value of its own begins.
    fn next_start(&mut self, bytes: &[u8], ended: bool, tree: &mut Tree) -> Found {
        let Phase::Search(mut scan) = self.phase else { unreachable!("the phase was set before") };
        while let Some(&byte) = bytes.get(scan.at) {
            let place = self.place(&scan, byte);
            if place != Place::Inside {
                match self.begins(&bytes[scan.at..], place, ended, tree) {
                    Some(true) => return self.boundary(bytes, scan.at, tree),
                    Some(false) => {}
                    None => {
                        let more = self.more(bytes, scan, tree);
                        if let Found::More { discard } = more {
                            self.attempted = bytes.len() - discard;
                        }
                        return more;
                    }
                }
            }
            scan.step(byte);
        }
        if ended {
            return self.boundary(bytes, bytes.len(), tree);
        }
        self.more(bytes, scan, tree)
    }

    /// What the byte that the scan stands at could be the start of.
    fn place(&self, scan: &Scan, byte: u8) -> Place {
        let is_open = matches!(byte, b'{' | b'[') && 0 < scan.at;
        let on_line =
            scan.indent.is_some_and(|indent| self.indent.is_none_or(|want| want == indent));
        match scan.previous {
            _ if !is_open => Place::Inside,
            _ if on_line => Place::LineStart,
            b',' | b'}' | b']' if self.shape.is_some() && byte == b'{' => Place::WithinLine,
            _ => Place::Inside,
        }
    }

    /// Whether a value of its own begins here; nothing if that cannot be told yet.
    fn begins(&self, bytes: &[u8], place: Place, ended: bool, tree: &mut Tree) -> Option<bool> {
        let depth = usize::from(!self.top_level);
        let readable = &bytes[..bytes.len().min(super::MAX_DOCUMENT)];
        match tree.parse(readable, depth) {
            Ok(length) => {
                let text = std::str::from_utf8(&bytes[..length]).expect("a parsed value is UTF-8");
                let follows = self.can_follow(&bytes[length..], ended)?;
                Some(follows && (place == Place::LineStart || self.is_like(tree.root(text))))
            }
            Err(fault)
                if !ended && readable.len() == bytes.len() && is_undecided(&fault, bytes) =>
            {
                None
            }
            Err(_) => Some(false),
        }
    }

    /// Whether a value within a line is what the last sound one was, and not a part of it.
    fn is_like(&self, root: Node<'_>) -> bool {
        let own = if self.shape == Some(DocumentKind::Batch) { "Events" } else { "EventId" };
        Some(DocumentKind::of(root)) == self.shape && root.get(own).is_some()
    }

    /// Asks for more bytes and lets go of those that were scanned, once the fault is far behind.
    fn more(&mut self, bytes: &[u8], mut scan: Scan, tree: &mut Tree) -> Found {
        let is_far = self.fault + WINDOW < self.discarded + scan.at;
        // The byte before a value tells that the value is not the damaged one.
        let discard = if is_far { scan.at - 1 } else { 0 };
        if 0 < discard {
            self.pass(bytes, discard, tree);
        }
        self.discarded += discard;
        self.attempted = 0;
        scan.at -= discard;
        self.phase = match self.phase {
            Phase::Line(_) => Phase::Line(scan.at),
            Phase::Balance | Phase::Search(_) => Phase::Search(scan),
        };
        Found::More { discard }
    }
}

/// Where a scan for the next value stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    at: usize,
    /// The last byte that was not blank.
    previous: u8,
    /// The blanks since the start of the line, if there was nothing else on it.
    indent: Option<usize>,
}

impl Scan {
    fn step(&mut self, byte: u8) {
        self.at += 1;
        self.indent = match byte {
            b'\n' => Some(0),
            b' ' | b'\t' => self.indent.map(|indent| indent + 1),
            _ => None,
        };
        if !is_blank(byte) {
            self.previous = byte;
        }
    }
}

/// What an opening bracket could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A part of something else.
    Inside,
    /// The start of a value, at the column where the damaged one began.
    LineStart,
    /// The start of a value behind another one.
    WithinLine,
}

enum Balance {
    End(usize),
    More,
    Never,
}
