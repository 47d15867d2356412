//! The errors of the `jsonschema` crate as defects, for schemas that our own check does not support.

use std::collections::{BTreeMap, HashMap};

use contrail_model::{Kind, Node};
use jsonschema::{ValidationError, error::ValidationErrorKind};

use super::{Names, Refusal, Sites, text_of};
use crate::{
    defect::{Defects, SitesOf, What},
    instance::Instance,
    schemas::{Compiled, Schemas},
};

/// Adds what a schema finds wrong with a value.
pub(crate) fn find<'e>(
    schemas: &'e Schemas,
    schema: &Compiled,
    root: Node<'e>,
    defects: &mut Defects<'e>,
) {
    let mut found = Found {
        schemas,
        sites: Sites::default(),
        names: BTreeMap::new(),
        values: Vec::new(),
        refusals: HashMap::new(),
        objects: HashMap::new(),
        walk: Walk::new(root),
    };
    for error in schema.iter_errors(Instance::Value(root)) {
        found.take(&error);
    }
    found.tell(defects);
}

/// What the errors say so far.
struct Found<'e> {
    schemas: &'e Schemas,
    sites: Sites,
    /// By the number of the object.
    names: BTreeMap<u32, Names<'e>>,
    values: Vec<Refused>,
    /// The numbers of refusals by where the keyword stands and what it says.
    refusals: HashMap<(String, String), u32>,
    /// The numbers of the sites of objects by where the keyword stands.
    objects: HashMap<(String, bool), u32>,
    walk: Walk<'e>,
}

/// A value that a keyword refuses.
#[derive(Clone, Copy)]
struct Refused {
    node: u32,
    rank: u8,
    by: u32,
}

impl<'e> Found<'e> {
    fn take(&mut self, error: &ValidationError<'_>) {
        let Some(node) = self.walk.to(error.instance_path().as_str()) else { return };
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().map(|name| self.sites.intern(name));
                self.names_of(node, error).missing.extend(name);
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let members = node.members().map(|member| member.name);
                let named = members.filter_map(|name| Some((name.as_str()?, name.index())));
                let named: HashMap<_, _> = named.collect();
                let unknown = unexpected.iter().filter_map(|name| named.get(&**name).copied());
                self.names_of(node, error).unknown.extend(unknown);
            }
            kind => {
                let refused = Refused { node: node.index(), rank: rank(kind), by: self.by(error) };
                self.values.push(refused);
            }
        }
    }

    fn names_of(&mut self, object: Node<'e>, error: &ValidationError<'_>) -> &mut Names<'e> {
        let Self { schemas, sites, names, objects, walk, .. } = self;
        names.entry(object.index()).or_insert_with(|| {
            let is_top = object.index() == walk.root.index();
            let location = error.absolute_keyword_location().map_or("", |uri| uri.as_str());
            let site = *objects
                .entry((location.to_owned(), is_top))
                .or_insert_with(|| sites.object(schemas.holder(location), is_top));
            Names { object, site, missing: Vec::new(), unknown: Vec::new() }
        })
    }

    /// The number of the refusal of an error.
    fn by(&mut self, error: &ValidationError<'_>) -> u32 {
        let location = error.absolute_keyword_location().map_or("", |uri| uri.as_str());
        // Most messages speak of the schema alone, and so are the same for many values.
        let said = match error.kind() {
            ValidationErrorKind::Type { .. }
            | ValidationErrorKind::Enum { .. }
            | ValidationErrorKind::Constant { .. }
            | ValidationErrorKind::Format { .. } => String::new(),
            _ => error.masked_with(super::VALUE.to_string()).to_string(),
        };
        let Self { schemas, sites, refusals, .. } = self;
        *refusals
            .entry((location.to_owned(), said))
            .or_insert_with_key(|(_, said)| sites.refusal(refusal(schemas, error, said)))
    }

    fn tell(mut self, defects: &mut Defects<'e>) {
        for names in self.names.into_values() {
            names.tell(&self.sites, defects);
        }
        // One defect, one finding: of several keywords that refuse a value, the plainest.
        self.values.sort_by_key(|refused| (refused.node, refused.rank));
        self.values.dedup_by_key(|refused| refused.node);
        for Refused { node, by, .. } in self.values {
            defects.push(node, self.sites.refusals[by as usize].rule, What::Refused(by));
        }
        defects.sites = SitesOf::Errors(self.sites);
    }
}

