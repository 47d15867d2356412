//! Sends a body until the server takes it, or until it is clear that it will not.

use std::{
    fmt,
    io::{self, Read as _},
    time::Duration,
};

use contrail_replay::clock;
use ureq::{
    Agent, Body, Error,
    http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header::RETRY_AFTER},
};

use super::retry_after;

/// The longest wait between two attempts that nobody asked for.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// The longest wait that a server may ask for. Who asks for more is not asked again.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// How much of an answer is read. What follows costs the connection, not memory or time.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Where to and how bodies are sent.
pub(crate) struct PostSettings {
    pub(crate) uri: Uri,
    /// The URI without what may be secret.
    pub(crate) shown: String,
    pub(crate) headers: HeaderMap,
    /// How long an attempt may take.
    pub(crate) timeout: Duration,
    /// How many attempts may follow the first one.
    pub(crate) retries: u32,
    /// The wait before the second attempt; it doubles with each further one.
    pub(crate) backoff: Duration,
}

/// Sends bodies, and keeps connections open between them.
pub(super) struct Client {
    agent: Agent,
    settings: PostSettings,
}

/// Why a body could not be delivered.
#[derive(Debug)]
pub(super) struct Failure {
    reason: String,
    attempts: u32,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, attempts } = self;
        let plural = if *attempts == 1 { "" } else { "s" };
        write!(formatter, "{reason}, after {attempts} attempt{plural}")
    }
}

/// Why an attempt failed.
struct Refusal {
    reason: String,
    again: Again,
}

/// Whether a further attempt makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Never,
    Later,
    After(Duration),
}

impl Client {
    pub(super) fn new(settings: PostSettings, connections: usize) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(settings.timeout))
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .user_agent(concat!("contrail/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), settings }
    }

    /// Sends a body until it is taken. `pause` waits between two attempts, and says whether to go on.
    pub(super) fn deliver(
        &self,
        body: &[u8],
        pause: impl Fn(Duration) -> bool,
    ) -> Result<(), Failure> {
        let mut attempts = 0;
        loop {
            let Err(Refusal { reason, again }) = self.attempt(body) else { return Ok(()) };
            attempts += 1;
            let wait = match again {
                Again::Later => Some(backoff(self.settings.backoff, attempts)),
                Again::After(wait) if wait <= LONGEST_RETRY_AFTER => Some(wait),
                Again::Never | Again::After(_) => None,
            };
            let wait = wait.filter(|_| attempts <= self.settings.retries);
            if !wait.is_some_and(&pause) {
                return Err(Failure { reason, attempts });
            }
        }
    }

    fn attempt(&self, body: &[u8]) -> Result<(), Refusal> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.settings.uri.clone();
        *request.headers_mut() = self.settings.headers.clone();
        let response = self.agent.run(request).map_err(|error| self.lost(&error))?;
        let refusal = refusal(&response);
        drain(response);
        refusal.map_or(Ok(()), Err)
    }

    /// Why there was no answer. The text of other errors may show the URL.
    fn lost(&self, error: &Error) -> Refusal {
        let (reason, again) = match error {
            // What rustls refuses comes as such data; a certificate does not mend itself.
            Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                (format!("no secure connection: {error}"), Again::Never)
            }
            Error::Io(error) => (error.to_string(), Again::Later),
            Error::Timeout(_) => {
                (format!("no answer within {:?}", self.settings.timeout), Again::Later)
            }
            Error::HostNotFound => ("the host was not found".to_owned(), Again::Later),
            Error::ConnectionFailed => ("the connection failed".to_owned(), Again::Later),
            Error::Protocol(error) => (format!("the answer is no HTTP: {error}"), Again::Later),
            Error::Tls(error) => (format!("no secure connection: {error}"), Again::Never),
            Error::Rustls(error) => (format!("no secure connection: {error}"), Again::Never),
            Error::ConnectProxyFailed(_) => ("the proxy failed".to_owned(), Again::Later),
            _ => ("the request cannot be sent".to_owned(), Again::Never),
        };
        Refusal { reason, again }
    }
}

/// Why a response is no success; nothing if it is one.
fn refusal(response: &Response<Body>) -> Option<Refusal> {
    let status = response.status();
    if status.is_success() {
        return None;
    }
    let reason = match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    };
    if status.is_redirection() {
        let reason = format!("{reason}: redirects are not followed");
        return Some(Refusal { reason, again: Again::Never });
    }
    let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let asked = header.and_then(|text| retry_after::parse(text, clock::now().into()));
    let again = again(status, asked);
    let reason = match again {
        Again::After(wait) => format!("{reason} with Retry-After {wait:?}"),
        Again::Never | Again::Later => reason,
    };
    Some(Refusal { reason, again })
}

fn again(status: StatusCode, asked: Option<Duration>) -> Again {
    match (status, asked) {
        (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, Some(wait)) => {
            Again::After(wait)
        }
        (StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT, _) => Again::Later,
        _ if status.is_server_error() => Again::Later,
        _ => Again::Never,
    }
}

/// Reads the rest of an answer: only then can the connection be used again.
fn drain(response: Response<Body>) {
    let mut body = response.into_body().into_reader().take(LONGEST_ANSWER);
    // The status has come; what is wrong with the rest changes nothing.
    let _ = io::copy(&mut body, &mut io::sink());
}

/// The wait after so many attempts: it doubles.
fn backoff(first: Duration, attempts: u32) -> Duration {
    let times = 2_u32.saturating_pow(attempts.saturating_sub(1));
    first.saturating_mul(times).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let wait = |attempts| backoff(Duration::from_millis(100), attempts).as_millis();
        assert_eq!([1, 2, 3, 4].map(wait), [100, 200, 400, 800]);
        assert_eq!([9, 10, 100].map(wait), [25_600, 30_000, 30_000]);
    }

    #[test]
    fn answers_say_whether_to_try_again() {
        let second = Duration::from_secs(1);
        let after = |status, asked| again(StatusCode::from_u16(status).unwrap(), asked);
        for status in [408, 429, 500, 502, 503, 504, 599] {
            assert_eq!(after(status, None), Again::Later, "{status}");
        }
        for status in [400, 401, 404, 410, 413, 499] {
            assert_eq!(after(status, Some(second)), Again::Never, "{status}");
        }
        for status in [429, 503] {
            assert_eq!(after(status, Some(second)), Again::After(second), "{status}");
        }
        assert_eq!(after(500, Some(second)), Again::Later);
    }
}
