//! Every defect of the family `version`, planted into every event of a whole dump that can have it.
//!
//! A dump is all valid events of a version. One defect at a time is planted, and one finding more
//! than without it must come of it: of its rule, in its document, at its pointer. What is planted
//! where is read from `schemas/version-changes.json`, from the schemas and from the events.

use std::{collections::BTreeMap, fmt::Write as _, fs, ops::ControlFlow};

use contrail_validate::{
    ApiVersion, Change, ChangeKind, Family, Finding, RULES, Schemas, Session, Settings, Validator,
};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::{files, root, schema_oracle::said};

/// A dump and what its reader wants of it.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    version: ApiVersion,
    target: Option<ApiVersion>,
}

pub(crate) const CASES: [Case; 3] = [
    Case { name: "v2", version: ApiVersion(2), target: None },
    Case { name: "v3", version: ApiVersion(3), target: None },
    Case { name: "v2 to v3", version: ApiVersion(2), target: Some(ApiVersion(3)) },
];

/// A kind of plant, and the dump that it goes into.
struct Defect {
    /// The rule that it breaks, if it breaks any.
    name: &'static str,
    unplanted: fn(&Dump) -> String,
    plants: fn(&Dump) -> Vec<Plant>,
}

const DEFECTS: [Defect; 12] = [
    in_one_batch("missing-version", missing_version),
    in_one_batch("unexpected-version", unexpected_version),
    in_one_batch("version-before-v3", version_before_v3),
    in_many_batches("mixed-versions", mixed_versions),
    in_one_batch("event-added-later", event_added_later),
    in_one_batch("event-replaced", event_replaced),
    in_one_batch("event-removed", event_removed),
    in_one_batch("command-replaced", |dump| command(dump, ChangeKind::Replaced)),
    in_one_batch("command-removed", |dump| command(dump, ChangeKind::Removed)),
    in_one_batch("property-added-later", |dump| property_added(dump, Allowed::No)),
    in_one_batch("property-renamed", property_renamed),
    in_one_batch("uri-version-mismatch", uri_version_mismatch),
];

/// What no event of a dump can have, and why.
const NOT_PLANTED: [(&str, &[&str], &str); 8] = [
    ("missing-version", &["v2", "v2 to v3"], "no event of version 2 must have a `Version`"),
    ("unexpected-version", &["v2", "v2 to v3"], "nothing is documented of its values in version 2"),
    ("version-before-v3", &["v3"], "every event of version 3 has a `Version`"),
    ("event-added-later", &["v3"], "there is no later version"),
    ("event-replaced", &["v2"], "version 2 replaced no type"),
    ("command-replaced", &["v2"], "version 2 replaced no command"),
    ("command-removed", &["v2"], "version 2 removed no command"),
    ("no command-replaced or -removed", &["v2", "v2 to v3"], "version 2 is not a later version"),
];

/// What looks like a defect and is none: nothing may be found.
const HARMLESS: [Defect; 3] = [
    // The schema of StatusEvent is open in both versions: "Properties may be added or removed". And
    // events of devices always have version 2, so it says nothing of their properties.
    in_one_batch("no property-added-later", |dump| property_added(dump, Allowed::Yes)),
    // A queue of version 3 may hold what a call of version 2 queued.
    in_one_batch("no command-replaced or -removed", command_of_earlier_version),
    // A StatusEvent looks the same in both versions: its version is assumed, and does not count.
    in_many_batches("no mixed-versions", |dump| with_foreign_document(dump, &ambiguous)),
];

const fn in_one_batch(name: &'static str, plants: fn(&Dump) -> Vec<Plant>) -> Defect {
    Defect { name, unplanted: |dump| batch(0, &dump.events), plants }
}

const fn in_many_batches(name: &'static str, plants: fn(&Dump) -> Vec<Plant>) -> Defect {
    Defect { name, unplanted: |dump| lines(&stories(&dump.events)), plants }
}

/// A dump with one defect, and where the finding must be.
struct Plant {
    what: String,
    capture: String,
    document: u64,
    pointer: String,
}

type Event = serde_json::Map<String, Value>;

/// All valid events of a version, in the order of time.
struct Dump {
    case: Case,
    validator: Validator,
    events: Vec<Event>,
    /// The events that nothing is found in as they are. A defect beside another one is not planted.
    clean: Vec<usize>,
}

