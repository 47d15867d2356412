//! The fast path of a session: which plan is tried, and what came of it.

use std::collections::VecDeque;

use contrail_model::{Glance, Tree};

use super::{Validator, survey::Survey};
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
    /// How many elements in a row no plan has fitted.
    misses: u32,
    /// What is known beforehand of bytes ahead, in the order of the capture.
    surveys: VecDeque<Survey>,
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
        Self {
            validator,
            reader: Reader::default(),
            passed: None,
            place,
            is_given,
            misses: 0,
            surveys: VecDeque::new(),
            tree: Tree::default(),
        }
    }

    /// Takes what is known of bytes that are to come.
    pub(super) fn expect(&mut self, survey: Survey) {
        self.surveys.push_back(survey);
    }

    /// Looks at the bytes where an element begins, at an offset in the capture.
    pub(super) fn glance(&mut self, bytes: &[u8], offset: u64) -> Glance {
        self.passed = None;
        if !self.validator.settings.has_fast_path {
            return Glance::Unknown;
        }
        let verdict = self.surveyed(offset).unwrap_or_else(|| self.read(bytes));
        match verdict {
            Verdict::Accepted(passed) => {
                self.passed = Some(passed);
                let Passed { length, kind, one_line, .. } = passed;
                Glance::Known { length, kind, one_line }
            }
            Verdict::Unfinished => Glance::Unfinished,
            Verdict::Unknown => Glance::Unknown,
        }
    }

    /// What a survey says of the element at an offset.
    fn surveyed(&mut self, offset: u64) -> Option<Verdict> {
        loop {
            match self.surveys.front_mut()?.take(offset, &mut self.reader) {
                Ok(Some((verdict, place))) => {
                    self.place = place;
                    return Some(verdict);
                }
                Ok(None) => return None,
                Err(_) => self.surveys.pop_front(),
            };
        }
    }

    fn read(&mut self, bytes: &[u8]) -> Verdict {
        let verdict = self.read_as(self.place, bytes);
        // Where a plan fits some events, others of the batch have a defect in any version.
        if verdict != Verdict::Unknown || self.is_given || self.reader.accepted.contains(&true) {
            self.misses = 0;
            return verdict;
        }
        // Where nothing fits for a while, not all is tried each time.
        self.misses += 1;
        if 8 < self.misses && !self.misses.is_multiple_of(8) {
            return Verdict::Unknown;
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

    /// The place, among the versions, of the plan by which the last element was read.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// Which events of the element at which the capture stands are accepted, though not all are.
    pub(super) fn accepted(&self) -> Option<Accepted<'_>> {
        let version = *self.validator.schemas.versions().get(self.place)?;
        let Reader { accepted: events, seen, .. } = &self.reader;
        let seen = seen.events();
        (!events.is_empty()).then_some(Accepted { version, events, seen })
    }
}
