//! The schemas and the types of the model agree on what an event is.

use std::{collections::HashMap, error::Error, sync::LazyLock};

use contrail_model::{Event, EventBody};
use contrail_validate::{ApiVersion, Schemas};
use jsonschema::{Retrieve, Uri, ValidationError, Validator, error::ValidationErrorKind as Kind};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::Value;

use crate::{
    cases::many,
    judge::VALIDATOR,
    strategies::{any_event, change},
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

/// Whether the schema, which is open, does not name a member that the type has for another version.
fn is_of_another_version(schema: &Value, pointer: &str) -> bool {
    let name = pointer.split('/').nth(1).unwrap_or_default();
    schema.get("additionalProperties").is_none() && schema["properties"].get(name).is_none()
}

proptest! {
    #![proptest_config(many(8))]

    #[test]
    fn what_a_schema_accepts_is_decoded(
        version in select(&[2, 3][..]),
        (event, changes) in (any_event(), vec(change(), 0..3)),
    ) {
        let mut event = event;
        for change in &changes {
            change.apply(&mut event);
        }
        if !is_of_version(&event, version) {
            return Ok(());
        }
        let text = event.to_string();
        let decoded = Event::decode(text.as_bytes());
        let (schema, compiled) = schema(version, &event);
        let errors: Vec<_> = compiled.iter_errors(&event).collect();
        match decoded {
            Err(error) if is_of_another_version(schema, &error.pointer()) => {}
            Err(error) => prop_assert!(!errors.is_empty(), "v{version}: {error} in {text}"),
            Ok(decoded) => {
                let is_known = !matches!(decoded.body, EventBody::Unknown { .. });
                let is_read = |error: &ValidationError<'_>| {
                    // Of an event of a type that is not known these are kept and not read.
                    let place = error.instance_path().as_str();
                    is_known || !["/Device", "/ReceivedTime"].contains(&place)
                };
                let mut rest = errors.iter().filter(|error| !is_left_to_the_schema(error));
                let rest = rest.find(|error| is_read(error));
                let shown = rest.map(|error| format!("{} {error}", error.instance_path()));
                prop_assert!(rest.is_none(), "v{version}: {shown:?} in {text}");
            }
        }
    }
}
