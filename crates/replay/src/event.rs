//! One event of a recording: its bytes, and what a replay needs to know of it.

use std::{borrow::Cow, ops::Range};

use contrail_model::{Kind, Node, TIME_PROPERTIES, Timestamp};

use crate::time::RecordingTime;

/// By which of its times an event is ordered and paced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// `ReceivedTime`, where there is one, else `EventTime`: when the API had the event.
    #[default]
    Received,
    /// `EventTime`: when it happened.
    Occurred,
}

/// One event of a recording.
#[derive(Clone, Debug)]
pub struct Event {
    /// The time by which it is ordered and paced.
    pub time: RecordingTime,
    /// Its number among the events of its input, from 0.
    pub position: u64,
    text: Vec<u8>,
    type_name: Option<Range<usize>>,
    device: Option<Range<usize>>,
    id: Option<Range<usize>>,
    version: Option<Range<usize>>,
    stamps: Vec<Stamp>,
}

/// An instant in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Where it stands in the text, without the quotes.
    pub range: Range<usize>,
    /// Which instant it is.
    pub time: Timestamp,
    /// Whose clock told it.
    pub told_by: ToldBy,
}

/// Whose clock told an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToldBy {
    /// That of the device.
    Device,
    /// That of the API, which tells `ReceivedTime`.
    Api,
}

impl Event {
    /// Takes an event out of a capture; nothing if it has no time that can be read.
    pub(crate) fn of(node: Node<'_>, order_by: OrderBy, position: u64) -> Option<Self> {
        let start = node.span().start;
        let within = |node: Node<'_>| {
            let span = node.span();
            (node.kind() == Kind::String).then(|| span.start + 1 - start..span.end - 1 - start)
        };
        let (mut type_name, mut device, mut id, mut version) = (None, None, None, None);
        let (mut occurred, mut received) = (None, None);
        for member in node.members() {
            let value = member.value;
            match &*member.name.as_str()? {
                "Type" => type_name = within(value),
                "Device" => device = within(value),
                "EventId" => id = within(value),
                "Version" if value.kind() == Kind::Number => {
                    version = Some(value.span().start - start..value.span().end - start);
                }
                "EventTime" => occurred = instant(value),
                "ReceivedTime" => received = instant(value),
                _ => {}
            }
        }
        let time = match order_by {
            OrderBy::Received => received.or(occurred),
            OrderBy::Occurred => occurred,
        };
        Some(Self {
            time: time?.into(),
            position,
            text: node.raw().as_bytes().to_vec(),
            type_name,
            device,
            id,
            version,
            stamps: Vec::new(),
        })
    }

    /// The event with the places of its instants, for those who want to change them.
    #[must_use]
    pub(crate) fn with_stamps(mut self, node: Node<'_>) -> Self {
        find_stamps(node, node.span().start, &mut self.stamps);
        self
    }

    /// Its bytes, as they were recorded.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Its instants, in the order of the text.
    pub fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// Its `Type`.
    pub fn type_name(&self) -> Option<Cow<'_, str>> {
        self.string(self.type_name.as_ref()?)
    }

    /// Its `Device`.
    pub fn device(&self) -> Option<Cow<'_, str>> {
        self.string(self.device.as_ref()?)
    }

    /// Its `EventId`.
    pub fn id(&self) -> Option<Cow<'_, str>> {
        self.string(self.id.as_ref()?)
    }

    /// Its `Version`, as it is written.
    pub fn version(&self) -> Option<&str> {
        std::str::from_utf8(&self.text[self.version.clone()?]).ok()
    }

    /// Where its `EventId` stands in the text, without the quotes.
    pub fn id_range(&self) -> Option<Range<usize>> {
        self.id.clone()
    }

    /// How many bytes of memory it takes, about.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.text.len() + self.stamps.len() * size_of::<Stamp>()
    }

    fn string(&self, range: &Range<usize>) -> Option<Cow<'_, str>> {
        let inside = std::str::from_utf8(&self.text[range.clone()]).ok()?;
        if !inside.contains('\\') {
            return Some(Cow::Borrowed(inside));
        }
        let quoted = std::str::from_utf8(&self.text[range.start - 1..=range.end]).ok()?;
        serde_json::from_str(quoted).ok().map(Cow::Owned)
    }
}

fn instant(node: Node<'_>) -> Option<Timestamp> {
    Timestamp::parse(&node.as_str()?)
}

/// The instants of a value, at any depth.
fn find_stamps(node: Node<'_>, start: usize, stamps: &mut Vec<Stamp>) {
    for member in node.members() {
        match member.value.kind() {
            Kind::String if TIME_PROPERTIES.iter().any(|name| member.name.is_str(name)) => {
                let span = member.value.span();
                // One that is written with escapes is left as it is.
                let raw = &member.value.raw()[1..span.len() - 1];
                if let Some(time) = Timestamp::parse(raw) {
                    let range = span.start + 1 - start..span.end - 1 - start;
                    let is_received = member.name.is_str("ReceivedTime");
                    let told_by = if is_received { ToldBy::Api } else { ToldBy::Device };
                    stamps.push(Stamp { range, time, told_by });
                }
            }
            Kind::Object => find_stamps(member.value, start, stamps),
            Kind::Array => member.value.elements().for_each(|it| find_stamps(it, start, stamps)),
            _ => {}
        }
    }
}
