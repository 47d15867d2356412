//! A recording in memory, replayed once into a sink: what the benchmarks of replay share.

use std::{
    io::{self, Read},
    sync::{Arc, mpsc},
};

use contrail_replay::{
    OnLag, Open, Player, Push, PushOptions, Pushed, ReadOptions, RecordingTime, Restamp, Restamper,
    Schedule, ScheduleOptions, Sink, Speed,
    clock::{Clock as _, WallClock},
};

/// A recording in memory.
pub(crate) struct InMemory(pub(crate) Arc<[u8]>);

impl Open for InMemory {
    fn name(&self) -> String {
        "bench".to_owned()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::Cursor::new(Arc::clone(&self.0))))
    }

    fn can_reopen(&self) -> bool {
        true
    }
}

fn options(restamp: Restamp, read: ReadOptions) -> ScheduleOptions {
    let read = ReadOptions { with_stamps: restamp != Restamp::Keep, ..read };
    ScheduleOptions { read, ..ScheduleOptions::default() }
}

/// Replays a recording once, by this clock.
pub(crate) fn replay(
    text: &Arc<[u8]>,
    speed: Speed,
    restamp: Restamp,
    read: ReadOptions,
    clock: &WallClock,
    sink: &mut dyn Sink,
) -> Pushed {
    let schedule =
        Schedule::new(vec![Box::new(InMemory(Arc::clone(text)))], options(restamp, read));
    let mut player = Player::new(schedule, speed, clock.now());
    let started = RecordingTime(1_770_091_506_000_000_000);
    let first = player.peek().map_or(started, |next| next.event.time);
    let mut restamper = Restamper::new(restamp, started, first).with_future();
    // Held, so that nobody seems to have gone away.
    let (_commands, received) = mpsc::channel();
    let mut pushed = Pushed::default();
    Push {
        player: &mut player,
        clock,
        commands: &received,
        restamper: &mut restamper,
        options: PushOptions { on_lag: OnLag::CatchUp, late: i128::MAX },
    }
    .run(sink, &mut pushed, &mut |_| {})
    .expect("the sink takes all");
    pushed
}
