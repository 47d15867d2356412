//! Rules of the family `schema`: whether documents follow the JSON Schemas.

use super::{Family, Rule, Severity, literal};

const SINCE: &str = "0.1.0";

pub(crate) static MISSING_PROPERTY: Rule = Rule {
    name: "missing-property",
    family: Family::Schema,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A property that is required is not there.",
    explanation: "Every documented example of this type has the property. Where a property of \
        another name stands in its place, the finding marks that one and asks whether it was \
        meant; the other name is then not reported again.\n\nIt matters because applications read \
        the property without asking whether it is there.",
    invalid: literal!(
        r#"{"ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    evidence: "The field table and example on the page of each event; the JSON Schemas in \
        `schemas/` name the page.",
};

pub(crate) static UNKNOWN_PROPERTY: Rule = Rule {
    name: "unknown-property",
    family: Family::Schema,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "A property is not documented for this type of event.",
    explanation: "The property is in neither the field table nor the example of the type. It may \
        be new, or a slip for another name, which is then suggested. Types that are documented as \
        open (StatusEvent: \"Properties may be added or removed\") are not checked for it.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","Temperature":"21","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    evidence: "The field table on the page of each event. The .NET client keeps such properties as \
        AdditionalData since 3.0, so its authors expected them.",
};

pub(crate) static WRONG_TYPE: Rule = Rule {
    name: "wrong-type",
    family: Family::Schema,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A value has another JSON type than it must have.",
    explanation: "In this API all measured and configured values are strings, `\"-16\"` and not \
        `-16`; numbers appear only in `Count`, `Version` and `Id`. No documented example holds a \
        `null`: a string that is not there is an empty string, a list that is not there is `[]`.",
    invalid: literal!(
        r#"{"Device":17,"ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    valid: literal!(
        r#"{"Device":"17","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    evidence: "The examples on the page of each event; the .NET client's types.",
};

pub(crate) static BAD_FORMAT: Rule = Rule {
    name: "bad-format",
    family: Family::Schema,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A string does not have the form of a GUID or of a UTC timestamp.",
    explanation: "Identifiers are GUIDs of 36 characters. Instants are written \
        `yyyy-MM-ddTHH:mm:ssZ`, in UTC: without the `Z`, or with an offset in its place, \
        applications take them for local time and are wrong by hours.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19 06:14:59","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    evidence: "Every event page: \"The value is expressed in UTC. This value is expressed in the \
        following format: yyyy-MM-ddTHH:mm:ssZ\".",
};

pub(crate) static VALUE_NOT_ALLOWED: Rule = Rule {
    name: "value-not-allowed",
    family: Family::Schema,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A value is not one of those that are documented.",
    explanation: "Some properties take one of a closed list of values, such as `Region`.",
    invalid: literal!(
        r#"{"Id":1,"Alias":"MyAliasName","Devices":["MyDeviceName1"],"Region":"Europe","Type":"AliasAddedEvent","EventId":"f635b21d-1425-4a10-b934-266e707ce785","EventTime":"2018-05-19T07:17:50Z","Version":3}"#
    ),
    valid: literal!(
        r#"{"Id":1,"Alias":"MyAliasName","Devices":["MyDeviceName1"],"Region":"EU","Type":"AliasAddedEvent","EventId":"f635b21d-1425-4a10-b934-266e707ce785","EventTime":"2018-05-19T07:17:50Z","Version":3}"#
    ),
    evidence: "DeviceAddedEvent page of the v3 documentation: US, EU, AP, USGOV.",
};

pub(crate) static CONSTRAINT_VIOLATED: Rule = Rule {
    name: "constraint-violated",
    family: Family::Schema,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A value breaks another constraint of its JSON Schema, such as a length or a pattern.",
    explanation: "The message and `want` name the keyword of the schema. Names of devices, for \
        example, have at most 128 characters, and only letters, digits, dash, underscore, comma, \
        point and blank.",
    invalid: literal!(
        r#"{"Device":"My/Device","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    valid: literal!(
        r#"{"Device":"My-Device","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#
    ),
    evidence: "Create a Device pages of the v2 and v3 documentation.",
};
