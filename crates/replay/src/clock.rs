//! The only place that asks the time.

use std::{
    fmt,
    time::{Duration, Instant, SystemTime},
};

/// The date and time of this machine.
#[expect(clippy::disallowed_methods, reason = "this is the place that asks")]
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// Something that knows how much time has passed.
pub trait Clock: fmt::Debug {
    /// The time since the clock was started. It never runs backwards.
    fn elapsed(&self) -> Duration;
}

/// The clock of this machine, which no change of its date moves.
#[derive(Debug)]
pub struct WallClock {
    started: Instant,
}

impl WallClock {
    /// A clock that starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that the rest is given")]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for WallClock {
    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}