fn refusal(schemas: &Schemas, error: &ValidationError<'_>, said: &str) -> Refusal {
    let location = error.absolute_keyword_location();
    let holder = location.and_then(|location| schemas.holder(location.as_str()));
    match error.kind() {
        ValidationErrorKind::Type { kind } => Refusal::of_type(kind),
        ValidationErrorKind::Enum { options } => {
            Refusal::of_enum(options.as_array().map_or(&[], Vec::as_slice))
        }
        ValidationErrorKind::Constant { expected_value } => Refusal::of_const(expected_value),
        kind @ ValidationErrorKind::Format { .. } => Refusal::of_format(kind.keyword(), holder),
        // A pattern beside a format says the same more closely.
        kind @ ValidationErrorKind::Pattern { .. } if text_of(holder, "format").is_some() => {
            Refusal::of_format(kind.keyword(), holder)
        }
        kind => Refusal::of_other(kind.keyword(), holder, |_| said.to_owned()),
    }
}

/// The plainest explanation first.
fn rank(kind: &ValidationErrorKind) -> u8 {
    match kind {
        ValidationErrorKind::Type { .. } => 0,
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => 1,
        ValidationErrorKind::Format { .. } => 2,
        ValidationErrorKind::Pattern { .. } => 3,
        _ => 4,
    }
}

/// Finds nodes by pointer. It goes on from the last one, so that those of one array or object, asked
/// for in order, are found in one walk over it.
struct Walk<'t> {
    root: Node<'t>,
    steps: Vec<Step<'t>>,
}

/// A step from an array or object to one of its values.
struct Step<'t> {
    from: Node<'t>,
    token: String,
    /// The number of the name or element, and its index.
    at: u32,
    count: usize,
}

impl<'t> Walk<'t> {
    fn new(root: Node<'t>) -> Self {
        Self { root, steps: Vec::new() }
    }

    fn to(&mut self, pointer: &str) -> Option<Node<'t>> {
        let mut node = self.root;
        for (depth, token) in pointer.split('/').skip(1).enumerate() {
            let last = self.steps.get(depth).filter(|step| step.from.index() == node.index());
            let step = match last {
                Some(step) if step.token == token => None,
                last => Some(Step::new(node, token, last)?),
            };
            if let Some(step) = step {
                self.steps.truncate(depth);
                self.steps.push(step);
            }
            node = self.steps[depth].value();
        }
        Some(node)
    }
}

impl<'t> Step<'t> {
    /// The step to the value that a token leads to. It is looked for from the last step on, and then
    /// from the front.
    fn new(from: Node<'t>, token: &str, last: Option<&Self>) -> Option<Self> {
        let first = Self { from, token: String::new(), at: from.index() + 1, count: 0 };
        let name = token.replace("~1", "/").replace("~0", "~");
        let find = |from: &Self| from.find(&name);
        let found = last.and_then(find).or_else(|| find(&first))?;
        Some(Self { token: token.to_owned(), ..found })
    }

    fn find(&self, name: &str) -> Option<Self> {
        let is_object = self.from.kind() == Kind::Object;
        let index = if is_object { usize::MAX } else { name.parse().ok()? };
        let mut step = Self { token: String::new(), ..*self };
        while step.at < self.from.end_index() {
            let is_it = if is_object {
                // Of a repeated name the last member counts.
                self.from.numbered(step.at).is_str(name) && !step.is_shadowed()
            } else {
                step.count == index
            };
            if is_it {
                return Some(step);
            }
            step.at = step.value().end_index();
            step.count += 1;
        }
        None
    }

    fn is_shadowed(&self) -> bool {
        self.from.numbered(self.at).is_shadowed()
    }

    fn value(&self) -> Node<'t> {
        self.from.numbered(self.at + u32::from(self.from.kind() == Kind::Object))
    }
}
