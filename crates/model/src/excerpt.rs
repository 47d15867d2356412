//! The piece of a line that is shown to a person.

use std::ops::Range;

use crate::position::Position;

/// Characters shown before and behind the start of what is marked.
const BEFORE: usize = 50;
const AFTER: usize = 70;

/// Bytes behind the start of the mark that decide what is shown: the characters and one more.
const REACH: usize = 4 * AFTER + 4;

/// Bytes before the start of the mark in which the start of its line is looked for.
const BACK: usize = 4 * BEFORE + 4;

/// A part of one line with a mark in it. A dump is often one very long line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The text, without its line ending. Bytes that are not UTF-8 are shown as U+FFFD.
    pub text: String,
    /// The marked bytes of `text`; empty at a place that has no character.
    pub mark: Range<usize>,
    /// Whether the line goes on to the left.
    pub cut_left: bool,
    /// Whether the line goes on to the right.
    pub cut_right: bool,
}

impl Excerpt {
    /// The part of `bytes` that an excerpt with its mark at `start` depends on: of these alone it is the
    /// same.
    pub fn reach(bytes: &[u8], start: usize) -> Range<usize> {
        start.saturating_sub(BACK + 1)..bytes.len().min(start + REACH)
    }

    /// The piece of `bytes`, which begin at `origin`, around the marked range.
    ///
    /// A range over several lines is marked on its first one.
    pub fn new(bytes: &[u8], origin: Position, mark: Range<usize>) -> Self {
        let start = mark.start.min(bytes.len());
        let (left, cut_left) =
            left_plain(bytes, start).unwrap_or_else(|| left_of(bytes, origin, start));
        let (right, cut_right) =
            right_plain(bytes, start).unwrap_or_else(|| right_of(bytes, start));
        let end = mark.end.clamp(start, right);
        let mut text = String::with_capacity(right - left);
        push_text(&mut text, &bytes[left..start]);
        let from = text.len();
        push_text(&mut text, &bytes[start..end]);
        let mark = from..text.len();
        push_text(&mut text, &bytes[end..right]);
        Self { text, mark, cut_left, cut_right }
    }
}

fn push_text(text: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(piece) => text.push_str(piece),
        Err(_) => text.push_str(&String::from_utf8_lossy(bytes)),
    }
}

/// Where the shown text begins, and whether the line goes on to the left of it.
fn left_of(bytes: &[u8], origin: Position, start: usize) -> (usize, bool) {
    // A line may be very long: its start is looked for no further back than can be shown.
    let back = start.saturating_sub(BACK);
    let line_start = memchr::memrchr(b'\n', &bytes[back..start]).map_or(back, |at| back + at + 1);
    let left = characters_back(bytes, line_start..start);
    let is_cut =
        line_start < left || back == line_start && 0 < back || line_start == 0 && 1 < origin.column;
    (left, is_cut)
}

/// The same for a long line of ASCII, as nearly every dump is; `None` for any other text.
fn left_plain(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let shown = &bytes[start.checked_sub(BEFORE + 1)?..start];
    (shown.is_ascii() && !shown.contains(&b'\n')).then_some((start - BEFORE, true))
}

/// Where the shown text ends, and whether the line goes on to the right of it.
fn right_of(bytes: &[u8], start: usize) -> (usize, bool) {
    let reach = &bytes[start..bytes.len().min(start + REACH)];
    let line_end = memchr::memchr(b'\n', reach);
    let line = reach[..line_end.unwrap_or(reach.len())].trim_ascii_end();
    let shown = characters_forward(line);
    (start + shown, shown < line.len() || line_end.is_none() && reach.len() == REACH)
}

/// The same for a long line of ASCII; `None` for any other text.
fn right_plain(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let shown = bytes.get(start..=start + AFTER)?;
    // White space at the end of a line is not shown, so the line must be known to go on.
    let goes_on = !shown[AFTER].is_ascii_whitespace();
    let is_plain = goes_on && shown.is_ascii() && !shown.contains(&b'\n');
    is_plain.then_some((start + AFTER, true))
}

