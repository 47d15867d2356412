//! Ctrl-C: whoever can end its work in order does so; otherwise the program ends.

use std::{
    io::{self, Write as _},
    sync::{Mutex, PoisonError},
};

use crate::{outcome::Outcome, terminal};

type Hook = Box<dyn FnOnce() + Send>;

static HOOK: Mutex<Option<Hook>> = Mutex::new(None);

/// Makes Ctrl-C end the program with 130, as shells expect it, wherever it stands.
pub(crate) fn install() {
    // Without a handler the signal ends the program too, only with another status.
    let _ = ctrlc::set_handler(interrupt);
}

/// What Ctrl-C does. Where keys are taken it arrives as one of them, and not as a signal.
pub(crate) fn interrupt() {
    if let Some(hook) = take() {
        return hook();
    }
    if terminal::restore() {
        // The prompt of the shell begins on a line of its own.
        let _ = io::stderr().write_all(b"\n");
    }
    #[expect(clippy::exit, reason = "the main thread may be waiting for input")]
    std::process::exit(Outcome::Interrupted as i32)
}

/// Calls this at the next Ctrl-C; the one after it ends the program.
pub(crate) fn at_next(hook: impl FnOnce() + Send + 'static) {
    *HOOK.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(hook));
}

fn take() -> Option<Hook> {
    HOOK.lock().unwrap_or_else(PoisonError::into_inner).take()
}
