//! A place on the schedule, exact also between two nanoseconds.

use crate::{
    speed::Ratio,
    time::{Nanos, ScheduleTime},
};

/// A nanosecond has at most so many parts, so that products with speeds fit in 128 bits.
const MOST_PARTS: i128 = 1_000_000;

/// The parts of a nanosecond where no exact number of them is small enough: the least number that
/// can be divided by 1 to 16.
const PARTS: i128 = 720_720;

/// A place on the schedule: a fraction of nanoseconds since its start.
///
/// Speed is a fraction, so a replay that changes its speed stands between two nanoseconds. If that
/// were rounded, a thousand changes would add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    parts: i128,
    per_nano: i128,
}

impl Place {
    pub(crate) fn at(time: ScheduleTime) -> Self {
        Self { parts: time.0, per_nano: 1 }
    }

    /// The last whole nanosecond.
    pub(crate) fn time(self) -> ScheduleTime {
        ScheduleTime(self.parts.div_euclid(self.per_nano))
    }

    /// Where it is after a span of wall time.
    pub(crate) fn after(self, wall: Nanos, speed: Ratio) -> Self {
        let (above, below) = speed.parts();
        let parts = self.parts * below + wall * above * self.per_nano;
        let per_nano = self.per_nano * below;
        let divisor = gcd(parts, per_nano);
        let (parts, per_nano) = (parts / divisor, per_nano / divisor);
        if per_nano <= MOST_PARTS {
            return Self { parts, per_nano };
        }
        let (whole, rest) = (parts.div_euclid(per_nano), parts.rem_euclid(per_nano));
        Self { parts: whole * PARTS + rest * PARTS / per_nano, per_nano: PARTS }
    }

    /// The wall time until a later place, rounded up so that nothing is early.
    pub(crate) fn wall_until(self, due: ScheduleTime, speed: Ratio) -> Nanos {
        let (above, below) = speed.parts();
        let parts = due.0 * self.per_nano - self.parts;
        -(-parts * below).div_euclid(above * self.per_nano)
    }
}

fn gcd(one: i128, other: i128) -> i128 {
    let (mut one, mut other) = (one.abs(), other.abs());
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speed(text: &str) -> Ratio {
        text.parse().unwrap()
    }

    #[test]
    fn thirds_of_nanoseconds_are_kept() {
        let place = Place::at(ScheduleTime(0)).after(1, speed("1/3")).after(1, speed("1/3"));
        assert_eq!(
            (place.time(), place.wall_until(ScheduleTime(1), speed("1/3"))),
            (ScheduleTime(0), 1)
        );
        assert_eq!(place.after(1, speed("1/3")), Place::at(ScheduleTime(1)));
    }

    #[test]
    fn what_is_too_fine_is_rounded_down() {
        let place = Place::at(ScheduleTime(5)).after(1, speed("1/999999937"));
        assert_eq!(place, Place { parts: 5 * PARTS, per_nano: PARTS });
    }

    #[test]
    fn the_greatest_numbers_fit() {
        // 10,000 years at the finest place and at the least and the greatest speed.
        let year = 31_557_600_000_000_000;
        let place = Place::at(ScheduleTime(10_000 * year)).after(1, speed("1/999983"));
        for text in ["1/1000000000", "1000000000", "999999937/999999929"] {
            let wall = place.wall_until(ScheduleTime(20_000 * year), speed(text));
            assert!(0 < wall, "{text}");
            assert!(place.time() <= place.after(year, speed(text)).time(), "{text}");
        }
    }
}
