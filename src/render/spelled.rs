//! Characters that a format cannot hold, spelled out as in JSON: `\u0007`.

use std::{borrow::Cow, fmt::Write as _};

/// The text with every character that is `bad` spelled out.
pub(super) fn spelled(text: &str, bad: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 5);
    for character in text.chars() {
        if bad(character) {
            write!(plain, "\\u{:04x}", u32::from(character))
                .expect("writing to a string does not fail");
        } else {
            plain.push(character);
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_characters_can_still_be_read() {
        assert_eq!(
            spelled("a\0b\u{1b}[31m\u{9b}ü", char::is_control),
            r"a\u0000b\u001b[31m\u009bü"
        );
        assert!(matches!(spelled("ü", char::is_control), Cow::Borrowed("ü")));
    }
}
