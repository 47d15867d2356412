//! A capture that is read, decompressed and looked at by other threads, ahead of its validation.
//!
//! One thread reads and decompresses. Scouts look for sound elements in the pieces that it has read.
//! The session takes the pieces in their order, and has little left to do with what a scout knows:
//! so one large capture uses all processors, and the findings are those of one thread.

use std::{
    collections::VecDeque,
    io::{self, Read as _},
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use contrail_validate::{Flow, Scout, Session, Survey, Validator};

use crate::{input::Opened, reading::Sink};

/// Bytes of a piece. An element that is cut by its end is read by the session itself.
const PIECE: usize = 1 << 20;

/// The most pieces that scouts may be ahead, so that the memory stays bounded.
const MOST_AHEAD: usize = 12;

/// The most pieces that are read and wait for a scout.
const MOST_READ: usize = 4;

/// A piece of a capture.
struct Piece {
    bytes: Vec<u8>,
    /// How many of the bytes are filled.
    length: usize,
    /// How many bytes of the file have been read, before decompression.
    read: u64,
}

/// A piece that a scout is to look at, and the place of its first byte.
struct Task {
    piece: Arc<Piece>,
    offset: u64,
    tell: mpsc::SyncSender<Survey>,
}

/// A piece on its way to the session.
type Pending = (Arc<Piece>, mpsc::Receiver<Survey>);

/// How a capture ended: at its end, where nobody wants more of it, or where it could not be read on.
pub(crate) type End = Result<Flow, io::Error>;

/// Gives the bytes of a capture to a session, with so many scouts ahead of it; `advanced` hears how
/// many bytes of the file were read. `is_live` says that it is no file, and may be long in coming.
pub(crate) fn give(
    opened: Opened,
    is_live: bool,
    validator: &Validator,
    scouts: NonZeroUsize,
    session: &mut Session<'_>,
    advanced: &mut dyn FnMut(u64),
    sink: &mut Sink<'_>,
) -> End {
    let pieces = Pieces::start(opened, is_live);
    let (tasks, queue) = mpsc::channel::<Task>();
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        for _ in 0..scouts.get() {
            scope.spawn(|| {
                let mut scout = Scout::new(validator);
                while let Some(task) = next_task(&queue) {
                    let bytes = &task.piece.bytes[..task.piece.length];
                    // Nobody asks any more when the run was ended.
                    let _ = task.tell.send(scout.survey(bytes, task.offset));
                }
            });
        }
        // The scouts end when there can be no more tasks.
        let line = Line { pieces, tasks, offset: 0, pending: VecDeque::new(), ended: None };
        line.give(2 * scouts.get() + 1, session, advanced, sink)
    })
}

fn next_task(queue: &Mutex<mpsc::Receiver<Task>>) -> Option<Task> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// The pieces between the reader and the session.
struct Line {
    pieces: Pieces,
    tasks: mpsc::Sender<Task>,
    /// Where the next piece begins.
    offset: u64,
    pending: VecDeque<Pending>,
    ended: Option<Result<(), io::Error>>,
}

impl Line {
    fn give(
        mut self,
        most: usize,
        session: &mut Session<'_>,
        advanced: &mut dyn FnMut(u64),
        sink: &mut Sink<'_>,
    ) -> End {
        loop {
            self.fill(most.min(MOST_AHEAD));
            let Some((piece, survey)) = self.pending.pop_front() else {
                return self.ended.take().unwrap_or(Ok(())).map(Flow::Continue);
            };
            let survey = survey.recv().expect("a scout gives what it found");
            let flow = session.push_surveyed(&piece.bytes[..piece.length], survey, sink);
            advanced(piece.read);
            self.pieces.done(piece);
            if flow.is_break() {
                return Ok(flow);
            }
        }
    }

    /// Hands pieces to the scouts; waits for one only if there is none.
    fn fill(&mut self, most: usize) {
        while self.pending.len() < most && self.ended.is_none() {
            match self.pieces.next(self.pending.is_empty()) {
                Next::Piece(piece) => {
                    let piece = self.joined(piece);
                    self.add(piece);
                }
                Next::None => return,
                Next::End(end) => self.ended = Some(end),
            }
        }
    }

