//! How many findings a format had no room for, by rule.

use std::collections::BTreeMap;

use contrail_validate::{RULES, Rule};

/// Counts findings that are not written, so that nothing is dropped in silence.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// By the place of the rule in [`RULES`].
    counts: BTreeMap<usize, u64>,
}

impl LeftOut {
    /// Counts one more.
    pub(super) fn add(&mut self, rule: &Rule) {
        *self.counts.entry(rule.index()).or_default() += 1;
    }

    /// How many there are of all rules.
    pub(super) fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The rules with their numbers.
    pub(super) fn by_rule(&self) -> impl Iterator<Item = (&'static Rule, u64)> {
        self.counts.iter().map(|(index, count)| (RULES[*index], *count))
    }
}
