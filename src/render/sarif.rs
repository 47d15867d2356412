//! SARIF 2.1.0, for code scanning on GitHub and other viewers.
//!
//! GitHub refuses a run of more than 25,000 results and shows 5,000 of it. So 5,000 are written, the
//! most severe ones and of these the first, and the others are counted in a notification.

use std::io::{self, Write};

use contrail_validate::{Finding, RULES, Rule, Severity};
use indicatif::HumanCount;
use serde_json::{Value, json};

use super::{End, Render, left_out::LeftOut, paths::Paths, with_help};
use crate::input::Unread;

/// How many results GitHub shows.
const MOST_RESULTS: usize = 5_000;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Debug)]
pub(super) struct Sarif {
    paths: Paths,
    /// Results by severity, the mildest first, each list in the order of the findings.
    kept: [Vec<Kept>; 3],
    found: u64,
    left_out: LeftOut,
}

/// A result that is to be written.
#[derive(Debug)]
struct Kept {
    /// Its number among the findings.
    number: u64,
    rule: &'static Rule,
    text: String,
}

impl Sarif {
    pub(super) fn new(paths: Paths) -> Self {
        Self { paths, kept: Default::default(), found: 0, left_out: LeftOut::default() }
    }

    fn result(&self, finding: &Finding) -> Value {
        let (start, end) = (finding.range.start, finding.range.end);
        let mut location = json!({
            "physicalLocation": {
                "artifactLocation": { "uri": self.paths.uri(&finding.file) },
                "region": {
                    "startLine": start.line,
                    "startColumn": start.column,
                    "endLine": end.line,
                    "endColumn": end.column,
                    "byteOffset": start.offset,
                    "byteLength": finding.length(),
                },
            },
        });
        if !finding.pointer.is_empty() {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": finding.pointer }]);
        }
        json!({
            "ruleId": finding.rule.name,
            "ruleIndex": finding.rule.index(),
            "level": level(finding.severity),
            "message": { "text": with_help(finding) },
            "locations": [location],
            "partialFingerprints": { "contrail/v1": finding.fingerprint },
        })
    }

    /// How the run went: what could not be read, and what was left out.
    fn invocation(&self, end: &End<'_>) -> Value {
        let mut notifications: Vec<_> =
            end.unread.iter().map(|unread| self.unread(unread)).collect();
        if end.stopped {
            notifications.push(notification("note", "stopped early, as the arguments ask"));
        }
        if 0 < self.left_out.total() {
            notifications.push(notification("warning", &left_out_in_words(&self.left_out)));
        }
        json!({
            "executionSuccessful": end.unread.is_empty(),
            "toolExecutionNotifications": notifications,
        })
    }

    fn unread(&self, unread: &Unread) -> Value {
        let mut notification = notification("error", &format!("{}: {}", unread.file, unread.error));
        let uri = self.paths.uri(&unread.file);
        notification["locations"] =
            json!([{ "physicalLocation": { "artifactLocation": { "uri": uri } } }]);
        notification
    }
}

impl Render for Sarif {
    fn finding(&mut self, _out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        self.found += 1;
        let place = match finding.severity {
            Severity::Info => 0,
            Severity::Warning => 1,
            Severity::Error => 2,
        };
        let is_full = MOST_RESULTS <= self.kept.iter().map(Vec::len).sum();
        if is_full && self.kept[..place].iter().all(Vec::is_empty) {
            self.left_out.add(finding.rule);
            return Ok(());
        }
        let text = self.result(finding).to_string();
        self.kept[place].push(Kept { number: self.found, rule: finding.rule, text });
        if is_full && let Some(mildest) = self.kept.iter_mut().find_map(Vec::pop) {
            self.left_out.add(mildest.rule);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, end: &End<'_>) -> io::Result<()> {
        begin(out)?;
        let mut kept: Vec<_> = self.kept.iter().flatten().collect();
        kept.sort_unstable_by_key(|kept| kept.number);
        for (index, kept) in kept.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}\n{}", kept.text)?;
        }
        writeln!(out, "\n],\n\"invocations\":[{}]}}]}}", self.invocation(end))
    }
}

fn begin(out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<_> = RULES.iter().map(|rule| description(rule)).collect();
    let driver = json!({
        "name": "contrail",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    write!(
        out,
        "{{\"$schema\":\"{SCHEMA}\",\n\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":\
         {driver}}},\n\"columnKind\":\"unicodeCodePoints\",\"results\":["
    )
}

fn description(rule: &Rule) -> Value {
    let Rule { name, family, summary, explanation, evidence, .. } = rule;
    let help =
        format!("{explanation}\n\nEvidence: {evidence}\n\nExamples: `contrail explain {name}`.");
    json!({
        "id": name,
        "shortDescription": { "text": summary },
        "fullDescription": { "text": explanation },
        "help": { "text": help },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": [family.as_str()] },
    })
}

fn notification(level: &str, text: &str) -> Value {
    json!({ "level": level, "message": { "text": text } })
}

fn left_out_in_words(left_out: &LeftOut) -> String {
    let by_rule: Vec<_> = left_out
        .by_rule()
        .map(|(rule, count)| format!("{} {}", HumanCount(count), rule.name))
        .collect();
    format!(
        "the {} most severe findings are given; {} more were left out: {}",
        HumanCount(MOST_RESULTS as u64),
        HumanCount(left_out.total()),
        by_rule.join(", ")
    )
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
