//! Rules of the family `batch`: what holds across the events of a batch.

use super::{Example, Family, Rule, Severity, literal};

const SINCE: &str = "0.1.0";

pub(crate) static COUNT_MISMATCH: Rule = Rule {
    name: "count-mismatch",
    family: Family::Batch,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "`Count` is not the number of events in the batch.",
    explanation: "A capture whose batches were edited, merged or filtered often keeps the old \
        count. An application that trusts it reads too few events or waits for more.",
    invalid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":4,"Events":[]}"#
    ),
    valid: literal!(r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":0,"Events":[]}"#),
    evidence: "Get Events page: the example has `\"Count\": 5` and five events.",
};

pub(crate) static BATCH_TOO_LARGE: Rule = Rule {
    name: "batch-too-large",
    family: Family::Batch,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A batch holds more events than the API returns at once: 512.",
    explanation: "The limit of Get Events lies between 1 and 512, so no response holds more. A \
        larger batch was merged by hand, and applications that size their buffers by the limit \
        break on it.",
    invalid: Example::Made {
        shown: r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":513,"Events":[ ...513 events... ]}"#,
        make: || batch_of(513),
    },
    valid: Example::Made {
        shown: r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":512,"Events":[ ...512 events... ]}"#,
        make: || batch_of(512),
    },
    evidence: "Get Events page: \"The number of messages to return. This value is a number within \
        the following range: 1 - 512\".",
};

pub(crate) static DUPLICATE_EVENT_ID: Rule = Rule {
    name: "duplicate-event-id",
    family: Family::Batch,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "Two events of one batch have the same `EventId`.",
    explanation: "`EventId` is unique. Between batches the same event is normal, because Get \
        Events does not remove what it returns; within one batch it is an error. The .NET \
        service base drops the second event unread.",
    invalid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":2,"Events":["#
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"},"#
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T07:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T07:14:30Z"}]}"#
    ),
    valid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":2,"Events":["#
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"},"#
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T07:14:59Z","Type":"HeartbeatEvent","EventId":"b55cf245-4a17-438e-8b12-538c3ef6f536","EventTime":"2017-05-19T07:14:30Z"}]}"#
    ),
    evidence: "Get Events page: \"Return, but do not dequeue, the oldest pending event messages\"; \
        the field tables call EventId unique.",
};

pub(crate) static CONFLICTING_REDELIVERY: Rule = Rule {
    name: "conflicting-redelivery",
    family: Family::Batch,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "The same `EventId` comes again with other content.",
    explanation: "Get Events does not remove what it returns, so the same event in two batches is normal, and is no finding. When its content differs, one of the two was changed, or an id was given twice. The order of members does not matter. Looked for within the last `--window` events of a capture.",
    invalid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":1,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}]}
    "#
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd33","Count":1,"Events":[{"Device":"MyOtherDevice","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}]}
    "#
    ),
    valid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":1,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}]}
    "#
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd33","Count":1,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}]}
    "#
    ),
    evidence: "Get Events page: \"Return, but do not dequeue, the oldest pending event messages\".",
};

pub(crate) static EVENTS_OUT_OF_ORDER: Rule = Rule {
    name: "events-out-of-order",
    family: Family::Batch,
    severity: Severity::Info,
    strict_severity: Severity::Info,
    since: SINCE,
    summary: "The events of a batch are not in the order of time.",
    explanation: "Get Events returns the oldest events first. Which time it goes by is not documented, so an event counts as out of order only when it happened and was received before the one that stands before it. Told once for each batch.",
    invalid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":2,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T07:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T07:14:30Z","Version":2},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z","Version":2}]}"#
    ),
    valid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":2,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T07:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T07:14:30Z","Version":2}]}"#
    ),
    evidence: "Get Events page: \"the oldest pending event messages\"; its example is in the order of EventTime.",
};

/// A batch of so many heartbeats.
fn batch_of(count: usize) -> Vec<u8> {
    let event = |number: usize| {
        format!(
            r#"{{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-{number:012}","EventTime":"2017-05-19T06:14:30Z"}}"#
        )
    };
    let events: Vec<_> = (0..count).map(event).collect();
    format!(
        r#"{{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":{count},"Events":[{}]}}"#,
        events.join(",\n")
    )
    .into_bytes()
}
