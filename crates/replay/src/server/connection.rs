//! Connections: taken, served, bounded in number, and ended in order.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper::{
    rt::{Read, ReadBufCursor, Write},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use super::Server;

/// What a connection that is one too many gets.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    Content-Type: application/json; charset=utf-8\r\nConnection: close\r\nRetry-After: 1\r\n\
    Content-Length: 48\r\n\r\n{\"Message\": \"too many connections; try it later\"}";

/// How long answers that are under way may take once the server is to end.
const GRACE: Duration = Duration::from_secs(2);

/// How long to wait when the system gives no more connections, for want of file descriptors.
const NO_MORE: Duration = Duration::from_millis(20);

/// The longest head of a request, in bytes. Source: ours; it is what common servers take.
const LONGEST_HEAD: usize = 64 << 10;

/// What a port is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Port {
    /// The API alone.
    Api,
    /// The control API alone.
    Control,
    /// Both.
    Shared,
}

/// What a request can do to its connection.
#[derive(Debug, Default)]
pub(super) struct Link {
    is_to_reset: AtomicBool,
}

impl Link {
    /// The connection is reset when the request is over.
    pub(super) fn reset(&self) {
        self.is_to_reset.store(true, Relaxed);
    }
}

/// The connection is to end without an answer.
#[derive(Debug)]
pub(super) struct NoAnswer;

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("no answer")
    }
}

impl std::error::Error for NoAnswer {}

/// A stream that can be reset instead of closed.
struct Stream {
    inner: TokioIo<TcpStream>,
    link: Arc<Link>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.link.is_to_reset.load(Relaxed) {
            // If it cannot be done, the connection is closed, which is an error to the client too.
            let _ = self.inner.inner().set_zero_linger();
        }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.link.is_to_reset.load(Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, parts)
    }
}

/// Answers requests of all connections until it is to stop, then lets those under way end.
pub(super) async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    port: Port,
    mut stop: watch::Receiver<bool>,
) {
    let most = server.options.connections;
    let mut connections = JoinSet::new();
    let stopped = stop.clone();
    loop {
        tokio::select! {
            // Nobody is left to stop it: it stops.
            _ = stop.wait_for(|is_over| *is_over) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if most <= connections.len() => turn_away(&stream),
                Ok((stream, _)) => {
                    connections.spawn(attend(stream, Arc::clone(&server), port, stopped.clone()));
                }
                Err(_) => tokio::time::sleep(NO_MORE).await,
            },
        }
    }
    drop(listener);
    // What does not end in time is broken off with the set.
    let _ = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} })
        .await;
}

fn turn_away(stream: &TcpStream) {
    // The client may not read it: then it sees a connection that is closed.
    let _ = stream.try_write(TOO_MANY);
}

async fn attend(
    stream: TcpStream,
    server: Arc<Server>,
    port: Port,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are small and follow requests at once: none waits for more to send.
    let _ = stream.set_nodelay(true);
    let link = Arc::new(Link::default());
    let stream = Stream { inner: TokioIo::new(stream), link: Arc::clone(&link) };
    let service = service_fn(|request| server.answer(request, port, &link));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(server.options.timeout)
        .max_header_size(LONGEST_HEAD)
        .serve_connection(stream, service);
    tokio::pin!(connection);
    // An error is the client's: it broke off, sent no HTTP, or was too slow. Each got its answer.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|is_over| *is_over) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// A listener for the runtime.
///
/// # Errors
///
/// If the system refuses it.
pub(super) fn listener(listener: std::net::TcpListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}
