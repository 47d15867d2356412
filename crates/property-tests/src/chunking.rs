//! Cutting the input anywhere changes nothing.

use std::ops::ControlFlow;

use contrail_validate::{Scout, Session};
use proptest::{collection::vec, option::weighted, prelude::*, sample::select};

use crate::{
    cases::one_in,
    judge::{VALIDATOR, judge, pieces},
    strategies::{capture, large, synthetic},
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

/// Many bytes of a recording overwritten, and perhaps one byte many times over: so much that what is
/// behind a fault has to be discarded before its end is found.
#[derive(Clone, Debug)]
struct Ruin {
    overwritten: Vec<(usize, u8)>,
    run: Option<(usize, u8, usize)>,
}

impl Ruin {
    fn apply(&self, bytes: &mut Vec<u8>) {
        for &(at, byte) in &self.overwritten {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        if let Some((at, byte, length)) = self.run {
            let at = at % bytes.len();
            bytes.splice(at..at, std::iter::repeat_n(byte, length));
        }
    }
}

/// Fewer than `bytes` bytes overwritten, and perhaps a run of fewer than `longest` equal ones.
fn ruin(bytes: usize, longest: usize) -> impl Strategy<Value = Ruin> {
    let byte = || prop_oneof![3 => select(&b"{}[]\",:\\\n \xFF"[..]), 1 => any::<u8>()];
    let run = (any::<usize>(), select(&b"[{\"\\1x \n,}\0"[..]), 1..longest);
    let overwritten =
        prop_oneof![vec((any::<usize>(), byte()), 1..4), vec((any::<usize>(), byte()), 1..bytes)];
    (overwritten, weighted(0.5, run)).prop_map(|(overwritten, run)| Ruin { overwritten, run })
}

/// The same as `told`, in chunks of one length that a scout has looked at.
fn told_with_scout(bytes: &[u8], chunk: usize) -> Vec<String> {
    let mut told = Vec::new();
    let mut keep = |finding: contrail_validate::Finding| {
        told.push(serde_json::to_string(&finding).unwrap());
        told.push(format!("{:?}", finding.excerpt));
        ControlFlow::Continue(())
    };
    let (mut session, mut scout) = (Session::new(&VALIDATOR, "capture"), Scout::new(&VALIDATOR));
    let mut offset = 0;
    for piece in bytes.chunks(chunk) {
        let _ = session.push_surveyed(
            &mut piece.to_vec(),
            piece.len(),
            scout.survey(piece, offset),
            &mut keep,
        );
        offset += piece.len() as u64;
    }
    let summary = session.finish(&mut keep);
    told.push(format!("{summary:?}"));
    told
}

/// The same as `told`, in chunks of one length.
fn told_in_chunks(bytes: &[u8], chunk: usize) -> Vec<String> {
    let cuts: Vec<_> = (0..bytes.len()).step_by(chunk).collect();
    told(bytes, &cuts)
}

/// The first line in which two texts differ; they may be too long to be shown whole.
fn first_difference(one: &[String], other: &[String]) -> Option<String> {
    let differ = (0..one.len().max(other.len())).find(|at| one.get(*at) != other.get(*at))?;
    Some(format!("{:?} {:?}", one.get(differ), other.get(differ)))
}

proptest! {
    #![proptest_config(one_in(64))]

    #[test]
    fn chunks_of_large_ruins_change_nothing(
        mut bytes in large(),
        ruin in ruin(1_000, 3 << 20),
        chunk in (6..20_u32).prop_flat_map(|bits| (1_usize << bits)..(2 << bits)),
    ) {
        ruin.apply(&mut bytes);
        let whole = told(&bytes, &[]);
        prop_assert_eq!(first_difference(&told_in_chunks(&bytes, chunk), &whole), None);
        prop_assert_eq!(first_difference(&told_with_scout(&bytes, chunk), &whole), None);
    }
}

proptest! {
    #![proptest_config(one_in(8))]

    #[test]
    fn single_bytes_of_ruins_change_nothing(
        recording in synthetic(),
        ruin in ruin(40, 2_000),
        chunk in 1..5_000_usize,
    ) {
        let mut bytes = recording.bytes;
        prop_assume!(!bytes.is_empty());
        ruin.apply(&mut bytes);
        let whole = told(&bytes, &[]);
        prop_assert_eq!(first_difference(&told_in_chunks(&bytes, 1), &whole), None);
        prop_assert_eq!(first_difference(&told_with_scout(&bytes, chunk), &whole), None);
    }
}
