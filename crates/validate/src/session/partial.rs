//! Elements of which the fast path has refused some events: what is wrong with these events.
//!
//! Only the events that were refused are read into trees, each by itself, as if it were alone. What
//! comes of it does not depend on what stands before the element, so any thread may find it out; its
//! findings are placed in the capture when it is known where the element stands. Whatever is not as
//! simple is left to the way that reads the whole element.

use std::{ops::Range, sync::Arc};

use contrail_model::{
    DocumentKind, INSTANT_LENGTH, Kind, Locator, Node, Passage, Position, Tree, characters_of,
    instant,
};

use super::{Flow, Validator, place::Place};
use crate::{
    check::{Examined, Listener, Told, tell},
    content,
    defect::Defects,
    event::Event,
    finding::Finding,
    plan::{Command, Passed, Plan, Reader, Seen, SeenEvents, TextPlace, Times, are_in_order},
    recording::{Side, key},
    version::VersionChoice,
};

/// The most findings of an element that are kept. Those of one with more are handed on as they are
/// made, by the other way.
const MOST_FINDINGS: usize = 1024;

/// An element is at most so deep within its document, and an event in its element.
const MOST_DEPTH: usize = 3;

/// What is wrong with an element by itself; by default nothing.
#[derive(Debug, Default)]
pub(super) struct ElementReport {
    /// With positions from the start of the element, in the order of the text.
    findings: Vec<Finding>,
}

impl ElementReport {
    pub(super) fn number_of_findings(&self) -> usize {
        self.findings.len()
    }

    /// The findings as those of the element at this place.
    pub(super) fn findings(
        self,
        passage: Passage<'_>,
        file: &Arc<str>,
    ) -> impl Iterator<Item = Finding> {
        let (origin, pointer) = (passage.origin, passage.pointer());
        self.findings.into_iter().map(move |mut finding| {
            // On the first line of the element stands what is before the element, too.
            finding.excerpt.cut_left |= finding.range.start.line == 1 && 1 < origin.column;
            finding.range = after(origin, finding.range.start)..after(origin, finding.range.end);
            finding.file = Arc::clone(file);
            finding.document = passage.document;
            if let Some(index) = passage.index {
                finding.pointer.insert_str(0, &pointer);
                if let Some(event) = &mut finding.event {
                    event.index = event.index.or(Some(index));
                }
            }
            finding
        })
    }
}

/// The place in the capture of one in an element that begins at `origin`.
fn after(origin: Position, place: Position) -> Position {
    let column = if place.line == 1 { origin.column + place.column - 1 } else { place.column };
    let (offset, line) = (origin.offset + place.offset, origin.line + place.line - 1);
    Position { offset, line, column }
}

/// Reports on an element that `reader` has read by `plan`, and completes what the reader knows of its
/// events. `None`, and nothing is completed, if the element is left to others.
pub(super) fn report(
    validator: &Validator,
    plan: &Plan,
    is_given: bool,
    reader: &mut Reader,
    tree: &mut Tree,
    bytes: &[u8],
) -> Option<(Passed, ElementReport)> {
    let bytes = bytes.get(..reader.length)?;
    let characters = characters_of(bytes)?;
    let text = std::str::from_utf8(bytes).ok()?;
    let kind = match reader.refused.first()?.start {
        0 => DocumentKind::Event,
        _ => DocumentKind::Batch,
    };
    let element = Passage { document: 0, index: None, origin: Position::START, bytes };
    let file = Arc::from("");
    let mut partial = Partial {
        validator,
        plan,
        kind,
        element,
        text,
        file: &file,
        locator: element.locator(),
        seen: SeenEvents::default(),
        times: Vec::new(),
        findings: Vec::new(),
    };
    partial.events(reader, tree)?;
    let is_assumed = reader.version(plan, is_given)?;
    if is_assumed || !reader.has_distinct_ids() || !are_in_order(&partial.times) {
        return None;
    }
    reader.seen = partial.seen;
    let one_line = (!bytes.contains(&b'\n')).then_some(characters);
    let (length, version) = (bytes.len(), plan.version);
    let passed = Passed { length, kind, version, assumed: false, one_line };
    Some((passed, ElementReport { findings: partial.findings }))
}

/// An element whose refused events are looked at.
struct Partial<'p> {
    validator: &'p Validator,
    plan: &'p Plan,
    kind: DocumentKind,
    /// As if nothing stood before it.
    element: Passage<'p>,
    text: &'p str,
    /// The element does not know the name of its file.
    file: &'p Arc<str>,
    locator: Locator<'p>,
    /// What is remembered of its events, those that were accepted included.
    seen: SeenEvents,
    /// The times of the events that have any.
    times: Vec<Times>,
    findings: Vec<Finding>,
}

