//! Replays recordings of the Jetstream API; so far, the clock by which that will be done.

pub mod clock;
