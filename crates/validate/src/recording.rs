//! What holds across the documents of one capture: redelivered events, commands, versions.
//!
//! The memory is bounded: of all events only the last ones are remembered, as are commands that
//! wait for their other half.

mod window;

use std::{borrow::Cow, hash::BuildHasher as _, ops::Range};

use contrail_model::{GUID_LENGTH, GuidNumber, Locator, Passage, Position};
use foldhash::fast::FixedState;

use crate::{
    check::Examined,
    content,
    defect::Defects,
    draft::Draft,
    event::Event,
    finding::Finding,
    plan::{Command, Passed, Seen, SeenEvents},
    rule::{Rule, batch, command, version},
    version::ApiVersion,
};
use window::Window;

/// What is remembered of a capture.
#[derive(Debug)]
pub(crate) struct Recording {
    /// The number of elements seen.
    elements: u64,
    /// How many events of the element at hand have been observed, and need not be again.
    observed: usize,
    events: Window<Delivered>,
    commands: Window<Half>,
    /// The version of the first document that gave a sign of it, and the line where it stands.
    first_version: Option<(ApiVersion, u64)>,
    mixed_told: bool,
    /// The line of a HAR document on which all of the body stands that is being looked at.
    body_line: Option<u64>,
}

/// An event that was delivered.
#[derive(Debug)]
struct Delivered {
    content: u64,
    element: u64,
    line: u64,
}

/// A command of which one event, or both, have been seen.
#[derive(Debug)]
struct Half {
    side: Side,
    /// Whether both have been seen.
    paired: bool,
    /// Hashes of the device and the command; nothing if the event does not say, as it must.
    device: Option<u64>,
    name: Option<u64>,
    line: u64,
    /// What to say if the other half never comes; nothing any more once it has.
    orphan: Option<Orphan>,
}

/// What to say of an event of a command whose other event does not come.
///
/// Nearly all commands have both events, so no finding is made before it is known to be needed.
#[derive(Debug)]
pub(crate) enum Orphan {
    Finding(Box<Finding>),
    Kept(Box<KeptCommand>),
}

/// An event of a command, and the text around the id of the command: what a finding takes.
#[derive(Debug)]
pub(crate) struct KeptCommand {
    pub(crate) side: Side,
    /// The id of the command, with as much around it as an excerpt may show.
    pub(crate) text: Box<[u8]>,
    /// Where the id is in the text, without its quotes.
    pub(crate) id_at: Range<usize>,
    /// Where the text stands.
    pub(crate) origin: Position,
    pub(crate) event_id: Box<[u8]>,
    pub(crate) document: u64,
    /// The index of the element in its document, and that of the event in its batch.
    pub(crate) element: Option<u64>,
    pub(crate) index: Option<u64>,
    pub(crate) version: ApiVersion,
}

/// Which event of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Queued,
    Completed,
}

impl Side {
    pub(crate) fn of(type_name: &str) -> Option<Self> {
        [Self::Queued, Self::Completed].into_iter().find(|side| side.type_name() == type_name)
    }
}

impl Recording {
    pub(crate) fn new(window: usize) -> Self {
        Self {
            elements: 0,
            observed: 0,
            events: Window::new(window),
            commands: Window::new(window),
            first_version: None,
            mixed_told: false,
            body_line: None,
        }
    }

    /// Says on which line of a HAR document the body stands that comes next; nothing behind it.
    pub(crate) fn set_body_line(&mut self, line: Option<u64>) {
        self.body_line = line;
    }

    /// How many events were forgotten to keep the memory bounded.
    pub(crate) fn forgotten_events(&self) -> u64 {
        self.events.forgotten()
    }

    /// How many commands were forgotten to keep the memory bounded.
    pub(crate) fn forgotten_commands(&self) -> u64 {
        self.commands.forgotten()
    }

