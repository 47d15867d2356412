//! A progress bar for work that is long, on a terminal.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use contrail_replay::clock::{Clock as _, WallClock};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done before this needs no bar.
const PATIENCE: Duration = Duration::from_millis(700);

/// Shows how far the work is; or nothing, where nobody would see it. Threads may share it.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    wanted: bool,
    clock: WallClock,
}

impl Progress {
    /// `total` is the number of bytes of all files, if it is known.
    pub(crate) fn new(wanted: bool, total: Option<u64>) -> Self {
        let template = match total {
            Some(_) => "{wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left  {msg}",
            None => "{spinner} {bytes}  {bytes_per_sec}  {elapsed}  {msg}",
        };
        Self::with_template(wanted, total, template)
    }

    /// For work that is counted in runs, not in bytes.
    pub(crate) fn of_runs(wanted: bool, total: u64) -> Self {
        Self::with_template(wanted, Some(total), "{wide_bar} {pos}/{len} runs  {eta} left  {msg}")
    }

    fn with_template(wanted: bool, total: Option<u64>, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        bar.set_style(ProgressStyle::with_template(template).expect("the template is sound"));
        Self { bar, wanted: wanted && io::stderr().is_terminal(), clock: WallClock::start() }
    }

    /// Shows what is being done.
    pub(crate) fn tell(&self, what: &'static str) {
        self.bar.set_message(what);
    }

    /// Shows that so many more bytes have been read, or runs been done.
    pub(crate) fn advance(&self, bytes: u64) {
        if !self.wanted {
            return;
        }
        if self.bar.is_hidden() && PATIENCE < self.clock.elapsed() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(bytes);
    }

    /// Writes while the bar is out of the way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.bar.is_hidden() { write() } else { self.bar.suspend(write) }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
