//! Neither the ends of lines nor the order of members changes what is found.

use contrail_model::Position;
use contrail_validate::Finding;
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Deserializer, Value, json};

use crate::{
    cases::one_in,
    judge::found,
    strategies::{Synthetic, batch, capture, change, synthetic_with},
};

/// The rule, where it is broken, and the identity of the defect.
type Place = (&'static str, u64, u64, u64, String, String);

fn places(bytes: &[u8]) -> Vec<Place> {
    let place = |it: Finding| {
        let Position { line, column, .. } = it.start();
        (it.rule.name, it.document, line, column, it.pointer, it.fingerprint)
    };
    found(bytes).into_iter().map(place).collect()
}

/// The rule and the identity of the defect, whatever the order.
fn defects(text: &str) -> Vec<(&'static str, String, String)> {
    let mut defects: Vec<_> = found(text.as_bytes())
        .into_iter()
        .map(|it| (it.rule.name, it.pointer, it.fingerprint))
        .collect();
    defects.sort();
    defects
}

fn with_carriage_returns(bytes: &[u8]) -> Vec<u8> {
    let lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    lines.join(&b"\r\n"[..])
}

/// Writes a value with the members of each object in an order of these turns, round and round.
fn write_in_order(value: &Value, turns: &mut impl Iterator<Item = Index>, text: &mut String) {
    match value {
        Value::Object(members) => {
            let mut left: Vec<_> = members.iter().collect();
            text.push('{');
            while !left.is_empty() {
                let turn = turns.next().map_or(0, |turn| turn.index(left.len()));
                let (name, member) = left.remove(turn);
                text.push_str(&json!(name).to_string());
                text.push(':');
                write_in_order(member, turns, text);
                text.push_str(if left.is_empty() { "" } else { "," });
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                write_in_order(element, turns, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// The documents, a line each, with their members in some order; without turns in that of the names.
fn in_order(documents: &[Value], turns: &[Index]) -> String {
    let mut text = String::new();
    let mut turns = turns.iter().copied().cycle();
    for document in documents {
        write_in_order(document, &mut turns, &mut text);
        text.push('\n');
    }
    text
}

proptest! {
    #[test]
    fn ends_of_lines_change_nothing(bytes in capture()) {
        let with = with_carriage_returns(&bytes);
        prop_assert_eq!(places(&with), places(&bytes));
    }

    #[test]
    fn the_order_of_members_changes_no_finding(
        batch in batch(3),
        changes in vec(change(), 0..3),
        turns in vec(any::<Index>(), 1..40),
    ) {
        let mut batch = batch;
        for change in &changes {
            change.apply(&mut batch);
        }
        let batch = [batch];
        prop_assert_eq!(defects(&in_order(&batch, &turns)), defects(&in_order(&batch, &[])));
    }
}

proptest! {
    #![proptest_config(one_in(8))]

    #[test]
    fn ends_of_lines_of_a_recording_change_nothing(recording in synthetic_with(|_| true)) {
        let with = with_carriage_returns(&recording.bytes);
        prop_assert_eq!(places(&with), places(&recording.bytes));
    }

    #[test]
    fn the_order_of_members_of_a_recording_changes_no_finding(
        recording in synthetic_with(is_of_values),
        turns in vec(any::<Index>(), 1..40),
    ) {
        let Synthetic { bytes, .. } = &recording;
        let documents: Result<Vec<Value>, _> = Deserializer::from_slice(bytes).into_iter().collect();
        let documents = documents.unwrap();
        prop_assert_eq!(defects(&in_order(&documents, &turns)), defects(&in_order(&documents, &[])));
    }
}

/// Whether a rule is about values, not about the text that they are written as.
fn is_of_values(rule: &str) -> bool {
    const OF_TEXT: [&str; 6] =
        ["not-json", "truncated", "invalid-utf8", "too-deep", "duplicate-key", "byte-order-mark"];
    !OF_TEXT.contains(&rule)
}
