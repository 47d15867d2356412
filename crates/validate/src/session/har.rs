//! The Get Events responses of a HAR document, each validated as a capture of its own.

use std::{ops::Range, sync::Arc};

use contrail_model::{
    Capture, Element, HarEntry, Locator, Node, Position, StringOffsets, har_entries,
};

use super::{Finding, Flow, Output, Session};
use crate::{
    body::{Body, Unreadable, body_of},
    check::repeated_name,
    draft::{Draft, quoted},
    fingerprint::fingerprint,
    summary::Summary,
    version::{ApiVersion, VersionChoice},
};

/// A Get Events response that has a body.
struct Response<'t> {
    entry: HarEntry<'t>,
    version: ApiVersion,
    /// The string that holds the body.
    text: Node<'t>,
    body: Result<Body<'t>, Unreadable>,
}

/// Turns a place in a body into one in the HAR document.
struct Place<'p, 't> {
    document: u64,
    pointer: String,
    /// Which entry it is, for people.
    entry: String,
    locator: &'p mut Locator<'t>,
    /// The string that holds the body.
    text: Node<'t>,
    /// Where that is, once it was asked for.
    string: Option<Range<Position>>,
    /// Where each character of the body stands; nothing if it was base64.
    offsets: Option<StringOffsets<'t>>,
}

impl Output<'_> {
    /// Validates the bodies of the Get Events responses, and counts the other entries.
    pub(super) fn har(
        &mut self,
        element: &Element<'_>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let root = element.root();
        let mut locator = element.locator();
        let entries = root.pointer("/log/entries").map(Node::span).unwrap_or_default();
        for name in root.repeated_names().filter(|name| !entries.contains(&name.span().start)) {
            let (draft, fingerprint) = repeated(root, name, "");
            self.draft(&draft, fingerprint, None, element, &mut locator, sink)?;
        }
        for entry in har_entries(root) {
            self.summary.har_entries += 1;
            match self.response(entry) {
                None => self.summary.other_entries += 1,
                Some(response) => self.check_response(element, &mut locator, response, sink)?,
            }
        }
        Flow::Continue(())
    }

    /// The entry as a Get Events response with a body; nothing if it is none.
    fn response<'t>(&self, entry: HarEntry<'t>) -> Option<Response<'t>> {
        let version = ApiVersion(entry.events_version()?);
        let is_known = self.validator.schemas.versions().contains(&version);
        if !is_known || !entry.may_hold_events() {
            return None;
        }
        let (text, body) = (entry.text?, body_of(&entry)?);
        Some(Response { entry, version, text, body })
    }

    fn check_response<'t>(
        &mut self,
        element: &Element<'t>,
        locator: &mut Locator<'t>,
        response: Response<'t>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let Response { entry, version, text, body } = response;
        let pointer = format!("/log/entries/{}", entry.index);
        for name in entry.node.repeated_names() {
            let (draft, fingerprint) = repeated(entry.node, name, &pointer);
            self.draft(&draft, fingerprint, None, element, locator, sink)?;
        }
        let mut place = Place::of(element, locator, &entry, text);
        let unreadable = match body {
            Err(unreadable) => Some(unreadable),
            Ok(body) => {
                place.offsets = matches!(body, Body::Text(_)).then(|| StringOffsets::new(text));
                let (flow, unreadable) = self.check_body(&body, version, &mut place, sink);
                flow?;
                unreadable
            }
        };
        match unreadable {
            None => Flow::Continue(()),
            Some(unreadable) => {
                let draft = draft_of(unreadable, text, &place.entry, pointer);
                let name = fingerprint(&[draft.rule.name, "body", text.raw()]);
                self.draft(&draft, name, Some(version), element, place.locator, sink)
            }
        }
    }

    /// Validates a body, and says why if a part of it could not be decompressed.
    fn check_body(
        &mut self,
        body: &Body<'_>,
        version: ApiVersion,
        place: &mut Place<'_, '_>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> (Flow, Option<Unreadable>) {
        let mut session = Session { capture: Capture::default(), output: self.of_body(version) };
        let mut flow = Flow::Continue(());
        let mut relocate = |finding| {
            flow = sink(place.relocated(finding));
            flow
        };
        let given = body.give(&mut |bytes| session.push(bytes, &mut relocate));
        let sums = match given {
            Ok(Flow::Break(())) => session.stop(),
            Ok(Flow::Continue(())) => session.finish(&mut relocate),
            Err(_) => session.break_off(&mut relocate),
        };
        // The document is the HAR, and its bytes are counted with it.
        self.summary += &Summary { files: 0, documents: 0, bytes: 0, ..sums };
        (flow, given.err())
    }

    /// For a body whose URL names this version, unless the user fixed one.
    fn of_body(&self, version: ApiVersion) -> Self {
        let choice = match self.choice {
            VersionChoice::Auto => VersionChoice::Fixed(version),
            fixed @ VersionChoice::Fixed(_) => fixed,
        };
        Self {
            validator: self.validator,
            file: Arc::clone(&self.file),
            summary: Summary::default(),
            broken_off: false,
            choice,
            is_body: true,
        }
    }
}

