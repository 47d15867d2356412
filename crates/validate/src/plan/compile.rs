//! JSON Schemas to checks that a reader of bytes can make while it reads.

use contrail_model::{GUID_LENGTH, INSTANT_LENGTH, TIME_PROPERTIES};
use serde_json::{Map, Value};

use super::{names::Names, pattern::Bytes};
use crate::schemas::Schemas;

/// What a value must be. Whatever passes is valid; what does not pass may be valid too.
#[derive(Debug, PartialEq)]
pub(crate) enum Check {
    Text(Text),
    Number(Number),
    Bool,
    Null,
    List(Box<List>),
    Record(Box<Record>),
    /// Values of several types, at most one check for each.
    OneOf(Vec<Check>),
    /// Anything but an array or object.
    Scalar,
}

/// What a string must be.
#[derive(Debug, PartialEq)]
pub(crate) enum Text {
    Guid,
    Instant,
    /// One of these, none of which needs an escape.
    Known(Vec<Box<[u8]>>),
    Free(Length),
    /// Of these bytes alone.
    Of(Box<Bytes>, Length),
}

/// How long a string may be, or an array, both ends included; in characters, or elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Length {
    pub(crate) least: usize,
    pub(crate) most: usize,
}

impl Length {
    /// Of any length.
    pub(crate) const ANY: Self = Self { least: 0, most: usize::MAX };

    #[inline]
    pub(crate) fn holds(self, length: usize) -> bool {
        (self.least..=self.most).contains(&length)
    }
}

/// What a number must be.
#[derive(Debug, PartialEq)]
pub(crate) struct Number {
    /// A whole number between these, both included; else any number.
    pub(crate) whole: Option<(u64, u64)>,
}

/// What an array must be.
#[derive(Debug, PartialEq)]
pub(crate) struct List {
    pub(crate) items: Check,
    pub(crate) length: Length,
}

/// What an object must be.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) names: Names,
    pub(crate) checks: Vec<Check>,
    /// A bit for each name.
    pub(crate) required: u128,
    /// Whether the schema allows other names. They are left to others within arrays and objects.
    pub(crate) open: bool,
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        let names = |record: &Self| -> Vec<_> {
            (0..record.names.len()).map(|number| record.names.get(number).quoted.clone()).collect()
        };
        names(self) == names(other)
            && (&self.checks, self.required, self.open)
                == (&other.checks, other.required, other.open)
    }
}

/// What a schema says of the members of an object.
pub(crate) struct ObjectKeywords<'s> {
    /// The names and schemas of the members.
    pub(crate) properties: Vec<(&'s str, &'s Value)>,
    /// The same names, with the same numbers.
    pub(crate) names: Names,
    /// The numbers of the names that must be there, in the order of the schema.
    pub(crate) required: Vec<usize>,
    /// Whether there may be members with other names.
    pub(crate) is_open: bool,
}

/// A bit for each of the numbers.
pub(crate) fn mask_of(numbers: &[usize]) -> u128 {
    numbers.iter().fold(0, |mask, number| mask | 1 << number)
}

/// The most names of an object that a mask of bits can tell apart.
pub(crate) const MOST_NAMES: usize = u128::BITS as usize;

/// Keywords that say nothing of what is valid.
const ANNOTATIONS: [&str; 10] = [
    "$comment",
    "$defs",
    "title",
    "description",
    "default",
    "deprecated",
    "examples",
    "readOnly",
    "writeOnly",
    "contentMediaType",
];

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Why a schema has no checks: what is not supported, and where.
pub(crate) type Unsupported = String;

/// A schema and the file that it stands in, by its path in the set.
#[derive(Clone, Copy)]
pub(crate) struct Place<'s> {
    pub(crate) schemas: &'s Schemas,
    pub(crate) path: &'s str,
    pub(crate) schema: &'s Value,
    /// How many schemas lead here.
    depth: u8,
}

/// No schema of events is deeper. One that refers to itself is.
const MOST_DEPTH: u8 = 64;

impl<'s> Place<'s> {
    /// The schema that a file is.
    pub(crate) fn of_file(schemas: &'s Schemas, path: &'s str) -> Result<Self, Unsupported> {
        let schema = schemas.file(path)?;
        if schema.get("$schema").is_some_and(|dialect| dialect != DIALECT) {
            return Err(format!("{path}: another dialect than 2020-12"));
        }
        if let Some(id) = schema.get("$id").and_then(Value::as_str)
            && !Schemas::is_default_id(id, path)
        {
            return Err(format!("{path}: its $id is not that of its path"));
        }
        if !schemas.is_found_by_its_path(path) {
            return Err(format!("{path}: another file has the $id of its path"));
        }
        if schemas.has_id_within(path) {
            return Err(format!("{path}: an $id within"));
        }
        Ok(Self { schemas, path, schema, depth: 0 })
    }

