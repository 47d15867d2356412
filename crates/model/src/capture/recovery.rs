//! Where reading can go on after a document that is damaged.
//!
//! In a capture of lines it is the next line. Otherwise it is where the brackets of the document
//! are balanced again; and if they never are, the next line that begins as the document began and
//! that holds a whole value with nothing of the damaged document behind it.

use super::{Damage, is_blank};
use crate::{
    fault::{Fault, FaultKind},
    tree::Tree,
};

/// How far behind a fault the end of its document is looked for by counting brackets.
const WINDOW: usize = 1 << 20;

/// A search for the end of a damaged document, which may need to see more bytes.
#[derive(Debug)]
pub(super) struct Recovery {
    damage: Damage,
    /// The offset of the fault from the start of the document.
    fault: usize,
    top_level: bool,
    /// The column, from 0, at which the document began.
    indent: Option<usize>,
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
    /// Try line by line; the bytes before this offset are done with.
    Lines(usize),
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
    ) -> Self {
        Self { damage, fault, top_level, indent, phase, attempted: 0 }
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
                None => self.more(bytes.len()),
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
                Balance::More | Balance::Never => self.phase = Phase::Lines(0),
            }
        }
        self.next_line(bytes, ended, tree)
    }

    /// The document ends at `length`; if the fault lies behind that, it was cut off.
    fn boundary(&self, bytes: &[u8], length: usize, tree: &mut Tree) -> Found {
        let text = &bytes[..length];
        let sound = text.len() - text.iter().rev().take_while(|byte| is_blank(**byte)).count();
        let cut = if sound <= self.fault && self.damage.opened.offset <= self.damage.position.offset
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
                b'\\' if string => at += 1,
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

    /// The next line that begins where the document began and holds a value of its own.
    fn next_line(&mut self, bytes: &[u8], ended: bool, tree: &mut Tree) -> Found {
        let Phase::Lines(mut from) = self.phase else { unreachable!("the phase was set before") };
        loop {
            let Some(end) = memchr::memchr(b'\n', &bytes[from..]).map(|end| from + end + 1) else {
                break if ended {
                    self.boundary(bytes, bytes.len(), tree)
                } else {
                    self.more(bytes.len())
                };
            };
            let line = &bytes[end..];
            let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let value = &line[indent..];
            match value.first() {
                None if !ended => break self.more(from),
                Some(b'{' | b'[') if self.indent.is_none_or(|want| want == indent) => {
                    let depth = usize::from(!self.top_level);
                    match tree.parse(&value[..value.len().min(super::MAX_DOCUMENT)], depth) {
                        Ok(length) => match self.can_follow(&value[length..], ended) {
                            Some(true) => break self.boundary(bytes, end + indent, tree),
                            Some(false) => {}
                            None => break self.more(from),
                        },
                        Err(Fault { kind: FaultKind::End(_), .. }) if !ended => {
                            let more = self.more(from);
                            if let Found::More { discard } = more {
                                self.attempted = bytes.len() - discard;
                            }
                            break more;
                        }
                        Err(_) => {}
                    }
                }
                _ => {}
            }
            from = end;
        }
    }

    /// Asks for more bytes and lets go of those before `from`, once the fault is far behind.
    fn more(&mut self, from: usize) -> Found {
        let discard = if self.fault + WINDOW < from { from } else { 0 };
        self.fault = self.fault.saturating_sub(discard);
        self.phase = match self.phase {
            Phase::Line(_) => Phase::Line(from - discard),
            Phase::Balance | Phase::Lines(_) => Phase::Lines(from - discard),
        };
        Found::More { discard }
    }
}

enum Balance {
    End(usize),
    More,
    Never,
}