/// The finding of a repeated name in `node`, to which `pointer` leads, and its fingerprint.
fn repeated<'t>(node: Node<'t>, name: Node<'t>, pointer: &str) -> (Draft<'t>, String) {
    let mut draft = repeated_name(node, name);
    let fingerprint = fingerprint(&[draft.rule.name, "har", &draft.pointer]);
    draft.pointer.insert_str(0, pointer);
    (draft, fingerprint)
}

/// The finding of a body, or of the rest of one, that cannot be read.
fn draft_of<'t>(
    unreadable: Unreadable,
    text: Node<'t>,
    entry: &str,
    mut pointer: String,
) -> Draft<'t> {
    let Unreadable { rule, message, help, at } = unreadable;
    let span = at.map_or_else(|| text.span(), |at| StringOffsets::new(text).range(at));
    pointer.push_str("/response/content/text");
    Draft::new(rule, span, pointer, format!("{message} ({entry})")).help(Some(help))
}

impl<'p, 't> Place<'p, 't> {
    fn of(
        element: &Element<'t>,
        locator: &'p mut Locator<'t>,
        entry: &HarEntry<'t>,
        text: Node<'t>,
    ) -> Self {
        let HarEntry { index, method, path, .. } = entry;
        Self {
            document: element.document,
            pointer: format!("{}/log/entries/{index}/response/content/text", element.pointer()),
            entry: format!("entry {index}: {method} {}", quoted(path)),
            locator,
            text,
            string: None,
            offsets: None,
        }
    }

    /// The finding of the body as one of the HAR document.
    fn relocated(&mut self, finding: Finding) -> Finding {
        let at = finding.start();
        let (line, column) = (at.line, at.column);
        let range = self.range(finding.range);
        let Self { document, pointer, entry, .. } = self;
        Finding {
            message: format!(
                "{} ({entry}, line {line} column {column} of the body)",
                finding.message
            ),
            document: *document,
            range,
            pointer: format!("{pointer}{}", finding.pointer),
            in_body: Some(at),
            ..finding
        }
    }

    /// Where this range of the body stands: exactly, or in the whole string.
    fn range(&mut self, body: Range<Position>) -> Range<Position> {
        let Self { locator, text, string, offsets, .. } = self;
        let Some(offsets) = offsets else {
            return string.get_or_insert_with(|| locator.range(text.span())).clone();
        };
        let [start, end] = [body.start, body.end].map(|position| {
            usize::try_from(position.offset).expect("a body that is text is in memory")
        });
        locator.range(offsets.range(start..end))
    }
}

#[cfg(test)]
mod tests;
