//! What must hold for every input. Nobody depends on this crate.
//!
//! - [`strategies`] make events, batches, captures and damage.
//! - The properties stand beside them, one module for each promise, under `cfg(test)`.

pub mod strategies;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod checks;
#[cfg(test)]
mod chunking;
#[cfg(test)]
mod compression;
#[cfg(test)]
mod decoding;
#[cfg(test)]
mod fast;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod filters;
#[cfg(test)]
mod har;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod in_memory;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod replayed;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod skimmed;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod together;
