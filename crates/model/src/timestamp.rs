//! Instants as the API writes them.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Timelike as _, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    canonical::{self, INSTANT_LENGTH},
    json::Text,
};

/// The names of properties that hold instants, at any depth of an event.
pub const TIME_PROPERTIES: [&str; 4] = ["EventTime", "ReceivedTime", "ReadingTime", "LogTime"];

/// How many nanoseconds a second has.
const NANOSECONDS: u32 = 1_000_000_000;

/// An instant in UTC, with as many digits of the second as it was written with.
///
/// The documented form is `yyyy-MM-ddTHH:mm:ssZ` (pages of the events, "The value is expressed in
/// UTC"). A fraction of one to nine digits is read too: the API's policy responses carry
/// milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Since 1970. A leap second is part of the second before it.
    seconds: i64,
    /// A billion and more in a leap second, as chrono counts.
    nanoseconds: u32,
    fraction_digits: u8,
}

impl Timestamp {
    /// What [`canonical::instant`] has read.
    pub(crate) fn whole(seconds: i64) -> Self {
        Self { seconds, nanoseconds: 0, fraction_digits: 0 }
    }

    /// The instant.
    pub fn instant(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.seconds, self.nanoseconds)
            .expect("years of four digits are in range, and a leap second is the last of a minute")
    }

    /// Seconds since 1970, and nanoseconds after that: a billion and more in a leap second.
    pub fn since_1970(self) -> (i64, u32) {
        (self.seconds, self.nanoseconds)
    }

    /// How many digits of a second's fraction were written: 0 to 9.
    pub fn fraction_digits(self) -> u8 {
        self.fraction_digits
    }

    /// Reads the documented form, with or without a fraction; nothing if the text is in another
    /// form or names no instant.
    pub fn parse(text: &str) -> Option<Self> {
        let (front, rest) = text.as_bytes().split_first_chunk::<{ INSTANT_LENGTH - 1 }>()?;
        let (fraction_digits, nanoseconds) = fraction(rest)?;
        let mut whole = [b'Z'; INSTANT_LENGTH];
        whole[..front.len()].copy_from_slice(front);
        // A leap second, as RFC 3339 writes it.
        let is_leap = front.ends_with(b"T23:59:60");
        if is_leap {
            whole[17..19].copy_from_slice(b"59");
        }
        Some(Self {
            seconds: canonical::instant(&whole)?,
            nanoseconds: nanoseconds + if is_leap { NANOSECONDS } else { 0 },
            fraction_digits,
        })
    }
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
        let instant = self.instant();
        let second = instant.second() + self.nanoseconds / NANOSECONDS;
        write!(formatter, "{}:{second:02}", instant.format("%Y-%m-%dT%H:%M"))?;
        if 0 < self.fraction_digits {
            let nanoseconds = format!("{:09}", self.nanoseconds % NANOSECONDS);
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
    fn instants_are_in_the_order_of_time() {
        let mut times = [
            "0000-01-01T00:00:00Z",
            "1969-12-31T23:59:59.5Z",
            "1970-01-01T00:00:00Z",
            "2016-12-31T23:59:59Z",
            "2016-12-31T23:59:59.999Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5Z",
            "2017-01-01T00:00:00Z",
            "2017-01-01T00:00:00.0Z",
            "9999-12-31T23:59:59Z",
        ]
        .map(|text| Timestamp::parse(text).unwrap());
        assert!(times.is_sorted_by(|one, other| one < other));
        assert!(times.is_sorted_by_key(|time| time.instant()));
        times.reverse();
        assert!(times.is_sorted_by(|one, other| one > other));
    }

    #[test]
    fn a_leap_second_is_a_long_last_one_to_chrono() {
        let instant = Timestamp::parse("2016-12-31T23:59:60.5Z").unwrap().instant();
        assert_eq!((instant.second(), instant.nanosecond()), (59, 1_500_000_000));
        assert_eq!(instant.timestamp(), 1_483_228_799);
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
            "2017-02-29T23:59:60Z",
            "2017-05-19T23:59:61Z",
            "2017-05-19T01:16:23.Z",
            "2017-05-19T01:16:23.1234567890Z",
            "2017-05-19T01:16:2\u{e9}Z",
            "+017-05-19T01:16:23Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
