//! `contrail replay`: recordings in, events out at the right time.

mod asked;
mod console;
mod length;
mod plan;
mod post;
mod report;
mod watch;

use std::{
    env, fs,
    io::{self, Write as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use anyhow::Context as _;
use contrail_replay::{
    Chance, Command, Player, Push, PushOptions, Pushed, RecordingTime, Restamper, Schedule,
    ScheduleOptions, Sink, SinkError, WallTime,
    clock::{self, Clock as _, WallClock},
};

use crate::{
    checkpoint::{Checkpoint, CheckpointFile},
    cli::ReplayArgs,
    input::Source,
    interrupt,
    outcome::{Outcome, UsageError},
    recordings,
    sink::{Lines, Post, PostSettings, Shape},
    unread::Unread,
};
use asked::{check, check_files, identity};
use console::Console;
use report::{Measured, Report};
use watch::{Origin, Watch};

pub(super) fn run(args: &ReplayArgs) -> anyhow::Result<Outcome> {
    let mut unread = Unread::default();
    let sources = recordings::sources(&args.recording, &mut unread)?;
    check(args, &sources)?;
    let options = recordings::options(&args.recording, &args.faults);
    if args.dry_run {
        return plan::run(args, sources, options, unread);
    }
    let post = post::settings(&args.http, |name| env::var_os(name))?;
    console::check(args, &sources)?;
    check_files(args, &sources)?;
    let missing: Vec<_> = sources.iter().filter_map(Source::missing).collect();
    if missing.len() == sources.len() && !missing.is_empty() {
        // Nothing is written over by a replay of nothing.
        for error in &missing {
            unread.tell(error);
        }
        return Ok(Outcome::Incomplete);
    }
    let arguments = identity(args, post.as_ref(), &sources);
    let file = args.checkpoint.as_deref().map(CheckpointFile::new);
    let resumed = match &file {
        Some(file) => file.read(&arguments)?,
        None => None,
    };
    let sink = sink(args, post, resumed.as_ref())?;
    let run = Run { args, sink, file, resumed, arguments, unread };
    run.play(&sources, &options)
}

fn sink(
    args: &ReplayArgs,
    post: Option<PostSettings>,
    resumed: Option<&Checkpoint>,
) -> anyhow::Result<Box<dyn Sink>> {
    let shape = Shape {
        batch: args.batch,
        is_compact: args.compact,
        chance: Chance::new(args.recording.seed),
    };
    Ok(match (post, &args.output) {
        (Some(settings), _) => Box::new(
            Post::new(settings, args.http.concurrency, shape)
                .context("the threads that send cannot be started")?,
        ),
        (None, Some(path)) => Box::new(file(path, shape, resumed)?),
        (None, None) => Box::new(Lines::stdout(shape)),
    })
}

fn file(path: &Path, shape: Shape, resumed: Option<&Checkpoint>) -> Result<Lines, UsageError> {
    let keep = resumed.map_or(0, |checkpoint| checkpoint.bytes);
    let there = fs::metadata(path).map_or(0, |file| file.len());
    if resumed.is_some() && there < keep {
        let path = path.display();
        return Err(UsageError(format!(
            "{path} has {there} bytes, but the checkpoint is of {keep}; remove the checkpoint to start anew"
        )));
    }
    Lines::file(path, keep, shape)
        .map_err(|error| UsageError(format!("{}: {error}", path.display())))
}

/// One replay.
struct Run<'a> {
    args: &'a ReplayArgs,
    sink: Box<dyn Sink>,
    file: Option<CheckpointFile>,
    resumed: Option<Checkpoint>,
    arguments: String,
    unread: Unread,
}

impl Run<'_> {
    fn play(mut self, sources: &[Source], options: &ScheduleOptions) -> anyhow::Result<Outcome> {
        let speed = recordings::speed(&self.args.recording);
        let schedule = Schedule::new(recordings::captures(sources.to_vec()), options.clone());
        let (commands, received) = mpsc::channel();
        let is_interrupted = Arc::new(AtomicBool::new(false));
        stop_on_interrupt(commands.clone(), &is_interrupted);
        let console = Console::start(self.args, sources, options, &commands);
        let mut player = Player::new(schedule, speed, WallTime::default());
        if self.args.start_paused {
            player.pause(WallTime::default());
        }
        if let Some(checkpoint) = &self.resumed {
            player.resume_after(checkpoint.last, WallTime::default());
        }
        // From here on time passes: what it took to read so far counts for nothing.
        let clock = WallClock::start();
        let origin = self.origin(&player);
        let mut restamper = self.restamper(origin);
        let mut pushed = Pushed::default();
        let mut watch = Watch {
            unread: &mut self.unread,
            clock: &clock,
            origin,
            arguments: &self.arguments,
            file: self.file.as_ref(),
            written: clock.elapsed(),
            last: None,
            failed: None,
        };
        let result = Push {
            player: &mut player,
            clock: &clock,
            commands: &received,
            restamper: &mut restamper,
            options: PushOptions { on_lag: self.args.on_lag.into(), late: self.args.late.0 },
        }
        .run(&mut console.around(self.sink.as_mut()), &mut pushed, &mut |notice| {
            console.notice(notice);
            watch.notice(notice, &console);
        });
        drop((commands, console));
        let delivered = self.sink.delivered();
        // Whatever ended this replay, the next one goes on exactly where it stands.
        watch.keep(delivered);
        if let Some(error) = watch.failed.filter(|_| result.is_ok()) {
            return Err(error);
        }
        let report = Report::new(&Measured {
            pushed: &pushed,
            player: &player,
            delivered: delivered.events,
            held_back: restamper.held_back(),
            wanted: speed,
            elapsed: clock.elapsed(),
            unread: self.unread.count,
        });
        let outcome = self.end(result, &report, is_interrupted.load(Ordering::Relaxed))?;
        for name in player.schedule().unmet().iter().filter(|_| !self.args.quiet) {
            let _ = writeln!(io::stderr(), "note: no event that was read has the {name}");
        }
        Ok(outcome)
    }

    /// When the replay started, and with which event.
    fn origin(&self, player: &Player) -> Origin {
        match &self.resumed {
            Some(checkpoint) => Origin {
                started: checkpoint.started,
                first: RecordingTime(checkpoint.first),
                resumed_after: checkpoint.due,
            },
            None => Origin {
                started: clock::now().into(),
                first: player.peek().map_or(RecordingTime(0), |next| next.event.time),
                resumed_after: 0,
            },
        }
    }

    fn restamper(&self, origin: Origin) -> Restamper {
        let Origin { started, first, resumed_after } = origin;
        recordings::restamper(&self.args.recording, started.into(), first)
            .resumed_after(resumed_after.into())
    }

    /// Tells what came of it, and chooses the exit code.
    fn end(
        &self,
        result: Result<(), SinkError>,
        report: &Report,
        is_interrupted: bool,
    ) -> anyhow::Result<Outcome> {
        if !self.args.quiet {
            let _ = write!(io::stderr(), "{report}");
        }
        let outcome = self.outcome(result, report, is_interrupted)?;
        if let Some(path) = &self.args.report
            && let Err(error) = fs::write(path, serde_json::to_string_pretty(report)? + "\n")
        {
            let path = path.display();
            let _ = writeln!(io::stderr(), "contrail: cannot write the report {path}: {error}");
            return Ok(if outcome == Outcome::Clean { Outcome::Incomplete } else { outcome });
        }
        Ok(outcome)
    }

    fn outcome(
        &self,
        result: Result<(), SinkError>,
        report: &Report,
        is_interrupted: bool,
    ) -> anyhow::Result<Outcome> {
        let args = self.args;
        match result {
            Err(error) if error.is_closed => return Ok(Outcome::Clean),
            Err(error) => {
                let delivered = report.delivered;
                let _ =
                    writeln!(io::stderr(), "contrail: {error}; {delivered} events were delivered");
                return Ok(Outcome::NotDelivered);
            }
            Ok(()) => {}
        }
        if is_interrupted {
            return Ok(Outcome::Interrupted);
        }
        if let Some(file) = self.file.as_ref().filter(|_| report.is_whole()) {
            file.remove().context("the checkpoint cannot be removed")?;
        }
        let broken: Vec<_> =
            args.fail_on.iter().filter(|it| it.holds(report.value(it.metric))).collect();
        for condition in &broken {
            let _ = writeln!(io::stderr(), "contrail: the timing was not good enough: {condition}");
        }
        Ok(if 0 < self.unread.count {
            Outcome::Incomplete
        } else if !broken.is_empty() || report.failed_on_lag {
            Outcome::Inaccurate
        } else {
            Outcome::Clean
        })
    }
}

/// The first Ctrl-C ends the replay in order.
fn stop_on_interrupt(commands: mpsc::Sender<Command>, is_interrupted: &Arc<AtomicBool>) {
    let is_interrupted = Arc::clone(is_interrupted);
    interrupt::at_next(move || {
        is_interrupted.store(true, Ordering::Relaxed);
        // The replay may have ended meanwhile.
        let _ = commands.send(Command::Stop);
    });
}