#[derive(Default)]
struct Counts {
    planted: u32,
    found: u32,
    missed: u32,
    /// Findings that nothing was planted for, and those of the unplanted dump that were lost.
    wrong: u32,
}

pub(crate) fn check(case: Case) -> Result<(), Failed> {
    let dump = Dump::of(case);
    let (mut total, mut mistakes) = (Counts::default(), Vec::new());
    let mut table = format!("{:28} planted  found missed  false   ({})\n", "rule", case.name);
    for defect in &DEFECTS {
        let counts = dump.count(defect, Some(defect.name), &mut mistakes);
        counts.write(defect.name, &mut table);
        mistakes.extend(unplanted_without_reason(case, defect.name, &counts));
        total.add(&counts);
    }
    for harmless in &HARMLESS {
        let counts = dump.count(harmless, None, &mut mistakes);
        counts.write(harmless.name, &mut table);
        mistakes.extend(unplanted_without_reason(case, harmless.name, &counts));
        total.wrong += counts.wrong;
    }
    total.write("all", &mut table);
    let ratio = |of: u32| f64::from(total.found) / f64::from(total.found + of);
    let (precision, recall) = (ratio(total.wrong), ratio(total.missed));
    print(&format!("{table}precision {precision:.3}, recall {recall:.3}"));
    let is_perfect = total.wrong == 0 && total.found == total.planted;
    if is_perfect && mistakes.is_empty() {
        return Ok(());
    }
    mistakes.truncate(20);
    Err(mistakes.join("\n").into())
}

/// Each rule of the family must be planted somewhere.
pub(crate) fn covers_the_family() -> Result<(), Failed> {
    let family: Vec<_> =
        RULES.iter().filter(|rule| rule.family == Family::Version).map(|rule| rule.name).collect();
    let planted: Vec<_> = DEFECTS.iter().map(|defect| defect.name).collect();
    for (name, cases, _) in NOT_PLANTED {
        if cases.len() == CASES.len() {
            return Err(format!("{name} is nowhere planted").into());
        }
    }
    if planted == family { Ok(()) } else { Err(format!("want {family:?}, got {planted:?}").into()) }
}

#[expect(clippy::print_stdout, reason = "the counts are for whoever runs the test")]
fn print(table: &str) {
    println!("\n{table}");
}

/// Whether something is planted nowhere without a reason, or somewhere against one.
fn unplanted_without_reason(case: Case, name: &str, counts: &Counts) -> Option<String> {
    let reason = NOT_PLANTED
        .iter()
        .find(|(of, cases, _)| *of == name && cases.contains(&case.name))
        .map(|(_, _, reason)| *reason);
    match (counts.planted, reason) {
        (0, None) => Some(format!("{name} is planted into no event, and no reason is given")),
        (planted, Some(reason)) if 0 < planted => {
            Some(format!("{name} is planted {planted} times, though {reason}"))
        }
        _ => None,
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.planted += other.planted;
        self.found += other.found;
        self.missed += other.missed;
        self.wrong += other.wrong;
    }

    fn write(&self, name: &str, table: &mut String) {
        let Self { planted, found, missed, wrong } = self;
        let row = writeln!(table, "{name:32} {planted:>3} {found:>6} {missed:>6} {wrong:>6}");
        row.expect("a string can be written to");
    }
}

impl Dump {
    fn of(case: Case) -> Self {
        let mut settings = Settings::default();
        settings.target_version = case.target;
        let validator = Validator::new(Schemas::embedded(), settings);
        let events = valid_events(case.version);
        let found = findings(&validator, &batch(0, &events));
        let is_clean = |at: &usize| {
            let is_here = |finding: &Finding| {
                finding.event.as_ref().and_then(|event| event.index) == Some(*at as u64)
            };
            !found.iter().any(is_here)
        };
        let clean = (0..events.len()).filter(is_clean).collect();
        Self { case, validator, events, clean }
    }

