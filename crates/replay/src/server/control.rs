//! The control API and its page, under `/_contrail/`. `openapi.json` describes it.

use std::{net::IpAddr, num::NonZeroU64, sync::Arc};

use bytes::Bytes;
use hyper::{
    HeaderMap, Request, StatusCode,
    header::{self, HeaderValue},
    http::{request::Parts, uri::Authority},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Server,
    body::{RequestBody, Rest, whole},
    reply::{Refused, Reply, reply, value},
};
use crate::{
    clock::Clock as _,
    http_fault::{HttpFault, HttpFaults},
    player::{Player, SeekError, SeekTo},
    schedule::Bound,
    speed::Speed,
    stand_in::{QueueStatus, StandIn, Step, search},
    time::{Nanos, ScheduleTime, WallTime, parse_span, signed_span},
};

/// What all paths of the control API begin with.
pub(super) const PREFIX: &str = "/_contrail";

/// The longest body of a request, in bytes.
const LONGEST_BODY: usize = 64 << 10;

/// What the page may do: run its own script, and talk to the server that it came from.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; \
    style-src 'unsafe-inline'; connect-src 'self'; img-src data:; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'none'";

/// Something that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Page,
    OpenApi,
    Status,
    Subscribers,
    Timeline,
    Report,
    Pause,
    Resume,
    Step,
    Seek,
    Speed,
    Advance,
    Inject,
    ClearFaults,
}

