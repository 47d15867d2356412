//! The JSON Schemas: the embedded set, or one from a folder, compiled as they are needed.

mod shape;

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use contrail_model::Node;
use foldhash::fast::FixedState;
use include_dir::{Dir, include_dir};
use jsonschema::{Retrieve, Uri, json::Json};
use serde_json::{Value, json};

use crate::{
    changes::VersionChanges,
    defect::Defects,
    error::Error,
    instance::{Instance, TreeJson},
    plain::{self, PlainValidator},
    plan::{Pattern, Place, Unsupported},
    schema_check::SchemaCheck,
    schema_failures::errors,
    version::{self, ApiVersion},
};
pub(crate) use shape::Shape;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../schemas");

/// Where the `$id` of every embedded schema begins; its path in `schemas/` follows.
const BASE: &str = "https://contrail.example/schemas/";

/// The file of a version that describes the envelope of a batch.
const BATCH: &str = "batch";
/// The file of a version that describes what all events have in common.
const EVENT: &str = "event";

/// The file of a set that says what each version changed.
const CHANGES: &str = "version-changes.json";

/// A compiled schema.
pub(crate) type Compiled = jsonschema::Validator<TreeJson>;

/// A set of schemas: `v<N>/batch.json`, `v<N>/event.json` and `v<N>/<Type>.json` for each version,
/// and what they refer to.
#[derive(Debug)]
pub struct Schemas {
    files: Files,
    versions: Vec<ApiVersion>,
    /// The names of the files of each version, without their endings, sorted.
    names: BTreeMap<ApiVersion, Vec<String>>,
    /// By name: names are looked up for every event.
    entries: HashMap<String, Named, FixedState>,
    /// For a type that no version has.
    nowhere: Possible,
    changes: OnceLock<VersionChanges>,
    /// What is known of patterns, which are few, and each of them a millisecond's work.
    patterns: Mutex<HashMap<String, Option<Arc<Pattern>>>>,
    /// Schemas of one keyword alone, by their text.
    keywords: Mutex<HashMap<String, Arc<Keyword>>>,
    has_own_checks: bool,
}

/// The files of a name, by version.
#[derive(Debug, Default)]
struct Named {
    by_version: BTreeMap<ApiVersion, Entry>,
    possible: Possible,
}

/// In which versions an event of a type can be, without and with a `Version`.
type Possible = [OnceLock<Vec<bool>>; 2];

#[derive(Debug, Default)]
struct Entry {
    shape: OnceLock<Shape>,
    compiled: OnceLock<Compiled>,
    /// Our own check of the schema; `None` inside if it is not supported.
    check: OnceLock<Option<SchemaCheck>>,
}

/// What is held against a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge<'s> {
    schemas: &'s Schemas,
    entry: &'s Entry,
    version: ApiVersion,
    name: &'s str,
}

/// The files of a set, by path.
#[derive(Clone, Debug)]
struct Files {
    files: Arc<BTreeMap<String, File>>,
    /// Paths by `$id`, for those whose `$id` is not the base and their path.
    by_id: Arc<HashMap<String, String>>,
}

#[derive(Debug)]
struct File {
    text: Cow<'static, str>,
    json: OnceLock<Value>,
    /// Asked for at each reference to the file, and answered by a walk through all of it.
    has_id_within: OnceLock<bool>,
}

impl File {
    fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), json: OnceLock::new(), has_id_within: OnceLock::new() }
    }

    fn json(&self) -> Result<&Value, String> {
        if self.json.get().is_none() {
            let json =
                serde_json::from_str(&self.text).map_err(|error| format!("not JSON: {error}"))?;
            // Another thread may have been faster, with the same value.
            let _ = self.json.set(json);
        }
        Ok(self.json.get().expect("it was set above"))
    }
}

impl Schemas {
    /// The schemas that are part of the program.
    pub fn embedded() -> Self {
        let mut files = BTreeMap::new();
        collect_embedded(&EMBEDDED, &mut files);
        Self::new(files, HashMap::new())
    }

