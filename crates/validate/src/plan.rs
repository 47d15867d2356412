//! The fast path: accepts an element while its bytes are read once, or says that it does not know.
//!
//! A plan is compiled from the schemas of a version and from what the versions changed. It only ever
//! *accepts*: what it accepts has no finding, and what it does not accept goes to the slow path,
//! which decides and explains. Two facts make it simple. In this API a property has the same schema
//! whatever the type of the event; so all members are checked as they come, and their names are
//! collected in a mask of bits, which the event's `Type`, wherever it stands, then decides with two
//! masks: what is required, and what is allowed. And a rule need not be carried out to know that it
//! is silent: it is enough to know that its condition cannot hold.

mod compile;
mod distinct;
mod names;
mod pattern;
mod read;

use std::{
    fmt,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use contrail_model::TIME_PROPERTIES;
use serde_json::Value;

use crate::{
    changes::ChangeKind,
    check::properties_added_later,
    event::is_slip_for_version,
    recording::Side,
    schemas::Schemas,
    settings::Settings,
    version::{self, ApiVersion},
};
use compile::{Check, MOST_NAMES, Record};

pub(crate) use compile::{Length, ObjectKeywords, Place, Unsupported, mask_of};
pub(crate) use names::Names;
pub(crate) use pattern::Pattern;
pub use read::MemberCounts;
pub(crate) use read::{
    Command, Passed, Reader, Seen, SeenEvents, TextPlace, Times, Verdict, are_in_order,
};

/// The plans of all versions of a set of schemas, each made when it is first needed.
#[derive(Debug)]
pub(crate) struct Plans {
    by_version: Vec<OnceLock<Plan>>,
    /// About how many bytes were read without them.
    unplanned: AtomicU64,
}

/// A plan takes as long to compile as about this many bytes take without it.
const WORTH: u64 = 64 << 10;

impl Plans {
    pub(crate) fn new(schemas: &Schemas) -> Self {
        let by_version = schemas.versions().iter().map(|_| OnceLock::new()).collect();
        Self { by_version, unplanned: AtomicU64::new(0) }
    }

    /// Whether compiling pays, with this number of bytes at hand: one small file is read sooner
    /// without.
    pub(crate) fn are_worth_it(&self, at_hand: usize) -> bool {
        if self.unplanned.load(Ordering::Relaxed) < WORTH {
            let earlier = self.unplanned.fetch_add(at_hand as u64, Ordering::Relaxed);
            return WORTH <= earlier.saturating_add(at_hand as u64);
        }
        true
    }

    /// Compiles all plans, whatever is to be read.
    pub(crate) fn compile(&self, schemas: &Schemas, settings: &Settings) {
        self.unplanned.store(WORTH, Ordering::Relaxed);
        for place in 0..self.by_version.len() {
            self.get(place, schemas, settings);
        }
    }

    /// The plan of the version at this place among those of the schemas.
    pub(crate) fn get(&self, place: usize, schemas: &Schemas, settings: &Settings) -> &Plan {
        self.by_version[place].get_or_init(|| Plan::new(place, schemas, settings))
    }
}

/// What is accepted of one version.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) version: ApiVersion,
    /// The place of the version among those of the schemas.
    place: usize,
    versions: usize,
    /// The envelope of a batch, `Events` apart; nothing if its schema is not supported.
    batch: Option<Batch>,
    /// The properties of events of any type.
    names: Names,
    checks: Vec<Check>,
    roles: Vec<Role>,
    type_names: Names,
    types: Vec<EventType>,
    /// Names that mean something to a rule where no schema has them.
    sensitive: Names,
    /// Commands that a rule speaks of.
    commands: Names,
    /// Whether events of the version have a `Version`.
    has_event_version: bool,
    /// What takes the slow path, and why.
    notes: Vec<Note>,
}

/// The envelope of a batch.
#[derive(Debug)]
struct Batch {
    record: Record,
    /// The names that tell it from other objects, a bit each.
    telling: u128,
    /// The numbers of `Events` and `Count`.
    events: usize,
    count: Option<usize>,
    most_events: usize,
}

