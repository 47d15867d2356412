//! Where reading can go on after a document that is damaged.
//!
//! In a capture of lines it is the next line. Otherwise it is where the brackets of the document
//! are balanced again; and if they never are, the next line that begins as the document began, or
//! the next place within the line that looks like the documents before, and that holds a whole value
//! with nothing of the damaged document behind it.

use super::{Damage, is_blank};
use crate::{
    document::DocumentKind,
    fault::{Fault, FaultKind},
    tree::{Node, Tree},
};

/// How far behind a fault the end of its document is looked for by counting brackets.
const WINDOW: usize = 1 << 20;

/// The longest escape in a string is a pair of surrogates: `\ud83d\ude80`.
const LONGEST_ESCAPE: usize = 12;

/// A search for the end of a damaged document, which may need to see more bytes.
#[derive(Debug)]
pub(super) struct Recovery {
    damage: Damage,
    /// The offset of the fault from the start of the document.
    fault: usize,
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
    /// The document ends after `length` bytes. It was `cut` off there if it was sound until then.
    Boundary { length: usize, cut: Option<Fault> },
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
        Self { damage, fault, top_level, indent, shape, phase, attempted: 0 }
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
                None => self.more(Scan { at: bytes.len(), ..Scan::default() }),
            };
        }
        if self.phase == Phase::Balance {
            let window = self.fault + WINDOW;
            match self.balanced_end(&bytes[..bytes.len().min(window)], ended) {
                Balance::End(length) => return Found::Boundary { length, cut: None },
                Balance::More if bytes.len() < window && !ended => {
                    self.attempted = bytes.len();
                    return Found::More { discard: 0 };
                }
                Balance::More | Balance::Never => self.phase = Phase::Search(Scan::default()),
            }
        }
        self.next_start(bytes, ended, tree)
    }

    /// The document ends at `length`; if the fault lies behind that, it was cut off. An escape that
    /// was cut is a fault at its start.
    fn boundary(&self, bytes: &[u8], length: usize, tree: &mut Tree) -> Found {
        let text = &bytes[..length];
        let sound = text.len() - text.iter().rev().take_while(|byte| is_blank(**byte)).count();
        let cut = if sound <= self.fault + LONGEST_ESCAPE
            && self.damage.opened.offset <= self.damage.position.offset
        {
            let depth = usize::from(!self.top_level);
            tree.parse(&text[..sound], depth)
                .err()
                .filter(|fault| matches!(fault.kind, FaultKind::End(_)))
        } else {
            None
        };
        Found::Boundary { length, cut }
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
                        let more = self.more(scan);
                        if let Found::More { discard } = more {
                            self.attempted = bytes.len() - discard;
                        }
                        return more;
                    }
                }
            }
            scan.step(byte);
        }
        if ended { self.boundary(bytes, bytes.len(), tree) } else { self.more(scan) }
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
        match tree.parse(&bytes[..bytes.len().min(super::MAX_DOCUMENT)], depth) {
            Ok(length) => {
                let text = std::str::from_utf8(&bytes[..length]).expect("a parsed value is UTF-8");
                let follows = self.can_follow(&bytes[length..], ended)?;
                Some(follows && (place == Place::LineStart || self.is_like(tree.root(text))))
            }
            Err(Fault { kind: FaultKind::End(_), .. }) if !ended => None,
            Err(_) => Some(false),
        }
    }

    /// Whether a value within a line is what the last sound one was, and not a part of it.
    fn is_like(&self, root: Node<'_>) -> bool {
        let own = if self.shape == Some(DocumentKind::Batch) { "Events" } else { "EventId" };
        Some(DocumentKind::of(root)) == self.shape && root.get(own).is_some()
    }

    /// Asks for more bytes and lets go of those that were scanned, once the fault is far behind.
    fn more(&mut self, mut scan: Scan) -> Found {
        let discard = if self.fault + WINDOW < scan.at { scan.at - 1 } else { 0 };
        self.fault = self.fault.saturating_sub(discard);
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
