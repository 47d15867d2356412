//! Bytes to tokens of JSON (RFC 8259), each with its place.

use wide::u8x16;

use crate::fault::{Fault, FaultKind, Inside, Want};

/// How many bytes are looked at in one step.
const LANES: usize = 16;

/// Reads tokens from the front of a slice: the one place where bytes become JSON.
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    has_blanks: bool,
}

impl<'a> Lexer<'a> {
    /// A lexer at the first of `bytes`.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, has_blanks: false }
    }

    /// What it reads.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether any white space was passed over. Without any, all that was read is on one line.
    #[inline]
    pub fn has_blanks(&self) -> bool {
        self.has_blanks
    }

    /// The bytes that are not read yet.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at.min(self.bytes.len())..]
    }

    /// The offset of the next byte.
    #[inline]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is not white space, which stays unread.
    #[inline]
    pub fn peek(&mut self) -> Option<u8> {
        match self.bytes.get(self.at) {
            Some(b' ' | b'\n' | b'\r' | b'\t') => {
                self.has_blanks = true;
                self.at = blank_end(self.bytes, self.at + 1);
                self.bytes.get(self.at).copied()
            }
            byte => byte.copied(),
        }
    }

    /// Takes the byte that [`peek`](Self::peek) showed.
    #[inline]
    pub fn bump(&mut self) {
        self.at += 1;
    }

    /// Takes so many bytes, which the caller has looked at in [`rest`](Self::rest).
    #[inline]
    pub fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Goes on at an offset, up to which the caller has looked at [`bytes`](Self::bytes).
    #[inline]
    pub fn move_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(crate) fn fault(&self, kind: FaultKind) -> Fault {
        Fault { kind, offset: self.at }
    }

    /// The fault of a byte that does not belong here, or of bytes that ended too early.
    pub(crate) fn unexpected(&self, want: Want, inside: Inside) -> Fault {
        self.fault(match self.bytes.get(self.at) {
            Some(&got) => FaultKind::Unexpected { want, got },
            None => FaultKind::End(inside),
        })
    }

    /// Reads a string from its opening quote to behind its closing one; tells whether it holds escapes.
    ///
    /// # Errors
    ///
    /// If the string has no end, an escape is none, or a control character is not escaped. That it
    /// is UTF-8 is not looked at.
    #[inline]
    pub fn string(&mut self) -> Result<bool, Fault> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at = plain_end(self.bytes, self.at);
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(&byte) => return Err(self.fault(FaultKind::ControlCharacter(byte))),
                None => return Err(self.fault(FaultKind::End(Inside::String))),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(())
            }
            Some(b'u') => self.unicode_escape(),
            Some(_) => Err(self.fault(FaultKind::InvalidEscape)),
            None => Err(self.end_of(Inside::String)),
        }
    }

    fn unicode_escape(&mut self) -> Result<(), Fault> {
        let first = self.hex_escape(self.at)?;
        if (0xDC00..0xE000).contains(&first) {
            return Err(self.fault(FaultKind::LoneSurrogate));
        }
        if !(0xD800..0xDC00).contains(&first) {
            self.at += 6;
            return Ok(());
        }
        match self.bytes.get(self.at + 6..) {
            Some([b'\\', b'u', ..]) => {
                let second = self.hex_escape(self.at + 6)?;
                if !(0xDC00..0xE000).contains(&second) {
                    return Err(self.fault(FaultKind::LoneSurrogate));
                }
                self.at += 12;
                Ok(())
            }
            Some([] | [b'\\']) | None => Err(self.end_of(Inside::String)),
            Some(_) => Err(self.fault(FaultKind::LoneSurrogate)),
        }
    }

    /// The code unit of the `\uXXXX` at `start`.
    fn hex_escape(&self, start: usize) -> Result<u16, Fault> {
        let digits =
            &self.bytes[(start + 2).min(self.bytes.len())..(start + 6).min(self.bytes.len())];
        let mut unit = 0;
        for digit in digits {
            let Some(digit) = char::from(*digit).to_digit(16) else {
                return Err(Fault { kind: FaultKind::InvalidEscape, offset: start });
            };
            unit = unit << 4 | digit;
        }
        if digits.len() < 4 {
            return Err(self.end_of(Inside::String));
        }
        Ok(u16::try_from(unit).expect("four hexadecimal digits are 16 bits"))
    }

    fn end_of(&self, inside: Inside) -> Fault {
        Fault { kind: FaultKind::End(inside), offset: self.bytes.len() }
    }

    /// Reads a number, at whose minus or first digit the lexer stands.
    ///
    /// # Errors
    ///
    /// If digits are missing, or too many, or it is beyond the range of a 64-bit float.
    #[inline]
    pub fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        let integer = self.at;
        self.digits()?;
        if self.bytes[integer] == b'0' && self.at - integer > 1 {
            return Err(Fault { kind: FaultKind::LeadingZero, offset: integer });
        }
        let mut large = self.at - integer > 300;
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
            large = true;
        }
        if large && !is_finite(&self.bytes[start..self.at]) {
            return Err(Fault { kind: FaultKind::NumberOutOfRange, offset: start });
        }
        Ok(())
    }

    /// Reads at least one digit.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if start < self.at {
            return Ok(());
        }
        Err(self.fault(if self.at < self.bytes.len() {
            FaultKind::MissingDigit
        } else {
            FaultKind::End(Inside::Scalar)
        }))
    }

    /// Reads `true`, `false` or `null`.
    ///
    /// # Errors
    ///
    /// At the first byte that differs.
    #[inline]
    pub fn literal(&mut self, literal: &[u8]) -> Result<(), Fault> {
        for want in literal {
            match self.bytes.get(self.at) {
                Some(got) if got == want => self.at += 1,
                _ => return Err(self.unexpected(Want::Value, Inside::Scalar)),
            }
        }
        Ok(())
    }
}