/// What is accepted of a type.
#[derive(Debug)]
struct EventType {
    required: u128,
    allowed: u128,
    open: bool,
    /// The values of its `Version`; nothing if any may be.
    own_versions: Option<OwnVersions>,
    /// For an event without and one with a `Version`: the versions that it speaks for, a bit each;
    /// nothing if it can be of any.
    speaks_for: [Option<u8>; 2],
    side: Option<Side>,
}

/// The values that the `Version` of a type may have.
#[derive(Debug)]
struct OwnVersions {
    values: Vec<u64>,
    /// For each the properties that an event with it must not have.
    forbidden: Vec<u128>,
}

/// What a property is to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Type,
    Id,
    Occurred,
    Received,
    Version,
    Device,
    CommandId,
    CommandName,
    Uri,
    /// Lists of tags: those of the first two have no tag in common.
    Changed,
    Observed,
    None,
}

impl Role {
    fn of(name: &str) -> Self {
        match name {
            "Type" => Self::Type,
            "EventId" => Self::Id,
            "EventTime" => Self::Occurred,
            "ReceivedTime" => Self::Received,
            "Version" => Self::Version,
            "Device" => Self::Device,
            "CommandId" => Self::CommandId,
            "CommandName" => Self::CommandName,
            "URI" => Self::Uri,
            "Adds" | "Removes" => Self::Changed,
            "Observe" => Self::Observed,
            _ => Self::None,
        }
    }
}

/// Something that takes the slow path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The event type; nothing for batches.
    pub event_type: Option<String>,
    /// Why.
    pub why: String,
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.event_type.as_deref().unwrap_or("batches");
        write!(formatter, "{what}: {}", self.why)
    }
}

/// The names that tell a batch from an event.
const BATCH_NAMES: [&str; 3] = ["Events", "BatchId", "Count"];
const EVENT_NAMES: [&str; 3] = ["Type", "EventId", "EventTime"];

impl Plan {
    fn new(place: usize, schemas: &Schemas, settings: &Settings) -> Self {
        let version = schemas.versions()[place];
        let changes = schemas.changes();
        let target = version.max(settings.target_version.unwrap_or(version));
        let mut compiler = Compiler::new(schemas, version, target);
        // Each version has a bit, and there are eight.
        let fits = || match schemas.versions().len() {
            0..=8 => Ok(()),
            _ => Err("there are more than eight versions".to_owned()),
        };
        for name in schemas.types(version) {
            if let Err(why) = fits().and_then(|()| compiler.event_type(name)) {
                compiler.leave_out(name, why);
            }
        }
        let batch = match fits().and_then(|()| batch(schemas, version)) {
            Ok(batch) => Some(batch),
            Err(why) => {
                compiler.notes.push(Note { event_type: None, why });
                None
            }
        };
        let mut sensitive: Vec<_> = BATCH_NAMES.into_iter().chain(TIME_PROPERTIES).collect();
        sensitive
            .extend(changes.changes.iter().filter_map(|change| change.subject.property.as_deref()));
        // That a command is new says nothing of those who have it.
        let commands = changes
            .changes
            .iter()
            .filter(|change| change.kind != ChangeKind::Added && change.since <= target);
        let commands = commands.filter_map(|change| change.subject.command.as_deref());
        let types = schemas.types(version).filter(|name| !compiler.left_out.contains(name));
        Self {
            version,
            place,
            versions: schemas.versions().len(),
            batch,
            names: Names::new(compiler.names.iter().copied()),
            roles: compiler.names.iter().map(|name| Role::of(name)).collect(),
            checks: compiler.checks,
            type_names: Names::new(types),
            types: compiler.types,
            sensitive: Names::new(sensitive.into_iter()),
            commands: Names::new(commands),
            has_event_version: schemas.shape(version, "").requires("Version"),
            notes: compiler.notes,
        }
    }

    /// What takes the slow path always.
    pub(crate) fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// Puts the types of a version together.
struct Compiler<'s> {
    schemas: &'s Schemas,
    version: ApiVersion,
    target: ApiVersion,
    names: Vec<&'s str>,
    checks: Vec<Check>,
    types: Vec<EventType>,
    left_out: Vec<&'s str>,
    notes: Vec<Note>,
}