/// All operations, each with its method and its path behind [`PREFIX`].
const ROUTES: [(&str, &str, Operation); 14] = [
    ("GET", "/", Operation::Page),
    ("GET", "/openapi.json", Operation::OpenApi),
    ("GET", "/status", Operation::Status),
    ("GET", "/subscribers", Operation::Subscribers),
    ("GET", "/timeline", Operation::Timeline),
    ("GET", "/report", Operation::Report),
    ("POST", "/pause", Operation::Pause),
    ("POST", "/resume", Operation::Resume),
    ("POST", "/step", Operation::Step),
    ("POST", "/seek", Operation::Seek),
    ("POST", "/speed", Operation::Speed),
    ("POST", "/advance", Operation::Advance),
    ("POST", "/faults", Operation::Inject),
    ("DELETE", "/faults", Operation::ClearFaults),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepBody {
    #[serde(default = "one")]
    events: NonZeroU64,
}

fn one() -> NonZeroU64 {
    NonZeroU64::MIN
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum SeekBody {
    /// A time, or an offset from the first event.
    To(String),
    /// A span on the schedule, perhaps with a sign.
    By(String),
    /// The id of an event.
    Event(String),
    /// A place on the schedule.
    PositionNs(i64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpeedBody {
    speed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdvanceBody {
    by: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultBody {
    fault: String,
}

#[derive(Serialize)]
struct Subscribers {
    subscribers: Vec<QueueStatus>,
}

/// Whether a path belongs to the control API.
pub(super) fn owns(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers a request to the control API.
pub(super) async fn answer(server: &Server, request: Request<impl RequestBody>) -> Reply {
    let (head, body) = request.into_parts();
    let timeout = server.options.timeout;
    match wanted(server, &head) {
        Ok(operation) => match whole(timeout, LONGEST_BODY, body).await {
            Ok(body) => done(server, operation, &body).await.unwrap_or_else(Reply::from),
            Err(refused) => refused.into(),
        },
        Err(refused) => Rest::of(timeout, body).await.before(refused.into()),
    }
}

/// What the head of a request asks for, if who asks may have it.
fn wanted(server: &Server, head: &Parts) -> Result<Operation, Refused> {
    let (method, path) = (head.method.as_str(), head.uri.path());
    let rest = match path.strip_prefix(PREFIX) {
        Some("") => return Err(to_the_page()),
        rest => rest.unwrap_or_default(),
    };
    let operation = find(method, rest, path)?;
    check_origin(&head.headers)?;
    check_host(server, &head.headers)?;
    if operation != Operation::Page {
        check_token(server, &head.headers)?;
    }
    Ok(operation)
}

async fn done(server: &Server, operation: Operation, body: &Bytes) -> Result<Reply, Refused> {
    match operation {
        Operation::Page => Ok(page()),
        Operation::OpenApi => {
            Ok(reply(StatusCode::OK, "application/json", include_str!("openapi.json")))
        }
        Operation::Timeline => Ok(value(&server.survey.timeline())),
        Operation::Report => {
            server.catch_up().await;
            Ok(value(&server.report()))
        }
        Operation::Subscribers => {
            let subscribers = server.status().await.stand_in.subscribers;
            Ok(value(&Subscribers { subscribers }))
        }
        Operation::Inject => {
            let FaultBody { fault } = parsed(body)?;
            let fault: HttpFault = fault.parse().map_err(|error: String| Refused::bad(error))?;
            server.with_faults(|faults| faults.add(fault));
            Ok(value(&server.status().await))
        }
        Operation::ClearFaults => {
            server.with_faults(HttpFaults::clear);
            Ok(value(&server.status().await))
        }
        Operation::Status => Ok(value(&server.status().await)),
        Operation::Pause
        | Operation::Resume
        | Operation::Step
        | Operation::Seek
        | Operation::Speed
        | Operation::Advance => {
            move_time(server, operation, body).await?;
            Ok(value(&server.status().await))
        }
    }
}

fn find(method: &str, rest: &str, path: &str) -> Result<Operation, Refused> {
    let there = ROUTES.iter().filter(|(_, route, _)| *route == rest);
    let allowed: Vec<_> = there.clone().map(|(method, ..)| *method).collect();
    let found = there.clone().find(|(known, ..)| *known == method);
    found.map(|(.., operation)| *operation).ok_or_else(|| match allowed[..] {
        [] => {
            let message = format!("there is no {path} here; {PREFIX}/openapi.json lists what is");
            Refused::new(StatusCode::NOT_FOUND, message)
        }
        ["POST", "DELETE"] => Refused::method(method, path, "POST, DELETE"),
        ["GET"] => Refused::method(method, path, "GET"),
        _ => Refused::method(method, path, "POST"),
    })
}

/// Changes how time passes. What is due arrives first, so that nothing is taken back.
async fn move_time(server: &Server, operation: Operation, body: &Bytes) -> Result<(), Refused> {
    let change = change(server, operation, body).await?;
    let wall = server.clock.now();
    while server.with(|stand_in| stand_in.catch_up(wall)) == Step::More {
        tokio::task::yield_now().await;
    }
    server.with(|stand_in| change.apply(stand_in, wall))
}

/// Finds a place. The recording is read for this from its beginning, while others go on.
async fn found(server: &Server, to: SeekTo) -> Result<Change, Refused> {
    let schedule = Arc::clone(&server.again);
    let search = move || search(schedule(), &to).map(|player| Change::GoTo(Box::new(player)));
    match tokio::task::spawn_blocking(search).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(SeekError::CannotGoBack)) => {
            Err(Refused::new(StatusCode::CONFLICT, "the recording can be read only once"))
        }
        Ok(Err(SeekError::NotFound)) => {
            Err(Refused::new(StatusCode::NOT_FOUND, "the recording has no such place"))
        }
        Err(_) => Err(Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "the search broke off")),
    }
}

/// A change of how time passes.
enum Change {
    Pause,
    Resume,
    Step(NonZeroU64),
    Speed(Speed),
    GoTo(Box<Player>),
    Advance(Nanos),
}

async fn change(server: &Server, operation: Operation, body: &Bytes) -> Result<Change, Refused> {
    Ok(match operation {
        Operation::Pause => Change::Pause,
        Operation::Step if body.is_empty() => Change::Step(one()),
        Operation::Step => Change::Step(parsed::<StepBody>(body)?.events),
        Operation::Speed => {
            let SpeedBody { speed } = parsed(body)?;
            Change::Speed(speed.parse().map_err(|error: String| Refused::bad(error))?)
        }
        Operation::Advance => {
            let AdvanceBody { by } = parsed(body)?;
            Change::Advance(parse_span(&by).map_err(Refused::bad)?)
        }
        Operation::Seek => found(server, place(server, parsed(body)?)?).await?,
        _ => Change::Resume,
    })
}

/// Where a seek is to go.
fn place(server: &Server, body: SeekBody) -> Result<SeekTo, Refused> {
    Ok(match body {
        SeekBody::To(text) => {
            let bound: Bound = text.parse().map_err(|error: String| Refused::bad(error))?;
            let first = server.with(|stand_in| stand_in.first());
            SeekTo::Recording(bound.resolve(first))
        }
        SeekBody::By(text) => {
            let span = signed_span(&text, parse_span).map_err(Refused::bad)?;
            let wall = server.clock.now();
            let position = server.with(|stand_in| stand_in.position(wall));
            SeekTo::Schedule((position + span).max(ScheduleTime(0)))
        }
        SeekBody::Event(id) => SeekTo::Event(id),
        SeekBody::PositionNs(place) => SeekTo::Schedule(ScheduleTime(place.into())),
    })
}

impl Change {
    fn apply(self, stand_in: &mut StandIn, wall: WallTime) -> Result<(), Refused> {
        match self {
            Self::Pause => stand_in.pause(wall),
            Self::Resume => stand_in.resume(wall),
            Self::Step(events) => stand_in.step(events, wall),
            Self::Speed(speed) => stand_in.set_speed(speed, wall),
            Self::GoTo(player) => stand_in.go_to(*player, wall),
            Self::Advance(span) if stand_in.advance(span) => {}
            Self::Advance(_) => {
                let message = "only the clock of --clock manual can be advanced";
                return Err(Refused::new(StatusCode::CONFLICT, message));
            }
        }
        Ok(())
    }
}

fn parsed<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        Refused::bad(format!("the body is not what {PREFIX}/openapi.json says: {error}"))
    })
}

/// Pages from elsewhere may send requests here, because a browser lets them. None is obeyed.
fn check_origin(headers: &HeaderMap) -> Result<(), Refused> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let host = headers.get(header::HOST).map_or(&b""[..], HeaderValue::as_bytes);
    let own = [&b"http://"[..], b"https://"].iter().any(|scheme| {
        origin.as_bytes().strip_prefix(*scheme).is_some_and(|authority| authority == host)
    });
    if own {
        return Ok(());
    }
    Err(Refused::new(StatusCode::FORBIDDEN, "pages from elsewhere cannot control this server"))
}

