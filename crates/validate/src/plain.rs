//! The peer that Contrail is measured against: the same schemas, held against `serde_json` values.

use std::collections::BTreeMap;

use serde_json::Value;

/// A compiled schema for values of `serde_json`.
pub(crate) type Compiled = jsonschema::Validator;

/// What somebody would build with the libraries who has the schemas: they say whether a value follows
/// its schema, and nothing else.
///
/// Validation does not use it. It is for measuring, by [`Schemas::plain`](crate::Schemas::plain).
#[derive(Debug)]
pub struct PlainValidator {
    pub(crate) batch: Compiled,
    pub(crate) event: Compiled,
    /// A batch without its events.
    pub(crate) envelope: Compiled,
    pub(crate) types: BTreeMap<String, Compiled>,
}

impl PlainValidator {
    /// Whether a batch and all of its events follow the one schema that describes them all.
    pub fn is_valid_batch(&self, batch: &Value) -> bool {
        self.batch.is_valid(batch)
    }

    /// Whether an event follows the one schema that describes all events.
    pub fn is_valid_event(&self, event: &Value) -> bool {
        self.event.is_valid(event)
    }

    /// The same as [`is_valid_batch`](Self::is_valid_batch), with the schema of each event looked up
    /// by its `Type`.
    pub fn is_valid_batch_by_type(&self, batch: &Value) -> bool {
        let events = batch.get("Events").and_then(Value::as_array);
        self.envelope.is_valid(batch)
            && events.is_some_and(|events| events.iter().all(|it| self.is_valid_event_by_type(it)))
    }

    /// The same as [`is_valid_event`](Self::is_valid_event), with the schema looked up by `Type`.
    pub fn is_valid_event_by_type(&self, event: &Value) -> bool {
        let type_name = event.get("Type").and_then(Value::as_str).unwrap_or_default();
        self.types.get(type_name).unwrap_or(&self.event).is_valid(event)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{ApiVersion, Schemas};

    #[test]
    fn both_ways_say_the_same() {
        let schemas = Schemas::embedded();
        let plain = schemas.plain(ApiVersion(2)).unwrap();
        let event = |type_name: &str, time: &str| {
            json!({
                "Device": "MyDeviceName",
                "ReceivedTime": "2017-05-19T06:14:59Z",
                "Type": type_name,
                "EventId": "9eebaf4b-52a6-487b-bf2c-b8f8e88bf906",
                "EventTime": time,
            })
        };
        for (event, want) in [
            (event("HeartbeatEvent", "2017-05-19T06:14:30Z"), true),
            (event("HeartbeatEvent", "noon"), false),
            (event("AggregateEvent", "2017-05-19T06:14:30Z"), false),
            (event("NobodyKnowsIt", "2017-05-19T06:14:30Z"), true),
            (json!({}), false),
        ] {
            assert_eq!(plain.is_valid_event(&event), want, "{event}");
            assert_eq!(plain.is_valid_event_by_type(&event), want, "{event}");
            let batch = json!({
                "BatchId": "c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32", "Count": 1, "Events": [event],
            });
            assert_eq!(plain.is_valid_batch(&batch), want, "{batch}");
            assert_eq!(plain.is_valid_batch_by_type(&batch), want, "{batch}");
        }
        for no_batch in [json!({}), json!({"BatchId": 1, "Count": 0, "Events": []})] {
            assert!(!plain.is_valid_batch(&no_batch) && !plain.is_valid_batch_by_type(&no_batch));
        }
        assert!(schemas.plain(ApiVersion(1)).is_none());
    }
}
