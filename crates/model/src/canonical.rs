//! GUIDs and instants in the one form in which the API writes them, read sixteen bytes at a time.

use wide::u8x16;

/// The length of a GUID, in bytes.
pub const GUID_LENGTH: usize = 36;
/// The length of an instant without a fraction, in bytes.
pub const INSTANT_LENGTH: usize = 20;

const SECONDS_OF_A_DAY: i64 = 86_400;

const ONES: u64 = 0x0101_0101_0101_0101;

/// A GUID (RFC 9562): 8-4-4-4-12 hexadecimal digits, as the format `uuid` of JSON Schema has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuidNumber {
    /// The same for the same GUID in upper and lower case, and for no other GUID. The digits are in an
    /// order of their own.
    pub number: u128,
    /// Whether no letter is in upper case.
    pub is_lower_case: bool,
}

impl GuidNumber {
    /// The GUID at the front of `bytes`.
    #[inline(always)]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; GUID_LENGTH] = bytes.first_chunk()?;
        has_form_of_guid(bytes).then(|| {
            let mut common = u64::MAX;
            // The values of eight digits, four from each place, a byte each.
            let mut values = |first, second| {
                let digits = u64::from(four(bytes, first)) | u64::from(four(bytes, second)) << 32;
                common &= digits;
                // A letter has bit 6, and nine is what its low half is short of.
                (digits & (0x0F * ONES)) + (digits >> 6 & ONES) * 9
            };
            let high = values(0, 4) | values(9, 14) << 4;
            let low = values(19, 24) | values(28, 32) << 4;
            let number = u128::from(high) << 64 | u128::from(low);
            // Digits and lower-case letters have bit 5; upper-case letters do not.
            Self { number, is_lower_case: common & (0x20 * ONES) == 0x20 * ONES }
        })
    }
}

/// Without a branch for each part: nearly all are sound.
#[inline(always)]
#[expect(clippy::needless_bitwise_bool, reason = "branches cost more than what they would save")]
pub(crate) fn has_form_of_guid(bytes: &[u8; GUID_LENGTH]) -> bool {
    // Three parts, of which the last two overlap: 0 to 15, 16 to 31, 20 to 35.
    let parts = [(0, 0b0010_0001_0000_0000_u32), (16, 0b1000_0100), (20, 0b1000)];
    parts.into_iter().fold(true, |is_sound, (at, hyphens)| {
        let lanes = lanes(bytes, at);
        let is_hyphen = lanes.simd_eq(u8x16::splat(b'-')).to_bitmask();
        is_sound & (is_hyphen == hyphens) & (is_hexadecimal(lanes).to_bitmask() == hyphens ^ 0xFFFF)
    })
}

/// Reads instants, and remembers the day of the last one: most have the day of the one before.
#[derive(Clone, Copy, Debug)]
pub struct InstantReader {
    /// The text up to the `T`, and five bytes that do not matter.
    text: [u8; 16],
    midnight: i64,
}

impl Default for InstantReader {
    fn default() -> Self {
        // No text in UTF-8 has such a byte, so no day is taken for a sound one that was not read.
        Self { text: [0xFF; 16], midnight: 0 }
    }
}

impl InstantReader {
    /// What [`instant`] gives.
    #[inline(always)]
    pub fn read(&mut self, bytes: &[u8; INSTANT_LENGTH]) -> Option<i64> {
        let front: [u8; 16] = *bytes.first_chunk().expect("an instant is longer");
        let same = u8x16::from(front).simd_eq(u8x16::from(self.text)).to_bitmask();
        if same & 0x7FF != 0x7FF {
            let number = instant(bytes)?;
            *self = Self { text: front, midnight: number - number.rem_euclid(SECONDS_OF_A_DAY) };
        }
        Some(self.midnight + i64::from(time_of_day(bytes)?))
    }
}