    /// Plants a defect wherever it can be; without a rule, nothing is to be found.
    fn count(&self, defect: &Defect, rule: Option<&str>, mistakes: &mut Vec<String>) -> Counts {
        let before = findings(&self.validator, &(defect.unplanted)(self));
        let mut counts = Counts::default();
        for plant in (defect.plants)(self) {
            let after = findings(&self.validator, &plant.capture);
            let (new, lost) = difference(&before, after);
            let (right, wrong): (Vec<_>, Vec<_>) = new.iter().partition(|finding| {
                Some(finding.rule.name) == rule
                    && finding.document == plant.document
                    && finding.pointer == plant.pointer
            });
            let one = Counts {
                planted: 1,
                found: u32::from(!right.is_empty()),
                missed: u32::from(rule.is_some() && right.is_empty()),
                wrong: number(wrong.len() + right.len().saturating_sub(1) + lost),
            };
            if one.missed + one.wrong != 0 {
                let got: Vec<_> = new.iter().map(in_short).collect();
                let want = rule.map(|rule| format!("{rule} {}:{}", plant.document, plant.pointer));
                mistakes
                    .push(format!("{}: want {want:?}, got {got:?}, {lost} are lost", plant.what));
            }
            counts.add(&one);
        }
        counts
    }

    /// The version that a consumer of the dump must cope with.
    fn target(&self) -> ApiVersion {
        self.case.target.unwrap_or(self.case.version)
    }

    fn schemas(&self) -> &Schemas {
        self.validator.schemas()
    }

    fn changes(&self, kind: ChangeKind) -> impl Iterator<Item = &Change> {
        self.schemas().changes().changes.iter().filter(move |change| change.kind == kind)
    }

    /// The changes to types as a whole.
    fn type_changes(&self, kind: ChangeKind) -> impl Iterator<Item = (&str, &Change)> {
        self.changes(kind)
            .filter(|change| change.subject.property.is_none())
            .filter_map(|change| Some((change.subject.event.as_deref()?, change)))
    }

    fn property_changes(&self, kind: ChangeKind) -> impl Iterator<Item = (&str, &str, &Change)> {
        self.changes(kind).filter_map(|change| {
            let subject = &change.subject;
            Some((subject.event.as_deref()?, subject.property.as_deref()?, change))
        })
    }

    /// The events that a defect may be planted into.
    fn candidates(&self) -> impl Iterator<Item = (usize, &Event)> {
        self.clean.iter().map(|at| (*at, &self.events[*at]))
    }

    fn of_type(&self, type_name: &str) -> impl Iterator<Item = (usize, &Event)> {
        self.candidates().filter(move |(_, event)| text(event, "Type") == type_name)
    }

    /// The values of `Version` that a type has in an API version, as far as they are documented.
    fn event_versions(&self, version: ApiVersion, type_name: &str) -> Option<&[u64]> {
        let rows = &self.schemas().changes().event_versions;
        let is_of = |name: &String| name == type_name;
        rows.iter()
            .find(|row| row.api_version == version && row.types.iter().any(is_of))
            .map(|row| row.versions.as_slice())
    }

    /// The versions of the API, the one before and the one behind them.
    fn numbers(&self) -> std::ops::RangeInclusive<u64> {
        let versions = self.schemas().versions();
        let (first, last) = (versions[0].0, versions[versions.len() - 1].0);
        u64::from(first - 1)..=u64::from(last + 1)
    }

    /// The dump as one batch in which one event is changed.
    fn plant(
        &self,
        at: usize,
        what: impl std::fmt::Display,
        pointer: &str,
        change: impl FnOnce(&mut Event),
    ) -> Plant {
        let mut events = self.events.clone();
        change(&mut events[at]);
        let what = format!("{what} in event {at}, {}", text(&self.events[at], "Type"));
        let pointer = format!("/Events/{at}{pointer}");
        Plant { what, capture: batch(0, &events), document: 1, pointer }
    }
}

fn missing_version(dump: &Dump) -> Vec<Plant> {
    let must_have = |(_, event): &(usize, &Event)| {
        said(dump.case.version.0, text(event, "Type"), "/Version").is_some_and(|said| said.required)
    };
    let remove = |event: &mut Event| {
        event.remove("Version");
    };
    dump.candidates()
        .filter(must_have)
        .map(|(at, _)| dump.plant(at, "no Version", "", remove))
        .collect()
}

fn unexpected_version(dump: &Dump) -> Vec<Plant> {
    let mut plants = Vec::new();
    for (at, event) in dump.candidates() {
        let want = dump.event_versions(dump.case.version, text(event, "Type"));
        let Some(want) = want else { continue };
        // What was generated by a call of a version cannot be of an earlier one.
        let least = uri_version(event).unwrap_or_default();
        for value in dump.numbers().filter(|value| !want.contains(value) || *value < least) {
            plants.push(dump.plant(at, format!("Version {value}"), "/Version", |event| {
                event.insert("Version".to_owned(), value.into());
            }));
        }
    }
    plants
}

