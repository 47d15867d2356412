//! How a member of an event is read from its JSON and written again.

use serde::Serialize;

use crate::{
    error::{DecodeError, DecodeErrorKind},
    json::{Extra, Json, Text},
    timestamp::Timestamp,
};

pub(crate) mod reader;

use reader::{Reader, Token, Unsure};

/// A type of member.
pub(crate) trait Field<'a>: Sized + Serialize {
    /// Reads the value of a member that is there.
    fn read(json: Json<'a>) -> Result<Self, DecodeError>;

    /// Reads it from the text, if it is what [`read`](Self::read) makes of it beyond question.
    ///
    /// The reader is left behind the value, or anywhere if it is unsure.
    fn lex(token: Token<'a>, reader: &mut Reader<'a>) -> Result<Self, Unsure>;

    /// The same of the value before which the reader stands.
    #[inline]
    fn lex_ahead(reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        let token = reader.token()?;
        Self::lex(token, reader)
    }

    /// The value of a member that is not there.
    fn absent() -> Option<Self> {
        None
    }

    /// Whether the member is written.
    fn is_present(&self) -> bool {
        true
    }
}

/// Takes the member called `name` out of `members` and reads it.
pub(crate) fn take<'a, F: Field<'a>>(
    members: &mut Extra<'a>,
    name: &'static str,
) -> Result<F, DecodeError> {
    match members.iter().position(|(member, _)| member.0 == name) {
        Some(at) => F::read(members.remove(at).1).map_err(|error| error.within(name)),
        None => F::absent().ok_or_else(|| DecodeErrorKind::Missing(name).into()),
    }
}

/// Takes the member called `name` if it can be read, and leaves it among `members` if not.
///
/// For a member that one API version gives a type, and another does not name and lets be anything.
pub(crate) fn take_or_leave<'a, F: Field<'a>>(
    members: &mut Extra<'a>,
    name: &'static str,
) -> Option<F> {
    let at = members.iter().position(|(member, _)| member.0 == name)?;
    let value = F::read(members[at].1.clone()).ok()?;
    members.remove(at);
    Some(value)
}

fn wrong(want: &'static str, got: &Json<'_>) -> DecodeError {
    DecodeErrorKind::WrongType { want, got: got.kind() }.into()
}

impl<'a> Field<'a> for Text<'a> {
    fn read(json: Json<'a>) -> Result<Self, DecodeError> {
        match json {
            Json::String(text) => Ok(text),
            other => Err(wrong("a string", &other)),
        }
    }

    #[inline]
    fn lex(token: Token<'a>, _: &mut Reader<'a>) -> Result<Self, Unsure> {
        match token {
            Token::Plain(text) => Ok(text.into()),
            Token::Escaped(inner) => Ok(Self::unescaped(inner)),
            _ => Err(Unsure),
        }
    }

    #[inline]
    fn lex_ahead(reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        reader.text()
    }
}

impl<'a> Field<'a> for Timestamp {
    fn read(json: Json<'a>) -> Result<Self, DecodeError> {
        let text = Text::read(json)?;
        Self::parse(&text).ok_or_else(|| {
            DecodeErrorKind::BadFormat { want: "an instant such as 2017-05-19T01:16:23Z" }.into()
        })
    }

    #[inline]
    fn lex(token: Token<'a>, _: &mut Reader<'a>) -> Result<Self, Unsure> {
        match token {
            Token::Plain(text) => Self::parse(text).ok_or(Unsure),
            _ => Err(Unsure),
        }
    }

    #[inline]
    fn lex_ahead(reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        if let Some(time) = reader.instant() {
            return Ok(time);
        }
        let token = reader.token()?;
        Self::lex(token, reader)
    }
}

impl<'a> Field<'a> for u64 {
    fn read(json: Json<'a>) -> Result<Self, DecodeError> {
        const WANT: &str = "an integer, not negative";
        match json {
            Json::Number(text) => {
                integer(&text).ok_or_else(|| DecodeErrorKind::BadFormat { want: WANT }.into())
            }
            other => Err(wrong(WANT, &other)),
        }
    }

    #[inline]
    fn lex(token: Token<'a>, _: &mut Reader<'a>) -> Result<Self, Unsure> {
        match token {
            Token::Number(text) => integer(text).ok_or(Unsure),
            _ => Err(Unsure),
        }
    }
}

fn integer(text: &str) -> Option<u64> {
    text.parse().ok().or_else(|| whole(text))
}

/// The integer that is written with a point, an exponent or as minus zero: JSON Schema counts `5.0`
/// as one.
fn whole(text: &str) -> Option<u64> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (above, below) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{above}{below}");
    let unsigned = digits.trim_start_matches('-').trim_start_matches('0');
    if unsigned.is_empty() {
        return Some(0);
    }
    let zeros = unsigned.len() - unsigned.trim_end_matches('0').len();
    let places = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(below.len()).ok()?)?;
    let places = places.checked_add(i64::try_from(zeros).ok()?)?;
    // More zeros than these make no number of 64 bits; fewer than none make no integer.
    let zeros = usize::try_from(places).ok().filter(|zeros| *zeros < 20)?;
    let sign = if digits.starts_with('-') { "-" } else { "" };
    format!("{sign}{}{}", unsigned.trim_end_matches('0'), "0".repeat(zeros)).parse().ok()
}

/// From how many bytes on an element of a list is large.
const LARGE: usize = 128;

/// How many large elements are expected at most: the guess may be wrong.
const RESERVED: usize = 256;