impl Partial<'_> {
    /// Looks at the refused events among the others.
    fn events(&mut self, reader: &mut Reader, tree: &mut Tree) -> Option<()> {
        let mut refused = std::mem::take(&mut reader.refused).into_iter();
        let mut accepted = 0;
        for index in 0..reader.accepted.len() {
            if reader.accepted[index] {
                let seen = *reader.seen.events().get(accepted)?;
                self.seen.push(seen, reader.seen.command(&seen).copied());
                self.times.push(*reader.times.get(accepted)?);
                accepted += 1;
            } else {
                self.refused(reader, tree, index, refused.next()?)?;
            }
        }
        Some(())
    }

    /// Remembers a refused event, and keeps its findings.
    fn refused(
        &mut self,
        reader: &mut Reader,
        tree: &mut Tree,
        index: usize,
        range: Range<usize>,
    ) -> Option<()> {
        let text = self.text.get(range.clone())?;
        let length = tree.parse(text.as_bytes(), MOST_DEPTH).ok()?;
        let root = tree.root(text);
        let is_event = match self.kind {
            DocumentKind::Batch => root.kind() == Kind::Object,
            _ => DocumentKind::of(root) == DocumentKind::Event,
        };
        (is_event && length == text.len()).then_some(())?;
        let index = (self.kind == DocumentKind::Batch).then_some(index);
        let Validator { schemas, settings, .. } = self.validator;
        let version = self.plan.version;
        let examined = Examined::new(
            (schemas, settings),
            VersionChoice::Fixed(version),
            root,
            DocumentKind::Event,
            index.map(|index| index as u64),
            None,
        );
        let place = Place::new(self.validator, self.file, self.element, root, Some(version));
        let pointer = index.map(|index| format!("/Events/{index}")).unwrap_or_default();
        let place = place.below(&pointer);
        let (start, is_plain) = (range.start, true);
        let mut keeper = Keeper { partial: self, reader, place, start, index, is_plain };
        let flow = tell(&examined, &mut keeper);
        (flow.is_continue() && keeper.is_plain).then_some(())
    }

    /// Remembers of an event what the reader remembers of those that it accepts.
    fn remember(
        &mut self,
        reader: &mut Reader,
        event: &Event<'_>,
        index: Option<usize>,
        start: usize,
    ) -> Option<()> {
        if let Some(occurred) = event.occurred {
            let received = event.received.unwrap_or(occurred);
            self.times.push((usual(occurred.node)?, usual(received.node)?));
        }
        let signs = event.signs();
        let type_name = signs.type_name.and_then(Node::as_str).unwrap_or_default();
        reader.vote(self.validator.schemas().possible(&type_name, signs.means_version));
        let id = key(&event.id?.as_str()?);
        reader.add_id(id);
        let command = match side(event) {
            Some(side) => Some(command(event, side, start)?),
            None => None,
        };
        let content = content::of_node(event.place.node);
        self.seen.push(Seen::new(id, content, start, index), command);
        Some(())
    }
}

/// Keeps what is found in one event, which begins at `start`.
struct Keeper<'k, 'p> {
    partial: &'k mut Partial<'p>,
    reader: &'k mut Reader,
    place: Place<'k>,
    start: usize,
    /// Its place in its batch.
    index: Option<usize>,
    /// Whether all is known of the event that others need.
    is_plain: bool,
}

impl<'e> Listener<'e> for Keeper<'_, '_> {
    fn element(&mut self, _: &Examined<'e>, _: &mut Defects<'e>) {}

    fn event(&mut self, event: &Event<'e>, _: Option<&Seen>, _: &mut Defects<'e>) {
        let remembered = self.partial.remember(self.reader, event, self.index, self.start);
        self.is_plain = remembered.is_some();
    }

    fn finding(&mut self, told: Told<'_, 'e>) -> Flow {
        if !self.is_plain {
            return Flow::Break(());
        }
        let Told { draft, event, pointer } = told;
        let span = draft.node.span();
        let span = span.start + self.start..span.end + self.start;
        let Partial { locator, findings, .. } = &mut *self.partial;
        let finding = self.place.finding_at(draft, event, pointer, span, locator);
        findings.extend(finding);
        if findings.len() > MOST_FINDINGS { Flow::Break(()) } else { Flow::Continue(()) }
    }
}

/// The number of an instant in its usual form, as the reader knows it.
fn usual(node: Node<'_>) -> Option<i64> {
    let text = node.as_str()?;
    instant(text.as_bytes()).filter(|_| text.len() == INSTANT_LENGTH)
}

/// Which event of a command it is, if it is one and names the command.
fn side(event: &Event<'_>) -> Option<Side> {
    let side = Side::of(&event.type_name?.as_str()?)?;
    event.command_id.map(|_| side)
}

