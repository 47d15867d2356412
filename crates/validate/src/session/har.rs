//! The Get Events responses of a HAR document, each validated as a capture of its own.

use std::{mem, ops::Range, sync::Arc};

use contrail_model::{
    Capture, Element, HarEntry, Locator, Node, Pointers, Position, StringOffsets, har_entries,
};

use super::{Fast, Finding, Flow, Output, Place, Session};
use crate::{
    body::{Body, Unreadable, body_of},
    check::repeated_name,
    draft::{Draft, quoted},
    fingerprint::fingerprint,
    recording::Recording,
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

/// Where a body stands in its HAR document.
#[derive(Debug)]
pub(super) struct InHar<'t> {
    document: u64,
    /// From the document to the string that holds the body.
    pointer: String,
    /// Which entry it is, for people.
    entry: String,
    text: Node<'t>,
    /// Where the string stands, once that was asked for.
    string: Option<Range<Position>>,
    locators: Locators<'t>,
    /// Where each character of the body stands, for both; nothing if it was base64.
    offsets: Option<[StringOffsets<'t>; 2]>,
}

/// One for each kind of question. Each kind comes in the order of the text, so that the HAR
/// document is read once for each.
#[derive(Clone, Debug)]
struct Locators<'t> {
    names: Locator<'t>,
    /// By [`Told`].
    bodies: [Locator<'t>; 2],
}

/// When a finding is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// As soon as it is made.
    Now,
    /// Perhaps, at the end of the capture.
    AtTheEnd,
}

impl<'v> Output<'v> {
    /// Validates the bodies of the Get Events responses, and counts the other entries.
    pub(super) fn har(
        &mut self,
        element: &Element<'_>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let (root, locator) = (element.root(), element.locator());
        let bodies = [locator.clone(), locator.clone()];
        let mut locators = Locators { names: locator, bodies };
        let entries = root.pointer("/log/entries").map(Node::span).unwrap_or_default();
        let names = root.repeated_names().filter(|name| !entries.contains(&name.span().start));
        self.repeated_names(element, root, names, "", &mut locators.names, sink)?;
        for entry in har_entries(root) {
            self.summary.har_entries += 1;
            match self.response(entry) {
                None => self.summary.other_entries += 1,
                Some(response) => self.check_response(element, &mut locators, response, sink)?,
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
        locators: &mut Locators<'t>,
        response: Response<'t>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let Response { entry, version, text, body } = response;
        let pointer = format!("/log/entries/{}", entry.index);
        let names = entry.node.repeated_names();
        self.repeated_names(element, entry.node, names, &pointer, &mut locators.names, sink)?;
        let unreadable = match body {
            Err(unreadable) => unreadable,
            Ok(body) => {
                let mut place = InHar::of(
                    element,
                    locators.clone(),
                    &entry,
                    text,
                    self.validator.settings.redact,
                );
                let texts = || [StringOffsets::new(text), StringOffsets::new(text)];
                place.offsets = matches!(body, Body::Text(_)).then(texts);
                let (flow, unreadable) = self.check_body(&body, version, place, locators, sink);
                flow?;
                let Some(unreadable) = unreadable else { return Flow::Continue(()) };
                unreadable
            }
        };
        self.count_unchecked(unreadable.rule);
        let at = unreadable.at.clone();
        let span = at.map_or_else(|| text.span(), |at| StringOffsets::new(text).range(at));
        let entry = in_words(&entry, self.validator.settings.redact);
        let draft = draft_of(unreadable, text, &entry);
        let fingerprint = fingerprint(&[draft.rule.name, "body", text.raw()]);
        let pointer = pointer + "/response/content/text";
        let spot = Spot { span, pointer: &pointer, fingerprint };
        self.tell(element, draft, spot, Some(version), &mut locators.bodies[0], sink)
    }

    /// Tells the names within a node of the HAR that are given twice.
    fn repeated_names<'t>(
        &mut self,
        element: &Element<'_>,
        node: Node<'t>,
        names: impl Iterator<Item = Node<'t>>,
        before: &str,
        locator: &mut Locator<'_>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let mut pointers = Pointers::new(node);
        for name in names {
            let draft = repeated_name(name);
            let within = pointers.to(name.index());
            let fingerprint = fingerprint(&[draft.rule.name, "har", within]);
            let pointer = [before, within].concat();
            let spot = Spot { span: name.span(), pointer: &pointer, fingerprint };
            self.tell(element, draft, spot, None, locator, sink)?;
        }
        Flow::Continue(())
    }

    /// Validates a body, and says why if a part of it could not be decompressed.
    fn check_body<'t>(
        &mut self,
        body: &Body<'_>,
        version: ApiVersion,
        mut place: InHar<'t>,
        locators: &mut Locators<'t>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> (Flow, Option<Unreadable>) {
        let line = place.line();
        *locators = place.locators.clone();
        self.recording.set_body_line(Some(line));
        let output = self.of_body(version, place);
        let fast = Fast::new(output.validator, output.choice);
        let mut session = Session { capture: Capture::default(), fast, output };
        let given = body.give(&mut |bytes| session.push(bytes, sink));
        let flow = match given {
            Ok(Flow::Break(())) => Flow::Break(()),
            Ok(Flow::Continue(())) | Err(_) => {
                session.output.broken_off = given.is_err();
                session.capture.finish();
                session.drain(sink)
            }
        };
        self.recording = mem::replace(&mut session.output.recording, Recording::new(0));
        self.recording.set_body_line(None);
        self.damages = mem::take(&mut session.output.damages);
        // The document is the HAR, and its bytes are counted with it.
        self.summary += &Summary { files: 0, documents: 0, bytes: 0, ..session.stop() };
        (flow, given.err())
    }

