//! The rules of the family `time`.

use contrail_model::{Kind, Node, Timestamp};

use crate::{
    draft::{Draft, EventPlace},
    rule::time as rules,
};

/// Names of members that hold instants, at any depth of an event.
const TIMES: [&str; 4] = ["EventTime", "ReceivedTime", "ReadingTime", "LogTime"];

/// `max_skew` is how many seconds an event may be received before it happened.
pub(super) fn check<'t>(event: &EventPlace<'t>, max_skew: u32) -> Vec<Draft<'t>> {
    let mut drafts = Vec::new();
    fractions(event.node, &event.pointer, event, &mut drafts);
    drafts.extend(received_before_event(event, max_skew));
    drafts
}

fn received_before_event<'t>(event: &EventPlace<'t>, max_skew: u32) -> Option<Draft<'t>> {
    let received_node = event.node.get("ReceivedTime")?;
    let received = Timestamp::parse(&received_node.as_str()?)?;
    let occurred = Timestamp::parse(&event.node.get("EventTime")?.as_str()?)?;
    let early = occurred.instant() - received.instant();
    if early.num_milliseconds() <= i64::from(max_skew) * 1000 {
        return None;
    }
    let message =
        format!("the event was received {} before it happened", duration(early.num_seconds()));
    let pointer = format!("{}/ReceivedTime", event.pointer);
    Some(
        Draft::new(&rules::RECEIVED_BEFORE_EVENT, received_node.span(), pointer, message)
            .got(received_node.raw())
            .want(format!("{occurred} or later"))
            .help(Some("does the device's clock run fast? `--max-skew` allows more"))
            .of_event(Some(event)),
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

fn fractions<'t>(
    node: Node<'t>,
    pointer: &str,
    event: &EventPlace<'t>,
    drafts: &mut Vec<Draft<'t>>,
) {
    for member in node.members() {
        let name = member.name.as_str().unwrap_or_default();
        let pointer = format!("{pointer}/{name}");
        if TIMES.contains(&&*name) {
            let time = member.value.as_str().and_then(|text| Timestamp::parse(&text));
            if time.is_some_and(|time| 0 < time.fraction_digits()) {
                let message = format!("`{name}` has a fraction of a second");
                drafts.push(
                    Draft::new(&rules::FRACTIONAL_SECONDS, member.value.span(), pointer, message)
                        .got(member.value.raw())
                        .want("yyyy-MM-ddTHH:mm:ssZ")
                        .of_event(Some(event)),
                );
            }
        } else if member.value.kind() == Kind::Array {
            for (index, element) in member.value.elements().enumerate() {
                if element.kind() == Kind::Object {
                    fractions(element, &format!("{pointer}/{index}"), event, drafts);
                }
            }
        }
    }
}
