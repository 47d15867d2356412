//! Events, or batches of them, one behind the other, to standard output or to a file.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write},
    mem,
    num::NonZeroUsize,
    path::Path,
};

use contrail_replay::{Chance, Delivered, Departing, Key, Leaver, Sink, SinkError, WallTime};

/// In what shape events are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The most events of a batch; without it, events stand alone.
    pub(crate) batch: Option<NonZeroUsize>,
    /// Whether each is brought to one line.
    pub(crate) is_compact: bool,
    /// What the ids of batches are made of.
    pub(crate) chance: Chance,
}

/// Writes events one behind the other.
pub(crate) struct Lines {
    name: String,
    writer: Box<dyn Write>,
    shape: Shape,
    /// What is written at once, with the number of events in it, and the last of them.
    ready: Vec<u8>,
    ready_events: u64,
    ready_last: Option<(Key, WallTime)>,
    /// The events of a batch that is not full yet.
    held: Vec<u8>,
    held_events: u64,
    held_last: Option<(Key, WallTime)>,
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
            shape,
            ready: Vec::new(),
            ready_events: 0,
            ready_last: None,
            held: Vec::new(),
            held_events: 0,
            held_last: None,
            delivered: Delivered::default(),
        }
    }

    fn add(&mut self, leaver: Leaver<'_>) {
        let last = Some((leaver.key, leaver.due));
        let Some(most) = self.shape.batch else {
            write_event(leaver.text, self.shape.is_compact, &mut self.ready);
            self.ready.push(b'\n');
            self.ready_events += 1;
            self.ready_last = last;
            return;
        };
        if 0 < self.held_events {
            self.held.push(b',');
        }
        write_event(leaver.text, self.shape.is_compact, &mut self.held);
        self.held_events += 1;
        self.held_last = last;
        if self.held_events == most.get() as u64 {
            self.close_batch();
        }
    }

    /// Makes a batch of the events that are held, as Get Events answers.
    fn close_batch(&mut self) {
        let Some((last, _)) = self.held_last else { return };
        let id = self.shape.chance.named(b"batch").of(last.round).of(last.index).guid();
        self.ready.extend_from_slice(b"{\"BatchId\":\"");
        self.ready.extend_from_slice(&id);
        // Writing to a vector does not fail.
        let _ = write!(self.ready, "\",\"Count\":{},\"Events\":[", self.held_events);
        self.ready.append(&mut self.held);
        self.ready.extend_from_slice(b"]}\n");
        self.ready_events += mem::take(&mut self.held_events);
        self.ready_last = self.held_last.take();
    }

    /// Writes what is ready, at once.
    fn write(&mut self) -> Result<(), SinkError> {
        let written = self.writer.write_all(&self.ready).and_then(|()| self.writer.flush());
        written.map_err(|error| SinkError {
            sink: self.name.clone(),
            message: error.to_string(),
            is_closed: error.kind() == io::ErrorKind::BrokenPipe,
        })?;
        self.delivered.bytes += self.ready.len() as u64;
        self.ready.clear();
        self.delivered.events += mem::take(&mut self.ready_events);
        self.delivered.last = self.ready_last.take().or(self.delivered.last);
        Ok(())
    }
}

impl Sink for Lines {
    fn send(&mut self, events: &Departing) -> Result<(), SinkError> {
        events.events().for_each(|leaver| self.add(leaver));
        if self.ready.is_empty() { Ok(()) } else { self.write() }
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        if self.held_events == 0 {
            return Ok(());
        }
        self.close_batch();
        self.write()
    }

    fn delivered(&self) -> Delivered {
        self.delivered
    }
}

fn write_event(text: &[u8], is_compact: bool, out: &mut Vec<u8>) {
    if is_compact {
        push_compact(text, out);
    } else {
        out.extend_from_slice(text);
    }
}

/// Copies JSON without the white space between its tokens.
fn push_compact(text: &[u8], out: &mut Vec<u8>) {
    let (mut in_string, mut is_escaped) = (false, false);
    for &byte in text {
        if in_string {
            in_string = is_escaped || byte != b'"';
            is_escaped = !is_escaped && byte == b'\\';
        } else if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            continue;
        } else {
            in_string = byte == b'"';
        }
        out.push(byte);
    }
}
