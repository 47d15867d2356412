//! Hides values that may be private: devices, tags, users, credentials.

use contrail_model::{Excerpt, Position};

use crate::{finding::Finding, fingerprint::fingerprint};

/// Properties whose values, or the values of whose elements, are hidden.
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

/// The finding without private values: each is replaced by a hash that is the same for the same
/// value. No piece of the line is kept, for its neighbours may be private too.
pub(crate) fn redact(mut finding: Finding) -> Finding {
    finding.excerpt = Excerpt::new(b"", Position::START, 0..0);
    let is_private = finding.pointer.rsplit('/').take(2).any(|token| PRIVATE.contains(&token));
    // What is neither batch nor event may hold anything.
    let is_unknown = finding.event.is_none() && finding.rule.name == "unrecognised-document";
    if let Some(got) = finding.got.take() {
        finding.got = Some(if is_private || is_unknown {
            let hidden = hidden(&got);
            finding.message = finding.message.replace(&got, &hidden);
            hidden
        } else {
            got
        });
    }
    finding
}

fn hidden(value: &str) -> String {
    format!("redacted:{}", fingerprint(&["redacted", value]))
}
