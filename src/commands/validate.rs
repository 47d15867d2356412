//! `contrail validate`: captures in, findings out.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    mem,
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::Arc,
};

use contrail_replay::clock::{Clock as _, WallClock};
use contrail_validate::{Finding, Flow, Schemas, Summary, Validator};

use crate::{
    baseline::Baseline,
    choices::Choices,
    cli::ValidateArgs,
    input::{self, Input, Source, Unread},
    jobs::Jobs,
    outcome::{Outcome, UsageError},
    outputs::{self, Outputs},
    progress::Progress,
    reading::{self, Ended, Reading},
    render::{self, End, FileDone, Look},
};

pub(super) fn run(args: &ValidateArgs) -> anyhow::Result<Outcome> {
    if args.output_schema {
        let schema = Schemas::embedded_file("output/findings.json").unwrap_or_default();
        io::stdout().write_all(schema.as_bytes())?;
        return Ok(Outcome::Clean);
    }
    let choices = Arc::new(Choices::of(args)?);
    if args.explain_plan {
        return explain_plan(choices.validator(""));
    }
    let mut inputs: Vec<_> = args.inputs.iter().map(|argument| input::find(argument)).collect();
    input::check_stdin_once(&inputs)?;
    outputs::set_own_files_aside(&mut inputs, &args.reports, choices.own_files())?;
    let mut run = Run::new(args, &choices, &inputs)?;
    for input in &inputs {
        if run.input(input)?.is_break() {
            break;
        }
    }
    let outcome = run.end();
    // The process ends here: to free the schemas node by node took a tenth of a short run.
    mem::forget(choices);
    outcome
}

/// Prints what takes the slow path always, and why.
fn explain_plan(validator: &Validator) -> anyhow::Result<Outcome> {
    let mut out = io::stdout().lock();
    for version in validator.schemas().versions() {
        let types = validator.schemas().types(*version).count();
        let notes = validator.slow_notes(*version);
        let slow = notes.iter().filter(|note| note.event_type.is_some()).count();
        writeln!(out, "API version {version}: {} of {types} event types", types - slow)?;
        for note in notes {
            writeln!(out, "  not {note}")?;
        }
    }
    Ok(Outcome::Clean)
}

/// The state of one run over all inputs.
struct Run<'a> {
    args: &'a ValidateArgs,
    choices: &'a Choices,
    /// Threads that read captures; if there are none, they are read here.
    workers: Option<NonZeroUsize>,
    jobs: Option<Jobs>,
    baseline: Option<Baseline>,
    clock: WallClock,
    progress: Arc<Progress>,
    outputs: Outputs,
    summary: Summary,
    unread: Vec<Unread>,
    /// Findings so far.
    found: u64,
    /// Whether the user's limit was reached.
    stopped: bool,
}

impl<'a> Run<'a> {
    fn new(
        args: &'a ValidateArgs,
        choices: &'a Arc<Choices>,
        inputs: &[Input],
    ) -> Result<Self, UsageError> {
        let look = Look {
            colored: render::is_colored(args.color),
            fail_on: choices.fail_on,
            base: &env::current_dir().unwrap_or_default(),
        };
        let sources: Vec<_> = inputs.iter().flat_map(|input| &input.sources).cloned().collect();
        let wanted = !args.quiet && !args.no_progress;
        let progress = Arc::new(Progress::new(wanted, sources.iter().map(Source::size).sum()));
        let baseline = choices.baseline(args.update_baseline)?;
        let outputs = Outputs::open(args.output_format, &args.reports, look)?;
        let Threads { captures, workers } = threads(args, sources.len());
        Ok(Self {
            args,
            choices,
            workers,
            jobs: captures.map(|count| Jobs::start(count, workers, sources, choices, &progress)),
            baseline,
            clock: WallClock::start(),
            progress,
            outputs,
            summary: Summary::default(),
            unread: Vec::new(),
            found: 0,
            stopped: false,
        })
    }

    /// Validates all captures of one argument.
    fn input(&mut self, input: &Input) -> anyhow::Result<Flow> {
        for unread in &input.unread {
            self.could_not_read(unread.clone())?;
        }
        let (mut whole, unread) = (Summary::default(), self.unread.len());
        for source in &input.sources {
            let unread_before = self.unread.len();
            let summary = self.capture(source)?;
            self.outputs.flush()?;
            let was_read = self.unread.len() == unread_before;
            let is_passed_over = summary.documents == 0 || is_har_of_others(&summary);
            if was_read && is_passed_over && 1 < input.sources.len() && !self.args.quiet {
                let (name, why) = (source.name(), why_nothing(input, &summary));
                self.note(&format!("note: {name}: {why}"))?;
            }
            whole += &summary;
            self.summary += &summary;
            if self.stopped {
                return Ok(Flow::Break(()));
            }
        }
        if checked(&whole) == 0 && self.unread.len() == unread {
            let error = format!("nothing was validated: {}", why_nothing(input, &whole));
            self.could_not_read(Unread { file: input.argument.clone(), error })?;
        }
        Ok(Flow::Continue(()))
    }

    /// Validates one capture.
    fn capture(&mut self, source: &Source) -> anyhow::Result<Summary> {
        let name = source.name();
        let Reading { mut summary, ended } = self.read(source, &name)?;
        if let Ended::NotOpened(error) = ended {
            self.could_not_read(Unread { file: name, error: error.to_string() })?;
            return Ok(summary);
        }
        if let Some(baseline) = &mut self.baseline {
            summary.findings -= baseline.take_hidden();
        }
        let is_whole = matches!(ended, Ended::Whole) && !self.stopped;
        let done = FileDone { name: &name, summary: &summary, is_whole };
        self.outputs.file_done(&done)?;
        if let Ended::BrokenOff(error) = ended {
            let error = format!(
                "{error}, after {} bytes; the documents before were checked",
                summary.bytes
            );
            self.could_not_read(Unread { file: name, error })?;
        }
        Ok(summary)
    }

