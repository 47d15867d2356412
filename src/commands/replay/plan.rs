//! `contrail replay --dry-run`: what would happen.

use std::io::{self, Write as _};

use contrail_replay::{Plan, Schedule, ScheduleOptions};
use indicatif::HumanCount;

use crate::{
    amounts::{events, fault_lines, span},
    cli::ReplayArgs,
    input::Source,
    outcome::Outcome,
    recordings,
    unread::Unread,
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

/// A name without what would command a terminal.
fn printable(name: &str) -> String {
    let escaped = |character: char| match character {
        _ if character.is_control() => character.escape_default().to_string(),
        _ => character.to_string(),
    };
    name.chars().map(escaped).collect()
}
