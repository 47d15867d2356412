//! The fast path of a session: which plan is tried, and what came of it.

use contrail_model::{Glance, Tree};

use super::Validator;
use crate::{
    check::Accepted,
    plan::{Passed, Reader, Verdict},
    version::VersionChoice,
};

/// The fast path over the elements of one capture.
#[derive(Debug)]
pub(super) struct Fast<'v> {
    validator: &'v Validator,
    pub(super) reader: Reader,
    /// The element that was accepted last, at which the capture stands.
    pub(super) passed: Option<Passed>,
    /// The place, among the versions, of the plan that fitted last.
    place: usize,
    is_given: bool,
    /// For what has to be read all the same.
    pub(super) tree: Tree,
}

impl<'v> Fast<'v> {
    pub(super) fn new(validator: &'v Validator, choice: VersionChoice) -> Self {
        let versions = validator.schemas.versions();
        let newest = versions.len().saturating_sub(1);
        let (place, is_given) = match choice {
            VersionChoice::Auto => (newest, false),
            VersionChoice::Fixed(version) => {
                (versions.iter().position(|other| *other == version).unwrap_or(newest), true)
            }
        };
        let (reader, tree) = (Reader::default(), Tree::default());
        Self { validator, reader, passed: None, place, is_given, tree }
    }

    /// Looks at the bytes where an element begins.
    pub(super) fn glance(&mut self, bytes: &[u8]) -> Glance {
        self.passed = None;
        if !self.validator.settings.has_fast_path {
            return Glance::Unknown;
        }
        match self.read(bytes) {
            Verdict::Accepted(passed) => {
                self.passed = Some(passed);
                let Passed { length, kind, is_plain, .. } = passed;
                Glance::Known { length, kind, is_plain }
            }
            Verdict::Unfinished => Glance::Unfinished,
            Verdict::Unknown => Glance::Unknown,
        }
    }

    fn read(&mut self, bytes: &[u8]) -> Verdict {
        let verdict = self.read_as(self.place, bytes);
        // Where a plan fits some events, others of the batch have a defect in any version.
        if verdict != Verdict::Unknown || self.is_given || self.reader.accepted.contains(&true) {
            return verdict;
        }
        let tried = self.place;
        for place in (0..self.validator.schemas.versions().len()).rev() {
            if place != tried {
                let verdict = self.read_as(place, bytes);
                if verdict != Verdict::Unknown || self.reader.accepted.contains(&true) {
                    self.place = place;
                    return verdict;
                }
            }
        }
        Verdict::Unknown
    }

    fn read_as(&mut self, place: usize, bytes: &[u8]) -> Verdict {
        self.reader.read(self.validator.plan(place), bytes, self.is_given)
    }

    /// Which events of the batch at which the capture stands are accepted, though not all are.
    pub(super) fn accepted(&self) -> Option<Accepted<'_>> {
        let version = *self.validator.schemas.versions().get(self.place)?;
        let events = &self.reader.accepted;
        (!events.is_empty()).then_some(Accepted { version, events })
    }
}
