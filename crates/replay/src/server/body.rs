//! Bodies of requests: read to their ends, if they are neither too long nor too slow.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{
    StatusCode,
    body::{Body as _, Incoming},
    header::{self, HeaderValue},
};

use super::reply::{Refused, Reply};

/// The longest body that is read where nobody wants it, in bytes.
const LONGEST_UNWANTED: usize = 64 << 10;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// The whole body of a request.
pub(super) async fn whole(
    timeout: Duration,
    longest: usize,
    body: Incoming,
) -> Result<Bytes, Refused> {
    let closing = |status, message| Refused::new(status, message).with(header::CONNECTION, CLOSE);
    let too_long = || {
        let message = format!("the body is longer than {longest} bytes");
        closing(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    if (longest as u64) < body.size_hint().lower() {
        return Err(too_long());
    }
    match tokio::time::timeout(timeout, Limited::new(body, longest).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long()),
        Ok(Err(error)) => Err(Refused::bad(format!("the body could not be read: {error}"))),
        Err(_) => Err(closing(StatusCode::REQUEST_TIMEOUT, "the body took too long".to_owned())),
    }
}

/// What is left of a body that nobody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    Something,
}

impl Rest {
    /// Reads a body, so that the client gets its answer when it has sent everything, and can use the
    /// connection again. A body that is too long or too slow for that is left.
    pub(super) async fn of(timeout: Duration, body: Incoming) -> Self {
        if (LONGEST_UNWANTED as u64) < body.size_hint().lower() {
            return Self::Something;
        }
        let read = Limited::new(body, LONGEST_UNWANTED).collect();
        match tokio::time::timeout(timeout, read).await {
            Ok(Ok(_)) => Self::Nothing,
            _ => Self::Something,
        }
    }

    /// The answer, which says whether the connection ends behind it.
    pub(super) fn before(self, mut reply: Reply) -> Reply {
        if self == Self::Something {
            reply.headers_mut().insert(header::CONNECTION, CLOSE);
        }
        reply
    }
}