/// The seconds since midnight at the end of an instant.
#[inline(always)]
#[expect(clippy::needless_bitwise_bool, reason = "branches cost more than what they would save")]
#[expect(clippy::cast_possible_truncation, reason = "a day has fewer than 100,000 seconds")]
fn time_of_day(bytes: &[u8; INSTANT_LENGTH]) -> Option<u32> {
    // `HH:mm:ss`, the first byte in the lowest place.
    let time = u64::from_le_bytes(*bytes[11..].first_chunk().expect("nine bytes are left"));
    let digits = (time & 0xFFFF_00FF_FF00_FFFF) ^ 0x3030_0030_3000_3030;
    // Adding 0x76 to more than nine sets the highest bit of the byte.
    let others = (digits.wrapping_add(0x7676_0076_7600_7676) | digits) & 0x8080_0080_8000_8080;
    let has_colons = time & 0x0000_FF00_00FF_0000 == 0x0000_3A00_003A_0000;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let (hour, minute, second) = (pairs & 0xFF, pairs >> 24 & 0xFF, pairs >> 48 & 0xFF);
    let is_sound = (others == 0)
        & has_colons
        & (bytes[19] == b'Z')
        & (hour < 24)
        & (minute < 60)
        & (second < 60);
    is_sound.then_some(((hour * 60 + minute) * 60 + second) as u32)
}

/// The instant at the front of `bytes`, `yyyy-MM-ddTHH:mm:ssZ`, in seconds since 1970.
///
/// Leap seconds are left to others, as is all that another form could mean.
#[inline]
pub fn instant(bytes: &[u8]) -> Option<i64> {
    let bytes: &[u8; INSTANT_LENGTH] = bytes.first_chunk()?;
    let front = lanes(bytes, 0);
    let is_digit = below(front, b'0', 10).to_bitmask();
    // All of the first sixteen are digits, but the separators at 4, 7, 10 and 13.
    let has_separators =
        [bytes[4], bytes[7], bytes[10], bytes[13]] == *b"--T:" && [bytes[16], bytes[19]] == *b":Z";
    if is_digit != 0b1101_1011_0110_1111 || !has_separators {
        return None;
    }
    let digit = |at: usize| i64::from(bytes[at].wrapping_sub(b'0'));
    let two = |at: usize| digit(at) * 10 + digit(at + 1);
    if 9 < digit(17) || 9 < digit(18) {
        return None;
    }
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    let is_time = hour < 24 && minute < 60 && second < 60;
    let is_date = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    (is_time && is_date).then(|| {
        let days = days_before(year, month) + day - 1;
        days * SECONDS_OF_A_DAY + (hour * 60 + minute) * 60 + second
    })
}

