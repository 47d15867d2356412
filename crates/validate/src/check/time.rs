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
    let mut drafts: Vec<_> =
        found.into_iter().map(|value| fraction_draft(&event.place, value)).collect();
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
        format!("the event was received {} before it happened", duration(early.num_seconds()));
    let pointer = format!("{}/ReceivedTime", event.place.pointer());
    Some(
        Draft::new(&rules::RECEIVED_BEFORE_EVENT, received.node.span(), pointer, message)
            .got(received.node.raw())
            .want(format!("{occurred} or later"))
            .help(Some("does the device's clock run fast? `--max-skew` allows more"))
            .of_event(Some(&event.place)),
    )
}

/// Seconds in the largest unit that fits.
fn duration(seconds: i64) -> String {
    match seconds {
        86_400.. => format!("{} days", seconds / 86_400),
        3_600.. => format!("{} hours", seconds / 3_600),
        _ => format!("{seconds} s"),
    }
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

fn fraction_draft<'t>(event: &EventPlace<'t>, value: Node<'t>) -> Draft<'t> {
    let within = event.node.pointer_to(value.index());
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