    /// Begins to look at an element, after all before it: its events come next.
    pub(crate) fn begin<'e>(
        &mut self,
        examined: &Examined<'e>,
        locator: &mut Locator<'_>,
    ) -> Option<Draft<'e>> {
        self.elements += 1;
        self.mixed_version(examined, locator)
    }

    /// Looks at an event of the element at hand, after all before it, and adds what it finds.
    ///
    /// `finding` makes a finding of a draft, to be told when the capture is at its end.
    pub(crate) fn observe<'e>(
        &mut self,
        event: &Event<'e>,
        seen: Option<&Seen>,
        locator: &mut Locator<'_>,
        defects: &mut Defects<'e>,
        finding: impl FnOnce(Draft<'e>, &mut Locator<'_>) -> Option<Finding>,
    ) {
        if 0 < self.observed {
            self.observed -= 1;
            return;
        }
        let own_line = || locator.position(event.place.node.span().start).line;
        let line = self.body_line.unwrap_or_else(own_line);
        let redelivered = self.redelivered(event, seen, line);
        defects.add(redelivered);
        let command = self.command(event, line, |draft| finding(draft, locator));
        defects.add(command);
    }

    /// Takes an element in which nothing was found, and the events that were seen in it. False if
    /// something before it makes a finding of it: then it is to be observed as any other, which goes
    /// on where this left off.
    ///
    /// `orphan` says what is to be kept of the event of a command.
    pub(crate) fn observe_passed(
        &mut self,
        passage: Passage<'_>,
        passed: &Passed,
        seen: &SeenEvents,
        orphan: &mut dyn FnMut(&Seen, &Command) -> Option<Orphan>,
    ) -> bool {
        let is_mixed = !passed.assumed
            && self.body_line.is_none()
            && self.first_version.is_some_and(|(first, _)| first != passed.version);
        if is_mixed && !self.mixed_told {
            return false;
        }
        if !passed.assumed && self.body_line.is_none() {
            self.first_version.get_or_insert((passed.version, passage.origin.line));
        }
        self.elements += 1;
        self.events.touch(seen.events().iter().map(|event| event.id));
        let mut lines = Lines::new(passage, passed.one_line.is_some());
        for (index, event) in seen.events().iter().enumerate() {
            let own_line = lines.of(event.start as usize);
            let line = self.body_line.unwrap_or(own_line);
            let command = seen.command(event);
            let is_sound = self.delivered(event, line)
                && command.is_none_or(|command| {
                    self.commanded(command, line, &mut || orphan(event, command))
                });
            if !is_sound {
                self.elements -= 1;
                self.observed = index;
                return false;
            }
        }
        true
    }

    /// Remembers an event; false if it was delivered with other content.
    fn delivered(&mut self, seen: &Seen, line: u64) -> bool {
        let element = self.elements;
        match self.events.get(seen.id) {
            Some(before) => before.content == seen.content,
            None => {
                self.events.add(seen.id, Delivered { content: seen.content, element, line });
                true
            }
        }
    }

    /// Remembers the event of a command; false if it says other than the command's first event.
    fn commanded(
        &mut self,
        command: &Command,
        line: u64,
        orphan: &mut dyn FnMut() -> Option<Orphan>,
    ) -> bool {
        let Command { side, id, device, name, .. } = *command;
        if let Some(other) = self.commands.get(id) {
            return other.meet(side, device, name).is_none();
        }
        let half = Half { side, paired: false, device, name, line, orphan: orphan() };
        self.commands.add(id, half);
        true
    }

    /// Commands whose other event was never seen, in the order of the capture.
    ///
    /// `finding` makes a finding of what was kept of the event of a command.
    pub(crate) fn finish(
        self,
        finding: &mut dyn FnMut(&KeptCommand) -> Option<Finding>,
    ) -> Vec<Finding> {
        // One response of many says nothing about what is not in it.
        if self.elements < 2 {
            return Vec::new();
        }
        let has_forgotten = 0 < self.commands.forgotten();
        let mut findings: Vec<_> = self
            .commands
            .into_things()
            .filter(|half| !half.paired)
            .filter_map(|half| match half.orphan? {
                Orphan::Finding(finding) => Some(*finding),
                Orphan::Kept(kept) => finding(&kept),
            })
            .collect();
        if has_forgotten {
            for finding in &mut findings {
                finding.message += ", or was forgotten";
                finding.help = Some("`--window` makes more commands remembered".to_owned());
            }
        }
        findings.sort_by_key(Finding::start);
        findings
    }

    fn mixed_version<'e>(
        &mut self,
        examined: &Examined<'e>,
        locator: &mut Locator<'_>,
    ) -> Option<Draft<'e>> {
        // The URLs of a HAR document tell the versions apart.
        if self.body_line.is_some() {
            return None;
        }
        let found = examined.version.filter(|_| !examined.assumed)?;
        let line = locator.position(0).line;
        let (first, line) = *self.first_version.get_or_insert((found, line));
        if first == found || self.mixed_told {
            return None;
        }
        self.mixed_told = true;
        let message = format!(
            "this document is of API version {found}, but the one at line {line} of version {first}"
        );
        let draft = Draft::new(&version::MIXED_VERSIONS, examined.root, message);
        Some(draft.got(found.to_string()).want(first.to_string()))
    }

    fn redelivered<'t>(
        &mut self,
        event: &Event<'t>,
        seen: Option<&Seen>,
        line: u64,
    ) -> Option<Draft<'t>> {
        let id = event.id?;
        let (key, content) = match seen {
            Some(seen) => (seen.id, seen.content),
            None => (key(&id.as_str()?), content::of_node(event.place.node)),
        };
        let element = self.elements;
        let Some(before) = self.events.get(key) else {
            self.events.add(key, Delivered { content, element, line });
            return None;
        };
        // Twice in one batch is another matter, whatever the content.
        if before.element == element || before.content == content {
            return None;
        }
        let message = format!(
            "an event with this EventId but other content was delivered at line {}",
            before.line
        );
        Some(Draft::new(&batch::CONFLICTING_REDELIVERY, id, message).got(id.raw()))
    }

    fn command<'t>(
        &mut self,
        event: &Event<'t>,
        line: u64,
        finding: impl FnOnce(Draft<'t>) -> Option<Finding>,
    ) -> Option<Draft<'t>> {
        let side = Side::of(&event.type_name?.as_str()?)?;
        let id = event.command_id?;
        let text = id.as_str()?;
        let [device, name] = [event.device, event.command_name].map(content::of_string_node);
        let key = key(&text);
        let Some(other) = self.commands.get(key) else {
            let orphan = orphan(event).and_then(finding);
            let orphan = orphan.map(|finding| Orphan::Finding(Box::new(finding)));
            let half = Half { side, paired: false, device, name, line, orphan };
            self.commands.add(key, half);
            return None;
        };
        let (differs, value) = match other.meet(side, device, name)? {
            Difference::Device => ("Device", event.device?),
            Difference::Name => ("CommandName", event.command_name?),
        };
        let message = format!(
            "{differs} differs from that of the command's first event, at line {}",
            other.line
        );
        Some(Draft::new(&command::COMMAND_MISMATCH, value, message).got(value.raw()))
    }
}

