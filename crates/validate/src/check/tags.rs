//! The rules of the family `tag`: lists of EPCs.

use std::hash::BuildHasher as _;

use contrail_model::Node;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::{
    defect::{Defects, What},
    draft::Draft,
    event::Event,
    rule::tag as rules,
};

/// The tags of a list, each where it stands first. They are held by their numbers: a list may have
/// a million of them.
struct Tags<'t> {
    list: Option<Node<'t>>,
    /// The number of the node of a tag, and its index.
    first: HashTable<(u32, u32)>,
}

pub(super) fn check<'e>(event: &Event<'e>, defects: &mut Defects<'e>) {
    let adds = Tags::new(event.adds, defects);
    let removes = Tags::new(event.removes, defects);
    Tags::new(event.observe, defects);
    if adds.first.is_empty() {
        return;
    }
    for &(node, _) in &removes.first {
        let Some(epc) = removes.text(node) else { continue };
        if adds.find(&epc).is_some() {
            defects.push(node, &rules::EPC_ADDED_AND_REMOVED, What::AddedAndRemoved);
        }
    }
}

impl<'e> Tags<'e> {
    /// Takes the tags of a list, and adds those that it has twice.
    fn new(list: Option<Node<'e>>, defects: &mut Defects<'e>) -> Self {
        let length = list.map_or(0, |list| list.elements().count());
        let mut tags = Self { list, first: HashTable::with_capacity(length) };
        for (index, node) in (0..).zip(list.into_iter().flat_map(Node::elements)) {
            let Some(epc) = node.as_str() else { continue };
            match tags.find(&epc) {
                Some(first) => {
                    defects.push(node.index(), &rules::DUPLICATE_EPC, What::RepeatedTag(first));
                }
                None => tags.add(&epc, (node.index(), index)),
            }
        }
        tags
    }

    fn text(&self, node: u32) -> Option<std::borrow::Cow<'e, str>> {
        self.list?.numbered(node).as_str()
    }

    /// The index of a tag.
    fn find(&self, epc: &str) -> Option<u32> {
        let is_it = |(node, _): &(u32, u32)| self.text(*node).is_some_and(|other| other == epc);
        self.first.find(hash(epc), is_it).map(|(_, index)| *index)
    }

    fn add(&mut self, epc: &str, tag: (u32, u32)) {
        let list = self.list;
        let text = |node| list.and_then(|list| list.numbered(node).as_str()).unwrap_or_default();
        self.first.insert_unique(hash(epc), tag, |(node, _)| hash(&text(*node)));
    }
}

fn hash(epc: &str) -> u64 {
    FixedState::default().hash_one(epc)
}

/// The finding of a tag that its list has before. `pointer` leads from the event to it.
pub(super) fn repeated<'t>(node: Node<'t>, pointer: &str, first: u32) -> Draft<'t> {
    let list = pointer.split('/').nth(1).unwrap_or_default();
    let message = format!("the tag {} is in {list} twice, first as element {first}", node.raw());
    Draft::new(&rules::DUPLICATE_EPC, node, message).got(node.raw())
}

/// The finding of a tag of `Removes` that is in `Adds` too.
pub(super) fn added_and_removed(node: Node<'_>) -> Draft<'_> {
    let message = format!("the tag {} is in Adds and in Removes", node.raw());
    Draft::new(&rules::EPC_ADDED_AND_REMOVED, node, message).got(node.raw())
}
