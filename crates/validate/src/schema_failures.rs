//! What a schema refuses: one defect for each, and how it is put into words.
//!
//! Two find it: our own check of a schema ([`schema_check`](crate::schema_check)), and for schemas
//! that it does not support the `jsonschema` crate ([`errors`]). Both say it in the same terms.

pub(crate) mod errors;
mod names;

use contrail_model::Node;
use jsonschema::{JsonType, error::TypeKind};
use serde_json::Value;

use crate::{
    defect::{Defect, What},
    draft::{Draft, quoted},
    rule::{Rule, schema as rules},
    schemas::Shape,
    similar::{closest, similar},
};
pub(crate) use names::Names;

/// What a schema says at the places where it can refuse something.
#[derive(Debug, Default)]
pub(crate) struct Sites {
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) objects: Vec<ObjectSite>,
    /// The names of properties, of all objects together.
    names: Vec<String>,
}

/// One keyword that can refuse a value.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) rule: &'static Rule,
    said: Said,
    want: String,
    help: Option<String>,
}

/// How a refusal is put into words.
#[derive(Debug)]
enum Said {
    Type,
    /// The strings among the allowed values.
    Known(Vec<String>),
    Constant,
    Format,
    /// The message, with [`VALUE`] for the value.
    Other(String),
}

/// Stands in a message for what the value is called. No text has this character.
const VALUE: char = '\u{FFFF}';

/// The schema of an object.
#[derive(Debug)]
pub(crate) struct ObjectSite {
    /// Whether the object is the event or batch itself.
    pub(crate) is_top: bool,
    title: Option<String>,
    is_open: bool,
    /// The numbers of the names of its properties, in their order.
    properties: Vec<u32>,
}

/// What is held against a schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'s> {
    /// What it is, as it is called in messages.
    pub(crate) name: &'s str,
    pub(crate) is_event: bool,
}

impl Sites {
    pub(crate) fn refusal(&mut self, refusal: Refusal) -> u32 {
        self.refusals.push(refusal);
        narrow(self.refusals.len() - 1)
    }

    /// The site of an object with this schema.
    pub(crate) fn object(&mut self, schema: Option<&Value>, is_top: bool) -> u32 {
        let shape = schema.map(Shape::of).unwrap_or_default();
        let properties = shape.properties().map(|name| self.intern(name)).collect();
        let title = text_of(schema, "title").map(str::to_owned);
        self.objects.push(ObjectSite { is_top, title, is_open: shape.is_open(), properties });
        narrow(self.objects.len() - 1)
    }

    /// The number of a name.
    pub(crate) fn intern(&mut self, name: &str) -> u32 {
        let place = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        narrow(place)
    }

    pub(crate) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }

    pub(crate) fn is_top(&self, site: u32) -> bool {
        self.objects.get(site as usize).is_some_and(|object| object.is_top)
    }

    /// The defect in words; `None` if the schema has no part in it. `pointer` leads from the subject
    /// to the node.
    pub(crate) fn draft<'t>(
        &self,
        defect: &Defect,
        node: Node<'t>,
        subject: Subject<'_>,
        pointer: &str,
    ) -> Option<Draft<'t>> {
        match defect.what {
            What::Refused(number) => {
                let refusal = self.refusals.get(number as usize)?;
                Some(refusal.draft(node, &label(subject, pointer)))
            }
            What::Missing(name) => Some(missing(node, self.name(name))),
            What::Renamed { name, .. } => Some(renamed(node, self.name(name))),
            What::Unknown { site, meant } => {
                let object = self.objects.get(site as usize)?;
                let owner = object.title.as_deref().filter(|_| !object.is_top);
                let meant = meant.map(|name| self.name(name));
                Some(unknown(node, owner.unwrap_or(subject.name), meant))
            }
            _ => None,
        }
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).expect("a set of schemas is smaller than 4 GiB")
}

impl Refusal {
    pub(crate) fn of_type(kind: &TypeKind) -> Self {
        let want = wanted_types(kind);
        Self { rule: &rules::WRONG_TYPE, said: Said::Type, want, help: None }
    }

    pub(crate) fn of_enum(options: &[Value]) -> Self {
        let strings = options.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let want = options.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Self { rule: &rules::VALUE_NOT_ALLOWED, said: Said::Known(strings), want, help: None }
    }

    pub(crate) fn of_const(expected: &Value) -> Self {
        let (said, want) = (Said::Constant, expected.to_string());
        Self { rule: &rules::VALUE_NOT_ALLOWED, said, want, help: None }
    }

