//! One change of one member gives exactly one finding, at the right line and column.
//!
//! Every member of every valid file is removed, renamed, retyped, and broken in its format. What
//! must be found is told by a second, slow reading of the schemas.

use std::{fs, ops::Range, path::Path};

use contrail_model::{Kind, Locator, Node, Position, Tree};
use contrail_validate::{ApiVersion, VersionChoice};
use libtest_mimic::Failed;

use crate::{
    judged::{findings, in_short},
    schema_oracle::{Said, said},
};

/// A change of a text and the finding that it must give, as `rule line:column`.
struct Mutation {
    what: String,
    text: String,
    want: Option<String>,
}

pub(crate) fn check(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let version = if path.to_string_lossy().contains("/v2/") { 2 } else { 3 };
    let mut tree = Tree::default();
    tree.parse(text.as_bytes(), 0).map_err(|fault| format!("{fault:?}"))?;
    let root = tree.root(&text);
    let mut mutations = Vec::new();
    if root.get("Events").is_some() {
        let batch = Object { node: root, pointer: String::new(), type_name: "batch", version };
        batch.mutate(&mut mutations);
        mutations.extend(change_count(root));
        for event in root.get("Events").into_iter().flat_map(Node::elements) {
            mutate_event(event, version, &mut mutations);
        }
    } else {
        mutate_event(root, version, &mut mutations);
    }
    if mutations.is_empty() {
        return Err("there is nothing to change".into());
    }
    // One changed event of several does not hide the version of their batch.
    let several = 1 < root.get("Events").into_iter().flat_map(Node::elements).count();
    let auto = several.then_some(VersionChoice::Auto);
    for choice in auto.into_iter().chain([VersionChoice::Fixed(ApiVersion(version))]) {
        mutations.iter().try_for_each(|mutation| mutation.check(choice))?;
    }
    Ok(())
}

impl Mutation {
    fn check(&self, choice: VersionChoice) -> Result<(), Failed> {
        let (found, _) = findings(choice, self.text.as_bytes());
        let got: Vec<_> = found.iter().map(in_short).collect();
        let want: Vec<_> = self.want.iter().cloned().collect();
        if got == want {
            return Ok(());
        }
        Err(format!("{}, {choice:?}: want {want:?}, got {got:?}", self.what).into())
    }
}

fn mutate_event(event: Node<'_>, version: u8, mutations: &mut Vec<Mutation>) {
    let type_name = event.get("Type").and_then(Node::as_str).unwrap_or_default();
    Object { node: event, pointer: String::new(), type_name: &type_name, version }
        .mutate(mutations);
}

fn change_count(batch: Node<'_>) -> Vec<Mutation> {
    let count = batch.get("Count").expect("a batch has a count");
    let change = |to: &str| Mutation {
        what: format!("Count to {to}"),
        text: replaced(batch.text(), count.span(), to),
        want: Some(format!("count-mismatch {}", position(batch.text(), count.span().start))),
    };
    vec![change("511"), change("1000000"), change(&format!("1{}", count.raw()))]
}

/// An object of an event or batch whose members are to be changed.
struct Object<'t> {
    node: Node<'t>,
    /// From the event or batch.
    pointer: String,
    /// The schema of the event or batch.
    type_name: &'t str,
    version: u8,
}

impl<'t> Object<'t> {
    fn mutate(&self, mutations: &mut Vec<Mutation>) {
        for member in self.node.members() {
            let name = member.name.as_str().expect("a name is a string");
            let pointer = format!("{}/{name}", self.pointer);
            let Some(said) = said(self.version, self.type_name, &pointer) else {
                panic!("no schema says anything of {pointer} of {}", self.type_name);
            };
            self.remove(member.name, member.value, &said, mutations);
            self.rename(member.name, &said, mutations);
            self.change_value(member.value, &pointer, &said, mutations);
        }
    }