impl<'s> Compiler<'s> {
    fn new(schemas: &'s Schemas, version: ApiVersion, target: ApiVersion) -> Self {
        let (names, checks, types) = (Vec::new(), Vec::new(), Vec::new());
        let (left_out, notes) = (Vec::new(), Vec::new());
        Self { schemas, version, target, names, checks, types, left_out, notes }
    }

    fn leave_out(&mut self, name: &'s str, why: Unsupported) {
        self.left_out.push(name);
        self.notes.push(Note { event_type: Some(name.to_owned()), why });
    }

    fn event_type(&mut self, name: &'s str) -> Result<(), Unsupported> {
        let Self { schemas, version, target, .. } = *self;
        let changes = schemas.changes().of_event(name);
        for kind in [ChangeKind::Replaced, ChangeKind::Removed] {
            if changes.of_kind(kind).is_some_and(|change| change.since <= target) {
                return Err("a rule speaks of the type itself".to_owned());
            }
        }
        if changes.of_kind(ChangeKind::Added).is_some_and(|change| version < change.since) {
            return Err("a rule speaks of the type itself".to_owned());
        }
        let path = schemas.path_of(&format!("v{version}/{name}.json"))?;
        let place = Place::of_file(schemas, path)?;
        let keywords =
            place.keywords(&["type", "properties", "required", "additionalProperties"])?;
        if keywords.get("type").is_none_or(|name| name != "object") {
            return Err(format!("{path}: a type that is not `object`"));
        }
        let record = place.record(keywords)?;
        let properties = keywords.get("properties").and_then(Value::as_object);
        let mut numbers = Vec::new();
        for ((property, _), check) in properties.into_iter().flatten().zip(record.checks) {
            numbers.push(self.property(property, check, name)?);
        }
        let own = |mask: u128| {
            let bits = (0..numbers.len()).filter(|bit| mask >> bit & 1 == 1);
            bits.map(|bit| 1_u128 << numbers[bit]).fold(0, |mask, bit| mask | bit)
        };
        let required = own(record.required);
        let mut allowed = own(u128::MAX);
        for number in 0..self.names.len() {
            let renamed = changes.of_property(ChangeKind::Renamed, self.names[number]);
            if renamed.is_some_and(|change| version < change.since && change.since <= target) {
                allowed &= !(1 << number);
            }
        }
        self.types.push(EventType {
            required,
            allowed,
            open: record.open,
            own_versions: self.own_versions(name),
            speaks_for: [false, true].map(|has| speaks_for(schemas, name, has)),
            side: Side::of(name),
        });
        Ok(())
    }

    /// The number of a property among those of all types.
    fn property(
        &mut self,
        name: &'s str,
        check: Check,
        type_name: &str,
    ) -> Result<usize, Unsupported> {
        // By its value the type is chosen.
        let check = match name {
            "Type" => {
                let is_it = |text: &compile::Text| match text {
                    compile::Text::Known(known) => {
                        known.iter().any(|known| **known == *type_name.as_bytes())
                    }
                    compile::Text::Free(length) => length.holds(type_name.chars().count()),
                    _ => false,
                };
                match check {
                    Check::Text(text) if is_it(&text) => Check::Scalar,
                    _ => return Err("a `Type` that is not the name of its file".to_owned()),
                }
            }
            _ if name != "Version" && is_slip_for_version(name) => {
                return Err(format!("`{name}`, which may be meant as `Version`"));
            }
            _ if BATCH_NAMES.contains(&name) => {
                return Err(format!("`{name}`, which is a name of batches"));
            }
            _ => check,
        };
        let is_id_of_command =
            Side::of(type_name).is_some() && matches!(name, "EventId" | "CommandId");
        if is_id_of_command && check != Check::Text(compile::Text::Guid) {
            return Err(format!("`{name}` of a command that is no GUID"));
        }
        match self.names.iter().position(|other| *other == name) {
            Some(number) if self.checks[number] == check => Ok(number),
            Some(_) => Err(format!("`{name}` has another schema in another type")),
            None if self.names.len() == MOST_NAMES => {
                Err(format!("more than {MOST_NAMES} properties of all types together"))
            }
            None => {
                self.names.push(name);
                self.checks.push(check);
                Ok(self.names.len() - 1)
            }
        }
    }

