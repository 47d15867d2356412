//! What is refused before anything is done, and what makes two replays the same.

use std::path::Path;

use crate::{
    cli::{RecordingArgs, ReplayArgs},
    input::{self, Source},
    outcome::UsageError,
    recordings,
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
    if args.recording.rounds.is_some() {
        recordings::check_again("--loop", sources)
    } else if args.checkpoint.is_some() {
        recordings::check_again("--checkpoint", sources)
    } else {
        Ok(())
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
    let ReplayArgs { recording, output, batch, compact, faults, .. } = args;
    let RecordingArgs { speed, rate, max_gap, max_wait, rounds, .. } = recording;
    let RecordingArgs { start, end, duration, limit, devices, types, order_by, .. } = recording;
    let RecordingArgs { restamp, allow_future, new_ids, seed, .. } = recording;
    let RecordingArgs { read_ahead, fault_memory, .. } = recording;
    format!(
        "{inputs:?} {speed} {rate:?} {max_gap:?} {max_wait:?} {rounds:?} {start:?} {end:?} \
         {duration:?} {limit:?} {devices:?} {types:?} {order_by:?} {restamp:?} {allow_future} \
         {new_ids} {seed} {output:?} {post:?} {batch:?} {compact} {read_ahead} {faults:?} \
         {fault_memory}"
    )
}
