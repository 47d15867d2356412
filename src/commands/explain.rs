//! `contrail explain`: all about one rule.

use std::io::{self, Write as _};

use contrail_validate::{Family, RULES, Rule, UnknownRule};
use serde_json::json;

use crate::{
    cli::{ExplainArgs, TextOrJson},
    outcome::{Outcome, UsageError},
};

/// Lines of an explanation are at most so many characters long.
const WIDTH: usize = 88;

pub(super) fn run(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    if let Some(family) = Family::ALL.into_iter().find(|family| family.as_str() == args.rule) {
        for rule in RULES.iter().filter(|rule| rule.family == family) {
            writeln!(out, "{}: {}", rule.name, rule.summary)?;
        }
        return Ok(Outcome::Clean);
    }
    let rule = Rule::find(&args.rule)
        .ok_or_else(|| UsageError(UnknownRule::new(&args.rule).to_string()))?;
    match args.output_format {
        TextOrJson::Text => out.write_all(as_text(rule).as_bytes())?,
        TextOrJson::Json => {
            serde_json::to_writer_pretty(&mut out, &as_json(rule))?;
            writeln!(out)?;
        }
    }
    Ok(Outcome::Clean)
}

/// The rule as a JSON object.
pub(super) fn as_json(rule: &Rule) -> serde_json::Value {
    json!({
        "name": rule.name,
        "family": rule.family.as_str(),
        "severity": rule.severity.as_str(),
        "strict_severity": rule.strict_severity.as_str(),
        "since": rule.since,
        "summary": rule.summary,
        "explanation": rule.explanation,
        "invalid": rule.invalid.shown(),
        "valid": rule.valid.shown(),
        "evidence": rule.evidence,
    })
}

fn as_text(rule: &Rule) -> String {
    let Rule { name, family, severity, strict_severity, since, .. } = rule;
    let strict = if severity == strict_severity {
        String::new()
    } else {
        format!(" ({strict_severity} with --strict)")
    };
    let paragraphs: Vec<_> = rule.explanation.split("\n\n").map(wrapped).collect();
    format!(
        "{name}: {}\n\nFamily {family}, {severity}{strict}, since {since}.\n\n{}\n\n\
         Invalid:\n\n{}\n\nValid:\n\n{}\n\nEvidence:\n\n{}\n\n\
         To silence it: --ignore {name}. To change it: --severity {name}=info, warning or error.\n",
        rule.summary,
        paragraphs.join("\n\n"),
        indented(&rule.invalid.shown()),
        indented(&rule.valid.shown()),
        wrapped(rule.evidence),
    )
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join("\n")
}
