//! Findings as people and programs read them: one module for each format.

mod github;
mod gitlab;
mod json;
mod junit;
mod left_out;
mod ndjson;
mod paths;
mod sarif;
mod spelled;
mod text;

use std::{
    io::{self, IsTerminal as _, Write},
    path::Path,
    time::Duration,
};

use contrail_validate::{Finding, Severity, Summary};

use crate::{
    cli::{ColorChoice, OutputFormat},
    input::Unread,
};

use paths::Paths;

pub(crate) use text::{counted, summary_line};

/// Writes findings in one format.
pub(crate) trait Render {
    /// Writes one finding, or keeps it until the end.
    fn finding(&mut self, out: &mut dyn Write, finding: &Finding) -> io::Result<()>;

    /// Writes what comes behind the findings of one capture.
    fn file_done(&mut self, _out: &mut dyn Write, _file: &FileDone<'_>) -> io::Result<()> {
        Ok(())
    }

    /// Writes what comes behind the findings.
    fn end(&mut self, out: &mut dyn Write, end: &End<'_>) -> io::Result<()>;
}

/// What is known when a capture is read.
#[derive(Debug)]
pub(crate) struct FileDone<'f> {
    pub(crate) name: &'f str,
    pub(crate) summary: &'f Summary,
    /// Whether it was read to its end.
    pub(crate) is_whole: bool,
}

/// What is known when all is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End<'e> {
    pub(crate) summary: &'e Summary,
    pub(crate) unread: &'e [Unread],
    /// How many findings a baseline hid.
    pub(crate) suppressed: u64,
    /// Whether the work was stopped before the end of the input, as the user asked.
    pub(crate) stopped: bool,
    /// Told on a terminal alone: what is kept is to be the same whenever and however it is made.
    pub(crate) elapsed: Option<Duration>,
    /// Whether the user wants findings alone.
    pub(crate) quiet: bool,
}

/// What renderers need to know of the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look<'l> {
    pub(crate) colored: bool,
    /// The mildest severity that makes the exit code 1.
    pub(crate) fail_on: Severity,
    /// The folder that reports for hosts of repositories write paths from.
    pub(crate) base: &'l Path,
}

/// The renderer of a format.
pub(crate) fn renderer(format: OutputFormat, look: Look<'_>) -> Box<dyn Render> {
    let paths = Paths::new(look.base);
    match format {
        OutputFormat::Text => Box::new(text::Text::new(look.colored)),
        OutputFormat::Json => Box::new(json::Json::default()),
        OutputFormat::Ndjson => Box::new(ndjson::Ndjson),
        OutputFormat::Sarif => Box::new(sarif::Sarif::new(paths)),
        OutputFormat::Junit => Box::new(junit::Junit::new(paths, look.fail_on)),
        OutputFormat::Github => Box::new(github::Github::new(paths)),
        OutputFormat::Gitlab => Box::new(gitlab::Gitlab::new(paths)),
    }
}

/// Whether standard output is to have colours.
pub(crate) fn is_colored(choice: ColorChoice) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let stdout = io::stdout();
            stdout.is_terminal()
                && anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never
        }
    }
}

/// The message of a finding, and what to do about it on a line of its own.
fn with_help(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    }
}
