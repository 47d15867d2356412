//! What the arguments of a replay ask for, and what is refused before anything is done.

use std::{num::NonZeroU64, path::Path};

use contrail_replay::{
    Faults, Filter, Nanos, Open as _, Pace, Ratio, ReadOptions, Restamp, Rounds, ScheduleOptions,
    Speed,
};

use crate::{
    cli::ReplayArgs,
    input::{self, Source},
    outcome::UsageError,
    sink::PostSettings,
};

/// Refuses to write over an input, or two things to one file, and files that cannot be written.
pub(super) fn check_files(args: &ReplayArgs, sources: &[Source]) -> Result<(), UsageError> {
    let mut written: Vec<(&str, &Path)> = Vec::new();
    for (what, path) in
        [("--output", &args.output), ("--report", &args.report), ("--checkpoint", &args.checkpoint)]
    {
        let Some(path) = path.as_deref() else { continue };
        let shown = path.display();
        if sources.iter().any(|source| source.is_file(path)) {
            return Err(UsageError(format!("{what} {shown} would overwrite an input")));
        }
        if let Some((other, _)) = written.iter().find(|(_, other)| input::is_same_file(other, path))
        {
            return Err(UsageError(format!("{what} and {other} would both write {shown}")));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            return Err(UsageError(format!("{what} {shown}: there is no such folder")));
        }
        written.push((what, path));
    }
    Ok(())
}

/// Refuses what cannot be done before anything is done.
pub(super) fn check(args: &ReplayArgs, sources: &[Source]) -> Result<(), UsageError> {
    let again = if args.rounds.is_some() {
        "--loop"
    } else if args.checkpoint.is_some() {
        "--checkpoint"
    } else {
        return Ok(());
    };
    match sources.iter().find(|source| !source.can_reopen()) {
        Some(source) => Err(UsageError(format!(
            "{again} reads the input again, but {} can be read only once; save it to a file first",
            source.name()
        ))),
        None => Ok(()),
    }
}

pub(super) fn options(args: &ReplayArgs) -> ScheduleOptions {
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
        faults: Faults { list: args.faults.clone(), seed: args.seed, most_held: args.fault_memory },
    }
}

/// The speed; with a rate, the schedule is in the time of the clock.
pub(super) fn speed(args: &ReplayArgs) -> Speed {
    match (args.rate, args.speed) {
        (Some(_), Speed::Times(_)) => Speed::Times(Ratio::ONE),
        (_, speed) => speed,
    }
}

/// What makes two replays the same: all that decides which bytes are written.
pub(super) fn identity(
    args: &ReplayArgs,
    post: Option<&PostSettings>,
    sources: &[Source],
) -> String {
    let inputs: Vec<_> = sources.iter().map(Source::identity).collect();
    let post = post.map(|settings| &settings.shown);
    let ReplayArgs { speed, rate, max_gap, max_wait, rounds, .. } = args;
    let ReplayArgs { start, end, duration, limit, devices, types, order_by, .. } = args;
    let ReplayArgs { restamp, allow_future, new_ids, seed, output, batch, compact, .. } = args;
    let ReplayArgs { read_ahead, faults, fault_memory, .. } = args;
    format!(
        "{inputs:?} {speed} {rate:?} {max_gap:?} {max_wait:?} {rounds:?} {start:?} {end:?} \
         {duration:?} {limit:?} {devices:?} {types:?} {order_by:?} {restamp:?} {allow_future} \
         {new_ids} {seed} {output:?} {post:?} {batch:?} {compact} {read_ahead} {faults:?} \
         {fault_memory}"
    )
}
