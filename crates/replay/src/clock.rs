//! The only place that asks the time, and the only one that waits.

use std::{
    cell::Cell,
    fmt,
    sync::{
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    },
    time::{Duration, Instant, SystemTime},
};

use crate::time::{WallTime, duration};

/// The longest that is spun before a deadline, in nanoseconds. Longer spinning makes the median no
/// better, and the scheduler takes the time back.
const LONGEST_SPIN: u64 = 200_000;

/// What is spun at first, in nanoseconds.
const FIRST_SPIN: u64 = 60_000;

/// How often a spinning thread looks for messages.
const LOOK_EVERY: u32 = 64;

/// The longest single wait; a longer one is done in pieces.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The date and time of this machine.
#[expect(clippy::disallowed_methods, reason = "this is the place that asks")]
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// Something that knows how much time has passed, and can wait.
pub trait Clock: fmt::Debug {
    /// The time since the clock was started. It never runs backwards.
    fn elapsed(&self) -> Duration;

    /// The same in the unit of the engine.
    fn now(&self) -> WallTime {
        WallTime(i128::try_from(self.elapsed().as_nanos()).expect("584 years fit"))
    }
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken<T> {
    /// The deadline.
    ByTime,
    /// A message.
    By(T),
    /// Nobody is left who could send one, and there is no deadline.
    Abandoned,
}

/// A clock that can be waited on.
pub trait Wait: Clock {
    /// Waits for a deadline or a message, whichever comes first; without a deadline, for a message.
    fn wait<T>(&self, until: Option<WallTime>, messages: &Receiver<T>) -> Woken<T>;
}

/// The clock of this machine, which no change of its date moves.
#[derive(Debug)]
pub struct WallClock {
    started: Instant,
    /// How long before a deadline the sleep ends, in nanoseconds: about as late as this machine wakes
    /// up.
    spin: AtomicU64,
}

impl WallClock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that the rest is given")]
    pub fn start() -> Self {
        Self { started: Instant::now(), spin: AtomicU64::new(FIRST_SPIN) }
    }

    /// Sleeps until shortly before the deadline, and learns how late this machine wakes up.
    fn sleep<T>(&self, until: WallTime, messages: &Receiver<T>) -> Option<Woken<T>> {
        let left = duration(until.0 - self.now().0);
        let sleep = left.checked_sub(self.spin()).filter(|sleep| !sleep.is_zero())?;
        let wanted = self.elapsed() + sleep.min(LONGEST_WAIT);
        match messages.recv_timeout(sleep.min(LONGEST_WAIT)) {
            Ok(message) => return Some(Woken::By(message)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::park_timeout(wanted.saturating_sub(self.elapsed()));
            }
        }
        let late = self.elapsed().saturating_sub(wanted);
        self.learn(u64::try_from(late.as_nanos()).unwrap_or(u64::MAX));
        None
    }

    fn spin(&self) -> Duration {
        Duration::from_nanos(self.spin.load(Relaxed))
    }

    /// Three parts old, one part new and doubled; one very late time does not make it spin for long.
    fn learn(&self, late: u64) {
        let late = late.min(LONGEST_SPIN);
        self.spin.store((self.spin.load(Relaxed) * 3 + late * 2) / 4, Relaxed);
    }
}

impl Clock for WallClock {
    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Wait for WallClock {
    fn wait<T>(&self, until: Option<WallTime>, messages: &Receiver<T>) -> Woken<T> {
        let Some(until) = until else {
            return messages.recv().map_or(Woken::Abandoned, Woken::By);
        };
        let mut round = 0_u32;
        loop {
            let now = self.now();
            if until <= now {
                return Woken::ByTime;
            }
            let spin = i128::from(self.spin.load(Relaxed));
            if spin < until - now {
                if let Some(woken) = self.sleep(until, messages) {
                    return woken;
                }
                continue;
            }
            round += 1;
            if round.is_multiple_of(LOOK_EVERY)
                && let Ok(message) = messages.try_recv()
            {
                return Woken::By(message);
            }
            std::hint::spin_loop();
        }
    }
}

/// A clock that others move, for tests; waiting moves it too.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: Cell<WallTime>,
}

impl ManualClock {
    /// Moves it on to a time; it never goes back.
    pub fn move_to(&self, time: WallTime) {
        self.now.set(self.now.get().max(time));
    }
}

impl Clock for ManualClock {
    fn elapsed(&self) -> Duration {
        duration(self.now.get().0)
    }
}

impl Wait for ManualClock {
    fn wait<T>(&self, until: Option<WallTime>, messages: &Receiver<T>) -> Woken<T> {
        match (messages.try_recv(), until) {
            (Ok(message), _) => Woken::By(message),
            (Err(_), Some(until)) => {
                self.move_to(until);
                Woken::ByTime
            }
            (Err(TryRecvError::Empty | TryRecvError::Disconnected), None) => Woken::Abandoned,
        }
    }
}
