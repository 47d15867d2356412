//! How many cases a property has.

use proptest::prelude::ProptestConfig;

/// The share of the usual 256 cases of a property that takes so many times as long as others.
///
/// If the environment says a number in `PROPTEST_CASES`, that is the number, whatever is said here.
pub(crate) fn one_in(times: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    // Not fewer than others have because of the fewer cases.
    let max_shrink_iters = usual.max_shrink_iters.min(4 * usual.cases);
    ProptestConfig { cases: usual.cases.div_ceil(times), max_shrink_iters, ..usual }
}

/// So many times the usual 256 cases, for a property that takes next to no time; see [`one_in`].
pub(crate) fn many(times: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.saturating_mul(times), ..usual }
}
