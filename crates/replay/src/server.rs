//! The stand-in as a web server: the documented protocol, the control API, and their faults.
//!
//! The only asynchronous part. Requests are answered from [`StandIn`] under one lock, which is held
//! for a slice of work at a time.

mod body;
mod connection;
mod control;
mod events;
mod reply;
mod stream;
mod survey;

use std::{
    io,
    net::TcpListener,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{Request, header};
use serde::Serialize;
use tokio::sync::watch;

use crate::{
    chance::Chance,
    clock::{Clock as _, WallClock},
    fault::Delay,
    http_fault::{Asked, HttpFault, HttpFaultCount, HttpFaultKind, HttpFaults},
    merge::OrderCounts,
    stand_in::{Note, StandIn, StandInStatus, Step},
    time::{WallTime, duration},
};
use connection::{NoAnswer, Port};
use reply::Reply;
use stream::Link;
use survey::Survey;

pub use body::RequestBody;
pub use survey::Again;

/// Where requests come in.
#[derive(Debug)]
pub struct Listeners {
    /// For the API, and for the control API where that has none of its own.
    pub api: TcpListener,
    /// For the control API alone.
    pub control: Option<TcpListener>,
}

/// How the server behaves.
pub struct ServerOptions {
    /// What requests to the control API must have.
    pub control_token: Option<String>,
    /// Whether it ends when every subscriber has deleted every event.
    pub exit_when_drained: bool,
    /// How much later the API answers.
    pub latency: Option<Delay>,
    /// What goes wrong with requests to the API.
    pub faults: Vec<HttpFault>,
    /// The seed of everything that looks random.
    pub seed: u64,
    /// How long a request may take to arrive, a client to read, and a connection may be idle.
    pub timeout: Duration,
    /// The most connections at a time.
    pub connections: usize,
}

impl std::fmt::Debug for ServerOptions {
    /// Without the token, which is a secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServerOptions")
            .field("exit_when_drained", &self.exit_when_drained)
            .field("latency", &self.latency)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            control_token: None,
            exit_when_drained: false,
            latency: None,
            faults: Vec::new(),
            seed: 0,
            timeout: Duration::from_secs(75),
            connections: 4096,
        }
    }
}

/// Whom to tell what happens.
pub type Tell = Box<dyn Fn(&Note) + Send + Sync>;

/// The state of the server.
pub struct Server {
    stand_in: Mutex<StandIn>,
    clock: WallClock,
    faults: Mutex<HttpFaults>,
    options: ServerOptions,
    again: Again,
    survey: Survey,
    tell: Tell,
    counts: Counts,
    /// Requests so far, for choices.
    requests: AtomicU64,
    problems: AtomicU64,
    is_drained: watch::Sender<bool>,
    /// Where the API is, if it has a port of its own.
    api: OnceLock<String>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Server").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Requests to the API, by what came of them.
#[derive(Debug, Default)]
struct Counts {
    get: AtomicU64,
    delete: AtomicU64,
    refused: AtomicU64,
    faulted: AtomicU64,
}

impl Counts {
    fn got(&self) {
        self.get.fetch_add(1, Relaxed);
    }

    fn deleted(&self) {
        self.delete.fetch_add(1, Relaxed);
    }

    fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    fn faulted(&self) {
        self.faulted.fetch_add(1, Relaxed);
    }
}

/// Requests to the API, by what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestCounts {
    /// Get Events, answered.
    pub get: u64,
    /// Delete Events, done.
    pub delete: u64,
    /// Answered with a 4xx of our own.
    pub refused: u64,
    /// Hit by a fault.
    pub faulted: u64,
}

/// How the server stands. Spans are in nanoseconds.
#[derive(Clone, Debug, Serialize)]
pub struct ServerStatus {
    /// The version of this program.
    pub contrail: &'static str,
    /// Where the API is, if it has a port of its own.
    pub api: Option<String>,
    /// The time since the server was started.
    pub wall_ns: u64,
    /// Requests to the API.
    pub requests: RequestCounts,
    /// Things in the recording that could not be read.
    pub problems: u64,
    /// How many requests each fault hit.
    pub faults: Vec<HttpFaultCount>,
    /// The queues.
    #[serde(flatten)]
    pub stand_in: StandInStatus,
}

/// What came of it all.
#[derive(Clone, Debug, Serialize)]
pub struct ServerReport {
    /// Whether there were subscribers, and each has deleted every event.
    pub drained: bool,
    /// Types and devices that the filter names and that no event had, as `type X` or `device X`.
    pub unmet: Vec<String>,
    /// Events that filters left out.
    pub filtered: u64,
    /// Events outside of the window.
    pub outside: u64,
    /// Events that stood behind a later one and were put in their place.
    pub reordered: u64,
    /// Events that came too late even for that.
    pub misplaced: u64,
    /// Delayed events that arrived too early, because no more could be held.
    pub left_early: u64,
    /// Times in events that would have been in the future, and were set to the present.
    pub held_back: u64,
    /// How the server stands.
    #[serde(flatten)]
    pub status: ServerStatus,
}

impl Server {
    /// A server whose clock starts now. `again` reads what is played once more, to find a place in it,
    /// and `drawn` reads one round of it, for the picture.
    pub fn new(
        stand_in: StandIn,
        options: ServerOptions,
        again: Again,
        drawn: Again,
        tell: Tell,
    ) -> Self {
        Self {
            stand_in: Mutex::new(stand_in),
            clock: WallClock::start(),
            faults: Mutex::new(HttpFaults::new(options.faults.clone(), options.seed)),
            options,
            again,
            survey: Survey::new(drawn),
            tell,
            counts: Counts::default(),
            requests: AtomicU64::default(),
            problems: AtomicU64::default(),
            is_drained: watch::Sender::new(false),
            api: OnceLock::new(),
        }
    }

