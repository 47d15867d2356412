//! The schemas and the types of the model agree on what an event is.

use std::{
    collections::{BTreeSet, HashMap},
    error::Error,
    sync::LazyLock,
};

use contrail_model::{Event, EventBody};
use contrail_validate::{ApiVersion, Schemas};
use jsonschema::{Retrieve, Uri, ValidationError, Validator, error::ValidationErrorKind as Kind};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::Value;

use crate::{
    cases::many,
    judge::VALIDATOR,
    strategies::{any_event, any_json, change, edge_number},
};

const BASE: &str = "https://contrail.example/schemas/";

struct Embedded;

impl Retrieve for Embedded {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        let path = uri.as_str().strip_prefix(BASE).ok_or("not of ours")?;
        Ok(serde_json::from_str(Schemas::embedded_file(path).ok_or("no such file")?)?)
    }
}

/// A schema as it is written, and compiled.
type Schema = (Value, Validator);

/// The schemas by version and type, with that of other types under `event`.
static SCHEMAS: LazyLock<HashMap<(u8, String), Schema>> = LazyLock::new(|| {
    let compile = |version: u8, name: &str| {
        let text = Schemas::embedded_file(&format!("v{version}/{name}.json")).unwrap();
        let schema = serde_json::from_str(text).unwrap();
        let options = jsonschema::options().with_retriever(Embedded).should_validate_formats(true);
        let compiled = options.build(&schema).unwrap();
        ((version, name.to_owned()), (schema, compiled))
    };
    let schemas = VALIDATOR.schemas();
    let names = |version: u8| schemas.types(ApiVersion(version)).chain(["event"]);
    [2, 3]
        .into_iter()
        .flat_map(|version| names(version).map(move |it| compile(version, it)))
        .collect()
});

fn schema(version: u8, event: &Value) -> &'static Schema {
    let name = event["Type"].as_str().unwrap_or_default();
    let of = |name: &str| SCHEMAS.get(&(version, name.to_owned()));
    of(name).or_else(|| of("event")).unwrap()
}

/// What the schema refuses and the types do not look at: limits, lists of allowed values, and
/// whether a member is of this version. Members that no version has are kept.
fn is_left_to_the_schema(error: &ValidationError<'_>) -> bool {
    match error.kind() {
        Kind::MaxLength { .. }
        | Kind::Maximum { .. }
        | Kind::AdditionalProperties { .. }
        | Kind::UnevaluatedProperties { .. }
        | Kind::Enum { .. } => true,
        Kind::Required { property } => property.as_str() == Some("Version"),
        // The form of an instant decides how it is read.
        Kind::Pattern { pattern } => !pattern.starts_with("^[0-9]{4}-"),
        _ => false,
    }
}

/// Whether the version has the type of the event, or none has it.
fn is_of_version(event: &Value, version: u8) -> bool {
    let schemas = VALIDATOR.schemas();
    let type_name = event["Type"].as_str().unwrap_or_default();
    let of = |version: ApiVersion| schemas.has_type(version, type_name);
    of(ApiVersion(version)) || !schemas.versions().iter().any(|version| of(*version))
}

/// The schemas of the type of an event, in the versions that have it; in all if none has it.
fn schemas_of_type(event: &Value) -> impl Iterator<Item = &'static Value> {
    let of_version = |version: &u8| is_of_version(event, *version);
    [2, 3].into_iter().filter(of_version).map(|version| &schema(version, event).0)
}

/// Whether a schema says nothing of a member, and lets there be others.
fn leaves_open(schema: &Value, name: &str) -> bool {
    schema.get("additionalProperties").is_none() && schema["properties"].get(name).is_none()
}

/// Whether a version says nothing of the member, so that it may be anything: the types know no versions.
fn is_open_in_a_version(event: &Value, error: &ValidationError<'_>) -> bool {
    let place = error.instance_path().as_str();
    let name = place.split('/').nth(1);
    name.is_some_and(|name| schemas_of_type(event).any(|schema| leaves_open(schema, name)))
}

/// A member that the type of the event has in some version, and what it is to be.
fn retyping() -> impl Strategy<Value = (Index, Value)> {
    let number = edge_number().prop_map(|text| serde_json::from_str(&text).unwrap_or_default());
    (any::<Index>(), prop_oneof![Just(Value::Null), number, any_json()])
}

/// Gives a member, which need not be there, another value.
fn retype(event: &mut Value, (place, value): (Index, Value)) {
    let names = schemas_of_type(event).filter_map(|schema| schema["properties"].as_object());
    let names: BTreeSet<_> = names.flat_map(|properties| properties.keys()).collect();
    if let Some(name) = names.iter().nth(place.index(names.len().max(1))) {
        event[name.as_str()] = value;
    }
}

proptest! {
    #![proptest_config(many(8))]

    #[test]
    fn what_a_schema_accepts_is_decoded(
        version in select(&[2, 3][..]),
        (event, changes) in (any_event(), vec(change(), 0..3)),
        retyped in vec(retyping(), 0..2),
    ) {
        let mut event = event;
        for change in &changes {
            change.apply(&mut event);
        }
        for retyping in retyped {
            retype(&mut event, retyping);
        }
        if !is_of_version(&event, version) {
            return Ok(());
        }
        let text = event.to_string();
        let decoded = Event::decode(text.as_bytes());
        let errors: Vec<_> = schema(version, &event).1.iter_errors(&event).collect();
        match decoded {
            Err(error) => prop_assert!(!errors.is_empty(), "v{version}: {error} in {text}"),
            Ok(decoded) => {
                let is_known = !matches!(decoded.body, EventBody::Unknown { .. });
                let is_read = |error: &ValidationError<'_>| {
                    // Of an event of a type that is not known these are kept and not read.
                    let place = error.instance_path().as_str();
                    is_known || !["/Device", "/ReceivedTime"].contains(&place)
                };
                let mut rest = errors.iter().filter(|error| !is_left_to_the_schema(error));
                let rest = rest.find(|error| is_read(error) && !is_open_in_a_version(&event, error));
                let shown = rest.map(|error| format!("{} {error}", error.instance_path()));
                prop_assert!(rest.is_none(), "v{version}: {shown:?} in {text}");
            }
        }
    }
}
