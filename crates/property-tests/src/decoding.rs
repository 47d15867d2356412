//! What is decoded is encoded again.

use contrail_model::{Batch, Event, Json};
use proptest::prelude::*;

use crate::strategies::{any_json, batch, event};

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
}
