//! What happens in a replay, noted as it happens: what cannot be read, and where a checkpoint is due.

use std::time::Duration;

use chrono::{DateTime, Utc};
use contrail_replay::{
    Delivered, Key, Notice, RecordingTime, WallTime,
    clock::{Clock as _, WallClock},
};

use super::console::Console;
use crate::{
    checkpoint::{self, Checkpoint, CheckpointFile},
    unread::Unread,
};

/// When a replay started, and with which event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) started: DateTime<Utc>,
    pub(super) first: RecordingTime,
    /// How much of it was over when this run began, in nanoseconds.
    pub(super) resumed_after: u64,
}

/// Takes note of what happens in a replay.
pub(super) struct Watch<'w> {
    pub(super) unread: &'w mut Unread,
    pub(super) clock: &'w WallClock,
    pub(super) origin: Origin,
    pub(super) arguments: &'w str,
    pub(super) file: Option<&'w CheckpointFile>,
    /// When the checkpoint was written last.
    pub(super) written: Duration,
    /// The last event that was delivered then.
    pub(super) last: Option<Key>,
    pub(super) failed: Option<anyhow::Error>,
}

impl Watch<'_> {
    pub(super) fn notice(&mut self, notice: &Notice<'_>, console: &Console) {
        match notice {
            Notice::Problem(problem) => console.aside(|| self.unread.problem(problem)),
            Notice::At(status) if self.written + checkpoint::INTERVAL <= self.clock.elapsed() => {
                self.keep(status.delivered);
            }
            Notice::SeekFailed(_) | Notice::At(_) => {}
        }
    }

    /// Writes a checkpoint if there is something new to be kept.
    pub(super) fn keep(&mut self, delivered: Delivered) {
        let (Some(file), Some((last, due))) = (self.file, delivered.last) else { return };
        if self.last == Some(last) {
            return;
        }
        self.written = self.clock.elapsed();
        self.last = Some(last);
        if let Err(error) =
            self.checkpoint(last, due, delivered.bytes).and_then(|it| Ok(file.write(&it)?))
        {
            let error = error.context("the checkpoint cannot be written");
            self.failed.get_or_insert(error);
        }
    }

    fn checkpoint(&self, last: Key, due: WallTime, bytes: u64) -> anyhow::Result<Checkpoint> {
        Ok(Checkpoint {
            arguments: self.arguments.to_owned(),
            last,
            due: self.origin.resumed_after + u64::try_from(due.0.max(0))?,
            bytes,
            started: self.origin.started,
            first: self.origin.first.0,
        })
    }
}
