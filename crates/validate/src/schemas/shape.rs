//! Which properties a schema knows, without compiling it.

use serde_json::Value;

/// The names of a schema's properties.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    properties: Vec<String>,
    required: Vec<String>,
    open: bool,
}

impl Shape {
    pub(crate) fn of(schema: &Value) -> Self {
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        Self {
            properties: properties.into_iter().flatten().map(|(name, _)| name.clone()).collect(),
            required: required
                .into_iter()
                .flatten()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            open: schema.get("additionalProperties") != Some(&Value::Bool(false)),
        }
    }

    /// The names of the properties, sorted.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().map(String::as_str)
    }

    pub(crate) fn requires(&self, name: &str) -> bool {
        self.required.iter().any(|required| required == name)
    }

    /// Whether the schema gives a schema to this property.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.properties.iter().any(|property| property == name)
    }

    /// Whether other properties than the named ones are allowed.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    pub(crate) fn allows(&self, name: &str) -> bool {
        self.open || self.names(name)
    }
}
