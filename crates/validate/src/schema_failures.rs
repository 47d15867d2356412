//! What a schema refuses, told as findings: one for each defect.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use contrail_model::{Elements, Member, Node, push_token};
use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;

use crate::{
    draft::{Draft, EventPlace, quoted},
    instance::Instance,
    rule::{Rule, schema as rules},
    schemas::{Compiled, Schemas, Shape},
    similar::{closest, similar},
};

/// What is held against a schema.
pub(crate) struct Subject<'s, 't> {
    pub(crate) node: Node<'t>,
    pub(crate) event: Option<&'s EventPlace<'t>>,
    /// What it is, as it is called in messages.
    pub(crate) name: &'s str,
    /// Whether it is likely that the schema refuses it, so that it need not be asked first whether.
    pub(crate) is_suspect: bool,
}

impl Subject<'_, '_> {
    /// The JSON Pointer from the element.
    fn pointer(&self) -> String {
        self.event.map(EventPlace::pointer).unwrap_or_default()
    }
}

/// The findings of a schema in a subject.
pub(crate) fn find<'t>(
    schemas: &Schemas,
    schema: &Compiled,
    subject: &Subject<'_, 't>,
) -> Vec<Draft<'t>> {
    let instance = Instance::Value(subject.node);
    if !subject.is_suspect && schema.is_valid(instance) {
        return Vec::new();
    }
    let mut names: BTreeMap<String, Names<'_>> = BTreeMap::new();
    let mut values: Vec<(String, u8, ValidationError<'_>)> = Vec::new();
    let mut place_of: HashMap<String, usize> = HashMap::new();
    for error in schema.iter_errors(instance) {
        let pointer = error.instance_path().as_str().to_owned();
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                let names = names.entry(pointer).or_insert_with(|| Names::of(schemas, &error));
                names.missing.extend(property.as_str().map(str::to_owned));
            }
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let names = names.entry(pointer).or_insert_with(|| Names::of(schemas, &error));
                names.unknown.extend(unexpected.iter().cloned());
            }
            // One defect, one finding: of several keywords that refuse a value, the plainest.
            kind => {
                let rank = rank(kind);
                match place_of.get(&pointer) {
                    None => {
                        place_of.insert(pointer.clone(), values.len());
                        values.push((pointer, rank, error));
                    }
                    Some(&at) if rank < values[at].1 => values[at] = (pointer, rank, error),
                    Some(_) => {}
                }
            }
        }
    }
    let mut drafts = Vec::new();
    for (pointer, names) in names {
        names.tell(subject, &pointer, &mut drafts);
    }
    let mut cursor = Cursor::new(subject.node);
    for (pointer, _, error) in values {
        let node = cursor.find(&pointer);
        drafts.extend(node.map(|node| value_draft(schemas, subject, node, &pointer, &error)));
    }
    drafts
}

/// Finds nodes by pointer; those of one array, asked for in order, in one walk over it.
struct Cursor<'t> {
    root: Node<'t>,
    array: String,
    /// The index of the element that comes next.
    next: usize,
    elements: Option<Elements<'t>>,
}

impl<'t> Cursor<'t> {
    fn new(root: Node<'t>) -> Self {
        Self { root, array: String::new(), next: 0, elements: None }
    }

    fn find(&mut self, pointer: &str) -> Option<Node<'t>> {
        let (array, last) = pointer.rsplit_once('/').unwrap_or_default();
        let Ok(index) = last.parse::<usize>() else { return self.root.pointer(pointer) };
        if self.elements.is_none() || self.array != array || index < self.next {
            self.elements = Some(self.root.pointer(array)?.elements());
            array.clone_into(&mut self.array);
            self.next = 0;
        }
        let found = self.elements.as_mut()?.nth(index - self.next);
        self.next = index + 1;
        // A member may be called by a number too.
        found.or_else(|| self.root.pointer(pointer))
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

/// What is wrong with the names of one object's members.
#[derive(Debug)]
struct Names<'s> {
    missing: Vec<String>,
    unknown: Vec<String>,
    /// The schema of the object.
    schema: Option<&'s Value>,
}

impl<'s> Names<'s> {
    fn of(schemas: &'s Schemas, error: &ValidationError<'_>) -> Self {
        Self { missing: Vec::new(), unknown: Vec::new(), schema: holder(schemas, error) }
    }

