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
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hyper::{Request, body::Incoming, header};
use serde::Serialize;
use tokio::sync::watch;

use crate::{
    chance::Chance,
    clock::{Clock as _, WallClock},
    fault::Delay,
    http_fault::{Asked, HttpFault, HttpFaultCount, HttpFaultKind, HttpFaults},
    merge::OrderCounts,
    stand_in::{Note, StandIn, StandInStatus, Step},
};
use connection::{NoAnswer, Port};
use reply::Reply;
use stream::Link;
use survey::Survey;

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
#[derive(Debug)]
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
    survey: Survey,
    tell: Tell,
    counts: Counts,
    /// Requests so far, for choices.
    requests: AtomicU64,
    problems: AtomicU64,
    is_drained: watch::Sender<bool>,
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
    /// A server whose clock starts now; `again` reads the recording once more, for the picture of it.
    pub fn new(stand_in: StandIn, options: ServerOptions, again: Again, tell: Tell) -> Self {
        Self {
            stand_in: Mutex::new(stand_in),
            clock: WallClock::start(),
            faults: Mutex::new(HttpFaults::new(options.faults.clone(), options.seed)),
            options,
            survey: Survey::new(again),
            tell,
            counts: Counts::default(),
            requests: AtomicU64::default(),
            problems: AtomicU64::default(),
            is_drained: watch::Sender::new(false),
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
    fn fault(&self, method: &str, path: &str) -> Option<HttpFaultKind> {
        if self.with_faults(|faults| faults.is_empty()) {
            return None;
        }
        let wall = self.clock.now();
        let (time, first) = self.with(|stand_in| (stand_in.time(wall), stand_in.first()));
        self.with_faults(|faults| faults.choose(&Asked { method, path, time, first }))
    }

    /// How much later to answer this time.
    fn latency(&self) -> Option<Duration> {
        let latency = self.options.latency.as_ref()?;
        let number = self.requests.fetch_add(1, Relaxed);
        let chance = Chance::new(self.options.seed).named(b"latency").of(number);
        Some(events::duration(latency.of(chance)))
    }

    /// How it stands, with all that is due by now.
    pub async fn status(&self) -> ServerStatus {
        let wall = self.clock.now();
        while self.with(|stand_in| stand_in.catch_up(wall)) == Step::More {
            tokio::task::yield_now().await;
        }
        ServerStatus {
            contrail: env!("CARGO_PKG_VERSION"),
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

    /// What came of it all so far.
    pub async fn report(&self) -> ServerReport {
        let status = self.status().await;
        self.with(|stand_in| {
            let counts = stand_in.player().schedule().counts();
            let OrderCounts { reordered, misplaced } = counts.order;
            ServerReport {
                drained: stand_in.is_drained(),
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

    /// Answers a request.
    async fn answer(
        &self,
        request: Request<Incoming>,
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

    fn end_if_drained(&self) {
        if self.options.exit_when_drained && self.with(|stand_in| stand_in.is_drained()) {
            self.is_drained.send_replace(true);
        }
    }
}

/// A state that a panic left behind is as good as any: each change of it is whole.
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
