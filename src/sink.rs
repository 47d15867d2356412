//! Where replayed events go: one module for each kind of place.

mod lines;

pub(crate) use lines::{Lines, Shape};