/// Version 2 knows the `Version` of a `StatusEvent`, whose page shows one.
fn version_before_v3(dump: &Dump) -> Vec<Plant> {
    let mut plants = Vec::new();
    for (at, event) in dump.candidates() {
        let type_name = text(event, "Type");
        if said(dump.case.version.0, type_name, "/Version").is_some() {
            continue;
        }
        for later in dump.schemas().versions().iter().filter(|later| dump.case.version < **later) {
            for value in dump.event_versions(*later, type_name).into_iter().flatten() {
                plants.push(dump.plant(at, format!("Version {value}"), "/Version", |event| {
                    event.insert("Version".to_owned(), (*value).into());
                }));
            }
        }
    }
    plants
}

fn mixed_versions(dump: &Dump) -> Vec<Plant> {
    with_foreign_document(dump, &|schemas, story| !ambiguous(schemas, story))
}

/// The dump in many documents, and behind each of them one of another version.
///
/// A command comes with both of its events, or the lack of one would be a defect of its own.
fn with_foreign_document(dump: &Dump, is_wanted: &dyn Fn(&Schemas, &Story) -> bool) -> Vec<Plant> {
    let own = stories(&dump.events);
    let others = dump.schemas().versions().iter().filter(|other| **other != dump.case.version);
    let foreign: Vec<Story> = others
        .flat_map(|other| stories(&valid_events(*other)))
        .filter(|story| 1 < story.len() || !story[0].contains_key("CommandId"))
        .filter(|story| is_wanted(dump.schemas(), story))
        .collect();
    // As many as are needed for every place to have a document, and every document a place.
    (0..own.len().max(foreign.len()))
        .map(|turn| {
            let (at, story) = (turn % own.len() + 1, &foreign[turn % foreign.len()]);
            let mut all = own.clone();
            all.insert(at, story.clone());
            let what = format!("{} as document {at}", text(&story[0], "Type"));
            Plant { what, capture: lines(&all), document: at as u64 + 1, pointer: String::new() }
        })
        .collect()
}

/// Whether events can be of more than one version, by what the schemas say of `Version`.
fn ambiguous(schemas: &Schemas, story: &Story) -> bool {
    let fits = |version: ApiVersion, event: &Event| {
        let type_name = text(event, "Type");
        if !schemas.has_type(version, type_name) {
            return false;
        }
        let said = said(version.0, type_name, "/Version");
        if event.contains_key("Version") {
            said.is_some() || is_open(version, type_name)
        } else {
            said.is_none_or(|said| !said.required)
        }
    };
    let possible = schemas
        .versions()
        .iter()
        .filter(|version| story.iter().all(|event| fits(**version, event)));
    1 < possible.count()
}

fn event_added_later(dump: &Dump) -> Vec<Plant> {
    let mut plants = Vec::new();
    for (name, change) in dump.type_changes(ChangeKind::Added) {
        let Some(after) = change.after.as_ref().filter(|_| dump.case.version < change.since) else {
            continue;
        };
        // That it lacks a `Version`, as all events around it do, is no second defect.
        for with_version in [true, false] {
            plants.extend(dump.candidates().map(|(at, _)| {
                dump.plant(at, name, "/Type", |event| {
                    replace(event, after);
                    if !with_version {
                        event.remove("Version");
                    }
                })
            }));
        }
    }
    plants
}

fn event_replaced(dump: &Dump) -> Vec<Plant> {
    let mut plants = Vec::new();
    for (name, change) in dump.type_changes(ChangeKind::Replaced) {
        let Some(before) = change.before.as_ref().filter(|_| change.since <= dump.target()) else {
            continue;
        };
        // An event of an earlier version may come without `Version` or with one of those documented.
        let documented = dump.event_versions(dump.case.version, name).into_iter().flatten();
        for value in documented.map(Some).chain([None]) {
            plants.extend(dump.candidates().map(|(at, _)| {
                dump.plant(at, format!("{name} of {value:?}"), "/Type", |event| {
                    replace(event, before);
                    event.extend(value.map(|value| ("Version".to_owned(), (*value).into())));
                })
            }));
        }
    }
    plants
}

/// What events of such a type held is not documented, so the planted event keeps what it holds.
fn event_removed(dump: &Dump) -> Vec<Plant> {
    let mut plants = Vec::new();
    for (name, change) in dump.type_changes(ChangeKind::Removed) {
        if change.since <= dump.target() {
            plants.extend(dump.candidates().map(|(at, _)| {
                dump.plant(at, name, "/Type", |event| {
                    event.insert("Type".to_owned(), name.into());
                })
            }));
        }
    }
    plants
}