    /// The text of one file of the embedded set, by its path in `schemas/`.
    pub fn embedded_file(path: &str) -> Option<&'static str> {
        EMBEDDED.get_file(path)?.contents_utf8()
    }

    /// A set from a folder of the same layout as `schemas/`. All of it is compiled at once, so that
    /// what is wrong with it is told before the work.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or is not a schema, or the folder lacks a version.
    pub fn from_dir(dir: &Path) -> Result<Self, Error> {
        let mut files = BTreeMap::new();
        read_dir(dir, "", &mut files)?;
        let mut by_id = HashMap::new();
        for (path, file) in &files {
            let json = file
                .json()
                .map_err(|reason| Error { path: dir.join(path).display().to_string(), reason })?;
            if let Some(id) = json.get("$id").and_then(Value::as_str) {
                by_id.insert(id.trim_end_matches('#').to_owned(), path.clone());
            }
        }
        let schemas = Self::new(files, by_id);
        schemas.check(dir)?;
        Ok(schemas)
    }

    /// The same set, judged by the `jsonschema` crate alone: to hold our own checks against it.
    #[doc(hidden)]
    #[must_use]
    pub fn without_own_checks(self) -> Self {
        Self { has_own_checks: false, ..self }
    }

    fn new(files: BTreeMap<String, File>, by_id: HashMap<String, String>) -> Self {
        let mut names: BTreeMap<ApiVersion, Vec<String>> = BTreeMap::new();
        let mut entries: HashMap<String, Named, _> = HashMap::default();
        for path in files.keys() {
            if let Some((version, name)) = version_and_name(path) {
                names.entry(version).or_default().push(name.to_owned());
                let of_name = entries.entry(name.to_owned()).or_default();
                of_name.by_version.insert(version, Entry::default());
            }
        }
        let versions = names.keys().copied().collect();
        let files = Files { files: Arc::new(files), by_id: Arc::new(by_id) };
        Self {
            files,
            versions,
            names,
            entries,
            nowhere: Possible::default(),
            changes: OnceLock::new(),
            patterns: Mutex::default(),
            keywords: Mutex::default(),
            has_own_checks: true,
        }
    }

    fn check(&self, dir: &Path) -> Result<(), Error> {
        let error = |path: String, reason: String| Error { path, reason };
        if self.versions.is_empty() {
            return Err(error(
                dir.display().to_string(),
                "no folder v2, v3, ... with schemas; want the layout of `schemas/`".to_owned(),
            ));
        }
        for version in &self.versions {
            for name in [BATCH, EVENT] {
                if self.find(*version, name).is_none() {
                    let path = dir.join(format!("v{version}/{name}.json"));
                    return Err(error(path.display().to_string(), "missing".to_owned()));
                }
            }
        }
        let changes = || dir.join(CHANGES).display().to_string();
        self.read_changes().map_err(|reason| error(changes(), reason))?;
        for (version, names) in &self.names {
            for name in names {
                let path = dir.join(format!("v{version}/{name}.json")).display().to_string();
                self.compile(*version, name).map_err(|reason| error(path, reason))?;
            }
        }
        Ok(())
    }

    /// What each version changed; nothing if the set does not say.
    pub fn changes(&self) -> &VersionChanges {
        self.changes.get_or_init(|| self.read_changes().expect("the set was checked"))
    }

    fn read_changes(&self) -> Result<VersionChanges, String> {
        match self.files.files.get(CHANGES) {
            None => Ok(VersionChanges::default()),
            Some(file) => serde_json::from_str(&file.text).map_err(|error| error.to_string()),
        }
    }

    /// The versions of the set, in ascending order.
    pub fn versions(&self) -> &[ApiVersion] {
        &self.versions
    }

    /// The event types of a version, sorted.
    pub fn types(&self, version: ApiVersion) -> impl Iterator<Item = &str> {
        let names = self.names.get(&version).into_iter().flatten();
        names.map(String::as_str).filter(|name| !is_envelope(name))
    }

    /// Whether the version has events of this type.
    pub fn has_type(&self, version: ApiVersion, type_name: &str) -> bool {
        self.entry(version, type_name).is_some()
    }

    /// The name of a type as the version has it.
    pub(crate) fn type_name(&self, version: ApiVersion, written: &str) -> Option<&str> {
        let (name, of_name) = self.entries.get_key_value(written)?;
        (of_name.by_version.contains_key(&version) && !is_envelope(name)).then_some(name)
    }

    fn entry(&self, version: ApiVersion, type_name: &str) -> Option<&Entry> {
        if is_envelope(type_name) {
            return None;
        }
        self.find(version, type_name)
    }

    fn find(&self, version: ApiVersion, name: &str) -> Option<&Entry> {
        self.entries.get(name)?.by_version.get(&version)
    }

    /// In which versions an event can be: a flag for each. `means_version` tells whether it has a
    /// `Version`, or a slip for it.
    pub(crate) fn possible(&self, type_name: &str, means_version: bool) -> &[bool] {
        let of_name = self.entries.get(type_name).filter(|_| !is_envelope(type_name));
        let possible = of_name.map_or(&self.nowhere, |of_name| &of_name.possible);
        possible[usize::from(means_version)].get_or_init(|| {
            let mut possible = vec![false; self.versions.len()];
            version::mark_possible(self, type_name, means_version, &mut possible);
            possible
        })
    }

    /// The properties of a type; of one that the version does not have, those of any event.
    pub(crate) fn shape(&self, version: ApiVersion, type_name: &str) -> &Shape {
        let (name, entry) = self.entry_or_event(version, type_name);
        entry.shape.get_or_init(|| Shape::of(self.json(version, name)))
    }

    /// The schema of a type; of one that the version does not have, that of any event.
    pub(crate) fn event<'s>(&'s self, version: ApiVersion, type_name: &'s str) -> Judge<'s> {
        let (name, entry) = self.entry_or_event(version, type_name);
        Judge { schemas: self, entry, version, name }
    }

    fn entry_or_event<'n>(&self, version: ApiVersion, type_name: &'n str) -> (&'n str, &Entry) {
        match self.entry(version, type_name) {
            Some(entry) => (type_name, entry),
            None => (EVENT, self.envelope(version, EVENT)),
        }
    }

    /// The schema of a batch without that of its events, which are checked one by one.
    pub(crate) fn batch(&self, version: ApiVersion) -> Judge<'_> {
        Judge { schemas: self, entry: self.envelope(version, BATCH), version, name: BATCH }
    }

    fn envelope(&self, version: ApiVersion, name: &str) -> &Entry {
        self.find(version, name).expect("a version has its envelope schemas")
    }

    fn json(&self, version: ApiVersion, name: &str) -> &Value {
        self.files.json(&format!("v{version}/{name}.json")).expect("the set was checked")
    }

    fn compile(&self, version: ApiVersion, name: &str) -> Result<Compiled, String> {
        let schema = self.files.json(&format!("v{version}/{name}.json"))?;
        if name == BATCH {
            return self.compile_as(version, name, &without_events(schema));
        }
        self.compile_as(version, name, schema)
    }

    fn compile_as<F: Json>(
        &self,
        version: ApiVersion,
        name: &str,
        schema: &Value,
    ) -> Result<jsonschema::Validator<F>, String> {
        jsonschema::options_for::<F>()
            .with_base_uri(format!("{BASE}v{version}/{name}.json"))
            .with_retriever(self.files.clone())
            .should_validate_formats(true)
            .build(schema)
            .map_err(|error| error.to_string())
    }

    /// The same schemas for values of `serde_json`, to measure against; nothing if the set does not
    /// have the version.
    pub fn plain(&self, version: ApiVersion) -> Option<PlainValidator> {
        let compile = |name: &str, schema: &Value| -> plain::Compiled {
            self.compile_as(version, name, schema).expect("the set was checked")
        };
        let compile_file = |name: &str| compile(name, self.json(version, name));
        self.versions.contains(&version).then(|| PlainValidator {
            batch: compile_file(BATCH),
            event: compile_file(EVENT),
            envelope: compile(BATCH, &without_events(self.json(version, BATCH))),
            types: self.types(version).map(|name| (name.to_owned(), compile_file(name))).collect(),
        })
    }

    /// A file of the set as JSON, by its path.
    pub(crate) fn file(&self, path: &str) -> Result<&Value, String> {
        self.files.json(path)
    }

    /// The path of the file of a set that has this path.
    pub(crate) fn path_of(&self, path: &str) -> Result<&str, String> {
        let file = self.files.files.get_key_value(path);
        file.map(|(path, _)| path.as_str()).ok_or_else(|| format!("there is no file {path}"))
    }

    /// Whether a schema within that of the file at `path` has an `$id`, which changes what
    /// references mean.
    pub(crate) fn has_id_within(&self, path: &str) -> bool {
        self.files.files.get(path).is_some_and(|file| {
            *file.has_id_within.get_or_init(|| file.json().is_ok_and(has_id_within))
        })
    }

    /// What is known of a pattern; nothing of one that is not understood.
    pub(crate) fn pattern(&self, expression: &str) -> Option<Arc<Pattern>> {
        let mut patterns = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Pattern::new(expression).map(Arc::new);
        patterns.entry(expression.to_owned()).or_insert_with(new).clone()
    }

    /// A schema of one keyword alone.
    pub(crate) fn keyword(&self, keyword: &str, value: &Value) -> Arc<Keyword> {
        let schema = json!({ keyword: value });
        let mut keywords = self.keywords.lock().unwrap_or_else(PoisonError::into_inner);
        let text = schema.to_string();
        Arc::clone(keywords.entry(text).or_insert_with(|| Arc::new(Keyword::new(schema))))
    }

    /// Our own check of a schema of a version.
    fn own_check(&self, version: ApiVersion, name: &str) -> Result<SchemaCheck, Unsupported> {
        let path = self.path_of(&format!("v{version}/{name}.json"))?;
        let place = Place::of_file(self, path)?;
        if name != BATCH {
            return SchemaCheck::new(place);
        }
        let mut schema = without_events(place.schema);
        if let Some(schema) = schema.as_object_mut() {
            schema.retain(|keyword, _| keyword != "$id" && keyword != "$schema");
        }
        SchemaCheck::new(place.within(&schema))
    }

    /// Whether the file at `path` is the one that is found by the `$id` of its path.
    pub(crate) fn is_found_by_its_path(&self, path: &str) -> bool {
        self.files.path(&format!("{BASE}{path}")) == Some(path)
    }

    /// Whether `id` is what the file at `path` is called without an `$id` of its own.
    pub(crate) fn is_default_id(id: &str, path: &str) -> bool {
        id.trim_end_matches('#').strip_prefix(BASE) == Some(path)
    }

    /// The schema that holds a keyword, by the absolute location of the keyword.
    pub(crate) fn holder(&self, keyword_location: &str) -> Option<&Value> {
        let (uri, pointer) = keyword_location.split_once('#')?;
        let schema = self.files.json(self.files.path(uri)?).ok()?;
        let (holder, _) = pointer.rsplit_once('/')?;
        schema.pointer(holder)
    }
}

