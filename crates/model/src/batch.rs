//! The envelope of a Get Events response.

use crate::{
    error::DecodeError,
    event::{Event, Guid, decode},
    field::{object, object_in_json},
    json::{Extra, Json},
};

object! {
    /// A Get Events response: events with the identifier by which they can be deleted together.
    Batch {
        /// `BatchId`
        batch_id: Guid<'a> = "BatchId",
        /// `Count`: the number of events.
        count: u64 = "Count",
        /// `Events`, the oldest first.
        events: Vec<Event<'a>> = "Events",
    }
}
object_in_json!(Batch);

impl<'a> Batch<'a> {
    /// Reads one batch from its JSON.
    ///
    /// # Errors
    ///
    /// If the bytes are not one JSON value, or it or one of its events has another shape.
    pub fn decode(json: &'a [u8]) -> Result<Self, DecodeError> {
        decode(json)
    }
}
