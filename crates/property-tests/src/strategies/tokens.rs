//! JSON text as its tokens, also where it is damaged.

use std::ops::Range;

/// The places of the tokens of a text: brackets, commas and colons, strings with their quotes, and
/// whatever else stands between white space.
pub(super) fn tokens(text: &[u8]) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = at + token_length(&text[at..]);
        if !text[at].is_ascii_whitespace() {
            tokens.push(at..end);
        }
        at = end;
    }
    tokens
}

fn token_length(text: &[u8]) -> usize {
    let is_word = |byte: &u8| !is_structural(*byte) && !byte.is_ascii_whitespace() && *byte != b'"';
    match text[0] {
        b'"' => string_length(text),
        byte if is_structural(byte) || byte.is_ascii_whitespace() => 1,
        _ => text.iter().take_while(|byte| is_word(byte)).count(),
    }
}

fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

fn is_structural(byte: u8) -> bool {
    matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':')
}

/// The places, among the tokens, of the members of objects: name, colon and value.
pub(super) fn members(text: &[u8], tokens: &[Range<usize>]) -> Vec<Range<usize>> {
    let first = |at: usize| tokens.get(at).map(|token| text[token.start]);
    let is_member = |at: &usize| first(*at) == Some(b'"') && first(at + 1) == Some(b':');
    let starts = (0..tokens.len()).filter(is_member);
    starts.filter_map(|at| Some(at..value_end(text, tokens, at + 2)?)).collect()
}

/// The place behind the value that begins at this token.
fn value_end(text: &[u8], tokens: &[Range<usize>], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match text[token.start] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(place + 1);
        }
    }
    None
}
