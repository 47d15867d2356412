//! A server of nothing but `hyper`, which answers every Get with a body from memory: what HTTP alone
//! costs.

use std::{
    convert::Infallible,
    fs::File,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, body::Incoming, header::CONTENT_TYPE, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::runtime::{self, Runtime};

/// How many different bodies there are. They are more than fit in the caches of a processor.
const BODIES: usize = 256;

/// The server. It ends with this.
pub(crate) struct Bare {
    _runtime: Runtime,
    pub(crate) address: SocketAddr,
}

impl Bare {
    /// Answers with the first batches of a recording, so many events in each, over and over.
    pub(crate) fn start(recording: &Path, limit: usize) -> Self {
        let bodies: Arc<[Bytes]> = bodies(recording, limit).into();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        listener.set_nonblocking(true).expect("a listener can do that");
        let address = listener.local_addr().expect("it has an address");
        let runtime = runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.expect("threads can be started");
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("it listens");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(attend(stream, Arc::clone(&bodies)));
            }
        });
        Self { _runtime: runtime, address }
    }
}

async fn attend(stream: tokio::net::TcpStream, bodies: Arc<[Bytes]>) {
    stream.set_nodelay(true).expect("TCP can do that");
    let next = AtomicUsize::new(0);
    let service = service_fn(|request| answer(request, &bodies, &next));
    // It ends when the client goes away.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    bodies: &[Bytes],
    next: &AtomicUsize,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_get = request.method() == Method::GET;
    let _ = request.into_body().collect().await;
    let response = if is_get {
        let body = bodies[next.fetch_add(1, Relaxed) % bodies.len()].clone();
        Response::builder().header(CONTENT_TYPE, "application/json").body(Full::new(body))
    } else {
        Response::builder().status(204).body(Full::default())
    };
    Ok(response.expect("it is well-formed"))
}

fn bodies(recording: &Path, limit: usize) -> Vec<Bytes> {
    let lines = BufReader::new(File::open(recording).expect("it is there")).lines();
    let lines: Vec<String> = lines.take(limit * BODIES).collect::<Result<_, _>>().expect("text");
    lines.chunks(limit).map(|events| body(events).into()).collect()
}

fn body(events: &[String]) -> String {
    let (id, count, events) = ("0".repeat(36), events.len(), events.join(","));
    format!(r#"{{"BatchId":"{id}","Count":{count},"Events":[{events}]}}"#)
}
