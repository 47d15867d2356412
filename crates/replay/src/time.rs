//! Times of a replay, in whole nanoseconds, so that nothing drifts.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

use chrono::{DateTime, Utc};
use contrail_model::Timestamp;

/// Nanoseconds in a second.
pub(crate) const SECOND: i128 = 1_000_000_000;

/// A span of time, in nanoseconds.
pub type Nanos = i128;

/// Reads a span of time such as `250ms`, `5s` or `1h30m`.
///
/// # Errors
///
/// If the text is in another form.
pub fn parse_span(text: &str) -> Result<Nanos, String> {
    let span = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; want a span such as 250ms, 5s or 1h30m"))?;
    Nanos::try_from(span.as_nanos()).map_err(|_| "too long".to_owned())
}

/// A span as a duration: none for one that is over, the longest for one that is too long.
pub fn duration(span: Nanos) -> Duration {
    u64::try_from(span.max(0)).map_or(Duration::MAX, Duration::from_nanos)
}

/// Reads a span that may have a sign, by what reads one without.
pub(crate) fn signed_span(
    text: &str,
    span: impl Fn(&str) -> Result<Nanos, String>,
) -> Result<Nanos, String> {
    match text.strip_prefix('-') {
        Some(text) => span(text).map(|span| -span),
        None => span(text.strip_prefix('+').unwrap_or(text)),
    }
}

macro_rules! times {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Nanos);

        impl Add<Nanos> for $name {
            type Output = Self;

            fn add(self, span: Nanos) -> Self {
                Self(self.0 + span)
            }
        }

        impl Sub for $name {
            type Output = Nanos;

            fn sub(self, earlier: Self) -> Nanos {
                self.0 - earlier.0
            }
        }
    )*};
}

times! {
    /// A time in the recording: nanoseconds since 1970, in UTC.
    RecordingTime,
    /// A time on the schedule: nanoseconds since its start, as they pass at speed 1.
    ScheduleTime,
    /// A time on the clock: nanoseconds since it was started.
    WallTime,
}

impl From<Timestamp> for RecordingTime {
    fn from(timestamp: Timestamp) -> Self {
        let (seconds, nanoseconds) = timestamp.since_1970();
        Self(Nanos::from(seconds) * SECOND + Nanos::from(nanoseconds))
    }
}

impl From<DateTime<Utc>> for RecordingTime {
    fn from(instant: DateTime<Utc>) -> Self {
        let nanos = i128::from(instant.timestamp_subsec_nanos());
        Self(i128::from(instant.timestamp()) * SECOND + nanos)
    }
}

impl RecordingTime {
    /// The instant; nothing beyond the year 262000.
    pub fn instant(self) -> Option<DateTime<Utc>> {
        let seconds = i64::try_from(self.0.div_euclid(SECOND)).ok()?;
        let nanos = u32::try_from(self.0.rem_euclid(SECOND)).ok()?;
        DateTime::from_timestamp(seconds, nanos)
    }
}

impl fmt::Display for RecordingTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.instant() {
            Some(instant) if self.0 % SECOND == 0 => {
                instant.format("%Y-%m-%dT%H:%M:%SZ").fmt(formatter)
            }
            Some(instant) => instant.format("%Y-%m-%dT%H:%M:%S%.3fZ").fmt(formatter),
            None => write!(formatter, "{} ns", self.0),
        }
    }
}
