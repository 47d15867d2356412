//! All checks of one element of a capture.

mod batch;
mod event;
mod tags;
mod time;
mod version;

use std::borrow::Cow;

use contrail_model::{DocumentKind, Kind, Node};

use crate::{
    changes::VersionChanges,
    draft::Draft,
    event::Event,
    rule::input,
    schemas::Schemas,
    settings::Settings,
    version::{self as api_version, ApiVersion, VersionChoice},
};

pub(crate) use version::{Signs, VersionSigns, properties_added_later, version_of_uri};

/// What came of checking one element.
#[derive(Debug)]
pub(crate) struct Checked<'t> {
    pub(crate) kind: DocumentKind,
    pub(crate) events: Vec<Event<'t>>,
    pub(crate) version: Option<ApiVersion>,
    /// Whether nothing spoke for the version.
    pub(crate) assumed: bool,
    /// The findings, in the order of the text.
    pub(crate) drafts: Vec<Draft<'t>>,
}

/// The events of a batch of which it is known that they have no finding of their own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepted<'a> {
    /// In this version.
    pub(crate) version: ApiVersion,
    /// By their index.
    pub(crate) events: &'a [bool],
}

/// What an element is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Against<'a> {
    pub(crate) schemas: &'a Schemas,
    pub(crate) changes: &'a VersionChanges,
    pub(crate) settings: &'a Settings,
    pub(crate) version: ApiVersion,
    pub(crate) accepted: Option<Accepted<'a>>,
}

impl Against<'_> {
    /// Whether the event with this index in its batch is known to have no finding of its own.
    fn accepts(&self, index: usize) -> bool {
        self.accepted.is_some_and(|accepted| {
            accepted.version == self.version && accepted.events.get(index) == Some(&true)
        })
    }
}

/// Checks an element of a kind; `index` is its place in the array that the document is.
///
/// The bodies in a HAR are captures of their own. One that comes here stands where none can be.
pub(crate) fn check<'t>(
    schemas: &Schemas,
    settings: &Settings,
    choice: VersionChoice,
    root: Node<'t>,
    kind: DocumentKind,
    index: Option<u64>,
    accepted: Option<Accepted<'_>>,
) -> Checked<'t> {
    let events = match kind {
        DocumentKind::Event => vec![Event::alone(root, index)],
        DocumentKind::Batch => Event::of_batch(root),
        DocumentKind::Har | DocumentKind::Other => Vec::new(),
    };
    let mut drafts = repeated_names(root, &events);
    let (version, assumed) = match kind {
        DocumentKind::Har | DocumentKind::Other => {
            drafts.push(unrecognised(root));
            (None, false)
        }
        DocumentKind::Event | DocumentKind::Batch => {
            let batch = (kind == DocumentKind::Batch).then_some(root);
            let (version, assumed, found) =
                in_version(schemas, settings, choice, batch, &events, accepted);
            drafts.extend(found);
            (Some(version), assumed)
        }
    };
    drafts.sort_by_key(|draft| (draft.span.start, draft.rule.index()));
    Checked { kind, events, version, assumed, drafts }
}

/// The version, whether it was assumed, and the findings against its schemas.
fn in_version<'t>(
    schemas: &Schemas,
    settings: &Settings,
    choice: VersionChoice,
    batch: Option<Node<'t>>,
    events: &[Event<'t>],
    accepted: Option<Accepted<'_>>,
) -> (ApiVersion, bool, Vec<Draft<'t>>) {
    let against = |version| {
        let against = Against { schemas, changes: schemas.changes(), settings, version, accepted };
        match batch {
            Some(batch) => batch::check(&against, batch, events),
            None => events.iter().flat_map(|event| event::check(&against, event)).collect(),
        }
    };
    let spoken_for = match choice {
        VersionChoice::Fixed(version) => Some(version),
        VersionChoice::Auto => api_version::of_events(schemas, events),
    };
    if let Some(version) = spoken_for {
        return (version, false, against(version));
    }
    // Every version is tried, and the newest of those that fit best is taken.
    let tried = schemas.versions().iter().rev().map(|version| (*version, against(*version)));
    let (version, drafts) =
        tried.min_by_key(|(_, drafts)| drafts.len()).expect("a set has a version");
    (version, true, drafts)
}

fn repeated_names<'t>(root: Node<'t>, events: &[Event<'t>]) -> Vec<Draft<'t>> {
    repeated_names_of(root, root.repeated_names())
        .map(|draft| {
            let at = draft.span.start;
            let behind = events.partition_point(|event| event.place.node.span().end <= at);
            let event = events.get(behind).filter(|event| event.place.node.span().start <= at);
            draft.of_event(event.map(|event| &event.place))
        })
        .collect()
}

/// Names that are given before in their objects, of those of a value.
pub(crate) fn repeated_names_of<'t>(
    root: Node<'t>,
    names: impl Iterator<Item = Node<'t>>,
) -> impl Iterator<Item = Draft<'t>> {
    let names: Vec<_> = names.collect();
    let indices: Vec<_> = names.iter().map(|name| name.index()).collect();
    let pointers = root.pointers_to(&indices);
    names.into_iter().zip(pointers).map(|(name, pointer)| repeated_name(name, pointer))
}

fn repeated_name(name: Node<'_>, pointer: String) -> Draft<'_> {
    let text = name.as_str().unwrap_or_default();
    let message = format!("`{text}` is given twice in this object");
    Draft::new(&input::DUPLICATE_KEY, name.span(), pointer, message)
        .got(&text)
        .help(Some("remove one of the two; the checks look at the last one"))
}

fn unrecognised(root: Node<'_>) -> Draft<'_> {
    let message = match root.kind() {
        Kind::Object => Cow::Borrowed("this object is neither a batch nor an event"),
        kind => format!("{} is neither a batch nor an event", kind.with_article()).into(),
    };
    let draft = Draft::new(&input::UNRECOGNISED_DOCUMENT, root.span(), "", message)
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