    fn text(&self) -> &'t str {
        self.node.text()
    }

    fn mutation(
        &self,
        what: &str,
        span: Range<usize>,
        new: &str,
        want: Option<(&str, usize)>,
    ) -> Mutation {
        let text = replaced(self.text(), span, new);
        // A place behind the change is counted in the changed text.
        let want = want.map(|(rule, at)| format!("{rule} {}", position(&text, at)));
        Mutation { what: format!("{}: {what}", self.type_name), text, want }
    }

    /// The rule that the lack of a property breaks.
    fn missing(&self, name: Node<'t>) -> &'static str {
        let is_version = self.pointer.is_empty() && name.is_str("Version");
        if is_version { "missing-version" } else { "missing-property" }
    }

    fn remove(&self, name: Node<'t>, value: Node<'t>, said: &Said, mutations: &mut Vec<Mutation>) {
        let want = said.required.then(|| (self.missing(name), self.node.span().start));
        let span = with_comma(self.text(), name.span().start..value.span().end);
        mutations.push(self.mutation(&format!("{} removed", name.raw()), span, "", want));
    }

    fn rename(&self, name: Node<'t>, said: &Said, mutations: &mut Vec<Mutation>) {
        let old = name.as_str().expect("a name is a string");
        let is_type = old == "Type" && self.pointer.is_empty();
        for new in [format!("{old}x"), old.to_lowercase(), "Zzyzx".to_owned()] {
            // A name that is not alike is only taken for a slip where no other name is unknown.
            let is_slip = new != "Zzyzx" || !(said.open || is_type);
            let want = match (said.required, said.open) {
                (true, _) if !is_slip => Some((self.missing(name), self.node.span().start)),
                (true, _) => Some((self.missing(name), name.span().start)),
                (false, false) => Some(("unknown-property", name.span().start)),
                (false, true) => None,
            };
            let what = format!("{old} renamed to {new}");
            mutations.push(self.mutation(&what, name.span(), &format!("\"{new}\""), want));
        }
    }

    fn change_value(
        &self,
        value: Node<'t>,
        pointer: &str,
        said: &Said,
        mutations: &mut Vec<Mutation>,
    ) {
        self.retype(value, pointer, said, mutations);
        self.break_format(value, pointer, said, mutations);
        match value.kind() {
            Kind::Array if !pointer.ends_with("/Events") => {
                for (index, element) in value.elements().enumerate() {
                    let pointer = format!("{pointer}/{index}");
                    let said = crate::schema_oracle::said(self.version, self.type_name, &pointer)
                        .expect("a list has a schema for its elements");
                    self.change_value(element, &pointer, &said, mutations);
                }
            }
            Kind::Object => {
                let (type_name, version) = (self.type_name, self.version);
                let pointer = pointer.to_owned();
                Object { node: value, pointer, type_name, version }.mutate(mutations);
            }
            _ => {}
        }
    }

    fn retype(&self, value: Node<'t>, pointer: &str, said: &Said, mutations: &mut Vec<Mutation>) {
        let others = [
            (Kind::Null, "null", "null"),
            (Kind::Bool, "true", "boolean"),
            (Kind::Number, "1.5", "number"),
            (Kind::String, "\"text\"", "string"),
            (Kind::Array, "[]", "array"),
            (Kind::Object, "{}", "object"),
        ];
        for (kind, text, name) in others {
            if kind == value.kind() {
                continue;
            }
            let rule = match &said.schema {
                schema if schema.get("const").is_some() => "wrong-type",
                schema if schema.get("enum").is_some() => "value-not-allowed",
                schema if type_names(schema).contains(&name) => continue,
                _ => "wrong-type",
            };
            let want = Some((rule, value.span().start));
            let what = format!("{pointer} made {text}");
            mutations.push(self.mutation(&what, value.span(), text, want));
        }
    }

    fn break_format(
        &self,
        value: Node<'t>,
        pointer: &str,
        said: &Said,
        mutations: &mut Vec<Mutation>,
    ) {
        let broken: &[&str] = match said.schema.get("format").and_then(|format| format.as_str()) {
            Some("uuid") => &[
                "",
                "x",
                "9eebaf4b52a6487bbf2cb8f8e88bf906",
                "9eebaf4b-52a6-487b-bf2c-b8f8e88bf90g",
            ],
            Some("date-time") => &[
                "",
                "yesterday",
                "2017-05-19",
                "2017-05-19T01:16:23",
                "2017-05-19T01:16:23+02:00",
                "2017-02-30T01:16:23Z",
                "2017-05-19 01:16:23Z",
                "2017-05-19T25:16:23Z",
            ],
            _ => &[],
        };
        for new in broken {
            let what = format!("{pointer} made {new:?}");
            let want = Some(("bad-format", value.span().start));
            mutations.push(self.mutation(&what, value.span(), &format!("\"{new}\""), want));
        }
    }
}

fn type_names(schema: &serde_json::Value) -> Vec<&str> {
    match &schema["type"] {
        serde_json::Value::String(name) => vec![name],
        serde_json::Value::Array(names) => names.iter().filter_map(|name| name.as_str()).collect(),
        _ => Vec::new(),
    }
}

fn replaced(text: &str, span: Range<usize>, new: &str) -> String {
    format!("{}{new}{}", &text[..span.start], &text[span.end..])
}

fn position(text: &str, offset: usize) -> Position {
    Locator::new(text.as_bytes(), Position::START).position(offset)
}

/// The span of a member with the comma behind it, or else the one before it.
fn with_comma(text: &str, span: Range<usize>) -> Range<usize> {
    let behind = &text[span.end..];
    let blank = behind.len() - behind.trim_start().len();
    if behind.trim_start().starts_with(',') {
        return span.start..span.end + blank + 1;
    }
    let before = text[..span.start].trim_end();
    match before.strip_suffix(',') {
        Some(before) => before.len()..span.end,
        None => span,
    }
}
