//! The state of a replay in a file, so that a replay that was killed can go on.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use contrail_replay::Key;
use serde::{Deserialize, Serialize};

use crate::outcome::UsageError;

/// How often it is written.
pub(crate) const INTERVAL: Duration = Duration::from_millis(200);

/// Where a replay stands: all up to an event is delivered, and nothing behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checkpoint {
    /// What the replay was asked to do; another replay cannot go on from here.
    pub(crate) arguments: String,
    /// The last event that was delivered.
    pub(crate) last: Key,
    /// How long after the start it was due, in nanoseconds.
    pub(crate) due: u64,
    /// How many bytes of output there are up to it.
    pub(crate) bytes: u64,
    /// When the replay was started.
    pub(crate) started: DateTime<Utc>,
    /// The time of the first event of all, in nanoseconds since 1970.
    pub(crate) first: i128,
}

/// The file of a checkpoint.
#[derive(Debug)]
pub(crate) struct CheckpointFile {
    path: PathBuf,
}

impl CheckpointFile {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// What it holds; nothing if it is not there.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is of a replay with other arguments.
    pub(crate) fn read(&self, arguments: &str) -> Result<Option<Checkpoint>, UsageError> {
        let error = |text: String| UsageError(format!("{}: {text}", self.path.display()));
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(error(cause.to_string())),
        };
        let checkpoint: Checkpoint = serde_json::from_str(&text)
            .map_err(|cause| error(format!("not a checkpoint: {cause}")))?;
        if checkpoint.arguments != arguments {
            return Err(error(
                "the checkpoint is of a replay with other arguments or of other recordings; give the \
                 same ones, or remove it to start anew"
                    .to_owned(),
            ));
        }
        Ok(Some(checkpoint))
    }

    /// Writes it so that whoever reads it finds all of it or what was there before.
    pub(crate) fn write(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        fs::write(&new, serde_json::to_vec(checkpoint)?)?;
        fs::rename(&new, &self.path)
    }

    /// Takes it away: the replay is at its end.
    pub(crate) fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
