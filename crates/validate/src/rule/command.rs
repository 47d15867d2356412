//! Rules of the family `command`: the two events of a command.

use super::{Family, Rule, Severity, literal};

const SINCE: &str = "0.1.0";

pub(crate) static COMPLETION_WITHOUT_QUEUED: Rule = Rule {
    name: "completion-without-queued",
    family: Family::Command,
    severity: Severity::Info,
    strict_severity: Severity::Info,
    since: SINCE,
    summary: "A command was completed, but its queued event is not in the capture.",
    explanation: "The two are paired by CommandId over the whole capture, in any order. An orphan is normal at the start of a recording. A capture of a single document is not looked at.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000009","EventTime":"2018-05-19T06:14:30Z","Version":2}
    "#
        r#"{"CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","OutputParameterList":[],"ExceptionList":[],"Device":"MyDeviceName","ReceivedTime":"2018-05-17T20:05:36Z","Type":"CommandCompletionEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-17T20:05:29Z","Version":2}
    "#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","URI":"/3/Devices/MyDeviceName/reset","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}
    "#
        r#"{"CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","OutputParameterList":[],"ExceptionList":[],"Device":"MyDeviceName","ReceivedTime":"2018-05-17T20:05:36Z","Type":"CommandCompletionEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-17T20:05:29Z","Version":2}
    "#
    ),
    evidence: "Glossary: the same id is in the response, the queued and the completion event.",
};

pub(crate) static QUEUED_WITHOUT_COMPLETION: Rule = Rule {
    name: "queued-without-completion",
    family: Family::Command,
    severity: Severity::Info,
    strict_severity: Severity::Info,
    since: SINCE,
    summary: "A command was queued, but its completion event is not in the capture.",
    explanation: "Normal at the end of a recording: a command may wait for its device for 1440 minutes before it times out.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","ReceivedTime":"2018-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000009","EventTime":"2018-05-19T06:14:30Z","Version":2}
    "#
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","URI":"/3/Devices/MyDeviceName/reset","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}
    "#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","URI":"/3/Devices/MyDeviceName/reset","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}
    "#
        r#"{"CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","OutputParameterList":[],"ExceptionList":[],"Device":"MyDeviceName","ReceivedTime":"2018-05-17T20:05:36Z","Type":"CommandCompletionEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-17T20:05:29Z","Version":2}
    "#
    ),
    evidence: "CommandCompletionEvent page: \"Command timed out after 1440 minutes\".",
};

pub(crate) static COMMAND_MISMATCH: Rule = Rule {
    name: "command-mismatch",
    family: Family::Command,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "The queued and the completion event of a command disagree on device or command.",
    explanation: "The CommandId is the same, but the device or the name of the command differs. The application that waits for the completion looks in the wrong place.",
    invalid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","URI":"/3/Devices/MyDeviceName/reset","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}
    "#
        r#"{"CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","OutputParameterList":[],"ExceptionList":[],"Device":"MyOtherDevice","ReceivedTime":"2018-05-17T20:05:36Z","Type":"CommandCompletionEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-17T20:05:29Z","Version":2}
    "#
    ),
    valid: literal!(
        r#"{"Device":"MyDeviceName","CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","URI":"/3/Devices/MyDeviceName/reset","Verb":"Post","User":"MyUserName","Parameters":[],"Type":"CommandQueuedEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000001","EventTime":"2018-05-17T19:57:52Z","Version":3}
    "#
        r#"{"CommandId":"0a80f878-8cdf-4265-beb9-2649e3affe36","CommandName":"ResetCommand","OutputParameterList":[],"ExceptionList":[],"Device":"MyDeviceName","ReceivedTime":"2018-05-17T20:05:36Z","Type":"CommandCompletionEvent","EventId":"9eebaf4b-52a6-487b-bf2c-000000000002","EventTime":"2018-05-17T20:05:29Z","Version":2}
    "#
    ),
    evidence: "CommandQueuedEvent and CommandCompletionEvent pages.",
};
