//! An event of an element, with the members that rules look at.

use contrail_model::{Node, Timestamp};

use crate::{draft::EventPlace, similar::similar};

/// An event, its members found in one walk: rules are many, and ask for the same few.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'t> {
    pub(crate) place: EventPlace<'t>,
    pub(crate) type_name: Option<Node<'t>>,
    pub(crate) id: Option<Node<'t>>,
    /// `EventTime`, where it is an instant.
    pub(crate) occurred: Option<Instant<'t>>,
    /// `ReceivedTime`, where it is an instant.
    pub(crate) received: Option<Instant<'t>>,
    pub(crate) version: Option<Node<'t>>,
    /// Whether it has a name that is a slip for `Version`.
    has_slip_for_version: bool,
    pub(crate) device: Option<Node<'t>>,
    pub(crate) command_id: Option<Node<'t>>,
    pub(crate) command_name: Option<Node<'t>>,
    pub(crate) uri: Option<Node<'t>>,
    pub(crate) adds: Option<Node<'t>>,
    pub(crate) removes: Option<Node<'t>>,
    pub(crate) observe: Option<Node<'t>>,
}

/// A value that is an instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant<'t> {
    pub(crate) node: Node<'t>,
    pub(crate) time: Timestamp,
}

/// What of an event speaks for an API version.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EventSigns<'t> {
    pub(crate) type_name: Option<Node<'t>>,
    /// Whether it has `Version`, or a slip for it: what is meant decides.
    pub(crate) means_version: bool,
}

impl<'t> EventSigns<'t> {
    pub(crate) fn of(event: Node<'t>) -> Self {
        let mut signs = Self::default();
        for member in event.members() {
            let name = member.name;
            if name.is_str("Type") {
                signs.type_name = Some(member.value);
            } else if !signs.means_version && may_mean_version(name) {
                let name = name.as_str().unwrap_or_default();
                signs.means_version = name == "Version" || is_slip_for_version(&name);
            }
        }
        signs
    }
}

/// Whether a name has about the length that it takes to mean `Version`; escapes make it longer.
fn may_mean_version(name: Node<'_>) -> bool {
    name.has_escapes() || (8..=10).contains(&name.span().len())
}

impl<'t> Event<'t> {
    /// Where the event is that an element is.
    pub(crate) fn alone(node: Node<'t>, index: Option<u64>) -> EventPlace<'t> {
        EventPlace { node, index, in_batch: false }
    }

    /// Where the events of a batch are.
    pub(crate) fn places_of_batch(batch: Node<'t>) -> impl Iterator<Item = EventPlace<'t>> {
        let nodes = batch.get("Events").into_iter().flat_map(Node::elements);
        let place = |(node, index)| EventPlace { node, index: Some(index), in_batch: true };
        nodes.zip(0..).map(place)
    }

    /// The event at a place.
    pub(crate) fn new(place: EventPlace<'t>) -> Self {
        let mut event = Self {
            place,
            type_name: None,
            id: None,
            occurred: None,
            received: None,
            version: None,
            has_slip_for_version: false,
            device: None,
            command_id: None,
            command_name: None,
            uri: None,
            adds: None,
            removes: None,
            observe: None,
        };
        for member in place.node.members() {
            event.take(member.name, member.value);
        }
        event
    }

    fn take(&mut self, name: Node<'t>, value: Node<'t>) {
        let instant = || Some(Instant { node: value, time: Timestamp::parse(&value.as_str()?)? });
        match &*name.as_str().unwrap_or_default() {
            "Type" => self.type_name = Some(value),
            "EventId" => self.id = Some(value),
            "EventTime" => self.occurred = instant(),
            "ReceivedTime" => self.received = instant(),
            "Version" => self.version = Some(value),
            "Device" => self.device = Some(value),
            "CommandId" => self.command_id = Some(value),
            "CommandName" => self.command_name = Some(value),
            "URI" => self.uri = Some(value),
            "Adds" => self.adds = Some(value),
            "Removes" => self.removes = Some(value),
            "Observe" => self.observe = Some(value),
            other => {
                self.has_slip_for_version |= may_mean_version(name) && is_slip_for_version(other);
            }
        }
    }

    /// What of it speaks for an API version.
    pub(crate) fn signs(&self) -> EventSigns<'t> {
        let means_version = self.version.is_some() || self.has_slip_for_version;
        EventSigns { type_name: self.type_name, means_version }
    }
}

/// Whether a name that is not `Version` is meant to be.
pub(crate) fn is_slip_for_version(name: &str) -> bool {
    // What cannot be a slip is not compared letter by letter.
    (6..=8).contains(&name.len()) && name.starts_with(['V', 'v']) && similar(name, "Version")
}