fn command(dump: &Dump, kind: ChangeKind) -> Vec<Plant> {
    let mut plants = Vec::new();
    for change in dump.changes(kind).filter(|change| change.since <= dump.target()) {
        let Some(name) = &change.subject.command else { continue };
        let with_command = dump.candidates().filter(|(_, event)| event.contains_key("CommandName"));
        plants.extend(
            with_command
                .map(|(at, _)| dump.plant(at, name, "/CommandName", |event| rename(event, name))),
        );
    }
    plants
}

/// Events of commands that are gone, as the version before queued them.
fn command_of_earlier_version(dump: &Dump) -> Vec<Plant> {
    let mut plants = Vec::new();
    for change in &dump.schemas().changes().changes {
        let earlier = u64::from(change.since.0 - 1);
        let Some(name) = &change.subject.command else { continue };
        if change.kind == ChangeKind::Added || dump.case.version < change.since {
            continue;
        }
        for (at, _) in dump.candidates().filter(|(_, event)| event.contains_key("URI")) {
            plants.push(dump.plant(at, format!("{name} of version {earlier}"), "", |event| {
                rename(event, name);
                set_uri_version(event, earlier);
                event.insert("Version".to_owned(), earlier.into());
            }));
        }
    }
    plants
}

/// Whether an event of an earlier version may have a property that a later one added.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    Yes,
    No,
}

fn property_added(dump: &Dump, wanted: Allowed) -> Vec<Plant> {
    let mut plants = Vec::new();
    for (type_name, property, change) in dump.property_changes(ChangeKind::Added) {
        // `Version` has rules of its own.
        let Some(after) = change.after.as_ref().filter(|_| property != "Version") else { continue };
        for (at, event) in dump.of_type(type_name) {
            let own = own_version(dump, event);
            if event.contains_key(property) || change.since <= own {
                continue;
            }
            if may_have(dump, type_name, own) != wanted {
                continue;
            }
            let pointer = format!("/{property}");
            plants.push(dump.plant(at, property, &pointer, |event| {
                event.insert(property.to_owned(), after[property].clone());
            }));
        }
    }
    plants
}

fn own_version(dump: &Dump, event: &Event) -> ApiVersion {
    let own = event.get("Version").and_then(Value::as_u64);
    own.and_then(|own| own.try_into().ok()).map_or(dump.case.version, ApiVersion)
}

/// In a dump of the later version, an event's own version says something of its properties only
/// where its type can have both.
fn may_have(dump: &Dump, type_name: &str, own: ApiVersion) -> Allowed {
    let has_several =
        || dump.event_versions(dump.case.version, type_name).is_some_and(|all| 1 < all.len());
    let decides = own == dump.case.version || has_several();
    if is_open(own, type_name) || !decides { Allowed::Yes } else { Allowed::No }
}

fn property_renamed(dump: &Dump) -> Vec<Plant> {
    let mut plants = Vec::new();
    for (type_name, old, change) in dump.property_changes(ChangeKind::Renamed) {
        let new = change.replaced_by.as_deref().expect("what is renamed has a new name");
        if dump.target() < change.since {
            continue;
        }
        for (at, _) in dump.of_type(type_name) {
            plants.push(dump.plant(at, old, &format!("/{old}"), |event| {
                let value = event.remove(new).expect("a required property is there");
                event.insert(old.to_owned(), value);
            }));
        }
    }
    plants
}

/// A URI of a later version that an event can have too breaks `unexpected-version` by design, at the
/// `Version` that is too early; it is planted there, and no valid event gives rise to it here.
fn uri_version_mismatch(dump: &Dump) -> Vec<Plant> {
    let mut plants = Vec::new();
    for (at, event) in dump.candidates() {
        let Some(own) = uri_version(event) else { continue };
        for other in dump.numbers().filter(|other| *other != own) {
            plants.push(dump.plant(at, format!("URI of version {other}"), "/URI", |event| {
                set_uri_version(event, other);
            }));
        }
    }
    plants
}

fn is_open(version: ApiVersion, type_name: &str) -> bool {
    said(version.0, type_name, "/Type").is_some_and(|said| said.open)
}

