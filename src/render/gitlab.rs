//! A GitLab Code Quality report: a JSON array, in the subset of Code Climate that GitLab reads.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use contrail_validate::{Finding, Severity};
use serde_json::{Value, json};

use super::{End, Render, paths::Paths};
use crate::input::Unread;

#[derive(Debug)]
pub(super) struct Gitlab {
    paths: Paths,
    fingerprints: Fingerprints,
    begun: bool,
}

impl Gitlab {
    pub(super) fn new(paths: Paths) -> Self {
        Self { paths, fingerprints: Fingerprints::default(), begun: false }
    }

    fn violation(&mut self, finding: &Finding) -> Value {
        let (start, end) = (finding.range.start, finding.range.end);
        json!({
            "description": finding.message,
            "check_name": finding.rule.name,
            "fingerprint": self.fingerprints.unique(&finding.fingerprint),
            "severity": severity(finding.severity),
            "location": {
                "path": self.paths.path(&finding.file),
                "lines": { "begin": start.line, "end": end.line },
                "positions": {
                    "begin": { "line": start.line, "column": start.column },
                    "end": { "line": end.line, "column": end.column },
                },
            },
        })
    }

    /// What could not be read is worse than any finding.
    fn unread(&mut self, unread: &Unread) -> Value {
        let path = self.paths.path(&unread.file);
        json!({
            "description": unread.error,
            "check_name": "unread",
            "fingerprint": self.fingerprints.unique(&format!("unread:{path}")),
            "severity": "blocker",
            "location": { "path": path, "lines": { "begin": 1, "end": 1 } },
        })
    }

    fn write(&mut self, out: &mut dyn Write, violation: &Value) -> io::Result<()> {
        let before = if self.begun { ",\n" } else { "[\n" };
        self.begun = true;
        write!(out, "{before}{violation}")
    }
}

impl Render for Gitlab {
    fn finding(&mut self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        let violation = self.violation(finding);
        self.write(out, &violation)
    }

    fn end(&mut self, out: &mut dyn Write, end: &End<'_>) -> io::Result<()> {
        for unread in end.unread {
            let violation = self.unread(unread);
            self.write(out, &violation)?;
        }
        out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })
    }
}

/// GitLab drops all but one violation of a fingerprint.
#[derive(Debug, Default)]
struct Fingerprints {
    /// How often each was seen.
    seen: HashMap<Box<str>, u32>,
}

impl Fingerprints {
    /// The fingerprint, with a number behind it if it was seen before.
    fn unique(&mut self, fingerprint: &str) -> String {
        let Some(seen) = self.seen.get_mut(fingerprint) else {
            self.seen.insert(fingerprint.into(), 1);
            return fingerprint.to_owned();
        };
        *seen += 1;
        format!("{fingerprint}-{seen}")
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}
