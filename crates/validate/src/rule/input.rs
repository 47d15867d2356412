//! Rules of the family `input`: whether the bytes are JSON documents of this API.

use super::{Example, Family, Rule, Severity};

const SINCE: &str = "0.1.0";

const HEARTBEAT: Example = Example::Literal(
    br#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#,
);

pub(crate) static NOT_JSON: Rule = Rule {
    name: "not-json",
    family: Family::Input,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A document is not JSON.",
    explanation: "The bytes stop following the grammar of JSON at the place that is marked. The \
        document is left there; reading goes on at the next place where a document can begin, and \
        the finding says where that is and how much was passed over. Numbers beyond the range of a \
        64-bit float and halves of surrogate pairs are refused too, because most readers of JSON \
        refuse them or change them silently.\n\nIt matters because an application that meets the \
        same bytes fails, or skips them.",
    invalid: Example::Literal(
        br#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":0 "Events":[]}"#,
    ),
    valid: Example::Literal(
        br#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":0,"Events":[]}"#,
    ),
    evidence: "RFC 8259. Two examples of the API's documentation are not JSON themselves: a \
        comma is missing on the page of Sync Device Credentials, and quotes are doubled on that of \
        StatusEvent.",
};

pub(crate) static TRUNCATED: Rule = Rule {
    name: "truncated",
    family: Family::Input,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A document ends before it is whole.",
    explanation: "The input, or the line of a capture with one document a line, ends while a \
        string, an array or an object is still open. Usually the capturing process was stopped, a \
        disk was full, or a response was cut off.\n\nIt matters because the events behind the cut \
        are missing from the capture, and everything that is counted in it is too low.",
    invalid: Example::Literal(br#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":1,"Events":[{"Device":"MyDev"#),
    valid: Example::Literal(br#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":0,"Events":[]}"#),
    evidence: "RFC 8259.",
};

pub(crate) static INVALID_UTF8: Rule = Rule {
    name: "invalid-utf8",
    family: Family::Input,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A document holds bytes that are not UTF-8.",
    explanation: "JSON is exchanged in UTF-8. Bytes in another encoding come from a tool that \
        wrote the capture in the encoding of its system (UTF-16 from a Windows shell is the \
        commonest), or from damage.\n\nConvert the file, for example with `iconv -f UTF-16 -t \
        UTF-8`.",
    invalid: Example::Literal(
        b"{\"Device\":\"K\xFChlschrank\",\"ReceivedTime\":\"2017-05-19T06:14:59Z\",\"Type\":\"HeartbeatEvent\",\"EventId\":\"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906\",\"EventTime\":\"2017-05-19T06:14:30Z\"}",
    ),
    valid: HEARTBEAT,
    evidence: "RFC 8259, section 8.1.",
};

pub(crate) static TOO_DEEP: Rule = Rule {
    name: "too-deep",
    family: Family::Input,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A document nests arrays or objects deeper than 127 levels.",
    explanation: "No event of the API nests deeper than five levels. A document that does so \
        hundreds of times is damaged or hostile, and many readers of JSON overflow their stack on \
        it. It is left unread.",
    invalid: Example::Made {
        shown: "{\"a\":[[[[[[ ...and so on, 128 levels deep",
        make: || format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200)).into_bytes(),
    },
    valid: HEARTBEAT,
    evidence: "The limit is that of serde_json, which the .NET client's reader shares in order of \
        magnitude.",
};

pub(crate) static UNRECOGNISED_DOCUMENT: Rule = Rule {
    name: "unrecognised-document",
    family: Family::Input,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "A document is JSON, but neither a batch nor an event.",
    explanation: "A batch is an object with `BatchId`, `Count` and `Events`; an event is an object \
        with `Type`, `EventId` and `EventTime`. This document has none of them. Often it is an \
        error that was captured in place of a response, or the answer of another endpoint. A body \
        in a HAR file whose base64 or compression cannot be undone gets this finding too.\n\nIt \
        matters because nothing in the document was checked.",
    invalid: Example::Literal(br#"{"Message":"Authorization has been denied for this request."}"#),
    valid: HEARTBEAT,
    evidence: "Get Events page of the v2 and v3 documentation.",
};

pub(crate) static DUPLICATE_KEY: Rule = Rule {
    name: "duplicate-key",
    family: Family::Input,
    severity: Severity::Error,
    strict_severity: Severity::Error,
    since: SINCE,
    summary: "An object gives the same name twice.",
    explanation: "Readers of JSON disagree on which of the two members counts: some take the \
        first, most take the last, some refuse the document. The checks that follow look at the \
        last one. A list of `Key` and `Value` pairs may repeat a key; that is no duplicate, for \
        each pair is an object of its own.",
    invalid: Example::Literal(
        br#"{"Device":"MyDeviceName","Device":"MyOtherDevice","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#,
    ),
    valid: HEARTBEAT,
    evidence: "RFC 8259, section 4: \"When the names within an object are not unique, the behavior \
        of software that receives such an object is unpredictable.\"",
};

pub(crate) static BYTE_ORDER_MARK: Rule = Rule {
    name: "byte-order-mark",
    family: Family::Input,
    severity: Severity::Warning,
    strict_severity: Severity::Warning,
    since: SINCE,
    summary: "A byte-order mark stands before a document.",
    explanation: "The three bytes EF BB BF are invisible in an editor, and many readers of JSON \
        refuse them. They are passed over here. Save the file as \"UTF-8 without BOM\".",
    invalid: Example::Literal(
        b"\xEF\xBB\xBF{\"BatchId\":\"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32\",\"Count\":0,\"Events\":[]}",
    ),
    valid: Example::Literal(br#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":0,"Events":[]}"#),
    evidence: "RFC 8259, section 8.1: \"Implementations MUST NOT add a byte order mark\".",
};
