//! Known findings: a file of fingerprints, each with a reason and perhaps a date of expiry.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, NaiveDate, Utc};
use contrail_replay::clock;
use contrail_validate::{Finding, Severities};
use serde::{Deserialize, Serialize};

use crate::{choices::Choices, outcome::UsageError};

/// The reason of a suppression that nobody has given another one.
const NO_REASON: &str = "known when the baseline was written";

/// The file as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    suppressions: Vec<Suppression>,
}

/// One known finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suppression {
    /// The fingerprint of the finding.
    fingerprint: String,
    /// Its rule, for the reader.
    rule: String,
    /// Where it was, for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// Why it is let pass.
    reason: String,
    /// The last day on which it is let pass, as `yyyy-mm-dd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<NaiveDate>,
}

/// The baseline of a run.
#[derive(Debug)]
pub(crate) struct Baseline {
    path: PathBuf,
    update: bool,
    today: NaiveDate,
    known: BTreeMap<String, Suppression>,
    /// Fingerprints that were met.
    used: BTreeSet<String>,
    /// Suppressions whose day is over and whose findings are still there.
    expired: BTreeSet<String>,
    /// Findings that are to be written.
    new: BTreeMap<String, Suppression>,
    /// Findings hidden since the last [`Baseline::take_hidden`].
    hidden: Severities,
    suppressed: u64,
}

/// What a baseline did.
#[derive(Debug)]
pub(crate) struct BaselineReport {
    /// How many findings it hid.
    pub(crate) suppressed: u64,
    /// What is to be said of it.
    pub(crate) notes: Vec<String>,
}

impl Baseline {
    /// Reads the file; one that is to be written need not be there.
    pub(crate) fn open(path: &Path, update: bool) -> Result<Self, UsageError> {
        let error = |text: String| UsageError(format!("{}: {text}", path.display()));
        let file = match fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text)
                .map_err(|cause| error(format!("not a baseline: {cause}")))?,
            Err(cause) if update && cause.kind() == io::ErrorKind::NotFound => {
                BaselineFile::default()
            }
            Err(cause) => return Err(error(cause.to_string())),
        };
        let known = file.suppressions.into_iter();
        Ok(Self {
            path: path.to_owned(),
            update,
            today: DateTime::<Utc>::from(clock::now()).date_naive(),
            known: known.map(|known| (known.fingerprint.clone(), known)).collect(),
            used: BTreeSet::new(),
            expired: BTreeSet::new(),
            new: BTreeMap::new(),
            hidden: Severities::default(),
            suppressed: 0,
        })
    }

    /// Whether the finding is known, and so not to be shown.
    pub(crate) fn hides(&mut self, finding: &Finding) -> bool {
        let fingerprint = &finding.fingerprint;
        let known = self.known.get(fingerprint);
        if known.is_some() {
            self.used.insert(fingerprint.clone());
        }
        let expired = known.is_some_and(|known| known.expires.is_some_and(|day| day < self.today));
        if expired {
            self.expired.insert(fingerprint.clone());
        }
        let hides = self.update || known.is_some() && !expired;
        if self.update && !self.new.contains_key(fingerprint) {
            let suppression = self.suppression(finding);
            self.new.insert(fingerprint.clone(), suppression);
        }
        if hides {
            self.hidden.count(finding.severity);
            self.suppressed += 1;
        }
        hides
    }

    /// The entry of a finding: that of before with its reason and its day, if there is one. A day
    /// that is over stays over: somebody wanted to be reminded.
    fn suppression(&self, finding: &Finding) -> Suppression {
        let before = self.known.get(&finding.fingerprint);
        Suppression {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.name.to_owned(),
            place: Some(format!("{}:{}", finding.file, finding.start())),
            reason: before.map_or_else(|| NO_REASON.to_owned(), |before| before.reason.clone()),
            expires: before.and_then(|before| before.expires),
        }
    }

    /// The findings that were hidden since the last call.
    pub(crate) fn take_hidden(&mut self) -> Severities {
        std::mem::take(&mut self.hidden)
    }

    /// Writes the file if that is wanted, and tells what is unused or expired.
    ///
    /// Of a run that did not see everything, entries that were not met are kept.
    pub(crate) fn finish(
        self,
        is_partial: bool,
        choices: &Choices,
    ) -> anyhow::Result<BaselineReport> {
        let mut notes = self.expired_notes();
        if self.update {
            notes.insert(0, self.write(is_partial, choices)?);
        } else {
            notes.extend(self.unmet().map(|known| {
                let (path, rule) = (self.path.display(), &known.rule);
                format!("{path}: unused suppression {} ({rule}): remove it", known.fingerprint)
            }));
        }
        Ok(BaselineReport { suppressed: self.suppressed, notes })
    }

    /// Entries whose findings were not there.
    fn unmet(&self) -> impl Iterator<Item = &Suppression> {
        self.known.values().filter(|known| !self.used.contains(&known.fingerprint))
    }

    fn expired_notes(&self) -> Vec<String> {
        let expired = self.expired.iter().filter_map(|fingerprint| self.known.get(fingerprint));
        expired
            .map(|known| {
                let (path, rule) = (self.path.display(), &known.rule);
                let day = known.expires.map(|day| day.to_string()).unwrap_or_default();
                format!("{path}: suppression {} ({rule}) expired on {day}", known.fingerprint)
            })
            .collect()
    }

    /// Writes the file, and says so.
    fn write(&self, is_partial: bool, choices: &Choices) -> anyhow::Result<String> {
        let is_kept = |known: &&Suppression| is_partial || !choices.can_find(&known.rule);
        let kept: Vec<_> = self.unmet().filter(is_kept).cloned().collect();
        let (written, unmet) = (self.new.len(), kept.len());
        let suppressions = self.new.values().cloned().chain(kept).collect();
        let text = serde_json::to_string_pretty(&BaselineFile { suppressions })? + "\n";
        let path = self.path.display();
        fs::write(&self.path, text).map_err(|error| UsageError(format!("{path}: {error}")))?;
        let findings = if written == 1 { "finding" } else { "findings" };
        Ok(match unmet {
            0 => format!("{path}: {written} known {findings} written"),
            _ => format!(
                "{path}: {written} known {findings} written, {unmet} kept that this run could not meet"
            ),
        })
    }
}
