//! Where figures go: standard output, and the files of `--report`.

use std::{
    fs::{File, OpenOptions},
    io::{self, IsTerminal as _, Write as _},
};

use anyhow::anyhow;

use super::{
    report::Report,
    table::{self, Look},
};
use crate::{
    cli::{BenchArgs, ReportTarget, TextOrJson},
    input::is_same_file,
    outcome::UsageError,
    render::is_colored,
};

/// The files of the reports, open.
pub(super) struct Written(Vec<File>);

impl Written {
    /// Opens the files, so that a path that is no good fails before the work. What is in them stays
    /// until there are figures.
    pub(super) fn open(args: &BenchArgs) -> Result<Self, UsageError> {
        let mut files = Vec::new();
        for (index, report) in args.reports.iter().enumerate() {
            let ReportTarget { path, .. } = report;
            let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
            files.push(file.map_err(|error| cannot_write(report, &error))?);
            if args.reports[..index].iter().any(|other| is_same_file(&other.path, path)) {
                let path = path.display();
                return Err(UsageError(format!("two reports would be written to {path}")));
            }
        }
        Ok(Self(files))
    }

    /// Writes the reports, and then to standard output.
    pub(super) fn write(self, args: &BenchArgs, report: &Report) -> anyhow::Result<()> {
        for (target, mut file) in args.reports.iter().zip(self.0) {
            let rendered = rendered(report, target.format, Look::PLAIN)?;
            // A pipe cannot be cut short, and need not be.
            if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
                file.set_len(0).map_err(|error| cannot_write(target, &error))?;
            }
            // Without its cause: a report that ends in a closed pipe is a failure.
            file.write_all(rendered.as_bytes())
                .map_err(|error| anyhow!("{}", cannot_write(target, &error)))?;
        }
        let rendered = rendered(report, args.output_format, look(args))?;
        Ok(io::stdout().write_all(rendered.as_bytes())?)
    }
}

fn rendered(report: &Report, format: TextOrJson, look: Look) -> serde_json::Result<String> {
    match format {
        TextOrJson::Text => Ok(table::text(report, look)),
        TextOrJson::Json => Ok(serde_json::to_string_pretty(report)? + "\n"),
    }
}

fn look(args: &BenchArgs) -> Look {
    let stdout = io::stdout();
    let size = terminal_size::terminal_size_of(&stdout);
    Look {
        colored: is_colored(args.color),
        width: size.map_or(Look::PLAIN.width, |(terminal_size::Width(width), _)| width.into()),
        blocks: stdout.is_terminal(),
    }
}

fn cannot_write(report: &ReportTarget<TextOrJson>, error: &io::Error) -> UsageError {
    UsageError(format!("cannot write the report {}: {error}", report.path.display()))
}
