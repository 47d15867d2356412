//! What must hold for every input. Nobody depends on this crate.
//!
//! - [`strategies`] make events, batches, captures and damage.
//! - The properties stand beside them, one module for each promise, under `cfg(test)`.

pub mod strategies;

#[cfg(test)]
mod chunking;
#[cfg(test)]
mod decoding;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod har;
#[cfg(test)]
mod in_memory;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod synthetic;
