//! Whatever is validated gets findings that lie within it, the same however it is cut.

#![no_main]

use std::{ops::ControlFlow, sync::LazyLock};

use contrail_validate::{Finding, Schemas, Session, Settings, Validator};
use libfuzzer_sys::fuzz_target;

static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| Validator::new(Schemas::embedded(), Settings::default()).compiled());

/// The findings and the sums, as text.
fn told(bytes: &[u8], piece: usize) -> Vec<String> {
    let mut told = Vec::new();
    let mut keep = |finding: Finding| {
        let (start, end) = (finding.range.start.offset, finding.range.end.offset);
        assert!(start <= end && end <= bytes.len() as u64, "{finding:?}");
        told.push(serde_json::to_string(&finding).unwrap());
        ControlFlow::Continue(())
    };
    let mut session = Session::new(&VALIDATOR, "capture");
    for piece in bytes.chunks(piece) {
        let _ = session.push(piece, &mut keep);
    }
    let summary = session.finish(&mut keep);
    told.push(format!("{summary:?}"));
    told
}

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let whole = told(bytes, bytes.len().max(1));
    assert_eq!(told(bytes, usize::from(piece).max(1)), whole);
});
