//! Where the findings of one element are in the capture, and how they are known again.

use std::{ops::Range, sync::Arc};

use contrail_model::{Excerpt, Locator, Node, Passage};

use super::Validator;
use crate::{
    draft::Draft,
    event::Event,
    finding::{EventRef, Finding},
    fingerprint::fingerprint,
    identity::identity_of,
    version::ApiVersion,
};

/// What the findings of one element share.
pub(super) struct Place<'p> {
    validator: &'p Validator,
    file: &'p Arc<str>,
    passage: Passage<'p>,
    /// From the document to the element.
    pointer: String,
    /// The value of the element, or of the one event of it that is looked at.
    root: Node<'p>,
    version: Option<ApiVersion>,
    /// The owner of the last finding: one event may have very many.
    owner: Option<Owner>,
}

/// The event or batch that a finding lies in.
struct Owner {
    /// The number of its node.
    index: u32,
    event: Option<EventRef>,
    /// The `Type` of what is no event.
    type_name: String,
    /// What it is known by; `None` if that is the id of the event.
    identity: Option<String>,
    /// The length of the pointer to it.
    skipped: usize,
}

impl<'p> Place<'p> {
    pub(super) fn new(
        validator: &'p Validator,
        file: &'p Arc<str>,
        passage: Passage<'p>,
        root: Node<'p>,
        version: Option<ApiVersion>,
    ) -> Self {
        let pointer = passage.pointer();
        Self { validator, file, passage, pointer, root, version, owner: None }
    }

    /// The same for a value within the element, to which the pointer leads.
    pub(super) fn below(self, pointer: &str) -> Self {
        Self { pointer: self.pointer + pointer, ..self }
    }

    /// The finding of a draft, which lies in this event, and to which the pointer leads from the
    /// element; `None` if its rule is off.
    pub(super) fn finding(
        &mut self,
        draft: Draft<'_>,
        event: Option<&Event<'_>>,
        pointer: &str,
        locator: &mut Locator<'_>,
    ) -> Option<Finding> {
        let span = draft.node.span();
        self.finding_at(draft, event, pointer, span, locator)
    }

    /// The same for a draft at other bytes than those of its node.
    pub(super) fn finding_at(
        &mut self,
        draft: Draft<'_>,
        event: Option<&Event<'_>>,
        pointer: &str,
        span: Range<usize>,
        locator: &mut Locator<'_>,
    ) -> Option<Finding> {
        self.validator.settings.severity(draft.rule)?;
        let owner = self.owner(event);
        let within = pointer.get(owner.skipped..).unwrap_or(pointer);
        let (type_name, identity) = owner.name();
        let parts = [draft.rule.name, type_name, identity, within, &draft.detail];
        let (fingerprint, event) = (fingerprint(&parts), owner.event.clone());
        self.named(draft, fingerprint, event, pointer, span, locator)
    }

    /// The finding of a draft with this fingerprint; `None` if its rule is off.
    pub(super) fn named(
        &self,
        draft: Draft<'_>,
        fingerprint: String,
        event: Option<EventRef>,
        pointer: &str,
        span: Range<usize>,
        locator: &mut Locator<'_>,
    ) -> Option<Finding> {
        let severity = self.validator.settings.severity(draft.rule)?;
        let passage = self.passage;
        let Draft { rule, message, got, want, help, .. } = draft;
        let finding = Finding {
            rule,
            severity,
            message,
            file: Arc::clone(self.file),
            document: passage.document,
            range: locator.range(span.clone()),
            pointer: [&self.pointer, pointer].concat(),
            api_version: self.version,
            event,
            got,
            want,
            help,
            fingerprint,
            excerpt: Excerpt::new(passage.bytes, passage.origin, span),
            in_body: None,
        };
        Some(self.validator.redacted(finding))
    }

    fn owner(&mut self, event: Option<&Event<'_>>) -> &Owner {
        let index = event.map_or(self.root.index(), |event| event.place.node.index());
        let is_event = event.is_some();
        let is_it = |owner: &Owner| owner.index == index && owner.event.is_some() == is_event;
        let last = self.owner.take().filter(is_it);
        let root = self.root;
        self.owner.insert(last.unwrap_or_else(|| match event {
            Some(event) => Owner::of_event(event),
            None => Owner::of_element(root),
        }))
    }
}

impl Owner {
    /// The type and what it is known by.
    fn name(&self) -> (&str, &str) {
        let of_event = |of: fn(&EventRef) -> Option<&str>| self.event.as_ref().and_then(of);
        let type_name = of_event(|event| event.type_name.as_deref());
        let id = of_event(|event| event.id.as_deref());
        let identity = self.identity.as_deref().or(id).unwrap_or_default();
        (type_name.unwrap_or(&self.type_name), identity)
    }

    fn of_event(event: &Event<'_>) -> Self {
        let text = |node: Option<Node<'_>>| Some(node?.as_str()?.into_owned());
        let (type_name, id) = (text(event.type_name), text(event.id));
        let (node, place) = (event.place.node, &event.place);
        Self {
            index: node.index(),
            type_name: String::new(),
            identity: id.is_none().then(|| identity_of(node, None)),
            event: Some(EventRef { index: place.index, type_name, id }),
            skipped: place.pointer().len(),
        }
    }

    fn of_element(root: Node<'_>) -> Self {
        let type_name = root.get("Type").and_then(Node::as_str).unwrap_or_default();
        Self {
            index: root.index(),
            event: None,
            type_name: type_name.into_owned(),
            identity: Some(identity_of(root, root.get("BatchId"))),
            skipped: 0,
        }
    }
}

/// The pointer from the element to the `CommandId` of an event.
pub(super) fn pointer_to_command(event: &Event<'_>) -> String {
    event.place.pointer() + "/CommandId"
}
