//! Faults of HTTP as people write them: a kind and its settings, such as `503,p=0.1,path=/3/events`.

use std::{num::NonZeroU64, str::FromStr};

use super::{HttpFault, HttpFaultKind, HttpScope};
use crate::{
    fault_text::{Family, Settings, list, probability, span},
    time::{Nanos, SECOND},
};

/// The kinds, what each can be set by, and an example.
const KINDS: [(&str, &[&str], &str); 8] = [
    ("429", &["retry-after"], "429,p=0.1,retry-after=5s"),
    ("500", &[], "500,p=0.1"),
    ("503", &["retry-after"], "503,p=0.1,retry-after=5s"),
    ("slow-body", &["over"], "slow-body,p=0.1,over=10s"),
    ("truncated-body", &[], "truncated-body,p=0.1"),
    ("reset", &[], "reset,p=0.1"),
    ("lost-delete", &[], "lost-delete,p=0.1"),
    ("redelivery", &[], "redelivery,p=0.1"),
];

const FAMILY: Family = Family {
    kinds: &KINDS,
    limits: &["p", "count", "after", "path", "method", "from", "to"],
    lists: &[],
};

/// The methods that requests can have.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/// When a client that asks too often is told to ask again, unless told otherwise.
const RETRY_AFTER: Nanos = SECOND;

/// How long a slow body takes, unless told otherwise.
const OVER: Nanos = 5 * SECOND;

impl HttpFault {
    /// The names of the kinds.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|(name, ..)| *name)
    }
}

impl FromStr for HttpFault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let settings = FAMILY.read(text)?;
        let kind = kind(&settings)?;
        Ok(Self {
            kind,
            probability: settings.parsed("p", probability)?.unwrap_or(1.0),
            scope: scope(&settings, kind)?,
            after: settings.parsed("after", requests)?.unwrap_or(0),
            count: settings.parsed("count", some_requests)?,
            name: settings.kind(),
            text: text.to_owned(),
        })
    }
}

fn kind(settings: &Settings) -> Result<HttpFaultKind, String> {
    let retry_after = settings.parsed("retry-after", whole_seconds)?;
    Ok(match settings.kind() {
        "429" => {
            HttpFaultKind::Status { code: 429, retry_after: retry_after.or(Some(RETRY_AFTER)) }
        }
        "500" => HttpFaultKind::Status { code: 500, retry_after },
        "503" => HttpFaultKind::Status { code: 503, retry_after },
        "slow-body" => {
            HttpFaultKind::SlowBody { over: settings.parsed("over", span)?.unwrap_or(OVER) }
        }
        "truncated-body" => HttpFaultKind::TruncatedBody,
        "reset" => HttpFaultKind::Reset,
        "lost-delete" => HttpFaultKind::LostDelete,
        _ => HttpFaultKind::Redelivery,
    })
}

fn scope(settings: &Settings, kind: HttpFaultKind) -> Result<HttpScope, String> {
    let (from, to) = settings.times()?;
    Ok(HttpScope {
        path: settings.parsed("path", path)?,
        method: settings.parsed("method", |text| method(text, kind))?,
        from,
        to,
    })
}

fn path(text: &str) -> Result<String, String> {
    if text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err(format!("want a path such as /3/events, got {text}"))
    }
}

/// Refuses what no request has, or none that this kind can hit.
fn method(text: &str, kind: HttpFaultKind) -> Result<String, String> {
    let methods = kind.methods().unwrap_or(&METHODS);
    match methods.iter().find(|method| method.eq_ignore_ascii_case(text)) {
        Some(method) => Ok((*method).to_owned()),
        None => Err(format!("want {}, got {text}", list(methods, "or"))),
    }
}

fn requests(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("want a number of requests, got {text}"))
}

fn some_requests(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| format!("want a number of requests from 1, got {text}"))
}