fn is_finite(number: &[u8]) -> bool {
    std::str::from_utf8(number)
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
        .is_some_and(f64::is_finite)
}

/// The first offset from `at` on with a quote, a backslash or a control character; else the end.
///
/// Sixteen bytes a step: most strings of this API take one or two.
#[inline]
fn plain_end(bytes: &[u8], at: usize) -> usize {
    let ends = |byte: u8| matches!(byte, b'"' | b'\\' | 0..=0x1F);
    first_offset(bytes, at, ends, ends_of)
}

/// Which of 32 bytes are a quote, a backslash or a control character, a bit each, the first one lowest:
/// what ends a string or the part of it that can be taken as it is.
#[inline(always)]
pub fn string_ends(bytes: &[u8; 32]) -> u32 {
    ends_at(bytes, 0) | ends_at(bytes, LANES) << LANES
}

/// Where the string that begins at the first byte has its closing quote, if that is among the 32 and
/// nothing before it is escaped.
#[inline(always)]
pub(crate) fn closing_quote(bytes: &[u8; 32]) -> Option<usize> {
    if bytes[0] != b'"' {
        return None;
    }
    // Most strings end in the first half. The opening quote does not count.
    let at = match ends_at(bytes, 0) & !1 {
        0 => LANES + ends_at(bytes, LANES).trailing_zeros() as usize,
        ends => ends.trailing_zeros() as usize,
    };
    (bytes.get(at) == Some(&b'"')).then_some(at)
}

/// What [`string_ends`] gives, of the sixteen bytes from `at` on.
#[inline(always)]
fn ends_at(bytes: &[u8; 32], at: usize) -> u32 {
    let lanes: [u8; LANES] = *bytes[at..].first_chunk().expect("there are 32 bytes");
    ends_of(u8x16::from(lanes)).to_bitmask()
}

#[inline(always)]
fn ends_of(lanes: u8x16) -> u8x16 {
    let control = lanes.min(u8x16::splat(0x1F)).simd_eq(lanes);
    lanes.simd_eq(u8x16::splat(b'"')) | lanes.simd_eq(u8x16::splat(b'\\')) | control
}

/// The first offset from `at` on with anything but white space; else the end.
fn blank_end(bytes: &[u8], at: usize) -> usize {
    let ends = |byte: u8| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    first_offset(bytes, at, ends, |lanes| {
        let [space, line, carriage, tab] =
            [b' ', b'\n', b'\r', b'\t'].map(|blank| lanes.simd_eq(u8x16::splat(blank)));
        !(space | line | carriage | tab)
    })
}

/// The first offset from `at` on of a byte that `is` asks for, many at a time by `are`; else the end.
#[inline]
fn first_offset(
    bytes: &[u8],
    mut at: usize,
    is: impl Fn(u8) -> bool,
    are: impl Fn(u8x16) -> u8x16,
) -> usize {
    while let Some(lanes) = bytes.get(at..).and_then(<[u8]>::first_chunk::<LANES>) {
        let found = are(u8x16::from(*lanes)).to_bitmask();
        if found != 0 {
            return at + found.trailing_zeros() as usize;
        }
        at += LANES;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| is(*byte)).unwrap_or(rest.len())
}
