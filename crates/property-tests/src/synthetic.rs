//! Synthetic recordings: what is planted is found, and nothing else.

use contrail_model::Position;
use proptest::prelude::*;

use crate::{
    cases::one_in,
    judge::found,
    strategies::{Synthetic, synthetic, synthetic_with},
};

/// A rule, and where it is broken.
type Place = (u64, String, u64, u64, u64, String);

fn places(bytes: &[u8]) -> Vec<Place> {
    let mut places: Vec<Place> = found(bytes)
        .into_iter()
        .map(|finding| {
            let Position { offset, line, column } = finding.start();
            let rule = finding.rule.name.to_owned();
            (offset, rule, line, column, finding.document, finding.pointer)
        })
        .collect();
    places.sort();
    places
}

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn what_has_no_defect_is_clean(recording in synthetic_with(|_| false)) {
        prop_assert!(recording.planted.is_empty());
        prop_assert_eq!(places(&recording.bytes), []);
    }

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
        prop_assert_eq!(places(bytes), want);
    }
}
