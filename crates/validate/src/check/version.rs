//! The rules of the family `version`: what an API version added, replaced, renamed and removed.
//!
//! What changed is data; nothing here names an event type, a command or a version.

use std::borrow::Cow;

use contrail_model::Node;

use super::Against;
use crate::{
    changes::{Change, ChangeKind, TypeChanges},
    defect::{Defect, Defects, What},
    draft::Draft,
    event::Event,
    rule::{Rule, version as rules},
    schema_failures::Sites,
    schemas::Schemas,
    version::ApiVersion,
};

/// The property that carries an event's own version, and that of a command's request.
const VERSION: &str = "Version";
const URI: &str = "URI";

/// What became of the type of an event, and what that means for it.
pub(super) struct Checker<'j, 'e> {
    against: Against<'e>,
    type_name: Cow<'e, str>,
    changes: TypeChanges<'e>,
    event: &'j Event<'e>,
    /// The value of its own `Version`.
    own: Option<u64>,
}

/// What versions say of a defect that a schema has found.
#[derive(Clone, Copy)]
enum Explained<'e> {
    /// Nothing.
    AsItIs,
    /// That it is none, or is already reported.
    Dropped,
    MissingVersion,
    Renamed(&'e Change),
    BeforeVersion,
    AddedLater(&'e Change),
}

impl Explained<'_> {
    /// The rule that tells it in place of the schema's.
    fn rule(self) -> Option<&'static Rule> {
        match self {
            Self::AsItIs | Self::Dropped => None,
            Self::MissingVersion => Some(&rules::MISSING_VERSION),
            Self::Renamed(_) => Some(&rules::PROPERTY_RENAMED),
            Self::BeforeVersion => Some(&rules::VERSION_BEFORE_V3),
            Self::AddedLater(_) => Some(&rules::PROPERTY_ADDED_LATER),
        }
    }
}

impl<'j, 'e> Checker<'j, 'e> {
    pub(super) fn new(against: Against<'e>, type_name: Cow<'e, str>, event: &'j Event<'e>) -> Self {
        let changes = against.changes.of_event(&type_name);
        let own = event.version.and_then(Node::as_number).and_then(whole_number);
        Self { against, type_name, changes, event, own }
    }

    /// Adds the defects about versions, in place of those of the schema that they explain better.
    pub(super) fn apply(&self, defects: &mut Defects<'e>) {
        let is_later = self.added_later(defects);
        let Defects { list, sites, .. } = &mut *defects;
        list.retain_mut(|defect| self.replace(defect, sites.get(), is_later));
        self.replaced_type(defects);
        self.command(defects);
        self.event_version(defects);
        self.properties_by_event_version(defects);
    }

    /// Gives a defect the rule that explains it better; false if it is none.
    fn replace(&self, defect: &mut Defect, sites: &Sites, is_later: bool) -> bool {
        match self.explain(defect, sites) {
            Explained::Dropped => false,
            // Of an event that is of a later version it need not be said what that version asks for.
            Explained::MissingVersion if is_later => false,
            explained => {
                if let Some(rule) = explained.rule() {
                    *defect = defect.by(rule);
                }
                true
            }
        }
    }