    /// For a body whose URL names this version, unless the user fixed one. What is remembered of
    /// the bodies before goes with it.
    fn of_body<'b>(&mut self, version: ApiVersion, place: InHar<'b>) -> Output<'b>
    where
        'v: 'b,
    {
        let choice = match self.choice {
            VersionChoice::Auto => VersionChoice::Fixed(version),
            fixed @ VersionChoice::Fixed(_) => fixed,
        };
        Output {
            damages: mem::take(&mut self.damages),
            validator: self.validator,
            file: Arc::clone(&self.file),
            summary: Summary::default(),
            accepted: 0,
            recording: mem::replace(&mut self.recording, Recording::new(0)),
            broken_off: false,
            choice,
            body: Some(place),
        }
    }

    /// Tells of something in the HAR document itself.
    fn tell(
        &mut self,
        element: &Element<'_>,
        draft: Draft<'_>,
        spot: Spot<'_>,
        version: Option<ApiVersion>,
        locator: &mut Locator<'_>,
        sink: &mut dyn FnMut(Finding) -> Flow,
    ) -> Flow {
        let (passage, root) = (element.passage(), element.root());
        let place = Place::new(self.validator, &self.file, passage, root, version);
        let Spot { span, pointer, fingerprint } = spot;
        match place.named(draft, fingerprint, None, pointer, span, locator) {
            Some(finding) => self.emit(finding, sink),
            None => Flow::Continue(()),
        }
    }
}

/// Where a finding of the HAR document itself is, and how it is known again.
struct Spot<'s> {
    span: Range<usize>,
    pointer: &'s str,
    fingerprint: String,
}

/// The finding of a body, or of the rest of one, that cannot be read.
fn draft_of<'t>(unreadable: Unreadable, text: Node<'t>, entry: &str) -> Draft<'t> {
    let Unreadable { rule, message, help, .. } = unreadable;
    Draft::new(rule, text, format!("{message} ({entry})")).help(Some(help))
}

fn in_words(entry: &HarEntry<'_>, redact: bool) -> String {
    let HarEntry { index, method, path, .. } = entry;
    if redact {
        return format!("entry {index}");
    }
    format!("entry {index}: {method} {}", quoted(path))
}

impl<'t> InHar<'t> {
    fn of(
        element: &Element<'t>,
        locators: Locators<'t>,
        entry: &HarEntry<'t>,
        text: Node<'t>,
        redact: bool,
    ) -> Self {
        let (before, index) = (element.pointer(), entry.index);
        Self {
            document: element.document,
            pointer: format!("{before}/log/entries/{index}/response/content/text"),
            entry: in_words(entry, redact),
            text,
            string: None,
            locators,
            offsets: None,
        }
    }

    /// The line on which all of the body stands: no string goes over several.
    fn line(&mut self) -> u64 {
        let start = self.text.span().start;
        let [now, at_the_end] = &mut self.locators.bodies;
        at_the_end.position(start);
        now.position(start).line
    }

    /// The finding of the body as one of the HAR document.
    pub(super) fn relocated(&mut self, finding: Finding, told: Told) -> Finding {
        let at = finding.start();
        let (line, column) = (at.line, at.column);
        let range = self.range(finding.range, told);
        let Self { document, pointer, entry, .. } = self;
        let place = format!("({entry}, line {line} column {column} of the body)");
        Finding {
            message: format!("{} {place}", finding.message),
            document: *document,
            range,
            pointer: format!("{pointer}{}", finding.pointer),
            in_body: Some(at),
            ..finding
        }
    }

    /// Where this range of the body stands: exactly, or in the whole string.
    fn range(&mut self, body: Range<Position>, told: Told) -> Range<Position> {
        let Self { locators, text, string, offsets, .. } = self;
        let (which, locators) = (usize::from(told == Told::AtTheEnd), &mut locators.bodies);
        let Some(offsets) = offsets else {
            return string.get_or_insert_with(|| locators[which].range(text.span())).clone();
        };
        let [start, end] = [body.start, body.end].map(|position| {
            usize::try_from(position.offset).expect("a body that is text is in memory")
        });
        locators[which].range(offsets[which].range(start..end))
    }
}

#[cfg(test)]
mod tests;
