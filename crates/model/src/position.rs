//! Where something is in an input: offset, line and column.

use std::{fmt, ops::Range};

/// A place in a decoded stream of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Bytes before this place, from 0, in the decompressed stream.
    pub offset: u64,
    /// Line, from 1. Lines end with a line feed.
    pub line: u64,
    /// Column, from 1, in characters. A byte-order mark at the start of a line is not counted.
    pub column: u64,
}

impl Position {
    /// The first byte of an input.
    pub const START: Self = Self { offset: 0, line: 1, column: 1 };

    /// The place that is reached from here by reading `bytes`.
    #[must_use]
    pub fn after(self, bytes: &[u8]) -> Self {
        let offset = self.offset + bytes.len() as u64;
        let lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
        match memchr::memrchr(b'\n', bytes) {
            None => Self { offset, line: self.line, column: self.column + characters(bytes) },
            Some(last) => {
                Self { offset, line: self.line + lines, column: 1 + characters(&bytes[last + 1..]) }
            }
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// The number of characters in UTF-8 text; a stray continuation byte adds nothing.
fn characters(bytes: &[u8]) -> u64 {
    bytecount::num_chars(bytes) as u64
}

/// Turns offsets within one text into positions.
///
/// It remembers the last answer, so that asking in ascending order reads the text once.
#[derive(Clone, Debug)]
pub struct Locator<'a> {
    bytes: &'a [u8],
    origin: Position,
    last: (usize, Position),
    /// Whether the text is of ASCII alone, and on one line: then nothing has to be counted.
    is_plain: bool,
}

impl<'a> Locator<'a> {
    /// A locator for `bytes`, which begin at `origin`.
    pub fn new(bytes: &'a [u8], origin: Position) -> Self {
        Self { bytes, origin, last: (0, origin), is_plain: false }
    }

    /// The same for bytes of which is known that they are of ASCII alone, and on one line.
    pub fn of_plain(bytes: &'a [u8], origin: Position) -> Self {
        Self { is_plain: true, ..Self::new(bytes, origin) }
    }

    /// The position of the byte at `offset`; behind the end it is the end.
    pub fn position(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.bytes.len());
        if self.is_plain {
            let Position { offset: before, line, column } = self.origin;
            let (offset, column) = (before + offset as u64, column + offset as u64);
            return Position { offset, line, column };
        }
        let (from, position) = if self.last.0 <= offset { self.last } else { (0, self.origin) };
        self.last = (offset, position.after(&self.bytes[from..offset]));
        self.last.1
    }

    /// The positions of both ends of a range; the second is behind the last character.
    pub fn range(&mut self, range: Range<usize>) -> Range<Position> {
        let start = self.position(range.start);
        let end = start
            .after(&self.bytes[range.start.min(self.bytes.len())..range.end.min(self.bytes.len())]);
        start..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_and_offsets_are_bytes() {
        let text = "ab\né\u{1F600}x\r\ny".as_bytes();
        let mut locator = Locator::new(text, Position::START);
        let x = text.iter().position(|byte| *byte == b'x').unwrap();
        let y = text.iter().position(|byte| *byte == b'y').unwrap();
        assert_eq!(locator.position(x), Position { offset: 9, line: 2, column: 3 });
        assert_eq!(locator.position(y), Position { offset: 12, line: 3, column: 1 });
    }

    #[test]
    fn of_plain_text_nothing_is_counted() {
        let origin = Position { offset: 100, line: 7, column: 4 };
        let mut counting = Locator::new(b"one, two", origin);
        let mut plain = Locator::of_plain(b"one, two", origin);
        for at in 0..10 {
            assert_eq!(plain.position(at), counting.position(at));
        }
        assert_eq!(plain.range(2..5), counting.range(2..5));
    }

    #[test]
    fn asking_backwards_gives_the_same_answers() {
        let text = b"one\ntwo\nthree";
        let mut forward = Locator::new(text, Position { offset: 100, line: 7, column: 4 });
        let ascending: Vec<_> = (0..=text.len()).map(|at| forward.position(at)).collect();
        let mut backward = forward.clone();
        let descending: Vec<_> = (0..=text.len()).rev().map(|at| backward.position(at)).collect();
        assert!(ascending.iter().eq(descending.iter().rev()));
        assert_eq!(ascending[5], Position { offset: 105, line: 8, column: 2 });
    }
}