fn text<'e>(event: &'e Event, name: &str) -> &'e str {
    event.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn uri_version(event: &Event) -> Option<u64> {
    text(event, "URI").split('/').nth(1)?.parse().ok()
}

fn set_uri_version(event: &mut Event, version: u64) {
    let uri = text(event, "URI").splitn(3, '/').nth(2).expect("a URI has a path");
    let uri = format!("/{version}/{uri}");
    event.insert("URI".to_owned(), uri.into());
}

/// Makes an event one of another command, which must then have an id of its own.
fn rename(event: &mut Event, command: &str) {
    event.insert("CommandName".to_owned(), command.into());
    let id = text(event, "CommandId").to_owned();
    event.insert("CommandId".to_owned(), with_front(&id, "99999999").into());
}

/// Puts a witness in the place of an event, at the same time and under the same id.
fn replace(event: &mut Event, witness: &Value) {
    let old = std::mem::replace(event, witness.as_object().expect("an event").clone());
    for name in ["EventId", "EventTime"] {
        event.insert(name.to_owned(), old[name].clone());
    }
    if let Some(received) = event.get_mut("ReceivedTime") {
        received.clone_from(old.get("ReceivedTime").unwrap_or(&old["EventTime"]));
    }
}

/// What comes only with the plant, and how many came only without it.
///
/// A fingerprint is the same for the same defect where documents move.
fn difference(before: &[Finding], after: Vec<Finding>) -> (Vec<Finding>, usize) {
    let mut left: Vec<_> = before.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let is_new = |finding: &Finding| match left.iter().position(|old| *old == finding.fingerprint) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    };
    let new = after.into_iter().filter(is_new).collect();
    (new, left.len())
}

fn findings(validator: &Validator, capture: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut keep = |finding| {
        found.push(finding);
        ControlFlow::Continue(())
    };
    let mut session = Session::new(validator, "dump");
    let _ = session.push(capture.as_bytes(), &mut keep);
    session.finish(&mut keep);
    found
}

fn in_short(finding: &Finding) -> String {
    format!("{} {}:{}", finding.rule.name, finding.document, finding.pointer)
}

fn number(count: usize) -> u32 {
    count.try_into().expect("findings are few")
}

/// Every event of the valid files of a version, each with an id of its own.
///
/// The documentation uses some ids for several events, and the same ones in both versions.
fn valid_events(version: ApiVersion) -> Vec<Event> {
    let mut events = Vec::new();
    for path in files(&root().join(format!("valid/v{version}"))) {
        let text = fs::read_to_string(path).expect("a file of the corpus is text");
        let document: Value = serde_json::from_str(&text).expect("a valid file is JSON");
        match document.get("Events").and_then(Value::as_array) {
            Some(of_batch) => events.extend(of_batch.iter().cloned()),
            None => events.push(document),
        }
    }
    let mut events: Vec<Event> =
        events.iter().map(|event| event.as_object().expect("an event").clone()).collect();
    events.sort_by_key(|event| text(event, "EventTime").to_owned());
    for (number, event) in events.iter_mut().enumerate() {
        let id = format!("{:08}-52a6-487b-bf2c-{number:012}", version.0);
        event.insert("EventId".to_owned(), id.into());
        if let Some(id) = event.get_mut("CommandId") {
            *id = with_front(id.as_str().expect("an id"), &format!("0{version}")).into();
        }
    }
    events
}

/// The id with other characters at its front.
fn with_front(id: &str, front: &str) -> String {
    format!("{front}{}", &id[front.len()..])
}

/// What makes up a document of its own: an event, or all events of a command.
type Story = Vec<Event>;

fn stories(events: &[Event]) -> Vec<Story> {
    let mut stories: Vec<Story> = Vec::new();
    let mut of_command: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events {
        let command = text(event, "CommandId");
        match of_command.get(command).filter(|_| !command.is_empty()) {
            Some(at) => stories[*at].push(event.clone()),
            None => {
                of_command.insert(command, stories.len());
                stories.push(vec![event.clone()]);
            }
        }
    }
    stories
}

/// A batch a line.
fn lines(stories: &[Story]) -> String {
    let batches = stories.iter().enumerate().map(|(at, story)| batch(at, story));
    batches.collect::<Vec<_>>().join("\n")
}

fn batch(number: usize, events: &[Event]) -> String {
    let id = format!("c15d316b-5fc3-4a7f-a2ba-{number:012}");
    json!({ "BatchId": id, "Count": events.len(), "Events": events }).to_string()
}
