//! Synthetic recordings: what is planted is found, and nothing else.

use std::{ops::ControlFlow, sync::LazyLock};

use contrail_model::Position;
use contrail_validate::{Finding, Schemas, Session, Settings, Validator};
use proptest::prelude::*;

use crate::strategies::{Synthetic, synthetic};

/// A rule, and where it is broken.
type Place = (u64, String, u64, u64, u64, String);

/// Its schemas are compiled once: that takes longer than a recording.
static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| Validator::new(Schemas::embedded(), Settings::default()));

fn found(bytes: &[u8]) -> Vec<Place> {
    let mut places = Vec::new();
    let mut keep = |finding: Finding| {
        let Position { offset, line, column } = finding.start();
        let rule = finding.rule.name.to_owned();
        places.push((offset, rule, line, column, finding.document, finding.pointer));
        ControlFlow::Continue(())
    };
    let mut session = Session::new(&VALIDATOR, "recording");
    let _ = session.push(bytes, &mut keep);
    session.finish(&mut keep);
    places.sort();
    places
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_planted_is_found(recording in synthetic()) {
        let Synthetic { bytes, planted, .. } = &recording;
        let mut want: Vec<Place> = planted
            .iter()
            .map(|it| {
                let rule = it.rule.to_owned();
                (it.offset, rule, it.line, it.column, it.document, it.pointer.clone())
            })
            .collect();
        want.sort();
        prop_assert_eq!(found(bytes), want);
    }
}
