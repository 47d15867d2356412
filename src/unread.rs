//! What could not be read, told as it is met and counted.

use std::io::{self, Write as _};

use contrail_replay::Problem;

/// What could not be read, told as it is met.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    pub(crate) count: u64,
}

impl Unread {
    pub(crate) fn tell(&mut self, text: &str) {
        self.count += 1;
        // If nobody reads standard error, the work and its exit code stay the same.
        let _ = writeln!(io::stderr(), "contrail: {text}");
    }

    pub(crate) fn problem(&mut self, problem: &Problem) {
        let Problem { input, position, message } = problem;
        match position {
            Some(at) => self.tell(&format!("{input}:{}:{}: {message}", at.line, at.column)),
            None => self.tell(&format!("{input}: {message}")),
        }
    }
}
