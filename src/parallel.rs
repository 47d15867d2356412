//! One large capture that is validated by several threads.
//!
//! Each worker reads a piece of the capture and looks for sound elements in it. The session takes the
//! pieces in their order, and has little left to do with what a worker knows: so one large capture
//! uses all processors, and the findings are those of one thread.

use std::{
    collections::BTreeMap,
    io,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use contrail_validate::{Flow, Scout, Session, Survey, Validator};

use crate::{
    input::Opened,
    reading::{End, Sink},
};

/// The most bytes of a piece. In a quarter of that, and twice that, large files take as long.
const PIECE: usize = 512 << 10;

/// The most bytes that are left to the next piece, so that a piece ends with a line: an element that
/// is cut by the end of a piece is read by the session itself.
const MOST_TAIL: usize = 128 << 10;

/// The most pieces in memory, so that it stays bounded.
const MOST_PIECES: usize = 18;

/// A piece of a capture, and what a worker found in it.
struct Piece {
    /// Its place among all pieces.
    number: u64,
    bytes: Vec<u8>,
    /// How many of the bytes are filled.
    length: usize,
    survey: Survey,
    /// How many bytes of the file have been read, before decompression.
    read: u64,
    /// The error that ended the reading after this piece.
    failed: Option<io::Error>,
}

/// Passes the bytes of a capture to a session, with `workers` threads; `advanced` is called with the
/// number of bytes of the file read so far. `is_live` says that the input is a pipe or terminal, whose
/// next bytes may be slow to arrive.
pub(crate) fn give(
    opened: Opened,
    is_live: bool,
    validator: &Validator,
    workers: NonZeroUsize,
    session: &mut Session<'_>,
    advanced: &mut dyn FnMut(u64),
    sink: &mut Sink<'_>,
) -> End {
    let (spare, spares) = mpsc::channel();
    for _ in 0..(2 * workers.get() + 2).min(MOST_PIECES) {
        // The receiver is there.
        let _ = spare.send(Vec::new());
    }
    let (stop, input) = Input::new(opened, is_live);
    let reader = Reader { input, spares, tail: Vec::new(), number: 0, offset: 0, ended: false };
    let reader = Mutex::new(reader);
    let (tell, pieces) = mpsc::channel();
    thread::scope(|scope| {
        let reader = &reader;
        for _ in 0..workers.get() {
            let tell = tell.clone();
            scope.spawn(move || work(reader, validator, &tell));
        }
        // The pieces end with the last worker.
        drop(tell);
        let queue = Queue { pieces, early: BTreeMap::new(), next: 0 };
        let end = queue.give(&spare, session, advanced, sink);
        // The workers end where there is no memory to be had.
        drop(spare);
        // No worker waits for input that nobody needs.
        if let Some(stop) = stop {
            let _ = stop.try_send(Ok(Vec::new()));
        }
        end
    })
}

/// Reads pieces and looks at them, until there are no more, or nobody takes them.
fn work(reader: &Mutex<Reader>, validator: &Validator, tell: &mpsc::Sender<Piece>) {
    let mut scout = Scout::new(validator);
    loop {
        let next = reader.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some((mut piece, offset)) = next else { return };
        piece.survey = scout.survey(&piece.bytes[..piece.length], offset);
        if tell.send(piece).is_err() {
            return;
        }
    }
}

/// The pieces on their way from the workers to the session.
struct Queue {
    pieces: mpsc::Receiver<Piece>,
    /// Those that came before an earlier one.
    early: BTreeMap<u64, Piece>,
    next: u64,
}

impl Queue {
    fn give(
        mut self,
        spare: &mpsc::Sender<Vec<u8>>,
        session: &mut Session<'_>,
        advanced: &mut dyn FnMut(u64),
        sink: &mut Sink<'_>,
    ) -> End {
        while let Some(mut piece) = self.next() {
            let flow = session.push_surveyed(&mut piece.bytes, piece.length, piece.survey, sink);
            advanced(piece.read);
            if let Some(error) = piece.failed {
                return Err(error);
            }
            if flow.is_break() {
                return Ok(flow);
            }
            // The workers may have ended.
            let _ = spare.send(piece.bytes);
        }
        Ok(Flow::Continue(()))
    }

    /// The next piece in the order of the capture.
    fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.early.remove(&self.next) {
                self.next += 1;
                return Some(piece);
            }
            let piece = self.pieces.recv().ok()?;
            self.early.insert(piece.number, piece);
        }
    }
}

