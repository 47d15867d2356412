//! Where replayed events go: one module for each kind of place.

mod batch;
mod http;
mod lines;

pub(crate) use batch::Shape;
pub(crate) use http::{Post, PostSettings};
pub(crate) use lines::Lines;
