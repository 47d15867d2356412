//! A progress bar for work that is long, on a terminal.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use contrail_replay::clock::Clock;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done before this needs no bar.
const PATIENCE: Duration = Duration::from_millis(700);

/// Shows how far the work is; or nothing, where nobody would see it.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    wanted: bool,
    /// Bytes of the files that are done.
    done: u64,
}

impl Progress {
    /// `total` is the number of bytes of all files, if it is known.
    pub(crate) fn new(wanted: bool, total: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let template = match total {
            Some(_) => "{wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left  {msg}",
            None => "{spinner} {bytes}  {bytes_per_sec}  {elapsed}  {msg}",
        };
        bar.set_style(ProgressStyle::with_template(template).expect("the template is sound"));
        Self { bar, wanted: wanted && io::stderr().is_terminal(), done: 0 }
    }

    /// Shows that so many bytes of the present file have been read.
    pub(crate) fn at(&mut self, bytes: u64, clock: &dyn Clock) {
        if !self.wanted {
            return;
        }
        if self.bar.is_hidden() && PATIENCE < clock.elapsed() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(self.done + bytes);
    }

    /// Goes on to the next file.
    pub(crate) fn file_done(&mut self, bytes: u64) {
        self.done += bytes;
    }

    /// Writes while the bar is out of the way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
