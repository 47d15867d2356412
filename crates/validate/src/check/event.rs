//! The checks of one event: its type, and the schema of that type.

use std::borrow::Cow;

use contrail_model::Node;

use super::{Against, version::Checker};
use crate::{
    changes::ChangeKind,
    defect::{Defect, Defects, What},
    draft::Draft,
    event::Event,
    rule::event as rules,
    schema_failures::Subject,
    schemas::Schemas,
    similar::closest,
    version::ApiVersion,
};

/// An event with its defects, and what it takes to put them into words.
pub(super) struct Judged<'j, 'e> {
    pub(super) defects: Defects<'e>,
    /// What the event is, as it is called in messages.
    name: Cow<'e, str>,
    /// `None` of an event that has no defect of its own.
    checker: Option<Checker<'j, 'e>>,
}

impl<'e> Judged<'_, 'e> {
    /// An event without a defect of its own.
    pub(super) fn sound() -> Self {
        Self { defects: Defects::default(), name: Cow::Borrowed(""), checker: None }
    }

    /// A defect in words; `pointer` leads from the event to its node.
    pub(super) fn draft(
        &mut self,
        defect: &Defect,
        node: Node<'e>,
        pointer: &str,
    ) -> Option<Draft<'e>> {
        let Self { defects, name, checker } = self;
        let subject = Subject { name, is_event: true };
        match defect.what {
            What::Drafted(number) => defects.take_draft(number),
            What::Fraction => Some(super::time::fraction(node, pointer)),
            What::RepeatedTag(first) => Some(super::tags::repeated(node, pointer, first)),
            What::AddedAndRemoved => Some(super::tags::added_and_removed(node)),
            _ => {
                let sites = defects.sites.get();
                let mut draft = sites.draft(defect, node, subject, pointer)?;
                if let Some(checker) = checker {
                    checker.reword(&mut draft, defect, sites);
                }
                Some(draft)
            }
        }
    }
}

/// Finds what is wrong with an event by itself.
pub(super) fn check<'j, 'e>(against: Against<'e>, event: &'j Event<'e>) -> Judged<'j, 'e> {
    let Against { schemas, version, .. } = against;
    let place = &event.place;
    let type_node = event.type_name;
    let written = type_node.and_then(Node::as_str);
    let known = written.as_deref().map(|written| find_type(schemas, version, written));
    let (of_version, name, draft) = match (known, type_node) {
        (Some(Found::Exactly(version, name)), _) => (version, name, None),
        (Some(Found::InOtherCase(version, name)), Some(node)) => {
            (version, name, Some(type_case(node, name)))
        }
        (Some(Found::Nowhere), Some(node)) => (version, "", unknown_type(against, node)),
        _ => (version, "", None),
    };
    let mut defects = Defects::default();
    schemas.event(of_version, name).find(place.node, &mut defects);
    if let Some(draft) = draft {
        // What the schema says of the type gives way.
        let value = draft.node.index();
        defects.list.retain(|defect| defect.node != value && defect.node + 1 != value);
        defects.draft(draft);
    }
    let described = if name.is_empty() { "an event" } else { name };
    let type_name = match written {
        Some(written) if name.is_empty() => written,
        _ => Cow::Borrowed(name),
    };
    let checker = Checker::new(against, type_name, event);
    checker.apply(&mut defects);
    super::time::check(event, against.settings.max_skew_seconds, &mut defects);
    super::tags::check(event, &mut defects);
    Judged { defects, name: Cow::Borrowed(described), checker: Some(checker) }
}

enum Found<'s> {
    /// In this version; in the one of the document, if it has the type.
    Exactly(ApiVersion, &'s str),
    /// In this version, by this name, but for case or blanks.
    InOtherCase(ApiVersion, &'s str),
    Nowhere,
}

fn find_type<'s>(schemas: &'s Schemas, version: ApiVersion, written: &str) -> Found<'s> {
    let others = schemas.versions().iter().rev().copied().filter(|other| *other != version);
    let versions = || std::iter::once(version).chain(others.clone());
    let exactly =
        versions().find_map(|version| Some((version, schemas.type_name(version, written)?)));
    if let Some((version, name)) = exactly {
        return Found::Exactly(version, name);
    }
    let folded = written.trim();
    versions()
        .find_map(|version| {
            let name = schemas.types(version).find(|name| name.eq_ignore_ascii_case(folded))?;
            Some(Found::InOtherCase(version, name))
        })
        .unwrap_or(Found::Nowhere)
}

fn type_case<'t>(node: Node<'t>, name: &str) -> Draft<'t> {
    let message = format!("Type {} differs from `{name}` only in case or blanks", node.raw());
    Draft::new(&rules::EVENT_TYPE_CASE, node, message)
        .got(node.raw())
        .want(name)
        .help(Some(format!("write it as `{name}`")))
}

/// `None` if the type is known to be gone, which another rule reports.
fn unknown_type<'e>(against: Against<'e>, node: Node<'e>) -> Option<Draft<'e>> {
    let Against { schemas, changes, version, .. } = against;
    let written = node.as_str().unwrap_or_default();
    let gone = changes.of_event(&written).of_kind(ChangeKind::Removed);
    if gone.is_some_and(|change| change.since <= version) {
        return None;
    }
    let known = schemas.versions().iter().rev().flat_map(|version| schemas.types(*version));
    let help = match closest(&written, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "only what all events have in common was checked".to_owned(),
    };
    let message = format!("no API version has an event type {}", node.raw());
    let draft = Draft::new(&rules::UNKNOWN_EVENT_TYPE, node, message).got(node.raw());
    Some(draft.help(Some(help)))
}