    fn explain(&self, defect: &Defect, sites: &Sites) -> Explained<'e> {
        let Against { version, .. } = self.against;
        match defect.what {
            What::Missing(name) | What::Renamed { name, .. } if sites.name(name) == VERSION => {
                Explained::MissingVersion
            }
            What::Renamed { site, name } if sites.is_top(site) => {
                let change = self.change_of(ChangeKind::Renamed, defect);
                let is_it = |change: &&Change| {
                    change.since <= version
                        && change.replaced_by.as_deref() == Some(sites.name(name))
                };
                change.filter(is_it).map_or(Explained::AsItIs, Explained::Renamed)
            }
            What::Unknown { site, .. } if sites.is_top(site) => self.explain_unknown(defect),
            _ => Explained::AsItIs,
        }
    }

    fn explain_unknown(&self, defect: &Defect) -> Explained<'e> {
        let name = self.event.place.node.numbered(defect.node);
        if name.is_str(VERSION) && self.has_versions_elsewhere() {
            // A queue of a later version may hold events of an earlier one.
            let earlier = self.changes.of_kind(ChangeKind::Replaced);
            let is_earlier = |change: &Change| change.since <= self.against.version;
            let is_queued = earlier.is_some_and(is_earlier);
            return if is_queued { Explained::Dropped } else { Explained::BeforeVersion };
        }
        let change = self.change_of(ChangeKind::Added, defect);
        change.map_or(Explained::AsItIs, Explained::AddedLater)
    }

    /// The change of this kind to the property at whose name the defect is.
    fn change_of(&self, kind: ChangeKind, defect: &Defect) -> Option<&'e Change> {
        let name = self.event.place.node.numbered(defect.node).as_str()?;
        self.changes.of_property(kind, &name)
    }

    /// Puts a finding of the schema into the words of the rule that explains it better.
    pub(super) fn reword(&self, draft: &mut Draft<'e>, defect: &Defect, sites: &Sites) {
        let Against { version, .. } = self.against;
        let explained = self.explain(defect, sites);
        if let Some(rule) = explained.rule() {
            draft.rule = rule;
        }
        match explained {
            Explained::AsItIs | Explained::Dropped => {}
            Explained::MissingVersion => {
                draft.message = format!(
                    "every event of API version {version} has a `Version`, but this one has none"
                );
            }
            Explained::Renamed(change) => {
                let (old, new) = (property_of(change), replacement_of(change));
                let since = change.since;
                draft.message = format!("`{old}` is called `{new}` from API version {since} on");
                draft.help = Some(format!("rename it to `{new}`"));
            }
            Explained::BeforeVersion => {
                draft.message =
                    format!("events of API version {version} have no `Version`, but this one has");
                draft.help = Some("was the dump mixed from two versions, or edited?".to_owned());
            }
            Explained::AddedLater(change) => {
                later_property(draft, property_of(change), change.since, version);
            }
        }
    }

    /// The version that a consumer of the document must cope with.
    fn target(&self) -> ApiVersion {
        self.against
            .version
            .max(self.against.settings.target_version.unwrap_or(self.against.version))
    }

    fn draft(&self, rule: &'static Rule, name: &str, message: String) -> Option<Draft<'e>> {
        let value = self.event.place.node.get(name)?;
        Some(Draft::new(rule, value, message).got(value.raw()))
    }

    /// A type that a later version brought. Tells whether the event is of such a type.
    fn added_later(&self, defects: &mut Defects<'e>) -> bool {
        let Against { version, .. } = self.against;
        let added = self.changes.of_kind(ChangeKind::Added);
        let Some(change) = added.filter(|change| version < change.since) else { return false };
        let message = format!(
            "{} exists only from API version {} on, but this document is of version {version}",
            self.type_name, change.since
        );
        let draft = self.draft(&rules::EVENT_ADDED_LATER, "Type", message);
        defects.add(draft);
        true
    }

    /// Whether any version of the API gives `Version` to events.
    fn has_versions_elsewhere(&self) -> bool {
        let Against { schemas, .. } = self.against;
        schemas.versions().iter().any(|version| schemas.shape(*version, "").requires(VERSION))
    }

    /// A type that another one has replaced, or that is gone.
    fn replaced_type(&self, defects: &mut Defects<'e>) {
        for (kind, rule) in [
            (ChangeKind::Replaced, &rules::EVENT_REPLACED),
            (ChangeKind::Removed, &rules::EVENT_REMOVED),
        ] {
            let change = self.changes.of_kind(kind);
            let Some(change) = change.filter(|change| change.since <= self.target()) else {
                continue;
            };
            let since = change.since;
            let (message, help) = match &change.replaced_by {
                Some(new) => (
                    format!("{} is replaced by {new} from API version {since} on", self.type_name),
                    Some(format!("handle {new}")),
                ),
                None => (format!("{} is gone from API version {since} on", self.type_name), None),
            };
            if let Some(draft) = self.draft(rule, "Type", message) {
                let want = change.replaced_by.clone();
                defects.draft(Draft { want, ..draft.help(help) });
            }
        }
        self.renamed_properties(defects);
    }

    /// Properties of an earlier version that the target version calls by another name.
    fn renamed_properties(&self, defects: &mut Defects<'e>) {
        if !self.changes.has_renamed() {
            return;
        }
        for member in self.event.place.node.members() {
            let name = member.name.as_str().unwrap_or_default();
            let change = self.changes.of_property(ChangeKind::Renamed, &name);
            let Some(change) = change else { continue };
            if change.since <= self.against.version || self.target() < change.since {
                continue;
            }
            let new = replacement_of(change);
            let message =
                format!("`{name}` is called `{new}` from API version {} on", change.since);
            let draft = Draft::new(&rules::PROPERTY_RENAMED, member.name, message);
            defects.draft(draft.got(&name).want(new));
        }
    }

    fn command(&self, defects: &mut Defects<'e>) {
        let Some(name) = self.event.command_name.and_then(Node::as_str) else { return };
        let change = self.against.changes.of_command(&name);
        let Some(change) = change.filter(|change| change.since <= self.target()) else { return };
        // An event of an earlier version in a queue of a later one is as it must be.
        let of_earlier = self.own.is_some_and(|own| {
            let asked = self.against.settings.target_version;
            // A completion has no URI to say so: better told once too often than missed.
            own < u64::from(change.since.0) && self.uri_version() == Some(own) && asked.is_none()
        });
        if of_earlier {
            return;
        }
        let since = change.since;
        let (rule, message, help) = match &change.replaced_by {
            Some(new) => (
                &rules::COMMAND_REPLACED,
                format!("the command {name} is replaced by {new} from API version {since} on"),
                Some(format!("use {new}")),
            ),
            None => (
                &rules::COMMAND_REMOVED,
                format!("the command {name} is gone from API version {since} on"),
                None,
            ),
        };
        if let Some(draft) = self.draft(rule, "CommandName", message) {
            let want = change.replaced_by.clone();
            defects.draft(Draft { want, ..draft.help(help) });
        }
    }

    /// The value of the event's own `Version`, and the version in the path of its request.
    fn event_version(&self, defects: &mut Defects<'e>) {
        let Against { version, schemas, .. } = self.against;
        let signs = VersionSigns {
            of_document: version,
            own: self.own,
            of_uri: self.uri_version(),
            has_own: schemas.shape(version, "").requires(VERSION),
        };
        let want = self.changes.event_versions(version);
        match signs.judge(want) {
            Signs::Agree => {}
            Signs::UnexpectedOwn { got, want } => {
                let want: Vec<_> = want.iter().map(ToString::to_string).collect();
                let want = want.join(" or ");
                let message = format!("{} has Version {got}, but must have {want}", self.type_name);
                let draft = self.draft(&rules::UNEXPECTED_VERSION, VERSION, message);
                defects.add(draft.map(|draft| draft.want(want)));
            }
            Signs::OtherUri { got, want } => {
                let message =
                    format!("the URI is of API version {got}, but the event of version {want}");
                let draft = self.draft(&rules::URI_VERSION_MISMATCH, URI, message);
                defects.add(draft);
            }
        }
    }

    /// The version at the front of the path of a command's request.
    fn uri_version(&self) -> Option<u64> {
        version_of_uri(&self.event.uri?.as_str()?)
    }

    /// Properties that an event of its own, earlier version cannot have.
    fn properties_by_event_version(&self, defects: &mut Defects<'e>) {
        let Against { version, schemas, .. } = self.against;
        let Some(own) = self.own.and_then(|own| own.try_into().ok()).map(ApiVersion) else {
            return;
        };
        // Only where the event's own version can be one or the other.
        let differs = self
            .changes
            .event_versions(version)
            .is_some_and(|versions| 1 < versions.len() && versions.contains(&u64::from(own.0)));
        if !differs || !schemas.has_type(own, &self.type_name) {
            return;
        }
        for (name, change) in properties_added_later(schemas, &self.type_name, own, version) {
            let mut members = self.event.place.node.members();
            if let Some(member) = members.find(|member| member.name.is_str(name)) {
                let mut draft = Draft::new(&rules::PROPERTY_ADDED_LATER, member.name, "").got(name);
                later_property(&mut draft, name, change.since, own);
                defects.draft(draft);
            }
        }
    }
}

