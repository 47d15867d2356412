//! The rules of the family `tag`: lists of EPCs.

use std::{borrow::Cow, collections::HashMap};

use contrail_model::Node;
use foldhash::fast::RandomState;

use crate::{
    draft::{Draft, EventPlace},
    event::Event,
    rule::{Rule, tag as rules},
};

/// The first place of each tag of a list.
type Tags<'t> = HashMap<Cow<'t, str>, (usize, Node<'t>), RandomState>;

pub(super) fn check<'t>(event: &Event<'t>) -> Vec<Draft<'t>> {
    let mut drafts = Vec::new();
    let place = &event.place;
    let adds = list(place, "Adds", event.adds, &mut drafts);
    let removes = list(place, "Removes", event.removes, &mut drafts);
    list(place, "Observe", event.observe, &mut drafts);
    let mut both: Vec<_> = removes
        .iter()
        .filter(|(epc, _)| adds.contains_key(*epc))
        .map(|(_, place)| *place)
        .collect();
    both.sort_unstable_by_key(|(index, _)| *index);
    for (index, node) in both {
        let message = format!("the tag {} is in Adds and in Removes", node.raw());
        drafts.push(draft(&rules::EPC_ADDED_AND_REMOVED, place, "Removes", index, node, message));
    }
    drafts
}

/// The tags of a list with their first places; repeats are told.
fn list<'t>(
    event: &EventPlace<'t>,
    name: &str,
    value: Option<Node<'t>>,
    drafts: &mut Vec<Draft<'t>>,
) -> Tags<'t> {
    let mut first = Tags::default();
    let elements = value.into_iter().flat_map(Node::elements);
    for (index, node) in elements.enumerate() {
        let Some(epc) = node.as_str() else { continue };
        let earlier = first.entry(epc).or_insert((index, node)).0;
        if earlier != index {
            let message =
                format!("the tag {} is in {name} twice, first as element {earlier}", node.raw());
            drafts.push(draft(&rules::DUPLICATE_EPC, event, name, index, node, message));
        }
    }
    first
}

fn draft<'t>(
    rule: &'static Rule,
    event: &EventPlace<'t>,
    name: &str,
    index: usize,
    node: Node<'t>,
    message: String,
) -> Draft<'t> {
    let pointer = format!("{}/{name}/{index}", event.pointer());
    Draft::new(rule, node.span(), pointer, message).got(node.raw()).of_event(Some(event))
}
