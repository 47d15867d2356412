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
        assert_eq!(serde_json::to_value(&event).unwrap(), *value);
    }
    if let (Ok(batch), Ok(value)) = (Batch::decode(bytes), &theirs) {
        assert_eq!(serde_json::to_value(&batch).unwrap(), *value);
    }
});
