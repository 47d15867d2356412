//! What is told about a capture.

use std::{ops::ControlFlow, sync::LazyLock};

use contrail_validate::{Finding, Schemas, Session, Settings, Summary, Validator};

/// With the embedded schemas and no wishes. Schemas take longer to compile than most captures to read.
pub(crate) static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| Validator::new(Schemas::embedded(), Settings::default()).compiled());

/// The findings of a capture that comes in these pieces, and its sums.
pub(crate) fn judge<'p>(
    validator: &Validator,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> (Vec<Finding>, Summary) {
    let mut findings = Vec::new();
    let mut keep = |finding| {
        findings.push(finding);
        ControlFlow::Continue(())
    };
    let mut session = Session::new(validator, "capture");
    for piece in pieces {
        let _ = session.push(piece, &mut keep);
    }
    let summary = session.finish(&mut keep);
    (findings, summary)
}

/// The findings of a whole capture.
pub(crate) fn found(bytes: &[u8]) -> Vec<Finding> {
    judge(&VALIDATOR, [bytes]).0
}

/// The pieces of some bytes that are cut at these places, wherever they lie.
pub(crate) fn pieces<'p>(bytes: &'p [u8], cuts: &[usize]) -> Vec<&'p [u8]> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let starts = [0].into_iter().chain(cuts.clone());
    starts
        .zip(cuts.iter().copied().chain([bytes.len()]))
        .map(|(from, to)| &bytes[from..to])
        .collect()
}
