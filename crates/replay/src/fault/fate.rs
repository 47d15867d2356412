//! What the faults do to one event. Each choice is a hash of (seed, fault, round, event).

use std::{f64::consts::TAU, mem::discriminant};

use super::{Delay, Fault, FaultCount, FaultKind, Faults};
use crate::{
    chance::Chance,
    fault_text::LONGEST,
    schedule::Scheduled,
    time::{Nanos, RecordingTime},
};

/// A fault with its choices and its count.
#[derive(Debug)]
pub(super) struct Planted {
    fault: Fault,
    chance: Chance,
    /// How many events it touched.
    pub(super) events: u64,
}

/// What happens to an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fate {
    /// By how much the clock of its device is ahead.
    pub(super) skew: Nanos,
    /// How much later it leaves.
    pub(super) delay: Nanos,
    /// How many places further back it leaves.
    pub(super) places: u64,
    /// When its device is online again.
    pub(super) absent_until: Option<RecordingTime>,
    /// How much later each of its copies leaves.
    pub(super) copies: Vec<Nanos>,
}

/// An event does not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// This time.
    Here,
    /// Nor in any other round.
    InEveryRound,
}

impl Planted {
    /// The faults, each with choices of its own.
    pub(super) fn all(faults: &Faults) -> Vec<Self> {
        let chance = Chance::new(faults.seed).named(b"fault");
        let planted = faults.list.iter().enumerate().map(|(index, fault)| {
            let same = |other: &&Fault| discriminant(&other.kind) == discriminant(&fault.kind);
            // Counted among its kind, so that a further fault of another kind changes nothing.
            let before = faults.list[..index].iter().filter(same).count() as u64;
            let number = kind_number(fault.kind) << 32 | before;
            Self { fault: fault.clone(), chance: chance.of(number), events: 0 }
        });
        planted.collect()
    }

    pub(super) fn count(&self) -> FaultCount {
        FaultCount { fault: self.fault.to_string(), events: self.events }
    }

    fn is_drop(&self) -> bool {
        self.fault.kind == FaultKind::Drop
    }

    /// The further choices for an event, if it is hit.
    fn hits(&self, scheduled: &Scheduled, first: RecordingTime) -> Option<Chance> {
        let chance = self.chance.of(scheduled.round).of(scheduled.index);
        let is_hit = chance.fraction() < self.fault.probability
            && self.fault.scope.takes(&scheduled.event, first);
        is_hit.then_some(chance)
    }

    /// Adds what this fault does to an event; whether it does anything.
    fn shape(&self, scheduled: &Scheduled, first: RecordingTime, fate: &mut Fate) -> bool {
        let Some(chance) = self.hits(scheduled, first) else { return false };
        match self.fault.kind {
            FaultKind::Drop => return false,
            FaultKind::Duplicate { after } => fate.copies.push(after),
            FaultKind::Delay(delay) => fate.delay += delay.of(chance),
            FaultKind::Reorder { window } => {
                fate.places += 1 + up_to(u128::from(window.get() - 1), chance.of(1));
            }
            FaultKind::Skew { by } => fate.skew += by,
            FaultKind::Offline { at, lasts } => {
                let from = at.resolve(first);
                let until = from + lasts;
                if !(from..until).contains(&scheduled.event.time) {
                    return false;
                }
                fate.absent_until = fate.absent_until.max(Some(until));
            }
        }
        true
    }
}

/// A number for each kind, for ever: choices depend on it.
fn kind_number(kind: FaultKind) -> u64 {
    match kind {
        FaultKind::Drop => 0,
        FaultKind::Duplicate { .. } => 1,
        FaultKind::Delay(_) => 2,
        FaultKind::Reorder { .. } => 3,
        FaultKind::Skew { .. } => 4,
        FaultKind::Offline { .. } => 5,
    }
}

