//! What a document is: a batch, an event, a recording that holds responses, or none of them.

use crate::{
    har,
    tree::{Kind, Node},
};

/// What a JSON value is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// A Get Events response: an object with `Events`, or with `BatchId` or `Count`.
    Batch,
    /// An event: an object with `Type`, `EventId` or `EventTime`.
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
        let has = |names: [&str; 3]| names.iter().any(|name| node.get(name).is_some());
        match node.kind() {
            Kind::Object if has(["Events", "BatchId", "Count"]) => Self::Batch,
            Kind::Object if has(["Type", "EventId", "EventTime"]) => Self::Event,
            Kind::Object if har::is_har(node) => Self::Har,
            _ => Self::Other,
        }
    }
}
