//! All checks of one element of a capture.
//!
//! First it is decided what the element is and against which version it is held ([`Examined`]). Then
//! its findings are reported one by one, in the order of the text, event by event ([`tell`]): an element
//! may have more findings than fit into memory.

mod batch;
mod event;
mod tags;
mod tell;
mod time;
mod version;

use std::borrow::Cow;

use contrail_model::{DocumentKind, Kind, Node};

use crate::{
    changes::VersionChanges,
    defect::Defects,
    draft::Draft,
    event::{Event, EventSigns},
    plan::Seen,
    rule::input,
    schemas::Schemas,
    settings::Settings,
    version::{self as api_version, ApiVersion, VersionChoice},
};

pub(crate) use tell::{Listener, Told, repeated_name, tell};
pub(crate) use version::{Signs, VersionSigns, properties_added_later, version_of_uri};

/// An element of which is known against what it is held.
#[derive(Debug)]
pub(crate) struct Examined<'e> {
    pub(crate) root: Node<'e>,
    pub(crate) kind: DocumentKind,
    /// Its place in the array that the document is.
    index: Option<u64>,
    /// `None` if it is neither a batch nor an event.
    pub(crate) version: Option<ApiVersion>,
    /// Whether nothing spoke for the version.
    pub(crate) assumed: bool,
    schemas: &'e Schemas,
    settings: &'e Settings,
    accepted: Option<Accepted<'e>>,
}

/// Which events of an element are known to have no finding of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted<'a> {
    /// In this version.
    pub(crate) version: ApiVersion,
    /// By their index.
    pub(crate) events: &'a [bool],
    /// What is remembered of those that are.
    pub(crate) seen: &'a [Seen],
}

/// What an element is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Against<'a> {
    pub(crate) schemas: &'a Schemas,
    pub(crate) changes: &'a VersionChanges,
    pub(crate) settings: &'a Settings,
    pub(crate) version: ApiVersion,
    accepted: Option<Accepted<'a>>,
}

impl Against<'_> {
    /// Whether the event with this index in its batch is known to have no finding of its own.
    fn is_accepted(&self, index: usize) -> bool {
        let accepted = self.accepted.filter(|accepted| accepted.version == self.version);
        accepted.is_some_and(|accepted| accepted.events.get(index) == Some(&true))
    }
}

impl<'e> Examined<'e> {
    /// Examines an element of a kind; `index` is its place in the array that the document is.
    ///
    /// The bodies in a HAR are captures of their own. One that comes here stands where none can be.
    pub(crate) fn new(
        (schemas, settings): (&'e Schemas, &'e Settings),
        choice: VersionChoice,
        root: Node<'e>,
        kind: DocumentKind,
        index: Option<u64>,
        accepted: Option<Accepted<'e>>,
    ) -> Self {
        let (version, assumed) = (None, false);
        let mut examined =
            Self { root, kind, index, version, assumed, schemas, settings, accepted };
        if matches!(kind, DocumentKind::Event | DocumentKind::Batch) {
            let spoken_for = match choice {
                VersionChoice::Fixed(version) => Some(version),
                VersionChoice::Auto => {
                    let objects = examined.events().map(|place| place.node);
                    let objects = objects.filter(|node| node.kind() == Kind::Object);
                    api_version::of_events(schemas, objects.map(EventSigns::of))
                }
            };
            examined.version = Some(spoken_for.unwrap_or_else(|| examined.best_version()));
            examined.assumed = spoken_for.is_none();
        }
        examined
    }

    /// Where its events are, in their order.
    fn events(&self) -> impl Iterator<Item = crate::draft::EventPlace<'e>> + use<'e> {
        let alone = (self.kind == DocumentKind::Event).then(|| Event::alone(self.root, self.index));
        let batch = (self.kind == DocumentKind::Batch).then_some(self.root);
        alone.into_iter().chain(batch.into_iter().flat_map(Event::places_of_batch))
    }

    pub(crate) fn number_of_events(&self) -> u64 {
        self.events().count() as u64
    }

    fn against(&self, version: ApiVersion) -> Against<'e> {
        let Self { schemas, settings, accepted, .. } = *self;
        Against { schemas, changes: schemas.changes(), settings, version, accepted }
    }

    /// The newest of the versions that fit best: with the fewest findings.
    fn best_version(&self) -> ApiVersion {
        let versions = self.schemas.versions().iter().rev();
        let best = versions.min_by_key(|version| self.number_of_defects(self.against(**version)));
        *best.expect("a set has a version")
    }

    /// How many findings it has in a version, but for those that it has in all.
    fn number_of_defects(&self, against: Against<'e>) -> usize {
        let mut defects = Defects::default();
        if self.kind == DocumentKind::Batch {
            batch::envelope(against, self.root, &mut defects);
        }
        let of_batch = defects.list.len();
        let of_event = |place| event::check(against, &Event::new(place)).defects.list.len();
        let places = self.events().enumerate().filter(|(index, _)| !against.is_accepted(*index));
        of_batch + places.map(|(_, place)| of_event(place)).sum::<usize>()
    }
}

fn unrecognised(root: Node<'_>) -> Draft<'_> {
    let message = match root.kind() {
        Kind::Object => Cow::Borrowed("this object is neither a batch nor an event"),
        kind => format!("{} is neither a batch nor an event", kind.with_article()).into(),
    };
    let draft = Draft::new(&input::UNRECOGNISED_DOCUMENT, root, message)
        .got(first_line(root.raw()))
        .want("BatchId, Count and Events, or Type, EventId and EventTime");
    draft.help(help_for_unrecognised(root))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn help_for_unrecognised(root: Node<'_>) -> Option<String> {
    const NAMES: [&str; 6] = ["Events", "BatchId", "Count", "Type", "EventId", "EventTime"];
    for member in root.members() {
        let name = member.name.as_str().unwrap_or_default();
        if let Some(meant) = NAMES.iter().find(|known| known.eq_ignore_ascii_case(&name)) {
            return Some(format!("did you mean `{meant}` by `{name}`? names are case-sensitive"));
        }
    }
    (root.kind() == Kind::Array)
        .then(|| "an array of arrays is not read: give each inner array as a document".to_owned())
        .or_else(|| {
            root.get("Message").map(|_| "this looks like an error response of the API".to_owned())
        })
}
