use std::num::NonZeroU64;

use super::*;
use crate::recorded::{InMemory, capture, event, options, schedule, shown};

fn given(captures: &[InMemory], options: ScheduleOptions) -> Vec<String> {
    shown(&mut schedule(captures, options))
}

fn twice() -> Rounds {
    Rounds::Times(NonZeroU64::new(2).unwrap())
}

fn second(second: i128) -> RecordingTime {
    // 2018-01-01T00:00:00Z
    RecordingTime((1_514_764_800 + second) * SECOND)
}

#[test]
fn events_are_due_as_they_were_recorded() {
    assert_eq!(given(&[capture(&[3, 3, 5, 10])], options()), ["0@0", "1@0", "2@2", "3@7"]);
}

#[test]
fn one_event_and_none() {
    assert_eq!(given(&[capture(&[3])], options()), ["0@0"]);
    assert_eq!(given(&[capture(&[])], options()), [""; 0]);
    let endless = ScheduleOptions { rounds: Rounds::Endless, ..options() };
    assert_eq!(given(&[capture(&[])], endless), [""; 0]);
}

#[test]
fn no_final_newline_loses_nothing() {
    let mut capture = capture(&[3, 4]);
    capture.text.pop();
    assert_eq!(given(&[capture], options()), ["0@0", "1@1"]);
}

#[test]
fn events_out_of_order_are_put_in_their_place() {
    let mut schedule = schedule(&[capture(&[3, 9, 5, 4, 9])], options());
    assert_eq!(shown(&mut schedule), ["0@0", "3@1", "2@2", "1@6", "4@6"]);
    assert_eq!(schedule.counts().order, OrderCounts { reordered: 2, misplaced: 0 });
}

#[test]
fn events_beyond_the_read_ahead_are_counted_and_come_at_once() {
    let read = ReadOptions { read_ahead: 0, ..options().read };
    // More than is read at once lies between the first and the last.
    let mut seconds = vec![60; 3000];
    seconds.push(7);
    seconds.push(61);
    let mut schedule = schedule(&[capture(&seconds)], ScheduleOptions { read, ..options() });
    let given = shown(&mut schedule);
    // It follows the events that left before it was read, and is due with them.
    let at = given.iter().position(|event| event == "3000@0").unwrap();
    assert!((1..3000).contains(&at), "{at}");
    assert_eq!((given.len(), given.last().unwrap().as_str()), (3002, "3001@1"));
    assert_eq!(schedule.counts().order.misplaced, 1);
}

#[test]
fn recordings_are_merged_by_time_then_input_then_position() {
    let one = capture(&[3, 5, 5, 8]);
    let text: String =
        [(10, 4), (11, 5), (12, 8)].map(|(id, second)| event(id, second, "E") + "\n").concat();
    let other = InMemory { name: "other", text: text.into_bytes(), can_reopen: true };
    let expected = ["0@0", "10@1", "1@2", "2@2", "11@2", "3@5", "12@5"];
    assert_eq!(given(&[one.clone(), other.clone()], options()), expected);
    let single = InMemory { can_reopen: false, ..other };
    assert_eq!(given(&[one, single], options()), expected);
}

#[test]
fn the_window_is_half_open_and_begins_the_schedule() {
    let window = |start, end| ScheduleOptions { start, end, ..options() };
    let at = |time| Some(Bound::At(second(time)));
    let after = |span: i128| Some(Bound::After(span * SECOND));
    let recording = [capture(&[3, 5, 10, 20])];
    for (start, end, expected) in [
        (at(5), at(20), &["1@0", "2@5"][..]),
        (at(4), None, &["1@1", "2@6", "3@16"]),
        (after(7), None, &["2@0", "3@10"]),
        (None, after(7), &["0@0", "1@2"]),
        (at(0), at(4), &["0@3"]),
        (at(30), None, &[]),
        (at(5), at(5), &[]),
    ] {
        assert_eq!(given(&recording, window(start, end)), expected, "{start:?} {end:?}");
    }
}

