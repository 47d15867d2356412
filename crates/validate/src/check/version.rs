//! The rules of the family `version`: what an API version added, replaced, renamed and removed.
//!
//! What changed is data; nothing here names an event type, a command or a version.

use contrail_model::Node;

use super::Against;
use crate::{
    changes::{Change, ChangeKind, TypeChanges},
    draft::Draft,
    event::Event,
    rule::{Rule, schema, version as rules},
    schemas::Schemas,
    version::ApiVersion,
};

/// The property that carries an event's own version, and that of a command's request.
const VERSION: &str = "Version";
const URI: &str = "URI";

/// Adds the findings about versions, in place of those of the schema that they explain better.
pub(super) fn apply<'t>(
    against: &Against<'_>,
    type_name: &str,
    event: &Event<'t>,
    drafts: &mut Vec<Draft<'t>>,
) {
    let changes = against.changes.of_event(type_name);
    let own = event.version.and_then(Node::as_number).and_then(whole_number);
    let checker = Checker { against, type_name, changes, event, own };
    let is_later = checker.added_later(drafts);
    drafts.retain_mut(|draft| checker.explain(draft, is_later));
    checker.replaced_type(drafts);
    checker.command(drafts);
    checker.event_version(drafts);
    checker.properties_by_event_version(drafts);
}

struct Checker<'c, 't> {
    against: &'c Against<'c>,
    type_name: &'c str,
    /// What became of the type.
    changes: TypeChanges<'c>,
    event: &'c Event<'t>,
    /// The value of its own `Version`.
    own: Option<u64>,
}

