//! What a document is: a batch, an event, a recording that holds responses, or none of them.

use crate::{
    har,
    tree::{Kind, Node},
};

/// What a JSON value is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// A Get Events response: most of its names are of `Events`, `BatchId` and `Count`.
    Batch,
    /// An event: most of its names are of `Type`, `EventId` and `EventTime`.
    Event,
    /// A HAR export: an object with an array `log.entries`.
    Har,
    /// Anything else.
    Other,
}

impl DocumentKind {
    /// Looks at the names of the members alone, so that a document with a defect is still taken for
    /// what it is meant to be.
    pub fn of(node: Node<'_>) -> Self {
        if node.kind() != Kind::Object {
            return Self::Other;
        }
        let (mut of_batch, mut of_event) = (0, 0);
        for member in node.members() {
            // The names below have four to nine letters; escapes make them longer.
            if 11 < member.name.span().len() && !member.name.has_escapes() {
                continue;
            }
            let is = |names: [&str; 3]| names.iter().any(|name| member.name.is_str(name));
            of_batch += u8::from(is(["Events", "BatchId", "Count"]));
            of_event += u8::from(is(["Type", "EventId", "EventTime"]));
        }
        match (of_batch, of_event) {
            (0, 0) if har::is_har(node) => Self::Har,
            (0, 0) => Self::Other,
            _ if of_event <= of_batch => Self::Batch,
            _ => Self::Event,
        }
    }
}
