//! The fast path of a session: which plan is tried, and what came of it.

use std::collections::VecDeque;

use contrail_model::{Glance, Tree};

use super::{
    Validator,
    partial::{ElementReport, report},
    survey::Survey,
};
use crate::{
    check::Accepted,
    plan::{Passed, Reader, Verdict},
    version::VersionChoice,
};

/// What is known of an element by its bytes alone.
#[derive(Debug)]
pub(super) enum Found {
    /// What is wrong with it by itself.
    Known(Passed, ElementReport),
    /// The bytes end within it.
    Unfinished,
    Unknown,
}

impl Found {
    pub(super) fn number_of_findings(&self) -> usize {
        match self {
            Self::Known(_, report) => report.number_of_findings(),
            Self::Unfinished | Self::Unknown => 0,
        }
    }
}

/// The fast path over the elements of one capture.
#[derive(Debug)]
pub(super) struct Fast<'v> {
    validator: &'v Validator,
    pub(super) reader: Reader,
    /// What is known of the element at which the capture stands.
    found: Found,
    /// Where that element is, if it was known beforehand.
    surveyed_at: Option<u64>,
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
            found: Found::Unknown,
            surveyed_at: None,
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
        let Validator { settings, plans, .. } = self.validator;
        if !settings.has_fast_path || !plans.are_worth_it(bytes.len()) {
            return Glance::Unknown;
        }
        // A capture that needs more bytes asks again.
        if self.surveyed_at != Some(offset) {
            self.found = self.surveyed(offset).unwrap_or_else(|| self.read(bytes));
        }
        match &self.found {
            Found::Known(Passed { length, kind, one_line, .. }, _) => {
                Glance::Known { length: *length, kind: *kind, one_line: *one_line }
            }
            Found::Unfinished => Glance::Unfinished,
            Found::Unknown => Glance::Unknown,
        }
    }

    /// What is known of the element at which the capture stands.
    pub(super) fn take_found(&mut self) -> Found {
        std::mem::replace(&mut self.found, Found::Unknown)
    }

    /// What a survey says of the element at an offset.
    fn surveyed(&mut self, offset: u64) -> Option<Found> {
        self.surveyed_at = None;
        loop {
            match self.surveys.front_mut()?.take(offset, &mut self.reader) {
                Ok(Some((found, place))) => {
                    (self.place, self.surveyed_at) = (place, Some(offset));
                    return Some(found);
                }
                Ok(None) => return None,
                Err(_) => self.surveys.pop_front(),
            };
        }
    }

    fn read(&mut self, bytes: &[u8]) -> Found {
        let found = self.read_as(self.place, bytes);
        // Where a plan fits some events, others of the batch have a defect in any version.
        let is_known = !matches!(found, Found::Unknown);
        if is_known || self.is_given || self.reader.accepted.contains(&true) {
            self.misses = 0;
            return found;
        }
        // Where nothing fits for a while, not all is tried each time.
        self.misses += 1;
        if 8 < self.misses && !self.misses.is_multiple_of(8) {
            return Found::Unknown;
        }
        let tried = self.place;
        for place in (0..self.validator.schemas.versions().len()).rev() {
            if place != tried {
                let found = self.read_as(place, bytes);
                let is_known = !matches!(found, Found::Unknown);
                if is_known || self.reader.accepted.contains(&true) {
                    self.place = place;
                    return found;
                }
            }
        }
        Found::Unknown
    }

    fn read_as(&mut self, place: usize, bytes: &[u8]) -> Found {
        let Self { validator, is_given, reader, tree, .. } = self;
        let plan = validator.plan(place);
        match reader.read(plan, bytes, *is_given) {
            Verdict::Accepted(passed) => Found::Known(passed, ElementReport::default()),
            Verdict::Unfinished => Found::Unfinished,
            Verdict::Unknown => Found::Unknown,
            Verdict::Partial => match report(validator, plan, *is_given, reader, tree, bytes) {
                Some((passed, report)) => Found::Known(passed, report),
                None => Found::Unknown,
            },
        }
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
