//! The terminal that keys come from: each key at once and without echo while it is ours, and then
//! as it was.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

/// What has been done to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    AsItWas,
    Raw,
    /// As it was, for good.
    Over,
}

static MODE: Mutex<Mode> = Mutex::new(Mode::AsItWas);

/// Lets each key come at once and without echo; false if the terminal is not ours to change.
///
/// To be called again and again: a shell changes the terminal while we are stopped, and another job
/// may have it meanwhile.
pub(crate) fn keep_raw() -> bool {
    let mut mode = lock();
    if *mode == Mode::Over || !job::is_foreground() {
        return false;
    }
    if *mode == Mode::AsItWas || job::waits_for_lines() {
        // Otherwise crossterm believes that nothing is to be done.
        let _ = disable_raw_mode();
        if enable_raw_mode().is_err() {
            return false;
        }
        job::keep_line_ends();
        *mode = Mode::Raw;
    }
    true
}

/// Makes the terminal as it was, for good; tells whether it had been changed.
pub(crate) fn restore() -> bool {
    let mut mode = lock();
    let was_raw = give_back(*mode);
    *mode = Mode::Over;
    was_raw
}

/// Stops this job as Ctrl-Z does, with the terminal as it was.
pub(crate) fn stop_job() {
    let mut mode = lock();
    if give_back(*mode) {
        *mode = Mode::AsItWas;
    }
    drop(mode);
    job::stop();
}

/// Whether the terminal is ours, and not that of another job.
pub(crate) fn is_foreground() -> bool {
    job::is_foreground()
}

/// Whether standard output is a pipe, in which others may want the terminal.
pub(crate) fn is_output_piped() -> bool {
    job::is_output_piped()
}

fn give_back(mode: Mode) -> bool {
    // Who is not in the foreground and changes the terminal is stopped.
    mode == Mode::Raw && job::is_foreground() && disable_raw_mode().is_ok()
}

fn lock() -> MutexGuard<'static, Mode> {
    MODE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
mod job {
    use std::{fs::File, io, os::fd::AsFd as _, os::unix::fs::FileTypeExt as _};

    use rustix::{
        process::{Signal, getpgrp, kill_current_process_group},
        stdio::{stderr, stdin},
        termios::{LocalModes, OptionalActions, OutputModes, tcgetattr, tcgetpgrp, tcsetattr},
    };

    pub(super) fn is_foreground() -> bool {
        let group = tcgetpgrp(stdin()).or_else(|_| tcgetpgrp(stderr()));
        group.map_or(true, |group| group == getpgrp())
    }

    pub(super) fn waits_for_lines() -> bool {
        tcgetattr(stdin()).is_ok_and(|modes| modes.local_modes.contains(LocalModes::ICANON))
    }

    /// What others write to the terminal, or we without knowing of the mode, keeps its line ends.
    pub(super) fn keep_line_ends() {
        if let Ok(mut modes) = tcgetattr(stdin()) {
            modes.output_modes |= OutputModes::OPOST;
            let _ = tcsetattr(stdin(), OptionalActions::Now, &modes);
        }
    }

    pub(super) fn is_output_piped() -> bool {
        let file = io::stdout().as_fd().try_clone_to_owned().map(File::from);
        let metadata = file.and_then(|file| file.metadata());
        metadata.is_ok_and(|output| output.file_type().is_fifo())
    }

    /// The whole job, as a terminal does it: what events are piped to stops too.
    pub(super) fn stop() {
        let _ = kill_current_process_group(Signal::TSTP);
    }
}

#[cfg(not(unix))]
mod job {
    pub(super) fn is_foreground() -> bool {
        true
    }

    pub(super) fn waits_for_lines() -> bool {
        false
    }

    pub(super) fn keep_line_ends() {}

    pub(super) fn is_output_piped() -> bool {
        false
    }

    pub(super) fn stop() {}
}
