//! Captures that share a validator are judged as each is alone: in any order, in turns, side by side.

use std::{
    ops::ControlFlow,
    sync::{Mutex, PoisonError},
    thread,
};

use contrail_validate::{Finding, Schemas, Session, Settings, Summary, Validator};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    cases::one_in,
    judge::{VALIDATOR, judge},
    strategies::{capture, synthetic},
};

/// All that is told about a capture.
fn told((findings, summary): &(Vec<Finding>, Summary)) -> Vec<String> {
    findings.iter().map(|it| format!("{it:?}")).chain([format!("{summary:?}")]).collect()
}

fn alone(captures: &[Vec<u8>]) -> Vec<Vec<String>> {
    captures.iter().map(|bytes| told(&judge(&VALIDATOR, [bytes.as_slice()]))).collect()
}

/// A session, and what is left of its capture.
struct Open<'a> {
    session: Session<'a>,
    rest: &'a [u8],
    findings: Vec<Finding>,
}

/// Judges all at once, a piece of one and a piece of another.
fn in_turns(captures: &[Vec<u8>], turns: &[(Index, usize)]) -> Vec<Vec<String>> {
    let open = |bytes| Open {
        session: Session::new(&VALIDATOR, "capture"),
        rest: bytes,
        findings: Vec::new(),
    };
    let mut all: Vec<_> = captures.iter().map(|bytes| open(bytes.as_slice())).collect();
    let ends = (0..captures.len()).map(|at| (at, usize::MAX));
    let turns = turns.iter().map(|(at, length)| (at.index(captures.len()), *length));
    for (at, length) in turns.chain(ends) {
        let Open { session, rest, findings } = &mut all[at];
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        *rest = behind;
        let _ = session.push(piece, &mut |finding| {
            findings.push(finding);
            ControlFlow::Continue(())
        });
    }
    let end = |Open { session, mut findings, .. }: Open<'_>| {
        let summary = session.finish(&mut |finding| {
            findings.push(finding);
            ControlFlow::Continue(())
        });
        told(&(findings, summary))
    };
    all.into_iter().map(end).collect()
}

/// Judges each by the first of some threads that is free, in an order of these turns.
fn side_by_side(
    validator: &Validator,
    captures: &[Vec<u8>],
    jobs: usize,
    turns: &[Index],
) -> Vec<Vec<String>> {
    let mut left: Vec<_> = captures.iter().enumerate().collect();
    let mut turns = turns.iter();
    let mut order = Vec::new();
    while !left.is_empty() {
        let turn = turns.next().map_or(0, |turn| turn.index(left.len()));
        order.push(left.swap_remove(turn));
    }
    let queue = Mutex::new(order);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let all = Mutex::new(vec![Vec::new(); captures.len()]);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((at, bytes)) = next() {
                    let told = told(&judge(validator, [bytes.as_slice()]));
                    all.lock().unwrap_or_else(PoisonError::into_inner)[at] = told;
                }
            });
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Captures of every sort.
fn captures() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let one = prop_oneof![7 => capture(), 1 => synthetic().prop_map(|it| it.bytes)];
    vec(one, 1..5)
}

proptest! {
    #![proptest_config(one_in(8))]

    #[test]
    fn captures_judged_in_turns_are_judged_as_alone(
        captures in captures(),
        turns in vec((any::<Index>(), 0..3_000_usize), 0..20),
    ) {
        prop_assert_eq!(in_turns(&captures, &turns), alone(&captures));
    }
}

proptest! {
    #![proptest_config(one_in(8))]

    #[test]
    fn captures_judged_side_by_side_are_judged_as_alone(
        captures in captures(),
        jobs in 1..5_usize,
        turns in vec(any::<Index>(), 0..5),
        is_fresh in proptest::bool::weighted(0.1),
    ) {
        // With schemas that nobody has compiled yet, which takes longer than all the rest.
        let fresh = is_fresh.then(|| Validator::new(Schemas::embedded(), Settings::default()));
        let validator = fresh.as_ref().unwrap_or(&VALIDATOR);
        prop_assert_eq!(side_by_side(validator, &captures, jobs, &turns), alone(&captures));
    }
}
