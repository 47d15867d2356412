//! Where findings go: standard output, and the files of `--report`.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::anyhow;
use contrail_validate::Finding;

use crate::{
    cli::{OutputFormat, ReportTarget},
    input::{Input, Source, is_same_file},
    outcome::UsageError,
    render::{self, End, FileDone, Look, Render},
};

/// Everything that findings are written to.
pub(crate) struct Outputs {
    /// Standard output, then the reports.
    outputs: Vec<Output>,
}

struct Output {
    /// The file of a report.
    path: Option<PathBuf>,
    writer: Box<dyn Write>,
    renderer: Box<dyn Render>,
    /// Whether the reader of standard output went away.
    is_closed: bool,
}

impl Outputs {
    /// Creates the files of the reports, so that a path that is no good fails before the work.
    pub(crate) fn open(
        format: OutputFormat,
        reports: &[ReportTarget],
        look: Look<'_>,
    ) -> Result<Self, UsageError> {
        let mut outputs = vec![Output {
            path: None,
            writer: Box::new(BufWriter::new(io::stdout())),
            renderer: render::renderer(format, look),
            is_closed: false,
        }];
        for (index, ReportTarget { format, path }) in reports.iter().enumerate() {
            let file = File::create(path).map_err(|error| cannot_write(path, &error))?;
            if reports[..index].iter().any(|other| is_same_file(&other.path, path)) {
                let path = path.display();
                return Err(UsageError(format!("two reports would be written to {path}")));
            }
            outputs.push(Output {
                path: Some(path.clone()),
                writer: Box::new(BufWriter::new(file)),
                renderer: render::renderer(*format, Look { colored: false, ..look }),
                is_closed: false,
            });
        }
        Ok(Self { outputs })
    }

    /// Writes a finding to all of them.
    pub(crate) fn finding(&mut self, finding: &Finding) -> anyhow::Result<()> {
        self.write(|output| output.renderer.finding(&mut output.writer, finding))
    }

    /// Writes to all of them that a capture is read.
    pub(crate) fn file_done(&mut self, file: &FileDone<'_>) -> anyhow::Result<()> {
        self.write(|output| output.renderer.file_done(&mut output.writer, file))
    }

    /// Writes the ends, `on_stdout` to standard output, and hands all of it on.
    pub(crate) fn end(&mut self, end: &End<'_>, on_stdout: &End<'_>) -> anyhow::Result<()> {
        self.write(|output| {
            let end = if output.path.is_some() { end } else { on_stdout };
            output.renderer.end(&mut output.writer, end)
        })?;
        self.flush()
    }

    /// Hands on what is buffered.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        self.write(|output| output.writer.flush())
    }

    fn write(&mut self, write: impl Fn(&mut Output) -> io::Result<()>) -> anyhow::Result<()> {
        let has_reports = 1 < self.outputs.len();
        for output in self.outputs.iter_mut().filter(|output| !output.is_closed) {
            let Err(error) = write(output) else { continue };
            match &output.path {
                // Without its cause: a report that ends in a closed pipe is a failure.
                Some(path) => return Err(anyhow!("{}", cannot_write(path, &error))),
                None if has_reports && error.kind() == io::ErrorKind::BrokenPipe => {
                    output.is_closed = true;
                }
                None => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> UsageError {
    UsageError(format!("cannot write the report {}: {error}", path.display()))
}

/// Takes the program's own files, such as reports of earlier runs, out of folders that are to be
/// validated.
///
/// # Errors
///
/// If a report would overwrite a capture that the user named, or a file that the program reads.
pub(crate) fn set_own_files_aside<'f, F>(
    inputs: &mut [Input],
    reports: &[ReportTarget<F>],
    own: impl Iterator<Item = &'f Path>,
) -> Result<(), UsageError> {
    for path in own {
        set_aside(inputs, path);
        if let Some(report) = reports.iter().find(|report| is_same_file(&report.path, path)) {
            let (report, path) = (report.path.display(), path.display());
            return Err(UsageError(format!("the report {report} would overwrite {path}")));
        }
    }
    for ReportTarget { path, .. } in reports.iter().filter(|report| report.path.is_file()) {
        if set_aside(inputs, path) {
            let path = path.display();
            return Err(UsageError(format!("the report {path} would overwrite an input")));
        }
    }
    Ok(())
}

/// Takes a file out of folders; tells whether it was named as an input.
fn set_aside(inputs: &mut [Input], path: &Path) -> bool {
    let is_it = |source: &Source| source.is_file(path);
    let mut is_named = false;
    for input in inputs {
        if Path::new(&input.argument).is_dir() {
            input.sources.retain(|source| !is_it(source));
        } else {
            is_named |= input.sources.iter().any(is_it);
        }
    }
    is_named
}
