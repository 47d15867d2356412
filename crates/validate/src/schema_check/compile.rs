//! JSON Schemas to checks of trees.

use std::{collections::HashMap, str::FromStr as _};

use contrail_model::Kind;
use jsonschema::{JsonType, JsonTypeSet, error::TypeKind};
use serde_json::{Map, Value, json};

use super::{Check, Guard, Length, Look, Record, SchemaCheck, Sites, Test, bit_of};
use crate::{
    plan::{ObjectKeywords, Pattern, Place, Unsupported, mask_of},
    schema_failures::Refusal,
};

/// The keywords that have a check.
const SUPPORTED: [&str; 16] = [
    "$ref",
    "type",
    "const",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "format",
    "items",
    "properties",
    "required",
    "additionalProperties",
];

impl SchemaCheck {
    /// The check of a schema.
    pub(crate) fn new(place: Place<'_>) -> Result<Self, Unsupported> {
        let mut compiler = Compiler::default();
        let (guard, top) = compiler.top(place)?;
        let Compiler { checks, records, sites, .. } = compiler;
        Ok(Self { checks, records, top, sites, guard })
    }
}

#[derive(Default)]
struct Compiler {
    checks: Vec<Check>,
    records: Vec<Record>,
    sites: Sites,
    /// The numbers of checks by where their schemas are in memory: many refer to the same few.
    known: HashMap<*const Value, usize>,
}

impl Compiler {
    fn top(&mut self, place: Place<'_>) -> Result<(Option<Guard>, usize), Unsupported> {
        let guard = match place.schema.get("allOf") {
            None => None,
            Some(all) if place.schema.get("type") == Some(&json!("object")) => {
                Some(guard(all).ok_or_else(|| place.unsupported("an `allOf` as it is used"))?)
            }
            Some(_) => return Err(place.unsupported("an `allOf` without a `type` beside it")),
        };
        let allowed = [&SUPPORTED[1..], &["allOf"]].concat();
        let keywords = place.keywords(&allowed)?;
        self.keywords(place, keywords, true).map(|top| (guard, top))
    }

    /// The number of the check of a schema.
    fn check(&mut self, place: Place<'_>) -> Result<usize, Unsupported> {
        if let Some(number) = self.known.get(&std::ptr::from_ref(place.schema)) {
            return Ok(*number);
        }
        let keywords = place.keywords(&SUPPORTED)?;
        let number = match keywords.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                place.keywords(&["$ref"])?;
                self.check(place.referred(reference)?)?
            }
            None => self.keywords(place, keywords, false)?,
        };
        self.known.insert(place.schema, number);
        Ok(number)
    }

    fn keywords(
        &mut self,
        place: Place<'_>,
        keywords: &Map<String, Value>,
        is_top: bool,
    ) -> Result<usize, Unsupported> {
        let tests = self.tests(place, keywords)?;
        let items = match keywords.get("items") {
            Some(items) => Some(self.check(place.within(items))?),
            None => None,
        };
        let of_objects = ["properties", "required", "additionalProperties"];
        let has_members = of_objects.iter().any(|keyword| keywords.contains_key(*keyword));
        let record = has_members.then(|| self.record(place, keywords, is_top)).transpose()?;
        self.checks.push(Check { tests, items, record });
        Ok(self.checks.len() - 1)
    }

    /// The keywords that look at a value as a whole, in the order in which they are reported.
    fn tests(
        &mut self,
        place: Place<'_>,
        keywords: &Map<String, Value>,
    ) -> Result<Vec<Test>, Unsupported> {
        const ORDER: [&str; 11] = [
            "type",
            "const",
            "enum",
            "format",
            "pattern",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
        ];
        let mut tests = Vec::new();
        for keyword in ORDER {
            if let Some(value) = keywords.get(keyword) {
                let look = look(place, keyword, value)?;
                let refusal = refusal(place, keyword, value)?;
                let by = self.sites.refusal(refusal);
                let exact = match look {
                    Look::Known(_) | Look::Characters(_) | Look::Elements(_) => None,
                    _ => Some(place.schemas.keyword(keyword, value)),
                };
                tests.push(Test { look, by, exact });
            }
        }
        Ok(tests)
    }

    fn record(
        &mut self,
        place: Place<'_>,
        keywords: &Map<String, Value>,
        is_top: bool,
    ) -> Result<usize, Unsupported> {
        let object = place.object(keywords)?;
        let mut checks = Vec::new();
        for (_, schema) in &object.properties {
            checks.push(self.check(place.within(schema))?);
        }
        let required = mask_of(&object.required);
        let with_name = |number: usize| (number, self.sites.intern(object.properties[number].0));
        let wanted = object.required.iter().copied().map(with_name).collect();
        let site = self.sites.object(Some(place.schema), is_top);
        let ObjectKeywords { names, is_open, .. } = object;
        self.records.push(Record { names, checks, required, wanted, is_open, site });
        Ok(self.records.len() - 1)
    }
}

