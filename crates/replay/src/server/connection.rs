//! Connections: taken, served, bounded in number, and ended in order.

use std::{io, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioTimer;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use super::{
    Server,
    stream::{Link, Stream},
};

/// What a connection that is one too many gets.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    Content-Type: application/json; charset=utf-8\r\nConnection: close\r\nRetry-After: 1\r\n\
    Content-Length: 49\r\n\r\n{\"Message\": \"too many connections; try it later\"}";

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

/// The connection is to end without an answer.
#[derive(Debug)]
pub(super) struct NoAnswer;

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("no answer")
    }
}

impl std::error::Error for NoAnswer {}

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
    let stream = Stream::new(stream, Arc::clone(&link), server.options.timeout);
    let service = service_fn(|request| server.answer(request, port, &link));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(server.options.timeout)
        .max_header_size(LONGEST_HEAD)
        // Who says that nothing more will come still waits for the answer.
        .half_close(true)
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
