//! Cutting the input anywhere changes nothing.

use proptest::{collection::vec, prelude::*};

use crate::{
    judge::{VALIDATOR, judge, pieces},
    strategies::capture,
};

/// All that is told about a capture: its findings as JSON, with their excerpts, and the sums.
fn told(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let (findings, summary) = judge(&VALIDATOR, pieces(bytes, cuts));
    let lines = findings.iter().flat_map(|finding| {
        [serde_json::to_string(finding).unwrap(), format!("{:?}", finding.excerpt)]
    });
    lines.chain([format!("{summary:?}")]).collect()
}

proptest! {
    #[test]
    fn cuts_change_nothing(bytes in capture(), cuts in vec(any::<usize>(), 0..12)) {
        let whole = told(&bytes, &[]);
        prop_assert_eq!(told(&bytes, &cuts), whole.as_slice());
        let every_byte: Vec<_> = (0..bytes.len()).collect();
        prop_assert_eq!(told(&bytes, &every_byte), whole);
    }
}