/// The values of a member for which an `allOf` says something; `None` if that is not all it does.
fn guard(all: &Value) -> Option<Guard> {
    let mut guard: Option<Guard> = None;
    for branch in all.as_array()? {
        let branch = branch.as_object()?;
        let condition = branch.get("if")?.as_object()?;
        let [name] = condition.get("required")?.as_array()?.as_slice() else { return None };
        let name = name.as_str()?;
        let properties = condition.get("properties")?.as_object()?;
        let value = properties.get(name)?.as_object()?;
        let constant = value.get("const")?.as_str()?;
        let has_more = branch.keys().any(|keyword| keyword != "if" && keyword != "then")
            || condition.len() != 2
            || properties.len() != 1
            || value.len() != 1;
        let guard =
            guard.get_or_insert_with(|| Guard { name: name.to_owned(), values: Vec::new() });
        if has_more || guard.name != name {
            return None;
        }
        guard.values.push(constant.to_owned());
    }
    guard
}

fn look(place: Place<'_>, keyword: &str, value: &Value) -> Result<Look, Unsupported> {
    let limit = || place.natural(keyword, value);
    Ok(match keyword {
        "type" => look_at_type(&types(place, value)?),
        "const" => look_at_known(std::slice::from_ref(value)),
        "enum" => look_at_known(value.as_array().map_or(&[], Vec::as_slice)),
        "format" if value == "uuid" => Look::Guid,
        "format" if value == "date-time" => Look::Instant,
        "pattern" => {
            let pattern = value.as_str().and_then(|pattern| place.schemas.pattern(pattern));
            let instants = pattern.as_deref().is_some_and(Pattern::takes_all_instants);
            let keyword = place.schemas.keyword(keyword, value);
            keyword.bytes(pattern.as_deref());
            Look::Pattern { instants, keyword }
        }
        "minimum" => value.as_u64().map_or(Look::Nothing, |least| Look::Between(least, u64::MAX)),
        "maximum" => value.as_u64().map_or(Look::Nothing, |most| Look::Between(0, most)),
        "minLength" => Look::Characters(Length { least: limit()?, most: usize::MAX }),
        "maxLength" => Look::Characters(Length { least: 0, most: limit()? }),
        "minItems" => Look::Elements(Length { least: limit()?, most: usize::MAX }),
        "maxItems" => Look::Elements(Length { least: 0, most: limit()? }),
        _ => Look::Nothing,
    })
}

fn look_at_type(kind: &TypeKind) -> Look {
    let types = match kind {
        TypeKind::Single(one) => JsonTypeSet::empty().insert(*one),
        TypeKind::Multiple(types) => *types,
    };
    let bit = |json_type| {
        1 << bit_of(match json_type {
            JsonType::Null => Kind::Null,
            JsonType::Boolean => Kind::Bool,
            JsonType::Integer | JsonType::Number => Kind::Number,
            JsonType::String => Kind::String,
            JsonType::Array => Kind::Array,
            JsonType::Object => Kind::Object,
        })
    };
    let kinds = types.iter().fold(0, |kinds, json_type| kinds | bit(json_type));
    Look::Type { kinds, whole: !types.iter().any(|json_type| json_type == JsonType::Number) }
}

fn look_at_known(values: &[Value]) -> Look {
    let texts: Option<Vec<_>> =
        values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    texts.map_or(Look::Nothing, Look::Known)
}

fn types(place: Place<'_>, value: &Value) -> Result<TypeKind, Unsupported> {
    let json_type = |name: &Value| {
        let name = name.as_str().and_then(|name| JsonType::from_str(name).ok());
        name.ok_or_else(|| place.unsupported("a `type` that is no name of one"))
    };
    match value.as_array().map(Vec::as_slice) {
        None => json_type(value).map(TypeKind::Single),
        Some([one]) => json_type(one).map(TypeKind::Single),
        Some(names) => {
            let mut types = JsonTypeSet::empty();
            for name in names {
                types = types.insert(json_type(name)?);
            }
            Ok(TypeKind::Multiple(types))
        }
    }
}

fn refusal(place: Place<'_>, keyword: &str, value: &Value) -> Result<Refusal, Unsupported> {
    let holder = Some(place.schema);
    let items = if value == &json!(1) { "item" } else { "items" };
    let characters = if value == &json!(1) { "character" } else { "characters" };
    let said = match keyword {
        "type" => return types(place, value).map(|kind| Refusal::of_type(&kind)),
        "const" => return Ok(Refusal::of_const(value)),
        "enum" => return Ok(Refusal::of_enum(value.as_array().map_or(&[], Vec::as_slice))),
        "format" => return Ok(Refusal::of_format(keyword, holder)),
        // A pattern beside a format says the same more closely.
        "pattern" if place.schema.get("format").is_some_and(Value::is_string) => {
            return Ok(Refusal::of_format(keyword, holder));
        }
        "pattern" => format!("does not match \"{}\"", value.as_str().unwrap_or_default()),
        "minimum" => format!("is less than the minimum of {value}"),
        "maximum" => format!("is greater than the maximum of {value}"),
        "minLength" => format!("is shorter than {value} {characters}"),
        "maxLength" => format!("is longer than {value} {characters}"),
        "minItems" => format!("has less than {value} {items}"),
        _ => format!("has more than {value} {items}"),
    };
    Ok(Refusal::of_other(keyword, holder, |label| format!("{label} {said}")))
}
