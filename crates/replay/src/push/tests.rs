use std::sync::mpsc;

use super::*;
use crate::{
    clock::{Clock as _, ManualClock},
    recorded::{capture, options, schedule},
    restamp::Restamp,
    time::SECOND,
};

/// Takes events at the cost of some time.
struct Slow<'c> {
    clock: &'c ManualClock,
    cost: Nanos,
    fails_after: Option<u64>,
    taken: Vec<String>,
}

impl Sink for Slow<'_> {
    fn send(&mut self, events: &Departing) -> Result<(), SinkError> {
        if self.fails_after.is_some_and(|most| most <= self.delivered().events) {
            let (sink, message) = ("slow".to_owned(), "gone".to_owned());
            return Err(SinkError { sink, message, is_closed: false });
        }
        let now = self.clock.now().0 / SECOND;
        let id = |text: &[u8]| {
            let text = String::from_utf8(text.to_vec()).unwrap();
            text.split("\"EventId\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
        };
        self.taken.extend(events.events().map(|event| format!("{}@{now}", id(event.text))));
        self.clock.move_to(self.clock.now() + self.cost);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    fn delivered(&self) -> Delivered {
        Delivered { events: self.taken.len() as u64, ..Delivered::default() }
    }
}

struct Outcome {
    taken: Vec<String>,
    pushed: Pushed,
    result: Result<(), SinkError>,
}

fn push(
    seconds: &[u32],
    on_lag: OnLag,
    cost: Nanos,
    fails_after: Option<u64>,
    commands: &[Command],
) -> Outcome {
    let clock = ManualClock::default();
    let (sender, receiver) = mpsc::channel();
    for command in commands {
        sender.send(command.clone()).unwrap();
    }
    let mut player = Player::new(
        schedule(&[capture(seconds)], options()),
        Speed::Times(Ratio::ONE),
        clock.now(),
    );
    let mut restamper = Restamper::new(Restamp::Keep, RecordingTime(0), RecordingTime(0));
    let mut sink = Slow { clock: &clock, cost, fails_after, taken: Vec::new() };
    let mut pushed = Pushed::default();
    let result = Push {
        player: &mut player,
        clock: &clock,
        commands: &receiver,
        restamper: &mut restamper,
        options: PushOptions { on_lag, late: SECOND / 10 },
    }
    .run(&mut sink, &mut pushed, &mut |_| {});
    Outcome { taken: sink.taken, pushed, result }
}

#[test]
fn events_leave_when_they_are_due() {
    let outcome = push(&[0, 0, 5, 7], OnLag::CatchUp, 0, None, &[]);
    assert_eq!(outcome.taken, ["0@0", "1@0", "2@5", "3@7"]);
    let Pushed { emitted, late, lag, .. } = outcome.pushed;
    assert_eq!((emitted, late, lag.summary().max), (4, 0, 0));
}

#[test]
fn what_is_late_is_caught_up() {
    let outcome = push(&[0, 1, 2, 9], OnLag::CatchUp, 5 * SECOND, None, &[]);
    assert_eq!(outcome.taken, ["0@0", "1@5", "2@5", "3@10"]);
    assert_eq!((outcome.pushed.late, outcome.pushed.dropped), (3, 0));
    let worst: Vec<_> =
        outcome.pushed.lag.worst().iter().map(|it| (it.number, it.lag / SECOND)).collect();
    assert_eq!(worst, [(1, 4), (2, 3), (3, 1), (0, 0)]);
}

#[test]
fn what_is_late_moves_the_rest() {
    let outcome = push(&[0, 1, 12], OnLag::Slip, 5 * SECOND, None, &[]);
    assert_eq!(outcome.taken, ["0@0", "1@5", "2@16"]);
    let Pushed { late, slips, slipped, .. } = outcome.pushed;
    assert_eq!((late, slips, slipped), (1, 1, 4 * SECOND));
}

#[test]
fn what_is_late_does_not_leave() {
    let outcome = push(&[0, 1, 5, 12], OnLag::Drop, 5 * SECOND, None, &[]);
    assert_eq!(outcome.taken, ["0@0", "2@5", "3@12"]);
    assert_eq!((outcome.pushed.late, outcome.pushed.dropped), (1, 1));
}

#[test]
fn what_is_late_ends_the_replay() {
    let outcome = push(&[0, 1, 12], OnLag::Fail, 5 * SECOND, None, &[]);
    assert_eq!(outcome.taken, ["0@0", "1@5"]);
    assert!(outcome.pushed.failed_on_lag);
}

#[test]
fn a_sink_that_fails_ends_the_replay_and_what_was_done_is_known() {
    let outcome = push(&[0, 1, 2], OnLag::CatchUp, 0, Some(2), &[]);
    assert_eq!(outcome.taken, ["0@0", "1@1"]);
    assert_eq!(outcome.result.unwrap_err().to_string(), "slow: gone");
}

#[test]
fn commands_are_obeyed_in_a_long_gap() {
    let seek = Command::SeekBy(1790 * SECOND);
    let outcome = push(&[0, 1800], OnLag::CatchUp, 0, None, &[seek]);
    assert_eq!(outcome.taken, ["0@0", "1@10"]);
    let stopped = push(&[0, 1800], OnLag::CatchUp, 0, None, &[Command::Toggle, Command::Stop]);
    assert_eq!((stopped.taken, stopped.pushed.stopped), (vec!["0@0".to_owned()], true));
}

#[test]
fn a_replay_that_is_paused_for_good_ends() {
    let outcome = push(&[0, 5], OnLag::CatchUp, 0, None, &[Command::Toggle]);
    assert_eq!(outcome.taken, ["0@0"]);
}

#[test]
fn steps_and_speeds_are_obeyed() {
    let commands = [Command::Step(1), Command::Toggle, Command::SpeedTimes(2, 1)];
    let outcome = push(&[0, 10, 20], OnLag::CatchUp, 0, None, &commands);
    assert_eq!(outcome.taken, ["0@0", "1@0", "2@5"]);
}
