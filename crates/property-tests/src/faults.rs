//! Whatever faults a replay plants: nothing goes back in time, nothing is lost but by a drop, and
//! neither a filter nor an interruption changes what happens to an event.

use std::{fmt::Write as _, num::NonZeroU64};

use contrail_replay::{Fault, Faults, Rounds, ScheduleOptions, Scheduled};
use proptest::prelude::*;

use crate::in_memory::{InMemory, schedule};

/// Events of three devices, some at the same second, some out of order.
fn recordings() -> impl Strategy<Value = InMemory> {
    let events = prop::collection::vec((0..60_u32, 0..3_u32), 1..60);
    events.prop_map(|mut events| {
        events.sort_by_key(|(second, device)| second / (3 + device));
        let mut text = String::new();
        for (number, (second, device)) in events.into_iter().enumerate() {
            let time = format!("2018-01-01T00:00:{second:02}Z");
            writeln!(
                text,
                r#"{{"Type":"HeartbeatEvent","Device":"{device}","EventId":"{number}","EventTime":"{time}"}}"#
            )
            .expect("a string takes all");
        }
        InMemory(text)
    })
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let kind = prop_oneof![
        Just("drop".to_owned()),
        (0..9_u32).prop_map(|span| format!("duplicate,after={span}s")),
        (0..9_u32).prop_map(|span| format!("delay,fixed={span}s")),
        (0..9_u32).prop_map(|span| format!("delay,uniform={span}s..9s")),
        (1..9_u32).prop_map(|span| format!("delay,lognormal={span}s:0.7")),
        (1..9_u32).prop_map(|window| format!("reorder,window={window}")),
    ];
    let with_chance =
        (kind, 0..=100_u32).prop_map(|(kind, p)| format!("{kind},p={}", f64::from(p) / 100.0));
    let offline =
        (0..60_u32, 0..60_u32).prop_map(|(at, lasts)| format!("offline,at=+{at}s,for={lasts}s"));
    let limit = prop_oneof![Just(String::new()), (0..3_u32).prop_map(|it| format!(",device={it}"))];
    let fault = (prop_oneof![4 => with_chance, 1 => offline], limit);
    let fault = fault.prop_map(|(kind, limit)| (kind + &limit).parse().expect("it is a fault"));
    prop::collection::vec(fault, 0..5)
}

fn options(faults: Vec<Fault>, seed: u64, most_held: usize) -> ScheduleOptions {
    ScheduleOptions {
        rounds: Rounds::Times(NonZeroU64::new(2).expect("it is not 0")),
        faults: Faults { list: faults, seed, most_held },
        ..ScheduleOptions::default()
    }
}

/// Which event it is.
fn key(scheduled: &Scheduled) -> (u64, u64, u32) {
    (scheduled.round, scheduled.index, scheduled.effect.copy)
}

proptest! {
    #[test]
    fn nothing_goes_back_in_time_and_nothing_is_lost(
        recording in recordings(),
        faults in faults(),
        seed: u64,
        most_held in prop_oneof![Just(usize::MAX), 0..20_000_usize],
    ) {
        let without_drops: Vec<_> =
            faults.into_iter().filter(|fault| !fault.to_string().starts_with("drop")).collect();
        let mut schedule = schedule(&recording, options(without_drops, seed, most_held));
        let left: Vec<_> = schedule.by_ref().collect();
        prop_assert!(left.is_sorted_by_key(|it| it.due));
        prop_assert!(left.iter().all(|it| 0 <= it.effect.delayed));
        let mut keys: Vec<_> = left.iter().map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(keys.len(), left.len());
        let originals = keys.iter().filter(|key| key.2 == 0).count();
        prop_assert_eq!(originals, 2 * recording.0.lines().count());
        let copies: u64 = schedule
            .fault_counts()
            .iter()
            .filter(|count| count.fault.starts_with("duplicate"))
            .map(|count| count.events)
            .sum();
        prop_assert_eq!(copies, (keys.len() - originals) as u64);
    }

    #[test]
    fn a_filter_takes_events_away_and_changes_nothing_else(
        recording in recordings(),
        faults in faults(),
        seed: u64,
        device in 0..3_u32,
    ) {
        let device = device.to_string();
        let all = options(faults, seed, usize::MAX);
        let mut filtered = all.clone();
        filtered.filter.devices = [&device].into_iter().collect();
        let facts = |it: &Scheduled| (key(it), it.due, it.effect);
        let expected: Vec<_> = schedule(&recording, all)
            .filter(|it| it.event.device().as_deref() == Some(&device))
            .map(|it| facts(&it))
            .collect();
        let got: Vec<_> = schedule(&recording, filtered).map(|it| facts(&it)).collect();
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn a_schedule_that_begins_again_is_the_same(
        recording in recordings(),
        faults in faults(),
        seed: u64,
        most_held in prop_oneof![Just(usize::MAX), 0..20_000_usize],
        taken in 0..80_usize,
    ) {
        let mut schedule = schedule(&recording, options(faults, seed, most_held));
        let facts = |it: Scheduled| (it.number, key(&it), it.due, it.effect);
        let all: Vec<_> = schedule.by_ref().map(facts).collect();
        prop_assert!(schedule.next().is_none());
        schedule.restart();
        schedule.by_ref().take(taken).for_each(drop);
        schedule.restart();
        prop_assert_eq!(schedule.map(facts).collect::<Vec<_>>(), all);
    }
}
