//! One capture being read: opened, decompressed, validated.

use std::io;

use contrail_validate::{Finding, Flow, Session, Summary, Validator};

use crate::{
    input::{self, Source},
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

/// Validates a capture to its end, until the sink wants no more, or as far as it goes.
pub(crate) fn validate(
    source: &Source,
    validator: &Validator,
    progress: &Progress,
    sink: &mut Sink<'_>,
) -> Reading {
    let mut opened = match input::open(source) {
        Ok(opened) => opened,
        Err(error) => {
            return Reading { summary: Summary::default(), ended: Ended::NotOpened(error) };
        }
    };
    let mut session = Session::new(validator, &source.name());
    let mut read = 0;
    loop {
        match opened.next_chunk() {
            Ok([]) => break,
            Ok(chunk) => {
                if session.push(chunk, sink).is_break() {
                    return Reading { summary: session.stop(), ended: Ended::Stopped };
                }
            }
            Err(error) => {
                let summary = session.break_off(sink);
                return Reading { summary, ended: Ended::BrokenOff(error) };
            }
        }
        progress.advance(opened.bytes_read() - read);
        read = opened.bytes_read();
    }
    Reading { summary: session.finish(sink), ended: Ended::Whole }
}
