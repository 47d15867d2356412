//! `contrail serve`: the API, played from a recording.

mod saved;
mod summary;

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Write as _},
    net::{SocketAddr, TcpListener},
    num::NonZeroU64,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use contrail_replay::{
    Fault, HttpFault, Note, Open, RecordingTime, Rounds, Schedule, ScheduleOptions, StandIn,
    StandInOptions, clock, duration,
    server::{self, Listeners, Server, ServerOptions, ServerReport},
};
use indicatif::HumanCount;
use tokio::{runtime, sync::oneshot};

use crate::{
    cli::{ServeArgs, ServeFault, StartChoice},
    input::{self, Source},
    interrupt,
    outcome::{Outcome, UsageError},
    recordings,
    unread::Unread,
};
use saved::Saved;

pub(super) fn run(args: &ServeArgs) -> anyhow::Result<Outcome> {
    let mut unread = Unread::default();
    let sources = recordings::sources(&args.recording, &mut unread)?;
    check(args, &sources)?;
    let missing: Vec<_> = sources.iter().filter_map(Source::missing).collect();
    if missing.len() == sources.len() {
        for error in &missing {
            unread.tell(error);
        }
        if sources.is_empty() {
            unread.tell(&format!("there are no captures: want {}", input::capture_endings()));
        }
        return Ok(Outcome::Incomplete);
    }
    let listeners = listeners(args)?;
    raise_file_limit();
    let captures: Arc<[Saved]> = saved::all(sources)?.into();
    let (requests, events) = split(&args.faults);
    let stand_in = stand_in(args, &captures, &events)?;
    let unread = Arc::new(Mutex::new(unread));
    let server = Arc::new(Server::new(
        stand_in,
        options(args, requests),
        again(&captures, recordings::options(&args.recording, &events)),
        again(&captures, one_round(args)),
        teller(args.quiet, &unread),
    ));
    if !args.quiet {
        greet(args, &listeners);
    }
    let (report, is_interrupted) = serve(listeners, &server)?;
    drop(server);
    let unread = unread.lock().unwrap_or_else(PoisonError::into_inner).count;
    end(args, &report, unread, is_interrupted)
}

/// Refuses what cannot be done before anything is done.
fn check(args: &ServeArgs, sources: &[Source]) -> Result<(), UsageError> {
    let refuse = |message: String| Err(UsageError(message));
    let keys = access_keys(args);
    if keys.is_empty() && !args.listen.ip().is_loopback() {
        return refuse(format!(
            "{} can be reached from other machines: name the keys to take with --access-key",
            args.listen
        ));
    }
    if keys.is_empty() && args.start_on == StartChoice::EveryKey {
        return refuse(
            "--start-on every-key wants the keys: name them with --access-key".to_owned(),
        );
    }
    if let Some(key) = keys.iter().find(|key| !is_header(key)) {
        let letters = key.len();
        return refuse(format!(
            "an --access-key of {letters} bytes is empty or has letters that no header can have"
        ));
    }
    if control_token(args).is_some_and(|token| !is_header(token)) {
        return refuse(
            "the --control-token is empty or has letters that no header can have".into(),
        );
    }
    let control = args.control_listen.unwrap_or(args.listen);
    if control_token(args).is_none() && !control.ip().is_loopback() {
        return refuse(format!(
            "anybody could control the server at {control}: give it a --control-token, or a \
             --control-listen on 127.0.0.1"
        ));
    }
    if args.exit_when_drained
        && args.recording.rounds.is_some_and(|rounds| rounds.0 == Rounds::Endless)
    {
        return refuse("--loop without a number never ends: --exit-when-drained wants one".into());
    }
    if let Some(path) = &args.report
        && sources.iter().any(|source| source.is_file(path))
    {
        return refuse(format!("--report {} would overwrite an input", path.display()));
    }
    Ok(())
}

/// The keys to take. A variable that is empty says nothing.
fn access_keys(args: &ServeArgs) -> &[String] {
    let is_unset = args.access_keys == [""] && is_empty("CONTRAIL_ACCESS_KEY");
    if is_unset { &[] } else { &args.access_keys }
}

/// The token of the control API. A variable that is empty says nothing.
fn control_token(args: &ServeArgs) -> Option<&str> {
    let token = args.control_token.as_deref()?;
    let is_unset = token.is_empty() && is_empty("CONTRAIL_CONTROL_TOKEN");
    (!is_unset).then_some(token)
}

fn is_empty(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| value.is_empty())
}

fn is_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn listeners(args: &ServeArgs) -> Result<Listeners, UsageError> {
    let listen = |option: &str, address: SocketAddr| {
        TcpListener::bind(address).map_err(|error| {
            UsageError(format!(
                "cannot listen on {address}: {error}; choose another with {option}, or port 0 for \
                 any that is free"
            ))
        })
    };
    let control =
        args.control_listen.map(|address| listen("--control-listen", address)).transpose()?;
    Ok(Listeners { api: listen("--listen", args.listen)?, control })
}

/// Every connection is an open file, and systems allow few of them at first.
fn raise_file_limit() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};

        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // If it stays low, connections wait for each other.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

fn split(faults: &[ServeFault]) -> (Vec<HttpFault>, Vec<Fault>) {
    let (mut requests, mut events) = (Vec::new(), Vec::new());
    for fault in faults {
        match fault {
            ServeFault::Request(fault) => requests.push(fault.clone()),
            ServeFault::Event(fault) => events.push(fault.clone()),
        }
    }
    (requests, events)
}

fn schedule(captures: &[Saved], options: ScheduleOptions) -> Schedule {
    let captures = captures.iter().map(|capture| Box::new(capture.clone()) as Box<dyn Open>);
    Schedule::new(captures.collect(), options)
}

