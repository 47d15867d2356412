//! What is JSON is what `serde_json` says, and what is decoded is encoded again.

#![no_main]

use contrail_model::{Batch, Event, Tree};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// A name that `serde_json` keeps for itself: it refuses an object with this member.
const RESERVED: &[u8] = b"$serde_json::private";

fuzz_target!(|bytes: &[u8]| {
    if bytes.windows(RESERVED.len()).any(|name| name == RESERVED) {
        return;
    }
    let ours = Tree::default().parse(bytes, 0);
    // Not `trim_ascii`: it takes a form feed for white space, which JSON does not.
    let ours = ours.is_ok_and(|end| bytes[end..].iter().all(|byte| b" \t\r\n".contains(byte)));
    let theirs = serde_json::from_slice::<Value>(bytes);
    assert_eq!(ours, theirs.is_ok(), "{}", String::from_utf8_lossy(bytes));
    if let (Ok(event), Ok(value)) = (Event::decode(bytes), &theirs) {
        assert!(is_same(&serde_json::to_value(&event).unwrap(), value), "{value}");
    }
    if let (Ok(batch), Ok(value)) = (Batch::decode(bytes), &theirs) {
        assert!(is_same(&serde_json::to_value(&batch).unwrap(), value), "{value}");
    }
});

/// Whether two values are the same to JSON, in which 27e1 is 270.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| {
                    other.get(name).is_some_and(|other| is_same(value, other))
                })
        }
        _ => one == other,
    }
}
