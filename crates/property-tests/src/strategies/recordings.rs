//! Recordings that were never recorded.

use std::num::NonZeroU32;

use contrail_replay::{
    Nanos, RecordingTime,
    synthetic::{Defects, Framing, Mix, Planted, Recording, Settings, Version, plantable},
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::Value;

/// A synthetic recording.
#[derive(Clone, Debug)]
pub struct Synthetic {
    /// What it was asked to be.
    pub settings: Settings,
    /// Its text.
    pub bytes: Vec<u8>,
    /// What is wrong in it.
    pub planted: Vec<Planted>,
}

impl Synthetic {
    /// The recording that has these settings.
    fn new(settings: Settings) -> Self {
        let mut recording =
            Recording::new(settings.clone()).expect("the strategy makes only such settings");
        let (mut bytes, mut planted) = (Vec::new(), Vec::new());
        while recording.write(&mut bytes) {
            planted.extend(recording.take_planted());
        }
        Self { settings, bytes, planted }
    }
}

const FRAMINGS: &[Framing] =
    &[Framing::Batches, Framing::Lines, Framing::Array, Framing::Documents, Framing::Pretty];

/// Synthetic recordings of every shape, with and without defects.
pub fn synthetic() -> impl Strategy<Value = Synthetic> {
    synthetic_with(|_| true)
}

/// Synthetic recordings with defects of some rules, if any.
pub fn synthetic_with(is_wanted: fn(&str) -> bool) -> impl Strategy<Value = Synthetic> {
    let shape = (select(&[Version::V2, Version::V3][..]), select(FRAMINGS), mix());
    // From 1900 to 9900, and the longest one is 50 years.
    let times = (-2_208_988_800..250_245_417_600_i128, 1..10_000_000_i128);
    // Most are short: more of them find more.
    let events = prop_oneof![3 => 0..40_u64, 1 => 40..300_u64];
    let size = (events, 1..40_u32, 1..60_u32);
    // Of one rule as many as there can be, or a few of many.
    let rates = prop_oneof![
        1 => vec((any::<Index>(), 0.0..=1.0), 1),
        6 => vec((any::<Index>(), 0.0..0.12), 0..8),
    ];
    (shape, times, size, any::<u64>(), rates).prop_map(
        move |(
            (version, framing, mix),
            (start, seconds),
            (events, devices, batch),
            seed,
            rates,
        )| {
            let rules: Vec<_> =
                plantable(version, framing).filter(|rule| is_wanted(rule)).collect();
            let defects = rates.into_iter().fold(Defects::default(), |defects, (rule, rate)| {
                match rules.len() {
                    0 => defects,
                    count => {
                        defects.with(rules[rule.index(count)], rate).expect("it can be broken")
                    }
                }
            });
            Synthetic::new(Settings {
                events,
                devices,
                duration: seconds * SECOND,
                start: RecordingTime(start * SECOND),
                version,
                mix: mix_of(version, &mix),
                framing,
                batch: NonZeroU32::new(batch).expect("the range begins with 1"),
                seed,
                defects,
            })
        },
    )
}

const SECOND: Nanos = 1_000_000_000;

/// Types and their weights; most recordings have the usual ones.
fn mix() -> impl Strategy<Value = Vec<(Index, u32)>> {
    prop_oneof![3 => Just(Vec::new()), 1 => vec((any::<Index>(), 0..400_u32), 1..6)]
}

fn mix_of(version: Version, weights: &[(Index, u32)]) -> Mix {
    let types = types_of(version);
    weights.iter().fold(Mix::default(), |mix, (index, weight)| {
        mix.with(types[index.index(types.len())], *weight).expect("the type has a weight")
    })
}

/// The types that have a weight in a version.
fn types_of(version: Version) -> Vec<&'static str> {
    const BOTH: &[&str] = &[
        "AggregateEvent",
        "CommandQueuedEvent",
        "HeartbeatEvent",
        "LogEntryEvent",
        "ObjectEvent",
        "SensorReadingEvent",
        "StatusEvent",
    ];
    const V2: &[&str] = &["LogicalDeviceAddedEvent", "LogicalDeviceRemovedEvent"];
    const V3: &[&str] = &[
        "AliasAddedEvent",
        "AliasModifiedEvent",
        "AliasRemovedEvent",
        "BusinessProcessEvent",
        "DeviceAddedEvent",
        "DeviceCredentialsAddedEvent",
        "DeviceCredentialsModifiedEvent",
        "DeviceCredentialsRemovedEvent",
        "DeviceModifiedEvent",
        "DeviceRemovedEvent",
    ];
    [BOTH, if version == Version::V2 { V2 } else { V3 }].concat()
}

/// The documents of a short recording without defects: a few events or batches.
pub(super) fn few_documents() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let form =
        (select(&[Version::V2, Version::V3][..]), select(&[Framing::Batches, Framing::Lines][..]));
    (form, 1..10_u64, 1..6_u32, mix(), any::<u64>()).prop_map(
        |((version, framing), events, batch, mix, seed)| {
            let mix = mix_of(version, &mix);
            let batch = NonZeroU32::new(batch).expect("the range begins with 1");
            let text = Synthetic::new(Settings {
                events,
                version,
                mix,
                framing,
                batch,
                seed,
                ..Settings::default()
            })
            .bytes;
            text.trim_ascii_end().split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
        },
    )
}

/// Recordings of more than a mebibyte, in every framing.
pub fn large() -> impl Strategy<Value = Vec<u8>> {
    let form = (select(&[Version::V2, Version::V3][..]), select(FRAMINGS));
    (form, select(&[1, 7, 100, 500][..]), any::<u64>()).prop_map(
        |((version, framing), batch, seed)| {
            let batch = NonZeroU32::new(batch).expect("none of them is 0");
            let settings =
                Settings { events: 5_000, version, framing, batch, seed, ..Settings::default() };
            Synthetic::new(settings).bytes
        },
    )
}

/// A valid event of any type of either version.
pub fn any_event() -> impl Strategy<Value = Value> {
    let kind = (select(&[Version::V2, Version::V3][..]), any::<Index>(), 1_000..10_000_u32);
    (kind, 1..8_u64, any::<u64>()).prop_map(|((version, index, weight), events, seed)| {
        let mix = mix_of(version, &[(index, weight)]);
        let framing = Framing::Lines;
        let settings = Settings { events, version, mix, framing, seed, ..Settings::default() };
        let text = Synthetic::new(settings).bytes;
        let last = text.trim_ascii_end().rsplit(|byte| *byte == b'\n').next();
        serde_json::from_slice(last.unwrap_or_default()).expect("each line is an event")
    })
}
