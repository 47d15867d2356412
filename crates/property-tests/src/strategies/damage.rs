//! Changes of bytes.

use proptest::{prelude::*, sample::select};

/// One change of some bytes.
#[derive(Clone, Debug)]
pub enum Damage {
    /// A byte is replaced.
    Set(usize, u8),
    /// A byte is put in.
    Insert(usize, u8),
    /// Bytes are taken out.
    Remove(usize, usize),
    /// The rest is cut off.
    Cut(usize),
}

impl Damage {
    /// The bytes with the change; places are counted round the length.
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: usize, bytes: &[u8]| at % bytes.len().max(1);
        match *self {
            _ if bytes.is_empty() => {}
            Self::Set(at, byte) => {
                let at = place(at, bytes);
                bytes[at] = byte;
            }
            Self::Insert(at, byte) => bytes.insert(place(at, bytes), byte),
            Self::Remove(at, length) => {
                let at = place(at, bytes);
                let end = bytes.len().min(at + length);
                bytes.drain(at..end);
            }
            Self::Cut(at) => bytes.truncate(place(at, bytes)),
        }
    }
}

/// Changes that are likely to break JSON.
pub fn damage() -> impl Strategy<Value = Damage> {
    let byte = prop_oneof![select(&b"{}[]\",:\\\n 0e-\xFF\xEF"[..]), any::<u8>()];
    prop_oneof![
        (any::<usize>(), byte.clone()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        (any::<usize>(), byte).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        any::<usize>().prop_map(Damage::Cut),
    ]
}
