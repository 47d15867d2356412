//! Why the work could not be done: the schemas are not usable.

use std::fmt;

/// A set of schemas cannot be used.
#[derive(Debug)]
pub struct Error {
    /// The file of the set that is at fault, or its folder.
    pub path: String,
    /// What is wrong with it, and the remedy.
    pub reason: String,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "schema {}: {}", self.path, self.reason)
    }
}

impl std::error::Error for Error {}
