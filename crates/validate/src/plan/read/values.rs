//! Names and values, each read by its check.

use contrail_model::{GUID_LENGTH, GuidNumber, INSTANT_LENGTH, unescape};

use super::{Name, Pass, known::plain_text};
use crate::{
    content,
    plan::{
        compile::{Check, Length, Number, Record, Text},
        names::Names,
    },
};

impl<'b> Pass<'_, 'b> {
    /// Reads a name and its colon. `guess` is the name that is most likely.
    #[inline]
    pub(super) fn name(&mut self, names: &Names, guess: usize) -> Option<Name<'b>> {
        if self.lexer.peek()? != b'"' {
            return None;
        }
        if let Some(length) = names.begins(guess, self.lexer.rest()) {
            self.lexer.skip(length);
            return Some(Name::Known(guess));
        }
        let name = self.plain_text()?;
        if self.lexer.peek()? != b':' {
            return None;
        }
        self.lexer.bump();
        Some(names.find(name).map_or(Name::Other(name), Name::Known))
    }

    /// Behind a value: takes a comma, or the bracket that closes what is open, which is told.
    #[inline]
    pub(super) fn is_closed(&mut self, bracket: u8) -> Option<bool> {
        let byte = self.lexer.peek()?;
        if byte != b',' && byte != bracket {
            return None;
        }
        self.lexer.bump();
        Some(byte == bracket)
    }

    /// Reads a value that passes the check, and gives its hash.
    #[inline]
    pub(super) fn value(&mut self, check: &Check) -> Option<u64> {
        let byte = self.lexer.peek()?;
        match (check, byte) {
            (Check::Text(text), b'"') => self.text(text),
            (Check::Number(number), b'0'..=b'9' | b'-') => self.number(number),
            (Check::List(list), b'[') => self.list_of(list.length, |pass| pass.value(&list.items)),
            (Check::Record(record), b'{') => self.record(record),
            (Check::Bool, b't' | b'f')
            | (Check::Null, b'n')
            | (Check::Scalar, b't' | b'f' | b'n') => self.literal(byte),
            (Check::OneOf(checks), _) => {
                let is_of = |check: &&Check| match byte {
                    b'"' => matches!(check, Check::Text(_)),
                    b'0'..=b'9' | b'-' => matches!(check, Check::Number(_)),
                    b'[' => matches!(check, Check::List(_)),
                    b'{' => matches!(check, Check::Record(_)),
                    b't' | b'f' => matches!(check, Check::Bool),
                    _ => matches!(check, Check::Null),
                };
                self.value(checks.iter().find(is_of)?)
            }
            (Check::Scalar, b'"') => self.text(&Text::Free(Length::ANY)),
            (Check::Scalar, b'0'..=b'9' | b'-') => self.number(&Number { whole: None }),
            _ => None,
        }
    }

    /// Reads a string, at whose quote the lexer stands.
    #[inline]
    pub(super) fn text(&mut self, text: &Text) -> Option<u64> {
        match text {
            Text::Guid => {
                let inner = self.of_length::<GUID_LENGTH>()?;
                let guid = GuidNumber::read(inner)?;
                self.guid = guid.number;
                Some(content::of_guid(guid, inner))
            }
            Text::Instant => {
                let inner = self.of_length::<INSTANT_LENGTH>()?;
                self.instant = self.reader.instants.read(inner.first_chunk()?)?;
                Some(content::of_instant(self.instant))
            }
            Text::Known(known) => {
                let inner = self.plain_text()?;
                known.iter().any(|known| **known == *inner).then(|| content::of_string(inner))
            }
            Text::Free(length) => self.free(*length),
            Text::Of(bytes, length) => {
                let inner = self.plain_text()?;
                let is_of = inner.iter().all(|byte| bytes[usize::from(*byte)]);
                (is_of && length.holds(inner.len())).then(|| content::of_string(inner))
            }
        }
    }

    /// Reads a string of exactly so many bytes.
    #[inline]
    fn of_length<const LENGTH: usize>(&mut self) -> Option<&'b [u8]> {
        let rest = self.lexer.rest();
        match rest.get(1..LENGTH + 2) {
            Some(inner) if inner[LENGTH] == b'"' => {
                self.lexer.skip(LENGTH + 2);
                Some(&inner[..LENGTH])
            }
            _ => {
                // Whatever it is, it tells whether the string is cut.
                let _ = self.plain_text()?;
                None
            }
        }
    }

    /// Reads a string without escapes, and gives what is between its quotes.
    #[inline]
    pub(super) fn plain_text(&mut self) -> Option<&'b [u8]> {
        if self.lexer.peek()? != b'"' {
            return None;
        }
        let start = self.lexer.at() + 1;
        let has_escapes = self.lexer.string().ok()?;
        let inner = self.lexer.bytes().get(start..self.lexer.at() - 1)?;
        (!has_escapes).then_some(inner)
    }

    /// Reads any string of a length.
    #[inline]
    fn free(&mut self, length: Length) -> Option<u64> {
        let start = self.lexer.at();
        if let Some((end, hash)) = plain_text(self.lexer.bytes(), start + 1)
            && length.least == 0
            && end - start - 1 <= length.most
        {
            self.lexer.move_to(end + 1);
            return Some(hash);
        }
        let has_escapes = self.lexer.string().ok()?;
        let quoted = self.lexer.bytes().get(start..self.lexer.at())?;
        if has_escapes {
            self.has_escapes = true;
            return unescaped(quoted, length);
        }
        let inner = &quoted[1..quoted.len() - 1];
        let fits = length == Length::ANY
            || length.least == 0 && inner.len() <= length.most
            || length.holds(as_text(inner)?.chars().count());
        fits.then(|| content::of_string(inner))
    }

    fn number(&mut self, number: &Number) -> Option<u64> {
        let start = self.lexer.at();
        self.lexer.number().ok()?;
        let raw = self.lexer.bytes().get(start..self.lexer.at())?;
        if let Some((least, most)) = number.whole {
            let digits = raw.iter().try_fold(0_u64, |number, byte| {
                let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
                number.checked_mul(10)?.checked_add(digit)
            });
            self.whole = digits.filter(|number| (least..=most).contains(number))?;
        }
        Some(content::of_scalar(raw))
    }

    fn literal(&mut self, first: u8) -> Option<u64> {
        let literal: &[u8] = match first {
            b't' => b"true",
            b'f' => b"false",
            _ => b"null",
        };
        self.lexer.literal(literal).ok()?;
        Some(content::of_scalar(literal))
    }

    #[inline]
    pub(super) fn list_of(
        &mut self,
        length: Length,
        mut element: impl FnMut(&mut Self) -> Option<u64>,
    ) -> Option<u64> {
        if self.lexer.peek()? != b'[' {
            return None;
        }
        self.lexer.bump();
        let (mut hash, mut count) = (content::ARRAY, 0);
        if self.lexer.peek()? == b']' {
            self.lexer.bump();
            return length.holds(0).then_some(hash);
        }
        loop {
            hash = content::of_next(hash, element(self)?);
            count += 1;
            if self.is_closed(b']')? {
                return length.holds(count).then_some(hash);
            }
        }
    }

    fn record(&mut self, record: &Record) -> Option<u64> {
        self.lexer.bump();
        let (mut mask, mut hash) = (0_u128, 0_u64);
        let mut guess = self.first_name;
        if self.lexer.peek()? == b'}' {
            self.lexer.bump();
            return (record.required == 0).then(|| content::of_object(0));
        }
        loop {
            let Name::Known(number) = self.name(&record.names, guess)? else { return None };
            if mask >> number & 1 == 1 {
                return None;
            }
            if mask == 0 {
                self.first_name = number;
            }
            mask |= 1 << number;
            // Names are in alphabetical order here, and often in another one, cut and turned, there.
            guess = if number + 1 < record.names.len() { number + 1 } else { 0 };
            let value = self.value(&record.checks[number])?;
            hash = hash.wrapping_add(content::of_member(record.names.get(number).hash, value));
            if self.is_closed(b'}')? {
                break;
            }
        }
        (mask & record.required == record.required).then(|| content::of_object(hash))
    }
}

/// The hash of a string with escapes, which are undone for it.
#[cold]
fn unescaped(quoted: &[u8], length: Length) -> Option<u64> {
    let text = unescape(as_text(quoted.get(1..quoted.len() - 1)?)?);
    length.holds(text.chars().count()).then(|| content::of_string(text.as_bytes()))
}

/// The bytes as text. Those that are none are told by others.
pub(super) fn as_text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
