//! The checks of one event: its type, and the schema of that type.

use contrail_model::Node;

use super::Against;
use crate::{
    changes::ChangeKind,
    draft::{Draft, EventPlace},
    event::Event,
    rule::event as rules,
    schema_failures::{self, Subject},
    schemas::Schemas,
    similar::closest,
    version::ApiVersion,
};

/// `is_suspect` says that the fast path has refused the event.
pub(super) fn check<'t>(
    against: &Against<'_>,
    event: &Event<'t>,
    is_suspect: bool,
) -> Vec<Draft<'t>> {
    let Against { schemas, version, .. } = *against;
    let place = &event.place;
    let type_node = event.type_name;
    let written = type_node.and_then(Node::as_str);
    let known = written.as_deref().map(|written| find_type(schemas, version, written));
    let (of_version, name, draft) = match (known, type_node) {
        (Some(Found::Exactly(version)), _) => {
            (version, written.as_deref().unwrap_or_default(), None)
        }
        (Some(Found::InOtherCase(version, name)), Some(node)) => {
            (version, name, Some(type_case(place, node, name)))
        }
        (Some(Found::Nowhere), Some(node)) => (version, "", unknown_type(against, place, node)),
        _ => (version, "", None),
    };
    let described = if name.is_empty() { "an event" } else { name };
    let subject = Subject { node: place.node, event: Some(place), name: described, is_suspect };
    let mut drafts = schema_failures::find(schemas, schemas.event(of_version, name), &subject);
    if let Some(draft) = draft {
        drafts.retain(|failure| failure.pointer != draft.pointer);
        drafts.push(draft);
    }
    let name = if name.is_empty() { written.as_deref().unwrap_or_default() } else { name };
    super::version::apply(against, name, event, &mut drafts);
    drafts.extend(super::time::check(event, against.settings.max_skew_seconds));
    drafts.extend(super::tags::check(event));
    drafts
}

enum Found<'s> {
    /// In this version; in the one of the document, if it has the type.
    Exactly(ApiVersion),
    /// In this version, by this name, but for case or blanks.
    InOtherCase(ApiVersion, &'s str),
    Nowhere,
}

fn find_type<'s>(schemas: &'s Schemas, version: ApiVersion, written: &str) -> Found<'s> {
    let others = schemas.versions().iter().rev().copied().filter(|other| *other != version);
    let versions = || std::iter::once(version).chain(others.clone());
    if let Some(version) = versions().find(|version| schemas.has_type(*version, written)) {
        return Found::Exactly(version);
    }
    let folded = written.trim();
    versions()
        .find_map(|version| {
            let name = schemas.types(version).find(|name| name.eq_ignore_ascii_case(folded))?;
            Some(Found::InOtherCase(version, name))
        })
        .unwrap_or(Found::Nowhere)
}

fn type_case<'t>(event: &EventPlace<'t>, node: Node<'t>, name: &str) -> Draft<'t> {
    let message = format!("Type {} differs from `{name}` only in case or blanks", node.raw());
    Draft::new(&rules::EVENT_TYPE_CASE, node.span(), format!("{}/Type", event.pointer()), message)
        .got(node.raw())
        .want(name)
        .help(Some(format!("write it as `{name}`")))
        .of_event(Some(event))
}

/// Nothing if the type is known to be gone, which is told by another rule.
fn unknown_type<'t>(
    against: &Against<'_>,
    event: &EventPlace<'t>,
    node: Node<'t>,
) -> Option<Draft<'t>> {
    let Against { schemas, changes, version, .. } = against;
    let written = node.as_str().unwrap_or_default();
    let gone = changes.of_event(&written).of_kind(ChangeKind::Removed);
    if gone.is_some_and(|change| change.since <= *version) {
        return None;
    }
    let known = schemas.versions().iter().rev().flat_map(|version| schemas.types(*version));
    let help = match closest(&written, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "only what all events have in common was checked".to_owned(),
    };
    let message = format!("no API version has an event type {}", node.raw());
    Some(
        Draft::new(
            &rules::UNKNOWN_EVENT_TYPE,
            node.span(),
            format!("{}/Type", event.pointer()),
            message,
        )
        .got(node.raw())
        .help(Some(help))
        .of_event(Some(event)),
    )
}
