//! What other threads find out about bytes ahead of a session.
//!
//! What the fast path says of an element depends on its bytes alone, and not on what stands before
//! them. So a scout may guess where elements begin: a wrong guess costs time and changes nothing,
//! because the session asks only for the places at which it arrives.

use std::ops::Range;

use contrail_model::Glance;

use super::{
    Validator,
    fast::{Fast, Found},
};
use crate::plan::{Reader, SeenEvents};

/// How many times the bytes of a piece may be read in vain before the rest of it is given up.
const WASTE: usize = 4;

/// The most findings of a piece, one of which takes a kilobyte. What comes after them is left to the
/// session, which hands findings on as it makes them.
const MOST_FINDINGS: usize = 4096;

/// Looks at pieces of a capture, in any order, before a session does.
#[derive(Debug)]
pub struct Scout<'v> {
    fast: Fast<'v>,
}

/// What a scout found in a piece of a capture.
#[derive(Debug, Default)]
pub struct Survey {
    /// In ascending order.
    entries: Vec<Entry>,
    /// The entries before this one are behind the session.
    next: usize,
    accepted: Vec<bool>,
    /// How many findings there are in the entries.
    findings: usize,
}

/// What was found at one place. It is asked for once.
#[derive(Debug)]
struct Entry {
    /// From the start of the capture.
    offset: u64,
    found: Found,
    /// The place of the version whose plan said so.
    place: usize,
    seen: SeenEvents,
    accepted: Range<usize>,
}

/// A survey has nothing to say of what is to come.
#[derive(Debug)]
pub(super) struct Over;

impl<'v> Scout<'v> {
    /// A scout for the sessions of this validator.
    pub fn new(validator: &'v Validator) -> Self {
        Self { fast: Fast::new(validator, validator.settings.api_version) }
    }

    /// Looks at a piece that begins at an offset, in decompressed bytes, of a capture.
    pub fn survey(&mut self, bytes: &[u8], offset: u64) -> Survey {
        let mut survey = Survey::default();
        let (mut at, mut wasted) = (0, 0);
        while let Some(brace) = memchr::memchr(b'{', &bytes[at..]) {
            at += brace;
            let glance = self.fast.glance(&bytes[at..], u64::MAX);
            let length = self.fast.reader.length;
            let is_useful = match glance {
                Glance::Known { .. } => true,
                // Not known as a whole, but it is known which of its events are sound.
                Glance::Unknown => {
                    self.fast.reader.is_whole && self.fast.reader.accepted.contains(&true)
                }
                Glance::Unfinished => break,
            };
            if is_useful {
                survey.add(offset + at as u64, &mut self.fast);
                if survey.findings > MOST_FINDINGS {
                    break;
                }
                at += length.max(1);
                continue;
            }
            // A wrong guess may have cost much, and there may be many.
            wasted += length;
            if WASTE * bytes.len() < wasted {
                break;
            }
            at += 1;
        }
        survey
    }
}

impl Survey {
    fn add(&mut self, offset: u64, fast: &mut Fast<'_>) {
        let (accepted, found) = (self.accepted.len(), fast.take_found());
        self.accepted.extend_from_slice(&fast.reader.accepted);
        self.findings += found.number_of_findings();
        self.entries.push(Entry {
            offset,
            found,
            place: fast.place(),
            seen: fast.reader.take_seen(),
            accepted: accepted..self.accepted.len(),
        });
    }

    /// What was found at an offset, and the place of the version whose plan said so; the reader gets what
    /// it would have kept.
    pub(super) fn take(
        &mut self,
        offset: u64,
        reader: &mut Reader,
    ) -> Result<Option<(Found, usize)>, Over> {
        let passed = self.entries[self.next..].iter().take_while(|entry| entry.offset < offset);
        self.next += passed.count();
        let entry = self.entries.get_mut(self.next).ok_or(Over)?;
        if entry.offset != offset {
            return Ok(None);
        }
        std::mem::swap(&mut reader.seen, &mut entry.seen);
        reader.accepted.clear();
        reader.accepted.extend_from_slice(&self.accepted[entry.accepted.clone()]);
        Ok(Some((std::mem::replace(&mut entry.found, Found::Unknown), entry.place)))
    }
}
