//! What is decoded is encoded again, and what is JSON is agreed on.

use contrail_model::{Batch, Event, Json, Tree};
use proptest::{collection::vec, prelude::*};
use serde_json::Value;

use crate::strategies::{any_json, batch, damage, event};

proptest! {
    #[test]
    fn an_event_survives_decoding_and_encoding(event in event(3), extra in any_json()) {
        let mut value = event;
        value["Unknown"] = extra;
        let text = value.to_string();
        let decoded = Event::decode(text.as_bytes()).unwrap();
        prop_assert_eq!(serde_json::to_value(&decoded).unwrap(), value);
        prop_assert_eq!(serde_json::from_str::<Event<'_>>(&text).unwrap(), decoded);
    }

    #[test]
    fn a_batch_survives_decoding_and_encoding(batch in batch(2)) {
        let text = batch.to_string();
        let decoded = Batch::decode(text.as_bytes()).unwrap();
        prop_assert_eq!(serde_json::to_value(&decoded).unwrap(), batch);
    }

    #[test]
    fn any_json_survives_the_borrowed_value(value in any_json()) {
        let text = value.to_string();
        let json: Json<'_> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_value(&json).unwrap(), value);
    }

    #[test]
    fn what_is_json_is_what_serde_json_says(value in any_json(), damages in vec(damage(), 0..3)) {
        let mut bytes = value.to_string().into_bytes();
        for damage in &damages {
            damage.apply(&mut bytes);
        }
        let ours = Tree::default()
            .parse(&bytes, 0)
            .is_ok_and(|end| bytes[end..].trim_ascii().is_empty());
        let theirs = serde_json::from_slice::<Value>(&bytes).is_ok();
        prop_assert_eq!(ours, theirs, "{}", String::from_utf8_lossy(&bytes));
    }
}
