//! What is decoded is encoded again.

use contrail_model::{Batch, Event, Json, Tree};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::strategies::{any_event, any_json, batch, edge_number, event};

/// A value as it is written without white space; of numbers every form.
fn written() -> impl Strategy<Value = String> {
    // What is none is a string: rejected cases would end a run of many.
    let number = |text: String| match serde_json::from_str::<Value>(&text) {
        Ok(_) => text,
        Err(_) => json!(text).to_string(),
    };
    prop_oneof![any_json().prop_map(|value| value.to_string()), edge_number().prop_map(number)]
}

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
    fn an_event_of_any_type_survives_decoding_and_encoding(event in any_event()) {
        let text = event.to_string();
        let decoded = Event::decode(text.as_bytes()).unwrap();
        prop_assert_eq!(serde_json::to_value(&decoded).unwrap(), event);
        let again = serde_json::to_string(&decoded).unwrap();
        prop_assert_eq!(Event::decode(again.as_bytes()).unwrap(), decoded);
    }

    #[test]
    fn members_that_are_not_known_are_written_in_order_and_as_they_were(
        event in any_event(),
        others in vec((written(), any::<Index>()), 0..6),
    ) {
        let members = event.as_object().unwrap().iter();
        let mut members: Vec<_> = members.map(|(name, value)| format!("{}:{value}", json!(name))).collect();
        let mut last = 0;
        let mut want = Vec::new();
        for (number, (value, place)) in others.into_iter().enumerate() {
            last += place.index(members.len() + 1 - last);
            members.insert(last, format!("\"Unknown{number}\":{value}"));
            want.push((format!("\"Unknown{number}\""), value));
            last += 1;
        }
        let text = format!("{{{}}}", members.join(","));
        let decoded = Event::decode(text.as_bytes()).unwrap();
        let again = serde_json::to_string(&decoded).unwrap();
        let mut tree = Tree::default();
        tree.parse(again.as_bytes(), 0).unwrap();
        let got: Vec<_> = tree
            .root(&again)
            .members()
            .map(|member| (member.name.raw().to_owned(), member.value.raw().to_owned()))
            .filter(|(name, _)| name.starts_with("\"Unknown"))
            .collect();
        prop_assert_eq!(got, want);
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