/// The header says no other spans (RFC 9110, section 10.2.3).
fn whole_seconds(text: &str) -> Result<Nanos, String> {
    let span = span(text)?;
    if span % SECOND == 0 { Ok(span) } else { Err(format!("want whole seconds, got {text}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schedule::Bound, time::RecordingTime};

    fn read(text: &str) -> HttpFault {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_kind_is_read_with_its_defaults() {
        let status = |code, seconds: Option<Nanos>| HttpFaultKind::Status {
            code,
            retry_after: seconds.map(|seconds| seconds * SECOND),
        };
        for (text, kind, probability) in [
            ("429", status(429, Some(1)), 1.0),
            ("429,retry-after=5s", status(429, Some(5)), 1.0),
            ("429,retry-after=0s,p=1e-3", status(429, Some(0)), 0.001),
            ("500,p=0", status(500, None), 0.0),
            ("503", status(503, None), 1.0),
            ("503,p=.5,retry-after=1min", status(503, Some(60)), 0.5),
            ("slow-body", HttpFaultKind::SlowBody { over: 5 * SECOND }, 1.0),
            ("slow-body,over=250ms", HttpFaultKind::SlowBody { over: SECOND / 4 }, 1.0),
            ("truncated-body", HttpFaultKind::TruncatedBody, 1.0),
            ("reset", HttpFaultKind::Reset, 1.0),
            ("lost-delete", HttpFaultKind::LostDelete, 1.0),
            ("redelivery", HttpFaultKind::Redelivery, 1.0),
        ] {
            let fault = read(text);
            assert_eq!((fault.kind, fault.probability), (kind, probability), "{text}");
            assert_eq!((fault.after, fault.count), (0, None), "{text}");
            assert_eq!((fault.to_string(), fault.scope), (text.to_owned(), HttpScope::default()));
        }
    }

    #[test]
    fn every_kind_can_be_limited() {
        let limits =
            r"count=3,after=2,path=/3/\,Events,method=delete,from=+1s,to=2018-05-19T13:23:44Z";
        for (.., example) in KINDS {
            let fault = read(&format!("{example},{limits}"));
            let scope = HttpScope {
                path: Some("/3/,Events".to_owned()),
                method: Some("DELETE".to_owned()),
                from: Some(Bound::After(SECOND)),
                to: Some(Bound::At(RecordingTime(1_526_736_224 * SECOND))),
            };
            assert_eq!((fault.scope, fault.probability), (scope, 0.1), "{example}");
            assert_eq!((fault.after, fault.count.unwrap().get()), (2, 3), "{example}");
        }
    }

    #[test]
    fn errors_say_what_is_meant() {
        for (text, expected) in [
            (
                "",
                "there is no fault ``: want 429, 500, 503, slow-body, truncated-body, reset, \
                 lost-delete or redelivery",
            ),
            (
                "502",
                "there is no fault `502`: want 429, 500, 503, slow-body, truncated-body, reset, \
                 lost-delete or redelivery",
            ),
            ("slowbody", "there is no fault `slowbody`; did you mean `slow-body`?"),
            ("Lost-Deletes,p=1", "there is no fault `Lost-Deletes`; did you mean `lost-delete`?"),
            (
                "500,retry-after=5s",
                "`500` has no `retry-after`: want p, count, after, path, method, from or to",
            ),
            (
                "reset,device=A",
                "`reset` has no `device`: want p, count, after, path, method, from or to",
            ),
            ("429,retry_after=5s", "`429` has no `retry_after`; did you mean `retry-after`?"),
            ("reset,methd=GET", "`reset` has no `methd`; did you mean `method`?"),
            (
                "slow-body,over",
                "`over` has no value: want over=..., as in slow-body,p=0.1,over=10s",
            ),
            ("reset,path=/2,path=/3", "`path` is given twice"),
            ("reset,p=2", "`p`: want a number from 0 to 1 such as 0.01, got 2"),
            ("reset,count=0", "`count`: want a number of requests from 1, got 0"),
            ("reset,count=-1", "`count`: want a number of requests from 1, got -1"),
            ("reset,after=1s", "`after`: want a number of requests, got 1s"),
            ("reset,path=3/events", "`path`: want a path such as /3/events, got 3/events"),
            (
                "reset,method=GTE",
                "`method`: want GET, HEAD, POST, PUT, DELETE, PATCH or OPTIONS, got GTE",
            ),
            ("lost-delete,method=GET", "`method`: want DELETE or PATCH, got GET"),
            ("redelivery,method=post", "`method`: want DELETE or PATCH, got post"),
            ("503,retry-after=1500ms", "`retry-after`: want whole seconds, got 1500ms"),
            ("slow-body,over=1000years", "`over`: 1000years is too long"),
            ("reset,from=noon", "`from`: want a time such as 2018-05-19T13:23:44Z, or +5m"),
            (
                "reset,from=2018-05-19T13:00:00Z,to=2018-05-19T12:00:00Z",
                "`to` must be after `from`, got 2018-05-19T12:00:00Z and 2018-05-19T13:00:00Z",
            ),
        ] {
            assert_eq!(text.parse::<HttpFault>().unwrap_err(), expected, "{text}");
        }
        for key in ["429,retry-after", "slow-body,over"] {
            let error = format!("{key}=5").parse::<HttpFault>().unwrap_err();
            assert!(error.ends_with("want a span such as 250ms, 5s or 1h30m"), "{error}");
        }
    }
}
