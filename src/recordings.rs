//! Recordings as the arguments ask for them: which captures, and how they are played.

use std::num::NonZeroU64;

use contrail_replay::{
    Chance, Fault, Faults, Filter, Nanos, Open, Pace, Ratio, ReadOptions, RecordingTime, Restamp,
    Restamper, Rounds, ScheduleOptions, Speed,
};

use crate::{
    cli::RecordingArgs,
    input::{self, Source},
    outcome::UsageError,
    unread::Unread,
};

/// The captures, in the order of the arguments; what cannot be looked into is told.
pub(crate) fn sources(
    args: &RecordingArgs,
    unread: &mut Unread,
) -> Result<Vec<Source>, UsageError> {
    let inputs: Vec<_> = args.inputs.iter().map(|argument| input::find(argument)).collect();
    input::check_stdin_once(&inputs)?;
    for problem in inputs.iter().flat_map(|input| &input.unread) {
        unread.tell(&format!("{}: {}", problem.file, problem.error));
    }
    Ok(inputs.into_iter().flat_map(|input| input.sources).collect())
}

pub(crate) fn captures(sources: Vec<Source>) -> Vec<Box<dyn Open>> {
    sources.into_iter().map(|source| Box::new(source) as Box<dyn Open>).collect()
}

/// Refuses an option that reads the input again, where that can be read only once.
pub(crate) fn check_again(option: &str, sources: &[Source]) -> Result<(), UsageError> {
    match sources.iter().find(|source| !source.can_reopen()) {
        Some(source) => Err(UsageError(format!(
            "{option} reads the input again, but {} can be read only once; save it to a file first",
            source.name()
        ))),
        None => Ok(()),
    }
}

/// Which events of them are due when, with these faults.
pub(crate) fn options(args: &RecordingArgs, faults: &[Fault]) -> ScheduleOptions {
    let longest = args.max_wait.map(|wait| match args.speed {
        Speed::Times(ratio) => ratio.recorded_in(wait.0),
        Speed::Max => Nanos::MAX,
    });
    let max_gap = args.max_gap.map(|gap| gap.0).into_iter().chain(longest).min();
    let restamp = Restamp::from(args.restamp);
    ScheduleOptions {
        read: ReadOptions {
            order_by: args.order_by.into(),
            with_stamps: restamp != Restamp::Keep,
            read_ahead: args.read_ahead,
            har_body: contrail_validate::har_body,
            ..ReadOptions::default()
        },
        start: args.start.map(|bound| bound.0),
        end: args.end.map(|bound| bound.0),
        duration: args.duration.map(|span| span.0),
        limit: args.limit,
        filter: Filter {
            types: args.types.iter().collect(),
            devices: args.devices.iter().collect(),
        },
        pace: args.rate.map_or(Pace::Recorded { max_gap }, Pace::Rate),
        rounds: args.rounds.map_or(Rounds::Times(NonZeroU64::MIN), |rounds| rounds.0),
        faults: Faults { list: faults.to_vec(), seed: args.seed, most_held: args.fault_memory },
    }
}

/// The speed; with a rate, the schedule is in the time of the clock.
pub(crate) fn speed(args: &RecordingArgs) -> Speed {
    match (args.rate, args.speed) {
        (Some(_), Speed::Times(_)) => Speed::Times(Ratio::ONE),
        (_, speed) => speed,
    }
}

/// What makes the texts that leave, of recordings that begin at `first`.
pub(crate) fn restamper(
    args: &RecordingArgs,
    started: RecordingTime,
    first: RecordingTime,
) -> Restamper {
    let mut restamper = Restamper::new(args.restamp.into(), started, first);
    if args.allow_future {
        restamper = restamper.with_future();
    }
    if args.new_ids {
        restamper = restamper.with_new_ids(Chance::new(args.seed).named(b"id"));
    }
    restamper
}