/// A page from elsewhere whose name was made to lead here has the right origin, but the name of its
/// own host (DNS rebinding). Numbers and `localhost` cannot be made to lead elsewhere.
fn check_host(server: &Server, headers: &HeaderMap) -> Result<(), Refused> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if server.options.control_token.is_some() || is_local_name(host) {
        return Ok(());
    }
    let message = format!("the control API is not at {host} without --control-token");
    Err(Refused::new(StatusCode::FORBIDDEN, message))
}

fn is_local_name(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return host.is_empty() };
    let name = authority.host().to_ascii_lowercase();
    let number = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
    number.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

fn check_token(server: &Server, headers: &HeaderMap) -> Result<(), Refused> {
    let Some(token) = &server.options.control_token else { return Ok(()) };
    let given = headers.get(header::AUTHORIZATION).map_or(&b""[..], HeaderValue::as_bytes);
    let given = given.strip_prefix(b"Bearer ").unwrap_or_default();
    if is_same(given, token.as_bytes()) {
        return Ok(());
    }
    let message = "the token of --control-token is wanted, as Authorization: Bearer TOKEN";
    let bearer = HeaderValue::from_static("Bearer");
    Err(Refused::new(StatusCode::UNAUTHORIZED, message).with(header::WWW_AUTHENTICATE, bearer))
}

/// Whether two secrets are the same; it takes as long for any two of a length.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |sum, (one, other)| sum | (one ^ other));
    one.len() == other.len() && differences == 0
}

fn page() -> Reply {
    let mut reply = reply(StatusCode::OK, "text/html; charset=utf-8", include_str!("page.html"));
    let headers = reply.headers_mut();
    let policy = HeaderValue::from_static(PAGE_POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}

fn to_the_page() -> Refused {
    Refused::new(StatusCode::PERMANENT_REDIRECT, "the page is at /_contrail/")
        .with(header::LOCATION, HeaderValue::from_static("/_contrail/"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_description_has_all_routes_and_no_other() {
        let description: serde_json::Value =
            serde_json::from_str(include_str!("openapi.json")).unwrap();
        let mut described = BTreeSet::new();
        for (path, operations) in description["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                described.insert((method.to_uppercase(), path.clone()));
            }
        }
        let routes: BTreeSet<_> = ROUTES
            .iter()
            .map(|(method, path, _)| ((*method).to_owned(), format!("{PREFIX}{path}")))
            .collect();
        assert_eq!(described, routes);
    }

    #[test]
    fn only_whole_segments_belong_to_the_control_api() {
        let owned = ["/_contrail", "/_contrail/", "/_contrail/x"].map(owns);
        let others = ["/_contrails", "/3/_contrail/", "//_contrail/", "/"].map(owns);
        assert_eq!((owned, others), ([true; 3], [false; 4]));
    }

    #[test]
    fn names_that_can_be_made_to_lead_here_are_no_local_names() {
        for host in ["127.0.0.1", "127.0.0.1:8317", "[::1]:8317", "localhost:80", "a.localhost", ""]
        {
            assert!(is_local_name(host), "{host}");
        }
        for host in ["example.com", "127.0.0.1.example.com:80", "localhost.example.com", "a b"] {
            assert!(!is_local_name(host), "{host}");
        }
    }

    #[test]
    fn spans_may_have_a_sign() {
        assert_eq!(
            ["5s", "+5s", "-5s"].map(|text| signed_span(text, parse_span)),
            [5, 5, -5].map(|it| Ok(it * 1_000_000_000))
        );
        assert!(signed_span("--5s", parse_span).is_err());
    }

    #[test]
    fn secrets_are_compared_whole() {
        assert!(is_same(b"abc", b"abc"));
        for other in [&b"abd"[..], b"ab", b"abcd", b""] {
            assert!(!is_same(b"abc", other));
        }
    }
}
