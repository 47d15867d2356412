//! `contrail validate`: captures in, findings out.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    ops::ControlFlow,
};

use contrail_replay::clock::{Clock as _, WallClock};
use contrail_validate::{Finding, Flow, Schemas, Session, Summary};

use crate::{
    baseline::Baseline,
    choices::Choices,
    cli::{ColorChoice, ValidateArgs},
    input::{self, Input, Opened, Source, Unread},
    outcome::{Outcome, UsageError},
    outputs::{self, Outputs},
    progress::Progress,
    render::{self, End, FileDone, Look},
};

pub(super) fn run(args: &ValidateArgs) -> anyhow::Result<Outcome> {
    if args.output_schema {
        let schema = Schemas::embedded_file("output/findings.json").unwrap_or_default();
        io::stdout().write_all(schema.as_bytes())?;
        return Ok(Outcome::Clean);
    }
    let choices = Choices::of(args)?;
    let mut inputs: Vec<_> = args.inputs.iter().map(|argument| input::find(argument)).collect();
    outputs::set_reports_aside(&mut inputs, &args.reports)?;
    let mut run = Run::new(args, &choices, &inputs)?;
    for input in &inputs {
        if run.input(input)?.is_break() {
            break;
        }
    }
    run.end()
}

/// The state of one run over all inputs.
struct Run<'a> {
    args: &'a ValidateArgs,
    choices: &'a Choices,
    baseline: Option<Baseline>,
    clock: WallClock,
    progress: Progress,
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
        choices: &'a Choices,
        inputs: &[Input],
    ) -> Result<Self, UsageError> {
        let look = Look {
            colored: is_colored(args.color),
            fail_on: choices.fail_on,
            base: &env::current_dir().unwrap_or_default(),
        };
        let sizes = inputs.iter().flat_map(|input| &input.sources).map(Source::size);
        let wanted = !args.quiet && !args.no_progress;
        Ok(Self {
            args,
            choices,
            baseline: choices.baseline(args.update_baseline)?,
            clock: WallClock::start(),
            progress: Progress::new(wanted, sizes.sum()),
            outputs: Outputs::open(args.output_format, &args.reports, look)?,
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
        let mut opened = match input::open(source) {
            Ok(opened) => opened,
            Err(error) => {
                self.could_not_read(Unread { file: name, error: error.to_string() })?;
                return Ok(Summary::default());
            }
        };
        let session = Session::new(self.choices.validator(&name), &name);
        let (mut summary, broken_off) = self.read(session, &mut opened)?;
        if let Some(baseline) = &mut self.baseline {
            summary.findings -= baseline.take_hidden();
        }
        let is_whole = broken_off.is_none() && !self.stopped;
        let done = FileDone { name: &name, summary: &summary, is_whole };
        self.outputs.write(|renderer, out| renderer.file_done(out, &done))?;
        if let Some(error) = broken_off {
            let error = format!(
                "{error}, after {} bytes; the documents before were checked",
                summary.bytes
            );
            self.could_not_read(Unread { file: name, error })?;
        }
        Ok(summary)
    }

    /// Reads a capture to its end, or until the user's limit is reached, or as far as it goes.
    fn read(
        &mut self,
        mut session: Session<'_>,
        opened: &mut Opened,
    ) -> anyhow::Result<(Summary, Option<io::Error>)> {
        loop {
            match opened.next_chunk() {
                Ok([]) => break,
                Ok(chunk) => {
                    let flow = self.emit_from(|sink| session.push(chunk, sink))?;
                    if flow.is_break() {
                        return Ok((session.stop(), None));
                    }
                }
                Err(error) => {
                    return Ok((self.finish(|sink| session.break_off(sink))?, Some(error)));
                }
            }
            self.progress.at(opened.bytes_read(), &self.clock);
        }
        self.progress.file_done(opened.bytes_read());
        Ok((self.finish(|sink| session.finish(sink))?, None))
    }

    /// Writes the last findings of a capture and gives its sums.
    fn finish(
        &mut self,
        end: impl FnOnce(&mut dyn FnMut(Finding) -> Flow) -> Summary,
    ) -> anyhow::Result<Summary> {
        let mut summary = Summary::default();
        let _ = self.emit_from(|sink| {
            summary = end(sink);
            Flow::Continue(())
        })?;
        Ok(summary)
    }

    /// Writes the findings that `check` gives to its sink.
    fn emit_from(
        &mut self,
        check: impl FnOnce(&mut dyn FnMut(Finding) -> Flow) -> Flow,
    ) -> anyhow::Result<Flow> {
        let mut written = Ok(());
        let flow = check(&mut |finding| {
            if self.baseline.as_mut().is_some_and(|baseline| baseline.hides(&finding)) {
                return ControlFlow::Continue(());
            }
            let write = || self.outputs.write(|renderer, out| renderer.finding(out, &finding));
            written = self.progress.aside(write);
            self.found += 1;
            let enough = self.args.max_findings.is_some_and(|most| most.get() <= self.found)
                || self.args.fail_fast && self.choices.fail_on <= finding.severity;
            if enough {
                self.stopped = true;
            }
            if enough || written.is_err() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        written?;
        Ok(flow)
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
        let baseline = self.baseline.take().map(Baseline::finish).transpose()?;
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
            elapsed: self.clock.elapsed(),
            quiet: self.args.quiet,
        };
        self.outputs.write(|renderer, out| renderer.end(out, &end))?;
        self.outputs.flush()?;
        if !self.args.output_format.has_summary_line() && !self.args.quiet {
            let _ = writeln!(io::stderr(), "{}", render::summary_line(&end));
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

fn is_colored(choice: ColorChoice) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let stdout = io::stdout();
            stdout.is_terminal()
                && anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never
        }
    }
}
