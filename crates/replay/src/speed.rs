//! How fast a recording is replayed: an exact fraction, so that nothing drifts.

use std::{fmt, str::FromStr};

use crate::time::Nanos;

/// Neither part of a fraction is greater, so that products with times fit in 128 bits.
const MOST: u64 = 1_000_000_000;

/// A part of a fraction is rounded only where it stays at least this, so to three digits or more.
const COARSE: u128 = 1000;

/// A speed as a fraction greater than 0: recording time by wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: u64,
    denominator: u64,
}

/// How fast a recording is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// So many times as fast as it was recorded.
    Times(Ratio),
    /// Without waiting.
    Max,
}

impl Ratio {
    /// As fast as it was recorded.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// The fraction in its lowest terms; nothing if it is 0 or out of bounds (10^9 for each part).
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        if numerator == 0 || denominator == 0 {
            return None;
        }
        let divisor = gcd(numerator.into(), denominator.into());
        let part = |part: u64| u64::try_from(u128::from(part) / divisor).ok();
        let ratio = Self { numerator: part(numerator)?, denominator: part(denominator)? };
        (ratio.numerator <= MOST && ratio.denominator <= MOST).then_some(ratio)
    }

    /// What stands above and below the line.
    pub(crate) fn parts(self) -> (i128, i128) {
        (self.numerator.into(), self.denominator.into())
    }

    /// This times a fraction. Where the parts of the product are out of bounds, it is the nearest
    /// fraction that is not, so that many small steps go on; the same as before where none is near.
    #[must_use]
    pub fn times(self, numerator: u64, denominator: u64) -> Self {
        let above = u128::from(self.numerator) * u128::from(numerator);
        let below = u128::from(self.denominator) * u128::from(denominator);
        Self::near(above, below).unwrap_or(self)
    }

    /// The fraction, or one that differs by less than [`COARSE`] allows.
    fn near(above: u128, below: u128) -> Option<Self> {
        let divisor = gcd(above, below).max(1);
        let (above, below) = (above / divisor, below / divisor);
        let shrink = above.max(below).div_ceil(u128::from(MOST)).max(1);
        if 1 < shrink && above.min(below) / shrink < COARSE {
            return None;
        }
        let part = |part: u128| u64::try_from((part + shrink / 2) / shrink).ok();
        Self::new(part(above)?, part(below)?)
    }

    /// How much recording time passes in a span of wall time, rounded down.
    pub fn recorded_in(self, wall: Nanos) -> Nanos {
        (wall * i128::from(self.numerator)).div_euclid(i128::from(self.denominator))
    }

    /// How much wall time a span of recording time takes, rounded up, so that nothing is early.
    pub fn wall_for(self, recorded: Nanos) -> Nanos {
        -(-recorded * i128::from(self.denominator)).div_euclid(i128::from(self.numerator))
    }

    /// The speed as a number, to be shown.
    #[expect(clippy::cast_precision_loss, reason = "both parts are at most 10^9")]
    pub fn as_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

fn gcd(one: u128, other: u128) -> u128 {
    if other == 0 { one } else { gcd(other, one % other) }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(formatter, "{}x", self.numerator),
            denominator if self.numerator <= 999 && denominator <= 999 => {
                write!(formatter, "{}/{denominator}x", self.numerator)
            }
            _ => write!(formatter, "{:.3}x", self.as_f64()),
        }
    }
}

impl Default for Speed {
    /// As it was recorded.
    fn default() -> Self {
        Self::Times(Ratio::ONE)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(ratio) => ratio.fmt(formatter),
            Self::Max => formatter.write_str("max"),
        }
    }
}

impl FromStr for Ratio {
    type Err = String;

    /// Reads `60`, `1/2`, `1.1` or `0.5x`, without losing a digit.
    fn from_str(text: &str) -> Result<Self, String> {
        let plain = text.strip_suffix('x').unwrap_or(text);
        let parsed = match plain.split_once('/') {
            Some((above, below)) => above.parse().ok().zip(below.parse().ok()),
            None => decimal(plain),
        };
        parsed.and_then(|(above, below)| Self::new(above, below)).ok_or_else(|| {
            format!("`{text}` is no speed: want a number such as 60, 0.5 or 1/2, greater than 0")
        })
    }
}

/// A number with digits behind a point as a fraction.
fn decimal(text: &str) -> Option<(u64, u64)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = u32::try_from(part.len()).ok()?;
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(part) {
        return None;
    }
    Some((format!("{whole}{part}").parse().ok()?, 10_u64.checked_pow(digits)?))
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "max" => Ok(Self::Max),
            _ => text.parse().map(Self::Times).map_err(|error| format!("{error}, or max")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_exact() {
        for (text, expected) in [
            ("1", Ratio::new(1, 1)),
            ("60x", Ratio::new(60, 1)),
            ("1.1", Ratio::new(11, 10)),
            ("0.5x", Ratio::new(1, 2)),
            (".25", Ratio::new(1, 4)),
            ("3/2", Ratio::new(3, 2)),
            ("0", None),
            ("0/1", None),
            ("1/0", None),
            ("-1", None),
            ("", None),
            ("1e3", None),
            ("fast", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(text.parse::<Ratio>().ok(), expected, "{text}");
        }
    }

    #[test]
    fn wall_time_is_rounded_up_and_recording_time_down() {
        let ratio = Ratio::new(3, 2).unwrap();
        assert_eq!((ratio.wall_for(1), ratio.wall_for(3), ratio.wall_for(-1)), (1, 2, 0));
        assert_eq!((ratio.recorded_in(1), ratio.recorded_in(2)), (1, 3));
    }

    #[test]
    fn a_speed_out_of_bounds_stays_as_it_was() {
        let fast = Ratio::new(1_000_000_000, 1).unwrap();
        assert_eq!(fast.times(2, 1), fast);
        assert_eq!(Ratio::ONE.times(11, 10).times(10, 11), Ratio::ONE);
    }

    #[test]
    fn many_small_steps_go_on_and_come_back() {
        let up = (0..40).fold(Ratio::ONE, |ratio, _| ratio.times(11, 10));
        assert!((up.as_f64() / 1.1_f64.powi(40) - 1.0).abs() < 1e-6, "{up}");
        let back = (0..40).fold(up, |ratio, _| ratio.times(10, 11));
        assert!((back.as_f64() - 1.0).abs() < 1e-6, "{back}");
        assert_eq!(
            (0..8).fold(Ratio::ONE, |ratio, _| ratio.times(11, 10)).numerator,
            11_u64.pow(8)
        );
    }
}
