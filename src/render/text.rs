//! Findings for people, in the manner of rustc.

mod diagnostic;
mod groups;

use std::{
    io::{self, Write},
    time::Duration,
};

use contrail_validate::{Finding, Severities, Summary, VersionCount};
use indicatif::{HumanBytes, HumanCount};

use super::{End, Render};
use diagnostic::Theme;
use groups::{Groups, Place};

#[derive(Debug)]
pub(super) struct Text {
    theme: Theme,
    groups: Groups,
}

impl Text {
    pub(super) fn new(colored: bool) -> Self {
        let theme = if colored { Theme::COLORED } else { Theme::default() };
        Self { theme, groups: Groups::default() }
    }
}

impl Render for Text {
    fn finding(&mut self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        match self.groups.place(finding) {
            Place::Shown => diagnostic::write(out, &self.theme, finding),
            Place::Folded => Ok(()),
        }
    }

    fn end(&mut self, out: &mut dyn Write, end: &End<'_>) -> io::Result<()> {
        for fold in self.groups.folds() {
            writeln!(out, "{}", diagnostic::printable(&fold))?;
        }
        if end.quiet {
            return Ok(());
        }
        writeln!(out, "{}", summary_line(end))
    }
}

/// What was read, and how much was found in it, in one line.
pub(crate) fn summary_line(end: &End<'_>) -> String {
    let summary = end.summary;
    let Summary { files, documents, batches, events, bytes, findings, .. } = summary;
    let unchecked = summary.unchecked_silently;
    let verdict = match findings_in_words(*findings) {
        found if found.is_empty() && end.unread.is_empty() && unchecked == 0 => "clean".to_owned(),
        found if found.is_empty() => "no findings in what was read".to_owned(),
        found => found,
    };
    let stopped = if end.stopped { ", stopped early" } else { "" };
    let suppressed = match end.suppressed {
        0 => String::new(),
        count => format!(", {} hidden by the baseline", HumanCount(count)),
    };
    format!(
        "{verdict}{stopped}{suppressed}: {}, {}{}, {}, {}, {}{}{}{}",
        counted(*files, "file", "files"),
        counted(*documents, "document", "documents"),
        entries_in_words(summary),
        counted(*batches, "batch", "batches"),
        counted(*events, "event", "events"),
        HumanBytes(*bytes),
        end.elapsed.map(in_seconds).unwrap_or_default(),
        versions_in_words(&summary.api_versions),
        forgotten_in_words(summary),
    )
}

fn forgotten_in_words(summary: &Summary) -> String {
    let parts: Vec<_> = [
        (summary.forgotten, "event", "events"),
        (summary.forgotten_commands, "command", "commands"),
    ]
    .into_iter()
    .filter(|(count, ..)| 0 < *count)
    .map(|(count, one, many)| counted(count, one, many))
    .collect();
    match parts.len() {
        0 => String::new(),
        _ => format!("; {} fell out of the window", parts.join(" and ")),
    }
}

fn findings_in_words(findings: Severities) -> String {
    [
        (findings.error, "error", "errors"),
        (findings.warning, "warning", "warnings"),
        (findings.info, "info", "infos"),
    ]
    .into_iter()
    .filter(|(count, ..)| 0 < *count)
    .map(|(count, one, many)| counted(count, one, many))
    .collect::<Vec<_>>()
    .join(", ")
}

fn entries_in_words(summary: &Summary) -> String {
    let Summary { har_entries, other_entries, .. } = summary;
    let others = match other_entries {
        0 => String::new(),
        _ => format!(" ({})", counted(*other_entries, "other", "others")),
    };
    match har_entries {
        0 => String::new(),
        _ => format!(", {}{others}", counted(*har_entries, "HAR entry", "HAR entries")),
    }
}

fn versions_in_words(versions: &[VersionCount]) -> String {
    let words: Vec<_> = versions
        .iter()
        .map(|count| match count.assumed {
            0 => count.version.to_string(),
            assumed if assumed == count.checked => format!("{} (assumed)", count.version),
            assumed => {
                format!("{} (assumed for {} of {})", count.version, assumed, count.checked)
            }
        })
        .collect();
    match words.len() {
        0 => String::new(),
        1 => format!("; API version {}", words[0]),
        _ => format!("; API versions {}", words.join(" and ")),
    }
}

/// A number with its noun.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", HumanCount(count), if count == 1 { one } else { many })
}

fn in_seconds(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(1) {
        format!(" in {} ms", elapsed.as_millis())
    } else {
        format!(" in {:.1} s", elapsed.as_secs_f64())
    }
}

#[cfg(test)]
mod tests;
