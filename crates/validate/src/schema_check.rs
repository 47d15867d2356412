//! Our own check of a JSON Schema: walks the tree of a value, and says what is wrong where.
//!
//! It answers as the `jsonschema` crate does, which is a property, for a part of the keywords; a
//! schema with another one is left to the crate. It is five times as fast, because it makes no value,
//! no pointer and no message, and takes what is as usual by a look. Of a value that is not as usual
//! the crate is asked, about that one keyword: so formats and patterns mean the same to both.

mod compile;

use std::sync::Arc;

use contrail_model::{GUID_LENGTH, GuidNumber, INSTANT_LENGTH, Kind, Node, instant};

use crate::{
    defect::{Defects, SitesOf, What},
    plan::{Length, Names as Known},
    schema_failures::{Names, Sites},
    schemas::Keyword,
};

/// A compiled schema.
#[derive(Debug)]
pub(crate) struct SchemaCheck {
    checks: Vec<Check>,
    records: Vec<Record>,
    /// The check of the value itself.
    top: usize,
    sites: Sites,
    guard: Option<Guard>,
}

/// What a value must be.
#[derive(Debug, Default)]
struct Check {
    /// Of keywords that refuse a value the first one is reported: so the plainest comes first.
    tests: Vec<Test>,
    /// The check of the elements, if it is an array.
    items: Option<usize>,
    /// What holds for the members, if it is an object.
    record: Option<usize>,
}

/// One keyword, and the number of what is said if it refuses a value.
#[derive(Debug)]
struct Test {
    look: Look,
    by: u32,
    /// The keyword alone, for what a look does not decide.
    exact: Option<Arc<Keyword>>,
}

/// What is seen at a look. Most values are taken by it.
#[derive(Debug)]
enum Look {
    /// The types that are taken, a bit for each [`Kind`]; with `whole`, of numbers only whole ones.
    Type {
        kinds: u8,
        whole: bool,
    },
    /// A string that is one of these.
    Known(Vec<String>),
    Guid,
    Instant,
    /// Strings of a pattern: all that are instants, and all of certain bytes.
    Pattern {
        instants: bool,
        keyword: Arc<Keyword>,
    },
    /// A number between these, both included.
    Between(u64, u64),
    /// A string whose number of characters is within limits.
    Characters(Length),
    /// An array whose number of elements is within limits.
    Elements(Length),
    Nothing,
}

/// What the members of an object must be.
#[derive(Debug)]
struct Record {
    names: Known,
    /// By the number of the name.
    checks: Vec<usize>,
    /// A bit for each name.
    required: u128,
    /// The numbers of required names, here and among the names of the sites, in the order of the schema.
    wanted: Vec<(usize, u32)>,
    is_open: bool,
    site: u32,
}

/// Schemas that hold besides, where a member has one of these values.
#[derive(Debug)]
struct Guard {
    name: String,
    values: Vec<String>,
}

impl SchemaCheck {
    /// Adds what is wrong with a value. False if the schema has more to say of it than is checked here.
    pub(crate) fn find<'e>(&'e self, node: Node<'e>, defects: &mut Defects<'e>) -> bool {
        if self.guard.as_ref().is_some_and(|guard| guard.applies(node)) {
            return false;
        }
        self.check(self.top, node, defects);
        defects.sites = SitesOf::Schema(&self.sites);
        true
    }

    fn check(&self, check: usize, node: Node<'_>, defects: &mut Defects<'_>) {
        let Check { tests, items, record } = &self.checks[check];
        if let Some(test) = tests.iter().find(|test| !test.takes(node)) {
            let rule = self.sites.refusals[test.by as usize].rule;
            defects.push(node.index(), rule, What::Refused(test.by));
        }
        match (node.kind(), items, record) {
            (Kind::Array, Some(items), _) => {
                node.elements().for_each(|element| self.check(*items, element, defects));
            }
            (Kind::Object, _, Some(record)) => self.members(&self.records[*record], node, defects),
            _ => {}
        }
    }

    fn members(&self, record: &Record, object: Node<'_>, defects: &mut Defects<'_>) {
        let (mut given, mut has_unknown) = (0_u128, false);
        for member in object.members() {
            let name = member.name.as_str().unwrap_or_default();
            match record.names.find(name.as_bytes()) {
                Some(number) => {
                    given |= 1 << number;
                    self.check(record.checks[number], member.value, defects);
                }
                None => has_unknown = true,
            }
        }
        if record.required & !given != 0 || has_unknown && !record.is_open {
            record.names_of(object, given).tell(&self.sites, defects);
        }
    }
}

