//! Rules of the family `time`: the times of an event.

use super::{Family, Rule, Severity, literal};

const SINCE: &str = "0.1.0";

pub(crate) static RECEIVED_BEFORE_EVENT: Rule = Rule {
    name: "received-before-event",
    family: Family::Time,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "An event was received before it happened.",
    explanation: "The clock of the device runs fast, or one of the times is wrong. A difference of up to 5 s is tolerated; `--max-skew`, or `max-skew` in contrail.toml, changes that. The documentation's own examples differ by 20 s to a year.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:07Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:27Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}"#
    ),
    evidence: "Restart a Device page of the v2 documentation: received 23 s before.",
};

pub(crate) static FRACTIONAL_SECONDS: Rule = Rule {
    name: "fractional-seconds",
    family: Family::Time,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "A time has a fraction of a second.",
    explanation: "The documented form has none, and applications that parse it exactly fail on a fraction.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30.125Z","Version":2}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}"#
    ),
    evidence: "Every event page: \"yyyy-MM-ddTHH:mm:ssZ\". Milliseconds appear only in a policy response.",
};
