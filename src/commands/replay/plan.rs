//! `contrail replay --dry-run`: what would happen.

use std::io::{self, Write as _};

use contrail_replay::{FaultCount, Nanos, Plan, Schedule, ScheduleOptions};
use indicatif::HumanCount;

use crate::{
    cli::ReplayArgs, input::Source, outcome::Outcome, recordings, render::counted, unread::Unread,
};

/// How many types and devices are told by name.
const NAMED: usize = 20;

pub(super) fn run(
    args: &ReplayArgs,
    sources: Vec<Source>,
    options: ScheduleOptions,
    mut unread: Unread,
) -> anyhow::Result<Outcome> {
    let mut schedule = Schedule::new(recordings::captures(sources), options);
    let plan = Plan::of(&mut schedule, recordings::speed(&args.recording), |_| true);
    for problem in schedule.take_problems() {
        unread.problem(&problem);
    }
    io::stdout().write_all(text(&plan).as_bytes())?;
    Ok(if 0 < unread.count { Outcome::Incomplete } else { Outcome::Clean })
}

fn text(plan: &Plan) -> String {
    let mut lines = Vec::new();
    let Some((first, last)) = plan.span else {
        lines.push("no events would be replayed".to_owned());
        lines.extend(fault_lines(&plan.faults));
        return lines.join("\n") + "\n";
    };
    lines.push(format!("{}, from {first} to {last}", events(plan.events)));
    let wall = match plan.wall {
        Some(wall) => format!("{} on the clock", span(wall)),
        None => "without waiting".to_owned(),
    };
    lines.push(format!("{} of schedule, {wall}", span(plan.schedule)));
    if let Some(peak) = plan.peak {
        lines.push(format!("at most {} a second", events(peak)));
    }
    let counts = plan.counts;
    for (count, what) in [
        (counts.filtered, "left out by filters"),
        (counts.outside, "outside of the window"),
        (counts.order.reordered, "out of order, put in their place"),
        (counts.order.misplaced, "out of order by more than the read-ahead"),
        (counts.left_early, "delayed by less than --fault wants: --fault-memory is too small"),
    ] {
        if 0 < count {
            lines.push(format!("{} {what}", events(count)));
        }
    }
    if 0 < plan.capped.0 {
        let (capped, saved) = plan.capped;
        lines.push(format!("{} gaps capped, {} saved", HumanCount(capped), span(saved)));
    }
    lines.extend(fault_lines(&plan.faults));
    for gap in &plan.gaps {
        lines.push(format!("  a gap of {} before {}", span(gap.length), gap.before));
    }
    for (what, counts) in [("types", &plan.types), ("devices", &plan.devices)] {
        lines.push(format!("{what}:"));
        let mut named: Vec<_> = counts.iter().collect();
        named.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
        for (name, count) in named.iter().take(NAMED) {
            let name = if name.is_empty() { "(none)".to_owned() } else { printable(name) };
            lines.push(format!("{:>11} {name}", HumanCount(**count).to_string()));
        }
        if let Some(more) = named.len().checked_sub(NAMED + 1) {
            lines.push(format!("            ... and {} more", more + 1));
        }
    }
    lines.join("\n") + "\n"
}

/// How many events each fault touched, for people.
pub(super) fn fault_lines(faults: &[FaultCount]) -> impl Iterator<Item = String> {
    faults
        .iter()
        .map(|FaultCount { fault, events }| format!("fault {fault}: {}", self::events(*events)))
}

pub(super) fn events(count: u64) -> String {
    counted(count, "event", "events")
}

/// A name without what would command a terminal.
fn printable(name: &str) -> String {
    let escaped = |character: char| match character {
        _ if character.is_control() => character.escape_default().to_string(),
        _ => character.to_string(),
    };
    name.chars().map(escaped).collect()
}

/// A span of time for people, to the millisecond.
pub(super) fn span(nanos: Nanos) -> String {
    let millis = u64::try_from(nanos / 1_000_000).unwrap_or(u64::MAX);
    if 0 < nanos && millis < 1000 {
        return short(nanos);
    }
    let (days, hours, minutes) =
        (millis / 86_400_000, millis / 3_600_000 % 24, millis / 60_000 % 60);
    let (seconds, rest) = (millis / 1000 % 60, millis % 1000);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}{fraction} s"),
        (0, 0, _) => format!("{minutes} min {seconds}{fraction} s"),
        (0, ..) => format!("{hours} h {minutes:02} min {seconds:02} s"),
        _ => format!("{days} d {hours:02} h {minutes:02} min"),
    }
}

/// A short span, to three digits.
pub(super) fn short(nanos: Nanos) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let number = nanos as f64;
    match nanos {
        ..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} us", number / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", number / 1e6),
        _ => format!("{:.2} s", number / 1e9),
    }
}
