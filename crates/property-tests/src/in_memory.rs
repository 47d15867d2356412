//! A recording in memory, for the properties of replay.

use std::io::{self, Read};

use contrail_replay::{Open, Schedule, ScheduleOptions};

/// A recording in memory.
#[derive(Clone, Debug)]
pub(crate) struct InMemory(pub(crate) String);

impl Open for InMemory {
    fn name(&self) -> String {
        "recording".to_owned()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::Cursor::new(self.0.clone().into_bytes())))
    }

    fn can_reopen(&self) -> bool {
        true
    }
}

/// The schedule of a recording.
pub(crate) fn schedule(recording: &InMemory, options: ScheduleOptions) -> Schedule {
    Schedule::new(vec![Box::new(recording.clone())], options)
}
