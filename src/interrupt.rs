//! Ctrl-C: whoever can end its work in order does so; otherwise the program ends.

use std::sync::{Mutex, PoisonError};

use crate::outcome::Outcome;

type Hook = Box<dyn FnOnce() + Send>;

static HOOK: Mutex<Option<Hook>> = Mutex::new(None);

/// Makes Ctrl-C end the program with 130, as shells expect it, wherever it stands.
pub(crate) fn install() {
    let interrupted = || match take() {
        Some(hook) => hook(),
        None =>
        {
            #[expect(clippy::exit, reason = "the main thread may be waiting for input")]
            std::process::exit(Outcome::Interrupted as i32)
        }
    };
    // Without a handler the signal ends the program too, only with another status.
    let _ = ctrlc::set_handler(interrupted);
}

/// Calls this at the next Ctrl-C; the one after it ends the program.
pub(crate) fn at_next(hook: impl FnOnce() + Send + 'static) {
    *HOOK.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(hook));
}

fn take() -> Option<Hook> {
    HOOK.lock().unwrap_or_else(PoisonError::into_inner).take()
}
