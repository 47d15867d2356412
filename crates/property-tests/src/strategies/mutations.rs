//! Changes of JSON text that leave most of it as it was: a member, a value, a few bytes.

use std::ops::Range;

use proptest::{
    prelude::*,
    sample::{Index, select},
};

use super::{
    Damage, damage,
    tokens::{members, tokens},
};

/// One change of some JSON text.
#[derive(Clone, Debug)]
pub enum Mutation {
    /// Bytes are damaged, wherever they stand.
    Damage(Damage),
    /// Two values, or names, take each other's place.
    Swap(Index, Index),
    /// A digit becomes another one, or a letter.
    Digit(Index, u8),
    /// Something is put into a string.
    Text(Index, Index, &'static [u8]),
    /// Something is put before a token.
    Before(Index, &'static [u8]),
    /// A comma is put before a closing bracket.
    Comma(Index),
    /// A quote is taken away.
    Quote(Index),
    /// A member is taken away.
    Drop(Index),
    /// A member is written twice.
    Repeat(Index),
    /// Two members take each other's place.
    Reorder(Index, Index),
    /// `Type` or `Version` gets another value.
    Constant(Index, &'static str),
}

impl Mutation {
    /// Changes the text, if it has a place for the change.
    pub fn apply(&self, text: &mut Vec<u8>) {
        if let Self::Damage(damage) = self {
            return damage.apply(text);
        }
        if let Some(changed) = self.changed(text) {
            *text = changed;
        }
    }

    fn changed(&self, text: &[u8]) -> Option<Vec<u8>> {
        let tokens = tokens(text);
        let first_is = |is: fn(u8) -> bool| move |token: &Range<usize>| is(text[token.start]);
        let any_value = |byte: u8| !matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':');
        match *self {
            Self::Damage(_) => None,
            Self::Swap(one, other) => {
                let of = |index| chosen(&tokens, index, first_is(any_value));
                swapped(text, of(one)?, of(other)?)
            }
            Self::Digit(index, digit) => {
                let digits: Vec<_> =
                    (0..text.len()).filter(|at| text[*at].is_ascii_digit()).collect();
                let at = *digits.get(index.index(digits.len().max(1)))?;
                Some(replaced(text, at..at + 1, &[digit]))
            }
            Self::Text(index, place, inserted) => {
                let string = chosen(&tokens, index, first_is(|byte| byte == b'"'))?;
                let at = string.start + 1 + place.index(string.len().saturating_sub(1).max(1));
                let at = at.min(text.len());
                Some(replaced(text, at..at, inserted))
            }
            Self::Before(index, inserted) => {
                let at = chosen(&tokens, index, |_| true)?.start;
                Some(replaced(text, at..at, inserted))
            }
            Self::Comma(index) => {
                let at =
                    chosen(&tokens, index, first_is(|byte| matches!(byte, b'}' | b']')))?.start;
                Some(replaced(text, at..at, b","))
            }
            Self::Quote(index) => {
                let quotes: Vec<_> = (0..text.len()).filter(|at| text[*at] == b'"').collect();
                let at = *quotes.get(index.index(quotes.len().max(1)))?;
                Some(replaced(text, at..at + 1, b""))
            }
            Self::Constant(index, value) => {
                let is_constant = |member: &Range<usize>| {
                    let name = &text[tokens[member.start].clone()];
                    matches!(name, b"\"Type\"" | b"\"Version\"")
                };
                let member = chosen(&members(text, &tokens), index, is_constant)?;
                Some(replaced(text, tokens[member.start + 2].clone(), value.as_bytes()))
            }
            Self::Drop(index) => {
                let member = chosen(&members(text, &tokens), index, |_| true)?;
                // The comma after it is removed too; the last member has none and leaves the one before it.
                let end = tokens.get(member.end).filter(|token| text[token.start] == b',');
                let bytes = bytes_of(&tokens, &member);
                Some(replaced(text, bytes.start..end.map_or(bytes.end, |comma| comma.end), b""))
            }
            Self::Repeat(index) => {
                let bytes = bytes_of(&tokens, &chosen(&members(text, &tokens), index, |_| true)?);
                let twice = [&text[bytes.clone()], b",", &text[bytes.clone()]].concat();
                Some(replaced(text, bytes, &twice))
            }
            Self::Reorder(one, other) => {
                let members = members(text, &tokens);
                let of = |index| Some(bytes_of(&tokens, &chosen(&members, index, |_| true)?));
                swapped(text, of(one)?, of(other)?)
            }
        }
    }
}

/// One of the ranges for which something holds.
fn chosen(
    ranges: &[Range<usize>],
    index: Index,
    is_fit: impl Fn(&Range<usize>) -> bool,
) -> Option<Range<usize>> {
    let fit: Vec<_> = ranges.iter().filter(|range| is_fit(range)).collect();
    fit.get(index.index(fit.len().max(1))).map(|range| (*range).clone())
}

/// The bytes from the first of some tokens to the last.
fn bytes_of(tokens: &[Range<usize>], places: &Range<usize>) -> Range<usize> {
    tokens[places.start].start..tokens[places.end - 1].end
}

fn replaced(text: &[u8], range: Range<usize>, by: &[u8]) -> Vec<u8> {
    [&text[..range.start], by, &text[range.end..]].concat()
}

/// The text with two of its parts in each other's place, unless one is within the other.
fn swapped(text: &[u8], one: Range<usize>, other: Range<usize>) -> Option<Vec<u8>> {
    let (first, second) = if one.start < other.start { (one, other) } else { (other, one) };
    (first.end <= second.start).then(|| {
        let between = &text[first.end..second.start];
        let (before, behind) = (&text[..first.start], &text[second.end..]);
        [before, &text[second.clone()], between, &text[first.clone()], behind].concat()
    })
}

const INTO_TEXT: &[&[u8]] = &[
    b"\\u0041",
    b"\\u00e9",
    b"\\ud83d\\ude80",
    b"\\ud83d",
    b"\\/",
    b"\\n",
    b"\\\"",
    b"\\",
    b"\\x",
    b"\"",
    b"\n",
    b"\t",
    b" ",
    b"\0",
    b"\x7F",
    "\u{E9}".as_bytes(),
    "\u{20AC}".as_bytes(),
    "\u{1F680}".as_bytes(),
    "\u{FEFF}".as_bytes(),
    b"\xFF",
    b"\xC3",
    b"\xE2\x82",
    b"\xED\xA0\x80",
    b"A",
    b"0",
    b"-",
];

const BEFORE_TOKENS: &[&[u8]] = &[
    b" ",
    b"  ",
    b"\t",
    b"\n",
    b"\r\n",
    b"\r",
    b"\n\n  ",
    b",",
    b"0",
    b"-",
    b"\xEF\xBB\xBF",
    b"\x0B",
];

const CONSTANTS: &[&str] = &[
    "\"HeartbeatEvent\"",
    "\"heartbeatEvent\"",
    "\"StatusEvent\"",
    "\"AggregateEvent\"",
    "\"CommandCompletionEvent\"",
    "\"DeviceAddedEvent\"",
    "\"LogicalDeviceAddedEvent\"",
    "\"HeartbeatEvent \"",
    "\"Heartbeat\\u0045vent\"",
    "\"\"",
    "1",
    "2",
    "3",
    "4",
    "2.0",
    "2e0",
    "-2",
    "02",
    "18446744073709551617",
    "\"2\"",
    "null",
    "true",
    "[]",
    "{}",
];

/// Changes of every sort.
pub fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<Index>;
    prop_oneof![
        2 => damage().prop_map(Mutation::Damage),
        1 => (place(), place()).prop_map(|(one, other)| Mutation::Swap(one, other)),
        2 => (place(), select(&b"0123456789afAFgZ:-. "[..]))
            .prop_map(|(at, digit)| Mutation::Digit(at, digit)),
        2 => (place(), place(), select(INTO_TEXT))
            .prop_map(|(string, at, text)| Mutation::Text(string, at, text)),
        2 => (place(), select(BEFORE_TOKENS)).prop_map(|(at, text)| Mutation::Before(at, text)),
        1 => place().prop_map(Mutation::Comma),
        1 => place().prop_map(Mutation::Quote),
        1 => place().prop_map(Mutation::Drop),
        1 => place().prop_map(Mutation::Repeat),
        1 => (place(), place()).prop_map(|(one, other)| Mutation::Reorder(one, other)),
        1 => (place(), select(CONSTANTS)).prop_map(|(at, value)| Mutation::Constant(at, value)),
    ]
}