/// Whether `bytes` show all of what an excerpt at `start` needs, whatever follows them.
pub(crate) fn shows_enough(bytes: &[u8], start: usize) -> bool {
    let behind = bytes.get(start..).unwrap_or_default();
    REACH <= behind.len() || behind.contains(&b'\n')
}

/// The offset of at most `BEFORE` characters before the end of the range.
fn characters_back(bytes: &[u8], range: Range<usize>) -> usize {
    let starts = range.clone().rev().filter(|at| is_character_start(bytes[*at]));
    starts.take(BEFORE).last().unwrap_or(range.end)
}

/// The length of at most `AFTER` characters.
fn characters_forward(bytes: &[u8]) -> usize {
    let mut starts = (0..bytes.len()).filter(|at| is_character_start(bytes[*at]));
    starts.nth(AFTER).unwrap_or(bytes.len())
}

fn is_character_start(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, mark: &str) -> (String, String, bool, bool) {
        let at = text.find(mark).unwrap();
        let excerpt = Excerpt::new(text.as_bytes(), Position::START, at..at + mark.len());
        let marked = excerpt.text[excerpt.mark.clone()].to_owned();
        (excerpt.text, marked, excerpt.cut_left, excerpt.cut_right)
    }

    #[test]
    fn a_short_line_is_shown_whole() {
        let text = "one\n  \"Count\": 4,\r\nthree";
        assert_eq!(shown(text, "4"), ("  \"Count\": 4,".to_owned(), "4".to_owned(), false, false));
    }

    #[test]
    fn a_long_line_is_shown_in_part() {
        let text = format!("{}é4ü{}", "a".repeat(500), "b".repeat(500));
        let (text, marked, left, right) = shown(&text, "4");
        assert_eq!(text, format!("{}é4ü{}", "a".repeat(49), "b".repeat(68)));
        assert_eq!((marked.as_str(), left, right), ("4", true, true));
    }

    #[test]
    fn a_mark_over_several_lines_is_on_the_first() {
        let (text, marked, ..) = shown("x\n {\n  1\n }", "{\n  1\n }");
        assert_eq!((text.as_str(), marked.as_str()), (" {", "{"));
    }

    #[test]
    fn what_is_within_reach_decides_alone() {
        for (line, text) in ["x", "é", "€", "\u{1F600}", "\n"].iter().enumerate() {
            for before in [0, 1, 40, 49, 50, 51, 60, 203, 204, 205, 206, 300] {
                for after in [0, 1, 69, 70, 71, 283, 284, 285, 400] {
                    let whole = format!("{}4{}", text.repeat(before), text.repeat(after));
                    let at = text.len() * before;
                    let origin = Position { offset: 7, line: 3, column: 1 + line as u64 };
                    let reach = Excerpt::reach(whole.as_bytes(), at);
                    let from = origin.after(&whole.as_bytes()[..reach.start]);
                    let part = &whole.as_bytes()[reach.clone()];
                    let mark = at - reach.start..at - reach.start + 1;
                    let expected = Excerpt::new(whole.as_bytes(), origin, at..at + 1);
                    assert_eq!(Excerpt::new(part, from, mark), expected, "{text} {before} {after}");
                }
            }
        }
    }

    #[test]
    fn plain_text_is_cut_as_any_other() {
        let lines =
            ["a".repeat(49), "b".repeat(50), "c".repeat(51), "d".repeat(70), "e".repeat(71)];
        let blanks = [" ".repeat(69), " ".repeat(72)];
        let text = [&lines[..], &blanks[..], &["x\té".to_owned(), "y".repeat(200)]].concat();
        let text = text.join("\n").into_bytes();
        for start in 0..=text.len() {
            let left =
                left_plain(&text, start).unwrap_or_else(|| left_of(&text, Position::START, start));
            assert_eq!(left, left_of(&text, Position::START, start), "{start}");
            let right = right_plain(&text, start).unwrap_or_else(|| right_of(&text, start));
            assert_eq!(right, right_of(&text, start), "{start}");
        }
    }

    #[test]
    fn the_end_of_the_text_has_an_empty_mark() {
        let excerpt = Excerpt::new(b"{\"a\"", Position::START, 4..5);
        assert_eq!((excerpt.text.as_str(), excerpt.mark), ("{\"a\"", 4..4));
    }
}