/// A schema of one keyword alone. What it takes is put together when it is asked for, which is about
/// a value that is not as usual: the crate needs half a millisecond for it.
#[derive(Debug)]
pub(crate) struct Keyword {
    schema: Value,
    compiled: OnceLock<Compiled>,
    bytes: OnceLock<Option<Box<[bool; 256]>>>,
}

impl Keyword {
    fn new(schema: Value) -> Self {
        Self { schema, compiled: OnceLock::new(), bytes: OnceLock::new() }
    }

    /// Whether the keyword takes a value, by the `jsonschema` crate.
    pub(crate) fn takes(&self, node: Node<'_>) -> bool {
        let compiled = self.compiled.get_or_init(|| {
            let options = jsonschema::options_for::<TreeJson>().should_validate_formats(true);
            options.build(&self.schema).expect("the set was checked")
        });
        compiled.is_valid(Instance::Value(node))
    }

    /// The bytes of which any string is taken by a pattern, as that is what the keyword is.
    pub(crate) fn bytes(&self, pattern: Option<&Pattern>) -> Option<&[bool; 256]> {
        self.bytes.get_or_init(|| pattern?.alphabet()).as_deref()
    }
}

impl<'s> Judge<'s> {
    /// Adds what the schema finds wrong with a value.
    pub(crate) fn find<'e>(self, node: Node<'e>, defects: &mut Defects<'e>)
    where
        's: 'e,
    {
        let Self { schemas, entry, version, name } = self;
        let check = entry.check.get_or_init(|| schemas.own_check(version, name).ok());
        let is_checked =
            schemas.has_own_checks && check.as_ref().is_some_and(|check| check.find(node, defects));
        if !is_checked {
            errors::find(schemas, self.compiled(), node, defects);
        }
    }

