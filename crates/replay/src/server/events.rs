//! The API itself: Get Events and Delete Events.

use std::borrow::Cow;

use bytes::Bytes;
use hyper::{
    HeaderMap, Request, StatusCode, Uri, header, header::HeaderValue, http::request::Parts,
};
use percent_encoding::percent_decode_str;

use super::{
    Server,
    body::{RequestBody, Rest, whole},
    connection::NoAnswer,
    reply::{Refused, Reply, ReplyBody, json, no_content},
    stream::Link,
};
use crate::{
    clock::Clock as _,
    http_fault::HttpFaultKind,
    stand_in::{Batch, Deletion, Get, Query, Refusal, Step},
    time::{Nanos, duration},
};

/// The longest body of a Delete Events request, in bytes: a hundred ids are far shorter.
const LONGEST_BODY: usize = 1 << 20;

/// The most ids of a Delete Events request. Source: the page of Delete Events.
const MOST_IDS: usize = 100;

/// What a path of the API asks for.
#[derive(Debug, PartialEq, Eq)]
enum Route<'p> {
    /// `/{version}/events`, `/{version}/events/{limit}`.
    Events {
        version: u8,
        limit: Option<&'p str>,
    },
    Nothing,
}

impl<'p> Route<'p> {
    fn of(path: &'p str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<_> = path.split('/').collect();
        let (version, limit) = match segments[..] {
            ["", version, events] if events.eq_ignore_ascii_case("events") => (version, None),
            ["", version, events, limit] if events.eq_ignore_ascii_case("events") => {
                (version, Some(limit))
            }
            _ => return Self::Nothing,
        };
        match version {
            "2" => Self::Events { version: 2, limit },
            "3" => Self::Events { version: 3, limit },
            _ => Self::Nothing,
        }
    }
}

/// A fault that comes over an answer, or over how it arrives.
async fn hit(reply: Reply, fault: &HttpFaultKind, link: &Link) -> Result<Reply, NoAnswer> {
    match fault {
        HttpFaultKind::SlowBody { over } if reply.body().is_empty() => {
            // What has no body can only be slow as a whole.
            tokio::time::sleep(duration(*over)).await;
            Ok(reply)
        }
        HttpFaultKind::SlowBody { over } => Ok(reply.map(|body| body.slow(duration(*over)))),
        HttpFaultKind::TruncatedBody if reply.body().is_empty() => {
            link.reset();
            Err(NoAnswer)
        }
        HttpFaultKind::TruncatedBody => Ok(reply.map(ReplyBody::cut)),
        _ => Ok(reply),
    }
}

/// Answers a request to the API.
pub(super) async fn answer(
    server: &Server,
    request: Request<impl RequestBody>,
    link: &Link,
) -> Result<Reply, NoAnswer> {
    let path = request.uri().path();
    let fault = match Route::of(path) {
        Route::Events { .. } => server.fault(request.method().as_str(), path).await,
        Route::Nothing => None,
    };
    if let Some(latency) = server.latency() {
        tokio::time::sleep(latency).await;
    }
    if fault.is_some() {
        server.counts.faulted();
    }
    match &fault {
        Some(HttpFaultKind::Reset) => {
            link.reset();
            return Err(NoAnswer);
        }
        Some(HttpFaultKind::Status { code, retry_after }) => {
            let rest = Rest::of(server.options.timeout, request.into_body()).await;
            return Ok(rest.before(planted(*code, *retry_after)));
        }
        _ => {}
    }
    let reply = to_request(server, request, fault.as_ref()).await;
    if reply.status().is_client_error() {
        server.counts.refused();
    }
    match fault {
        Some(HttpFaultKind::LostDelete) if reply.status() == StatusCode::NO_CONTENT => {
            Ok(planted(500, None))
        }
        Some(fault) => hit(reply, &fault, link).await,
        None => Ok(reply),
    }
}