    /// The piece with those that wait behind it, as far as they fit: what comes in bits is looked at
    /// in larger ones where that costs no time.
    fn joined(&mut self, mut piece: Piece) -> Piece {
        while piece.length < PIECE / 2 {
            match self.pieces.next(false) {
                Next::Piece(more) if piece.length + more.length <= PIECE => {
                    let end = piece.length + more.length;
                    piece.bytes[piece.length..end].copy_from_slice(&more.bytes[..more.length]);
                    (piece.length, piece.read) = (end, more.read);
                    self.pieces.done(Arc::new(more));
                }
                Next::Piece(more) => {
                    self.add(piece);
                    return more;
                }
                Next::None => break,
                Next::End(end) => {
                    self.ended = Some(end);
                    break;
                }
            }
        }
        piece
    }

    fn add(&mut self, piece: Piece) {
        let (tell, survey) = mpsc::sync_channel(1);
        let (offset, piece) = (self.offset, Arc::new(piece));
        self.offset += piece.length as u64;
        // The scouts live as long as there may be tasks.
        let _ = self.tasks.send(Task { piece: Arc::clone(&piece), offset, tell });
        self.pending.push_back((piece, survey));
    }
}

/// What the reader has.
enum Next {
    Piece(Piece),
    /// Nothing yet.
    None,
    End(Result<(), io::Error>),
}

/// The reading thread, from outside.
struct Pieces {
    read: mpsc::Receiver<io::Result<Piece>>,
    /// Memory of pieces that are done with.
    spare: mpsc::Sender<Vec<u8>>,
}

impl Pieces {
    fn start(opened: Opened, is_live: bool) -> Self {
        let (tell, read) = mpsc::sync_channel(MOST_READ);
        let (spare, spares) = mpsc::channel();
        let reader = Reader { opened, tell, spares, is_live, failed: None };
        // Not joined: a thread that waits for its input must not keep the program from its end.
        thread::spawn(move || reader.run());
        Self { read, spare }
    }

    fn next(&self, is_awaited: bool) -> Next {
        let piece = if is_awaited {
            self.read.recv().map_err(|_| mpsc::TryRecvError::Disconnected)
        } else {
            self.read.try_recv()
        };
        match piece {
            Ok(Ok(piece)) => Next::Piece(piece),
            Ok(Err(error)) => Next::End(Err(error)),
            Err(mpsc::TryRecvError::Empty) => Next::None,
            Err(mpsc::TryRecvError::Disconnected) => Next::End(Ok(())),
        }
    }

    fn done(&self, piece: Arc<Piece>) {
        if let Ok(piece) = Arc::try_unwrap(piece) {
            // The reader may have ended.
            let _ = self.spare.send(piece.bytes);
        }
    }
}

/// The reading thread.
struct Reader {
    opened: Opened,
    tell: mpsc::SyncSender<io::Result<Piece>>,
    spares: mpsc::Receiver<Vec<u8>>,
    /// Whether more bytes may be long in coming: then what is there is told at once.
    is_live: bool,
    /// What ended the reading, while the bytes before it are on their way.
    failed: Option<io::Error>,
}

impl Reader {
    fn run(mut self) {
        loop {
            let piece = self.piece();
            let is_last = piece.length == 0;
            let told = match self.failed.take_if(|_| is_last) {
                Some(error) => self.tell.send(Err(error)),
                None if is_last => return,
                None => self.tell.send(Ok(piece)),
            };
            if told.is_err() || is_last {
                return;
            }
        }
    }

    /// Reads until the piece is full; once, if more may be long in coming.
    fn piece(&mut self) -> Piece {
        let mut bytes = self.spares.try_recv().unwrap_or_else(|_| vec![0; PIECE]);
        let mut length = 0;
        while length < PIECE && self.failed.is_none() {
            match self.opened.read(&mut bytes[length..]) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => self.failed = Some(error),
            }
            if self.is_live {
                break;
            }
        }
        Piece { bytes, length, read: self.opened.bytes_read() }
    }
}
