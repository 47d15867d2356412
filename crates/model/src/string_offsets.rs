//! Offsets in the string that a JSON string stands for, to offsets in its text with its escapes.

use std::ops::Range;

use crate::tree::{Node, escaped_character};

/// Finds where in the text of a JSON string a piece of its value is written.
///
/// It remembers the last answer, so that asking in ascending order reads the text once.
#[derive(Clone, Debug)]
pub struct StringOffsets<'t> {
    /// What stands between the quotes.
    inner: &'t str,
    /// Where that begins, in the text of the document.
    start: usize,
    last: Place,
}

/// A place in both: the front of a character.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    value: usize,
    inner: usize,
    /// No escape begins before this offset.
    plain_until: usize,
}

impl<'t> StringOffsets<'t> {
    /// For a node that is a string; of any other there is nothing to be found.
    pub fn new(string: Node<'t>) -> Self {
        let raw = string.raw();
        let inner = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"'));
        Self {
            inner: inner.unwrap_or_default(),
            start: string.span().start + usize::from(inner.is_some()),
            last: Place::default(),
        }
    }

    /// The bytes of the document that stand for this range of the value.
    ///
    /// A range that cuts an escape gets the whole of it; what lies behind the end is at the end.
    pub fn range(&mut self, value: Range<usize>) -> Range<usize> {
        let from = if self.last.value <= value.start { self.last } else { Place::default() };
        let (place, first) = self.seek(from, value.start);
        self.last = place;
        let end = if value.start < value.end {
            self.seek(place, value.end - 1).1.end
        } else {
            first.start
        };
        self.start + first.start..self.start + end
    }

    /// The bytes of the text that stand for the byte of the value at `offset`, which is not before
    /// `place`; and a place near it to go on from.
    fn seek(&self, mut place: Place, offset: usize) -> (Place, Range<usize>) {
        loop {
            if place.plain_until <= place.inner {
                let rest = &self.inner.as_bytes()[place.inner..];
                let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
                place.plain_until = place.inner + plain;
            }
            let plain = place.plain_until - place.inner;
            if offset < place.value + plain {
                place.inner += offset - place.value;
                place.value = offset;
                return (place, place.inner..place.inner + 1);
            }
            place.value += plain;
            place.inner += plain;
            if place.inner == self.inner.len() {
                return (place, place.inner..place.inner);
            }
            let (character, length) = escaped_character(&self.inner[place.inner..]);
            if offset < place.value + character.len_utf8() {
                return (place, place.inner..place.inner + length);
            }
            place.value += character.len_utf8();
            place.inner += length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tree;

    const TEXT: &str = r#"{"x": "a\"é\u00e9\\\ud83d\ude00z\n"}"#;

    fn offsets<T>(read: impl FnOnce(&mut StringOffsets<'_>, &str) -> T) -> T {
        let mut tree = Tree::default();
        tree.parse(TEXT.as_bytes(), 0).unwrap();
        let string = tree.root(TEXT).get("x").unwrap();
        read(&mut StringOffsets::new(string), &string.as_str().unwrap())
    }

    #[test]
    fn each_character_is_found_where_it_is_written() {
        let written = ["a", r#"\""#, "é", r"\u00e9", r"\\", r"\ud83d\ude00", "z", r"\n"];
        offsets(|offsets, value| {
            for (want, (at, character)) in written.iter().zip(value.char_indices()) {
                let range = offsets.range(at..at + character.len_utf8());
                assert_eq!(&TEXT[range.clone()], *want);
                // Again, and backwards.
                assert_eq!(offsets.range(0..1), 7..8);
                assert_eq!(offsets.range(at..at), range.start..range.start);
            }
            let all = offsets.range(0..value.len());
            assert_eq!(TEXT[all.clone()], written.concat());
            assert_eq!(offsets.range(value.len()..value.len() + 5), all.end..all.end);
            assert_eq!(offsets.range(99..99), all.end..all.end);
        });
    }

    #[test]
    fn half_of_an_escaped_character_is_the_whole_escape() {
        offsets(|offsets, value| {
            let at = value.find('\u{1F600}').unwrap();
            assert_eq!(&TEXT[offsets.range(at + 2..at + 3)], r"\ud83d\ude00");
        });
    }
}
