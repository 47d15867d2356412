//! Events, or batches of them, one after the other, to standard output or to a file.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write},
    mem,
    path::Path,
};

use contrail_replay::{Delivered, Departing, Key, Sink, SinkError, WallTime};

use super::batch::{Batches, Parcel, Shape};

/// Writes events one after the other.
pub(crate) struct Lines {
    name: String,
    writer: Box<dyn Write>,
    batches: Batches,
    /// What is written at once, with the number of events in it, and the last of them.
    ready: Vec<u8>,
    ready_events: u64,
    ready_last: Option<(Key, WallTime)>,
    delivered: Delivered,
}

impl Lines {
    /// To standard output.
    pub(crate) fn stdout(shape: Shape) -> Self {
        Self::new("<stdout>".to_owned(), Box::new(io::stdout()), shape)
    }

    /// To a file; of one that is there, only the first `keep` bytes are kept.
    pub(crate) fn file(path: &Path, keep: u64, shape: Shape) -> io::Result<Self> {
        let mut file: File =
            OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        // A device such as /dev/null has no length.
        if file.metadata()?.is_file() {
            file.set_len(keep)?;
            file.seek(SeekFrom::End(0))?;
        }
        let mut lines = Self::new(path.display().to_string(), Box::new(file), shape);
        lines.delivered.bytes = keep;
        Ok(lines)
    }

    fn new(name: String, writer: Box<dyn Write>, shape: Shape) -> Self {
        Self {
            name,
            writer,
            batches: Batches::new(shape),
            ready: Vec::new(),
            ready_events: 0,
            ready_last: None,
            delivered: Delivered::default(),
        }
    }

    fn end_line(&mut self, parcel: Option<Parcel>) {
        let Some(parcel) = parcel else { return };
        self.ready.push(b'\n');
        self.ready_events += parcel.events;
        self.ready_last = Some(parcel.last);
    }

    /// Writes what is ready, at once.
    fn write_ready(&mut self) -> Result<(), SinkError> {
        if self.ready.is_empty() {
            return Ok(());
        }
        let mut lines = mem::take(&mut self.ready);
        let (events, last) = (mem::take(&mut self.ready_events), self.ready_last.take());
        self.write(&lines)?;
        lines.clear();
        self.ready = lines;
        self.delivered.events += events;
        self.delivered.last = last.or(self.delivered.last);
        Ok(())
    }

    fn write(&mut self, lines: &[u8]) -> Result<(), SinkError> {
        let written = self.writer.write_all(lines).and_then(|()| self.writer.flush());
        written.map_err(|error| SinkError {
            sink: self.name.clone(),
            message: error.to_string(),
            is_closed: error.kind() == io::ErrorKind::BrokenPipe,
        })?;
        self.delivered.bytes += lines.len() as u64;
        Ok(())
    }
}

impl Sink for Lines {
    fn send(&mut self, events: &Departing) -> Result<(), SinkError> {
        if self.batches.is_plain() {
            self.write(events.lines())?;
            self.delivered.events += events.len() as u64;
            self.delivered.last = events.last().or(self.delivered.last);
            return Ok(());
        }
        for leaver in events.events() {
            let parcel = self.batches.add(leaver, &mut self.ready);
            self.end_line(parcel);
        }
        self.write_ready()
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        let parcel = self.batches.close(&mut self.ready);
        self.end_line(parcel);
        self.write_ready()
    }

    fn delivered(&self) -> Delivered {
        self.delivered
    }
}