/// What is remembered of an event of a command. `None` if its ids are not as short and plain as ids are.
fn command(event: &Event<'_>, side: Side, start: usize) -> Option<Command> {
    let id = event.command_id?;
    Some(Command {
        side,
        id: key(&id.as_str()?),
        device: content::of_string_node(event.device),
        name: content::of_string_node(event.command_name),
        id_at: text_of_id(id, start)?,
        event_id_at: text_of_id(event.id?, start)?,
    })
}

/// Where the text of an id is, in an event that begins at `start`.
fn text_of_id(id: Node<'_>, start: usize) -> Option<TextPlace> {
    const LONGEST: usize = 100;
    let length = id.raw().len().checked_sub(2)?;
    let is_plain = id.kind() == Kind::String && id.raw().is_ascii() && !id.has_escapes();
    let fits = is_plain && length <= LONGEST;
    fits.then(|| TextPlace::new(start + id.span().start + 1, length))
}

#[cfg(test)]
mod tests {
    use contrail_model::Glance;

    use super::*;
    use crate::{
        Schemas, Settings,
        session::fast::{Fast, Found},
    };

    fn event(number: u32, minute: u32, members: &str) -> String {
        format!(
            r#"{{"Device":"d","ReceivedTime":"2017-05-19T06:{minute:02}:59Z","EventId":"9eebaf4b-52a6-487b-bf2c-{number:012}","EventTime":"2017-05-19T06:{minute:02}:30Z","Type":"HeartbeatEvent"{members}}}"#
        )
    }

    fn batch(count: usize, events: &[String]) -> String {
        let events = events.join(",\n");
        format!(
            r#"{{"BatchId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","Count":{count},"Events":[{events}]}} "#
        )
    }

    /// The findings of an element, as `line:column pointer index`; `None` if it is left to others.
    fn reported(text: &str) -> Option<Vec<String>> {
        let validator = Validator::new(Schemas::embedded(), Settings::default()).compiled();
        let mut fast = Fast::new(&validator, VersionChoice::Auto);
        let glance = fast.glance(text.as_bytes(), u64::MAX);
        let Found::Known(passed, report) = fast.take_found() else { return None };
        assert_eq!(passed.length, text.len() - 1);
        assert!(matches!(glance, Glance::Known { length, .. } if length == passed.length));
        let shown = report.findings.into_iter().map(|finding| {
            let index = finding.event.as_ref().and_then(|event| event.index);
            format!("{} {} {index:?}", finding.start(), finding.pointer)
        });
        Some(shown.collect())
    }

    #[test]
    fn refused_events_are_reported_and_the_others_are_not_read_again() {
        let good = |number| event(number, number, "");
        let bad = |number| event(number, number, r#","X":1"#);
        let sound = batch(2, &[good(1), good(2)]);
        assert_eq!(reported(&sound).unwrap(), [""; 0]);
        let some = batch(4, &[good(1), bad(2), good(3), bad(4)]);
        assert_eq!(
            reported(&some).unwrap(),
            ["2:161 /Events/1/X Some(1)", "4:161 /Events/3/X Some(3)"]
        );
        assert_eq!(reported(&(bad(1) + " ")).unwrap(), ["1:161 /X None"]);
    }

    #[test]
    fn what_events_are_to_one_another_is_left_to_others() {
        let good = |number, minute| event(number, minute, "");
        let bad = |number, minute| event(number, minute, r#","X":1"#);
        for events in [
            [good(1, 1), bad(1, 2), good(3, 3)],
            [good(1, 5), bad(2, 4), good(3, 6)],
            [bad(1, 5), good(2, 4), good(3, 6)],
            [good(1, 1), bad(2, 2).replace("EventId", "EventID"), good(3, 3)],
        ] {
            assert_eq!(reported(&batch(3, &events)), None, "{events:?}");
        }
        assert_eq!(reported(&batch(2, &[bad(1, 1)])), None);
    }

    #[test]
    fn an_event_with_very_many_findings_is_left_to_others() {
        let names =
            |count| (0..count).map(|number| format!(r#","X{number}":1"#)).collect::<Vec<_>>();
        let bad = |count| event(1, 1, &names(count).concat()) + " ";
        assert_eq!(reported(&bad(MOST_FINDINGS)).unwrap().len(), MOST_FINDINGS);
        assert_eq!(reported(&bad(MOST_FINDINGS + 1)), None);
    }

    #[test]
    fn findings_are_moved_to_where_the_element_stands() {
        let at = |line, column| Position { offset: 7, line, column };
        let origin = Position { offset: 100, line: 3, column: 5 };
        assert_eq!(after(origin, at(1, 2)), Position { offset: 107, line: 3, column: 6 });
        assert_eq!(after(origin, at(2, 2)), Position { offset: 107, line: 4, column: 2 });
    }
}