fn stand_in(args: &ServeArgs, captures: &[Saved], faults: &[Fault]) -> anyhow::Result<StandIn> {
    let recording = &args.recording;
    let schedule = schedule(captures, recordings::options(recording, faults));
    let started = DateTime::<Utc>::from(clock::now());
    let restamper = recordings::restamper(recording, started.into(), RecordingTime::default());
    let options = StandInOptions {
        clock: args.clock.into(),
        start_on: args.start_on.into(),
        keys: Some(access_keys(args).iter().cloned().collect())
            .filter(|keys: &BTreeSet<_>| !keys.is_empty()),
        retention: !args.no_retention,
        memory: args.queue_memory,
        seed: recording.seed,
    };
    let spill = tempfile::tempfile().context("no temporary file can be made")?;
    Ok(StandIn::new(schedule, recordings::speed(recording), restamper, options, Box::new(spill)))
}

/// One round as it was recorded: what the page draws.
fn one_round(args: &ServeArgs) -> ScheduleOptions {
    let rounds = Rounds::Times(NonZeroU64::MIN);
    ScheduleOptions { rounds, ..recordings::options(&args.recording, &[]) }
}

/// Reads the captures once more.
fn again(captures: &Arc<[Saved]>, options: ScheduleOptions) -> server::Again {
    let captures = Arc::clone(captures);
    Arc::new(move || schedule(&captures, options.clone()))
}

fn options(args: &ServeArgs, faults: Vec<HttpFault>) -> ServerOptions {
    ServerOptions {
        control_token: control_token(args).map(str::to_owned),
        exit_when_drained: args.exit_when_drained,
        latency: args.latency,
        faults,
        seed: args.recording.seed,
        timeout: duration(args.timeout.0),
        connections: args.max_connections,
    }
}

/// Tells what happens, as it happens.
fn teller(is_quiet: bool, unread: &Arc<Mutex<Unread>>) -> server::Tell {
    let unread = Arc::clone(unread);
    Box::new(move |note| {
        let mut unread = unread.lock().unwrap_or_else(PoisonError::into_inner);
        match note {
            Note::Problem(problem) => unread.problem(problem),
            Note::NotSpilled(error) => unread.tell(&format!(
                "the temporary file for waiting events: {error}; they stay in memory"
            )),
            Note::Subscribed(number, key) if !is_quiet => {
                let _ = writeln!(io::stderr(), "subscriber {number} ({key}) has subscribed");
            }
            Note::Unsubscribed(number, waited) if !is_quiet => {
                let _ = writeln!(
                    io::stderr(),
                    "note: subscriber {number} is unsubscribed: no Get for 30 days of recording \
                     time; {waited} events waited for it (--no-retention keeps them)"
                );
            }
            Note::Subscribed(..) | Note::Unsubscribed(..) => {}
        }
    })
}

/// Says where it listens. Scripts read the first address.
fn greet(args: &ServeArgs, listeners: &Listeners) {
    let address = |listener: &TcpListener, asked| listener.local_addr().unwrap_or(asked);
    let api = address(&listeners.api, args.listen);
    let control = match (&listeners.control, args.control_listen) {
        (Some(listener), Some(asked)) => address(listener, asked),
        _ => api,
    };
    let begins = match args.start_on {
        StartChoice::FirstPoll => "time begins with the first request",
        StartChoice::EveryKey => "time begins when every key has asked",
        StartChoice::Launch => "time has begun",
    };
    let _ = write!(
        io::stderr(),
        "listening on http://{api}/ for /2/events and /3/events; {begins}\n\
         page and control API: http://{control}/_contrail/\n"
    );
}

/// Serves until it is drained or somebody ends it; true if somebody did.
fn serve(listeners: Listeners, server: &Arc<Server>) -> anyhow::Result<(ServerReport, bool)> {
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the threads of the server cannot be started")?;
    let (stop, stopped) = oneshot::channel();
    let is_interrupted = Arc::new(AtomicBool::new(false));
    interrupt::at_next({
        let is_interrupted = Arc::clone(&is_interrupted);
        move || {
            is_interrupted.store(true, Relaxed);
            // It may have ended meanwhile.
            let _ = stop.send(());
        }
    });
    let report = runtime.block_on(async {
        let shutdown = async {
            if stopped.await.is_err() {
                // Nobody can end it any more: it goes on.
                std::future::pending::<()>().await;
            }
        };
        server::run(listeners, Arc::clone(server), shutdown).await?;
        io::Result::Ok(server.report())
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok((report.context("the server cannot be started")?, is_interrupted.load(Relaxed)))
}

/// Tells what came of it, and chooses the exit code.
fn end(
    args: &ServeArgs,
    report: &ServerReport,
    unread: u64,
    is_interrupted: bool,
) -> anyhow::Result<Outcome> {
    if !args.quiet {
        let _ = write!(io::stderr(), "{}", summary::of(report));
    }
    let outcome = match (is_interrupted, unread, report.drained) {
        (true, ..) => Outcome::Interrupted,
        (false, 0, true) => Outcome::Clean,
        (false, 0, false) => {
            let lost = HumanCount(report.status.stand_in.lost);
            let remedy = "--no-retention keeps them";
            let _ = writeln!(
                io::stderr(),
                "contrail: {lost} events were removed before they were deleted; {remedy}"
            );
            Outcome::NotDelivered
        }
        (false, ..) => Outcome::Incomplete,
    };
    if let Some(path) = &args.report
        && let Err(error) = fs::write(path, serde_json::to_string_pretty(report)? + "\n")
    {
        let path = path.display();
        let _ = writeln!(io::stderr(), "contrail: cannot write the report {path}: {error}");
        return Ok(if outcome == Outcome::Clean { Outcome::Incomplete } else { outcome });
    }
    Ok(outcome)
}
