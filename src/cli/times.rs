//! What the options of a replay take: times, spans, policies, conditions.

use std::{fmt, num::NonZeroU64, str::FromStr};

use clap::ValueEnum;
use contrail_replay::{Bound, Nanos, OnLag, OrderBy, Ratio, Restamp, Rounds, parse_span};

/// A span of time with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Nanos);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_span(text).map(Self)
    }
}

/// A place in the recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoundText(pub(crate) Bound);

impl FromStr for BoundText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self)
    }
}

/// How often a recording is replayed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoopCount(pub(crate) Rounds);

impl FromStr for LoopCount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "endless" => Ok(Self(Rounds::Endless)),
            _ => text
                .parse::<NonZeroU64>()
                .map(|times| Self(Rounds::Times(times)))
                .map_err(|_| "want a number from 1".to_owned()),
        }
    }
}

/// Reads `100/s` or `100`: events a second.
pub(crate) fn parse_rate(text: &str) -> Result<Ratio, String> {
    text.strip_suffix("/s")
        .unwrap_or(text)
        .parse()
        .map_err(|_| "want a number of events a second such as 100/s".to_owned())
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum OrderChoice {
    /// `ReceivedTime` where there is one, else `EventTime`
    #[default]
    Received,
    /// `EventTime`
    Occurred,
}

impl From<OrderChoice> for OrderBy {
    fn from(choice: OrderChoice) -> Self {
        match choice {
            OrderChoice::Received => Self::Received,
            OrderChoice::Occurred => Self::Occurred,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum RestampChoice {
    /// Nothing
    #[default]
    Keep,
    /// Move all by the same span: the first event happens when the replay starts
    Shift,
    /// The time when the event is due; other times keep their distance to it, by the speed
    Scale,
    /// The time when the event leaves; other times keep their distance to it
    Now,
}

impl From<RestampChoice> for Restamp {
    fn from(choice: RestampChoice) -> Self {
        match choice {
            RestampChoice::Keep => Self::Keep,
            RestampChoice::Shift => Self::Shift,
            RestampChoice::Scale => Self::Scale,
            RestampChoice::Now => Self::Now,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum OnLagChoice {
    /// All that is due leaves at once
    #[default]
    CatchUp,
    /// The rest is moved: distances are kept, and the end is later
    Slip,
    /// Late events do not leave
    Drop,
    /// The replay ends, with exit code 5
    Fail,
}

impl From<OnLagChoice> for OnLag {
    fn from(choice: OnLagChoice) -> Self {
        match choice {
            OnLagChoice::CatchUp => Self::CatchUp,
            OnLagChoice::Slip => Self::Slip,
            OnLagChoice::Drop => Self::Drop,
            OnLagChoice::Fail => Self::Fail,
        }
    }
}

/// What is measured of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    P50Lag,
    P90Lag,
    P99Lag,
    P999Lag,
    MaxLag,
    Late,
    Dropped,
}

const METRICS: [(&str, Metric); 7] = [
    ("p50_lag", Metric::P50Lag),
    ("p90_lag", Metric::P90Lag),
    ("p99_lag", Metric::P99Lag),
    ("p99.9_lag", Metric::P999Lag),
    ("max_lag", Metric::MaxLag),
    ("late", Metric::Late),
    ("dropped", Metric::Dropped),
];

/// A measure and the most that it may be.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) metric: Metric,
    /// Nanoseconds, or a number of events.
    pub(crate) most: u64,
    /// Whether the bound itself is too much.
    pub(crate) or_equal: bool,
    text: String,
}

impl Condition {
    /// Whether it holds for a value.
    pub(crate) fn holds(&self, value: u64) -> bool {
        self.most < value || self.or_equal && self.most == value
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, bound) = text.split_once('>').ok_or("want METRIC>BOUND, such as p99_lag>5ms")?;
        let (or_equal, bound) = match bound.strip_prefix('=') {
            Some(bound) => (true, bound),
            None => (false, bound),
        };
        let known = || METRICS.map(|(name, _)| name).join(", ");
        let (_, metric) = METRICS
            .into_iter()
            .find(|(known, _)| *known == name.trim())
            .ok_or_else(|| format!("`{}` is not measured: want one of {}", name.trim(), known()))?;
        let most = match metric {
            Metric::Late | Metric::Dropped => {
                bound.trim().parse().map_err(|_| "want a number of events".to_owned())?
            }
            _ => {
                let Span(span) = bound.trim().parse()?;
                u64::try_from(span).map_err(|_| "too long".to_owned())?
            }
        };
        Ok(Self { metric, most, or_equal, text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_held() {
        let condition: Condition = "p99_lag>5ms".parse().unwrap();
        assert_eq!((condition.metric, condition.most), (Metric::P99Lag, 5_000_000));
        assert_eq!([4, 5, 6].map(|ms| condition.holds(ms * 1_000_000)), [false, false, true]);
        let condition: Condition = "late >= 3".parse().unwrap();
        assert_eq!([2, 3].map(|late| condition.holds(late)), [false, true]);
        for (text, error) in [
            ("p99_lag", "want METRIC>BOUND, such as p99_lag>5ms"),
            ("late>x", "want a number of events"),
        ] {
            assert_eq!(text.parse::<Condition>().unwrap_err(), error);
        }
        let error = "p98_lag>1s".parse::<Condition>().unwrap_err();
        assert!(error.starts_with("`p98_lag` is not measured: want one of p50_lag,"), "{error}");
    }
}
