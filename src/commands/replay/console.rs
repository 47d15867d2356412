//! What a person at a terminal has during a replay: the live line and the keys.

use std::{
    io::{self, IsTerminal as _},
    sync::{Arc, mpsc::Sender},
};

use contrail_replay::{Command, Delivered, Departing, Notice, ScheduleOptions, Sink, SinkError};

use super::length::{self, Measuring};
use crate::{
    cli::{KeysChoice, ReplayArgs},
    input::Source,
    keys::Keyboard,
    live::{Board, Live},
    outcome::UsageError,
    terminal,
};

/// The live line and the keys; both are gone when this is dropped.
pub(super) struct Console {
    // In this order: the terminal is as it was before the line is taken away.
    _keyboard: Option<Keyboard>,
    live: Live,
    /// Nothing if nobody is there who would see how long the recording is.
    measuring: Option<Measuring>,
    /// Whether events go to the terminal too.
    shares_terminal: bool,
    /// Whether a flush writes something: what a batch holds that is not full.
    flush_writes: bool,
}

impl Console {
    pub(super) fn start(
        args: &ReplayArgs,
        sources: &[Source],
        options: &ScheduleOptions,
        commands: &Sender<Command>,
    ) -> Self {
        let live = Live::start(!args.quiet, length::first(sources));
        let board = live.board();
        let takes_keys = takes_keys(args, sources).is_ok();
        if takes_keys && args.start_paused {
            board.note_until_key("SPACE starts the replay, ? shows the keys");
        } else if takes_keys {
            board.note("? shows the keys");
        }
        let is_attended = takes_keys || live.is_shown();
        Self {
            _keyboard: takes_keys.then(|| Keyboard::listen(commands.clone(), Arc::clone(board))),
            measuring: is_attended
                .then(|| Measuring::start(sources.to_vec(), options.clone(), Arc::clone(board))),
            shares_terminal: args.output.is_none() && io::stdout().is_terminal(),
            flush_writes: args.batch.is_some(),
            live,
        }
    }

    /// Takes note of where the replay is.
    pub(super) fn notice(&self, notice: &Notice<'_>) {
        let board: &Board = self.live.board();
        match notice {
            Notice::At(status) if self.measuring.is_some() => board.status(status),
            Notice::SeekFailed(error) => board.seek_failed(*error),
            Notice::At(_) | Notice::Problem(_) => {}
        }
    }

    /// Writes while the line is out of the way.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.live.board().aside(write)
    }

    /// The sink, so that what it writes to the terminal does not mix with the line.
    pub(super) fn around<'c>(&'c self, sink: &'c mut dyn Sink) -> Around<'c> {
        Around { console: self.shares_terminal.then_some(self), sink }
    }
}

/// Why no key can arrive, if so.
fn takes_keys(args: &ReplayArgs, sources: &[Source]) -> Result<(), &'static str> {
    let is_asked = args.start_paused || args.keys == KeysChoice::Always;
    if args.keys == KeysChoice::Never {
        Err("--keys never refuses them")
    } else if sources.contains(&Source::Stdin) {
        Err("the recording comes from standard input; save it to a file first")
    } else if !io::stdin().is_terminal() {
        Err("standard input is not a terminal; run it in one, or leave the option out")
    } else if !is_asked
        && args.output.is_none()
        && args.http.post.is_none()
        && terminal::is_output_piped()
    {
        // Others in the pipe, such as less, want the keys and change the terminal too.
        Err("standard output is a pipe")
    } else {
        Ok(())
    }
}

/// Refuses to wait for keys where none can arrive.
pub(super) fn check(args: &ReplayArgs, sources: &[Source]) -> Result<(), UsageError> {
    let option = if args.start_paused {
        "--start-paused"
    } else if args.keys == KeysChoice::Always {
        "--keys always"
    } else {
        return Ok(());
    };
    takes_keys(args, sources)
        .map_err(|reason| UsageError(format!("{option} wants keys, but {reason}")))
}

/// A sink that writes while the line is out of the way.
pub(super) struct Around<'c> {
    console: Option<&'c Console>,
    sink: &'c mut dyn Sink,
}

impl Sink for Around<'_> {
    fn send(&mut self, events: &Departing) -> Result<(), SinkError> {
        match self.console {
            Some(console) => console.aside(|| self.sink.send(events)),
            None => self.sink.send(events),
        }
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        match self.console {
            Some(console) if console.flush_writes => console.aside(|| self.sink.flush()),
            _ => self.sink.flush(),
        }
    }

    fn most_at_once(&self) -> usize {
        self.sink.most_at_once()
    }

    fn delivered(&self) -> Delivered {
        self.sink.delivered()
    }
}
