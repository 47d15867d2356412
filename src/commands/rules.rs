//! `contrail rules`: all rules in a table.

use std::io::{self, Write as _};

use contrail_validate::{Family, RULES, Rule};

use super::explain;
use crate::{
    cli::{RulesArgs, RulesFormat},
    outcome::Outcome,
};

pub(super) fn run(args: &RulesArgs) -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    match args.output_format {
        RulesFormat::Json => {
            let rules: Vec<_> = RULES.iter().map(|rule| explain::as_json(rule)).collect();
            serde_json::to_writer_pretty(&mut out, &rules)?;
            writeln!(out)?;
        }
        RulesFormat::Markdown => out.write_all(markdown().as_bytes())?,
        RulesFormat::Text => {
            let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
            for family in Family::ALL {
                writeln!(out, "{family}")?;
                for rule in RULES.iter().filter(|rule| rule.family == family) {
                    let (name, severity) = (rule.name, rule.severity);
                    writeln!(out, "  {name:width$}  {severity:7}  {}", rule.summary)?;
                }
            }
            writeln!(out, "\n`contrail explain RULE` tells more.")?;
        }
    }
    Ok(Outcome::Clean)
}

/// The page `docs/rules.md`.
fn markdown() -> String {
    const HEAD: &str = "# Rules\n\nMade by `contrail rules --output-format markdown`; a test holds it \
        against the rules. The examples are run as tests.\n";
    let of = |family| RULES.iter().filter(move |rule| rule.family == family);
    let families = Family::ALL.into_iter().flat_map(|family| {
        let head = format!("\n## Family `{family}`\n");
        std::iter::once(head).chain(of(family).map(|rule| section(rule)))
    });
    std::iter::once(HEAD.to_owned()).chain(families).collect()
}

fn section(rule: &Rule) -> String {
    let Rule { name, severity, strict_severity, since, summary, explanation, evidence, .. } = rule;
    let strict = if severity == strict_severity {
        String::new()
    } else {
        format!(" ({strict_severity} with `--strict`)")
    };
    let (invalid, valid) = (rule.invalid.shown(), rule.valid.shown());
    format!(
        "\n### `{name}`\n\n{summary}\n\nSeverity: {severity}{strict}. Since {since}.\n\n{explanation}\n\n\
         Invalid:\n\n```json\n{}\n```\n\nValid:\n\n```json\n{}\n```\n\nEvidence: {evidence}\n\n\
         To silence it: `--ignore {name}`, or `ignore = [\"{name}\"]` in contrail.toml.\n",
        invalid.trim_end(),
        valid.trim_end(),
    )
}