impl<'a, F: Field<'a>> Field<'a> for Vec<F> {
    fn read(json: Json<'a>) -> Result<Self, DecodeError> {
        match json {
            Json::Array(elements) => elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| {
                    F::read(element).map_err(|error| error.within(&index.to_string()))
                })
                .collect(),
            other => Err(wrong("an array", &other)),
        }
    }

    fn lex(token: Token<'a>, reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        let mut inside = reader.array(token)?;
        let mut elements = Self::new();
        let start = reader.at();
        while reader.goes_on(&mut inside)? {
            elements.push(F::lex_ahead(reader)?);
            // Events are large, and to be moved seldom: the first tells about how many more there can be.
            if elements.len() == 1 && LARGE <= size_of::<F>() {
                elements.reserve((reader.left() / (reader.at() - start)).min(RESERVED));
            }
        }
        Ok(elements)
    }
}

impl<'a, F: Field<'a>> Field<'a> for Option<F> {
    fn read(json: Json<'a>) -> Result<Self, DecodeError> {
        F::read(json).map(Some)
    }

    #[inline]
    fn lex(token: Token<'a>, reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        F::lex(token, reader).map(Some)
    }

    #[inline]
    fn lex_ahead(reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        F::lex_ahead(reader).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn is_present(&self) -> bool {
        self.is_some()
    }
}

/// The members of an object.
pub(crate) fn members(json: Json<'_>) -> Result<Extra<'_>, DecodeError> {
    match json {
        Json::Object(members) => Ok(members),
        other => Err(wrong("an object", &other)),
    }
}

/// Declares a struct of members with their names in the JSON; members of other names are kept, and so
/// are those that say `or extra` if they are of another type.
macro_rules! object {
    (@take $members:ident $member:literal) => {
        crate::field::take(&mut $members, $member)?
    };
    (@take $members:ident $member:literal extra) => {
        crate::field::take_or_leave(&mut $members, $member)
    };
    (@fill $reader:ident $extra:ident $name:ident $field:ident) => {
        crate::field::reader::fill(&mut $field, $reader)?
    };
    (@fill $reader:ident $extra:ident $name:ident $field:ident extra) => {
        crate::field::reader::fill_or_keep(&mut $field, &mut $extra, $name, $reader)?
    };
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty = $member:literal $(or $or:ident)?, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name<'a> {
            $( $(#[$field_meta])* pub $field: $type, )*
            /// Members that are not documented, in order; and what is of another type than documented,
            /// where one of the API versions documents no type.
            pub extra: Extra<'a>,
        }

        impl<'a> $name<'a> {
            fn from_members(mut members: Extra<'a>) -> Result<Self, DecodeError> {
                Ok(Self {
                    $( $field: object!(@take members $member $($or)?), )*
                    extra: members,
                })
            }

            /// The same from the text.
            fn lex_members(
                members: &mut impl crate::field::reader::Members<'a>,
                reader: &mut crate::field::reader::Reader<'a>,
            ) -> Result<Self, crate::field::reader::Unsure> {
                $( let mut $field: Option<$type> = None; )*
                let mut extra = Extra::new();
                while let Some(name) = members.next(reader)? {
                    match name {
                        $( $member => object!(@fill reader extra name $field $($or)?), )*
                        _ => {
                            members.meet_unknown(name)?;
                            extra.push((name.into(), reader.json()?));
                        }
                    }
                }
                Ok(Self {
                    $( $field: crate::field::reader::found($field)?, )*
                    extra: crate::field::reader::distinct(extra)?,
                })
            }

            fn write<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                $( if crate::field::Field::is_present(&self.$field) {
                    map.serialize_entry($member, &self.$field)?;
                } )*
                for (name, value) in &self.extra {
                    map.serialize_entry(name, value)?;
                }
                Ok(())
            }
        }
    };
}

/// Implements `Field`, `Serialize` and `Deserialize` for an `object!`.
macro_rules! object_in_json {
    ($name:ident) => {
        impl<'a> crate::field::Field<'a> for $name<'a> {
            fn read(json: Json<'a>) -> Result<Self, DecodeError> {
                Self::from_members(crate::field::members(json)?)
            }

            fn lex(
                token: crate::field::reader::Token<'a>,
                reader: &mut crate::field::reader::Reader<'a>,
            ) -> Result<Self, crate::field::reader::Unsure> {
                Self::lex_members(&mut reader.object(token)?, reader)
            }
        }

        impl serde::Serialize for $name<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                self.write(&mut map)?;
                serde::ser::SerializeMap::end(map)
            }
        }

        impl<'de: 'a, 'a> serde::Deserialize<'de> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let json = <Json<'_> as serde::Deserialize<'_>>::deserialize(deserializer)?;
                crate::field::Field::read(json).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use {object, object_in_json};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_whole_however_they_are_written() {
        for (text, want) in [
            ("5.0", Some(5)),
            ("-0", Some(0)),
            ("-0.0e9", Some(0)),
            ("0e99999999999999999999", Some(0)),
            ("1.50e1", Some(15)),
            ("1500e-2", Some(15)),
            ("1501e-2", None),
            ("0.5", None),
            ("-1.0", None),
            ("1e19", Some(10_000_000_000_000_000_000)),
            ("1.8446744073709551615e+19", Some(u64::MAX)),
            ("1.8446744073709551616e+19", None),
            ("1e20", None),
            ("1e99999999999999999999", None),
        ] {
            assert_eq!(whole(text), want, "{text}");
        }
    }
}
