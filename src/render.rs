//! Findings as people and programs read them: one module for each format.

mod json;
mod ndjson;
mod text;

use std::{
    io::{self, Write},
    time::Duration,
};

use contrail_validate::{Finding, Summary};

use crate::{cli::OutputFormat, input::Unread};

pub(crate) use text::summary_line;

/// Writes findings in one format.
pub(crate) trait Render {
    /// Writes one finding, or keeps it until the end.
    fn finding(&mut self, out: &mut dyn Write, finding: &Finding) -> io::Result<()>;

    /// Writes what comes behind the findings.
    fn end(&mut self, out: &mut dyn Write, end: &End<'_>) -> io::Result<()>;
}

/// What is known when all is read.
#[derive(Debug)]
pub(crate) struct End<'e> {
    pub(crate) summary: &'e Summary,
    pub(crate) unread: &'e [Unread],
    /// Whether the work was stopped before the end of the input, as the user asked.
    pub(crate) stopped: bool,
    pub(crate) elapsed: Duration,
    /// Whether the user wants findings alone.
    pub(crate) quiet: bool,
}

/// The renderer of a format.
pub(crate) fn renderer(format: OutputFormat, colored: bool) -> Box<dyn Render> {
    match format {
        OutputFormat::Text => Box::new(text::Text::new(colored)),
        OutputFormat::Json => Box::new(json::Json::default()),
        OutputFormat::Ndjson => Box::new(ndjson::Ndjson),
    }
}