    /// Whether the schema accepts a value, by the `jsonschema` crate and by our own check.
    #[cfg(test)]
    pub(crate) fn is_valid(self, node: Node<'_>) -> bool {
        let is_valid = self.compiled().is_valid(Instance::Value(node));
        let mut defects = Defects::default();
        self.find(node, &mut defects);
        assert_eq!(defects.list.is_empty(), is_valid, "{}", node.raw());
        is_valid
    }

    fn compiled(self) -> &'s Compiled {
        let compile = || self.schemas.compile(self.version, self.name);
        self.entry.compiled.get_or_init(|| compile().expect("the set was checked"))
    }
}

/// The schema of a batch, but for what it says of each event.
fn without_events(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let events = schema.pointer_mut("/properties/Events").and_then(Value::as_object_mut);
    if let Some(events) = events {
        events.remove("items");
    }
    schema
}

fn has_id_within(schema: &Value) -> bool {
    let has_id = |value: &Value| value.get("$id").is_some() || has_id_within(value);
    match schema {
        Value::Object(members) => members.values().any(has_id),
        Value::Array(elements) => elements.iter().any(has_id),
        _ => false,
    }
}

/// The version and the name of a schema by its path, `v<N>/<name>.json`.
fn version_and_name(path: &str) -> Option<(ApiVersion, &str)> {
    let (folder, file) = path.split_once('/')?;
    let version = folder.strip_prefix('v')?.parse().ok()?;
    let name = file.strip_suffix(".json").filter(|name| !name.contains('/'))?;
    Some((ApiVersion(version), name))
}

