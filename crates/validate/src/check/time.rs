//! The rules of the family `time`.

use contrail_model::{Kind, Node, TIME_PROPERTIES, Timestamp};

use crate::{
    defect::{Defects, What},
    draft::Draft,
    event::Event,
    rule::time as rules,
};

/// `max_skew` is how many seconds an event may be received before it happened.
pub(super) fn check<'e>(event: &Event<'e>, max_skew: u32, defects: &mut Defects<'e>) {
    fractions(event.place.node, defects);
    defects.add(received_before_event(event, max_skew));
}

fn received_before_event<'t>(event: &Event<'t>, max_skew: u32) -> Option<Draft<'t>> {
    let (received, occurred) = (event.received?, event.occurred?.time);
    let early = occurred.instant() - received.time.instant();
    if early.num_milliseconds() <= i64::from(max_skew) * 1000 {
        return None;
    }
    let message =
        format!("the event was received {} before it happened", duration(early.num_milliseconds()));
    Some(
        Draft::new(&rules::RECEIVED_BEFORE_EVENT, received.node, message)
            .got(received.node.raw())
            .want(format!("{occurred} or later"))
            .help(Some("does the device's clock run fast? `--max-skew` allows more")),
    )
}

/// A span of time in the largest unit that fits, never less than it is.
fn duration(milliseconds: i64) -> String {
    const UNITS: [(i64, &str, &str); 3] =
        [(86_400_000, "day", "days"), (3_600_000, "hour", "hours"), (1_000, "s", "s")];
    for (unit, one, many) in UNITS {
        match milliseconds / unit {
            0 => {}
            1 if unit > 1_000 => return format!("more than 1 {one}"),
            _ if unit == 1_000 && milliseconds % unit != 0 => break,
            count => return format!("{count} {many}"),
        }
    }
    format!("{}.{:03} s", milliseconds / 1_000, milliseconds % 1_000)
}

/// Adds the instants of an event, at any depth, that have a fraction.
fn fractions(node: Node<'_>, defects: &mut Defects<'_>) {
    for member in node.members() {
        match member.value.kind() {
            Kind::String if has_fraction(member.name, member.value) => {
                defects.push(member.value.index(), &rules::FRACTIONAL_SECONDS, What::Fraction);
            }
            Kind::Array => {
                let objects = |element: &Node<'_>| element.kind() == Kind::Object;
                let elements = member.value.elements().filter(objects);
                elements.for_each(|element| fractions(element, defects));
            }
            _ => {}
        }
    }
}

fn has_fraction(name: Node<'_>, value: Node<'_>) -> bool {
    // The shortest is `"yyyy-MM-ddTHH:mm:ss.fZ"`. Most values have no point, whatever their names.
    24 <= value.span().len()
        && memchr::memchr(b'.', value.raw().as_bytes()).is_some()
        && TIME_PROPERTIES.iter().any(|known| name.is_str(known))
        && value
            .as_str()
            .and_then(|text| Timestamp::parse(&text))
            .is_some_and(|time| 0 < time.fraction_digits())
}

/// The finding of an instant with a fraction, to which a pointer leads.
pub(super) fn fraction<'t>(value: Node<'t>, pointer: &str) -> Draft<'t> {
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let message = format!("`{name}` has a fraction of a second");
    let draft = Draft::new(&rules::FRACTIONAL_SECONDS, value, message);
    draft.got(value.raw()).want("yyyy-MM-ddTHH:mm:ssZ")
}
