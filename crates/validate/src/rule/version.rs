//! Rules of the family `version`: what an API version added, replaced, renamed and removed.

use super::{Family, Rule, Severity, literal};

const SINCE: &str = "0.1.0";

pub(crate) static MISSING_VERSION: Rule = Rule {
    name: "missing-version",
    family: Family::Version,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "An event of API version 3 has no `Version`.",
    explanation: "From version 3 of the API on every event says which version of Jetstream it has. An application that reads the property without asking finds nothing. Which of a batch's events decide the version of the batch is a matter of numbers: the version that most of them speak for.",
    invalid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":2,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z"}]}"#
    ),
    valid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":2,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z","Version":2}]}"#
    ),
    evidence: "Event pages of the v3 documentation, Version Changes: \"Addition of the Version property\".",
};

pub(crate) static UNEXPECTED_VERSION: Rule = Rule {
    name: "unexpected-version",
    family: Family::Version,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "An event's `Version` is not one that its type has.",
    explanation: "Events of devices have version 2; all others have the version of the API that was called to generate them. The documentation contradicts itself in places, so this is a warning.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":3}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}"#
    ),
    evidence: "Get Events page of the v3 documentation: \"Device events will have the version of 2. [...] All other events will have the version of the API that was called to generate them.\"",
};

pub(crate) static VERSION_BEFORE_V3: Rule = Rule {
    name: "version-before-v3",
    family: Family::Version,
    severity: Severity::Info,
    strict_severity: Severity::Info,
    since: SINCE,
    summary: "An event of an API version before 3 has a `Version`.",
    explanation: "Version 2 of the API does not give events a `Version`, but for StatusEvent, whose page shows one. The dump was mixed from two versions, or edited.",
    invalid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":3,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z"},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z"},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000003","EventTime":"2018-05-19T06:14:30Z","Version":2}]}"#
    ),
    valid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":3,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z"},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z"},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000003","EventTime":"2018-05-19T06:14:30Z"}]}"#
    ),
    evidence: "Event pages of the v2 documentation.",
};

pub(crate) static MIXED_VERSIONS: Rule = Rule {
    name: "mixed-versions",
    family: Family::Version,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "A capture holds documents of more than one API version.",
    explanation: "A recording comes from one queue, and a queue from one version of the API. Told once for each capture, at the first document that differs; documents whose version was assumed do not count.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z"}
    "#
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z","Version":2}
    "#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}
    "#
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z","Version":2}
    "#
    ),
    evidence: "Get Events pages of the v2 documentation and of the v3 documentation.",
};

pub(crate) static EVENT_ADDED_LATER: Rule = Rule {
    name: "event-added-later",
    family: Family::Version,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "An event is of a type that its API version does not have yet.",
    explanation: "A consumer of the earlier version cannot meet this event. The dump was mixed from two versions, or is not of the version that it is taken for. The event is held to the schema of the version that has it.",
    invalid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":3,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z"},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z"},{"Id":1,"Device":"MyDeviceName","Type":"DeviceRemovedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000003","EventTime":"2018-05-19T07:18:36Z"}]}"#
    ),
    valid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":3,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z","Version":2},{"Id":1,"Device":"MyDeviceName","Type":"DeviceRemovedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000003","EventTime":"2018-05-19T07:18:36Z","Version":3}]}"#
    ),
    evidence: "Event pages of the v3 documentation.",
};

pub(crate) static EVENT_REPLACED: Rule = Rule {
    name: "event-replaced",
    family: Family::Version,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "An event is of a type that its API version, or `--target-version`, has replaced.",
    explanation: "A queue of version 3 may hold events that a call of version 2 generated, so this is a warning. With `--target-version` it shows what a consumer must change; the replacement is named.",
    invalid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":3,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z","Version":2},{"LogicalDeviceId":"MyDeviceName","Type":"LogicalDeviceRemovedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000003","EventTime":"2018-05-19T07:18:36Z"}]}"#
    ),
    valid: literal!(
        r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":3,"Events":[{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2},{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-19T06:14:30Z","Version":2},{"Id":1,"Device":"MyDeviceName","Type":"DeviceRemovedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000003","EventTime":"2018-05-19T07:18:36Z","Version":3}]}"#
    ),
    evidence: "DeviceAddedEvent and DeviceRemovedEvent pages of the v3 documentation, Version Changes.",
};

