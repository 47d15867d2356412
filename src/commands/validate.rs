//! `contrail validate`: captures in, findings out.

use std::{
    io::{self, BufWriter, IsTerminal as _, Write},
    ops::ControlFlow,
};

use contrail_replay::clock::{Clock as _, WallClock};
use contrail_validate::{
    Finding, Flow, Schemas, Session, Settings, Severity, Summary, Validator, VersionChoice,
};

use crate::{
    cli::{ColorChoice, OutputFormat, ValidateArgs},
    input::{self, Input, Source, Unread},
    outcome::{Outcome, UsageError},
    progress::Progress,
    render::{self, End, Render},
};

pub(super) fn run(args: &ValidateArgs) -> anyhow::Result<Outcome> {
    if args.output_schema {
        let schema = Schemas::embedded_file("output/findings.json").unwrap_or_default();
        io::stdout().write_all(schema.as_bytes())?;
        return Ok(Outcome::Clean);
    }
    let validator = validator(args)?;
    let inputs: Vec<_> = args.inputs.iter().map(|argument| input::find(argument)).collect();
    let mut run = Run::new(args, &inputs);
    for input in &inputs {
        if run.input(&validator, input)?.is_break() {
            break;
        }
    }
    run.end()
}

fn validator(args: &ValidateArgs) -> anyhow::Result<Validator> {
    let schemas = match &args.schema_dir {
        None => Schemas::embedded(),
        Some(dir) => Schemas::from_dir(dir).map_err(|error| UsageError(error.to_string()))?,
    };
    if let VersionChoice::Fixed(version) = args.api_version
        && !schemas.versions().contains(&version)
    {
        let known: Vec<_> = schemas.versions().iter().map(ToString::to_string).collect();
        let known = known.join(", ");
        let message =
            format!("there are no schemas for API version {version}; there are for {known}");
        return Err(UsageError(message).into());
    }
    let settings = settings(args).map_err(|error| UsageError(error.to_string()))?;
    Ok(Validator::new(schemas, settings))
}

fn settings(args: &ValidateArgs) -> Result<Settings, contrail_validate::UnknownRule> {
    let mut settings = Settings::default();
    settings.api_version = args.api_version;
    if args.strict {
        settings.be_strict();
    }
    if !args.select.is_empty() {
        settings.select(&args.select)?;
    }
    settings.ignore(&args.ignore)?;
    for level in &args.severity {
        settings.set_severity(&level.rule, level.severity)?;
    }
    Ok(settings)
}

/// The state of one run over all inputs.
struct Run<'a> {
    args: &'a ValidateArgs,
    clock: WallClock,
    progress: Progress,
    out: BufWriter<io::Stdout>,
    renderer: Box<dyn Render>,
    summary: Summary,
    unread: Vec<Unread>,
    /// Findings so far.
    found: u64,
    /// Whether the user's limit was reached.
    stopped: bool,
}

impl<'a> Run<'a> {
    fn new(args: &'a ValidateArgs, inputs: &[Input]) -> Self {
        let sizes = inputs.iter().flat_map(|input| &input.sources).map(Source::size);
        let wanted = !args.quiet && !args.no_progress;
        Self {
            args,
            clock: WallClock::start(),
            progress: Progress::new(wanted, sizes.sum()),
            out: BufWriter::new(io::stdout()),
            renderer: render::renderer(args.output_format, is_colored(args.color)),
            summary: Summary::default(),
            unread: Vec::new(),
            found: 0,
            stopped: false,
        }
    }

    /// Validates all captures of one argument.
    fn input(&mut self, validator: &Validator, input: &Input) -> anyhow::Result<Flow> {
        for unread in &input.unread {
            self.could_not_read(unread.clone())?;
        }
        let (mut whole, unread) = (Summary::default(), self.unread.len());
        for source in &input.sources {
            let summary = self.capture(validator, source)?;
            self.out.flush()?;
            let is_passed_over = summary.documents == 0 || is_har_of_others(&summary);
            if is_passed_over && 1 < input.sources.len() && !self.args.quiet {
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
    fn capture(&mut self, validator: &Validator, source: &Source) -> anyhow::Result<Summary> {
        let name = source.name();
        let mut opened = match input::open(source) {
            Ok(opened) => opened,
            Err(error) => {
                self.could_not_read(Unread { file: name, error: error.to_string() })?;
                return Ok(Summary::default());
            }
        };
        let mut session = Session::new(validator, &name);
        loop {
            match opened.next_chunk() {
                Ok([]) => break,
                Ok(chunk) => {
                    let flow = self.emit_from(|sink| session.push(chunk, sink))?;
                    if flow.is_break() {
                        return Ok(session.stop());
                    }
                }
                Err(error) => {
                    let summary = self.finish(|sink| session.break_off(sink))?;
                    let bytes = summary.bytes;
                    let error = format!("{error}; the {bytes} bytes before were checked");
                    self.could_not_read(Unread { file: name, error })?;
                    return Ok(summary);
                }
            }
            self.progress.at(opened.bytes_read(), &self.clock);
        }
        self.progress.file_done(opened.bytes_read());
        self.finish(|sink| session.finish(sink))
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
            written = self.progress.aside(|| self.renderer.finding(&mut self.out, &finding));
            self.found += 1;
            let enough = self.args.max_findings.is_some_and(|most| most.get() <= self.found)
                || self.args.fail_fast && Severity::from(self.args.fail_on) <= finding.severity;
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
    fn could_not_read(&mut self, unread: Unread) -> io::Result<()> {
        let Unread { file, error } = &unread;
        self.note(&format!("{file}: {error}"))?;
        self.unread.push(unread);
        Ok(())
    }

    /// Says something beside the findings.
    fn note(&mut self, text: &str) -> io::Result<()> {
        self.out.flush()?;
        self.progress.aside(|| writeln!(io::stderr(), "contrail: {text}"))
    }

    fn end(mut self) -> anyhow::Result<Outcome> {
        self.progress.finish();
        let end = End {
            summary: &self.summary,
            unread: &self.unread,
            stopped: self.stopped,
            elapsed: self.clock.elapsed(),
            quiet: self.args.quiet,
        };
        self.renderer.end(&mut self.out, &end)?;
        self.out.flush()?;
        if self.args.output_format != OutputFormat::Text && !self.args.quiet {
            writeln!(io::stderr(), "{}", render::summary_line(&end))?;
        }
        Ok(if !self.unread.is_empty() {
            Outcome::Incomplete
        } else if !self.args.exit_zero
            && 0 < self.summary.findings.at_least(self.args.fail_on.into())
        {
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
    read.batches + read.events + read.findings.at_least(Severity::Info)
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