    /// The values of `Version` that events of a type may have; nothing if any may be.
    fn own_versions(&self, type_name: &str) -> Option<OwnVersions> {
        let changes = self.schemas.changes().of_event(type_name);
        let versions = changes.event_versions(self.version)?;
        let of_version = |own: u64| {
            let earlier = u8::try_from(own)
                .map(ApiVersion)
                .ok()
                .filter(|own| 1 < versions.len() && self.schemas.has_type(*own, type_name));
            let names = earlier.map(|earlier| {
                let later = properties_added_later(self.schemas, type_name, earlier, self.version);
                later.map(|(name, _)| name).collect::<Vec<_>>()
            });
            let numbers = names
                .into_iter()
                .flatten()
                .filter_map(|name| self.names.iter().position(|other| *other == name));
            numbers.fold(0, |mask, number| mask | 1 << number)
        };
        let forbidden = versions.iter().copied().map(of_version).collect();
        Some(OwnVersions { values: versions.to_vec(), forbidden })
    }
}

/// The versions that an event of a type speaks for, a bit each; nothing if it can be of any.
fn speaks_for(schemas: &Schemas, type_name: &str, has_version: bool) -> Option<u8> {
    let mut possible = vec![false; schemas.versions().len()];
    version::mark_possible(schemas, type_name, has_version, &mut possible);
    let bits = possible.iter().rev().fold(0, |bits, is| bits << 1 | u8::from(*is));
    possible.contains(&false).then_some(bits)
}

/// The envelope of the batches of a version.
fn batch(schemas: &Schemas, version: ApiVersion) -> Result<Batch, Unsupported> {
    let path = schemas.path_of(&format!("v{version}/batch.json"))?;
    let place = Place::of_file(schemas, path)?;
    let keywords = place.keywords(&["type", "properties", "required", "additionalProperties"])?;
    let events = place.schema.pointer("/properties/Events");
    let events = events.and_then(Value::as_object).ok_or("no schema of `Events`")?;
    if keywords.get("type").is_none_or(|name| name != "object")
        || events.get("type").is_none_or(|name| name != "array")
        || events.keys().any(|keyword| {
            !matches!(keyword.as_str(), "type" | "items" | "maxItems" | "description" | "examples")
        })
    {
        return Err(format!("{path}: another envelope than an object with an array `Events`"));
    }
    let mut properties = keywords.clone();
    if let Some(properties) = properties.get_mut("properties").and_then(Value::as_object_mut) {
        // Its items are events, each with a schema of its own.
        properties.insert("Events".to_owned(), serde_json::json!({"type": "null"}));
    }
    let record = place.record(&properties)?;
    let find = |name: &str| record.names.find(name.as_bytes());
    if EVENT_NAMES.into_iter().any(|name| find(name).is_some()) || record.open {
        return Err(format!("{path}: an envelope that may be an event"));
    }
    let count = find("Count");
    if let Some(count) = count
        && !matches!(record.checks[count], Check::Number(compile::Number { whole: Some(_) }))
    {
        return Err(format!("{path}: a `Count` that is no whole number"));
    }
    let most_events = events.get("maxItems").map_or(Some(u64::MAX), Value::as_u64);
    let most_events = most_events.and_then(|most| usize::try_from(most).ok());
    let most_events = most_events.ok_or("`maxItems` that is no natural number")?;
    let events = find("Events").ok_or("no schema of `Events`")?;
    let telling = BATCH_NAMES.into_iter().filter_map(find).fold(0, |bits, bit| bits | 1 << bit);
    Ok(Batch { record, telling, events, count, most_events })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_compiled_when_enough_was_read_without_them() {
        let (schemas, settings) = (Schemas::embedded(), Settings::default());
        let plans = Plans::new(&schemas);
        let half = usize::try_from(WORTH / 2).unwrap();
        assert_eq!(
            [half, half - 1, 1, 0].map(|bytes| plans.are_worth_it(bytes)),
            [false, false, true, true]
        );
        assert!(Plans::new(&schemas).are_worth_it(2 * half));
        let plans = Plans::new(&schemas);
        plans.compile(&schemas, &settings);
        assert!(plans.are_worth_it(0));
        assert!(plans.by_version.iter().all(|plan| plan.get().is_some()));
    }
}
