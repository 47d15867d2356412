//! Filters commute with replay: what is left out changes nothing of what is not.

use contrail_replay::{Filter, Nanos, Pace, Ratio, ScheduleOptions, Scheduled, Selection};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    cases::one_in,
    in_memory::{InMemory, schedule},
    strategies::{Synthetic, synthetic},
};

const SECOND: Nanos = 1_000_000_000;

fn selection(names: &'static [&'static str]) -> impl Strategy<Value = Selection> {
    let name = (select(names), any::<bool>())
        .prop_map(|(name, is_wanted)| if is_wanted { name.to_owned() } else { format!("!{name}") });
    vec(name, 0..4).prop_map(|names| names.iter().collect())
}

fn filter() -> impl Strategy<Value = Filter> {
    const TYPES: &[&str] = &[
        "HeartbeatEvent",
        "AggregateEvent",
        "CommandQueuedEvent",
        "SensorReadingEvent",
        "Nothing",
    ];
    const DEVICES: &[&str] =
        &["Cabinet-1", "Freezer_B-1", "Ward 3, Fridge 1", "Cabinet-2", "Nowhere"];
    (selection(TYPES), selection(DEVICES)).prop_map(|(types, devices)| Filter { types, devices })
}

/// The recording as text; nothing of it is left out where it is damaged.
fn text(recording: &Synthetic) -> InMemory {
    InMemory(String::from_utf8_lossy(&recording.bytes).into_owned())
}

fn events(recording: &InMemory, options: ScheduleOptions) -> Vec<Scheduled> {
    schedule(recording, options).collect()
}

/// What leaves, and when.
fn facts(scheduled: &Scheduled) -> (Vec<u8>, i128, u64, u64) {
    let Scheduled { event, due, round, index, .. } = scheduled;
    (event.text().to_vec(), due.0, *round, *index)
}

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn a_filter_leaves_out_and_changes_nothing_else(
        recording in synthetic(),
        filter in filter(),
        max_gap in proptest::option::of(0..10_000_i128),
        duration in proptest::option::of(0..1_000_000_i128),
        rounds in 1..4_u64,
    ) {
        let recording = text(&recording);
        let open = ScheduleOptions {
            pace: Pace::Recorded { max_gap: max_gap.map(|gap| gap * SECOND) },
            duration: duration.map(|span| span * SECOND),
            rounds: contrail_replay::Rounds::Times(rounds.try_into().unwrap()),
            ..ScheduleOptions::default()
        };
        let filtered = ScheduleOptions { filter: filter.clone(), ..open.clone() };
        let want: Vec<_> = events(&recording, open)
            .iter()
            .filter(|it| filter.takes(&it.event))
            .map(facts)
            .collect();
        let got: Vec<_> = events(&recording, filtered).iter().map(facts).collect();
        prop_assert_eq!(got, want);
    }

    /// A recording of the events that a filter takes begins with the first of them.
    #[test]
    fn a_filtered_recording_is_replayed_as_the_replay_is_filtered(
        recording in synthetic(),
        filter in filter(),
        rate in proptest::option::of((1..100_u64, 1..100_u64)),
    ) {
        let recording = text(&recording);
        let pace = match rate {
            Some((above, below)) => Pace::Rate(Ratio::new(above, below).unwrap()),
            None => Pace::Recorded { max_gap: None },
        };
        let open = ScheduleOptions { pace, ..ScheduleOptions::default() };
        let filtered = ScheduleOptions { filter: filter.clone(), ..open.clone() };
        // In the order of the recording, as the filter of a text would leave it.
        let mut left: Vec<_> =
            events(&recording, open.clone()).into_iter().map(|it| it.event).collect();
        left.retain(|event| filter.takes(event));
        left.sort_by_key(|event| event.position);
        let lines = left.iter().map(|event| String::from_utf8_lossy(event.text()).into_owned());
        let alone = events(&InMemory(lines.map(|line| line + "\n").collect()), open);
        let filtered = events(&recording, filtered);
        let first = filtered.first().map_or(0, |it| it.due.0);
        let facts = |it: &Scheduled| (it.event.text().to_vec(), it.due.0);
        let want: Vec<_> = filtered.iter().map(facts).map(|(it, due)| (it, due - first)).collect();
        prop_assert_eq!(alone.iter().map(facts).collect::<Vec<_>>(), want);
    }
}
