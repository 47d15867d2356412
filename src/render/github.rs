//! Workflow commands that GitHub Actions shows as annotations.
//!
//! GitHub shows at most ten errors, ten warnings and ten notices of a step. The first ten of each
//! are written; the others are counted by rule.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use contrail_validate::{Finding, Severity};
use indicatif::HumanCount;

use super::{
    End, Render, left_out::LeftOut, paths::Paths, spelled::spelled, summary_line, with_help,
};

/// How many annotations of one level GitHub shows for a step.
const MOST_OF_A_LEVEL: u64 = 10;

#[derive(Debug)]
pub(super) struct Github {
    paths: Paths,
    /// How many annotations of each level there are.
    written: [u64; Severity::ALL.len()],
    left_out: LeftOut,
}

impl Github {
    pub(super) fn new(paths: Paths) -> Self {
        Self { paths, written: [0; Severity::ALL.len()], left_out: LeftOut::default() }
    }

    fn annotation(&self, finding: &Finding) -> String {
        let (start, end) = (finding.range.start, finding.range.end);
        // GitHub takes columns only where a finding stays on its line.
        let columns = if start.line == end.line {
            format!(",col={},endColumn={}", start.column, end.column)
        } else {
            String::new()
        };
        format!(
            "::{} file={},line={},endLine={}{columns},title={}::{}",
            command(finding.severity),
            property(&self.paths.path(&finding.file)),
            start.line,
            end.line,
            property(finding.rule.name),
            data(&with_help(finding)),
        )
    }
}

impl Render for Github {
    fn finding(&mut self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        let written = &mut self.written[finding.severity as usize];
        if *written == MOST_OF_A_LEVEL {
            self.left_out.add(finding.rule);
            return Ok(());
        }
        *written += 1;
        writeln!(out, "{}", self.annotation(finding))
    }

    fn end(&mut self, out: &mut dyn Write, end: &End<'_>) -> io::Result<()> {
        for unread in end.unread {
            let (file, error) = (self.paths.path(&unread.file), &unread.error);
            let (file, error) = (property(&file), data(error));
            writeln!(out, "::error file={file},title=unread::{error}")?;
        }
        for (rule, count) in self.left_out.by_rule() {
            writeln!(out, "... and {} more {}", HumanCount(count), rule.name)?;
        }
        if end.quiet {
            return Ok(());
        }
        writeln!(out, "{}", summary_line(end))
    }
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

/// Escapes the message of a command.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    match spelled(&text, char::is_control) {
        Cow::Borrowed(_) => text,
        Cow::Owned(text) => text,
    }
}

/// Escapes the value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped() {
        assert_eq!(data("100%, a:b\r\n\u{1b}[2J"), r"100%25, a:b%0D%0A\u001b[2J");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