impl<'t> Checker<'_, 't> {
    /// The version that a consumer of the document must cope with.
    fn target(&self) -> ApiVersion {
        self.against
            .version
            .max(self.against.settings.target_version.unwrap_or(self.against.version))
    }

    fn pointer(&self, name: &str) -> String {
        format!("{}/{name}", self.event.place.pointer())
    }

    fn draft(&self, rule: &'static Rule, name: &str, message: String) -> Option<Draft<'t>> {
        let value = self.event.place.node.get(name)?;
        let draft = Draft::new(rule, value.span(), self.pointer(name), message);
        Some(draft.got(value.raw()).of_event(Some(&self.event.place)))
    }

    /// A type that a later version brought. Tells whether the event is of such a type.
    fn added_later(&self, drafts: &mut Vec<Draft<'t>>) -> bool {
        let Against { version, .. } = self.against;
        let added = self.changes.of_kind(ChangeKind::Added);
        let Some(change) = added.filter(|change| *version < change.since) else { return false };
        let message = format!(
            "{} exists only from API version {} on, but this document is of version {version}",
            self.type_name, change.since
        );
        drafts.extend(self.draft(&rules::EVENT_ADDED_LATER, "Type", message));
        true
    }

    /// Turns a finding of the schema into one about versions; false if it says nothing of its own.
    fn explain(&self, draft: &mut Draft<'t>, is_later: bool) -> bool {
        let Against { version, .. } = self.against;
        let Some(name) = draft.pointer.strip_prefix(self.event.place.pointer().as_str()) else {
            return true;
        };
        let name = name.strip_prefix('/').unwrap_or_default().to_owned();
        if draft.rule.name == schema::MISSING_PROPERTY.name {
            if draft.want.as_deref() == Some(VERSION) {
                return !is_later && self.missing_version(draft);
            }
            if let Some(change) = self
                .changes
                .of_property(ChangeKind::Renamed, &name)
                .filter(|change| change.since <= *version && change.replaced_by == draft.want)
            {
                let new = change.replaced_by.as_deref().unwrap_or_default();
                draft.rule = &rules::PROPERTY_RENAMED;
                draft.message =
                    format!("`{name}` is called `{new}` from API version {} on", change.since);
                draft.help = Some(format!("rename it to `{new}`"));
            }
        } else if draft.rule.name == schema::UNKNOWN_PROPERTY.name {
            if name == VERSION && self.has_versions_elsewhere() {
                // A queue of a later version may hold events of an earlier one.
                let earlier = self.changes.of_kind(ChangeKind::Replaced);
                if earlier.is_some_and(|change| change.since <= *version) {
                    return false;
                }
                draft.rule = &rules::VERSION_BEFORE_V3;
                draft.message =
                    format!("events of API version {version} have no `Version`, but this one has");
                draft.help = Some("was the dump mixed from two versions, or edited?".to_owned());
            } else if let Some(change) = self.changes.of_property(ChangeKind::Added, &name) {
                later_property(draft, &name, change.since, *version);
            }
        }
        true
    }

    fn missing_version(&self, draft: &mut Draft<'t>) -> bool {
        draft.rule = &rules::MISSING_VERSION;
        draft.message = format!(
            "every event of API version {} has a `Version`, but this one has none",
            self.against.version
        );
        true
    }

    /// Whether any version of the API gives `Version` to events.
    fn has_versions_elsewhere(&self) -> bool {
        let Against { schemas, .. } = self.against;
        schemas.versions().iter().any(|version| schemas.shape(*version, "").requires(VERSION))
    }

    /// A type that another one has replaced, or that is gone.
    fn replaced_type(&self, drafts: &mut Vec<Draft<'t>>) {
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
            drafts.extend(self.draft(rule, "Type", message).map(|draft| {
                let want = change.replaced_by.clone();
                Draft { want, ..draft.help(help) }
            }));
        }
        self.renamed_properties(drafts);
    }

    /// Properties of an earlier version that the target version calls by another name.
    fn renamed_properties(&self, drafts: &mut Vec<Draft<'t>>) {
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
            let new = change.replaced_by.as_deref().unwrap_or_default();
            let message =
                format!("`{name}` is called `{new}` from API version {} on", change.since);
            let pointer = self.pointer(&name);
            drafts.push(
                Draft::new(&rules::PROPERTY_RENAMED, member.name.span(), pointer, message)
                    .got(&name)
                    .want(new)
                    .of_event(Some(&self.event.place)),
            );
        }
    }

    fn command(&self, drafts: &mut Vec<Draft<'t>>) {
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
        drafts.extend(self.draft(rule, "CommandName", message).map(|draft| {
            let want = change.replaced_by.clone();
            Draft { want, ..draft.help(help) }
        }));
    }

    /// The value of the event's own `Version`, and the version in the path of its request.
    fn event_version(&self, drafts: &mut Vec<Draft<'t>>) {
        let Against { version, schemas, .. } = self.against;
        let signs = VersionSigns {
            of_document: *version,
            own: self.own,
            of_uri: self.uri_version(),
            has_own: schemas.shape(*version, "").requires(VERSION),
        };
        let want = self.changes.event_versions(*version);
        match signs.judge(want) {
            Signs::Agree => {}
            Signs::UnexpectedOwn { got, want } => {
                let want: Vec<_> = want.iter().map(ToString::to_string).collect();
                let want = want.join(" or ");
                let message = format!("{} has Version {got}, but must have {want}", self.type_name);
                let draft = self.draft(&rules::UNEXPECTED_VERSION, VERSION, message);
                drafts.extend(draft.map(|draft| draft.want(want)));
            }
            Signs::OtherUri { got, want } => {
                let message =
                    format!("the URI is of API version {got}, but the event of version {want}");
                drafts.extend(self.draft(&rules::URI_VERSION_MISMATCH, URI, message));
            }
        }
    }

    /// The version at the front of the path of a command's request.
    fn uri_version(&self) -> Option<u64> {
        version_of_uri(&self.event.uri?.as_str()?)
    }

    /// Properties that an event of its own, earlier version cannot have.
    fn properties_by_event_version(&self, drafts: &mut Vec<Draft<'t>>) {
        let Against { version, schemas, .. } = self.against;
        let Some(own) = self.own.and_then(|own| own.try_into().ok()).map(ApiVersion) else {
            return;
        };
        // Only where the event's own version can be one or the other.
        let differs = self
            .changes
            .event_versions(*version)
            .is_some_and(|versions| 1 < versions.len() && versions.contains(&u64::from(own.0)));
        if !differs || !schemas.has_type(own, self.type_name) {
            return;
        }
        for (name, change) in properties_added_later(schemas, self.type_name, own, *version) {
            if let Some(member) =
                self.event.place.node.members().find(|member| member.name.is_str(name))
            {
                let pointer = self.pointer(name);
                let mut draft =
                    Draft::new(&rules::PROPERTY_ADDED_LATER, member.name.span(), pointer, "")
                        .got(name)
                        .of_event(Some(&self.event.place));
                later_property(&mut draft, name, change.since, own);
                drafts.push(draft);
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
        // A `Version` that the document's version does not have is told already.
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

fn later_property(draft: &mut Draft<'_>, name: &str, since: ApiVersion, version: ApiVersion) {
    draft.rule = &rules::PROPERTY_ADDED_LATER;
    draft.message = format!(
        "`{name}` exists only from version {since} on, but this event is of version {version}"
    );
    draft.help = None;
}
