//! Which rules can be broken on purpose, and how often each is.

use std::fmt::Write as _;

use super::settings::{Framing, SettingsError, Version};

/// What a defect is a defect of, and so what its rate is a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Of an event.
    Event,
    /// Of a batch.
    Batch,
    /// Of a document, which cannot be read for it: a batch, or an event outside of one.
    Damage,
    /// Of the place before a document.
    Before,
    /// Of the recording: it is told once, and so planted once.
    Once,
}

macro_rules! rules {
    ($($rule:ident $name:literal $scope:ident $v2:literal $v3:literal,)*) => {
        /// A rule of the validator that can be broken on purpose.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Rule {
            $($rule,)*
        }

        impl Rule {
            const ALL: &[Self] = &[$(Self::$rule,)*];

            /// Its name.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)*
                }
            }

            pub(super) fn scope(self) -> Scope {
                match self {
                    $(Self::$rule => Scope::$scope,)*
                }
            }

            fn is_of(self, version: Version) -> bool {
                let (v2, v3) = match self {
                    $(Self::$rule => ($v2, $v3),)*
                };
                match version {
                    Version::V2 => v2,
                    Version::V3 => v3,
                }
            }
        }
    };
}

rules! {
    NotJson "not-json" Damage true true,
    Truncated "truncated" Damage true true,
    InvalidUtf8 "invalid-utf8" Damage true true,
    TooDeep "too-deep" Damage true true,
    UnrecognisedDocument "unrecognised-document" Before true true,
    DuplicateKey "duplicate-key" Event true true,
    ByteOrderMark "byte-order-mark" Before true true,
    MissingProperty "missing-property" Event true true,
    UnknownProperty "unknown-property" Event true true,
    WrongType "wrong-type" Event true true,
    BadFormat "bad-format" Event true true,
    ValueNotAllowed "value-not-allowed" Event true true,
    ConstraintViolated "constraint-violated" Event true true,
    UnknownEventType "unknown-event-type" Event true true,
    EventTypeCase "event-type-case" Event true true,
    MissingVersion "missing-version" Event false true,
    UnexpectedVersion "unexpected-version" Event false true,
    VersionBeforeV3 "version-before-v3" Event true false,
    MixedVersions "mixed-versions" Once true true,
    EventAddedLater "event-added-later" Event true false,
    EventReplaced "event-replaced" Event false true,
    EventRemoved "event-removed" Event true true,
    CommandReplaced "command-replaced" Event false true,
    CommandRemoved "command-removed" Event false true,
    PropertyAddedLater "property-added-later" Event true true,
    PropertyRenamed "property-renamed" Event true true,
    UriVersionMismatch "uri-version-mismatch" Event true true,
    CountMismatch "count-mismatch" Batch true true,
    BatchTooLarge "batch-too-large" Batch true true,
    DuplicateEventId "duplicate-event-id" Batch true true,
    ConflictingRedelivery "conflicting-redelivery" Event true true,
    EventsOutOfOrder "events-out-of-order" Batch true true,
    ReceivedBeforeEvent "received-before-event" Event true true,
    FractionalSeconds "fractional-seconds" Event true true,
    CompletionWithoutQueued "completion-without-queued" Event true true,
    QueuedWithoutCompletion "queued-without-completion" Event true true,
    CommandMismatch "command-mismatch" Event true true,
    EpcAddedAndRemoved "epc-added-and-removed" Event true true,
    DuplicateEpc "duplicate-epc" Event true true,
}

/// The names of the rules that can be broken in recordings of a version and a framing.
pub fn plantable(version: Version, framing: Framing) -> impl Iterator<Item = &'static str> {
    let can = move |rule: &&Rule| rule.refused(version, framing).is_none();
    Rule::ALL.iter().filter(can).map(|rule| rule.name())
}

