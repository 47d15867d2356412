//! What is JSON is what `serde_json` takes for it, and what is not is wrong in the same way.

use contrail_model::{DecodeErrorKind, Event, Fault, FaultKind, Tree};
use proptest::{prelude::*, test_runner::TestCaseResult};
use serde_json::{Value, error::Category};

use crate::strategies::{edge_number, edge_string, nearly_json};

/// What is wrong with bytes that are to be one JSON value, and where.
fn fault(bytes: &[u8]) -> Option<Fault> {
    match Tree::default().parse(bytes, 0) {
        Err(fault) => Some(fault),
        Ok(end) => {
            let behind = bytes[end..].iter().position(|byte| !b" \n\r\t".contains(byte))?;
            let offset = end + behind;
            let unexpected =
                FaultKind::Unexpected { want: contrail_model::Want::Document, got: bytes[offset] };
            Some(Fault { kind: unexpected, offset })
        }
    }
}

/// The offset of the place that `serde_json` names: behind the byte that it took last.
fn offset(bytes: &[u8], error: &serde_json::Error) -> usize {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let lines: Vec<_> = [0].into_iter().chain(ends).collect();
    lines[error.line() - 1] + error.column()
}

/// Whether both say the same of some bytes.
fn agree(bytes: &[u8]) -> TestCaseResult {
    let shown = String::from_utf8_lossy(bytes);
    let theirs = serde_json::from_slice::<Value>(bytes).err();
    let ours = fault(bytes);
    let (theirs, ours) = match (theirs, ours) {
        (None, None) => return Ok(()),
        (Some(theirs), Some(ours)) => (theirs, ours),
        (theirs, ours) => {
            prop_assert!(false, "{theirs:?} but {ours:?} of {shown:?}");
            return Ok(());
        }
    };
    let place = offset(bytes, &theirs);
    prop_assert!(ours.offset <= place, "{theirs} but {ours:?} of {shown:?}");
    match (theirs.classify(), ours.kind) {
        (Category::Eof, FaultKind::End(_)) => prop_assert!(place == bytes.len()),
        (Category::Syntax, kind) => {
            prop_assert!(!matches!(kind, FaultKind::End(_)), "{theirs} but {ours:?} of {shown:?}");
        }
        // They look at the bytes of a string when they have seen its end.
        (Category::Eof, FaultKind::InvalidUtf8) => {}
        // They want all four digits before they look at one of them.
        (Category::Eof, FaultKind::InvalidEscape) => prop_assert!(bytes.len() < ours.offset + 6),
        _ => prop_assert!(false, "{theirs} but {ours:?} of {shown:?}"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_json_is_what_serde_json_says(bytes in nearly_json()) {
        agree(&bytes)?;
    }

    #[test]
    fn what_is_a_number_is_what_serde_json_says(number in edge_number()) {
        agree(number.as_bytes())?;
    }

    #[test]
    fn what_is_a_string_is_what_serde_json_says(string in edge_string(), missing in 0..8_usize) {
        agree(&string[..string.len().saturating_sub(missing)])?;
    }

    #[test]
    fn what_is_no_json_is_no_event(bytes in nearly_json()) {
        let is_syntax = |kind: &DecodeErrorKind| {
            matches!(kind, DecodeErrorKind::NotJson(_) | DecodeErrorKind::TrailingBytes)
        };
        let decoded = Event::decode(&bytes);
        let is_json = decoded.as_ref().map_or_else(|error| !is_syntax(error.kind()), |_| true);
        let theirs = serde_json::from_slice::<Value>(&bytes);
        prop_assert_eq!(is_json, theirs.is_ok(), "{:?}", String::from_utf8_lossy(&bytes));
    }
}
