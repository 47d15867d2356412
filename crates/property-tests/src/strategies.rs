//! Events, batches and captures, valid and damaged.

mod captures;
mod changes;
mod damage;
mod events;
mod json;
mod mutations;
mod recordings;
mod repeated;
mod tokens;

pub use captures::capture;
pub use changes::{Change, change};
pub use damage::{Damage, damage};
pub use events::{batch, device, event, guid, timestamp};
pub use json::{any_json, deep, edge_number, edge_string, nearly_json, text};
pub use mutations::{Mutation, mutation};
pub use recordings::{Synthetic, any_event, large, synthetic, synthetic_with};
pub use repeated::repeated;
