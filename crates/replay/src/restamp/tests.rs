use super::*;
use crate::{
    recorded::{InMemory, options, schedule},
    schedule::{Rounds, ScheduleOptions},
};

const FIRST: &str = r#"{"EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","Type":"SensorReadingEvent","SensorReadings":[{"ReadingTime":"2018-01-01T00:00:01.250Z"}],"ReceivedTime":"2018-01-01T00:00:05Z","EventTime":"2018-01-01T00:00:03Z"}"#;
const SECOND_EVENT: &str = r#"{"EventId":"x","Type":"SensorReadingEvent","ReceivedTime":"2018-01-01T00:00:15Z","EventTime":"2018-01-01T00:00:15Z"}"#;

/// 2026-02-03T04:05:06Z
const STARTED: RecordingTime = RecordingTime(1_770_091_506 * SECOND);

fn events(rounds: u64) -> Vec<Scheduled> {
    let text = format!("{FIRST}\n{SECOND_EVENT}\n").into_bytes();
    let recording = InMemory { name: "recording", text, can_reopen: true };
    let rounds = Rounds::Times(rounds.try_into().unwrap());
    schedule(&[recording], ScheduleOptions { rounds, ..options() }).collect()
}

fn leaving(due: i128, now: i128, speed: &str) -> Leaving {
    let seconds = |seconds: i128| WallTime(seconds * SECOND);
    Leaving { due: seconds(due), now: seconds(now), speed: speed.parse().unwrap() }
}

fn restamper(policy: Restamp, events: &[Scheduled]) -> Restamper {
    Restamper::new(policy, STARTED, events[0].event.time)
}

fn text(restamper: &mut Restamper, event: &Scheduled, leaving: Leaving) -> String {
    let mut out = b"before ".to_vec();
    restamper.write(event, leaving, &mut out);
    String::from_utf8(out).unwrap().strip_prefix("before ").unwrap().to_owned()
}

fn with(event: &str, times: &[(&str, &str)]) -> String {
    times.iter().fold(event.to_owned(), |text, (old, new)| text.replace(old, new))
}

#[test]
fn kept_events_are_the_recorded_bytes() {
    let events = events(1);
    let mut restamper = restamper(Restamp::Keep, &events);
    assert_eq!(text(&mut restamper, &events[0], leaving(0, 0, "1")), FIRST);
    assert_eq!(text(&mut restamper, &events[1], leaving(10, 11, "1")), SECOND_EVENT);
}

#[test]
fn shifted_times_keep_their_distances_and_their_form() {
    let events = events(1);
    let mut restamper = restamper(Restamp::Shift, &events);
    let expected = with(
        FIRST,
        &[
            ("2018-01-01T00:00:01.250Z", "2026-02-03T04:05:02.250Z"),
            ("2018-01-01T00:00:05Z", "2026-02-03T04:05:06Z"),
            ("2018-01-01T00:00:03Z", "2026-02-03T04:05:04Z"),
        ],
    );
    assert_eq!(text(&mut restamper, &events[0], leaving(0, 0, "1")), expected);
    let expected = with(SECOND_EVENT, &[("2018-01-01T00:00:15Z", "2026-02-03T04:05:16Z")]);
    assert_eq!(text(&mut restamper, &events[1], leaving(10, 10, "1")), expected);
    assert_eq!(restamper.held_back(), 0);
}

#[test]
fn no_time_is_in_the_future_unless_asked() {
    let events = events(1);
    let mut held = restamper(Restamp::Shift, &events);
    let expected = with(SECOND_EVENT, &[("2018-01-01T00:00:15Z", "2026-02-03T04:05:07Z")]);
    assert_eq!(text(&mut held, &events[1], leaving(1, 2, "10")), expected);
    assert_eq!(held.held_back(), 2);
    let mut free = restamper(Restamp::Shift, &events).with_future();
    let expected = with(SECOND_EVENT, &[("2018-01-01T00:00:15Z", "2026-02-03T04:05:16Z")]);
    assert_eq!(text(&mut free, &events[1], leaving(1, 2, "10")), expected);
}

#[test]
fn scaled_times_are_those_when_events_are_due() {
    let events = events(1);
    let mut restamper = restamper(Restamp::Scale, &events);
    let expected = with(
        FIRST,
        &[
            ("2018-01-01T00:00:01.250Z", "2026-02-03T04:05:14.125Z"),
            ("2018-01-01T00:00:05Z", "2026-02-03T04:05:16Z"),
            ("2018-01-01T00:00:03Z", "2026-02-03T04:05:15Z"),
        ],
    );
    assert_eq!(text(&mut restamper, &events[0], leaving(10, 12, "2")), expected);
}

#[test]
fn present_times_are_those_when_events_leave() {
    let events = events(1);
    let mut restamper = restamper(Restamp::Now, &events);
    let expected = with(SECOND_EVENT, &[("2018-01-01T00:00:15Z", "2026-02-03T04:05:18Z")]);
    assert_eq!(text(&mut restamper, &events[1], leaving(10, 12, "2")), expected);
}

#[test]
fn times_go_on_from_round_to_round() {
    let events = events(2);
    let mut restamper = restamper(Restamp::Shift, &events);
    let expected = with(SECOND_EVENT, &[("2018-01-01T00:00:15Z", "2026-02-03T04:05:26Z")]);
    assert_eq!(text(&mut restamper, &events[3], leaving(20, 20, "1")), expected);
}

#[test]
fn ids_are_fresh_in_every_round_but_the_first() {
    let events = events(3);
    let mut restamper = restamper(Restamp::Keep, &events).with_new_ids(Chance::new(1));
    let texts: Vec<_> =
        events.iter().map(|event| text(&mut restamper, event, leaving(0, 0, "1"))).collect();
    assert_eq!(texts[..2], [FIRST, SECOND_EVENT]);
    let id = |text: &str| text[12..48].to_owned();
    let ids: std::collections::BTreeSet<_> = texts[2..].iter().map(|text| id(text)).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(texts[2].replace(&id(&texts[2]), &id(FIRST)), FIRST);
    assert_eq!(texts[3].replace(&id(&texts[3]), "x"), SECOND_EVENT);
}

#[test]
fn years_without_four_digits_are_left_alone() {
    let events = events(1);
    let far = RecordingTime(400_000_000_000 * SECOND);
    let mut restamper = Restamper::new(Restamp::Shift, far, events[0].event.time).with_future();
    assert_eq!(text(&mut restamper, &events[0], leaving(0, 0, "1")), FIRST);
}