impl Record {
    /// What is wrong with the names of an object that has the `given` ones.
    fn names_of<'t>(&self, object: Node<'t>, given: u128) -> Names<'t> {
        let is_missing = |(number, _): &&(usize, u32)| given >> number & 1 == 0;
        let missing = self.wanted.iter().filter(is_missing).map(|(_, name)| *name).collect();
        let is_unknown = |name: &Node<'t>| {
            name.as_str().is_some_and(|name| self.names.find(name.as_bytes()).is_none())
        };
        let members = object.members().map(|member| member.name).filter(|_| !self.is_open);
        let unknown = members.filter(is_unknown).map(Node::index).collect();
        Names { object, site: self.site, missing, unknown }
    }
}

impl Guard {
    fn applies(&self, node: Node<'_>) -> bool {
        match node.kind() {
            Kind::Object => node
                .get(&self.name)
                .is_some_and(|value| self.values.iter().any(|known| value.is_str(known))),
            Kind::Array => true,
            // The type is wrong, and that is reported whatever else is.
            _ => false,
        }
    }
}

impl Test {
    #[inline]
    fn takes(&self, node: Node<'_>) -> bool {
        match self.look.takes(node) {
            Some(is_taken) => is_taken,
            None => self.exact.as_ref().is_none_or(|exact| exact.takes(node)),
        }
    }
}

impl Look {
    /// Whether the value is taken; `None` if a look does not decide that.
    #[inline]
    fn takes(&self, node: Node<'_>) -> Option<bool> {
        let kind = node.kind();
        match self {
            Self::Type { kinds, whole } => match kinds >> bit_of(kind) & 1 {
                0 => Some(false),
                _ if *whole && kind == Kind::Number => whole_number(node).map(|_| true),
                _ => Some(true),
            },
            Self::Known(known) => Some(known.iter().any(|known| node.is_str(known))),
            Self::Guid if kind == Kind::String => {
                let text = plain_text(node)?;
                (text.len() == GUID_LENGTH && GuidNumber::read(text).is_some()).then_some(true)
            }
            Self::Instant if kind == Kind::String => is_instant(plain_text(node)?).then_some(true),
            Self::Pattern { instants, keyword } if kind == Kind::String => {
                let text = plain_text(node)?;
                let is_of = |bytes: &[bool; 256]| text.iter().all(|byte| bytes[usize::from(*byte)]);
                (*instants && is_instant(text) || keyword.bytes(None).is_some_and(is_of))
                    .then_some(true)
            }
            Self::Between(least, most) if kind == Kind::Number => {
                whole_number(node).map(|number| (*least..=*most).contains(&number))
            }
            Self::Characters(length) if kind == Kind::String => {
                // As many bytes are at least as many characters.
                let is_short = length.least == 0 && node.span().len() <= length.most;
                Some(is_short || length.holds(node.as_str()?.chars().count()))
            }
            Self::Elements(length) if kind == Kind::Array => {
                Some(length.holds(node.elements().count()))
            }
            Self::Nothing => None,
            // A keyword says nothing of values of other types.
            _ => Some(true),
        }
    }
}

fn bit_of(kind: Kind) -> u8 {
    match kind {
        Kind::Null => 0,
        Kind::Bool => 1,
        Kind::Number => 2,
        Kind::String => 3,
        Kind::Array => 4,
        Kind::Object => 5,
    }
}

/// A string without escapes, as it is written.
fn plain_text(node: Node<'_>) -> Option<&[u8]> {
    let raw = node.raw().as_bytes();
    let text = raw.get(1..raw.len().checked_sub(1)?)?;
    (!node.has_escapes()).then_some(text)
}

fn is_instant(text: &[u8]) -> bool {
    text.len() == INSTANT_LENGTH && instant(text).is_some()
}

/// A natural number that is written in digits alone, and not in more than any 64 bits hold.
fn whole_number(node: Node<'_>) -> Option<u64> {
    let digits = node.raw().as_bytes();
    if 19 < digits.len() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
