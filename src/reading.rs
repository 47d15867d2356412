//! One capture being read: opened, decompressed, validated.

use std::{io, num::NonZeroUsize};

use contrail_validate::{Finding, Flow, Session, Summary, Validator};

use crate::{
    input::{self, Opened, Source},
    parallel,
    progress::Progress,
};

/// What receives findings; it says whether to go on.
pub(crate) type Sink<'s> = dyn FnMut(Finding) -> Flow + 's;

/// What came of reading a capture.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) summary: Summary,
    pub(crate) ended: Ended,
}

/// How far a capture was read.
#[derive(Debug)]
pub(crate) enum Ended {
    /// To its end.
    Whole,
    /// As far as the sink wanted.
    Stopped,
    /// As far as it goes.
    BrokenOff(io::Error),
    /// Not at all.
    NotOpened(io::Error),
}

/// How the bytes of a capture ended: at their end, where nobody wants more of them, or where they could
/// not be read on.
pub(crate) type End = Result<Flow, io::Error>;

/// Validates a capture to its end, until the sink wants no more, or as far as it goes; by several
/// workers, if there are to be any and the capture is large enough for them.
pub(crate) fn validate(
    source: &Source,
    validator: &Validator,
    workers: Option<NonZeroUsize>,
    progress: &Progress,
    sink: &mut Sink<'_>,
) -> Reading {
    let opened = match input::open(source) {
        Ok(opened) => opened,
        Err(error) => {
            return Reading { summary: Summary::default(), ended: Ended::NotOpened(error) };
        }
    };
    let mut session = Session::new(validator, &source.name());
    let mut read = 0;
    let mut advanced = |bytes| {
        progress.advance(bytes - read);
        read = bytes;
    };
    let ended = match workers.filter(|_| source.is_large()) {
        Some(workers) => parallel::give(
            opened,
            source.is_live(),
            validator,
            workers,
            &mut session,
            &mut advanced,
            sink,
        ),
        None => give(opened, &mut session, &mut advanced, sink),
    };
    match ended {
        Ok(Flow::Continue(())) => Reading { summary: session.finish(sink), ended: Ended::Whole },
        Ok(Flow::Break(())) => Reading { summary: session.stop(), ended: Ended::Stopped },
        Err(error) => Reading { summary: session.break_off(sink), ended: Ended::BrokenOff(error) },
    }
}

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// Gives the bytes of a capture to a session, one piece after the other.
fn give(
    mut opened: Opened,
    session: &mut Session<'_>,
    advanced: &mut dyn FnMut(u64),
    sink: &mut Sink<'_>,
) -> End {
    loop {
        match session.read(PIECE, &mut |room| opened.read_some(room), sink)? {
            (0, _) => return Ok(Flow::Continue(())),
            (_, Flow::Break(())) => return Ok(Flow::Break(())),
            (_, Flow::Continue(())) => advanced(opened.bytes_read()),
        }
    }
}