fn planted(code: u16, retry_after: Option<Nanos>) -> Reply {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let refused = Refused::new(status, "a fault that was planted by --fault");
    let Some(span) = retry_after else { return refused.into() };
    // In whole seconds, as RFC 9110 has it; never too early.
    let seconds = duration(span).as_millis().div_ceil(1000);
    let value = HeaderValue::from_str(&seconds.to_string()).expect("digits are a value");
    refused.with(header::RETRY_AFTER, value).into()
}

async fn to_request(
    server: &Server,
    request: Request<impl RequestBody>,
    fault: Option<&HttpFaultKind>,
) -> Reply {
    let (head, body) = request.into_parts();
    let timeout = server.options.timeout;
    match wanted(&head) {
        Ok(Wanted::Get(key, query)) => {
            let rest = Rest::of(timeout, body).await;
            rest.before(get(server, key, query).await.unwrap_or_else(Reply::from))
        }
        Ok(Wanted::Delete(key)) => {
            delete(server, key, body, fault).await.unwrap_or_else(Reply::from)
        }
        Err(refused) => Rest::of(timeout, body).await.before(refused.into()),
    }
}

/// What a request asks for, and with which access key.
enum Wanted<'r> {
    Get(&'r str, Query),
    Delete(&'r str),
}

/// What the head of a request asks for.
fn wanted(head: &Parts) -> Result<Wanted<'_>, Refused> {
    let path = head.uri.path();
    let Route::Events { version, limit } = Route::of(path) else {
        let want = "want /2/events, /3/events or one of these with a limit behind it";
        let message = format!("there is no {path} here; {want}");
        return Err(Refused::new(StatusCode::NOT_FOUND, message));
    };
    let key = access_key(&head.headers)?;
    match (head.method.as_str(), version, limit) {
        ("GET", _, limit) => {
            query(limit, &head.uri).map(|query| Wanted::Get(key, query)).map_err(Refused::bad)
        }
        ("DELETE", _, None) | ("PATCH", 3, None) => Ok(Wanted::Delete(key)),
        (method, _, Some(_)) => Err(Refused::method(method, path, "GET")),
        (method, 3, None) => Err(Refused::method(method, path, "GET, DELETE, PATCH")),
        (method, _, None) => Err(Refused::method(method, path, "GET, DELETE")),
    }
}

/// The access key of a request.
fn access_key(headers: &HeaderMap) -> Result<&str, Refused> {
    let mut values = headers.get_all("AccessKey").iter();
    let missing = || Refused::new(StatusCode::UNAUTHORIZED, "the header AccessKey is missing");
    let key = values.next().ok_or_else(missing)?;
    if values.next().is_some() {
        return Err(Refused::bad("the header AccessKey is given more than once"));
    }
    let not_ascii = |_| Refused::bad("the header AccessKey has letters other than ASCII");
    let key = key.to_str().map_err(not_ascii)?;
    if key.is_empty() { Err(missing()) } else { Ok(key) }
}

/// What a Get Events request asks for.
fn query(limit: Option<&str>, uri: &Uri) -> Result<Query, String> {
    let limit = match limit {
        Some(text) => limit_of(text)?,
        None => Query::DEFAULT,
    };
    let mut query = Query::any(limit);
    for part in uri.query().unwrap_or_default().split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = decoded(value)?.to_lowercase();
        if value.is_empty() {
            continue;
        }
        match decoded(name)?.to_lowercase().as_str() {
            "type" => query.types.push(value),
            "device" => query.devices.push(value),
            "eventversion" => query.versions.push(value),
            // `sort` too: nobody knows what it takes.
            _ => {}
        }
    }
    Ok(query)
}

fn limit_of(text: &str) -> Result<usize, String> {
    let most = Query::MOST;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text.parse().ok().filter(|limit| is_number && (1..=most).contains(limit));
    limit.ok_or_else(|| format!("the limit must be a number from 1 to {most}, got {text}"))
}

fn decoded(text: &str) -> Result<String, String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().map(Cow::into_owned);
    decoded.map_err(|_| format!("{text} is not UTF-8 behind its percent signs"))
}

