//! The rules of the family `time`.

use contrail_model::{Kind, Node, TIME_PROPERTIES, Timestamp};

use crate::{
    draft::{Draft, EventPlace},
    event::Event,
    rule::time as rules,
};

/// `max_skew` is how many seconds an event may be received before it happened.
pub(super) fn check<'t>(event: &Event<'t>, max_skew: u32) -> Vec<Draft<'t>> {
    let mut found = Vec::new();
    fractions(event.place.node, &mut found);
    let indices: Vec<_> = found.iter().map(|value| value.index()).collect();
    let pointers = event.place.node.pointers_to(&indices);
    let mut drafts: Vec<_> = found
        .into_iter()
        .zip(&pointers)
        .map(|(value, pointer)| fraction_draft(&event.place, value, pointer))
        .collect();
    drafts.extend(received_before_event(event, max_skew));
    drafts
}

fn received_before_event<'t>(event: &Event<'t>, max_skew: u32) -> Option<Draft<'t>> {
    let (received, occurred) = (event.received?, event.occurred?.time);
    let early = occurred.instant() - received.time.instant();
    if early.num_milliseconds() <= i64::from(max_skew) * 1000 {
        return None;
    }
    let message =
        format!("the event was received {} before it happened", duration(early.num_milliseconds()));
    let pointer = format!("{}/ReceivedTime", event.place.pointer());
    Some(
        Draft::new(&rules::RECEIVED_BEFORE_EVENT, received.node.span(), pointer, message)
            .got(received.node.raw())
            .want(format!("{occurred} or later"))
            .help(Some("does the device's clock run fast? `--max-skew` allows more"))
            .of_event(Some(&event.place)),
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

/// The instants of an event, at any depth, that have a fraction.
fn fractions<'t>(node: Node<'t>, found: &mut Vec<Node<'t>>) {
    for member in node.members() {
        match member.value.kind() {
            Kind::String if member.value.raw().contains('.') => {
                let is_time = TIME_PROPERTIES.iter().any(|name| member.name.is_str(name));
                let time = member.value.as_str().and_then(|text| Timestamp::parse(&text));
                if is_time && time.is_some_and(|time| 0 < time.fraction_digits()) {
                    found.push(member.value);
                }
            }
            Kind::Array => {
                let objects = |element: &Node<'t>| element.kind() == Kind::Object;
                member
                    .value
                    .elements()
                    .filter(objects)
                    .for_each(|element| fractions(element, found));
            }
            _ => {}
        }
    }
}

fn fraction_draft<'t>(event: &EventPlace<'t>, value: Node<'t>, within: &str) -> Draft<'t> {
    let name = within.rsplit('/').next().unwrap_or_default();
    let message = format!("`{name}` has a fraction of a second");
    Draft::new(
        &rules::FRACTIONAL_SECONDS,
        value.span(),
        format!("{}{within}", event.pointer()),
        message,
    )
    .got(value.raw())
    .want("yyyy-MM-ddTHH:mm:ssZ")
    .of_event(Some(event))
}
