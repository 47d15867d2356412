//! Captures for the benchmarks.

use std::num::NonZeroU32;

use contrail_replay::synthetic::{Defects, Framing, Recording, Settings, Version};

/// Bytes of an event, about.
const EVENT: u64 = 330;

/// Bytes of the captures of `cargo bench -- --test`, at most.
const TEST: usize = 100_000;

/// A synthetic capture of this framing, about so many bytes long, or short in a test.
pub(crate) fn text(version: u8, bytes: usize, framing: Framing) -> String {
    with_defects(version, bytes, framing, 0.0)
}

/// The same with a bad format in this share of the events.
///
/// It is whole: of a part, queued commands would be told that are not completed. It has events of
/// every type of the version, of about 330 bytes, and batches have 50.
pub(crate) fn with_defects(version: u8, bytes: usize, framing: Framing, defects: f64) -> String {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let bytes = if is_test { bytes.min(TEST) } else { bytes };
    let mut recording = Recording::new(Settings {
        events: bytes as u64 / EVENT,
        version: if version == 2 { Version::V2 } else { Version::V3 },
        framing,
        batch: NonZeroU32::new(50).expect("50 is not 0"),
        defects: Defects::default().with("bad-format", defects).expect("it can be broken"),
        ..Settings::default()
    })
    .expect("there are such recordings");
    let mut text = Vec::new();
    while recording.write(&mut text) {}
    String::from_utf8(text).expect("it is UTF-8")
}
