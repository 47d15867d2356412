//! A slow, obvious reading of the JSON Schemas: what they say of one property.

use std::{fs, path::Path};

use serde_json::Value;

/// What a schema says of one member of an object, or of one element of an array.
#[derive(Debug)]
pub(crate) struct Said {
    /// The keywords of its own schema.
    pub(crate) schema: Value,
    pub(crate) required: bool,
    /// Whether the object may have members that the schema does not name.
    pub(crate) open: bool,
}

/// A schema file of the repository, and where it lies.
#[derive(Debug)]
struct Schema {
    file: String,
    json: Value,
}

/// What the schema of an event type (or `batch`) says of the value at a pointer.
pub(crate) fn said(version: u8, type_name: &str, pointer: &str) -> Option<Said> {
    let mut schema = load(&format!("v{version}/{type_name}.json"), "");
    let mut said = None;
    for token in pointer.split('/').skip(1) {
        let json = &schema.json;
        let (required, member) = match json.get("items") {
            Some(items) => (true, items.clone()),
            None => {
                let required = json["required"].as_array()?.iter().any(|name| name == token);
                (required, json["properties"].get(token)?.clone())
            }
        };
        let open = json.get("additionalProperties") != Some(&Value::Bool(false));
        schema = resolved(Schema { file: schema.file.clone(), json: member });
        said = Some(Said { schema: schema.json.clone(), required, open });
    }
    said
}

fn load(file: &str, pointer: &str) -> Schema {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} exists", path.display()));
    let json: Value = serde_json::from_str(&text).expect("a schema is JSON");
    let json = json.pointer(pointer).expect("a reference leads somewhere").clone();
    Schema { file: file.to_owned(), json }
}

/// Follows `$ref`.
fn resolved(schema: Schema) -> Schema {
    let Some(reference) = schema.json.get("$ref").and_then(Value::as_str) else { return schema };
    let (path, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    let folder = schema.file.split_once('/').map_or("", |(folder, _)| folder);
    let file = match path.strip_prefix("../") {
        Some(path) => path.to_owned(),
        None if path.is_empty() => schema.file.clone(),
        None => format!("{folder}/{path}"),
    };
    resolved(load(&file, pointer))
}
