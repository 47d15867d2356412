//! The program: reads arguments, calls the crates, shows what they found, chooses an exit code.

mod amounts;
mod baseline;
mod checkpoint;
mod choices;
mod cli;
mod commands;
mod config;
mod input;
mod interrupt;
mod jobs;
mod keys;
mod live;
mod outcome;
mod outputs;
mod parallel;
mod progress;
mod reading;
mod recordings;
mod render;
mod sink;
mod terminal;
mod unread;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

use crate::{cli::Cli, outcome::Outcome};

fn main() -> ExitCode {
    interrupt::install();
    match commands::run(Cli::parse()) {
        Ok(outcome) => outcome.into(),
        Err(error) if is_broken_pipe(&error) => Outcome::Clean.into(),
        Err(error) => {
            // Nothing is left to tell the user if standard error is gone too.
            let _ = writeln!(io::stderr(), "contrail: {error:#}");
            Outcome::of_error(&error).into()
        }
    }
}

/// A reader such as `head` that closes its end early is not a failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