/// In what the events of a command differ.
enum Difference {
    Device,
    Name,
}

impl Half {
    /// Takes a further event of the command, and tells in what it differs from the first.
    fn meet(&mut self, side: Side, device: Option<u64>, name: Option<u64>) -> Option<Difference> {
        if self.side != side {
            self.paired = true;
            self.orphan = None;
        }
        let differ = |one: Option<u64>, other: Option<u64>| {
            one.zip(other).is_some_and(|(one, other)| one != other)
        };
        match (differ(device, self.device), differ(name, self.name)) {
            (true, _) => Some(Difference::Device),
            (false, true) => Some(Difference::Name),
            (false, false) => None,
        }
    }
}

impl Side {
    /// The rule that an event breaks whose other event does not come, and what is said of it.
    pub(crate) fn orphan_rule(self) -> (&'static Rule, &'static str) {
        match self {
            Self::Queued => (
                &command::QUEUED_WITHOUT_COMPLETION,
                "the completion of this command is not in the capture",
            ),
            Self::Completed => (
                &command::COMPLETION_WITHOUT_QUEUED,
                "the queued event of this command is not in the capture",
            ),
        }
    }

    /// The type of the event.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Queued => "CommandQueuedEvent",
            Self::Completed => "CommandCompletionEvent",
        }
    }
}

/// What is said of an event of a command whose other event does not come.
fn orphan<'t>(event: &Event<'t>) -> Option<Draft<'t>> {
    let (rule, message) = Side::of(&event.type_name?.as_str()?)?.orphan_rule();
    let id = event.command_id?;
    Some(Draft::new(rule, id, message).got(id.raw()))
}

/// Finds lines of offsets in a text, in ascending order.
struct Lines<'p> {
    text: &'p [u8],
    line: u64,
    /// How far the lines are counted.
    counted: usize,
    is_one_line: bool,
}

impl<'p> Lines<'p> {
    fn new(passage: Passage<'p>, is_one_line: bool) -> Self {
        Self { text: passage.bytes, line: passage.origin.line, counted: 0, is_one_line }
    }

    fn of(&mut self, offset: usize) -> u64 {
        if !self.is_one_line {
            let between = &self.text[self.counted..offset];
            self.line += memchr::memchr_iter(b'\n', between).count() as u64;
            self.counted = offset;
        }
        self.line
    }
}

/// An identifier as a number: two ids have the same by a chance of one in 2^128. A GUID is the same
/// in any case (RFC 9562), and is its own number.
pub(crate) fn key(id: &str) -> u128 {
    if let Some(guid) = GuidNumber::read(id.as_bytes()).filter(|_| id.len() == GUID_LENGTH) {
        return guid.number;
    }
    let has_capitals = id.bytes().any(|byte| byte.is_ascii_uppercase());
    let id = if has_capitals { Cow::Owned(id.to_ascii_lowercase()) } else { Cow::Borrowed(id) };
    let half = |seed| u128::from(FixedState::with_seed(seed).hash_one(&*id));
    half(0) << 64 | half(1)
}