async fn get(server: &Server, key: &str, query: Query) -> Result<Reply, Refused> {
    let wall = server.clock.now();
    let mut get = Get::new(query);
    loop {
        let step = server.with(|stand_in| stand_in.get(key, &mut get, wall));
        match step.map_err(|refusal| refused(&refusal))? {
            Step::More => tokio::task::yield_now().await,
            Step::Done(batch) => {
                server.counts.got();
                server.end_if_over();
                return Ok(json(StatusCode::OK, body(&batch)));
            }
        }
    }
}

/// A batch as the API writes it.
fn body(batch: &Batch) -> Bytes {
    let texts: usize = batch.events.iter().map(|event| event.text().len() + 1).sum();
    let mut body = Vec::with_capacity(texts + 96);
    body.extend_from_slice(b"{\"BatchId\":\"");
    body.extend_from_slice(&batch.id);
    body.extend_from_slice(b"\",\"Count\":");
    body.extend_from_slice(batch.events.len().to_string().as_bytes());
    body.extend_from_slice(b",\"Events\":[");
    for (index, event) in batch.events.iter().enumerate() {
        if 0 < index {
            body.push(b',');
        }
        body.extend_from_slice(event.text());
    }
    body.extend_from_slice(b"]}");
    body.into()
}

fn refused(refusal: &Refusal) -> Refused {
    match refusal {
        Refusal::UnknownKey => Refused::new(StatusCode::UNAUTHORIZED, "the AccessKey is not known"),
        Refusal::TooManyKeys => Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many access keys have subscribed; name those to take with --access-key",
        ),
        Refusal::UnknownBatch => Refused::new(
            StatusCode::NOT_FOUND,
            "no batch with this BatchId was returned to this key",
        ),
        Refusal::Unreadable(error) => Refused::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("events that wait could not be read again: {error}"),
        ),
    }
}

async fn delete(
    server: &Server,
    key: &str,
    body: impl RequestBody,
    fault: Option<&HttpFaultKind>,
) -> Result<Reply, Refused> {
    let bytes = whole(server.options.timeout, LONGEST_BODY, body).await?;
    let deletion = deletion(&bytes).map_err(Refused::bad)?;
    if fault == Some(&HttpFaultKind::Redelivery) {
        return Ok(no_content());
    }
    server.with(|stand_in| stand_in.delete(key, &deletion)).map_err(|refusal| refused(&refusal))?;
    server.counts.deleted();
    server.end_if_over();
    Ok(no_content())
}