    pub(crate) fn unsupported(self, what: &str) -> Unsupported {
        format!("{}: {what}", self.path)
    }

    pub(crate) fn within(self, schema: &'s Value) -> Self {
        Self { schema, depth: self.depth + 1, ..self }
    }

    /// The keywords of the schema, which must all be among these or annotations.
    pub(crate) fn keywords(self, known: &[&str]) -> Result<&'s Map<String, Value>, Unsupported> {
        let keywords = self
            .schema
            .as_object()
            .ok_or_else(|| self.unsupported("a schema that is no object"))?;
        // What a file is called is looked at where the file is.
        let is_of_file = |keyword: &str| self.depth == 0 && matches!(keyword, "$id" | "$schema");
        let is_known = |keyword: &str| {
            known.contains(&keyword) || is_annotation(keyword) || is_of_file(keyword)
        };
        match keywords.keys().find(|keyword| !is_known(keyword)) {
            Some(keyword) => Err(self.unsupported(&format!("the keyword `{keyword}`"))),
            None => Ok(keywords),
        }
    }

    /// The check of the schema.
    pub(crate) fn check(self) -> Result<Check, Unsupported> {
        if MOST_DEPTH < self.depth {
            return Err(self.unsupported("a schema that is too deep, or refers to itself"));
        }
        let keywords = self
            .schema
            .as_object()
            .ok_or_else(|| self.unsupported("a schema that is no object"))?;
        if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
            self.keywords(&["$ref"])?;
            return self.referred(reference)?.check();
        }
        if let Some(known) = keywords.get("const") {
            return self.known(std::slice::from_ref(known), "const");
        }
        if let Some(known) = keywords.get("enum").and_then(Value::as_array) {
            return self.known(known, "enum");
        }
        match keywords.get("type") {
            None => self.keywords(&[]).map(|_| Check::Scalar),
            Some(Value::String(name)) => self.of_type(name, &[]),
            Some(Value::Array(names)) => {
                let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
                let checks = names.iter().map(|name| self.of_type(name, &names));
                checks.collect::<Result<_, _>>().map(Check::OneOf)
            }
            Some(_) => Err(self.unsupported("a `type` that is no name")),
        }
    }

    /// The schema that a reference leads to.
    pub(crate) fn referred(self, reference: &str) -> Result<Self, Unsupported> {
        if MOST_DEPTH < self.depth {
            return Err(self.unsupported("a schema that is too deep, or refers to itself"));
        }
        if reference.contains('%') {
            return Err(self.unsupported(&format!("the reference {reference}")));
        }
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let path = match file {
            "" => self.path.to_owned(),
            _ => joined(self.path, file)
                .ok_or_else(|| self.unsupported(&format!("the reference {reference}")))?,
        };
        let whole = Place::of_file(self.schemas, self.schemas.path_of(&path)?)?;
        let schema = whole.schema.pointer(pointer);
        let schema =
            schema.ok_or_else(|| self.unsupported(&format!("the reference {reference}")))?;
        Ok(Self { schema, depth: self.depth + 1, ..whole })
    }

    fn known(self, values: &[Value], keyword: &str) -> Result<Check, Unsupported> {
        let keywords = self.keywords(&["type", keyword])?;
        if keywords.get("type").is_some_and(|name| name != "string") {
            return Err(self.unsupported(&format!("`{keyword}` of another type than `string`")));
        }
        let texts = values.iter().map(|value| {
            let text = value.as_str().filter(|text| is_plain(text));
            text.map(|text| text.as_bytes().into())
        });
        let texts: Option<Vec<_>> = texts.collect();
        texts
            .map(|texts| Check::Text(Text::Known(texts)))
            .ok_or_else(|| self.unsupported("a value in `const` or `enum` that is no plain string"))
    }

    /// The check of values of one type; `others` are the types that the schema allows beside it.
    fn of_type(self, name: &str, others: &[&str]) -> Result<Check, Unsupported> {
        let known: &[_] = match name {
            "string" => &["type", "format", "pattern", "minLength", "maxLength"],
            "integer" | "number" => &["type", "minimum", "maximum"],
            "array" => &["type", "items", "minItems", "maxItems"],
            "object" => &["type", "properties", "required", "additionalProperties"],
            _ => &["type"],
        };
        let of_others: &[_] = match others {
            [] | [_] => &[],
            _ => &[
                "format",
                "pattern",
                "minLength",
                "maxLength",
                "minimum",
                "maximum",
                "items",
                "minItems",
                "maxItems",
                "properties",
                "required",
                "additionalProperties",
            ],
        };
        let keywords = self.keywords(&[known, of_others].concat())?;
        match name {
            "string" => self.text(keywords).map(Check::Text),
            "integer" => self.whole(keywords),
            "number" if !keywords.contains_key("minimum") && !keywords.contains_key("maximum") => {
                Ok(Check::Number(Number { whole: None }))
            }
            "boolean" => Ok(Check::Bool),
            "null" => Ok(Check::Null),
            "array" => self.list(keywords),
            "object" => self.record(keywords).map(|record| Check::Record(Box::new(record))),
            _ => Err(self.unsupported(&format!("limits of the type `{name}`"))),
        }
    }

    fn text(self, keywords: &Map<String, Value>) -> Result<Text, Unsupported> {
        let length = self.length(keywords, "minLength", "maxLength")?;
        let fits = |exact: usize| length.least <= exact && exact <= length.most;
        let pattern = match keywords.get("pattern").and_then(Value::as_str) {
            None => None,
            Some(expression) => {
                let pattern = self.schemas.pattern(expression);
                Some(pattern.ok_or_else(|| self.unsupported(&format!("`pattern` {expression}")))?)
            }
        };
        match (keywords.get("format").and_then(Value::as_str), pattern) {
            (None, None) => Ok(Text::Free(length)),
            (None, Some(pattern)) => {
                let bytes = pattern.alphabet();
                let bytes =
                    bytes.ok_or_else(|| self.unsupported("a `pattern` with a structure"))?;
                Ok(Text::Of(bytes, length))
            }
            (Some("uuid"), None) if fits(GUID_LENGTH) => Ok(Text::Guid),
            (Some("date-time"), pattern)
                if fits(INSTANT_LENGTH)
                    && pattern.as_ref().is_none_or(|pattern| pattern.takes_all_instants()) =>
            {
                Ok(Text::Instant)
            }
            (Some(format), _) => {
                Err(self.unsupported(&format!("the format `{format}`, as it is used")))
            }
        }
    }

    fn whole(self, keywords: &Map<String, Value>) -> Result<Check, Unsupported> {
        let limit = |name, default| match keywords.get(name) {
            None => Ok(default),
            Some(limit) => self.natural(name, limit),
        };
        // Negative numbers are left to others.
        let whole = Some((limit("minimum", 0)?, limit("maximum", u64::MAX)?));
        Ok(Check::Number(Number { whole }))
    }

    fn list(self, keywords: &'s Map<String, Value>) -> Result<Check, Unsupported> {
        let items = match keywords.get("items") {
            Some(items) => self.within(items).check()?,
            None => Check::Scalar,
        };
        let length = self.length(keywords, "minItems", "maxItems")?;
        Ok(Check::List(Box::new(List { items, length })))
    }

    /// The check of an object with these keywords.
    pub(crate) fn record(self, keywords: &'s Map<String, Value>) -> Result<Record, Unsupported> {
        let object = self.object(keywords)?;
        let mut checks = Vec::new();
        for (name, schema) in object.properties {
            checks.push(self.property(name, schema)?);
        }
        let required = mask_of(&object.required);
        Ok(Record { names: object.names, checks, required, open: object.is_open })
    }

    /// What the keywords say of the members of an object.
    pub(crate) fn object(
        self,
        keywords: &'s Map<String, Value>,
    ) -> Result<ObjectKeywords<'s>, Unsupported> {
        let properties: Vec<_> = match keywords.get("properties") {
            None => Vec::new(),
            Some(Value::Object(properties)) => {
                properties.iter().map(|(name, schema)| (name.as_str(), schema)).collect()
            }
            Some(_) => return Err(self.unsupported("`properties` that are no object")),
        };
        if MOST_NAMES < properties.len() {
            return Err(self.unsupported("more properties than 128"));
        }
        let is_open = match keywords.get("additionalProperties") {
            None | Some(Value::Bool(true)) => true,
            Some(Value::Bool(false)) => false,
            Some(_) => return Err(self.unsupported("a schema in `additionalProperties`")),
        };
        let names = Names::new(properties.iter().map(|(name, _)| *name));
        let mut required = Vec::new();
        for name in keywords.get("required").and_then(Value::as_array).into_iter().flatten() {
            let name = name.as_str().ok_or_else(|| self.unsupported("`required` as it is"))?;
            let number = names.find(name.as_bytes());
            required
                .push(number.ok_or_else(|| self.unsupported("a required name without a schema"))?);
        }
        Ok(ObjectKeywords { properties, names, required, is_open })
    }

    /// The check of a member. Instants are held to the documented form, which no rule complains of.
    pub(crate) fn property(self, name: &str, schema: &'s Value) -> Result<Check, Unsupported> {
        if !is_plain(name) {
            return Err(self.unsupported("a name that needs an escape in JSON"));
        }
        let check = self.within(schema).check()?;
        match check {
            Check::Text(Text::Free(length))
                if TIME_PROPERTIES.contains(&name) && length.holds(INSTANT_LENGTH) =>
            {
                Ok(Check::Text(Text::Instant))
            }
            Check::Text(Text::Instant) => Ok(check),
            _ if TIME_PROPERTIES.contains(&name) => {
                Err(self.unsupported(&format!("`{name}` that is no instant")))
            }
            _ => Ok(check),
        }
    }

    /// The natural number that a keyword has as its value.
    pub(crate) fn natural<N: TryFrom<u64>>(
        self,
        keyword: &str,
        value: &Value,
    ) -> Result<N, Unsupported> {
        let number = value.as_u64().and_then(|number| N::try_from(number).ok());
        let why = || self.unsupported(&format!("`{keyword}` that is no natural number"));
        number.ok_or_else(why)
    }

    fn length(
        self,
        keywords: &Map<String, Value>,
        least: &str,
        most: &str,
    ) -> Result<Length, Unsupported> {
        let limit = |name: &str, default: usize| match keywords.get(name) {
            None => Ok(default),
            Some(limit) => self.natural(name, limit),
        };
        Ok(Length { least: limit(least, 0)?, most: limit(most, usize::MAX)? })
    }
}