fn is_envelope(name: &str) -> bool {
    matches!(name, BATCH | EVENT)
}

impl Files {
    fn path<'f>(&'f self, uri: &'f str) -> Option<&'f str> {
        self.by_id.get(uri).map(String::as_str).or_else(|| uri.strip_prefix(BASE))
    }

    fn json(&self, path: &str) -> Result<&Value, String> {
        self.files.get(path).ok_or_else(|| format!("there is no file {path}"))?.json()
    }
}

impl Retrieve for Files {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let path = self.path(uri.as_str()).ok_or("it is not in the set of schemas")?;
        Ok(self.json(path)?.clone())
    }
}

fn collect_embedded(dir: &'static Dir<'_>, files: &mut BTreeMap<String, File>) {
    for file in dir.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            files.insert(path.replace('\\', "/"), File::new(text));
        }
    }
    for dir in dir.dirs() {
        collect_embedded(dir, files);
    }
}

/// Reads all `.json` files below `dir`, by their path from it.
fn read_dir(dir: &Path, prefix: &str, files: &mut BTreeMap<String, File>) -> Result<(), Error> {
    let error = |path: &Path, error: std::io::Error| Error {
        path: path.display().to_string(),
        reason: error.to_string(),
    };
    for entry in std::fs::read_dir(dir).map_err(|cause| error(dir, cause))? {
        let path = entry.map_err(|cause| error(dir, cause))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() {
            read_dir(&path, &format!("{prefix}{name}/"), files)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&path).map_err(|cause| error(&path, cause))?;
            files.insert(format!("{prefix}{name}"), File::new(text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