/// The days from 1970 to the first of a month, of a year from 0 on.
fn days_before(year: i64, month: i64) -> i64 {
    const TO_1970: i64 = 719_528;
    // As if the year began in March: so the leap day is its last one.
    let (year, month) = if month < 3 { (year + 399, month + 9) } else { (year + 400, month - 3) };
    let leap_days = year / 4 - year / 100 + year / 400;
    // March and the months after it have 31, 30, 31, 30, 31 days, again and again.
    let days_of_400_years = 146_097;
    year * 365 + leap_days + (month * 153 + 2) / 5 + 60 - days_of_400_years - TO_1970
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[inline]
fn lanes<const LENGTH: usize>(bytes: &[u8; LENGTH], at: usize) -> u8x16 {
    let lanes: [u8; 16] = bytes[at..at + 16].try_into().expect("sixteen bytes were cut out");
    u8x16::from(lanes)
}

#[inline(always)]
fn four(bytes: &[u8; GUID_LENGTH], at: usize) -> u32 {
    u32::from_le_bytes(*bytes[at..].first_chunk().expect("four bytes are there"))
}

#[inline]
fn is_hexadecimal(lanes: u8x16) -> u8x16 {
    below(lanes, b'0', 10) | below(lanes | u8x16::splat(0x20), b'a', 6)
}

/// Which lanes hold one of `count` bytes from `first` on.
#[inline]
fn below(lanes: u8x16, first: u8, count: u8) -> u8x16 {
    let offset = lanes - u8x16::splat(first);
    offset.min(u8x16::splat(count - 1)).simd_eq(offset)
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDateTime, Timelike as _};

    use super::*;

    /// What chrono makes of an instant. It reads more forms than it writes: those are left out.
    fn by_chrono(text: &str) -> Option<i64> {
        const FORM: &str = "%Y-%m-%dT%H:%M:%SZ";
        let time = NaiveDateTime::parse_from_str(text, FORM).ok()?;
        let is_usual = time.nanosecond() == 0 && time.format(FORM).to_string() == text;
        is_usual.then(|| time.and_utc().timestamp())
    }

    fn guid(bytes: &[u8]) -> Option<u128> {
        GuidNumber::read(bytes).map(|guid| guid.number)
    }

    #[test]
    fn each_digit_of_a_guid_changes_its_number_and_case_does_not() {
        let text = *b"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906";
        let mut numbers = vec![guid(&text).unwrap()];
        for at in (0..text.len()).filter(|at| text[*at] != b'-') {
            for digit in b"0123456789abcdef".iter().filter(|digit| **digit != text[at]) {
                let mut other = text;
                other[at] = *digit;
                numbers.push(guid(&other).unwrap());
                assert_eq!(guid(&other.to_ascii_uppercase()), numbers.last().copied());
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 1 + 32 * 15);
    }

    #[test]
    fn the_case_of_a_guid_is_known() {
        let is_lower = |text: &[u8]| GuidNumber::read(text).unwrap().is_lower_case;
        let text = *b"0eebaf4b-52a6-487b-bf2c-b8f8e88bf901";
        assert!(is_lower(&text));
        for at in (0..text.len()).filter(|at| text[*at].is_ascii_alphabetic()) {
            let mut other = text;
            other[at].make_ascii_uppercase();
            assert!(!is_lower(&other), "{at}");
        }
        assert!(is_lower(b"01234567-0123-0123-0123-012345678901"));
    }

    #[test]
    fn no_byte_of_a_guid_can_be_another_one() {
        let text = b"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906";
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut other = *text;
                other[at] = byte;
                let is_hyphen = matches!(at, 8 | 13 | 18 | 23);
                let want = if is_hyphen { byte == b'-' } else { byte.is_ascii_hexdigit() };
                assert_eq!(guid(&other).is_some(), want, "{:?}", other.escape_ascii());
            }
        }
        assert_eq!(guid(&text[..35]), None);
    }

    #[test]
    fn what_is_an_instant_is_one_to_chrono_too() {
        let text = b"2016-02-28T19:58:37Z";
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut other = *text;
                other[at] = byte;
                let slow = std::str::from_utf8(&other).ok().and_then(by_chrono);
                assert_eq!(instant(&other), slow, "{}", other.escape_ascii());
            }
        }
    }

    #[test]
    fn every_day_is_known_with_its_number() {
        for year in [0, 1, 4, 100, 400, 1900, 1969, 1970, 1999, 2000, 2100, 2023, 2024, 9999] {
            for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
                let text = format!("{year:04}-{month:02}-{day:02}T23:59:59Z");
                assert_eq!(instant(text.as_bytes()), by_chrono(&text), "{text}");
            }
        }
    }

    #[test]
    fn the_reader_of_instants_gives_the_same_whatever_it_read_before() {
        let days = ["2016-02-28", "2016-02-30", "2017-03-01"];
        let times = ["19:58:37Z", "24:00:00Z", "23:60:00Z", "23:59:60Z", "00:00:00z", "0a:00:00Z"];
        let mut reader = InstantReader::default();
        for (day, time) in days.iter().flat_map(|day| times.map(|time| (day, time))) {
            let text = *format!("{day}T{time}").as_bytes().first_chunk().unwrap();
            for at in 0..text.len() {
                for byte in 0..=u8::MAX {
                    let mut other = text;
                    other[at] = byte;
                    assert_eq!(reader.read(&other), instant(&other), "{}", other.escape_ascii());
                }
            }
        }
        assert_eq!(reader.read(&[0xFF; INSTANT_LENGTH]), None);
    }

    #[test]
    fn leap_seconds_and_fractions_are_left_to_others() {
        for text in ["2016-12-31T23:59:60Z", "2016-12-31T23:59:59.5Z", "2016-12-31T24:00:00Z"] {
            assert_eq!(instant(text.as_bytes()), None);
        }
    }
}
