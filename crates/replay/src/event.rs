//! One event of a recording: its bytes, and what a replay needs to know of it.

use std::{borrow::Cow, ops::Range, sync::Arc};

use contrail_model::{Kind, Node, SkimmedEvent, SkimmedInstant, Span, TIME_PROPERTIES, Timestamp};

use crate::{input::ReadOptions, slab::Slab, time::RecordingTime};

/// By which of its times an event is ordered and paced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderBy {
    /// `ReceivedTime`, where there is one, else `EventTime`: when the API had the event.
    #[default]
    Received,
    /// `EventTime`: when it happened.
    Occurred,
}

/// One event of a recording. Clones share the text.
#[derive(Clone, Debug)]
pub struct Event {
    /// The time by which it is ordered and paced.
    pub time: RecordingTime,
    /// Its number among the events of its input, from 0.
    pub position: u64,
    slab: Arc<Slab>,
    parts: Parts,
}

/// An event without its text, which is in a slab.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) time: RecordingTime,
    pub(crate) position: u64,
    parts: Parts,
}

/// Where an event is in its slab, and where its parts are, from its start.
#[derive(Clone, Copy, Debug)]
struct Parts {
    start: usize,
    length: usize,
    /// The first of its instants, and the one after the last.
    stamps: (usize, usize),
    type_name: Option<Span>,
    device: Option<Span>,
    id: Option<Span>,
    version: Option<Span>,
}

/// An instant in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Where it stands in the text, without the quotes.
    pub span: Span,
    /// Which instant it is.
    pub time: RecordingTime,
    /// How many digits of a second's fraction it is written with.
    pub fraction_digits: u8,
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

impl Head {
    /// Takes an event out of a tree into a slab; `None` if it has no time that can be read.
    pub(crate) fn of(
        node: Node<'_>,
        options: &ReadOptions,
        position: u64,
        slab: &mut Slab,
    ) -> Option<Self> {
        let start = node.span().start;
        let within = |node: Node<'_>| {
            let span = node.span();
            (node.kind() == Kind::String)
                .then(|| Span::new(span.start + 1 - start, span.end - 1 - start))
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
                    let span = value.span();
                    version = Some(Span::new(span.start - start, span.end - start));
                }
                "EventTime" => occurred = instant(value),
                "ReceivedTime" => received = instant(value),
                _ => {}
            }
        }
        let time = match options.order_by {
            OrderBy::Received => received.or(occurred),
            OrderBy::Occurred => occurred,
        };
        let time = time?.into();
        let first = slab.stamps.len();
        if options.with_stamps {
            find_stamps(node, start, &mut slab.stamps);
        }
        let stamps = (first, slab.stamps.len());
        let text = node.raw().as_bytes();
        let (start, length) = (slab.add(text), text.len());
        let parts = Parts { start, length, stamps, type_name, device, id, version };
        Some(Self { time, position, parts })
    }

    /// Takes an event that was skimmed into a slab.
    pub(crate) fn skimmed(
        event: &SkimmedEvent,
        instants: &[SkimmedInstant],
        text: &[u8],
        position: u64,
        slab: &mut Slab,
    ) -> Self {
        let first = slab.stamps.len();
        slab.stamps.extend(instants.iter().map(|instant| Stamp {
            span: instant.span,
            time: instant.time.into(),
            fraction_digits: instant.time.fraction_digits(),
            told_by: if instant.is_received { ToldBy::Api } else { ToldBy::Device },
        }));
        let stamps = (first, slab.stamps.len());
        let SkimmedEvent { time, type_name, device, id, version, .. } = *event;
        let (start, length) = (slab.add(text), text.len());
        let parts = Parts { start, length, stamps, type_name, device, id, version };
        Self { time: time.into(), position, parts }
    }

    /// How many bytes of memory the event takes, about.
    pub(crate) fn size(&self) -> usize {
        self.parts.size()
    }

    /// How long its text is, in bytes.
    pub(crate) fn length(&self) -> usize {
        self.parts.length
    }

    /// Moves the text and the instants to another slab.
    pub(crate) fn move_to(&mut self, other: &mut Slab, slab: &Slab) {
        let Parts { start, length, stamps: (first, last), .. } = self.parts;
        self.parts.start = other.add(&slab.text[start..start + length]);
        self.parts.stamps.0 = other.stamps.len();
        other.stamps.extend_from_slice(&slab.stamps[first..last]);
        self.parts.stamps.1 = other.stamps.len();
    }
}

impl Parts {
    /// What an event and a stamp take beside the text, about. What is read ahead is measured by this,
    /// and it decides which events come too late to be put in order: so it stays what it is.
    const EVENT: usize = 176;
    const STAMP: usize = 40;

    fn size(&self) -> usize {
        Self::EVENT + self.length + (self.stamps.1 - self.stamps.0) * Self::STAMP
    }
}

impl Event {
    pub(crate) fn new(Head { time, position, parts }: Head, slab: Arc<Slab>) -> Self {
        Self { time, position, slab, parts }
    }

    /// The same event with a text of its own: one that waits does not keep the memory of its neighbours.
    #[must_use]
    pub(crate) fn apart(&self) -> Self {
        let slab = Slab { text: self.text().to_vec(), stamps: self.stamps().to_vec() };
        let parts = Parts { start: 0, stamps: (0, slab.stamps.len()), ..self.parts };
        Self { slab: Arc::new(slab), parts, ..*self }
    }

    /// Its bytes, as they were recorded.
    pub fn text(&self) -> &[u8] {
        &self.slab.text[self.parts.start..self.parts.start + self.parts.length]
    }

    /// Its instants, in the order of the text.
    pub fn stamps(&self) -> &[Stamp] {
        &self.slab.stamps[self.parts.stamps.0..self.parts.stamps.1]
    }

    /// Its `Type`.
    pub fn type_name(&self) -> Option<Cow<'_, str>> {
        self.string(self.parts.type_name?)
    }

    /// Its `Device`.
    pub fn device(&self) -> Option<Cow<'_, str>> {
        self.string(self.parts.device?)
    }

    /// Its `EventId`.
    pub fn id(&self) -> Option<Cow<'_, str>> {
        self.string(self.parts.id?)
    }

    /// Its `Version`, as it is written.
    pub fn version(&self) -> Option<&str> {
        std::str::from_utf8(&self.text()[self.parts.version?.range()]).ok()
    }

    /// Where its `EventId` stands in the text, without the quotes.
    pub fn id_range(&self) -> Option<Range<usize>> {
        self.parts.id.map(Span::range)
    }

    /// How many bytes of memory it takes, about.
    pub(crate) fn size(&self) -> usize {
        self.parts.size()
    }

    fn string(&self, span: Span) -> Option<Cow<'_, str>> {
        let Range { start, end } = span.range();
        let inside = std::str::from_utf8(&self.text()[start..end]).ok()?;
        if !inside.contains('\\') {
            return Some(Cow::Borrowed(inside));
        }
        let quoted = std::str::from_utf8(&self.text()[start - 1..=end]).ok()?;
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
                    let fraction_digits = time.fraction_digits();
                    let is_received = member.name.is_str("ReceivedTime");
                    let told_by = if is_received { ToldBy::Api } else { ToldBy::Device };
                    let span = Span::new(span.start + 1 - start, span.end - 1 - start);
                    stamps.push(Stamp { span, time: time.into(), fraction_digits, told_by });
                }
            }
            Kind::Object => find_stamps(member.value, start, stamps),
            Kind::Array => member.value.elements().for_each(|it| find_stamps(it, start, stamps)),
            _ => {}
        }
    }
}