impl Fate {
    /// What happens to an event of a recording that begins at `first`. A lost one is touched by
    /// nothing else.
    pub(super) fn of(
        scheduled: &Scheduled,
        first: RecordingTime,
        planted: &mut [Planted],
    ) -> Result<Self, Lost> {
        let mut lost = None;
        for it in planted.iter_mut().filter(|it| it.is_drop()) {
            if it.hits(scheduled, first).is_some() {
                it.events += 1;
                let is_sure = 1.0 <= it.fault.probability || lost == Some(Lost::InEveryRound);
                lost = Some(if is_sure { Lost::InEveryRound } else { Lost::Here });
            }
        }
        if let Some(lost) = lost {
            return Err(lost);
        }
        let mut fate = Self::default();
        for it in planted {
            it.events += u64::from(it.shape(scheduled, first, &mut fate));
        }
        Ok(fate)
    }
}

impl Delay {
    /// How long the delay is by this choice.
    pub fn of(self, chance: Chance) -> Nanos {
        match self {
            Self::Fixed(span) => span,
            Self::Uniform { least, most } => {
                let width = (most - least).unsigned_abs();
                least + Nanos::from(up_to(width, chance.of(1)))
            }
            Self::LogNormal { median, sigma } => log_normal(median, sigma, chance),
        }
    }
}

/// A number from 0 to `most`, all as often. Neither this nor `most` is over 64 bits.
fn up_to(most: u128, chance: Chance) -> u64 {
    u64::try_from((u128::from(chance.number()) * (most + 1)) >> 64).expect("it is at most `most`")
}

/// By the method of Box and Muller.
#[expect(clippy::cast_precision_loss, reason = "a nanosecond in 104 days does not matter")]
#[expect(clippy::cast_possible_truncation, reason = "fractions of a nanosecond do not matter")]
fn log_normal(median: Nanos, sigma: f64, chance: Chance) -> Nanos {
    // The logarithm of 0 would be none.
    let radius = (-2.0 * (1.0 - chance.of(1).fraction()).ln()).sqrt();
    let normal = radius * (TAU * chance.of(2).fraction()).cos();
    let length = median as f64 * (sigma * normal).exp();
    // A cast takes what is too large to be the largest number.
    (length as Nanos).clamp(0, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(delay: Delay) -> Vec<Nanos> {
        let chances = (0..10_001).map(|number| Chance::new(3).of(number));
        let mut lengths: Vec<_> = chances.map(|chance| delay.of(chance)).collect();
        lengths.sort_unstable();
        lengths
    }

    #[test]
    fn uniform_delays_are_spread_evenly_with_both_bounds() {
        let lengths = sorted(Delay::Uniform { least: 10, most: 19 });
        for length in 10..20 {
            let count = lengths.iter().filter(|it| **it == length).count();
            assert!((900..1100).contains(&count), "{length}: {count}");
        }
        assert!(lengths.iter().all(|length| (10..=19).contains(length)));
        let lengths = sorted(Delay::Uniform { least: 7, most: 7 });
        assert_eq!((lengths[0], lengths[10_000]), (7, 7));
        assert!(sorted(Delay::Uniform { least: 0, most: LONGEST })[10_000] <= LONGEST);
    }

    #[test]
    fn log_normal_delays_have_their_median_and_deviation() {
        let lengths = sorted(Delay::LogNormal { median: 1_000_000, sigma: 0.5 });
        // The quantiles of a normal distribution at 15.9 %, 50 % and 84.1 %: -1, 0, 1.
        for (place, expected) in [(1587, 606_531), (5000, 1_000_000), (8413, 1_648_721)] {
            let got = lengths[place];
            assert!((got - expected).abs() * 100 < expected * 4, "{got} for {expected}");
        }
        assert_eq!(sorted(Delay::LogNormal { median: 5, sigma: 0.0 })[10_000], 5);
        let lengths = sorted(Delay::LogNormal { median: LONGEST, sigma: 1e9 });
        assert_eq!((lengths[0], lengths[10_000]), (0, LONGEST));
    }
}