    /// Reads a capture, here or by a thread, and writes its findings.
    fn read(&mut self, source: &Source, name: &str) -> anyhow::Result<Reading> {
        let (choices, progress) = (self.choices, Arc::clone(&self.progress));
        let workers = self.workers;
        let mut jobs = self.jobs.take();
        let mut written = Ok(());
        let mut sink = |finding| match self.finding(&finding) {
            Ok(flow) => flow,
            Err(error) => {
                written = Err(error);
                ControlFlow::Break(())
            }
        };
        let reading = match &mut jobs {
            Some(jobs) => jobs.next(&mut sink),
            None => {
                let validator = choices.validator(name);
                reading::validate(source, validator, workers, &progress, &mut sink)
            }
        };
        self.jobs = jobs;
        written.map(|()| reading)
    }

    /// Writes a finding that the baseline does not hide; breaks when the user wants no more.
    fn finding(&mut self, finding: &Finding) -> anyhow::Result<Flow> {
        if self.baseline.as_mut().is_some_and(|baseline| baseline.hides(finding)) {
            return Ok(ControlFlow::Continue(()));
        }
        self.progress.aside(|| self.outputs.finding(finding))?;
        self.found += 1;
        let enough = self.args.max_findings.is_some_and(|most| most.get() <= self.found)
            || self.args.fail_fast && self.choices.fail_on <= finding.severity;
        self.stopped |= enough;
        Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Tells at once, on standard error, and notes it for the end.
    fn could_not_read(&mut self, unread: Unread) -> anyhow::Result<()> {
        let Unread { file, error } = &unread;
        self.note(&format!("{file}: {error}"))?;
        self.unread.push(unread);
        Ok(())
    }

    /// Says something beside the findings.
    fn note(&mut self, text: &str) -> anyhow::Result<()> {
        self.outputs.flush()?;
        // If nobody reads standard error, the work and its exit code stay the same.
        let _ = self.progress.aside(|| writeln!(io::stderr(), "contrail: {text}"));
        Ok(())
    }

    fn end(mut self) -> anyhow::Result<Outcome> {
        self.progress.finish();
        let is_partial = self.stopped || !self.unread.is_empty();
        let finish = |baseline: Baseline| baseline.finish(is_partial, self.choices);
        let baseline = self.baseline.take().map(finish).transpose()?;
        let silent = self.summary.unchecked_silently;
        if 0 < silent {
            self.note(&format!(
                "documents that could not be checked, with the rules that say why turned off: {silent}"
            ))?;
        }
        for note in baseline.iter().flat_map(|report| &report.notes) {
            self.note(note)?;
        }
        let end = End {
            summary: &self.summary,
            unread: &self.unread,
            stopped: self.stopped,
            suppressed: baseline.map_or(0, |report| report.suppressed),
            elapsed: None,
            quiet: self.args.quiet,
        };
        let timed =
            |is_terminal: bool| End { elapsed: is_terminal.then(|| self.clock.elapsed()), ..end };
        self.outputs.end(&end, &timed(io::stdout().is_terminal()))?;
        if !self.args.output_format.has_summary_line() && !self.args.quiet {
            let line = render::summary_line(&timed(io::stderr().is_terminal()));
            let _ = writeln!(io::stderr(), "{line}");
        }
        let broken = 0 < self.summary.findings.at_least(self.choices.fail_on);
        Ok(if !self.unread.is_empty() || 0 < silent || self.stopped && !broken {
            Outcome::Incomplete
        } else if !self.args.exit_zero && broken {
            Outcome::Findings
        } else {
            Outcome::Clean
        })
    }
}

/// What threads are there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Threads {
    /// How many read captures, if not this one.
    captures: Option<NonZeroUsize>,
    /// How many workers each capture has.
    workers: Option<NonZeroUsize>,
}

fn threads(args: &ValidateArgs, captures: usize) -> Threads {
    // Whoever wants to stop early does not want other captures to be read meanwhile.
    let is_limited = args.fail_fast || args.max_findings.is_some();
    let jobs = if is_limited { 1 } else { args.jobs.get().get() };
    let at_once = captures.clamp(1, jobs);
    let several = |count| NonZeroUsize::new(count).filter(|count| 1 < count.get());
    Threads { captures: several(at_once), workers: several(jobs / at_once) }
}

fn why_nothing(input: &Input, read: &Summary) -> String {
    if input.sources.is_empty() {
        return format!("there are no captures in it ({})", input::capture_endings());
    }
    if is_har_of_others(read) {
        let entries = read.har_entries;
        return format!("it holds no Get Events response among its {entries} entries");
    }
    let why = match (read.bytes, read.documents) {
        (0, _) => "it is empty",
        (_, 0) => "it holds white space only",
        _ => "it holds no batch and no event",
    };
    why.to_owned()
}

/// How much there was to be judged.
fn checked(read: &Summary) -> u64 {
    read.batches + read.events + read.unchecked
}

/// Whether nothing was in it but entries of HAR documents that are no Get Events responses.
fn is_har_of_others(read: &Summary) -> bool {
    checked(read) == 0 && 0 < read.har_entries && read.har_entries == read.other_entries
}
