//! Defects of one event or envelope, not yet in words.
//!
//! An element of a few megabytes can have a million defects, and a finding takes a kilobyte. So what
//! is found is kept in as little as a place and a number, sorted, and put into words one by one.

use crate::{
    draft::Draft,
    rule::{RULES, Rule},
    schema_failures::Sites,
};

/// One defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Defect {
    /// The number of the value that it is about, or of the name of a member.
    pub(crate) node: u32,
    /// The place of the rule in [`RULES`]. Those at one node come in this order.
    rule: u8,
    pub(crate) what: What,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A keyword refuses the value: the number of the [`Refusal`](crate::schema_failures::Refusal).
    Refused(u32),
    /// A property of this name, by its number, is missing in the object.
    Missing(u32),
    /// The member is meant to be the property of this name, which is missing.
    Renamed { site: u32, name: u32 },
    /// The member is not a property of the object.
    Unknown {
        site: u32,
        /// The name that was probably meant.
        meant: Option<u32>,
    },
    /// An instant with a fraction.
    Fraction,
    /// A tag that stands in its list before, as the element with this index.
    RepeatedTag(u32),
    /// A tag of `Removes` that is in `Adds` too.
    AddedAndRemoved,
    /// Something that is rare enough to be in words at once.
    Drafted(u32),
}

impl Defect {
    pub(crate) fn new(node: u32, rule: &'static Rule, what: What) -> Self {
        let rule = u8::try_from(rule.index()).expect("there are fewer than 256 rules");
        Self { node, rule, what }
    }

    pub(crate) fn rule(&self) -> &'static Rule {
        RULES[usize::from(self.rule)]
    }

    /// The same, but reported by another rule.
    #[must_use]
    pub(crate) fn by(self, rule: &'static Rule) -> Self {
        Self::new(self.node, rule, self.what)
    }
}

/// The defects of one event, or of the envelope of a batch.
#[derive(Debug, Default)]
pub(crate) struct Defects<'e> {
    pub(crate) list: Vec<Defect>,
    drafts: Vec<Option<Draft<'e>>>,
    /// What the schema says at the places that the defects name.
    pub(crate) sites: SitesOf<'e>,
}

/// Who keeps what a schema says.
#[derive(Debug)]
pub(crate) enum SitesOf<'e> {
    /// Our own check of the schema.
    Schema(&'e Sites),
    /// Nobody: it was put together from the errors of the `jsonschema` crate.
    Errors(Sites),
}

impl Default for SitesOf<'_> {
    fn default() -> Self {
        Self::Errors(Sites::default())
    }
}

impl SitesOf<'_> {
    pub(crate) fn get(&self) -> &Sites {
        match self {
            Self::Schema(sites) => sites,
            Self::Errors(sites) => sites,
        }
    }
}

impl<'e> Defects<'e> {
    pub(crate) fn push(&mut self, node: u32, rule: &'static Rule, what: What) {
        self.list.push(Defect::new(node, rule, what));
    }

    /// Adds one that is in words already.
    pub(crate) fn draft(&mut self, draft: Draft<'e>) {
        let number = u32::try_from(self.drafts.len()).expect("a document is at most 4 GiB long");
        self.push(draft.node.index(), draft.rule, What::Drafted(number));
        self.drafts.push(Some(draft));
    }

    /// Adds one that is in words already, if there is one.
    pub(crate) fn add(&mut self, draft: Option<Draft<'e>>) {
        if let Some(draft) = draft {
            self.draft(draft);
        }
    }

    /// The draft with this number, which is asked for once.
    pub(crate) fn take_draft(&mut self, number: u32) -> Option<Draft<'e>> {
        self.drafts.get_mut(number as usize)?.take()
    }

    /// Sorts them by their place in the text, then by rule. Among equal ones the first stays
    /// the first.
    pub(crate) fn sort(&mut self) {
        let key = |defect: &Defect| (defect.node, defect.rule);
        if !self.list.is_sorted_by_key(key) {
            self.list.sort_by_key(key);
        }
    }
}