/// Takes a capture apart into pieces. One worker at a time uses it.
struct Reader {
    input: Input,
    /// Memory of pieces that are done with. As there is none while all are in use, no worker is far
    /// ahead of the session.
    spares: mpsc::Receiver<Vec<u8>>,
    /// The start of the line with which the last piece ended: the next piece begins with it.
    tail: Vec<u8>,
    number: u64,
    /// Where the next piece begins in the capture.
    offset: u64,
    ended: bool,
}

impl Reader {
    /// The next piece, not looked at, and the offset of its first byte; `None` at the end.
    fn next(&mut self) -> Option<(Piece, u64)> {
        if self.ended {
            return None;
        }
        let mut bytes = self.spares.recv().ok()?;
        bytes.resize(PIECE.max(bytes.len()), 0);
        let (mut length, failed) = self.read(&mut bytes);
        self.ended |= failed.is_some();
        if !self.ended {
            length = self.cut(&bytes[..length]);
        }
        let (number, offset) = (self.number, self.offset);
        self.number += 1;
        self.offset += length as u64;
        let (survey, read) = (Survey::default(), self.input.bytes_read());
        Some((Piece { number, bytes, length, survey, read, failed }, offset))
    }

    /// Fills a piece, or takes what is there of a live input; gives its length.
    fn read(&mut self, bytes: &mut [u8]) -> (usize, Option<io::Error>) {
        let mut length = self.tail.len();
        bytes[..length].copy_from_slice(&self.tail);
        self.tail.clear();
        while length < PIECE {
            match self.input.read(&mut bytes[length..PIECE]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(more) => length += more,
                Err(error) => return (length, Some(error)),
            }
            if self.input.is_live() {
                break;
            }
        }
        (length, None)
    }

    /// Leaves the line that has no end yet to the next piece. Gives the length without it.
    fn cut(&mut self, bytes: &[u8]) -> usize {
        // What comes in small bits may be long in coming: it is not held back.
        if bytes.len() < MOST_TAIL / 4 {
            return bytes.len();
        }
        let front = bytes.len().saturating_sub(MOST_TAIL);
        let Some(line_feed) = memchr::memrchr(b'\n', &bytes[front..]) else { return bytes.len() };
        let length = front + line_feed + 1;
        self.tail.extend_from_slice(&bytes[length..]);
        length
    }
}

/// Where the bytes come from.
enum Input {
    File(Opened),
    /// Read by a thread of its own, which is not joined: while it waits for its input, it must not
    /// keep the program from its end.
    Live {
        chunks: mpsc::Receiver<io::Result<Vec<u8>>>,
        chunk: Vec<u8>,
        read: u64,
    },
}

/// Ends a live input, as if there were no more.
type Stop = mpsc::SyncSender<io::Result<Vec<u8>>>;

impl Input {
    fn new(opened: Opened, is_live: bool) -> (Option<Stop>, Self) {
        if !is_live {
            return (None, Self::File(opened));
        }
        let (tell, chunks) = mpsc::sync_channel(2);
        let stop = tell.clone();
        thread::spawn(move || read_live(opened, &tell));
        (Some(stop), Self::Live { chunks, chunk: Vec::new(), read: 0 })
    }

    fn is_live(&self) -> bool {
        matches!(self, Self::Live { .. })
    }

    fn bytes_read(&self) -> u64 {
        match self {
            Self::File(opened) => opened.bytes_read(),
            Self::Live { read, .. } => *read,
        }
    }

    /// Reads into `room`, at least one byte if there are more.
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(opened) => opened.read_some(room),
            Self::Live { chunks, chunk, read } => {
                if chunk.is_empty() {
                    // At the end the thread is gone.
                    *chunk = chunks.recv().unwrap_or_else(|_| Ok(Vec::new()))?;
                    *read += chunk.len() as u64;
                }
                let length = chunk.len().min(room.len());
                room[..length].copy_from_slice(&chunk[..length]);
                chunk.drain(..length);
                Ok(length)
            }
        }
    }
}

/// Hands on the bytes of a live input as they come, the end as an empty chunk.
fn read_live(mut opened: Opened, tell: &Stop) {
    let mut buffer = vec![0; MOST_TAIL];
    loop {
        let chunk = opened.read_some(&mut buffer).map(|length| buffer[..length].to_vec());
        let is_last = chunk.as_ref().map_or(true, Vec::is_empty);
        if tell.send(chunk).is_err() || is_last {
            return;
        }
    }
}
