//! What a synthetic recording is to be.

use std::{fmt, num::NonZeroU32};

use super::{defect::Defects, kind::Mix};
use crate::time::{Nanos, RecordingTime, SECOND};

/// Why a recording cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(pub(super) String);

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

/// A version of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// Version 2: events have no `Version`.
    V2,
    /// Version 3.
    #[default]
    V3,
}

impl Version {
    /// The other one.
    pub(super) fn other(self) -> Self {
        match self {
            Self::V2 => Self::V3,
            Self::V3 => Self::V2,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V2 => "2",
            Self::V3 => "3",
        })
    }
}

/// How events are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// A batch a line.
    #[default]
    Batches,
    /// An event a line.
    Lines,
    /// One array of events.
    Array,
    /// Batches one behind the other, without anything between them.
    Documents,
    /// Batches one behind the other, each over many lines, as people print them.
    Pretty,
}

impl Framing {
    /// Whether events come in batches.
    pub fn has_batches(self) -> bool {
        !matches!(self, Self::Lines | Self::Array)
    }

    /// Whether each document fills a line.
    pub(super) fn is_lines(self) -> bool {
        matches!(self, Self::Lines | Self::Batches)
    }
}

/// What a synthetic recording is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many events it has.
    pub events: u64,
    /// How many devices send them: at most [`Settings::MOST_DEVICES`].
    pub devices: u32,
    /// How long it lasts: at most [`Settings::LONGEST`].
    pub duration: Nanos,
    /// When it begins; whole seconds count.
    pub start: RecordingTime,
    /// The version of the API that it is of.
    pub version: Version,
    /// How often each type of event is made.
    pub mix: Mix,
    /// How the events are put together.
    pub framing: Framing,
    /// How many events a batch has.
    pub batch: NonZeroU32,
    /// What all that looks random depends on.
    pub seed: u64,
    /// What is wrong in it.
    pub defects: Defects,
}

impl Settings {
    /// The most devices: each takes about a hundred bytes of memory.
    pub const MOST_DEVICES: u32 = 1_000_000;

    /// The longest time: 50 years.
    pub const LONGEST: Nanos = 50 * 365 * 86_400 * SECOND;

    /// The most events of a batch, as the API has it.
    pub const MOST_IN_BATCH: u32 = 512;

    /// How many events a device makes in a day where nothing else is said.
    pub const USUAL_A_DAY: u64 = 1_000;

    /// How long so many devices take for so many events, usually: at most 30 days.
    pub fn usual_duration(events: u64, devices: u32) -> Nanos {
        let a_day = u128::from(Self::USUAL_A_DAY) * u128::from(devices.max(1));
        let seconds = (u128::from(events) * 86_400).div_ceil(a_day).clamp(60, 30 * 86_400);
        seconds.cast_signed() * SECOND
    }

    /// How many events so many devices make in so long, usually.
    pub fn usual_events(devices: u32, duration: Nanos) -> u64 {
        let seconds = duration.div_euclid(SECOND).clamp(0, Self::LONGEST / SECOND);
        let events = seconds * i128::from(Self::USUAL_A_DAY) * i128::from(devices) / 86_400;
        u64::try_from(events).unwrap_or_default().max(1)
    }

    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let refuse = |text: String| Err(SettingsError(text));
        if self.devices == 0 || Self::MOST_DEVICES < self.devices {
            return refuse(format!("want 1 to {} devices", Self::MOST_DEVICES));
        }
        if self.duration < SECOND || Self::LONGEST < self.duration {
            return refuse("want a duration from 1 s to 50 years".to_owned());
        }
        if Self::MOST_IN_BATCH < self.batch.get() {
            let most = Self::MOST_IN_BATCH;
            return refuse(format!("a batch holds at most {most} events"));
        }
        // Years have four digits.
        let first = Self::YEAR_1900..Self::YEAR_9900;
        if !first.contains(&self.start.0.div_euclid(SECOND)) {
            return refuse("want a start from 1900 to 9900".to_owned());
        }
        self.mix.check(self.version)?;
        self.defects.check(self.version, self.framing)
    }

    const YEAR_1900: Nanos = -2_208_988_800;
    const YEAR_9900: Nanos = 250_245_417_600;
}

impl Default for Settings {
    /// 10,000 events of 10 devices in a day of version 3.
    fn default() -> Self {
        Self {
            events: 10_000,
            devices: 10,
            duration: 86_400 * SECOND,
            // 2018-05-19T06:00:00Z, the day of the documented examples.
            start: RecordingTime(1_526_709_600 * SECOND),
            version: Version::V3,
            mix: Mix::default(),
            framing: Framing::Batches,
            batch: NonZeroU32::new(100).expect("100 is not 0"),
            seed: 0,
            defects: Defects::default(),
        }
    }
}
