//! Answers, and what can go wrong with their bodies on the way.

use std::{
    fmt,
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::{
    Response, StatusCode,
    body::{Body, Frame, SizeHint},
    header::{self, HeaderName, HeaderValue},
};
use serde::Serialize;
use tokio::time::Sleep;

/// An answer.
pub(super) type Reply = Response<ReplyBody>;

/// In how many pieces a slow body arrives.
const PIECES: u32 = 10;

/// The body of an answer.
#[derive(Debug)]
pub(super) struct ReplyBody {
    bytes: Bytes,
    manner: Manner,
}

/// How a body arrives.
#[derive(Debug)]
enum Manner {
    Whole,
    /// In pieces, with so long before each.
    Slow {
        pause: Duration,
        piece: usize,
        sleep: Option<Pin<Box<Sleep>>>,
    },
    /// The connection breaks when so many bytes are left.
    Cut {
        left: usize,
        is_sent: bool,
    },
}

/// The connection is to break in the middle of the body.
#[derive(Debug)]
pub(super) struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the body is cut off")
    }
}

impl std::error::Error for CutOff {}

impl ReplyBody {
    pub(super) fn of(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), manner: Manner::Whole }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The same, arriving over so long a time.
    pub(super) fn slow(self, over: Duration) -> Self {
        let piece = self.bytes.len().div_ceil(PIECES as usize).max(1);
        Self { manner: Manner::Slow { pause: over / PIECES, piece, sleep: None }, ..self }
    }

    /// The first half of the same.
    pub(super) fn cut(self) -> Self {
        Self { manner: Manner::Cut { left: self.bytes.len().div_ceil(2), is_sent: false }, ..self }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        let Self { bytes, manner } = self.get_mut();
        if bytes.is_empty() {
            return Poll::Ready(None);
        }
        let length = match manner {
            Manner::Whole => bytes.len(),
            Manner::Slow { pause, piece, sleep } => {
                let waiting = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(*pause)));
                if waiting.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                *sleep = None;
                bytes.len().min(*piece)
            }
            Manner::Cut { left, is_sent } if bytes.len() <= *left => {
                if *is_sent {
                    return Poll::Ready(Some(Err(CutOff)));
                }
                // What was given is sent only once nothing more is there at the moment.
                *is_sent = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Manner::Cut { left, .. } => bytes.len() - *left,
        };
        Poll::Ready(Some(Ok(Frame::data(bytes.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}

/// An answer with a body of a type.
pub(super) fn reply(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Reply {
    let mut reply = Response::new(ReplyBody::of(body));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// An answer of JSON.
pub(super) fn json(status: StatusCode, bytes: impl Into<Bytes>) -> Reply {
    reply(status, "application/json; charset=utf-8", bytes)
}

/// An answer of a value as JSON.
pub(super) fn value(value: &impl Serialize) -> Reply {
    let bytes = serde_json::to_vec(value).expect("no map in it has keys that are no strings");
    json(StatusCode::OK, bytes)
}

/// 204, without a body.
pub(super) fn no_content() -> Reply {
    let mut reply = Response::new(ReplyBody::of(Bytes::new()));
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

/// A request that is refused. The body of the answer is never empty: the .NET client of the API
/// cannot read one that is.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refused {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), header: None }
    }

    /// 400.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 405, with the methods that there are.
    pub(super) fn method(method: &str, path: &str, allowed: &'static str) -> Self {
        let message = format!("{method} is not possible for {path}; want {allowed}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, message)
            .with(header::ALLOW, HeaderValue::from_static(allowed))
    }

    /// The same with a header.
    pub(super) fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some((name, value)), ..self }
    }
}

impl From<Refused> for Reply {
    fn from(refused: Refused) -> Self {
        #[derive(Serialize)]
        struct Body<'m> {
            #[serde(rename = "Message")]
            message: &'m str,
        }
        let mut reply = value(&Body { message: &refused.message });
        *reply.status_mut() = refused.status;
        reply.headers_mut().extend(refused.header);
        reply
    }
}
