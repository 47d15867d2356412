//! GUIDs and instants in the one form in which the API writes them, read sixteen bytes at a time.

use wide::u8x16;

/// The length of a GUID.
pub(crate) const GUID: usize = 36;
/// The length of an instant without a fraction.
pub(crate) const INSTANT: usize = 20;

/// The GUID (RFC 9562) at the front of `bytes`, as a number; in upper or lower case.
///
/// Which strings the format `uuid` of JSON Schema takes is the same: 8-4-4-4-12 hexadecimal digits.
#[inline]
pub(crate) fn guid(bytes: &[u8]) -> Option<u128> {
    let bytes: &[u8; GUID] = bytes.first_chunk()?;
    // Three looks, of which the last overlaps: 0 to 15, 16 to 31, 20 to 35.
    let looks = [(0, 0b0010_0001_0000_0000_u32), (16, 0b1000_0100), (20, 0b1000)];
    for (at, hyphens) in looks {
        let lanes = lanes(bytes, at);
        let is_hyphen = lanes.simd_eq(u8x16::splat(b'-'));
        if is_hyphen.to_bitmask() != hyphens || !(is_hyphen | is_hexadecimal(lanes)).all() {
            return None;
        }
    }
    let half = |at: usize| u64::from(u32::from_le_bytes(four(bytes, at)));
    let eight = |high, low| u128::from(number_of_hexadecimal(half(high) | half(low) << 32));
    Some(eight(0, 4) << 96 | eight(9, 14) << 64 | eight(19, 24) << 32 | eight(28, 32))
}

/// The instant at the front of `bytes`, `yyyy-MM-ddTHH:mm:ssZ`, as a number that is greater for a
/// later one.
///
/// Leap seconds are left to others, as is all that another form could mean.
#[inline]
pub(crate) fn instant(bytes: &[u8]) -> Option<u64> {
    let bytes: &[u8; INSTANT] = bytes.first_chunk()?;
    let front = lanes(bytes, 0);
    let is_digit = below(front, b'0', 10).to_bitmask();
    // All of the first sixteen are digits, but the separators at 4, 7, 10 and 13.
    let has_separators =
        [bytes[4], bytes[7], bytes[10], bytes[13]] == *b"--T:" && [bytes[16], bytes[19]] == *b":Z";
    if is_digit != 0b1101_1011_0110_1111 || !has_separators {
        return None;
    }
    let digit = |at: usize| u64::from(bytes[at].wrapping_sub(b'0'));
    let two = |at: usize| digit(at) * 10 + digit(at + 1);
    if 9 < digit(17) || 9 < digit(18) {
        return None;
    }
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (hour, minute, second) = (two(11), two(14), two(17));
    let is_time = hour < 24 && minute < 60 && second < 60;
    let is_date = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    (is_time && is_date)
        .then(|| ((((year * 12 + month) * 32 + day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn days_of(year: u64, month: u64) -> u64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[inline]
fn lanes<const LENGTH: usize>(bytes: &[u8; LENGTH], at: usize) -> u8x16 {
    let lanes: [u8; 16] = bytes[at..at + 16].try_into().expect("sixteen bytes were cut out");
    u8x16::from(lanes)
}

#[inline]
fn four(bytes: &[u8; GUID], at: usize) -> [u8; 4] {
    bytes[at..at + 4].try_into().expect("four bytes were cut out")
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

/// The number of eight hexadecimal digits, the first of which is in the lowest byte.
#[inline]
fn number_of_hexadecimal(digits: u64) -> u32 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // A letter has bit 6, and nine is what its low half is short of.
    let nibbles = (digits & (0x0F * ONES)) + (digits >> 6 & ONES) * 9;
    let pairs = (nibbles << 4 | nibbles >> 8) & 0x00FF_00FF_00FF_00FF;
    let quads = (pairs << 8 | pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    let number = (quads << 16 | quads >> 32) & 0xFFFF_FFFF;
    u32::try_from(number).expect("the upper half was cleared")
}

#[cfg(test)]
mod tests {
    use contrail_model::Timestamp;

    use super::*;

    #[test]
    fn a_guid_is_the_number_that_its_digits_are() {
        let text = "9eebaf4b-52A6-487b-bf2c-b8F8e88bf906";
        let digits = text.replace('-', "");
        let want = u128::from_str_radix(&digits, 16).unwrap();
        assert_eq!(guid(text.as_bytes()), Some(want));
        assert_eq!(guid(format!("{text}\"").as_bytes()), Some(want));
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
    fn what_is_an_instant_is_one_to_the_typed_reader_too() {
        let text = b"2016-02-28T19:58:37Z";
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut other = *text;
                other[at] = byte;
                let slow = std::str::from_utf8(&other).ok().and_then(Timestamp::parse);
                assert_eq!(instant(&other).is_some(), slow.is_some(), "{}", other.escape_ascii());
            }
        }
    }

    #[test]
    fn every_day_is_known_and_later_is_greater() {
        let mut last = 0;
        for year in [1999, 2000, 2100, 2023, 2024] {
            for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
                let text = format!("{year:04}-{month:02}-{day:02}T23:59:59Z");
                let slow = Timestamp::parse(&text);
                let fast = instant(text.as_bytes());
                assert_eq!(fast.is_some(), slow.is_some(), "{text}");
                if let Some(number) = fast.filter(|_| year != 2023) {
                    assert!(last < number, "{text}");
                    last = number;
                }
            }
            last = 0;
        }
        let numbers = ["2024-01-31T23:59:59Z", "2024-02-01T00:00:00Z", "2024-02-01T00:00:01Z"]
            .map(|text| instant(text.as_bytes()).unwrap());
        assert!(numbers.is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn leap_seconds_and_fractions_are_left_to_others() {
        for text in ["2016-12-31T23:59:60Z", "2016-12-31T23:59:59.5Z", "2016-12-31T24:00:00Z"] {
            assert_eq!(instant(text.as_bytes()), None);
        }
    }
}