impl Rule {
    /// Why it cannot be broken there.
    fn refused(self, version: Version, framing: Framing) -> Option<String> {
        let in_batches = self.scope() == Scope::Batch
            || matches!(self, Self::EventAddedLater | Self::EventReplaced);
        if !self.is_of(version) {
            return Some(format!("no recording of API version {version} can break it"));
        }
        if in_batches && !framing.has_batches() {
            return Some("it takes batches: --framing batches, documents or pretty".to_owned());
        }
        if self == Self::Truncated && !framing.is_lines() {
            return Some(
                "only a document with a line of its own can be cut off: --framing batches or lines"
                    .to_owned(),
            );
        }
        if self == Self::ByteOrderMark && framing == Framing::Array {
            return Some("it stands before documents, and an array is one document".to_owned());
        }
        None
    }
}

/// A share of all events, batches or documents, from 0 to 1, as a multiple of 2^-32.
type Share = u64;

const ALL: Share = 1 << 32;

/// Which rules are broken how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defects(Vec<(Rule, Share)>);

impl Defects {
    /// With this rule broken in such a share of events, batches or documents, from 0 to 1.
    ///
    /// # Errors
    ///
    /// If the rule cannot be broken, or if the share is none.
    pub fn with(mut self, name: &str, share: f64) -> Result<Self, SettingsError> {
        let Some(rule) = Rule::ALL.iter().copied().find(|rule| rule.name() == name) else {
            let mut known = String::new();
            for rule in Rule::ALL {
                let _ =
                    write!(known, "{}{}", if known.is_empty() { "" } else { ", " }, rule.name());
            }
            return Err(SettingsError(format!(
                "there is no rule `{name}` that can be broken: want {known}"
            )));
        };
        if !(0.0..=1.0).contains(&share) {
            return Err(SettingsError(format!("the rate of {name} is not from 0 to 1")));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "times a power of two: exact, and from 0 to 2^32"
        )]
        let share = (share * ALL as f64) as Share;
        self.0.retain(|(other, _)| *other != rule);
        self.0.push((rule, share));
        Ok(self)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn check(&self, version: Version, framing: Framing) -> Result<(), SettingsError> {
        for (rule, _) in &self.0 {
            if let Some(reason) = rule.refused(version, framing) {
                let known: Vec<_> = plantable(version, framing).collect();
                return Err(SettingsError(format!(
                    "{} cannot be broken here: {reason}\nrules that can: {}",
                    rule.name(),
                    known.join(", ")
                )));
            }
        }
        for (scopes, what) in [(OF_EVENTS, "events"), (OF_DOCUMENTS, "batches and documents")] {
            if ALL < Choice::new(self, scopes).sum() {
                return Err(SettingsError(format!("the rates of {what} are more than 1 together")));
            }
        }
        Ok(())
    }
}

/// What is decided for each event.
pub(super) const OF_EVENTS: &[Scope] = &[Scope::Event];
/// What is decided for each document.
pub(super) const OF_DOCUMENTS: &[Scope] =
    &[Scope::Batch, Scope::Damage, Scope::Before, Scope::Once];

/// Rules of some scopes, ready to be chosen from.
#[derive(Debug)]
pub(super) struct Choice {
    /// Each with the sum of the shares up to it.
    sums: Vec<(Share, Rule)>,
}

impl Choice {
    pub(super) fn new(defects: &Defects, scopes: &[Scope]) -> Self {
        let mut sum = 0;
        let of_scopes = defects.0.iter().filter(|(rule, _)| scopes.contains(&rule.scope()));
        let add = |(rule, share): &(Rule, Share)| {
            sum += share;
            (sum, *rule)
        };
        Self { sums: of_scopes.map(add).collect() }
    }

    fn sum(&self) -> Share {
        self.sums.last().map_or(0, |(sum, _)| *sum)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sums.is_empty()
    }

    /// The rule that a number chooses to be broken, if any.
    pub(super) fn choose(&self, number: u64) -> Option<Rule> {
        let number = number >> 32;
        self.sums.iter().find(|(sum, _)| number < *sum).map(|(_, rule)| *rule)
    }
}
