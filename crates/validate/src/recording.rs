//! What holds across the documents of one capture: redelivered events, commands, versions.
//!
//! The memory is bounded: of all events only the last ones are remembered, as are commands that
//! wait for their other half.

use std::{borrow::Cow, hash::BuildHasher as _};

use contrail_model::{Kind, Locator, Node, Passage};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::{
    check::Examined,
    content,
    defect::Defects,
    draft::Draft,
    event::Event,
    finding::Finding,
    plan::{Command, GUID, Passed, Seen, guid},
    rule::{Rule, batch, command, version},
    version::ApiVersion,
};

/// What is remembered of a capture.
#[derive(Debug)]
pub(crate) struct Recording {
    window: usize,
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
    orphan: Option<Box<Finding>>,
}

/// Which event of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Queued,
    Completed,
}

impl Side {
    pub(crate) fn of(type_name: &str) -> Option<Self> {
        match type_name {
            "CommandQueuedEvent" => Some(Self::Queued),
            "CommandCompletionEvent" => Some(Self::Completed),
            _ => None,
        }
    }
}

impl Recording {
    pub(crate) fn new(window: usize) -> Self {
        Self {
            window,
            elements: 0,
            observed: 0,
            events: Window::default(),
            commands: Window::default(),
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
        self.events.forgotten
    }

    /// How many commands were forgotten to keep the memory bounded.
    pub(crate) fn forgotten_commands(&self) -> u64 {
        self.commands.forgotten
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
    /// `orphan` makes a finding of the event of a command, to be told when the capture is at its end.
    pub(crate) fn observe_passed(
        &mut self,
        passage: Passage<'_>,
        passed: &Passed,
        events: &[Seen],
        orphan: &mut dyn FnMut(&Seen) -> Option<Finding>,
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
        let mut lines = Lines::new(passage, passed.one_line.is_some());
        for (index, seen) in events.iter().enumerate() {
            let own_line = lines.of(seen.start);
            let line = self.body_line.unwrap_or(own_line);
            if !self.delivered(seen, line) || !self.commanded(seen, line, orphan) {
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
                let delivered = Delivered { content: seen.content, element, line };
                self.events.add(seen.id, delivered, self.window);
                true
            }
        }
    }

    /// Remembers the event of a command; false if it says other than the command's first event.
    fn commanded(
        &mut self,
        seen: &Seen,
        line: u64,
        orphan: &mut dyn FnMut(&Seen) -> Option<Finding>,
    ) -> bool {
        let Some(Command { side, id, device, name }) = seen.command else { return true };
        if let Some(other) = self.commands.get(id) {
            return other.meet(side, device, name).is_none();
        }
        let orphan = orphan(seen).map(Box::new);
        let half = Half { side, paired: false, device, name, line, orphan };
        self.commands.add(id, half, self.window);
        true
    }

    /// Commands whose other event was never seen, in the order of the capture.
    pub(crate) fn finish(self) -> Vec<Finding> {
        // One response of many says nothing about what is not in it.
        if self.elements < 2 {
            return Vec::new();
        }
        let has_forgotten = 0 < self.commands.forgotten;
        let mut findings: Vec<_> = self
            .commands
            .into_things()
            .filter(|half| !half.paired)
            .filter_map(|half| half.orphan.map(|finding| *finding))
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
            self.events.add(key, Delivered { content, element, line }, self.window);
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
        let hash = |value: Option<Node<'_>>| {
            value.filter(|value| value.kind() == Kind::String).map(content::of_node)
        };
        let (device, name) = (hash(event.device), hash(event.command_name));
        let key = key(&text);
        let Some(other) = self.commands.get(key) else {
            let orphan = orphan(event).and_then(finding).map(Box::new);
            let half = Half { side, paired: false, device, name, line, orphan };
            self.commands.add(key, half, self.window);
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

/// What is said of an event of a command whose other event does not come.
pub(crate) fn orphan<'t>(event: &Event<'t>) -> Option<Draft<'t>> {
    let (rule, message): (&'static Rule, _) = match Side::of(&event.type_name?.as_str()?)? {
        Side::Queued => (
            &command::QUEUED_WITHOUT_COMPLETION,
            "the completion of this command is not in the capture",
        ),
        Side::Completed => (
            &command::COMPLETION_WITHOUT_QUEUED,
            "the queued event of this command is not in the capture",
        ),
    };
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

/// The last things of a kind, by key.
///
/// A ring of things and a table of their places: a table of the things themselves is ten times as
/// large, and looking into it is waiting for memory.
#[derive(Debug)]
struct Window<T> {
    table: HashTable<u32>,
    /// Things and their keys, in the order in which they came, from `oldest` on.
    ring: Vec<(u128, T)>,
    oldest: usize,
    forgotten: u64,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { table: HashTable::new(), ring: Vec::new(), oldest: 0, forgotten: 0 }
    }
}

impl<T> Window<T> {
    /// What has this key.
    fn get(&mut self, key: u128) -> Option<&mut T> {
        let Self { table, ring, .. } = self;
        let place = *table.find(hash_of(key), |place| ring[*place as usize].0 == key)?;
        Some(&mut ring[place as usize].1)
    }

    /// Adds what is not there yet; the oldest makes room.
    fn add(&mut self, key: u128, thing: T, size: usize) {
        let Self { table, ring, oldest, forgotten } = self;
        let place = ring.len();
        if place < size.max(1) {
            ring.push((key, thing));
            let place = u32::try_from(place).expect("a window is smaller than 4 Gi");
            table.insert_unique(hash_of(key), place, |place| hash_of(ring[*place as usize].0));
            return;
        }
        let place = *oldest;
        let (old, _) = std::mem::replace(&mut ring[place], (key, thing));
        let is_it = |other: &u32| *other as usize == place;
        if let Ok(entry) = table.find_entry(hash_of(old), is_it) {
            let (place, _) = entry.remove();
            table.insert_unique(hash_of(key), place, |place| hash_of(ring[*place as usize].0));
        }
        *oldest = (place + 1) % ring.len();
        *forgotten += 1;
    }

    fn into_things(self) -> impl Iterator<Item = T> {
        self.ring.into_iter().map(|(_, thing)| thing)
    }
}

fn hash_of(key: u128) -> u64 {
    FixedState::default().hash_one(key)
}

/// An identifier as a number: two ids have the same by a chance of one in 2^128. A GUID is the same
/// in any case (RFC 9562), and is its own number.
pub(crate) fn key(id: &str) -> u128 {
    if let Some(guid) = guid(id.as_bytes()).filter(|_| id.len() == GUID) {
        return guid;
    }
    let has_capitals = id.bytes().any(|byte| byte.is_ascii_uppercase());
    let id = if has_capitals { Cow::Owned(id.to_ascii_lowercase()) } else { Cow::Borrowed(id) };
    let half = |seed| u128::from(FixedState::with_seed(seed).hash_one(&*id));
    half(0) << 64 | half(1)
}
