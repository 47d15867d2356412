//! JUnit XML: a suite for each capture, and in it a test case for each rule that was broken.
//!
//! Written by hand: the crates for this format hold the whole report before they write it. What is
//! kept here are some findings of each rule, of one capture.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Write},
};

use contrail_validate::{Finding, Severity};
use indicatif::HumanCount;

use super::{End, FileDone, Render, paths::Paths, spelled::spelled};
use crate::input::Unread;

/// How many findings of a rule are listed for a capture.
const MOST_LISTED: usize = 20;

#[derive(Debug)]
pub(super) struct Junit {
    paths: Paths,
    /// The mildest severity that is a failure.
    fail_on: Severity,
    begun: bool,
    /// What was found in the present capture, by the place of the rule among all rules.
    broken: BTreeMap<usize, Broken>,
}

/// A rule that was broken in a capture.
#[derive(Debug)]
struct Broken {
    rule: &'static str,
    severity: Severity,
    /// The message of the first finding.
    message: String,
    /// The first findings.
    listed: Vec<String>,
    /// How many more there are.
    more: u64,
}

impl Junit {
    pub(super) fn new(paths: Paths, fail_on: Severity) -> Self {
        Self { paths, fail_on, begun: false, broken: BTreeMap::new() }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        out.write_all(
            b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"contrail\">\n",
        )
    }

    /// The test case of a rule that was broken.
    fn broken_case(&self, file: &str, broken: &Broken) -> String {
        let text = escaped(&broken.text());
        let inside = if self.fails(broken) {
            let (severity, message) = (broken.severity, escaped_attribute(&broken.message));
            format!("<failure type=\"{severity}\" message=\"{message}\">{text}</failure>")
        } else {
            format!("<system-out>{}:\n{text}</system-out>", broken.severity)
        };
        case(broken.rule, file, &inside)
    }

    fn fails(&self, broken: &Broken) -> bool {
        self.fail_on <= broken.severity
    }
}

impl Broken {
    fn new(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.name,
            severity: finding.severity,
            message: finding.message.clone(),
            listed: Vec::new(),
            more: 0,
        }
    }

    fn text(&self) -> String {
        let listed = self.listed.join("\n");
        match self.more {
            0 => listed,
            more => format!("{listed}\nand {} more", HumanCount(more)),
        }
    }
}

impl Render for Junit {
    fn finding(&mut self, _out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        let index = finding.rule.index();
        let broken = self.broken.entry(index).or_insert_with(|| Broken::new(finding));
        if broken.listed.len() < MOST_LISTED {
            let (file, start) = (self.paths.path(&finding.file), finding.start());
            broken.listed.push(format!("{file}:{start}: {}", finding.message));
        } else {
            broken.more += 1;
        }
        Ok(())
    }

    fn file_done(&mut self, out: &mut dyn Write, file: &FileDone<'_>) -> io::Result<()> {
        self.begin(out)?;
        let name = self.paths.path(file.name).into_owned();
        let mut cases: Vec<_> =
            self.broken.values().map(|broken| self.broken_case(&name, broken)).collect();
        let failures = self.broken.values().filter(|broken| self.fails(broken)).count();
        let skipped = why_not_valid(file).filter(|_| cases.is_empty());
        if cases.is_empty() {
            let inside = skipped.map(|why| format!("<skipped message=\"{why}\"/>"));
            cases.push(case("valid", &name, &inside.unwrap_or_default()));
        }
        self.broken.clear();
        suite(out, &name, &cases, Counts { failures, errors: 0, skipped: skipped.iter().count() })
    }

    fn end(&mut self, out: &mut dyn Write, end: &End<'_>) -> io::Result<()> {
        self.begin(out)?;
        if !end.unread.is_empty() {
            let errors = end.unread.len();
            let cases: Vec<_> = end.unread.iter().map(|unread| self.unread_case(unread)).collect();
            suite(out, "unread", &cases, Counts { failures: 0, errors, skipped: 0 })?;
        }
        out.write_all(b"</testsuites>\n")
    }
}

impl Junit {
    /// The test case of something that could not be read.
    fn unread_case(&self, unread: &Unread) -> String {
        let message = escaped_attribute(&unread.error);
        let inside = format!("<error type=\"unread\" message=\"{message}\"/>");
        case("read", &self.paths.path(&unread.file), &inside)
    }
}

/// Why a capture without findings cannot be called valid.
fn why_not_valid(file: &FileDone<'_>) -> Option<&'static str> {
    if !file.is_whole {
        return Some("only a part of it could be read");
    }
    let checked = file.summary.batches + file.summary.events;
    (checked == 0).then_some("it holds no batch and no event")
}

/// How many of the test cases of a suite did not pass.
#[derive(Clone, Copy, Debug)]
struct Counts {
    failures: usize,
    errors: usize,
    skipped: usize,
}

fn suite(out: &mut dyn Write, name: &str, cases: &[String], counts: Counts) -> io::Result<()> {
    let (name, tests) = (escaped_attribute(name), cases.len());
    let Counts { failures, errors, skipped } = counts;
    writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" \
         errors=\"{errors}\" skipped=\"{skipped}\">"
    )?;
    for case in cases {
        writeln!(out, "    {case}")?;
    }
    out.write_all(b"  </testsuite>\n")
}

fn case(name: &str, file: &str, inside: &str) -> String {
    let file = escaped_attribute(file);
    if inside.is_empty() {
        return format!("<testcase name=\"{name}\" classname=\"{file}\"/>");
    }
    format!("<testcase name=\"{name}\" classname=\"{file}\">{inside}</testcase>")
}

/// Escapes text between tags.
fn escaped(text: &str) -> String {
    let text: Cow<'_, str> = spelled(text, is_forbidden);
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;")
}

/// Escapes the value of an attribute, where plain white space would be read as blanks.
fn escaped_attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;").replace('\t', "&#9;").replace('\n', "&#10;")
}

/// Whether XML 1.0 cannot hold the character, not even as a reference; and the controls that it
/// can hold but should not.
fn is_forbidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{FFFE}' | '\u{FFFF}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let text = "<a & \"b\">\0\u{1b}\u{FFFF}\r\n\t]]>";
        let plain = r"&lt;a &amp; ";
        assert_eq!(escaped(text), format!("{plain}\"b\"&gt;\\u0000\\u001b\\uffff&#13;\n\t]]&gt;"));
        assert_eq!(
            escaped_attribute(text),
            format!("{plain}&quot;b&quot;&gt;\\u0000\\u001b\\uffff&#13;&#10;&#9;]]&gt;")
        );
    }
}
