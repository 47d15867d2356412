use std::collections::BTreeSet;

use contrail_model::{Batch, Event, Tree};
use serde_json::{Map, json};

use super::*;

fn all_files() -> Vec<(String, Value)> {
    let schemas = Schemas::embedded();
    // Data, not a schema; its own schema is one of the files.
    let files = schemas.files.files.iter().filter(|(path, _)| *path != CHANGES);
    files.map(|(path, file)| (path.clone(), file.json().unwrap().clone())).collect()
}

#[test]
fn every_schema_is_valid_against_its_metaschema() {
    let files = all_files();
    assert!(32 < files.len());
    for (path, schema) in files {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{path}");
        let errors: Vec<_> = jsonschema::meta::validator_for(&schema)
            .unwrap()
            .iter_errors(&schema)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, [""; 0], "{path}");
    }
}

#[test]
fn every_schema_has_an_id_a_title_a_description_and_a_source() {
    for (path, schema) in all_files() {
        assert_eq!(schema["$id"], format!("{BASE}{path}"));
        for keyword in ["title", "description"] {
            assert!(schema[keyword].is_string(), "{path} has no {keyword}");
        }
        assert!(schema["$comment"].as_str().unwrap().starts_with("Source: "), "{path}");
        let definitions = schema["$defs"].as_object().into_iter().flatten();
        for (name, definition) in definitions.filter(|_| path.starts_with("common/")) {
            for keyword in ["title", "description", "$comment"] {
                assert!(definition[keyword].is_string(), "{path}: {name} has no {keyword}");
            }
        }
    }
}

/// An instance that uses every property of a schema, made of its examples.
fn exhaustive(schemas: &Schemas, path: &str, schema: &Value) -> Value {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let folder = path.split_once('/').map_or("", |(folder, _)| folder);
        let file = match file.strip_prefix("../") {
            Some(file) => file.to_owned(),
            None if file.is_empty() => path.to_owned(),
            None => format!("{folder}/{file}"),
        };
        let target = schemas.files.json(&file).unwrap().pointer(pointer).unwrap();
        return exhaustive(schemas, &file, target);
    }
    if let Some(value) = schema.get("const").or_else(|| schema.get("examples")?.get(0)) {
        return value.clone();
    }
    if let Some(options) = schema.get("enum") {
        return options[0].clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("text"),
        Some("integer") => json!(1),
        Some("array") => json!([exhaustive(schemas, path, &schema["items"])]),
        Some("object") => {
            let properties = schema["properties"].as_object().unwrap();
            let member = |(name, schema): (&String, &Value)| {
                (name.clone(), exhaustive(schemas, path, schema))
            };
            Value::Object(properties.iter().map(member).collect::<Map<_, _>>())
        }
        other => panic!("{path}: no instance for the type {other:?}"),
    }
}

#[test]
fn an_instance_with_every_property_is_valid_and_fully_read_by_the_model() {
    let schemas = Schemas::embedded();
    for version in schemas.versions() {
        let types: Vec<_> = schemas.types(*version).collect();
        for type_name in types.into_iter().chain([EVENT, BATCH]) {
            let path = format!("v{version}/{type_name}.json");
            let instance = exhaustive(&schemas, &path, schemas.files.json(&path).unwrap());
            let text = instance.to_string();
            let mut tree = Tree::default();
            tree.parse(text.as_bytes(), 0).unwrap();
            let schema = schemas.compile(*version, type_name).unwrap();
            let errors: Vec<_> = schema
                .iter_errors(crate::instance::Instance::Value(tree.root(&text)))
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            let of_base = type_name == EVENT || type_name == BATCH;
            // The common part alone is not enough for the type that its example names.
            assert!(errors.is_empty() || of_base, "{path}: {errors:?}");
            if of_base {
                continue;
            }
            let event =
                Event::decode(text.as_bytes()).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(serde_json::to_value(&event).unwrap(), instance, "{path}");
            // A member that the model does not know would be kept in an `extra`.
            assert!(!format!("{event:?}").contains("extra: [("), "{path}: {event:?}");
        }
    }
}

#[test]
fn a_batch_schema_alone_leaves_its_events_to_their_own() {
    let schemas = Schemas::embedded();
    let text = r#"{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":1,"Events":[{}]}"#;
    let mut tree = Tree::default();
    tree.parse(text.as_bytes(), 0).unwrap();
    for version in schemas.versions() {
        assert!(schemas.batch(*version).is_valid(tree.root(text)));
    }
    assert!(Batch::decode(text.as_bytes()).is_err());
}

#[test]
fn the_union_of_a_version_names_each_of_its_types_once() {
    let schemas = Schemas::embedded();
    for version in schemas.versions() {
        let union = schemas.json(*version, EVENT)["allOf"].as_array().unwrap();
        let named: Vec<_> = union
            .iter()
            .map(|branch| branch["if"]["properties"]["Type"]["const"].as_str().unwrap())
            .collect();
        let unique: BTreeSet<_> = named.iter().copied().collect();
        assert_eq!(unique.len(), named.len());
        assert!(unique.into_iter().eq(schemas.types(*version)), "version {version}");
    }
}

#[test]
fn the_model_and_the_schemas_agree_on_instants_and_ids() {
    let schemas = Schemas::embedded();
    let texts = [
        "2017-05-19T01:16:23Z",
        "2017-05-19T01:16:23.5Z",
        "2017-05-19T01:16:23.123456789Z",
        "2017-05-19T01:16:23.1234567890Z",
        "2017-05-19T01:16:23.Z",
        "2017-05-19T01:16:23+00:00",
        "2017-05-19t01:16:23z",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:58:60Z",
        "2016-02-29T00:00:00Z",
        "2017-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2017-00-01T00:00:00Z",
        "2017-05-32T00:00:00Z",
        "2017-05-19T24:00:00Z",
        "2017-05-19T01:60:00Z",
        "2017-05-19",
        "",
        "\u{662}017-05-19T01:16:23Z",
        "9eebaf4b-52a6-487b-bf2c-b8f8e88bf906",
        "9EEBAF4B-52A6-487B-BF2C-B8F8E88BF906",
        "{9eebaf4b-52a6-487b-bf2c-b8f8e88bf906}",
        "9eebaf4b52a6487bbf2cb8f8e88bf906",
        "9eebaf4b-52a6-487b-bf2c-b8f8e88bf90",
        "9eebaf4b-52a6-487b-bf2c_b8f8e88bf906",
    ];
    for text in texts {
        for (id, time) in
            [(text, "2017-05-19T01:16:23Z"), ("9eebaf4b-52a6-487b-bf2c-b8f8e88bf906", text)]
        {
            let event = json!({
                "Type": "HeartbeatEvent", "Device": "d", "EventId": id, "EventTime": time,
                "ReceivedTime": "2017-05-19T01:16:23Z",
            });
            let json = event.to_string();
            let mut tree = Tree::default();
            tree.parse(json.as_bytes(), 0).unwrap();
            let schema = schemas.event(ApiVersion(2), "HeartbeatEvent");
            let valid = schema.is_valid(tree.root(&json));
            assert_eq!(Event::decode(json.as_bytes()).is_ok(), valid, "{json}");
        }
    }
}
