//! Why bytes are not JSON.

use std::fmt;

/// The first place where bytes stop being JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Where, in bytes from the start of the value that was read.
    pub offset: usize,
}

/// What is wrong with the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The bytes end before the value does.
    End(Inside),
    /// Something else stands where the grammar wants `want`.
    Unexpected {
        /// What the grammar allows here.
        want: Want,
        /// The byte that stands here.
        got: u8,
    },
    /// A control character, which a string may hold only as an escape.
    ControlCharacter(u8),
    /// A backslash that starts no escape of JSON.
    InvalidEscape,
    /// A `\u` escape of one half of a surrogate pair, which is no character.
    LoneSurrogate,
    /// A number with a leading zero.
    LeadingZero,
    /// A number whose minus, point or exponent has no digit behind it.
    MissingDigit,
    /// A number beyond the range of a 64-bit float.
    NumberOutOfRange,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// More open arrays and objects than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
}

/// What was open when the bytes ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Nothing was open: a value was expected.
    Nothing,
    /// A string.
    String,
    /// A number or one of `true`, `false`, `null`.
    Scalar,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// What the grammar allows at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// A value.
    Value,
    /// A value or the end of the array.
    ValueOrEnd,
    /// The name of a member.
    Name,
    /// The name of a member or the end of the object.
    NameOrEnd,
    /// The colon behind a name.
    Colon,
    /// A comma or the end of the array.
    CommaOrArrayEnd,
    /// A comma or the end of the object.
    CommaOrObjectEnd,
    /// The start of the next document.
    Document,
    /// The end of the line, in a capture with one document a line.
    LineEnd,
}

impl fmt::Display for Want {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Value => "a value",
            Self::ValueOrEnd => "a value or `]`",
            Self::Name => "the name of a member in double quotes",
            Self::NameOrEnd => "the name of a member in double quotes, or `}`",
            Self::Colon => "`:` after the name of a member",
            Self::CommaOrArrayEnd => "`,` or `]` after an element",
            Self::CommaOrObjectEnd => "`,` or `}` after a member",
            Self::LineEnd => "the end of the line after a document",
            Self::Document => "the start of a document, `{` or `[`",
        })
    }
}

impl fmt::Display for Inside {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Nothing => "before a value",
            Self::String => "inside a string",
            Self::Scalar => "inside a number or literal",
            Self::Array => "inside an array",
            Self::Object => "inside an object",
        })
    }
}

impl FaultKind {
    /// A name that stays the same, whatever the message says.
    pub fn name(self) -> &'static str {
        match self {
            Self::End(_) => "end",
            Self::Unexpected { .. } => "unexpected",
            Self::ControlCharacter(_) => "control-character",
            Self::InvalidEscape => "invalid-escape",
            Self::LoneSurrogate => "lone-surrogate",
            Self::LeadingZero => "leading-zero",
            Self::MissingDigit => "missing-digit",
            Self::NumberOutOfRange => "number-out-of-range",
            Self::InvalidUtf8 => "invalid-utf8",
            Self::TooDeep => "too-deep",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End(inside) => write!(formatter, "the document ends {inside}"),
            Self::Unexpected { want, got } => {
                write!(formatter, "expected {want}, found {}", Byte(*got))
            }
            Self::ControlCharacter(b'\n') => formatter.write_str("the line ends inside a string"),
            Self::ControlCharacter(byte) => {
                write!(formatter, "{} inside a string must be written as an escape", Byte(*byte))
            }
            Self::InvalidEscape => formatter.write_str("this is no escape sequence of JSON"),
            Self::LoneSurrogate => {
                formatter.write_str("half of a surrogate pair stands alone: it is no character")
            }
            Self::LeadingZero => formatter.write_str("a number must not start with a zero"),
            Self::MissingDigit => formatter.write_str("a digit is missing in this number"),
            Self::NumberOutOfRange => {
                formatter.write_str("this number is beyond the range of a 64-bit float")
            }
            Self::InvalidUtf8 => formatter.write_str("these bytes are not UTF-8"),
            Self::TooDeep => write!(
                formatter,
                "arrays and objects are nested deeper than {} levels",
                crate::MAX_DEPTH
            ),
        }
    }
}

/// A byte as a person names it.
struct Byte(u8);

impl fmt::Display for Byte {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => formatter.write_str("a NUL byte"),
            b'\n' => formatter.write_str("a line feed"),
            b'\t' => formatter.write_str("a tab"),
            byte @ 0x21..=0x7E => write!(formatter, "`{}`", char::from(byte)),
            byte => write!(formatter, "the byte 0x{byte:02X}"),
        }
    }
}