pub(crate) static EVENT_REMOVED: Rule = Rule {
    name: "event-removed",
    family: Family::Version,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "An event is of a type that its API version, or `--target-version`, no longer has.",
    explanation: "Nothing takes the place of the type. Version 1 had DeviceFailureEvent and DeviceRestoreEvent, in XML; no later version sends them.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"DeviceFailureEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:30Z","Version":2}"#
    ),
    evidence: "XSD of version 1.5; the .NET client dropped both at 2.0.",
};

pub(crate) static COMMAND_REPLACED: Rule = Rule {
    name: "command-replaced",
    family: Family::Version,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "A command is one that its API version, or `--target-version`, has replaced.",
    explanation: "GetPasses and UpdatePasses were replaced by SyncCredentials in version 3. The page of CommandQueuedEvent still shows UpdatePasses for it, so this is a warning.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"UpdatePasses","URI":"/3/Devices/MyDeviceName/credentials/sync","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"SyncCredentials","URI":"/3/Devices/MyDeviceName/credentials/sync","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}"#
    ),
    evidence: "CommandQueuedEvent and CommandCompletionEvent pages of the v3 documentation, Version Changes.",
};

pub(crate) static COMMAND_REMOVED: Rule = Rule {
    name: "command-removed",
    family: Family::Version,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A command is one that its API version, or `--target-version`, no longer has.",
    explanation: "UpdateFirmwareCommand exists in version 2 only; firmware is no longer updated by a command in version 3.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"UpdateFirmwareCommand","URI":"/3/Devices/MyDeviceName/version","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"UpdateFirmwareCommand","URI":"/2/Devices/MyDeviceName/version","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z"}"#
    ),
    evidence: "CommandCompletionEvent page of the v3 documentation, Version Changes: \"Removed CommandCompletionEvent for Update Agent Firmware\".",
};

pub(crate) static PROPERTY_ADDED_LATER: Rule = Rule {
    name: "property-added-later",
    family: Family::Version,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "A property is one that the event's version does not have yet.",
    explanation: "Alias and Credential of ObjectEvent, for example, come from handhelds, with version 3.",
    invalid: literal!(
        r#"{"Observe":["E2009061540301250180F17E"],"Alias":"MyAliasName","Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:15:00Z","Type":"ObjectEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:56Z"}"#
    ),
    valid: literal!(
        r#"{"Observe":["E2009061540301250180F17E"],"Alias":"MyAliasName","Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:15:00Z","Type":"ObjectEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-19T06:14:56Z","Version":3}"#
    ),
    evidence: "ObjectEvent page of the v3 documentation: \"only present when Version has a value of 3+\".",
};

pub(crate) static PROPERTY_RENAMED: Rule = Rule {
    name: "property-renamed",
    family: Family::Version,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "A property has a name that its API version, or `--target-version`, no longer uses.",
    explanation: "LogicalDeviceId is Device since version 3. `Uri` for `URI` marks a dump that the .NET client has written again.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","Uri":"/3/Devices/MyDeviceName/reset","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","URI":"/3/Devices/MyDeviceName/reset","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}"#
    ),
    evidence: "DeviceAddedEvent and CommandQueuedEvent pages; the .NET client's source.",
};

pub(crate) static URI_VERSION_MISMATCH: Rule = Rule {
    name: "uri-version-mismatch",
    family: Family::Version,
    severity: Severity::Info,
    strict_severity: Severity::Info,
    since: SINCE,
    summary: "The path of a command's request belongs to another API version than the event.",
    explanation: "Someone in the application still calls the other version of the API. The page of Restart a Device shows such an event.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","URI":"/2/Devices/MyDeviceName/reset","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}"#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","URI":"/3/Devices/MyDeviceName/reset","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}"#
    ),
    evidence: "Restart a Device page of the v3 documentation.",
};
