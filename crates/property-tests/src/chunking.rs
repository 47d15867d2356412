//! Cutting the input anywhere changes nothing.

use std::ops::ControlFlow;

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
}
