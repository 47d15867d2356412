//! Where replayed events go: one module for each kind of place.

mod batch;
mod lines;

pub(crate) use batch::Shape;
pub(crate) use lines::Lines;
