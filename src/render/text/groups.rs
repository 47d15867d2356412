//! Findings of one kind in one kind of place: the first ones are shown, the rest are counted.

use std::{collections::BTreeMap, fmt};

use contrail_validate::Finding;
use indicatif::HumanCount;

/// How many of a group are shown.
const SHOWN: u64 = 20;

/// With more groups than this, further kinds of places are no longer told apart.
const MANY: usize = 200;

/// What is shown of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Shown,
    Folded,
}

#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: BTreeMap<(&'static str, String), Fold>,
}

/// The findings of a group that are not shown.
#[derive(Debug)]
pub(super) struct Fold {
    rule: &'static str,
    shape: String,
    count: u64,
    last: String,
}

impl Groups {
    /// Counts a finding and says whether it is to be shown.
    pub(super) fn place(&mut self, finding: &Finding) -> Place {
        let rule = finding.rule.name;
        let shape = shape(&finding.pointer);
        let known = self.groups.contains_key(&(rule, shape.clone()));
        let shape = if known || self.groups.len() < MANY { shape } else { String::new() };
        let fold = self.groups.entry((rule, shape.clone())).or_insert_with(|| Fold {
            rule,
            shape,
            count: 0,
            last: String::new(),
        });
        fold.count += 1;
        if fold.count <= SHOWN {
            return Place::Shown;
        }
        fold.last = format!("{}:{}", finding.file, finding.start());
        Place::Folded
    }

    /// What was not shown, by rule.
    pub(super) fn folds(&self) -> impl Iterator<Item = &Fold> {
        self.groups.values().filter(|fold| SHOWN < fold.count)
    }
}

impl fmt::Display for Fold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, shape, count, last } = self;
        write!(formatter, "... and {} more {rule}", HumanCount(count - SHOWN))?;
        if !shape.is_empty() {
            write!(formatter, " at {shape}")?;
        }
        write!(formatter, ", the last at {last}")
    }
}

/// The pointer with a star for each index.
fn shape(pointer: &str) -> String {
    let star = |token: &str| {
        let is_index = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        if is_index { "*".to_owned() } else { token.to_owned() }
    };
    pointer.split('/').map(star).collect::<Vec<_>>().join("/")
}