    fn tell<'t>(mut self, subject: &Subject<'_, 't>, pointer: &str, drafts: &mut Vec<Draft<'t>>) {
        let Some(node) = subject.node.pointer(pointer) else { return };
        let object = Object::new(subject, pointer, node);
        let shape = self.schema.map(Shape::of).unwrap_or_default();
        let mut slips = self.take_renamed();
        if shape.is_open() {
            slips.extend(self.take_slips(node, &shape));
        }
        for (missing, unknown) in slips {
            drafts.extend(renamed(&object, &missing, &unknown));
        }
        for name in self.missing {
            let message = format!("required property `{name}` is missing");
            drafts.push(
                Draft::new(&rules::MISSING_PROPERTY, node.span(), object.pointer.clone(), message)
                    .want(&name)
                    .detail(&name)
                    .of_event(subject.event),
            );
        }
        let free: Vec<_> =
            shape.properties().filter(|name| !object.members.contains_key(*name)).collect();
        let owner = match self.schema.and_then(|schema| schema.get("title")?.as_str()) {
            Some(title) if !pointer.is_empty() => title,
            _ => subject.name,
        };
        for name in self.unknown {
            let meant = closest(&name, free.iter().copied())
                .map(|meant| format!("did you mean `{meant}`?"));
            let message = format!("`{name}` is not a property of {owner}");
            drafts.extend(
                object
                    .name_draft(&rules::UNKNOWN_PROPERTY, &name, message)
                    .map(|draft| draft.help(meant)),
            );
        }
    }

    /// Pairs of a missing name and one of an open object's own names that is a slip for it.
    fn take_slips(&mut self, object: Node<'_>, shape: &Shape) -> Vec<(String, String)> {
        let mut names: Vec<_> =
            object.members().filter_map(|member| member.name.as_str()).collect();
        // Of two that are as alike the order of the members does not decide.
        names.sort_unstable();
        let mut slips = Vec::new();
        self.missing.retain(|missing| {
            let own = names.iter().map(|name| &**name).filter(|name| !shape.names(name));
            match closest(missing, own) {
                Some(slip) => slips.push((missing.clone(), slip.to_owned())),
                None => return true,
            }
            false
        });
        slips
    }

    /// Pairs of a missing name and the unknown one that stands for it.
    ///
    /// A single unknown name beside a single missing one is taken for it, however different.
    fn take_renamed(&mut self) -> Vec<(String, String)> {
        let mut renamed = Vec::new();
        // Of two that are as alike the order of the members does not decide.
        self.unknown.sort_unstable();
        self.unknown.retain(|unknown| {
            let meant = closest(unknown, self.missing.iter().map(String::as_str));
            let Some(at) = self.missing.iter().position(|missing| Some(missing.as_str()) == meant)
            else {
                return true;
            };
            renamed.push((self.missing.remove(at), unknown.clone()));
            false
        });
        if self.missing.len() == 1 && self.unknown.len() == 1 {
            renamed.extend(self.missing.pop().zip(self.unknown.pop()));
        }
        renamed
    }
}

/// An object and its members by name: objects may have many, and many may be wrong.
struct Object<'o, 't> {
    subject: &'o Subject<'o, 't>,
    /// The JSON Pointer from the element.
    pointer: String,
    members: HashMap<Cow<'t, str>, Member<'t>>,
}

impl<'o, 't> Object<'o, 't> {
    fn new(subject: &'o Subject<'o, 't>, pointer: &str, node: Node<'t>) -> Self {
        let named = |member: Member<'t>| Some((member.name.as_str()?, member));
        let members = node.members().filter_map(named).collect();
        Self { subject, pointer: format!("{}{pointer}", subject.pointer()), members }
    }

