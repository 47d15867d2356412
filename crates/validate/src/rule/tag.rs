//! Rules of the family `tag`: lists of EPCs.

use super::{Family, Rule, Severity, literal};

const SINCE: &str = "0.1.0";

pub(crate) static EPC_ADDED_AND_REMOVED: Rule = Rule {
    name: "epc-added-and-removed",
    family: Family::Tag,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "A tag is both in `Adds` and in `Removes` of one event.",
    explanation: "A tag that came and went between two scans is in neither list; one that is in both says two things at once.",
    invalid: literal!(
        r#"{"PassRfid":"","Adds":["AD4424044148C57A5C0000B0"],"Removes":["AD4424044148C57A5C0000B0"],"Device":"MyDeviceName","ReceivedTime":"2018-05-19T13:23:44Z","Type":"AggregateEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T13:23:36Z","Version":2}"#
    ),
    valid: literal!(
        r#"{"PassRfid":"","Adds":["AD4424044148C57A5C0000B0"],"Removes":["AD4424044149F1765B0000CF"],"Device":"MyDeviceName","ReceivedTime":"2018-05-19T13:23:44Z","Type":"AggregateEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T13:23:36Z","Version":2}"#
    ),
    evidence: "AggregateEvent page: EPCs that appeared, and EPCs that went. No page says that they exclude one another.",
};

pub(crate) static DUPLICATE_EPC: Rule = Rule {
    name: "duplicate-epc",
    family: Family::Tag,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "A list of tags holds the same tag twice.",
    explanation: "A tag has one EPC, and a scan sees it once. An application that counts the list counts one tag too many.",
    invalid: literal!(
        r#"{"PassRfid":"","Adds":["AD4424044148C57A5C0000B0","AD4424044148C57A5C0000B0"],"Removes":[],"Device":"MyDeviceName","ReceivedTime":"2018-05-19T13:23:44Z","Type":"AggregateEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T13:23:36Z","Version":2}"#
    ),
    valid: literal!(
        r#"{"PassRfid":"","Adds":["AD4424044148C57A5C0000B0","AD4424044149F1765B0000CF"],"Removes":[],"Device":"MyDeviceName","ReceivedTime":"2018-05-19T13:23:44Z","Type":"AggregateEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T13:23:36Z","Version":2}"#
    ),
    evidence: "AggregateEvent and ObjectEvent pages. No page says that a list holds a tag once.",
};
