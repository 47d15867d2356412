//! Amounts for people: events, faults, spans of time.

use contrail_replay::{FaultCount, Nanos};

use crate::render::counted;

/// How many events each fault touched, for people.
pub(crate) fn fault_lines(faults: &[FaultCount]) -> impl Iterator<Item = String> {
    faults
        .iter()
        .map(|FaultCount { fault, events }| format!("fault {fault}: {}", self::events(*events)))
}

pub(crate) fn events(count: u64) -> String {
    counted(count, "event", "events")
}

/// A span of time for people, to the millisecond.
pub(crate) fn span(nanos: Nanos) -> String {
    let millis = u64::try_from(nanos / 1_000_000).unwrap_or(u64::MAX);
    if 0 < nanos && millis < 1000 {
        return short(nanos);
    }
    let (days, hours, minutes) =
        (millis / 86_400_000, millis / 3_600_000 % 24, millis / 60_000 % 60);
    let (seconds, rest) = (millis / 1000 % 60, millis % 1000);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}{fraction} s"),
        (0, 0, _) => format!("{minutes} min {seconds}{fraction} s"),
        (0, ..) => format!("{hours} h {minutes:02} min {seconds:02} s"),
        _ => format!("{days} d {hours:02} h {minutes:02} min"),
    }
}

/// A short span, to three digits.
pub(crate) fn short(nanos: Nanos) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let number = nanos as f64;
    match nanos {
        ..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} us", number / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", number / 1e6),
        _ => format!("{:.2} s", number / 1e9),
    }
}
