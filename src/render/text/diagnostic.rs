//! One finding in the manner of rustc: what, where, the piece of the line, and what to do.
//!
//! Libraries for this show whole lines; a dump is often one line of many megabytes.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use anstyle::{AnsiColor, Style};
use contrail_validate::{Finding, Severity};
use unicode_width::UnicodeWidthStr as _;

/// How the parts of a diagnostic look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Theme {
    error: Style,
    warning: Style,
    info: Style,
    strong: Style,
    /// Line numbers, arrows, the bar.
    frame: Style,
}

impl Theme {
    pub(super) const COLORED: Self = Self {
        error: AnsiColor::BrightRed.on_default().bold(),
        warning: AnsiColor::BrightYellow.on_default().bold(),
        info: AnsiColor::BrightGreen.on_default().bold(),
        strong: Style::new().bold(),
        frame: AnsiColor::BrightBlue.on_default().bold(),
    };

    fn of(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
            Severity::Info => self.info,
        }
    }
}

/// Writes a finding, and an empty line behind it.
pub(super) fn write(out: &mut dyn Write, theme: &Theme, finding: &Finding) -> io::Result<()> {
    let Theme { strong, frame, .. } = theme;
    let style = theme.of(finding.severity);
    let (severity, rule) = (finding.severity.as_str(), finding.rule.name);
    let message = printable(&finding.message);
    writeln!(out, "{style}{severity}[{rule}]{style:#}{strong}: {message}{strong:#}")?;
    let line = finding.in_body.unwrap_or(finding.start()).line.to_string();
    let margin = " ".repeat(line.len());
    let (file, start) = (printable(&finding.file), finding.start());
    writeln!(out, "{margin}{frame}-->{frame:#} {file}:{start}")?;
    if !finding.excerpt.text.is_empty() {
        let (text, before, marked) = excerpt(finding);
        let (indent, carets) = (" ".repeat(before), "^".repeat(marked));
        writeln!(out, "{margin} {frame}|{frame:#}")?;
        writeln!(out, "{frame}{line} |{frame:#} {text}")?;
        writeln!(out, "{margin} {frame}|{frame:#} {indent}{style}{carets}{style:#}")?;
    }
    if !finding.pointer.is_empty() {
        writeln!(out, "{margin} {frame}={frame:#} {strong}at{strong:#}: {}", place(finding))?;
    }
    if let Some(help) = &finding.help {
        writeln!(out, "{margin} {frame}={frame:#} {strong}help{strong:#}: {}", printable(help))?;
    }
    writeln!(out)
}

/// The pointer, and which event it leads into.
fn place(finding: &Finding) -> String {
    let event = finding.event.as_ref();
    let described = event.and_then(|event| match (&event.type_name, &event.id) {
        (Some(type_name), Some(id)) => Some(format!(" ({type_name} {id})")),
        (Some(name), None) | (None, Some(name)) => Some(format!(" ({name})")),
        (None, None) => None,
    });
    let pointer = &finding.pointer;
    printable(&format!("{pointer}{}", described.unwrap_or_default())).into_owned()
}

/// The piece of the line, how many columns stand before the mark, and how many are marked.
fn excerpt(finding: &Finding) -> (String, usize, usize) {
    const CUT: &str = "...";
    let excerpt = &finding.excerpt;
    let (before, rest) = excerpt.text.split_at(excerpt.mark.start);
    let (marked, after) = rest.split_at(excerpt.mark.len());
    let (before, marked, after) = (printable(before), printable(marked), printable(after));
    let before = if excerpt.cut_left { format!("{CUT}{before}") } else { before.into_owned() };
    let right = if excerpt.cut_right { CUT } else { "" };
    // A container is marked at its opening bracket: where it ends is seldom of interest.
    let width = if marked.starts_with(['{', '[']) { 1 } else { marked.width().max(1) };
    (format!("{before}{marked}{after}{right}"), before.width(), width)
}

/// The text without characters that would move the cursor or change the terminal.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let plain = |character: char| match character {
        '\t' => ' ',
        control if control.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    };
    Cow::Owned(text.chars().map(plain).collect())
}
