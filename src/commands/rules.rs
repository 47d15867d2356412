//! `contrail rules`: all rules in a table.

use std::io::{self, Write as _};

use contrail_validate::{Family, RULES};

use super::explain;
use crate::{
    cli::{RulesArgs, TextOrJson},
    outcome::Outcome,
};

pub(super) fn run(args: &RulesArgs) -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    match args.output_format {
        TextOrJson::Json => {
            let rules: Vec<_> = RULES.iter().map(|rule| explain::as_json(rule)).collect();
            serde_json::to_writer_pretty(&mut out, &rules)?;
            writeln!(out)?;
        }
        TextOrJson::Text => {
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