/// What a Delete Events request asks for. A key with the value null is not given: the .NET client
/// sends both keys, one of them null.
fn deletion(bytes: &[u8]) -> Result<Deletion, String> {
    use serde_json::Value;

    let want = r#"want {"BatchId": "..."} or {"EventIds": ["...", ...]}"#;
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| format!("the body is not JSON: {error}; {want}"))?;
    let Value::Object(members) = value else {
        return Err(format!("the body is not an object; {want}"));
    };
    let given = |name: &str| {
        let mut named = members.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.next_back().map(|(_, value)| value).filter(|value| !value.is_null())
    };
    match (given("BatchId"), given("EventIds")) {
        (Some(_), Some(_)) => Err(format!("BatchId and EventIds are both given; {want}")),
        (None, None) => Err(format!("neither BatchId nor EventIds is given; {want}")),
        (Some(Value::String(id)), None) => Ok(Deletion::Batch(id.clone())),
        (Some(_), None) => Err(format!("BatchId is not a string; {want}")),
        (None, Some(Value::Array(ids))) if MOST_IDS < ids.len() => {
            Err(format!("EventIds has {} ids; at most {MOST_IDS} are possible", ids.len()))
        }
        (None, Some(Value::Array(ids))) => {
            let ids: Option<_> = ids.iter().map(|id| id.as_str().map(str::to_owned)).collect();
            ids.map(Deletion::Events)
                .ok_or_else(|| format!("EventIds has a value that is not a string; {want}"))
        }
        (None, Some(_)) => Err(format!("EventIds is not a list; {want}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_exact_but_for_case_and_a_last_slash() {
        let events = |version, limit| Route::Events { version, limit };
        for (path, expected) in [
            ("/2/events", events(2, None)),
            ("/3/events/", events(3, None)),
            ("/3/Events/512", events(3, Some("512"))),
            ("/3/events/512/", events(3, Some("512"))),
            ("/3/events//", events(3, Some(""))),
            ("/3/events/5/6", Route::Nothing),
            ("//3/events", Route::Nothing),
            ("/3/../3/events", Route::Nothing),
            ("/3/%65vents", Route::Nothing),
            ("/4/events", Route::Nothing),
            ("/events", Route::Nothing),
            ("/", Route::Nothing),
            ("", Route::Nothing),
            ("*", Route::Nothing),
        ] {
            assert_eq!(Route::of(path), expected, "{path}");
        }
    }

    #[test]
    fn queries_are_read_as_the_net_client_writes_them() {
        let read = |uri: &str| query(None, &uri.parse().unwrap()).unwrap();
        let any = Query::any(100);
        let of = |types: &[&str], devices: &[&str], versions: &[&str]| {
            let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
            let (types, devices, versions) = (owned(types), owned(devices), owned(versions));
            Query { types, devices, versions, ..Query::any(100) }
        };
        for (uri, expected) in [
            ("/3/events", any.clone()),
            ("/3/events?", any.clone()),
            ("/3/events?&", any.clone()),
            ("/3/events?type=", any.clone()),
            ("/3/events?sort=EventTime&x=y", any),
            ("/3/events?&Type=HeartbeatEvent", of(&["heartbeatevent"], &[], &[])),
            ("/3/events?Device=My%20Device&type=a", of(&["a"], &["my device"], &[])),
            ("/3/events?device=My+Device", of(&[], &["my device"], &[])),
            ("/3/events?EVENTVERSION=3&type=a&type=b", of(&["a", "b"], &[], &["3"])),
        ] {
            assert_eq!(read(uri), expected, "{uri}");
        }
        assert!(query(None, &"/3/events?type=%ff".parse().unwrap()).is_err());
    }

    #[test]
    fn a_limit_is_from_1_to_512() {
        assert_eq!(["1", "512"].map(limit_of), [Ok(1), Ok(512)]);
        for text in ["0", "513", "-1", "+5", "", "five", "1.0", "99999999999999999999"] {
            let message = format!("the limit must be a number from 1 to 512, got {text}");
            assert_eq!(limit_of(text), Err(message));
        }
    }

    #[test]
    fn a_delete_gives_a_batch_or_events() {
        let events = |ids: &[&str]| {
            Ok(Deletion::Events(ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>()))
        };
        for (body, expected) in [
            (r#"{"BatchId":"a"}"#, Ok(Deletion::Batch("a".to_owned()))),
            (r#"{"BatchId":"a","EventIds":null}"#, Ok(Deletion::Batch("a".to_owned()))),
            (r#"{"BatchId":null,"EventIds":["b","c"]}"#, events(&["b", "c"])),
            (r#"{"eventids":[]}"#, events(&[])),
        ] {
            assert_eq!(deletion(body.as_bytes()), expected, "{body}");
        }
        let many = format!(r#"{{"EventIds":{:?}}}"#, vec!["x"; 101]);
        for (body, message) in [
            ("", "the body is not JSON"),
            ("{", "the body is not JSON"),
            ("[]", "the body is not an object"),
            ("{}", "neither BatchId nor EventIds is given"),
            (r#"{"BatchId":null,"EventIds":null}"#, "neither BatchId nor EventIds is given"),
            (r#"{"BatchId":"a","EventIds":[]}"#, "BatchId and EventIds are both given"),
            (r#"{"BatchId":1}"#, "BatchId is not a string"),
            (r#"{"EventIds":"a"}"#, "EventIds is not a list"),
            (r#"{"EventIds":[1]}"#, "EventIds has a value that is not a string"),
            (many.as_str(), "EventIds has 101 ids; at most 100 are possible"),
        ] {
            let error = deletion(body.as_bytes()).unwrap_err();
            assert!(error.starts_with(message), "{body}: {error}");
        }
    }
}
