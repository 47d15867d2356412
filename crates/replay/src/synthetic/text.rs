//! Numbers, ids, tags and times as text, written quickly.

use crate::chance::Chance;

/// A number below `count`, for a place among so many.
pub(super) fn below(bits: u64, count: usize) -> usize {
    usize::try_from(bits % count as u64).expect("it is below a number of that type")
}

/// The two digits of each byte.
const fn hex_table(digits: &[u8; 16]) -> [[u8; 2]; 256] {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    table
}

static LOWER: [[u8; 2]; 256] = hex_table(b"0123456789abcdef");
static UPPER: [[u8; 2]; 256] = hex_table(b"0123456789ABCDEF");

const fn decimal_table() -> [[u8; 2]; 100] {
    let mut table = [[0; 2]; 100];
    let mut number: u8 = 0;
    while number < 100 {
        table[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    table
}

static TWO_DIGITS: [[u8; 2]; 100] = decimal_table();

/// Two digits of a number below 100.
fn two(number: u64) -> [u8; 2] {
    TWO_DIGITS[(number % 100) as usize]
}

/// Writes a whole number.
pub(super) fn number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes a GUID of version 4.
pub(super) fn guid(out: &mut Vec<u8>, chance: Chance) {
    let high = chance.number() & !0xF000 | 0x4000;
    let low = chance.of(1).number() & !(0b11 << 62) | (0b10 << 62);
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (index, byte) in high.to_be_bytes().into_iter().chain(low.to_be_bytes()).enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at..at + 2].copy_from_slice(&LOWER[byte as usize]);
        at += 2;
    }
    out.extend_from_slice(&text);
}

/// Writes the last ten digits of a tag: a number of 40 bits that is another for each tag.
pub(super) fn tag(out: &mut Vec<u8>, tag: u64) {
    // An odd factor maps the numbers of 40 bits onto themselves.
    let number = tag.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut text = [0; 10];
    for (place, byte) in number.to_be_bytes()[3..].iter().enumerate() {
        text[2 * place..2 * place + 2].copy_from_slice(&UPPER[*byte as usize]);
    }
    out.extend_from_slice(&text);
}

/// A calendar day of the Gregorian calendar, as year, month and day.
fn date(days: i64) -> (i64, u64, u64) {
    // Howard Hinnant's civil_from_days: years begin in March, eras have 400 years.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month.unsigned_abs(), day.unsigned_abs())
}

const DAY: i64 = 86_400;

/// Writes times; remembers the day, which is seldom another.
#[derive(Debug)]
pub(super) struct Times {
    day: i64,
    /// The day as `yyyy-MM-ddT`.
    text: [u8; 11],
}

impl Times {
    pub(super) fn new() -> Self {
        Self { day: 0, text: *b"1970-01-01T" }
    }

    /// Writes seconds since 1970 as `yyyy-MM-ddTHH:mm:ssZ`.
    pub(super) fn write(&mut self, out: &mut Vec<u8>, seconds: i64) {
        let day = seconds.div_euclid(DAY);
        if day != self.day {
            self.turn_to(day);
        }
        let of_day = seconds.rem_euclid(DAY).unsigned_abs();
        let mut text = *b"yyyy-MM-ddTHH:mm:ssZ";
        text[..11].copy_from_slice(&self.text);
        text[11..13].copy_from_slice(&two(of_day / 3_600));
        text[14..16].copy_from_slice(&two(of_day / 60 % 60));
        text[17..19].copy_from_slice(&two(of_day % 60));
        out.extend_from_slice(&text);
    }

    fn turn_to(&mut self, day: i64) {
        let (year, month, of_month) = date(day);
        let year = year.unsigned_abs();
        self.day = day;
        self.text[..2].copy_from_slice(&two(year / 100));
        self.text[2..4].copy_from_slice(&two(year));
        self.text[5..7].copy_from_slice(&two(month));
        self.text[8..10].copy_from_slice(&two(of_month));
    }
}

/// Writes seconds since 1970 as a machine in the US does: `3/8/2021 11:54:01 PM`.
pub(super) fn us_time(out: &mut Vec<u8>, seconds: i64) {
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY).unsigned_abs();
    let hour = of_day / 3_600;
    number(out, month);
    out.push(b'/');
    number(out, day);
    out.push(b'/');
    number(out, year.unsigned_abs());
    out.push(b' ');
    number(out, (hour + 11) % 12 + 1);
    out.push(b':');
    out.extend_from_slice(&two(of_day / 60 % 60));
    out.push(b':');
    out.extend_from_slice(&two(of_day % 60));
    out.extend_from_slice(if hour < 12 { b" AM" } else { b" PM" });
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn times_are_those_of_chrono() {
        let mut times = Times::new();
        for seconds in (-2_208_988_800..253_402_300_800).step_by(987_654_321) {
            let mut text = Vec::new();
            times.write(&mut text, seconds);
            let want = DateTime::from_timestamp(seconds, 0).unwrap();
            let want = want.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            assert_eq!(String::from_utf8(text).unwrap(), want);
            let mut text = Vec::new();
            us_time(&mut text, seconds);
            let want = DateTime::from_timestamp(seconds, 0).unwrap();
            let want = want.format("%-m/%-d/%Y %-I:%M:%S %p").to_string();
            assert_eq!(String::from_utf8(text).unwrap(), want);
        }
    }

    #[test]
    fn tags_and_ids_have_their_form() {
        let mut text = Vec::new();
        guid(&mut text, Chance::new(3));
        text.push(b' ');
        tag(&mut text, 7);
        text.push(b' ');
        number(&mut text, u64::MAX);
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.len(), 36 + 1 + 10 + 1 + 20);
        assert_eq!((&text[8..9], &text[14..15], &text[23..24]), ("-", "4", "-"));
        assert!(text.ends_with(" 18446744073709551615"), "{text}");
    }
}
