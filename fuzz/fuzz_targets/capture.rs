//! A capture is read to its end, and cutting it into pieces changes nothing.

#![no_main]

use contrail_model::Capture;
use libfuzzer_sys::fuzz_target;

/// All that is read, in pieces of a length.
fn read(bytes: &[u8], piece: usize) -> Vec<String> {
    let mut capture = Capture::default();
    let mut items = Vec::new();
    for piece in bytes.chunks(piece).map(Some).chain([None]) {
        match piece {
            Some(piece) => capture.push(piece),
            None => capture.finish(),
        }
        while let Some(item) = capture.next() {
            items.push(format!("{item:?}"));
            assert!(items.len() <= bytes.len(), "more items than bytes");
        }
    }
    items
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let whole = read(bytes, bytes.len().max(1));
    assert_eq!(read(bytes, usize::from(piece).max(1)), whole);
});