    /// Does something with the queues, and tells what they have to say.
    fn with<T>(&self, action: impl FnOnce(&mut StandIn) -> T) -> T {
        let mut stand_in = lock(&self.stand_in);
        let result = action(&mut stand_in);
        let notes = stand_in.take_notes();
        drop(stand_in);
        for note in &notes {
            let is_problem = matches!(note, Note::Problem(_) | Note::NotSpilled(_));
            self.problems.fetch_add(u64::from(is_problem), Relaxed);
            (self.tell)(note);
        }
        result
    }

    fn with_faults<T>(&self, action: impl FnOnce(&mut HttpFaults) -> T) -> T {
        action(&mut lock(&self.faults))
    }

    /// The fault that hits a request, if one does.
    async fn fault(&self, method: &str, path: &str) -> Option<HttpFaultKind> {
        if self.with_faults(|faults| faults.is_empty()) {
            return None;
        }
        // The time in the recording is known as far as it has been read.
        let wall = self.catch_up().await;
        let (time, first) = self.with(|stand_in| (stand_in.time(wall), stand_in.first()));
        self.with_faults(|faults| faults.choose(&Asked { method, path, time, first }))
    }

    /// How much later to answer this time.
    fn latency(&self) -> Option<Duration> {
        let latency = self.options.latency.as_ref()?;
        let number = self.requests.fetch_add(1, Relaxed);
        let chance = Chance::new(self.options.seed).named(b"latency").of(number);
        Some(duration(latency.of(chance)))
    }

    /// Lets all arrive that is due by now; the instant.
    async fn catch_up(&self) -> WallTime {
        let wall = self.clock.now();
        while self.with(|stand_in| stand_in.catch_up(wall)) == Step::More {
            tokio::task::yield_now().await;
        }
        wall
    }

    /// How it stands, with all that is due by now.
    async fn status(&self) -> ServerStatus {
        let wall = self.catch_up().await;
        self.status_at(wall)
    }

    fn status_at(&self, wall: WallTime) -> ServerStatus {
        ServerStatus {
            contrail: env!("CARGO_PKG_VERSION"),
            api: self.api.get().cloned(),
            wall_ns: u64::try_from(wall.0).unwrap_or(u64::MAX),
            requests: RequestCounts {
                get: self.counts.get.load(Relaxed),
                delete: self.counts.delete.load(Relaxed),
                refused: self.counts.refused.load(Relaxed),
                faulted: self.counts.faulted.load(Relaxed),
            },
            problems: self.problems.load(Relaxed),
            faults: self.with_faults(|faults| faults.counts()),
            stand_in: self.with(|stand_in| stand_in.status(wall)),
        }
    }

    /// What came of it all, as far as somebody asked for it.
    pub fn report(&self) -> ServerReport {
        let status = self.status_at(self.clock.now());
        self.with(|stand_in| {
            let counts = stand_in.schedule().counts();
            let OrderCounts { reordered, misplaced } = counts.order;
            ServerReport {
                drained: stand_in.is_drained(),
                unmet: stand_in.schedule().unmet(),
                filtered: counts.filtered,
                outside: counts.outside,
                reordered,
                misplaced,
                left_early: counts.left_early,
                held_back: stand_in.held_back(),
                status,
            }
        })
    }

    /// Answers a request that came over no connection: the status and the body. Nothing if the answer
    /// is broken off, as faults do.
    pub async fn answer_alone(&self, request: Request<impl RequestBody>) -> Option<(u16, Bytes)> {
        let reply = self.answer(request, Port::Shared, &Link::default()).await.ok()?;
        let status = reply.status().as_u16();
        Some((status, reply.into_body().collect().await.ok()?.to_bytes()))
    }

    /// Answers a request.
    async fn answer(
        &self,
        request: Request<impl RequestBody>,
        port: Port,
        link: &Link,
    ) -> Result<Reply, NoAnswer> {
        let is_control = match port {
            Port::Api => false,
            Port::Control => true,
            Port::Shared => control::owns(request.uri().path()),
        };
        let reply = if is_control {
            control::answer(self, request).await
        } else {
            events::answer(self, request, link).await?
        };
        if reply.headers().contains_key(header::CONNECTION) {
            link.leave_unread();
        }
        Ok(reply)
    }

    /// Ends when nothing is left to do, if that is wanted.
    fn end_if_over(&self) {
        if self.options.exit_when_drained && self.with(|stand_in| stand_in.is_over()) {
            self.is_drained.send_replace(true);
        }
    }
}

/// What a panic left behind is still what there is.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers requests until `shutdown`, or until all is drained where that is the end; then answers
/// those that are under way.
///
/// # Errors
///
/// If the system refuses a listener.
pub async fn run(
    listeners: Listeners,
    server: Arc<Server>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let mut drained = server.is_drained.subscribe();
    let serve = |listener, port| {
        let listener = connection::listener(listener)?;
        io::Result::Ok(connection::serve(listener, Arc::clone(&server), port, stopped.clone()))
    };
    if listeners.control.is_some() {
        // It is set once: a server runs once.
        let _ = server.api.set(format!("http://{}", listeners.api.local_addr()?));
    }
    let port = if listeners.control.is_some() { Port::Api } else { Port::Shared };
    let api = serve(listeners.api, port)?;
    let control = listeners.control.map(|listener| serve(listener, Port::Control)).transpose()?;
    let end = async {
        tokio::select! {
            () = shutdown => {}
            _ = drained.wait_for(|is_drained| *is_drained) => {}
        }
        stop.send_replace(true);
    };
    let control = async {
        if let Some(control) = control {
            control.await;
        }
    };
    tokio::join!(api, control, end);
    Ok(())
}
