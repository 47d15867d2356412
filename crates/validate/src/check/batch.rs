//! The checks of a batch: its envelope, each of its events, and what holds across them.

use std::{borrow::Cow, collections::HashMap};

use contrail_model::{Kind, Node, Timestamp};
use foldhash::fast::RandomState;

use super::{Against, event};
use crate::{
    draft::Draft,
    event::{Event, Instant},
    rule::{batch as rules, schema},
    schema_failures::{self, Subject},
};

pub(super) fn check<'t>(
    against: &Against<'_>,
    batch: Node<'t>,
    events: &[Event<'t>],
) -> Vec<Draft<'t>> {
    let Against { schemas, version, .. } = *against;
    let subject = Subject { node: batch, event: None, name: "a batch" };
    let mut drafts = schema_failures::find(schemas, schemas.batch(version), &subject);
    for draft in &mut drafts {
        // The schema holds the limit; the rule has a name of its own.
        if draft.pointer == "/Events" && draft.rule.name == schema::CONSTRAINT_VIOLATED.name {
            too_large(draft, events.len());
        }
    }
    if !drafts.iter().any(|draft| draft.pointer == "/Count") {
        drafts.extend(count_mismatch(batch));
    }
    for (index, event) in events.iter().enumerate() {
        if !against.accepts(index) {
            drafts.extend(event::check(against, event));
        }
    }
    drafts.extend(duplicate_event_ids(events));
    drafts.extend(out_of_order(events));
    drafts
}

/// The first event that happened and was received before the one that stands before it.
fn out_of_order<'t>(events: &[Event<'t>]) -> Option<Draft<'t>> {
    let mut earlier: Option<(Timestamp, Timestamp)> = None;
    for event in events {
        let Some(Instant { node, time: occurred }) = event.occurred else { continue };
        let received = event.received.map_or(occurred, |received| received.time);
        if let Some((before_occurred, before_received)) = earlier
            && occurred < before_occurred
            && received < before_received
        {
            let index = event.place.index.unwrap_or_default();
            let message = format!("event {index} is older than the event before it");
            let pointer = format!("{}/EventTime", event.place.pointer());
            return Some(
                Draft::new(&rules::EVENTS_OUT_OF_ORDER, node.span(), pointer, message)
                    .got(node.raw())
                    .want(format!("{before_occurred} or later"))
                    .of_event(Some(&event.place)),
            );
        }
        earlier = Some((occurred, received));
    }
    None
}

fn too_large(draft: &mut Draft<'_>, count: usize) {
    draft.rule = &rules::BATCH_TOO_LARGE;
    draft.message = format!("Events holds {count} events; Get Events returns at most 512");
    draft.got = Some(count.to_string());
    draft.want = Some("at most 512".to_owned());
    draft.help = Some("give each response as a document of its own".to_owned());
}

fn count_mismatch(batch: Node<'_>) -> Option<Draft<'_>> {
    let count = batch.get("Count")?;
    let events = batch.get("Events").filter(|events| events.kind() == Kind::Array)?;
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
        Draft::new(&rules::COUNT_MISMATCH, count.span(), "/Count", message)
            .got(written)
            .want(number.to_string())
    })
}

fn duplicate_event_ids<'t>(events: &[Event<'t>]) -> Vec<Draft<'t>> {
    let mut first_of: HashMap<Cow<'_, str>, u64, RandomState> = HashMap::default();
    first_of.reserve(events.len());
    let mut drafts = Vec::new();
    for event in events {
        let Some(id) = event.id else { continue };
        let Some(text) = id.as_str() else { continue };
        let index = event.place.index.unwrap_or_default();
        let first = *first_of.entry(text).or_insert(index);
        if first == index {
            continue;
        }
        let message = format!("event {index} has the EventId of event {first} of the same batch");
        let pointer = format!("{}/EventId", event.place.pointer());
        drafts.push(
            Draft::new(&rules::DUPLICATE_EVENT_ID, id.span(), pointer, message)
                .got(id.raw())
                .of_event(Some(&event.place)),
        );
    }
    drafts
}
