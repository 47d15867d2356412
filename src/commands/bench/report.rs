//! All figures of a run as JSON, written and read again: `schemas/output/bench.json`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use contrail_validate::{ApiVersion, VersionChoice};
use serde::{Deserialize, Serialize};

use super::{
    compare::Comparison,
    dump::{Dump, Survey},
    figures::{Figures, Size},
};
use crate::{input::Unread, outcome::UsageError};

/// Of the form of the JSON. Runs are compared only if it is the same.
const FORMAT: u32 = 1;

/// Everything that a run came to.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) contrail: &'static str,
    format: u32,
    pub(super) input: Input,
    pub(super) settings: Settings,
    machine: Machine,
    pub(super) stages: Vec<Figures>,
    /// What people should know of the figures.
    pub(super) notes: Vec<String>,
    /// What could not be read, and so was not measured.
    pub(super) unread: Vec<Unread>,
    pub(super) comparison: Option<Comparison>,
}

/// What was measured upon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Input {
    pub(super) files: usize,
    /// Decompressed.
    pub(super) bytes: u64,
    pub(super) documents: u64,
    pub(super) batches: u64,
    pub(super) events: u64,
    pub(super) bytes_per_event: f64,
    /// The API version of the peers' schemas.
    pub(super) api_version: u8,
    pub(super) damages: u64,
    pub(super) damaged_bytes: u64,
    sha256: String,
}

/// How it was measured.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Settings {
    pub(super) warm_up_seconds: f64,
    pub(super) min_time_seconds: f64,
    pub(super) min_runs: u32,
    /// Whether the files were read anew in every round.
    pub(super) stream: bool,
}

/// Where it was measured.
#[derive(Clone, Copy, Debug, Serialize)]
struct Machine {
    os: &'static str,
    arch: &'static str,
    processors: Option<usize>,
    /// Whether the program was built with optimisations.
    optimized: bool,
}

impl Report {
    pub(super) fn new(input: Input, settings: Settings, stages: Vec<Figures>) -> Self {
        Self {
            contrail: env!("CARGO_PKG_VERSION"),
            format: FORMAT,
            input,
            settings,
            machine: Machine {
                os: std::env::consts::OS,
                arch: std::env::consts::ARCH,
                processors: std::thread::available_parallelism().ok().map(Into::into),
                optimized: !cfg!(debug_assertions),
            },
            stages,
            notes: Vec::new(),
            unread: Vec::new(),
            comparison: None,
        }
    }
}

impl Input {
    #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
    pub(super) fn of(dump: &Dump, version: ApiVersion) -> Self {
        let Survey { summary, damages, damaged_bytes, sha256 } = &dump.survey;
        Self {
            files: dump.sources.len(),
            bytes: summary.bytes,
            documents: summary.documents,
            batches: summary.batches,
            events: summary.events,
            bytes_per_event: summary.bytes as f64 / summary.events as f64,
            api_version: version.0,
            damages: *damages,
            damaged_bytes: *damaged_bytes,
            sha256: sha256.clone(),
        }
    }

    pub(super) fn size(&self) -> Size {
        Size { bytes: self.bytes, events: self.events }
    }
}

/// The API version of most of the captures, if it is not fixed; of equals, the newer one.
pub(super) fn api_version(choice: VersionChoice, survey: &Survey) -> Option<ApiVersion> {
    if let VersionChoice::Fixed(version) = choice {
        return Some(version);
    }
    let counts = survey.summary.api_versions.iter();
    counts.max_by_key(|count| count.checked).map(|count| ApiVersion(count.version))
}

/// What is read of an earlier run.
#[derive(Debug, Deserialize)]
pub(super) struct Earlier {
    /// Its file.
    #[serde(skip)]
    pub(super) path: PathBuf,
    pub(super) contrail: String,
    input: Input,
    pub(super) stages: Vec<Figures>,
}

impl Earlier {
    /// Reads the file that `--report json=FILE` wrote.
    pub(super) fn read(path: &Path) -> Result<Self, UsageError> {
        let shown = path.display();
        let error = |error: &dyn std::fmt::Display| UsageError(format!("{shown}: {error}"));
        let text = fs::read(path).map_err(|cause| error(&cause))?;
        let json: serde_json::Value = serde_json::from_slice(&text)
            .map_err(|cause| error(&format!("not JSON: {cause}; {HOW}")))?;
        match json.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => {
                return Err(error(&format!("has format {format}, and this is {FORMAT}; {HOW}")));
            }
            None => return Err(error(&format!("is no report of `contrail bench`; {HOW}"))),
        }
        let earlier: Self =
            serde_json::from_value(json).map_err(|cause| error(&format!("{cause}; {HOW}")))?;
        Ok(Self { path: path.to_owned(), ..earlier })
    }

    /// Refuses figures that are of something else.
    pub(super) fn check_input(&self, now: &Input) -> Result<(), UsageError> {
        let then = &self.input;
        let of = |input: &Input| {
            let Input { files, events, bytes, api_version, .. } = input;
            format!("{files} files, {events} events, {bytes} bytes, API version {api_version}")
        };
        let is_same = then.sha256 == now.sha256
            && (then.files, then.events, then.api_version)
                == (now.files, now.events, now.api_version);
        if is_same {
            return Ok(());
        }
        let (then, now) = (of(then), of(now));
        let what = if then == now {
            "as many other bytes".to_owned()
        } else {
            format!("{then}; this is {now}")
        };
        Err(self.refused(&format!("it is of another input: {what}")))
    }

    /// Why the runs cannot be compared.
    pub(super) fn refused(&self, why: &str) -> UsageError {
        UsageError(format!("{} cannot be compared: {why}", self.path.display()))
    }
}

/// What to do about a file that is no report.
const HOW: &str = "want a file that `contrail bench --report json=FILE` wrote";