/// What speaks for a version of an event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VersionSigns {
    pub(crate) of_document: ApiVersion,
    /// The value of the event's own `Version`.
    pub(crate) own: Option<u64>,
    /// The version at the front of the path of a command's request.
    pub(crate) of_uri: Option<u64>,
    /// Whether events of the document's version have a `Version`.
    pub(crate) has_own: bool,
}

/// Whether the signs agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signs {
    Agree,
    UnexpectedOwn { got: u64, want: Vec<u64> },
    OtherUri { got: u64, want: u64 },
}

impl VersionSigns {
    /// `want` are the values of `Version` that the type has; nothing if any may be.
    pub(crate) fn judge(self, want: Option<&[u64]>) -> Signs {
        let Self { of_document, of_uri, has_own, .. } = self;
        let own = self.own.filter(|_| has_own);
        if let (Some(own), Some(want)) = (own, want) {
            if !want.contains(&own) {
                return Signs::UnexpectedOwn { got: own, want: want.to_vec() };
            }
            if let Some(of_uri) = of_uri.filter(|of_uri| own < *of_uri && want.contains(of_uri)) {
                return Signs::UnexpectedOwn { got: own, want: vec![of_uri] };
            }
        }
        let of_document = u64::from(of_document.0);
        let expected = self.own.unwrap_or(of_document);
        // A `Version` that the document's version does not have is already reported.
        let is_right = |of_uri| of_uri == expected || own.is_none() && of_uri == of_document;
        match of_uri.filter(|of_uri| !is_right(*of_uri)) {
            Some(got) => Signs::OtherUri { got, want: expected },
            None => Signs::Agree,
        }
    }
}

