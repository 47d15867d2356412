use super::*;
use crate::{
    recorded::{InMemory, capture, options, schedule, shown_one},
    schedule::{Rounds, ScheduleOptions},
    time::SECOND,
};

fn player(seconds: &[u32], speed: &str) -> Player {
    Player::new(schedule(&[capture(seconds)], options()), speed.parse().unwrap(), WallTime(0))
}

fn wall(seconds: i128) -> WallTime {
    WallTime(seconds * SECOND)
}

/// Events that are due at a second of the clock, and when each was due, in seconds.
fn due(player: &mut Player, at: i128) -> Vec<String> {
    std::iter::from_fn(|| player.due(wall(at)))
        .map(|due| {
            let id = shown_one(&due.scheduled);
            format!("{}@{}", id.split('@').next().unwrap(), due.at.0 / SECOND)
        })
        .collect()
}

#[test]
fn what_is_due_leaves_and_nothing_early() {
    let mut player = player(&[0, 0, 10, 20], "2");
    assert_eq!(due(&mut player, 0), ["0@0", "1@0"]);
    assert_eq!(player.next_due(wall(0)), Some(wall(5)));
    assert_eq!(due(&mut player, 4), [""; 0]);
    assert_eq!(due(&mut player, 12), ["2@5", "3@10"]);
    assert_eq!((player.state(), player.next_due(wall(12))), (State::Ended, None));
}

#[test]
fn a_speed_under_1_holds_in_every_round() {
    let rounds = Rounds::Times(2.try_into().unwrap());
    let schedule = schedule(&[capture(&[0, 3, 4])], ScheduleOptions { rounds, ..options() });
    let mut player = Player::new(schedule, "1/2".parse().unwrap(), wall(0));
    assert_eq!(due(&mut player, 100), ["0@0", "1@6", "2@8", "0@8", "1@14", "2@16"]);
}

#[test]
fn a_due_time_between_two_nanoseconds_is_rounded_up() {
    let mut player = player(&[0, 10], "3");
    due(&mut player, 0);
    assert_eq!(player.next_due(wall(0)), Some(WallTime(3_333_333_334)));
}

#[test]
fn without_waiting_everything_leaves_at_once() {
    let mut player = player(&[0, 100, 200], "max");
    assert_eq!(due(&mut player, 1), ["0@1", "1@1", "2@1"]);
}

#[test]
fn a_pause_lets_time_stand_still() {
    let mut player = player(&[0, 10, 20], "1");
    due(&mut player, 0);
    player.pause(wall(4));
    assert_eq!((player.next_due(wall(9)), due(&mut player, 90)), (None, vec![]));
    player.play(wall(100));
    assert_eq!(player.next_due(wall(100)), Some(wall(106)));
    assert_eq!(due(&mut player, 116), ["1@106", "2@116"]);
}

#[test]
fn it_can_be_stopped_while_paused() {
    let mut player = player(&[0, 10, 20], "1");
    player.pause(wall(4));
    player.stop(wall(5));
    assert_eq!((player.state(), due(&mut player, 100)), (State::Ended, vec![]));
}

#[test]
fn steps_let_single_events_leave_and_move_the_time() {
    let mut player = player(&[0, 10, 20, 30], "1");
    player.step(2, wall(3));
    assert_eq!(due(&mut player, 3), ["0@3", "1@3"]);
    assert_eq!((player.state(), player.position(wall(50)).0), (State::Paused, 10 * SECOND));
    player.play(wall(100));
    assert_eq!(due(&mut player, 120), ["2@110", "3@120"]);
}

#[test]
fn a_change_of_speed_goes_on_from_where_it_is() {
    let mut player = player(&[0, 10, 20, 60], "1");
    due(&mut player, 0);
    player.set_speed("10".parse().unwrap(), wall(5));
    assert_eq!(due(&mut player, 6), ["1@5"]);
    player.set_speed("1/2".parse().unwrap(), wall(6));
    assert_eq!(player.position(wall(6)).0, 15 * SECOND);
    assert_eq!(due(&mut player, 16), ["2@16"]);
    player.reset_speed(wall(16));
    assert_eq!(player.next_due(wall(16)), Some(wall(56)));
    player.set_speed(Speed::Max, wall(17));
    assert_eq!(due(&mut player, 17), ["3@17"]);
}

