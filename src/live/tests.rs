use contrail_replay::{Delivered, Ratio};

use super::*;

/// 2018-05-19T13:23:44Z.
const RECORDED: RecordingTime = RecordingTime(1_526_736_224 * SECOND);

fn at_60() -> View {
    View {
        recording: Some(RECORDED),
        elapsed: 75 * SECOND,
        speed: Speed::Times(Ratio::new(60, 1).unwrap()),
        is_paused: false,
        emitted: 1234,
        lag: 120_000,
        until_next: Some(SECOND / 2),
        done: Some((42 * SECOND, 100 * SECOND)),
        left: Some(3723 * SECOND),
        note: None,
    }
}

fn paused() -> View {
    View { is_paused: true, until_next: None, ..at_60() }
}

fn in_a_gap() -> View {
    View { until_next: Some(7200 * SECOND), done: None, left: None, ..at_60() }
}

fn with_a_note() -> View {
    View { note: Some(READ_ONCE.to_owned()), ..at_60() }
}

#[test]
fn at_80_columns_everything_but_the_date_is_told() {
    for (view, expected) in [
        (
            at_60(),
            "13:23:44  0:01:15  60x  1,234 events  lag 0.12 ms  ###------  42%  1:02:03 left",
        ),
        (
            paused(),
            "13:23:44  0:01:15  60x paused  1,234 events  ######---------  42%  1:02:03 left",
        ),
        (in_a_gap(), "2018-05-19  13:23:44  0:01:15  60x  1,234 events  next in 2:00:00"),
        (with_a_note(), "13:23:44  60x  the input can be read only once"),
    ] {
        let text = text(&view, 80);
        assert_eq!(text, expected);
        assert!(text.len() < 80);
    }
}

#[test]
fn at_40_columns_the_rest_is_left_out() {
    for (view, expected) in [
        (at_60(), "13:23:44  60x  ##---  42%  1:02:03 left"),
        (paused(), "13:23:44  60x paused  #####-------  42%"),
        (in_a_gap(), "13:23:44  0:01:15  60x  1,234 events"),
        (with_a_note(), "60x  the input can be read only once"),
    ] {
        let text = text(&view, 40);
        assert_eq!(text, expected);
        assert!(text.len() < 40);
    }
}

#[test]
fn no_width_breaks_the_line() {
    for width in 0..200 {
        for view in [at_60(), paused(), in_a_gap(), with_a_note()] {
            assert!(text(&view, width).len() <= width.saturating_sub(1), "{width}");
        }
    }
}

#[test]
fn numbers_are_short() {
    let times = |text: &str| speed(text.parse().unwrap(), false);
    assert_eq!(
        ["1.1", "1/2", "60", "1/3", "max"].map(times),
        ["1.1x", "0.5x", "60x", "0.333x", "max"]
    );
    assert_eq!([0, 5 * SECOND, 100_000 * SECOND].map(clock), ["0:00:00", "0:00:05", "1d 03:46:40"]);
    assert_eq!([1_000, 25_000_000, 2 * SECOND].map(lag), ["0.00 ms", "25 ms", "2.0 s"]);
    assert_eq!([(0, 3), (3, 3)].map(|done| bar(done, 5)), ["-----   0%", "##### 100%"]);
}

fn status() -> Status {
    Status {
        state: State::Playing,
        speed: Speed::Times(Ratio::new(2, 1).unwrap()),
        position: ScheduleTime(10 * SECOND),
        recording: Some(RECORDED),
        // A gap of 100 s that is capped to 20 s.
        next: Some((ScheduleTime(30 * SECOND), RECORDED + 100 * SECOND)),
        wall: WallTime(0),
        emitted: 7,
        lag: 0,
        delivered: Delivered::default(),
    }
}

fn seen(status: Status, length: Length, at: Nanos) -> View {
    let seen = Seen { status: Some((status, WallTime(0))), note: None, length };
    seen.view(WallTime(at)).unwrap()
}

#[test]
fn time_goes_on_between_two_events_and_waits_for_the_next() {
    let length = Length::Known { round: 60 * SECOND, rounds: Some(1) };
    for (after, recorded, next, done, left) in
        [(0, 0, 10, 10, 25), (5, 50, 5, 20, 20), (10, 100, 0, 30, 15), (20, 100, 0, 30, 15)]
    {
        let view = seen(status(), length, after * SECOND);
        assert_eq!(view.recording, Some(RECORDED + recorded * SECOND), "{after}");
        assert_eq!(view.until_next, Some(next * SECOND), "{after}");
        assert_eq!(view.done, Some((done * SECOND, 60 * SECOND)), "{after}");
        assert_eq!(view.left, Some(left * SECOND), "{after}");
    }
    let paused = Status { state: State::Paused, ..status() };
    let view = seen(paused, length, 5 * SECOND);
    assert_eq!((view.recording, view.until_next), (Some(RECORDED), None));
}

#[test]
fn the_bar_is_that_of_the_present_round() {
    for (rounds, position, expected) in [
        (Some(1), 0, 0),
        (Some(1), 20, 20),
        (Some(3), 20, 0),
        (Some(3), 50, 10),
        (Some(3), 60, 20),
        (None, 60, 0),
    ] {
        let done = done(ScheduleTime(position), 20, rounds);
        assert_eq!(done, Some((expected, 20)), "{rounds:?} {position}");
    }
    assert_eq!(done(ScheduleTime(0), 0, None), None);
    let endless = Length::Known { round: 60 * SECOND, rounds: None };
    assert_eq!(seen(status(), endless, 0).left, None);
}

#[test]
fn a_tenth_is_a_place_in_the_present_round() {
    let live = Live::start(false, Length::Unknown(READ_ONCE));
    let board = live.board();
    assert_eq!(board.tenth(5), Err(READ_ONCE));
    board.length(Length::Known { round: 6 * SECOND, rounds: None });
    assert_eq!(board.tenth(5), Ok(ScheduleTime(3 * SECOND)));
    board.status(&Status { state: State::Paused, ..status() });
    assert_eq!(board.tenth(5), Ok(ScheduleTime(9 * SECOND)));
}

#[test]
fn a_failed_seek_says_why_until_a_key_is_pressed() {
    let live = Live::start(false, Length::Unknown(READ_ONCE));
    let board = live.board();
    board.status(&status());
    board.seek_failed(SeekError::CannotGoBack);
    let told = || lock(&board.seen).view(WallTime(0)).unwrap().note;
    assert_eq!(told().as_deref(), Some("the input can be read only once"));
    board.forget_note();
    assert_eq!(told(), None);
}

#[test]
fn the_line_is_drawn_in_place_and_taken_away_whole() {
    let mut line = Line::default();
    let drawn = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace('\x1b', "^");
    assert_eq!(drawn(line.draw("long", 80)), "^[1Glong^[K^[1G");
    assert_eq!(drawn(line.draw("long", 80)), "", "nothing has changed");
    assert_eq!(drawn(line.draw("long", 30)), "^[1G^[J^[1Glong^[K^[1G", "it may stand on two rows");
    assert_eq!(drawn(line.erase()), "^[1G^[J");
    assert_eq!(drawn(line.erase()), "");
}
