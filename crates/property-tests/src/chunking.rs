//! Cutting the input anywhere changes nothing.

use std::ops::ControlFlow;

use contrail_model::Capture;
use contrail_validate::{Schemas, Session, Settings, Validator};
use proptest::{collection::vec, prelude::*};

use crate::strategies::capture;

/// All that is told about a capture: its findings as JSON, with their excerpts, and the sums.
fn told(validator: &Validator, bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut keep = |finding: contrail_validate::Finding| {
        lines.push(serde_json::to_string(&finding).unwrap());
        lines.push(format!("{:?}", finding.excerpt));
        ControlFlow::Continue(())
    };
    let mut session = Session::new(validator, "capture");
    let mut from = 0;
    for cut in cuts.iter().copied().chain([bytes.len()]) {
        let cut = cut.clamp(from, bytes.len());
        let _ = session.push(&bytes[from..cut], &mut keep);
        from = cut;
    }
    let summary = session.finish(&mut keep);
    lines.push(format!("{summary:?}"));
    lines
}

proptest! {
    #[test]
    fn cuts_change_nothing(bytes in capture(), mut cuts in vec(0..4000_usize, 0..12)) {
        cuts.sort_unstable();
        let validator = Validator::new(Schemas::embedded(), Settings::default());
        let whole = told(&validator, &bytes, &[]);
        prop_assert_eq!(told(&validator, &bytes, &cuts), whole.as_slice());
        let every_byte: Vec<_> = (0..bytes.len()).collect();
        prop_assert_eq!(told(&validator, &bytes, &every_byte), whole);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..200)) {
        let validator = Validator::new(Schemas::embedded(), Settings::default());
        told(&validator, &bytes, &[]);
    }

    #[test]
    fn reading_ends_after_at_most_an_item_a_byte(
        bytes in vec(prop::sample::select(&b"{}[],:\"a1 \n"[..]), 0..60),
    ) {
        let mut capture = Capture::default();
        capture.push(&bytes);
        capture.finish();
        let mut items = 0;
        while capture.next().is_some() {
            items += 1;
            prop_assert!(items <= bytes.len(), "{:?}", String::from_utf8_lossy(&bytes));
        }
        prop_assert_eq!(capture.position().offset, bytes.len() as u64);
    }
}