#[test]
fn of_two_ends_the_earlier_wins() {
    let recording = [capture(&[3, 5, 10, 20])];
    let early_end = ScheduleOptions {
        end: Some(Bound::At(second(6))),
        duration: Some(15 * SECOND),
        limit: Some(3),
        ..options()
    };
    assert_eq!(given(&recording, early_end.clone()), ["0@0", "1@2"]);
    let early_duration = ScheduleOptions { duration: Some(SECOND), ..early_end.clone() };
    assert_eq!(given(&recording, early_duration), ["0@0"]);
    let early_limit = ScheduleOptions { limit: Some(1), ..early_end };
    assert_eq!(given(&recording, early_limit), ["0@0"]);
}

#[test]
fn a_capped_gap_shortens_the_schedule_and_nothing_else() {
    let pace = Pace::Recorded { max_gap: Some(2 * SECOND) };
    let capped = ScheduleOptions { pace, ..options() };
    let recording = [capture(&[0, 1, 1800, 1801, 1802, 1810])];
    assert_eq!(given(&recording, capped), ["0@0", "1@1", "2@3", "3@4", "4@5", "5@7"]);
}

#[test]
fn rounds_go_on_from_one_another_and_keep_their_first_gap() {
    let looped = ScheduleOptions { rounds: twice(), ..options() };
    let recording = [capture(&[3, 10, 12])];
    assert_eq!(given(&recording, looped.clone()), ["0@0", "1@7", "2@9", "0@9", "1@16", "2@18"]);
    let mut schedule = schedule(&recording, looped);
    let moved: Vec<_> =
        schedule.by_ref().map(|scheduled| (scheduled.round, scheduled.moved / SECOND)).collect();
    assert_eq!(moved, [(0, 0), (0, 0), (0, 0), (1, 9), (1, 9), (1, 9)]);
}

#[test]
fn rounds_end_where_the_window_ends_and_where_the_limit_is() {
    let recording = [capture(&[3, 10, 12])];
    let looped = ScheduleOptions {
        rounds: Rounds::Endless,
        end: Some(Bound::At(second(12))),
        limit: Some(5),
        ..options()
    };
    assert_eq!(given(&recording, looped), ["0@0", "1@7", "0@7", "1@14", "0@14"]);
}

#[test]
fn a_filter_changes_no_due_time_and_may_remove_everything() {
    let text: String =
        [event(0, 3, "A"), event(1, 5, "B"), event(2, 9, "A")].map(|line| line + "\n").concat();
    let recording = [InMemory { name: "recording", text: text.into_bytes(), can_reopen: true }];
    let only = |device: &str| {
        let filter = Filter { devices: [device].iter().collect(), ..Filter::default() };
        ScheduleOptions { filter, rounds: twice(), ..options() }
    };
    assert_eq!(given(&recording, only("A")), ["0@0", "2@6", "0@6", "2@12"]);
    assert_eq!(given(&recording, only("B")), ["1@2", "1@8"]);
    let mut none = schedule(&recording, ScheduleOptions { rounds: Rounds::Endless, ..only("C") });
    assert_eq!(shown(&mut none), [""; 0]);
    assert_eq!(none.counts().filtered, 3);
}