#[test]
fn seeks_go_both_ways_and_pass_events_over() {
    let mut player = player(&[0, 10, 20, 60], "1");
    let to = |seconds: i128| SeekTo::Schedule(ScheduleTime(seconds * SECOND));
    assert_eq!(player.seek(&to(15), wall(1)), Ok(2));
    assert_eq!(due(&mut player, 6), ["2@6"]);
    assert_eq!(player.seek(&to(5), wall(7)), Ok(1));
    assert_eq!(due(&mut player, 12), ["1@12"]);
    assert_eq!(player.seek(&SeekTo::Event("3".to_owned()), wall(20)), Ok(3));
    assert_eq!(due(&mut player, 20), ["3@20"]);
}

#[test]
fn a_seek_by_recording_time_goes_to_that_time_also_between_two_events() {
    let mut player = player(&[0, 10, 20, 60], "1");
    // 2018-01-01T00:00:11Z
    let time = RecordingTime((1_514_764_800 + 11) * SECOND);
    assert_eq!(player.seek(&SeekTo::Recording(time), wall(1)), Ok(2));
    assert_eq!(player.position(wall(1)), ScheduleTime(11 * SECOND));
    assert_eq!(due(&mut player, 9), [""; 0]);
    assert_eq!(due(&mut player, 10), ["2@10"]);
}

#[test]
fn a_seek_that_fails_changes_nothing() {
    let mut player = player(&[0, 10, 20, 60], "1");
    due(&mut player, 0);
    let nowhere = SeekTo::Event("nobody".to_owned());
    assert_eq!(player.seek(&nowhere, wall(4)), Err(SeekError::NotFound));
    assert_eq!(due(&mut player, 10), ["1@10"]);

    let once = InMemory { can_reopen: false, ..capture(&[0, 10]) };
    let speed = "1".parse().unwrap();
    let mut player = Player::new(schedule(&[once], options()), speed, wall(0));
    due(&mut player, 0);
    let back = SeekTo::Schedule(ScheduleTime(0));
    assert_eq!(player.seek(&back, wall(4)), Err(SeekError::CannotGoBack));
    assert_eq!(due(&mut player, 10), ["1@10"]);
}

#[test]
fn what_was_late_is_not_caught_up_after_a_slip() {
    let mut player = player(&[0, 10, 20], "1");
    due(&mut player, 0);
    let late = player.due(wall(15)).unwrap();
    player.slip_to(late.scheduled.due, wall(15));
    assert_eq!(player.next_due(wall(15)), Some(wall(25)));
}

#[test]
fn a_search_in_an_endless_recording_ends() {
    let endless = ScheduleOptions { rounds: Rounds::Endless, ..options() };
    for seconds in [&[0, 10, 20][..], &[0], &[0, 0]] {
        let schedule = schedule(&[capture(seconds)], endless.clone());
        let mut player = Player::new(schedule, Speed::Max, wall(0));
        let seek = |player: &mut Player, to| player.seek(&to, wall(0));
        assert_eq!(seek(&mut player, SeekTo::Event("?".into())), Err(SeekError::NotFound));
        let after = SeekTo::Recording(RecordingTime(i128::MAX));
        assert_eq!(seek(&mut player, after), Err(SeekError::NotFound));
        let far = SeekTo::Schedule(ScheduleTime(i128::MAX));
        assert_eq!(seek(&mut player, far), Err(SeekError::NotFound));
        assert_eq!(player.next.as_ref().map(|next| next.number), Some(0));
    }
}

#[test]
fn no_number_of_steps_is_too_many() {
    let mut player = player(&[0, 1], "1");
    player.step(u64::MAX, wall(0));
    player.step(u64::MAX, wall(0));
    assert_eq!(due(&mut player, 0), ["0@0", "1@0"]);
}
