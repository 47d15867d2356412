//! Damage in one line of many costs that line alone.

use contrail_validate::Family;
use proptest::{collection::vec, prelude::*};

use crate::{
    judge::{VALIDATOR, judge},
    strategies::{batch, damage},
};

proptest! {
    #[test]
    fn a_damaged_line_costs_that_line_alone(
        batches in vec(batch(2), 4..8),
        broken in 1..4_usize,
        damage in damage(),
    ) {
        let mut lines: Vec<_> = batches.iter().map(|batch| batch.to_string().into_bytes()).collect();
        damage.apply(&mut lines[broken]);
        // A line feed makes two lines of one; a mark or a blank at its start is another matter.
        let whole = !lines[broken].is_empty() && lines[broken][0] == b'{';
        if !whole || lines[broken].contains(&b'\n') {
            return Ok(());
        }
        let (findings, summary) = judge(&VALIDATOR, [lines.join(&b'\n').as_slice()]);
        let of_input = findings.iter().filter(|finding| finding.rule.family == Family::Input);
        let damaged: Vec<_> = of_input.map(|finding| finding.start().line).collect();
        prop_assert!(damaged.iter().all(|line| *line == broken as u64 + 1), "{:?}", damaged);
        prop_assert!(batches.len() as u64 - 1 <= summary.batches);
    }
}
