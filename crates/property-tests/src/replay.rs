//! A replay is exact: order, due times and every change of pace, against a slow and obvious oracle.

use contrail_replay::{
    Filter, Nanos, Pace, Player, Ratio, Schedule, ScheduleOptions, ScheduleTime, SeekTo, Speed,
    WallTime,
};
use proptest::{collection::vec, prelude::*};

use crate::{
    cases::one_in,
    in_memory::{self, InMemory},
};

const SECOND: i128 = 1_000_000_000;
const YEAR: i128 = 365 * 24 * 3600;

/// What the oracle counts in: every speed of the test takes whole ones, forwards and backwards.
const PARTS: i128 = 27_720 * 27_720;

/// An event of a second since the start of 2018, with nanoseconds, of one of some devices.
fn event(id: usize, nanos: i128) -> String {
    let time = chrono::DateTime::from_timestamp_nanos(
        1_514_764_800 * 1_000_000_000 + i64::try_from(nanos).unwrap(),
    );
    let time = time.format("%Y-%m-%dT%H:%M:%S%.9fZ");
    let device = id % 3;
    format!(r#"{{"Type":"T","EventId":"{id}","EventTime":"{time}","Device":"{device}"}}"#)
}

fn recording(times: &[i128]) -> InMemory {
    InMemory(times.iter().enumerate().map(|(id, nanos)| event(id, *nanos) + "\n").collect())
}

fn options(max_gap: Option<Nanos>, filter: Filter) -> ScheduleOptions {
    ScheduleOptions { filter, pace: Pace::Recorded { max_gap }, ..ScheduleOptions::default() }
}

fn schedule(times: &[i128], options: ScheduleOptions) -> Schedule {
    in_memory::schedule(&recording(times), options)
}

/// Ids and due times.
fn given(schedule: Schedule) -> Vec<(usize, i128)> {
    schedule
        .map(|scheduled| (scheduled.event.id().unwrap().parse().unwrap(), scheduled.due.0))
        .collect()
}

/// Sorted by time and place; each gap cut, one after the other.
fn oracle(times: &[i128], max_gap: Option<Nanos>) -> Vec<(usize, i128)> {
    let mut order: Vec<_> = times.iter().copied().enumerate().collect();
    order.sort_by_key(|(id, time)| (*time, *id));
    let mut due = 0;
    let mut before = order.first().map_or(0, |(_, time)| *time);
    order
        .into_iter()
        .map(|(id, time)| {
            due += (time - before).min(max_gap.unwrap_or(i128::MAX));
            before = time;
            (id, due)
        })
        .collect()
}

/// Something that a person does after some time.
#[derive(Clone, Copy, Debug)]
enum Action {
    Pause,
    Play,
    Speed(u64, u64),
    Seek(i128),
}

fn actions() -> impl Strategy<Value = Vec<(i128, Action)>> {
    let action = prop_oneof![
        Just(Action::Pause),
        Just(Action::Play),
        (1..=12_u64, 1..=12_u64).prop_map(|(above, below)| Action::Speed(above, below)),
        (0..YEAR * SECOND).prop_map(Action::Seek),
    ];
    vec((0..YEAR * SECOND / 1000, action), 1000)
}

/// A place on the schedule in whole parts of a nanosecond.
struct Oracle {
    parts: i128,
    speed: (i128, i128),
    is_paused: bool,
}

impl Oracle {
    fn pass(&mut self, wall: i128) {
        if !self.is_paused {
            let parts = wall * PARTS * self.speed.0;
            assert_eq!(parts % self.speed.1, 0, "the parts are fine enough");
            self.parts += parts / self.speed.1;
        }
    }

    fn obey(&mut self, action: Action) {
        match action {
            Action::Pause => self.is_paused = true,
            Action::Play => self.is_paused = false,
            Action::Speed(above, below) => self.speed = (above.into(), below.into()),
            Action::Seek(to) => self.parts = to * PARTS,
        }
    }

    /// The wall time until a place, rounded up.
    fn until(&self, due: i128) -> i128 {
        let (above, below) = (self.speed.0 * PARTS, (due * PARTS - self.parts) * self.speed.1);
        (below + above - 1).div_euclid(above)
    }
}

proptest! {
    #![proptest_config(one_in(16))]

    #[test]
    fn a_year_with_a_thousand_changes_is_exact_to_the_nanosecond(actions in actions()) {
        // The last event is far behind whatever is sought.
        let times = [0, YEAR * SECOND, 4 * YEAR * SECOND, 280 * YEAR / 10 * SECOND];
        let schedule = schedule(&times, options(None, Filter::default()));
        let mut player = Player::new(schedule, Speed::Times(Ratio::ONE), WallTime(0));
        let mut oracle = Oracle { parts: 0, speed: (1, 1), is_paused: false };
        let mut now = 0;
        for (wait, action) in actions {
            now += wait;
            oracle.pass(wait);
            let clock = WallTime(now);
            while player.due(clock).is_some() {}
            prop_assert_eq!(player.position(clock).0, oracle.parts.div_euclid(PARTS));
            oracle.obey(action);
            match action {
                Action::Pause => player.pause(clock),
                Action::Play => player.play(clock),
                Action::Speed(above, below) => {
                    player.set_speed(Speed::Times(Ratio::new(above, below).unwrap()), clock);
                }
                Action::Seek(to) => {
                    player.seek(&SeekTo::Schedule(ScheduleTime(to)), clock).unwrap();
                }
            }
            if let Some(at) = player.next_due(clock) {
                let due = player.peek().unwrap().due.0;
                prop_assert_eq!(at.0, now + oracle.until(due));
            }
        }
    }
}

proptest! {
    #[test]
    fn order_and_due_times_are_those_of_the_oracle(
        times in vec(0..40_i128, 0..60),
        max_gap in proptest::option::of(0..10_i128),
    ) {
        let times: Vec<_> = times.iter().map(|time| time * SECOND / 2).collect();
        let max_gap = max_gap.map(|gap| gap * SECOND / 2);
        let schedule = schedule(&times, options(max_gap, Filter::default()));
        prop_assert_eq!(given(schedule), oracle(&times, max_gap));
    }

    #[test]
    fn a_filter_gives_the_same_events_at_the_same_times(
        times in vec(0..40_i128, 0..60),
        max_gap in proptest::option::of(0..10_i128),
    ) {
        let times: Vec<_> = times.iter().map(|time| time * SECOND).collect();
        let max_gap = max_gap.map(|gap| gap * SECOND);
        let filter = Filter { devices: ["1"].iter().collect(), ..Filter::default() };
        let all = given(schedule(&times, options(max_gap, Filter::default())));
        let of_one: Vec<_> = all.into_iter().filter(|(id, _)| id % 3 == 1).collect();
        prop_assert_eq!(given(schedule(&times, options(max_gap, filter))), of_one);
    }
}
