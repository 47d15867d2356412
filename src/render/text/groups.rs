//! Findings of one kind in one kind of place: the first ones are shown, the rest are counted.

use std::{collections::BTreeMap, sync::Arc};

use contrail_model::Position;
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
    /// By rule, then by shape.
    folds: BTreeMap<&'static str, BTreeMap<String, Fold>>,
    number: usize,
    /// Memory for the shape of a pointer.
    shape: String,
}

/// The findings of a group that are not shown.
#[derive(Debug)]
pub(super) struct Fold {
    count: u64,
    /// Where the last one is.
    file: Arc<str>,
    position: Position,
}

impl Groups {
    /// Counts a finding and says whether it is to be shown.
    pub(super) fn place(&mut self, finding: &Finding) -> Place {
        let Self { folds, number, shape } = self;
        let of_rule = folds.entry(finding.rule.name).or_default();
        write_shape(shape, &finding.pointer);
        if *number >= MANY && !of_rule.contains_key(&**shape) {
            shape.clear();
        }
        let new = || Fold { count: 0, file: Arc::clone(&finding.file), position: finding.start() };
        let fold = match of_rule.get_mut(&**shape) {
            Some(fold) => fold,
            None => {
                *number += 1;
                of_rule.entry(shape.clone()).or_insert_with(new)
            }
        };
        fold.count += 1;
        if fold.count <= SHOWN {
            return Place::Shown;
        }
        (fold.file, fold.position) = (Arc::clone(&finding.file), finding.start());
        Place::Folded
    }

    /// What was not shown, a line for each group, by rule.
    pub(super) fn folds(&self) -> impl Iterator<Item = String> {
        self.folds.iter().flat_map(|(rule, shapes)| {
            let folded = shapes.iter().filter(|(_, fold)| SHOWN < fold.count);
            folded.map(move |(shape, fold)| {
                let Fold { count, file, position } = fold;
                let at = if shape.is_empty() { String::new() } else { format!(" at {shape}") };
                let more = HumanCount(count - SHOWN);
                format!("... and {more} more {rule}{at}, the last at {file}:{position}")
            })
        })
    }
}

/// Writes the pointer with a star for each index.
fn write_shape(shape: &mut String, pointer: &str) {
    shape.clear();
    for (count, token) in pointer.split('/').enumerate() {
        if count > 0 {
            shape.push('/');
        }
        let is_index = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
        shape.push_str(if is_index { "*" } else { token });
    }
}
