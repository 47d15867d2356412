//! The stage that replays without waiting, into memory.

use std::{
    hint::black_box,
    io::{self, Read},
    sync::mpsc,
};

use contrail_replay::{
    Delivered, Departing, OnLag, Open, Player, Push, PushOptions, Pushed, ReadOptions, Restamp,
    Restamper, Schedule, ScheduleOptions, Sink, SinkError, Speed,
    clock::{Clock as _, WallClock},
};

use super::{
    dump::Slab,
    stages::{Pass, Tally},
};

/// Bytes that are kept before they are written over.
const MEMORY: usize = 1 << 20;

/// Replays the documents of each slab, one a line.
#[derive(Default)]
pub(super) struct Replay {
    memory: Memory,
}

impl Pass for Replay {
    fn slab(&mut self, slab: &Slab) {
        let read = ReadOptions {
            har_body: contrail_validate::har_body,
            has_thread: false,
            ..ReadOptions::default()
        };
        let options = ScheduleOptions { read, ..ScheduleOptions::default() };
        let schedule = Schedule::new(vec![Box::new(Documents(slab.clone()))], options);
        let clock = WallClock::start();
        let mut player = Player::new(schedule, Speed::Max, clock.now());
        let first = player.peek().map_or_else(Default::default, |next| next.event.time);
        // Held, so that nobody seems to have gone away.
        let (_commands, received) = mpsc::channel();
        Push {
            player: &mut player,
            clock: &clock,
            commands: &received,
            restamper: &mut Restamper::new(Restamp::Keep, first, first),
            options: PushOptions { on_lag: OnLag::CatchUp, late: i128::MAX },
        }
        .run(&mut self.memory, &mut Pushed::default(), &mut |_| {})
        .expect("memory takes all");
    }

    fn end(&self) -> Tally {
        vec![("events", self.memory.delivered.events)]
    }
}

/// The documents of a slab as an input.
struct Documents(Slab);

impl Open for Documents {
    fn name(&self) -> String {
        String::new()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Lines { slab: self.0.clone(), number: 0, at: 0 }))
    }

    fn can_reopen(&self) -> bool {
        true
    }
}

/// Reads the documents of a slab, with a line feed after each.
struct Lines {
    slab: Slab,
    /// The number of the document that is read, and how much of it has been.
    number: usize,
    at: usize,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self { slab, number, at } = self;
        let mut filled = 0;
        while let Some(document) = slab.document(*number)
            && filled < buffer.len()
        {
            let rest = &document[*at..];
            let length = rest.len().min(buffer.len() - filled);
            buffer[filled..filled + length].copy_from_slice(&rest[..length]);
            (filled, *at) = (filled + length, *at + length);
            if *at == document.len() && filled < buffer.len() {
                buffer[filled] = b'\n';
                (filled, *number, *at) = (filled + 1, *number + 1, 0);
            }
        }
        Ok(filled)
    }
}

/// Memory that is written over again and again.
#[derive(Default)]
struct Memory {
    bytes: Vec<u8>,
    delivered: Delivered,
}

impl Sink for Memory {
    fn send(&mut self, events: &Departing) -> Result<(), SinkError> {
        let lines = events.lines();
        if MEMORY < self.bytes.len() + lines.len() {
            black_box(&self.bytes);
            self.bytes.clear();
        }
        self.bytes.extend_from_slice(lines);
        self.delivered.events += events.len() as u64;
        self.delivered.bytes += lines.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    fn delivered(&self) -> Delivered {
        self.delivered
    }
}
