use std::{collections::BTreeSet, fmt::Write as _, num::NonZeroU64};

use super::*;
use crate::{
    clock::{Clock as _, ManualClock},
    filter::Selection,
    player::{Player, SeekTo},
    push::Key,
    recorded::{self, InMemory},
    restamp::{Leaving, Restamp, Restamper},
    schedule::{Pace, Rounds, Schedule, ScheduleOptions, Scheduled},
    speed::{Ratio, Speed},
    time::{SECOND, ScheduleTime, WallTime},
};

/// An event a second: `e0`, `e1`, ... of the devices `A` and `B` by turns, every third a heartbeat.
fn recording(events: u64) -> InMemory {
    let mut text = String::new();
    for number in 0..events {
        let device = if number % 2 == 0 { "A" } else { "B" };
        let type_name = if number % 3 == 0 { "HeartbeatEvent" } else { "ObjectEvent" };
        let (hour, minute, second) = (number / 3600, number / 60 % 60, number % 60);
        let time = format!("2018-01-01T{hour:02}:{minute:02}:{second:02}Z");
        writeln!(
            text,
            r#"{{"Device":"{device}","Type":"{type_name}","EventId":"e{number}","EventTime":"{time}","ReceivedTime":"{time}"}}"#
        )
        .unwrap();
    }
    in_memory(text)
}

fn in_memory(text: String) -> InMemory {
    InMemory { name: "recording", text: text.into_bytes(), can_reopen: true }
}

fn options(faults: &[&str]) -> ScheduleOptions {
    let list = faults.iter().map(|text| text.parse().unwrap()).collect();
    ScheduleOptions { faults: Faults { list, ..Faults::default() }, ..recorded::options() }
}

fn schedule(events: u64, options: ScheduleOptions) -> Schedule {
    Schedule::new(vec![Box::new(recording(events))], options)
}

/// When each event is due, in seconds, and which one it is.
fn shown(scheduled: &Scheduled) -> String {
    let (seconds, rest) = (scheduled.due.0 / SECOND, scheduled.due.0 % SECOND / 1_000_000);
    let rest = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    let copy = "'".repeat(scheduled.effect.copy as usize);
    format!("{seconds}{rest} {}{copy}", scheduled.event.id().unwrap())
}

fn told(schedule: &mut Schedule) -> String {
    schedule.map(|it| shown(&it)).collect::<Vec<_>>().join(", ")
}

/// All that leaves of a recording of so many events.
fn play(events: u64, faults: &[&str]) -> String {
    told(&mut schedule(events, options(faults)))
}

/// What happens to each event: its round, number and copy, and what was done to it.
fn effects(events: u64, options: ScheduleOptions) -> BTreeSet<(u64, u64, u32, Nanos, Nanos)> {
    let of = |it: Scheduled| {
        let Effect { copy, delayed, skew } = it.effect;
        (it.round, it.index, copy, delayed, skew)
    };
    schedule(events, options).map(of).collect()
}

fn ids(events: u64, options: ScheduleOptions) -> Vec<String> {
    schedule(events, options).map(|it| it.event.id().unwrap().into_owned()).collect()
}

fn counts(schedule: &Schedule) -> Vec<u64> {
    schedule.fault_counts().iter().map(|count| count.events).collect()
}

const PLAIN: &str = "0 e0, 1 e1, 2 e2, 3 e3, 4 e4";

/// One of each kind, with chances.
const ALL: [&str; 6] = [
    "drop,p=0.1",
    "duplicate,p=0.2,after=1500ms",
    "delay,p=0.3,uniform=0s..10s",
    "reorder,p=0.2,window=5",
    "skew,by=23s,device=A",
    "offline,at=+20s,for=10s,device=B",
];

#[test]
fn drop_takes_events_away() {
    assert_eq!(play(5, &["drop,device=A"]), "1 e1, 3 e3");
    assert_eq!(play(5, &["drop,type=HeartbeatEvent,device=B"]), "0 e0, 1 e1, 2 e2, 4 e4");
    assert_eq!(play(5, &["drop,device=A,device=B"]), "");
    assert_eq!(play(5, &["drop,device=!A"]), "0 e0, 2 e2, 4 e4");
}

#[test]
fn duplicate_gives_events_twice() {
    assert_eq!(
        play(3, &["duplicate,after=1500ms"]),
        "0 e0, 1 e1, 1.500 e0', 2 e2, 2.500 e1', 3.500 e2'"
    );
    assert_eq!(play(2, &["duplicate"]), "0 e0, 0 e0', 1 e1, 1 e1'");
    assert_eq!(play(1, &["duplicate", "duplicate,after=1s"]), "0 e0, 0 e0', 1 e0''");
}