    /// Of a format, or of a pattern beside one, in the schema that holds it.
    pub(crate) fn of_format(keyword: &str, holder: Option<&Value>) -> Self {
        let want = text_of(holder, "title").unwrap_or(keyword).to_owned();
        let help = holder
            .and_then(|holder| holder.get("examples")?.get(0))
            .map(|example| format!("want a value such as {example}"));
        Self { rule: &rules::BAD_FORMAT, said: Said::Format, want, help }
    }

    /// Of any other keyword. `say` makes the message of what the value is called.
    pub(crate) fn of_other(
        keyword: &str,
        holder: Option<&Value>,
        say: impl FnOnce(char) -> String,
    ) -> Self {
        let want = holder
            .and_then(|holder| holder.get(keyword))
            .map_or_else(|| keyword.to_owned(), |value| format!("{keyword} {value}"));
        let said = Said::Other(say(VALUE));
        Self { rule: &rules::CONSTRAINT_VIOLATED, said, want, help: None }
    }

    fn draft<'t>(&self, node: Node<'t>, label: &str) -> Draft<'t> {
        let Self { rule, said, want, help } = self;
        let message = match said {
            Said::Type => {
                format!("{label} is {}, but must be {want}", node.kind().with_article())
            }
            Said::Known(_) => {
                format!("{label} is {}, but must be one of {want}", quoted(node.raw()))
            }
            Said::Constant => format!("{label} is {}, but must be {want}", quoted(node.raw())),
            Said::Format => format!("{label} is not in the form of a {want}"),
            Said::Other(message) => message.replace(VALUE, label),
        };
        let help = match said {
            Said::Known(options) => help_for_known(node, options),
            _ => help.clone(),
        };
        Draft::new(rule, node, message).got(node.raw()).want(want).help(help)
    }
}

fn help_for_known(node: Node<'_>, options: &[String]) -> Option<String> {
    let written = node.as_str().unwrap_or_default();
    let meant = closest(&written, options.iter().map(String::as_str))?;
    Some(format!("did you mean `{meant}`?"))
}

fn missing<'t>(object: Node<'t>, name: &str) -> Draft<'t> {
    let message = format!("required property `{name}` is missing");
    Draft::new(&rules::MISSING_PROPERTY, object, message).want(name).detail(name)
}

fn renamed<'t>(written: Node<'t>, name: &str) -> Draft<'t> {
    let unknown = written.as_str().unwrap_or_default();
    let help = if similar(name, &unknown) {
        format!("did you mean `{name}`?")
    } else {
        format!("is `{unknown}` meant to be `{name}`?")
    };
    let message = format!("required property `{name}` is missing; `{unknown}` is not known here");
    let draft = Draft::new(&rules::MISSING_PROPERTY, written, message).got(&unknown);
    draft.want(name).detail(name).help(Some(help))
}

fn unknown<'t>(written: Node<'t>, owner: &str, meant: Option<&str>) -> Draft<'t> {
    let name = written.as_str().unwrap_or_default();
    let message = format!("`{name}` is not a property of {owner}");
    let help = meant.map(|meant| format!("did you mean `{meant}`?"));
    Draft::new(&rules::UNKNOWN_PROPERTY, written, message).got(&name).help(help)
}

fn text_of<'v>(holder: Option<&'v Value>, keyword: &str) -> Option<&'v str> {
    holder?.get(keyword)?.as_str()
}

fn wanted_types(kind: &TypeKind) -> String {
    let with_article = |json_type: JsonType| match json_type {
        JsonType::Null => "null".to_owned(),
        JsonType::Array | JsonType::Integer | JsonType::Object => format!("an {json_type}"),
        _ => format!("a {json_type}"),
    };
    match kind {
        TypeKind::Single(json_type) => with_article(*json_type),
        TypeKind::Multiple(types) => {
            types.iter().map(with_article).collect::<Vec<_>>().join(" or ")
        }
    }
}

/// How a message calls the value at a pointer from the subject.
fn label(subject: Subject<'_>, pointer: &str) -> String {
    let mut tokens = pointer.rsplit('/').filter(|token| !token.is_empty());
    match (tokens.next(), tokens.next()) {
        (None, _) if subject.is_event => "this event".to_owned(),
        (None, _) => "this batch".to_owned(),
        (Some(index), Some(list)) if index.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("element {index} of `{list}`")
        }
        (Some(name), _) if !name.contains('~') => format!("`{name}`"),
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
