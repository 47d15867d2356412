//! How long a recording is, found out while it is replayed.

use std::{
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use contrail_replay::{Open as _, Pace, Rounds, Schedule, ScheduleOptions};

use crate::{
    input::Source,
    live::{Board, Length, READ_ONCE},
    recordings,
};

/// After so many events the thread looks whether it is still wanted, and forgets what could not be
/// read: the replay tells it.
const LOOK_EVERY: u64 = 256;

/// What is known before anything is read.
pub(super) fn first(sources: &[Source]) -> Length {
    Length::Unknown(if sources.iter().all(Source::can_reopen) {
        "the recording is still being measured"
    } else {
        READ_ONCE
    })
}

/// Reads the recording in a thread of its own, at most as long as this is held.
#[derive(Debug)]
pub(super) struct Measuring {
    is_over: Arc<AtomicBool>,
}

impl Measuring {
    /// Begins, if the recording can be read a second time.
    pub(super) fn start(sources: Vec<Source>, options: ScheduleOptions, board: Arc<Board>) -> Self {
        let measuring = Self { is_over: Arc::default() };
        if sources.iter().all(Source::can_reopen) {
            let is_over = Arc::clone(&measuring.is_over);
            std::thread::spawn(move || {
                if let Some(length) = length(sources, options, &is_over) {
                    board.length(length);
                }
            });
        }
        measuring
    }
}

impl Drop for Measuring {
    fn drop(&mut self) {
        self.is_over.store(true, Relaxed);
    }
}

/// The length of one round. With a limit, all rounds are one: nobody knows where it ends them.
fn length(
    sources: Vec<Source>,
    mut options: ScheduleOptions,
    is_over: &AtomicBool,
) -> Option<Length> {
    let mut rounds = Some(1);
    if options.limit.is_none() {
        rounds = match options.rounds {
            Rounds::Times(times) => Some(times.get()),
            Rounds::Endless => None,
        };
        options.rounds = Rounds::Times(NonZeroU64::MIN);
    }
    let pace = options.pace;
    let mut schedule = Schedule::new(recordings::captures(sources), options);
    let (mut events, mut round) = (0_u64, 0);
    while let Some(scheduled) = schedule.next() {
        (events, round) = (events + 1, scheduled.due.0);
        if events.is_multiple_of(LOOK_EVERY) {
            schedule.take_problems();
            if is_over.load(Relaxed) {
                return None;
            }
        }
    }
    if let (Pace::Rate(rate), false) = (pace, rounds == Some(1)) {
        round = rate.wall_for(i128::from(events) * 1_000_000_000);
    }
    Some(Length::Known { round, rounds })
}