#[test]
fn a_rate_takes_no_notice_of_times() {
    let rate = ScheduleOptions { pace: Pace::Rate("1/2".parse().unwrap()), ..options() };
    assert_eq!(given(&[capture(&[3, 3, 500, 501])], rate), ["0@0", "1@2", "2@4", "3@6"]);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_goes_on() {
    let lines = [
        event(0, 3, "D"),
        r#"{"Type":"HeartbeatEvent","EventId":"#.to_owned(),
        r#"{"Type":"X","EventId":"1","EventTime":"yesterday"}"#.to_owned(),
        "17".to_owned(),
        event(2, 5, "D"),
    ];
    let text = lines.map(|line| line + "\n").concat().into_bytes();
    let mut schedule =
        schedule(&[InMemory { name: "recording", text, can_reopen: true }], options());
    assert_eq!(shown(&mut schedule), ["0@0", "2@2"]);
    let problems: Vec<_> = schedule
        .take_problems()
        .into_iter()
        .map(|problem| format!("{}: {}", problem.position.unwrap().line, problem.message))
        .collect();
    assert_eq!(
        problems,
        [
            "2: the document ends inside an object; left out 36 bytes",
            "3: an event without a time; left out",
            "4: neither a batch nor an event; left out",
        ]
    );
}

#[test]
fn times_far_apart_do_not_overflow() {
    let lines = [
        r#"{"Type":"X","EventId":"0","EventTime":"0001-01-01T00:00:00Z"}"#,
        r#"{"Type":"X","EventId":"1","EventTime":"9999-12-31T23:59:59Z"}"#,
    ];
    let text = lines.map(|line| line.to_owned() + "\n").concat().into_bytes();
    let recording = InMemory { name: "recording", text, can_reopen: true };
    let looped =
        ScheduleOptions { rounds: Rounds::Times(NonZeroU64::new(1000).unwrap()), ..options() };
    let last = schedule(&[recording], looped).last().unwrap();
    assert_eq!(last.due.0, 315_537_897_599 * SECOND * 1000);
}

#[test]
fn the_order_does_not_depend_on_who_reads() {
    // A batch that takes several slabs, and an event that is earlier than all of it.
    let events: Vec<_> = (0..6_000).map(|id| event(id, 60, "D")).collect();
    let batch = format!(r#"{{"BatchId":"b","Count":6000,"Events":[{}]}}"#, events.join(","));
    let text = format!("{batch}\n{}\n", event(9_999, 0, "D")).into_bytes();
    let recording = InMemory { name: "recording", text, can_reopen: true };
    for read_ahead in [300_000, 1 << 20, 8 << 20] {
        let given = [false, true].map(|has_thread| {
            let mut options = options();
            (options.read.read_ahead, options.read.has_thread) = (read_ahead, has_thread);
            let mut schedule = schedule(std::slice::from_ref(&recording), options);
            (shown(&mut schedule), schedule.counts())
        });
        assert_eq!(given[0], given[1], "{read_ahead}");
        assert_eq!(given[0].1.order, OrderCounts { reordered: 1, misplaced: 0 });
    }
}

#[test]
fn events_that_were_put_in_order_are_counted_with_the_last_one() {
    let options = ScheduleOptions { limit: Some(2), ..options() };
    let mut schedule = schedule(&[capture(&[2, 1])], options);
    assert_eq!(shown(&mut schedule), ["1@0", "0@1"]);
    assert_eq!(schedule.counts().order, OrderCounts { reordered: 1, misplaced: 0 });
}

#[test]
fn problems_in_a_long_body_of_a_har_keep_the_place_of_their_entry() {
    let entry = r#"{"request":{"method":"GET","url":"http://x/3/events/5"},"response":{}}"#;
    let text = format!(r#"{{"log":{{"entries":[{entry},{entry}]}}}}"#).into_bytes();
    let recording = InMemory { name: "recording", text, can_reopen: true };
    let mut options = options();
    // Events that take several slabs, between two without a time.
    options.read.har_body = |_, take| {
        take(b"{\"Type\":\"T\"}\n");
        (0..3_000).for_each(|id| take((event(id, 1, "D") + "\n").as_bytes()));
        take(b"{\"Type\":\"T\"}\n");
        Ok(())
    };
    let mut schedule = schedule(&[recording], options);
    assert_eq!(shown(&mut schedule).len(), 6_000);
    let problems: Vec<_> = schedule.take_problems().into_iter().map(|it| it.message).collect();
    let expected = [(0, 1), (0, 3_002), (1, 1), (1, 3_002)].map(|(entry, line)| {
        format!("entry {entry}, line {line}: an event without a time; left out")
    });
    assert_eq!(problems, expected);
}