/// The version at the front of the path of a request.
pub(crate) fn version_of_uri(uri: &str) -> Option<u64> {
    uri.strip_prefix('/')?.split('/').next()?.parse().ok()
}

/// The properties of a type that only a version after `own` has, up to that of the document.
pub(crate) fn properties_added_later<'s>(
    schemas: &'s Schemas,
    type_name: &str,
    own: ApiVersion,
    of_document: ApiVersion,
) -> impl Iterator<Item = (&'s str, &'s Change)> {
    let earlier = schemas.shape(own, type_name);
    schemas.changes().of_event(type_name).added_properties().filter(move |(name, change)| {
        *name != VERSION
            && own < change.since
            && change.since <= of_document
            && !earlier.allows(name)
    })
}

/// A whole number, however it is written: `3` is `3.0` and `3e0` to JSON Schema.
fn whole_number(written: &str) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a small whole number"
    )]
    let of_float = |number: f64| {
        (number.fract() == 0.0 && (0.0..1e9).contains(&number)).then_some(number as u64)
    };
    written.parse().ok().or_else(|| written.parse().ok().and_then(of_float))
}

fn property_of(change: &Change) -> &str {
    change.subject.property.as_deref().unwrap_or_default()
}

fn replacement_of(change: &Change) -> &str {
    change.replaced_by.as_deref().unwrap_or_default()
}

fn later_property(draft: &mut Draft<'_>, name: &str, since: ApiVersion, version: ApiVersion) {
    draft.rule = &rules::PROPERTY_ADDED_LATER;
    draft.message = format!(
        "`{name}` exists only from version {since} on, but this event is of version {version}"
    );
    draft.help = None;
}
