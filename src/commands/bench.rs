//! `contrail bench`: how fast captures are read, decoded and validated, on this machine.

mod compare;
mod dump;
mod figures;
mod passes;
mod replayed;
mod report;
mod rounds;
mod stages;
mod table;
mod written;

use std::{
    io::{self, Write as _},
    path::PathBuf,
    time::Duration,
};

use contrail_replay::{clock::WallClock, duration};
use contrail_validate::{Schemas, Validator};
use indicatif::{DecimalBytes, HumanCount};

use crate::{
    choices,
    cli::BenchArgs,
    input::{self, Source, Unread},
    outcome::{Outcome, UsageError},
    outputs,
    progress::Progress,
    recordings::check_again,
    render::counted,
};
use dump::{Dump, Survey};
use passes::Passes;
use report::{Earlier, Input, Report, Settings};
use rounds::{Effort, measure};
use stages::{Job, Judges, Stage, TOLD, Tally};
use written::Written;

pub(crate) use stages::stage_names;

pub(super) fn run(args: &BenchArgs) -> anyhow::Result<Outcome> {
    if args.output_schema {
        let schema = Schemas::embedded_file("output/bench.json").unwrap_or_default();
        io::stdout().write_all(schema.as_bytes())?;
        return Ok(Outcome::Clean);
    }
    let earlier = args.compare.as_deref().map(Earlier::read).transpose()?;
    let validator = validator(args)?;
    let mut unread = Vec::new();
    let sources = sources(args, &mut unread)?;
    let stages = stages(args, &sources)?;
    if let Some(earlier) = &earlier {
        compare::check_stages(earlier, &stages, args.compare_by)?;
    }
    let written = Written::open(args)?;
    let dump = read(args, sources, &validator, &mut unread)?;
    let version = report::api_version(args.api_version, &dump.survey);
    let Some(version) = version.filter(|_| 0 < dump.survey.summary.events) else {
        if unread.is_empty() {
            could_not_read(&mut unread, nothing_to_measure(args, &dump.survey));
        }
        return Ok(Outcome::Incomplete);
    };
    let input = Input::of(&dump, version);
    if let Some(earlier) = &earlier {
        earlier.check_input(&input)?;
    }
    let plain = validator.schemas().plain(version).expect("there are schemas of the version");
    let mut settings = validator.settings().clone();
    settings.has_fast_path = false;
    let full = validator.with_settings(settings);
    let judges = Judges { validator, full, plain };
    let mut report = measured(args, &stages, &dump, &judges, input)?;
    let compare = |earlier: &Earlier| {
        compare::compare(earlier, &report.stages, args.compare_by, args.threshold.0)
    };
    report.comparison = earlier.as_ref().map(compare);
    report.unread = unread;
    written.write(args, &report)?;
    Ok(outcome(&report))
}

fn outcome(report: &Report) -> Outcome {
    let is_slower = report.comparison.as_ref().is_some_and(|comparison| comparison.slower);
    match (report.unread.is_empty(), is_slower) {
        (false, _) => Outcome::Incomplete,
        (true, true) => Outcome::Findings,
        (true, false) => Outcome::Clean,
    }
}

/// All rules, as they are without a configuration.
fn validator(args: &BenchArgs) -> Result<Validator, UsageError> {
    let mut settings = contrail_validate::Settings::default();
    settings.api_version = args.api_version;
    let schemas = Schemas::embedded();
    choices::check_versions(&schemas, &settings)?;
    Ok(Validator::new(schemas, settings))
}

/// The captures; what cannot be looked into is told.
fn sources(args: &BenchArgs, unread: &mut Vec<Unread>) -> Result<Vec<Source>, UsageError> {
    let mut inputs: Vec<_> = args.inputs.iter().map(|argument| input::find(argument)).collect();
    input::check_stdin_once(&inputs)?;
    let own = args.compare.iter().map(PathBuf::as_path);
    outputs::set_own_files_aside(&mut inputs, &args.reports, own)?;
    for input in &inputs {
        input.unread.iter().for_each(|problem| could_not_read(unread, problem.clone()));
        if input.sources.is_empty() && input.unread.is_empty() {
            let error = format!("there are no captures in it ({})", input::capture_endings());
            could_not_read(unread, Unread { file: input.argument.clone(), error });
        }
    }
    let sources: Vec<_> = inputs.into_iter().flat_map(|input| input.sources).collect();
    if args.stream {
        check_again("--stream", &sources)?;
    }
    Ok(sources)
}

/// Tells at once, on standard error, and notes it for the end.
fn could_not_read(all: &mut Vec<Unread>, unread: Unread) {
    let Unread { file, error } = &unread;
    // If nobody reads standard error, the work and its exit code stay the same.
    let _ = writeln!(io::stderr(), "contrail: {file}: {error}");
    all.push(unread);
}

