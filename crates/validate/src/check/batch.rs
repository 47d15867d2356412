//! The checks of a batch: its envelope, and what holds across its events.

use std::hash::BuildHasher as _;

use contrail_model::{Kind, Node, Timestamp};
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::Against;
use crate::{
    defect::Defects,
    draft::Draft,
    event::{Event, Instant},
    rule::{batch as rules, schema},
};

/// Adds what is wrong with a batch but for its events.
pub(super) fn envelope<'e>(against: Against<'e>, batch: Node<'e>, defects: &mut Defects<'e>) {
    let Against { schemas, version, .. } = against;
    schemas.batch(version).find(batch, defects);
    let (count, events) = (batch.get("Count"), batch.get("Events"));
    let refused = |node: Option<Node<'_>>, defects: &Defects<'_>| {
        let is_it = |number: u32| node.is_some_and(|node| node.index() == number);
        defects.list.iter().position(|defect| is_it(defect.node))
    };
    // The schema holds the limit; the rule has a name of its own.
    if let Some(at) = refused(events, defects)
        && defects.list[at].rule().name == schema::CONSTRAINT_VIOLATED.name
    {
        defects.list.remove(at);
        defects.add(events.map(too_large));
    }
    if refused(count, defects).is_none() {
        defects.add(count_mismatch(count, events));
    }
}

fn too_large(events: Node<'_>) -> Draft<'_> {
    let count = events.elements().count();
    let message = format!("Events holds {count} events; Get Events returns at most 512");
    Draft::new(&rules::BATCH_TOO_LARGE, events, message)
        .got(count.to_string())
        .want("at most 512")
        .help(Some("give each response as a document of its own"))
}

fn count_mismatch<'e>(count: Option<Node<'e>>, events: Option<Node<'e>>) -> Option<Draft<'e>> {
    let count = count?;
    let events = events.filter(|events| events.kind() == Kind::Array)?;
    let number = events.elements().count();
    let written = count.as_number()?;
    #[expect(clippy::cast_precision_loss, reason = "a batch has far fewer than 2^53 events")]
    // The schema has seen to it that it is a whole number, if perhaps written as 5.0.
    let same = written.parse::<f64>().is_ok_and(|written| (written - number as f64).abs() < 0.5);
    (!same).then(|| {
        let held = match number {
            0 => "no events".to_owned(),
            1 => "1 event".to_owned(),
            _ => format!("{number} events"),
        };
        let message = format!("Count is {written} but Events holds {held}");
        Draft::new(&rules::COUNT_MISMATCH, count, message).got(written).want(number.to_string())
    })
}

/// What is remembered from event to event of a batch.
pub(super) struct Across<'e> {
    root: Node<'e>,
    /// The first event of each id: the number of the id's node, and the index of the event. The ids
    /// themselves would take eight times as much memory, and a batch may have any number of events.
    ids: HashTable<(u32, u32)>,
    /// When the event before happened and was received.
    earlier: Option<(Timestamp, Timestamp)>,
    has_told_order: bool,
}

impl<'e> Across<'e> {
    pub(super) fn new(root: Node<'e>) -> Self {
        Self { root, ids: HashTable::new(), earlier: None, has_told_order: false }
    }

    /// Adds what is wrong with an event by the events before it.
    pub(super) fn event(&mut self, event: &Event<'e>, defects: &mut Defects<'e>) {
        defects.add(self.duplicate_id(event));
        defects.add(self.out_of_order(event));
    }

    fn duplicate_id(&mut self, event: &Event<'e>) -> Option<Draft<'e>> {
        let id = event.id?;
        let text = id.as_str()?;
        let index = u32::try_from(event.place.index.unwrap_or_default()).ok()?;
        let root = self.root;
        let text_of = |(node, _): &(u32, u32)| root.numbered(*node).as_str().unwrap_or_default();
        let hash = |text: &str| FixedState::default().hash_one(text);
        let same = self.ids.find(hash(&text), |other| text_of(other) == text);
        let Some((_, first)) = same.copied() else {
            let entry = (id.index(), index);
            self.ids.insert_unique(hash(&text), entry, |other| hash(&text_of(other)));
            return None;
        };
        let message = format!("event {index} has the EventId of event {first} of the same batch");
        Some(Draft::new(&rules::DUPLICATE_EVENT_ID, id, message).got(id.raw()))
    }

    /// The first event that happened and was received before the one that stands before it.
    fn out_of_order(&mut self, event: &Event<'e>) -> Option<Draft<'e>> {
        let Instant { node, time: occurred } = event.occurred?;
        let received = event.received.map_or(occurred, |received| received.time);
        let earlier = self.earlier.replace((occurred, received));
        let (before_occurred, before_received) = earlier.filter(|_| !self.has_told_order)?;
        if before_occurred <= occurred || before_received <= received {
            return None;
        }
        self.has_told_order = true;
        let index = event.place.index.unwrap_or_default();
        let message = format!("event {index} is older than the event before it");
        let draft = Draft::new(&rules::EVENTS_OUT_OF_ORDER, node, message).got(node.raw());
        Some(draft.want(format!("{before_occurred} or later")))
    }
}