    /// A finding at the name of a member.
    fn name_draft(&self, rule: &'static Rule, name: &str, message: String) -> Option<Draft<'t>> {
        let member = self.members.get(name)?;
        let mut at = self.pointer.clone();
        push_token(&mut at, name);
        let draft = Draft::new(rule, member.name.span(), at, message).got(name);
        Some(draft.of_event(self.subject.event))
    }
}

fn renamed<'t>(object: &Object<'_, 't>, missing: &str, unknown: &str) -> Option<Draft<'t>> {
    let help = if similar(missing, unknown) {
        format!("did you mean `{missing}`?")
    } else {
        format!("is `{unknown}` meant to be `{missing}`?")
    };
    let message =
        format!("required property `{missing}` is missing; `{unknown}` is not known here");
    let draft = object.name_draft(&rules::MISSING_PROPERTY, unknown, message)?;
    Some(draft.want(missing).detail(missing).help(Some(help)))
}

/// A finding at a value that a keyword refuses.
fn value_draft<'t>(
    schemas: &Schemas,
    subject: &Subject<'_, 't>,
    node: Node<'t>,
    pointer: &str,
    error: &ValidationError<'_>,
) -> Draft<'t> {
    let holder = holder(schemas, error);
    let label = label(subject, pointer);
    let draft = |rule, message| {
        Draft::new(rule, node.span(), format!("{}{pointer}", subject.pointer()), message)
            .got(node.raw())
            .of_event(subject.event)
    };
    match error.kind() {
        ValidationErrorKind::Type { kind } => {
            let want = wanted_types(kind);
            let got = node.kind().with_article();
            draft(&rules::WRONG_TYPE, format!("{label} is {got}, but must be {want}")).want(want)
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<_> = options.as_array().into_iter().flatten().collect();
            let want = options.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let strings = options.iter().filter_map(|option| option.as_str());
            let written = node.as_str().unwrap_or_default();
            let help = closest(&written, strings).map(|meant| format!("did you mean `{meant}`?"));
            let message = format!("{label} is {}, but must be one of {want}", quoted(node.raw()));
            draft(&rules::VALUE_NOT_ALLOWED, message).want(want).help(help)
        }
        ValidationErrorKind::Constant { expected_value } => {
            let message =
                format!("{label} is {}, but must be {expected_value}", quoted(node.raw()));
            draft(&rules::VALUE_NOT_ALLOWED, message).want(expected_value.to_string())
        }
        kind if is_format(kind, holder) => {
            let want =
                text_of(holder, "title").map_or_else(|| kind.keyword().to_owned(), str::to_owned);
            let help = holder
                .and_then(|holder| holder.get("examples")?.get(0))
                .map(|example| format!("want a value such as {example}"));
            draft(&rules::BAD_FORMAT, format!("{label} is not in the form of a {want}"))
                .want(want)
                .help(help)
        }
        kind => {
            let want = holder.and_then(|holder| holder.get(kind.keyword())).map_or_else(
                || kind.keyword().to_owned(),
                |value| format!("{} {value}", kind.keyword()),
            );
            draft(&rules::CONSTRAINT_VIOLATED, error.masked_with(label).to_string()).want(want)
        }
    }
}

/// A pattern beside a format says the same more closely.
fn is_format(kind: &ValidationErrorKind, holder: Option<&Value>) -> bool {
    match kind {
        ValidationErrorKind::Format { .. } => true,
        ValidationErrorKind::Pattern { .. } => text_of(holder, "format").is_some(),
        _ => false,
    }
}

fn text_of<'v>(holder: Option<&'v Value>, keyword: &str) -> Option<&'v str> {
    holder?.get(keyword)?.as_str()
}

/// The schema that holds the keyword that refused.
fn holder<'s>(schemas: &'s Schemas, error: &ValidationError<'_>) -> Option<&'s Value> {
    schemas.holder(error.absolute_keyword_location()?.as_str())
}

fn wanted_types(kind: &TypeKind) -> String {
    let with_article = |name: &str| match name {
        "null" => "null".to_owned(),
        "array" | "integer" | "object" => format!("an {name}"),
        _ => format!("a {name}"),
    };
    match kind {
        TypeKind::Single(json_type) => with_article(&json_type.to_string()),
        TypeKind::Multiple(types) => {
            let types: Vec<_> =
                types.iter().map(|json_type| with_article(&json_type.to_string())).collect();
            types.join(" or ")
        }
    }
}

/// How a message calls the value at a pointer.
fn label(subject: &Subject<'_, '_>, pointer: &str) -> String {
    let mut tokens = pointer.rsplit('/').filter(|token| !token.is_empty());
    match (tokens.next(), tokens.next()) {
        (None, _) if subject.event.is_some() => "this event".to_owned(),
        (None, _) => "this batch".to_owned(),
        (Some(index), Some(list)) if index.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("element {index} of `{list}`")
        }
        (Some(name), _) => format!("`{}`", name.replace("~1", "/").replace("~0", "~")),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Schemas, Session, Settings, Validator, session::Flow};

    #[test]
    fn the_order_of_members_does_not_decide_which_is_meant() {
        let validator = Validator::new(Schemas::embedded(), Settings::default());
        let found = |members: [&str; 2]| {
            let mut found = Vec::new();
            let mut keep = |finding: crate::Finding| {
                found.push((finding.rule.name, finding.pointer));
                Flow::Continue(())
            };
            let mut session = Session::new(&validator, "test");
            let text = format!(r#"{{{},{},"Count":0,"Events":[]}}"#, members[0], members[1]);
            let _ = session.push(text.as_bytes(), &mut keep);
            session.finish(&mut keep);
            found.sort_unstable();
            found
        };
        let id = r#""9eebaf4b-52a6-487b-bf2c-b8f8e88bf906""#;
        let (one, other) = (format!("\"BatchID\":{id}"), format!("\"batchId\":{id}"));
        let want = [("missing-property", "/BatchID"), ("unknown-property", "/batchId")];
        let want = want.map(|(rule, pointer)| (rule, pointer.to_owned()));
        assert_eq!(found([&one, &other]), want);
        assert_eq!(found([&other, &one]), want);
    }
}