fn is_annotation(keyword: &str) -> bool {
    ANNOTATIONS.contains(&keyword)
}

/// Whether a string is written in JSON as it is.
fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F))
}

/// A relative path from a file of the set; nothing if it leads out of it, or is no path.
fn joined(from: &str, relative: &str) -> Option<String> {
    if relative.contains(':') || relative.starts_with('/') {
        return None;
    }
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            ".." => {
                parts.pop()?;
            }
            "." => {}
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schema: &Value) -> Result<Check, Unsupported> {
        let schemas = Schemas::embedded();
        Place { schemas: &schemas, path: "v2/batch.json", schema, depth: 1 }.check()
    }

    #[test]
    fn what_is_supported_has_a_check() {
        let guid = json!({"$ref": "../common/definitions.json#/$defs/guid", "title": "An id"});
        assert_eq!(check(&guid), Ok(Check::Text(Text::Guid)));
        let few = json!({"type": "array", "items": {"type": "boolean"}, "maxItems": 2});
        let length = Length { least: 0, most: 2 };
        assert_eq!(check(&few), Ok(Check::List(Box::new(List { items: Check::Bool, length }))));
        let known = json!({"enum": ["a", "b"], "description": "One of two"});
        let texts = [&b"a"[..], b"b"].map(Into::into).to_vec();
        assert_eq!(check(&known), Ok(Check::Text(Text::Known(texts))));
        let either = json!({"type": ["integer", "null"], "minimum": 3});
        let number = Check::Number(Number { whole: Some((3, u64::MAX)) });
        assert_eq!(check(&either), Ok(Check::OneOf(vec![number, Check::Null])));
    }

    #[test]
    fn what_may_mean_something_else_has_none() {
        for schema in [
            json!(true),
            json!({"oneOf": []}),
            json!({"type": "string", "format": "email"}),
            json!({"type": "string", "format": "uuid", "maxLength": 30}),
            json!({"type": "string", "format": "date-time", "pattern": "^19"}),
            json!({"type": "string", "pattern": "^[a[bc]]*$"}),
            json!({"type": "string", "pattern": "^[^]]*$"}),
            json!({"type": "string", "$id": "elsewhere.json"}),
            json!({"type": "integer", "minimum": -1}),
            json!({"type": "number", "maximum": 5}),
            json!({"type": "array", "uniqueItems": true}),
            json!({"type": "array", "prefixItems": []}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "required": ["A"]}),
            json!({"type": "object", "properties": {"A\"": {}}}),
            json!({"type": "object", "properties": {"EventTime": {"type": "string", "maxLength": 10}}}),
            json!({"type": "object", "properties": {"EventTime": {"type": "integer"}}}),
            json!({"const": 5}),
            json!({"enum": ["a", null]}),
            json!({"$ref": "../common/definitions.json#/$defs/guid", "maxLength": 3}),
            json!({"$ref": "../common/definitions.json#/$defs/gu%69d"}),
            json!({"$ref": "../../elsewhere.json"}),
            json!({"$ref": "#anchor"}),
            json!({"$ref": "batch.json"}),
        ] {
            assert!(check(&schema).is_err(), "{schema}");
        }
    }
}
