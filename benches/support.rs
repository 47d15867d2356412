//! Captures for the benchmarks.

use std::num::NonZeroU32;

use contrail_replay::synthetic::{Framing, Recording, Settings, Version};

/// Bytes of an event, about.
const EVENT: u64 = 330;

/// A synthetic capture of this framing, about so many bytes long.
///
/// It is whole: of a part, queued commands would be told that are not completed. It has events of every type of the version, of about 330 bytes, and batches have 50.
pub(crate) fn text(version: u8, bytes: usize, framing: Framing) -> String {
    let mut recording = Recording::new(Settings {
        events: bytes as u64 / EVENT,
        version: if version == 2 { Version::V2 } else { Version::V3 },
        framing,
        batch: NonZeroU32::new(50).expect("50 is not 0"),
        ..Settings::default()
    })
    .expect("there are such recordings");
    let mut text = Vec::with_capacity(bytes + (64 << 10));
    while recording.write(&mut text) {}
    String::from_utf8(text).expect("it is UTF-8")
}
