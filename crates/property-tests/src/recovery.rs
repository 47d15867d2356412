//! Damage in one line of many costs that line alone.

use std::ops::ControlFlow;

use contrail_validate::{Family, Schemas, Session, Settings, Validator};
use proptest::{collection::vec, prelude::*};

use crate::strategies::{batch, damage};

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
        prop_assume!(whole && !lines[broken].contains(&b'\n'));
        let validator = Validator::new(Schemas::embedded(), Settings::default());
        let mut damaged = Vec::new();
        let mut keep = |finding: contrail_validate::Finding| {
            let of_input = finding.rule.family == Family::Input;
            damaged.extend(of_input.then_some(finding.start().line));
            ControlFlow::Continue(())
        };
        let mut session = Session::new(&validator, "capture");
        let _ = session.push(&lines.join(&b'\n'), &mut keep);
        let summary = session.finish(&mut keep);
        prop_assert!(damaged.iter().all(|line| *line == broken as u64 + 1), "{:?}", damaged);
        prop_assert!(batches.len() as u64 - 1 <= summary.batches);
    }
}
