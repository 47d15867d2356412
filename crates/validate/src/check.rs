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
    draft::{Draft, EventPlace},
    rule::input,
    schemas::Schemas,
    settings::Settings,
    version::{self as api_version, ApiVersion, VersionChoice},
};

/// What came of checking one element.
#[derive(Debug)]
pub(crate) struct Checked<'t> {
    pub(crate) kind: DocumentKind,
    /// The number of events in it.
    pub(crate) events: u64,
    pub(crate) version: Option<ApiVersion>,
    /// Whether nothing spoke for the version.
    pub(crate) assumed: bool,
    /// The findings, in the order of the text.
    pub(crate) drafts: Vec<Draft<'t>>,
}

/// What an element is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Against<'a> {
    pub(crate) schemas: &'a Schemas,
    pub(crate) changes: &'a VersionChanges,
    pub(crate) settings: &'a Settings,
    pub(crate) version: ApiVersion,
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
) -> Checked<'t> {
    let mut drafts = repeated_names(root, kind, index);
    let (events, version, assumed) = match kind {
        DocumentKind::Har | DocumentKind::Other => {
            drafts.push(unrecognised(root));
            (0, None, false)
        }
        DocumentKind::Event | DocumentKind::Batch => {
            let (version, assumed, found) =
                in_version(schemas, settings, choice, root, kind, index);
            drafts.extend(found);
            let events =
                if kind == DocumentKind::Event { 1 } else { events_of(root).count() as u64 };
            (events, Some(version), assumed)
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
    root: Node<'t>,
    kind: DocumentKind,
    index: Option<u64>,
) -> (ApiVersion, bool, Vec<Draft<'t>>) {
    let against = |version| {
        let against = Against { schemas, changes: schemas.changes(), settings, version };
        match kind {
            DocumentKind::Event => {
                let place = EventPlace { node: root, index, in_batch: false };
                event::check(&against, &place)
            }
            _ => batch::check(&against, root),
        }
    };
    let spoken_for = match (choice, kind) {
        (VersionChoice::Fixed(version), _) => Some(version),
        (VersionChoice::Auto, DocumentKind::Event) => {
            api_version::of_events(schemas, std::iter::once(root))
        }
        (VersionChoice::Auto, _) => api_version::of_events(schemas, events_of(root)),
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

/// The elements of a batch's `Events`.
pub(crate) fn events_of(batch: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    batch.get("Events").into_iter().flat_map(Node::elements)
}

fn repeated_names(root: Node<'_>, kind: DocumentKind, index: Option<u64>) -> Vec<Draft<'_>> {
    let mut drafts = Vec::new();
    for name in root.repeated_names() {
        let draft = repeated_name(root, name);
        let event = event_at(root, kind, index, &draft.pointer);
        drafts.push(draft.of_event(event.as_ref()));
    }
    drafts
}

/// A name that is given before in its object.
pub(crate) fn repeated_name<'t>(root: Node<'t>, name: Node<'t>) -> Draft<'t> {
    let text = name.as_str().unwrap_or_default();
    Draft::new(
        &input::DUPLICATE_KEY,
        name.span(),
        root.pointer_to(name.index()),
        format!("`{text}` is given twice in this object"),
    )
    .got(&text)
    .help(Some("remove one of the two; the checks look at the last one"))
}

/// The event that a pointer leads into.
fn event_at<'t>(
    root: Node<'t>,
    kind: DocumentKind,
    index: Option<u64>,
    pointer: &str,
) -> Option<EventPlace<'t>> {
    match kind {
        DocumentKind::Event => Some(EventPlace { node: root, index, in_batch: false }),
        DocumentKind::Har | DocumentKind::Other => None,
        DocumentKind::Batch => {
            let index: usize = pointer.strip_prefix("/Events/")?.split('/').next()?.parse().ok()?;
            let node = events_of(root).nth(index)?;
            Some(EventPlace { node, index: Some(index as u64), in_batch: true })
        }
    }
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
