//! Rules of the family `event`: what type of event an event is.

use super::{Family, Rule, Severity, literal};

const SINCE: &str = "0.1.0";

pub(crate) static UNKNOWN_EVENT_TYPE: Rule = Rule {
    name: "unknown-event-type",
    family: Family::Event,
    severity: Severity::Warning,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "An event is of a type that no API version documents.",
    explanation: "The type may be newer than this program, or a slip for another one, which is \
        then suggested. Only what all events have in common could be checked. With `--strict` it \
        is an error.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HearbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    evidence: "The event pages of the v2 and v3 documentation. The .NET client since 3.0 and its \
        service base hand unknown types to a handler of their own.",
};

pub(crate) static EVENT_TYPE_CASE: Rule = Rule {
    name: "event-type-case",
    family: Family::Event,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "The name of an event's type differs from a documented one only in case or blanks.",
    explanation: "The .NET client looks types up by their exact name and treats this one as \
        unknown, while its service base compares without case: the same event is handled in one \
        place and lost in another.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"heartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    evidence: "The .NET client's source: types are found by reflection on `Type` with \"Dto\" behind \
        it; its service base's: `Type.Trim().ToLower()`.",
};
