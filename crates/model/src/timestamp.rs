//! Instants as the API writes them.

use std::{fmt, str::FromStr};

use chrono::{DateTime, NaiveDate, NaiveTime, Timelike as _, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use wide::u8x16;

use crate::json::Text;

/// The names of properties that hold instants, at any depth of an event.
pub const TIME_PROPERTIES: [&str; 4] = ["EventTime", "ReceivedTime", "ReadingTime", "LogTime"];

/// An instant in UTC, with as many digits of the second as it was written with.
///
/// The documented form is `yyyy-MM-ddTHH:mm:ssZ` (pages of the events, "The value is expressed in
/// UTC"). A fraction of one to nine digits is read too: the API's policy responses carry
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    instant: DateTime<Utc>,
    fraction_digits: u8,
}

impl Timestamp {
    /// The instant.
    pub fn instant(self) -> DateTime<Utc> {
        self.instant
    }

    /// How many digits of a second's fraction were written: 0 to 9.
    pub fn fraction_digits(self) -> u8 {
        self.fraction_digits
    }

    /// Reads the documented form, with or without a fraction; nothing if the text is in another
    /// form or names no instant.
    pub fn parse(text: &str) -> Option<Self> {
        let (front, rest) = text.as_bytes().split_first_chunk::<19>()?;
        // The digits of the first sixteen bytes at once, and the others by themselves.
        let is_digit = is_among(u8x16::from(*front.first_chunk()?), b'0', 10).to_bitmask();
        let [.., b':', tens, ones] = front else { return None };
        let separators = (front[4], front[7], front[10], front[13]);
        if is_digit != 0b1101_1011_0110_1111
            || separators != (b'-', b'-', b'T', b':')
            || !(tens.is_ascii_digit() && ones.is_ascii_digit())
        {
            return None;
        }
        let two = |at: usize| u32::from(front[at] - b'0') * 10 + u32::from(front[at + 1] - b'0');
        let year = i32::try_from(two(0) * 100 + two(2)).ok()?;
        let date = NaiveDate::from_ymd_opt(year, two(5), two(8))?;
        let (hour, minute, second) = (two(11), two(14), two(17));
        let (fraction_digits, nanoseconds) = fraction(rest)?;
        // A leap second, as RFC 3339 writes it; chrono counts it as a long last second.
        let (second, nanoseconds) = match (hour, minute, second) {
            (23, 59, 60) => (59, nanoseconds + 1_000_000_000),
            _ => (second, nanoseconds),
        };
        let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nanoseconds)?;
        Some(Self { instant: date.and_time(time).and_utc(), fraction_digits })
    }
}

/// Which lanes hold one of `count` bytes from `first` on.
#[inline]
pub(crate) fn is_among(lanes: u8x16, first: u8, count: u8) -> u8x16 {
    let offset = lanes - u8x16::splat(first);
    offset.min(u8x16::splat(count - 1)).simd_eq(offset)
}

/// Digits alone as a number.
fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
    })
}

/// Reads `Z`, or a point, one to nine digits and `Z`: the number of digits, and nanoseconds.
fn fraction(rest: &[u8]) -> Option<(u8, u32)> {
    match rest {
        b"Z" => Some((0, 0)),
        [b'.', fraction @ .., b'Z'] if (1..=9).contains(&fraction.len()) => {
            let count = u8::try_from(fraction.len()).ok()?;
            Some((count, digits(fraction)? * 10_u32.pow(9 - u32::from(count))))
        }
        _ => None,
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leap = self.instant.nanosecond() / 1_000_000_000;
        let second = self.instant.second() + leap;
        write!(formatter, "{}:{second:02}", self.instant.format("%Y-%m-%dT%H:%M"))?;
        if 0 < self.fraction_digits {
            let nanoseconds = format!("{:09}", self.instant.nanosecond() % 1_000_000_000);
            write!(formatter, ".{}", &nanoseconds[..usize::from(self.fraction_digits)])?;
        }
        formatter.write_str("Z")
    }
}

/// The text is no instant in the form of [`Timestamp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATimestamp;

impl fmt::Display for NotATimestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("want an instant such as 2017-05-19T01:16:23Z")
    }
}

impl std::error::Error for NotATimestamp {}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        Self::parse(text).ok_or(NotATimestamp)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "2017-05-19T01:16:23Z",
            "2024-03-07T22:04:31.121Z",
            "2024-02-29T00:00:00.1200000Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn fractions_are_exact() {
        let time = Timestamp::parse("2024-03-07T22:04:31.121Z").unwrap();
        assert_eq!(time.instant().timestamp_subsec_nanos(), 121_000_000);
        assert_eq!(time.instant().timestamp(), 1_709_849_071);
        assert_eq!(time.fraction_digits(), 3);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "2017-05-19",
            "2017-05-19T01:16:23",
            "2017-05-19T01:16:23+00:00",
            "2017-05-19t01:16:23z",
            "2017-05-19 01:16:23Z",
            "2017-02-29T01:16:23Z",
            "2017-05-19T24:00:00Z",
            "2017-05-19T01:16:60Z",
            "2017-05-19T01:16:23.Z",
            "2017-05-19T01:16:23.1234567890Z",
            "2017-05-19T01:16:2\u{e9}Z",
            "+017-05-19T01:16:23Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
