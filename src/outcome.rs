//! Exit codes, each with its meaning.

use std::{fmt, process::ExitCode};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything was read, and nothing at or above the threshold was found.
    Clean = 0,
    /// Something was found.
    Findings = 1,
    /// The arguments or the configuration cannot be used.
    Usage = 2,
    /// Something could not be read, or nothing was validated.
    Incomplete = 3,
    /// The events of a replay could not be delivered.
    NotDelivered = 4,
    /// The timing of a replay was not good enough.
    Inaccurate = 5,
    /// Ctrl-C: 128 and the number of SIGINT.
    Interrupted = 130,
}

impl Outcome {
    /// Whether the user can mend the error by other arguments, or the work broke off.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        if error.is::<UsageError>() { Self::Usage } else { Self::Incomplete }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome as u8)
    }
}

/// The arguments cannot be used.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}
