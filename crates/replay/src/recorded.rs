//! Recordings for tests.

use std::io::{self, Read};

use crate::{
    input::{Open, ReadOptions},
    schedule::{Schedule, ScheduleOptions, Scheduled},
    time::SECOND,
};

/// A capture in memory.
#[derive(Clone, Debug)]
pub(crate) struct InMemory {
    pub(crate) name: &'static str,
    pub(crate) text: Vec<u8>,
    pub(crate) can_reopen: bool,
}

impl Open for InMemory {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::Cursor::new(self.text.clone())))
    }

    fn can_reopen(&self) -> bool {
        self.can_reopen
    }
}

/// An event of a minute and second of one day, of a device.
pub(crate) fn event(id: u32, second: u32, device: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        r#"{{"Type":"HeartbeatEvent","EventId":"{id}","EventTime":"2018-01-01T00:{minute:02}:{second:02}Z","Device":"{device}"}}"#
    )
}

/// A capture with an event a line at each of these seconds.
pub(crate) fn capture(seconds: &[u32]) -> InMemory {
    let lines = (0..).zip(seconds).map(|(id, second)| event(id, *second, "D") + "\n");
    InMemory { name: "recording", text: lines.collect::<String>().into_bytes(), can_reopen: true }
}

/// What a schedule is asked to do in most tests: everything once, as recorded.
pub(crate) fn options() -> ScheduleOptions {
    let read = ReadOptions { with_stamps: true, ..ReadOptions::default() };
    ScheduleOptions { read, ..ScheduleOptions::default() }
}

pub(crate) fn schedule(captures: &[InMemory], options: ScheduleOptions) -> Schedule {
    let captures = captures.iter().map(|capture| Box::new(capture.clone()) as Box<dyn Open>);
    Schedule::new(captures.collect(), options)
}

/// Events as `id@seconds`, by the seconds when they are due.
pub(crate) fn shown(schedule: &mut Schedule) -> Vec<String> {
    schedule.map(|scheduled| shown_one(&scheduled)).collect()
}

pub(crate) fn shown_one(scheduled: &Scheduled) -> String {
    let id = scheduled.event.id().unwrap_or_default();
    format!("{id}@{}", scheduled.due.0 / SECOND)
}
