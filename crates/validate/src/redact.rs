//! Hides values that may be private: all but those of which it is known that they are not.

use contrail_model::{Excerpt, Guid, Position, Text, Timestamp};

use crate::{finding::Finding, fingerprint::fingerprint, schemas::Schemas};

/// Properties whose values are hidden whatever they are: devices, tags, users, credentials.
const PRIVATE: [&str; 21] = [
    "PassRfid",
    "Adds",
    "Removes",
    "Observe",
    "Alias",
    "Aliases",
    "Credential",
    "AddedCredentials",
    "CurrentCredentials",
    "RemovedCredentials",
    "Device",
    "Devices",
    "LogicalDeviceId",
    "User",
    "URI",
    "DeviceSerialNumber",
    "SerialNum",
    "ActualIP",
    "MACAddress",
    "Value",
    "Message",
];

/// Rules that quote the name of a property, and no value.
const OF_NAMES: [&str; 5] = [
    "missing-property",
    "unknown-property",
    "property-added-later",
    "property-renamed",
    "duplicate-key",
];

/// Rules that quote what was read before it is known to be an event or a batch.
const OF_BYTES: [&str; 2] = ["byte-order-mark", "mixed-versions"];

/// The finding without private values: each is replaced by a hash that is the same for the same
/// value. No piece of the line is kept, for its neighbours may be private too.
///
/// Shown are numbers, truth values, GUIDs, instants, and names that the schemas or the changes of
/// the API know; whatever else is written in a capture may be private.
pub(crate) fn redact(mut finding: Finding, schemas: &Schemas) -> Finding {
    finding.excerpt = Excerpt::new(b"", Position::START, 0..0);
    if let Some(event) = &mut finding.event {
        let is_known = |name: &String| is_type(schemas, name);
        event.type_name = event.type_name.take().map(|name| shown_or_hidden(name, is_known));
        event.id = event.id.take().map(|id| shown_or_hidden(id, |id| is_guid(id)));
    }
    if OF_NAMES.contains(&finding.rule.name) || OF_BYTES.contains(&finding.rule.name) {
        return finding;
    }
    let is_private = finding.pointer.rsplit('/').take(2).any(|token| PRIVATE.contains(&token));
    if let Some(got) = finding.got.take() {
        finding.got = Some(if is_private || !is_harmless(schemas, &got) {
            let hidden = hidden(&got);
            finding.message = match got.strip_suffix("...") {
                // The message may hold more of it.
                Some(_) => format!("{} ({hidden})", finding.rule.summary),
                None => finding.message.replace(&got, &hidden),
            };
            hidden
        } else {
            got
        });
    }
    finding
}

fn is_type(schemas: &Schemas, name: &str) -> bool {
    schemas.versions().iter().any(|version| schemas.has_type(*version, name))
}

fn shown_or_hidden(text: String, is_shown: impl Fn(&String) -> bool) -> String {
    if is_shown(&text) { text } else { hidden(&text) }
}

/// Whether a value, as it is written, says nothing about anybody.
fn is_harmless(schemas: &Schemas, written: &str) -> bool {
    let Some(inside) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return matches!(written, "true" | "false" | "null") || written.parse::<f64>().is_ok();
    };
    let is_known =
        |name: &str| is_type(schemas, name) || schemas.changes().of_command(name).is_some();
    is_guid(inside) || Timestamp::parse(inside).is_some() || is_known(inside)
}

fn is_guid(text: &str) -> bool {
    Guid::new(Text::from(text)).is_some()
}

fn hidden(value: &str) -> String {
    format!("redacted:{}", fingerprint(&["redacted", value]))
}