#[test]
fn delay_puts_events_off() {
    assert_eq!(
        play(5, &["delay,fixed=2500ms,device=A"]),
        "1 e1, 2.500 e0, 3 e3, 4.500 e2, 6.500 e4"
    );
    // Of those that are due at once, the one that was recorded first comes first.
    assert_eq!(play(3, &["delay,fixed=1s,device=A"]), "1 e0, 1 e1, 3 e2");
    assert_eq!(play(5, &["delay,fixed=0s"]), PLAIN);
    assert_eq!(play(2, &["delay,fixed=1s", "delay,fixed=2s"]), "3 e0, 4 e1");
    let delayed = |text: &str| -> Vec<Nanos> {
        schedule(500, options(&[text])).map(|it| it.effect.delayed).collect()
    };
    assert!(delayed("delay,uniform=1s..5s").iter().all(|it| (SECOND..=5 * SECOND).contains(it)));
    let mut normal = delayed("delay,lognormal=200ms:0.5");
    normal.sort_unstable();
    assert!((SECOND / 6..SECOND / 4).contains(&normal[250]), "{}", normal[250]);
}

#[test]
fn reorder_moves_events_behind_later_ones() {
    assert_eq!(play(5, &["reorder,window=1,from=+1s,to=+2s"]), "0 e0, 2 e2, 2 e1, 3 e3, 4 e4");
    // By at most so many places, and not beyond the end.
    for seed in 0..20 {
        let mut options = options(&["reorder,window=3,p=0.3"]);
        options.faults.seed = seed;
        let taken: Vec<_> = schedule(50, options).map(|it| (it.index, it.due, it.effect)).collect();
        assert_eq!(taken.len(), 50);
        for (index, due, effect) in taken {
            let last = 49 - i128::from(index);
            assert!(effect.delayed <= (3 * SECOND).min(last * SECOND), "{seed} {index}");
            assert_eq!(due.0, i128::from(index) * SECOND + effect.delayed);
        }
    }
    assert_eq!(play(3, &["reorder,window=100,from=+1s,to=+2s"]), "0 e0, 2 e2, 2 e1");
}

