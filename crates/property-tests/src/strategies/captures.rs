//! Captures of batches in every framing.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::{batch, damage};

/// A HAR document with these batches as bodies.
fn har(batches: &[Value]) -> Value {
    let entry = |batch: &Value| {
        json!({
            "request": {"method": "GET", "url": "https://host/2/events/100"},
            "response": {"status": 200, "content": {"text": batch.to_string()}},
        })
    };
    json!({"log": {"entries": batches.iter().map(entry).collect::<Value>()}})
}

/// A capture of a few batches in one of the framings, sometimes damaged.
pub fn capture() -> impl Strategy<Value = Vec<u8>> {
    let framing = select(&["lines", "pretty", "array", "crlf", "har"][..]);
    (vec(batch(2), 0..4), framing, vec(damage(), 0..3)).prop_map(|(batches, framing, damages)| {
        let pretty = |batch: &Value| format!("{batch:#}\n");
        let text = match framing {
            "lines" => batches.iter().map(|batch| batch.to_string() + "\n").collect(),
            "pretty" => batches.iter().map(pretty).collect::<String>(),
            "crlf" => batches.iter().map(pretty).collect::<String>().replace('\n', "\r\n"),
            "har" => har(&batches).to_string(),
            _ => Value::from(batches).to_string(),
        };
        let mut bytes = text.into_bytes();
        for damage in damages {
            damage.apply(&mut bytes);
        }
        bytes
    })
}