/// The stages that were asked for, or all that these captures let be measured.
fn stages(args: &BenchArgs, sources: &[Source]) -> Result<Vec<&'static Stage>, UsageError> {
    let mut stages = stages::chosen(&args.stages);
    let reads_again = |stage: &&Stage| matches!(stage.job, Job::Files(_));
    if let Some(stage) = stages.iter().find(|stage| reads_again(stage)) {
        match check_again(&format!("the stage {}", stage.name), sources) {
            Err(error) if !args.stages.is_empty() => return Err(error),
            Err(_) => stages.retain(|stage| !reads_again(stage)),
            Ok(()) => {}
        }
    }
    Ok(stages)
}

fn read(
    args: &BenchArgs,
    sources: Vec<Source>,
    validator: &Validator,
    unread: &mut Vec<Unread>,
) -> Result<Dump, UsageError> {
    let size = sources.iter().map(Source::size).sum();
    let progress = Progress::new(!args.no_progress, size);
    let mut tell = |problem| progress.aside(|| could_not_read(unread, problem));
    let dump = Dump::read(sources, args.stream, validator, &progress, &mut tell);
    progress.finish();
    dump
}

fn nothing_to_measure(args: &BenchArgs, survey: &Survey) -> Unread {
    let names: Vec<_> = args.inputs.iter().map(|input| input.display().to_string()).collect();
    let why = if survey.summary.bytes == 0 { "no bytes" } else { "no events" };
    Unread { file: names.join(", "), error: format!("nothing to measure: there are {why} in it") }
}

/// Lets the stages work, and says what came of it.
fn measured(
    args: &BenchArgs,
    stages: &[&'static Stage],
    dump: &Dump,
    judges: &Judges,
    input: Input,
) -> anyhow::Result<Report> {
    let effort = Effort {
        warm_up: duration(args.warm_up.0),
        min_time: duration(args.min_time.0),
        min_runs: args.min_runs.get(),
        may_repeat: dump.held.is_some(),
    };
    // The rounds before warm up.
    let rounds = u64::from(effort.min_runs) + if effort.may_repeat { 2 } else { 1 };
    let progress = Progress::of_runs(!args.no_progress, stages.len() as u64 * rounds);
    let clock = WallClock::start();
    let mut passes = Passes::new(stages, dump, judges, &clock, &progress);
    let runs = measure(&mut passes, effort);
    progress.finish();
    let (runs, tallies) = (runs?, passes.tallies());
    let rows = || stages.iter().zip(&runs).zip(&tallies);
    let figures =
        figures::figures(rows().map(|((stage, runs), tally)| (*stage, runs, tally)), input.size());
    let mut report = Report::new(input, settings(args, dump), figures);
    report.notes = notes(args, stages, dump);
    rows().for_each(|((stage, _), tally)| report.notes.extend(told(stage, tally)));
    Ok(report)
}

fn settings(args: &BenchArgs, dump: &Dump) -> Settings {
    let seconds = |span| Duration::as_secs_f64(&duration(span));
    Settings {
        warm_up_seconds: seconds(args.warm_up.0),
        min_time_seconds: seconds(args.min_time.0),
        min_runs: args.min_runs.get(),
        stream: dump.held.is_none(),
    }
}

/// What people should know of the run.
fn notes(args: &BenchArgs, stages: &[&Stage], dump: &Dump) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |applies: bool, text: String| notes.extend(applies.then_some(text));
    let Survey { damages, damaged_bytes, .. } = dump.survey;
    note(
        cfg!(debug_assertions),
        "this is a debug build; a release build is many times faster".to_owned(),
    );
    let has_read = stages.iter().any(|stage| matches!(stage.job, Job::Files(_)));
    note(
        args.stages.is_empty() && !has_read,
        "there is no row `read`, because an input can be read only once".to_owned(),
    );
    note(
        dump.held.is_none() && !args.stream,
        "the input is more than is held in memory, so it was read anew in every round".to_owned(),
    );
    note(
        0 < damages,
        format!(
            "{} ({}): `frame` and `validate` read past them; stages that work at documents do not \
             get these bytes",
            counted(damages, "damaged place", "damaged places"),
            DecimalBytes(damaged_bytes)
        ),
    );
    notes
}

/// What a stage met that people should know of.
fn told(stage: &Stage, tally: &Tally) -> Vec<String> {
    let of = |wanted| tally.iter().find(|(name, _)| *name == wanted).map_or(0, |(_, count)| *count);
    let all = match of("documents") {
        0 => String::new(),
        documents => format!(" of {}", HumanCount(documents)),
    };
    TOLD.iter()
        .filter(|(name, _)| 0 < of(name))
        .map(|(name, what)| format!("{}: {}{all} {what}", stage.name, HumanCount(of(name))))
        .collect()
}