#[test]
fn reorder_moves_events_that_happened_at_the_same_time() {
    let line = |id| format!(r#"{{"EventId":"{id}","EventTime":"2018-01-01T00:00:00Z"}}"#) + "\n";
    let text = in_memory(["a", "b", "c", "d"].map(line).concat());
    let mut options = options(&["reorder,window=1,p=0.5"]);
    options.faults.seed = 1;
    let mut schedule = Schedule::new(vec![Box::new(text)], options);
    let left = told(&mut schedule);
    assert_eq!(left, "0 a, 0 c, 0 b, 0 d");
}

#[test]
fn skew_changes_the_times_that_the_device_told() {
    let written = |policy, faults: &[&str]| {
        let first = RecordingTime(1_514_764_800 * SECOND);
        let mut restamper = Restamper::new(policy, first + 3600 * SECOND, first);
        let mut text = Vec::new();
        let now = WallTime(SECOND);
        for scheduled in schedule(2, options(faults)).skip(1) {
            let leaving = Leaving { due: now, now, speed: Speed::Times(Ratio::ONE) };
            restamper.write(&scheduled, leaving, &mut text);
        }
        String::from_utf8(text).unwrap().split_once(r#""e1","#).unwrap().1.to_owned()
    };
    let times = |occurred, received| {
        format!(r#""EventTime":"2018-01-01T{occurred}Z","ReceivedTime":"2018-01-01T{received}Z"}}"#)
    };
    let both = &["skew,by=23s", "skew,by=-3s"];
    for (policy, faults, expected) in [
        (Restamp::Keep, &[][..], times("00:00:01", "00:00:01")),
        (Restamp::Keep, &["skew,by=23s"], times("00:00:24", "00:00:01")),
        (Restamp::Keep, &["skew,by=-1500ms"], times("23:59:59", "00:00:01")),
        (Restamp::Keep, &["skew,by=23s,device=A"], times("00:00:01", "00:00:01")),
        (Restamp::Keep, both, times("00:00:21", "00:00:01")),
        // A wrong clock is ahead of the time, although no other time may be.
        (Restamp::Shift, both, times("01:00:21", "01:00:01")),
        (Restamp::Scale, both, times("01:00:21", "01:00:01")),
        (Restamp::Now, both, times("01:00:21", "01:00:01")),
    ] {
        let expected = if faults == ["skew,by=-1500ms"] {
            expected.replacen("2018-01-01", "2017-12-31", 1)
        } else {
            expected
        };
        assert_eq!(written(policy, faults), expected, "{policy:?} {faults:?}");
    }
    assert_eq!(play(5, &["skew,by=1h"]), PLAIN);
}

#[test]
fn skew_reaches_times_at_any_depth() {
    let text = r#"{"EventTime":"2018-01-01T00:00:00Z","Observe":[{"ReadingTime":"2018-01-01T00:00:00.5Z"}],"ReceivedTime":"2018-01-01T00:00:02Z"}"#;
    let mut schedule =
        Schedule::new(vec![Box::new(in_memory(text.to_owned()))], options(&["skew,by=23s"]));
    let mut restamper = Restamper::new(Restamp::Keep, RecordingTime(0), RecordingTime(0));
    let mut written = Vec::new();
    let leaving = Leaving { due: WallTime(0), now: WallTime(0), speed: Speed::Max };
    restamper.write(&schedule.next().unwrap(), leaving, &mut written);
    let expected = text.replace("00:00:00", "00:00:23");
    assert_eq!(String::from_utf8(written).unwrap(), expected);
}

#[test]
fn delayed_events_tell_when_they_happened() {
    let first = RecordingTime(1_514_764_800 * SECOND);
    for policy in [Restamp::Shift, Restamp::Scale, Restamp::Now] {
        let mut restamper = Restamper::new(policy, first + 3600 * SECOND, first);
        let mut text = Vec::new();
        let speed = Speed::Times(Ratio::ONE);
        let mut options = options(&["delay,fixed=5s", "duplicate,after=2s"]);
        options.read.with_stamps = true;
        for scheduled in schedule(1, options) {
            let due = WallTime(scheduled.due.0);
            restamper.write(&scheduled, Leaving { due, now: due, speed }, &mut text);
        }
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.matches(r#""EventTime":"2018-01-01T01:00:00Z""#).count(), 2, "{text}");
    }
}

#[test]
fn offline_makes_a_backlog() {
    assert_eq!(
        play(8, &["offline,at=+2s,for=3500ms,device=A"]),
        "0 e0, 1 e1, 3 e3, 5 e5, 5.500 e2, 5.500 e4, 6 e6, 7 e7"
    );
    assert_eq!(
        play(5, &["offline,at=2018-01-01T00:00:01Z,for=3s"]),
        "0 e0, 4 e1, 4 e2, 4 e3, 4 e4"
    );
    // It is still offline when the recording ends.
    assert_eq!(play(5, &["offline,at=+3s,for=1m"]), "0 e0, 1 e1, 2 e2, 63 e3, 63 e4");
    assert_eq!(
        play(5, &["offline,at=+3s,for=1m", "delay,fixed=1s,device=B"]),
        "0 e0, 2 e1, 2 e2, 63 e4, 64 e3"
    );
    assert_eq!(
        play(3, &["offline,at=+1s,for=500ms", "offline,at=+1s,for=700ms"]),
        "0 e0, 1.700 e1, 2 e2"
    );
}

#[test]
fn a_backlog_leaves_within_a_capped_gap() {
    let lines = [(0, "a"), (10, "b"), (50, "c")].map(|(second, id)| {
        format!(r#"{{"EventId":"{id}","EventTime":"2018-01-01T00:00:{second:02}Z"}}"#) + "\n"
    });
    for (max_gap, expected) in
        [(None, "0 a, 30 b, 50 c"), (Some(4 * SECOND), "0 a, 6 b, 8 c"), (Some(0), "0 a, 0 b, 0 c")]
    {
        let mut options = options(&["offline,at=+5s,for=25s"]);
        options.pace = Pace::Recorded { max_gap };
        let text = in_memory(lines.concat());
        assert_eq!(told(&mut Schedule::new(vec![Box::new(text)], options)), expected);
    }
}

#[test]
fn at_a_rate_faults_use_the_time_of_the_rate() {
    let told_at_rate = |faults: &[&str]| {
        let mut options = options(faults);
        options.pace = Pace::Rate(Ratio::new(10, 1).unwrap());
        told(&mut schedule(5, options))
    };
    assert_eq!(told_at_rate(&[]), "0 e0, 0.100 e1, 0.200 e2, 0.300 e3, 0.400 e4");
    assert_eq!(told_at_rate(&["drop,device=B"]), "0 e0, 0.200 e2, 0.400 e4");
    assert_eq!(
        told_at_rate(&["delay,fixed=150ms,from=+1s,to=+2s"]),
        "0 e0, 0.200 e2, 0.250 e1, 0.300 e3, 0.400 e4"
    );
    assert_eq!(
        told_at_rate(&["offline,at=+1s,for=1500ms"]),
        "0 e0, 0.300 e1, 0.300 e2, 0.300 e3, 0.400 e4"
    );
}

#[test]
fn a_time_window_limits_a_fault() {
    assert_eq!(play(5, &["drop,from=+1s,to=+3s"]), "0 e0, 3 e3, 4 e4");
    assert_eq!(play(5, &["drop,from=2018-01-01T00:00:02Z"]), "0 e0, 1 e1");
    assert_eq!(play(5, &["drop,to=+2s"]), "2 e2, 3 e3, 4 e4");
    // Offsets count from the first event of the recording, wherever the replay starts.
    let mut options = options(&["drop,to=+2s"]);
    options.start = Some(Bound::After(SECOND));
    assert_eq!(told(&mut schedule(5, options)), "1 e2, 2 e3, 3 e4");
}

#[test]
fn chances_of_none_and_all_are_exact() {
    for seed in 0..50 {
        for (kind, all) in [
            ("drop", ""),
            ("duplicate", "0 e0, 0 e0', 1 e1, 1 e1'"),
            ("delay,fixed=1s", "1 e0, 2 e1"),
        ] {
            for (chance, expected) in [("p=0", "0 e0, 1 e1"), ("p=1", all)] {
                let mut options = options(&[&format!("{kind},{chance}")]);
                options.faults.seed = seed;
                assert_eq!(told(&mut schedule(2, options)), expected, "{seed} {kind} {chance}");
            }
        }
    }
}

#[test]
fn as_many_are_hit_as_the_chance_says() {
    let mut schedule = schedule(10_000, options(&["drop,p=0.25", "delay,p=0.1,fixed=1s"]));
    let left = schedule.by_ref().count() as u64;
    let counts = counts(&schedule);
    assert_eq!(left, 10_000 - counts[0]);
    assert!((2_350..2_650).contains(&counts[0]), "{counts:?}");
    assert!((675..825).contains(&counts[1]), "{counts:?}");
}

#[test]
fn each_fault_tells_how_many_it_touched() {
    let faults = ["drop,device=A", "drop,to=+1s", "duplicate,from=+3s", "skew,by=1s", "drop,p=0"];
    let mut schedule = schedule(5, options(&faults));
    for _ in 0..2 {
        assert_eq!(told(&mut schedule), "1 e1, 3 e3, 3 e3'");
        assert_eq!(counts(&schedule), [3, 1, 1, 2, 0]);
        schedule.restart();
        assert_eq!(counts(&schedule), [0; 5]);
    }
    assert_eq!(schedule.fault_counts()[2].fault, "duplicate,from=+3s");
}

#[test]
fn another_seed_makes_other_choices() {
    let seeded = |seed| {
        let mut options = options(&ALL);
        options.faults.seed = seed;
        effects(200, options)
    };
    assert_eq!(seeded(1), seeded(1));
    assert_ne!(seeded(1), seeded(2));
}

#[test]
fn filters_do_not_change_what_happens_to_the_others() {
    let all = ids(300, options(&ALL));
    let all_effects = effects(300, options(&ALL));
    for (devices, types) in
        [(&["A"][..], &[][..]), (&[], &["!HeartbeatEvent"]), (&["B"], &["HeartbeatEvent"])]
    {
        let mut options = options(&ALL);
        let selection = |values: &[&str]| values.iter().collect::<Selection>();
        options.filter = Filter { devices: selection(devices), types: selection(types) };
        let is_taken = |number: u64| {
            let device = if number.is_multiple_of(2) { "A" } else { "B" };
            let is_heartbeat = number.is_multiple_of(3);
            (devices.is_empty() || devices == [device])
                && (types.is_empty() || is_heartbeat == (types == ["HeartbeatEvent"]))
        };
        let expected: Vec<_> =
            all.iter().filter(|id| is_taken(id[1..].parse().unwrap())).cloned().collect();
        assert_eq!(ids(300, options.clone()), expected);
        let expected = all_effects.iter().filter(|it| is_taken(it.1)).copied().collect();
        assert_eq!(effects(300, options), expected);
    }
}

#[test]
fn further_faults_and_rounds_do_not_change_the_choices_of_others() {
    let dropped = |faults: &[&str], rounds| {
        let mut options = options(faults);
        options.rounds = Rounds::Times(NonZeroU64::new(rounds).unwrap());
        let left: BTreeSet<_> = schedule(300, options).map(|it| (it.round, it.index)).collect();
        (0..300).filter(|index| !left.contains(&(0, *index))).collect::<Vec<_>>()
    };
    let alone = dropped(&["drop,p=0.1"], 1);
    assert!((15..50).contains(&alone.len()), "{alone:?}");
    assert_eq!(dropped(&["drop,p=0.1", "delay,p=0.5,fixed=9s"], 1), alone);
    assert_eq!(dropped(&["delay,p=0.5,fixed=9s", "duplicate,p=0.5", "drop,p=0.1"], 1), alone);
    assert_eq!(dropped(&["drop,p=0.1"], 3), alone);
    // A greater chance hits those and others.
    let more = dropped(&["drop,p=0.2"], 1);
    assert!(alone.len() < more.len() && alone.iter().all(|index| more.contains(index)));
    // Two of a kind choose apart.
    assert_ne!(dropped(&["drop,p=0", "drop,p=0.1"], 1), alone);
}

#[test]
fn every_round_has_choices_of_its_own() {
    let mut options = options(&["drop,p=0.5"]);
    options.rounds = Rounds::Times(NonZeroU64::new(2).unwrap());
    let left = effects(100, options);
    let of = |round| left.iter().filter(|it| it.0 == round).map(|it| it.1).collect::<Vec<_>>();
    assert_ne!(of(0), of(1));
}

#[test]
fn delays_reach_into_the_next_round() {
    let mut options = options(&["delay,fixed=1500ms,from=+2s"]);
    options.rounds = Rounds::Times(NonZeroU64::new(2).unwrap());
    assert_eq!(told(&mut schedule(3, options)), "0 e0, 1 e1, 2 e0, 3 e1, 3.500 e2, 5.500 e2");
}

#[test]
fn an_endless_replay_of_nothing_ends() {
    let mut options = options(&["drop"]);
    options.rounds = Rounds::Endless;
    assert_eq!(told(&mut schedule(3, options.clone())), "");
    // Rounds in which everything is lost by chance are followed by others.
    options.faults.list = vec!["drop,p=0.9".parse().unwrap()];
    assert_eq!(schedule(1, options).take(5).count(), 5);
}

#[test]
fn a_limit_counts_what_was_recorded() {
    for (fault, expected) in [
        ("duplicate", "0 e0, 0 e0', 1 e1, 1 e1'"),
        ("drop,device=A", "1 e1"),
        ("delay,fixed=1h", "3600 e0, 3601 e1"),
        ("reorder,window=1", "1 e0, 1 e1"),
    ] {
        let mut options = options(&[fault]);
        options.limit = Some(2);
        assert_eq!(told(&mut schedule(5, options)), expected, "{fault}");
    }
}

#[test]
fn due_times_never_go_back_and_nothing_is_lost_but_by_drop() {
    for seed in 0..20 {
        let mut options = options(&ALL[1..]);
        options.faults.seed = seed;
        options.rounds = Rounds::Times(NonZeroU64::new(2).unwrap());
        let mut schedule = schedule(100, options);
        let mut last = ScheduleTime(0);
        let (mut originals, mut copies) = (BTreeSet::new(), 0);
        for (number, scheduled) in (0..).zip(schedule.by_ref()) {
            assert!(last <= scheduled.due, "{seed}");
            assert_eq!(scheduled.number, number);
            assert!(0 <= scheduled.effect.delayed);
            last = scheduled.due;
            if scheduled.effect.copy == 0 {
                assert!(originals.insert((scheduled.round, scheduled.index)));
            } else {
                copies += 1;
            }
        }
        assert_eq!((originals.len(), copies), (200, counts(&schedule)[0]));
    }
}

#[test]
fn the_memory_is_bounded_and_told_when_exceeded() {
    let limit = 8 << 10;
    for fault in ["delay,fixed=1h", "offline,at=+10s,for=1h", "reorder,window=1000"] {
        let mut options = options(&[fault]);
        options.faults.most_held = limit;
        let mut schedule = schedule(1000, options);
        let mut last = ScheduleTime(0);
        let mut left = 0;
        while let Some(scheduled) = schedule.next() {
            assert!(last <= scheduled.due, "{fault}");
            last = scheduled.due;
            left += 1;
            let held = schedule.held();
            assert!(held <= limit + 1024, "{fault}: {held}");
        }
        assert_eq!(left, 1000);
        assert!((900..1000).contains(&schedule.counts().left_early), "{fault}");
    }
    let mut schedule = schedule(1000, options(&["delay,fixed=1h"]));
    assert_eq!((schedule.by_ref().count(), schedule.counts().left_early), (1000, 0));
}

#[test]
fn a_backlog_that_is_too_large_begins_early_and_in_order() {
    let mut options = options(&["offline,at=+1s,for=1h"]);
    options.faults.most_held = 0;
    let mut schedule = schedule(5, options);
    assert_eq!(told(&mut schedule), PLAIN);
    assert_eq!(schedule.counts().left_early, 4);
}

fn player(clock: &ManualClock, events: u64) -> Player {
    let mut options = options(&ALL);
    options.rounds = Rounds::Times(NonZeroU64::new(2).unwrap());
    Player::new(schedule(events, options), Speed::Max, clock.now())
}

fn keys(player: &mut Player, clock: &ManualClock) -> Vec<Key> {
    std::iter::from_fn(|| player.due(clock.now())).map(|due| Key::of(&due.scheduled)).collect()
}

#[test]
fn a_replay_that_was_broken_off_goes_on_behind_any_event() {
    let clock = ManualClock::default();
    let all = keys(&mut player(&clock, 40), &clock);
    assert!(all.is_sorted() && !all.is_sorted_by_key(|key| (key.round, key.index)));
    for (place, key) in all.iter().enumerate() {
        let mut player = player(&clock, 40);
        player.resume_after(*key, clock.now());
        assert_eq!(keys(&mut player, &clock), all[place + 1..]);
    }
}

#[test]
fn seeks_find_their_place_among_delayed_events() {
    let clock = ManualClock::default();
    let played = |to: &SeekTo, left: usize| {
        let options = options(&["delay,fixed=10s,device=A"]);
        let mut player = Player::new(schedule(20, options), Speed::Max, clock.now());
        for _ in 0..left {
            player.due(clock.now()).unwrap();
        }
        let result = player.seek(to, clock.now());
        (result.is_ok(), shown(player.peek().unwrap()))
    };
    let start = RecordingTime(1_514_764_800 * SECOND);
    let fifth = SeekTo::Recording(start + 5 * SECOND);
    // e1, e3, e5, e7, e9, e0 (at 10 s), ...: e5 leaves third.
    for left in 0..8 {
        assert_eq!(played(&fifth, left), (true, "5 e5".to_owned()), "{left}");
    }
    assert_eq!(played(&SeekTo::Event("e2".to_owned()), 0), (true, "12 e2".to_owned()));
    assert_eq!(
        played(&SeekTo::Schedule(ScheduleTime(11 * SECOND)), 9),
        (true, "11 e11".to_owned())
    );
    // A seek that fails changes nothing, also among events that are due at the same time.
    let nowhere = SeekTo::Event("nowhere".to_owned());
    assert_eq!(played(&nowhere, 5), (false, "10 e0".to_owned()));
}

#[test]
fn the_speed_does_not_change_the_order() {
    let order = |speed: Speed| {
        let clock = ManualClock::default();
        let mut player = Player::new(schedule(100, options(&ALL)), speed, clock.now());
        let mut keys = Vec::new();
        loop {
            while let Some(due) = player.due(clock.now()) {
                keys.push(Key::of(&due.scheduled));
            }
            let Some(next) = player.next_due(clock.now()) else { return keys };
            clock.move_to(next);
        }
    };
    let fast = order(Speed::Max);
    assert_eq!(order(Speed::Times(Ratio::ONE)), fast);
    assert_eq!(order(Speed::Times(Ratio::new(7, 3).unwrap())), fast);
}

#[test]
fn choices_are_the_same_for_ever() {
    // What changes this changes the output of every seed that somebody wrote down.
    let mut options = options(&["drop,p=0.3", "duplicate,p=0.3", "delay,p=0.3,uniform=1s..9s"]);
    options.faults.seed = 7;
    assert_eq!(
        told(&mut schedule(8, options)),
        "0 e0, 0 e0', 3 e3, 5 e5, 5.744 e4, 5.744 e4', 6 e6, 6 e6', 6.360 e1, 7 e7, 7 e7'"
    );
}
