//! Events as text, with their properties in the documented order.

use super::{
    command::{Command, Output, Parameters, commands},
    fleet::{Device, Model, Pending},
    kind::Kind,
    settings::Version,
    text::{self, Times},
    words,
};
use crate::chance::Chance;

/// What is to be written.
pub(super) struct Facts<'f> {
    pub(super) kind: Kind,
    /// The version whose form it has.
    pub(super) form: Version,
    pub(super) device: &'f mut Device,
    /// The number of the event, and what its id is made of.
    pub(super) number: u64,
    /// When it happened and was received, in seconds since 1970.
    pub(super) occurred: i64,
    pub(super) received: i64,
    /// What looks random in it.
    pub(super) chance: Chance,
    /// The command that is queued or completed.
    pub(super) command: Option<Called>,
    /// Whether it has nothing that only some events of its type have.
    pub(super) is_plain: bool,
}

/// A command and who called it.
#[derive(Clone, Copy)]
pub(super) struct Called {
    pub(super) pending: Pending,
    /// When it was queued, in seconds since 1970.
    pub(super) queued: i64,
}

/// The most tags in a device, and so in a list.
const MOST_TAGS: u32 = 500;

/// Writes events, one behind the other.
#[derive(Debug)]
pub(super) struct Writer {
    ids: Chance,
    command_ids: Chance,
    pub(super) times: Times,
}

impl Writer {
    pub(super) fn new(seed: u64) -> Self {
        let chance = Chance::new(seed);
        Self {
            ids: chance.named(b"event"),
            command_ids: chance.named(b"command"),
            times: Times::new(),
        }
    }

    /// Writes the id of the event with this number.
    pub(super) fn event_id(&self, out: &mut Vec<u8>, number: u64) {
        text::guid(out, self.ids.of(number));
    }

    /// Writes an event.
    pub(super) fn event(&mut self, out: &mut Vec<u8>, mut facts: Facts<'_>) {
        let bits = facts.chance.number();
        let facts = &mut facts;
        out.push(b'{');
        match facts.kind {
            Kind::Aggregate => self.aggregate(out, facts, bits),
            Kind::Object => self.object(out, facts, bits),
            Kind::Heartbeat => self.device_tail(out, facts, b"2"),
            Kind::SensorReading => self.sensor_reading(out, facts, bits),
            Kind::LogEntry => self.log_entry(out, facts, bits),
            Kind::CommandQueued => self.command_queued(out, facts, bits),
            Kind::CommandCompletion => self.command_completion(out, facts, bits),
            Kind::Status => self.status(out, facts, bits),
            Kind::BusinessProcess => self.business_process(out, facts, bits),
            Kind::LogicalDeviceAdded | Kind::DeviceAdded | Kind::DeviceModified => {
                self.device_added(out, facts, bits);
            }
            Kind::LogicalDeviceRemoved | Kind::DeviceRemoved => self.device_removed(out, facts),
            Kind::AliasAdded | Kind::AliasModified | Kind::AliasRemoved => {
                self.alias(out, facts, bits);
            }
            Kind::CredentialsAdded | Kind::CredentialsModified | Kind::CredentialsRemoved => {
                self.credentials(out, facts, bits);
            }
        }
        out.push(b'}');
    }

    /// What events of devices end with.
    fn device_tail(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, version: &[u8]) {
        out.extend_from_slice(b"\"Device\":\"");
        device_name(out, facts.device, facts.form);
        out.extend_from_slice(b"\",\"ReceivedTime\":\"");
        self.times.write(out, facts.received);
        out.extend_from_slice(b"\",");
        self.tail(out, facts, version);
    }

    /// What all events have.
    fn tail(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, version: &[u8]) {
        out.extend_from_slice(b"\"Type\":\"");
        out.extend_from_slice(facts.kind.name().as_bytes());
        out.extend_from_slice(b"\",\"EventId\":\"");
        self.event_id(out, facts.number);
        out.extend_from_slice(b"\",\"EventTime\":\"");
        self.times.write(out, facts.occurred);
        out.push(b'"');
        if facts.form == Version::V3 {
            out.extend_from_slice(b",\"Version\":");
            out.extend_from_slice(version);
        }
    }

    fn aggregate(&mut self, out: &mut Vec<u8>, facts: &mut Facts<'_>, bits: u64) {
        let device = &mut *facts.device;
        let (added, removed) = traffic(device.tags, bits);
        let (first, behind) = device.tags;
        device.tags = (first + removed, behind + added);
        out.extend_from_slice(b"\"PassRfid\":\"");
        pass(out, bits >> 40);
        out.extend_from_slice(b"\",\"Adds\":[");
        tags(out, device, behind..behind + added);
        out.extend_from_slice(b"],\"Removes\":[");
        tags(out, device, first..first + removed);
        out.extend_from_slice(b"],");
        if facts.form == Version::V3 && bits >> 60 == 0 {
            string(out, b"\"Alias\":\"", pick(words::ALIASES, bits >> 50));
        }
        self.device_tail(out, facts, b"2");
    }

    fn object(&mut self, out: &mut Vec<u8>, facts: &mut Facts<'_>, bits: u64) {
        let (first, behind) = facts.device.tags;
        // Mostly a shelf, sometimes all.
        let seen = if bits.is_multiple_of(16) { behind - first } else { (behind - first).min(12) };
        out.extend_from_slice(b"\"Observe\":[");
        tags(out, facts.device, first..first + seen);
        out.extend_from_slice(b"],");
        let is_handheld = facts.form == Version::V3 && facts.device.model == Model::Handheld;
        if is_handheld && !facts.is_plain && bits >> 62 != 0 {
            string(out, b"\"Alias\":\"", pick(words::ALIASES, bits >> 50));
            string(out, b"\"Credential\":\"", pick(words::USERS, bits >> 40));
            return self.device_tail(out, facts, b"3");
        }
        self.device_tail(out, facts, b"2");
    }

    fn sensor_reading(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, bits: u64) {
        out.extend_from_slice(b"\"SensorReadings\":[");
        let cold = match facts.device.model {
            Model::Freezer => 30,
            Model::Fridge => 0,
            _ => -20,
        };
        if facts.device.model == Model::MobileCase {
            self.reading(out, facts, b"SignalStrength", -60 - (bits % 30).cast_signed(), None);
            out.push(b',');
            self.reading(out, facts, b"BatteryLevel", (bits >> 8 & 0x3F).cast_signed(), None);
            out.push(b',');
            self.reading(out, facts, b"Latitude", 43, Some(31_000 + (bits >> 16) % 900));
            out.push(b',');
        }
        let degrees = 4 - cold + ((bits >> 24) % 3).cast_signed();
        let tenths = (bits >> 30 & 1 == 1).then_some((bits >> 32) % 10);
        self.reading(out, facts, b"TemperatureA", degrees, tenths);
        if bits >> 63 == 1 {
            out.push(b',');
            self.reading(out, facts, b"TemperatureB", degrees + 1, None);
        }
        out.extend_from_slice(b"],");
        self.device_tail(out, facts, b"2");
    }

    fn reading(
        &mut self,
        out: &mut Vec<u8>,
        facts: &Facts<'_>,
        name: &[u8],
        whole: i64,
        fraction: Option<u64>,
    ) {
        out.extend_from_slice(b"{\"Name\":\"");
        out.extend_from_slice(name);
        out.extend_from_slice(b"\",\"Value\":\"");
        if whole < 0 {
            out.push(b'-');
        }
        text::number(out, whole.unsigned_abs());
        if let Some(fraction) = fraction {
            out.push(b'.');
            text::number(out, fraction);
        }
        out.extend_from_slice(b"\",\"ReadingTime\":\"");
        self.times.write(out, facts.occurred);
        out.extend_from_slice(b"\"}");
    }

    fn log_entry(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, bits: u64) {
        out.extend_from_slice(b"\"LogEntries\":[");
        let entries = 1 + u64::from(bits >> 61 == 0);
        for entry in 0..entries {
            if 0 < entry {
                out.push(b',');
            }
            let (level, kind, message) = pick(words::LOG, bits >> (8 * entry));
            string(out, b"{\"Level\":\"", level);
            string(out, b"\"Message\":\"", message);
            string(out, b"\"Type\":\"", kind);
            out.extend_from_slice(b"\"LogTime\":\"");
            self.times.write(out, facts.occurred);
            out.extend_from_slice(b"\"}");
        }
        out.extend_from_slice(b"],");
        self.device_tail(out, facts, b"2");
    }

    fn command_queued(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, bits: u64) {
        let called = facts.command.expect("a queued event has a command");
        let command = &commands(called.pending.by)[usize::from(called.pending.command)];
        out.extend_from_slice(b"\"Device\":\"");
        device_name(out, facts.device, facts.form);
        out.extend_from_slice(b"\",\"CommandId\":\"");
        text::guid(out, self.command_ids.of(called.pending.number));
        string(out, b"\",\"CommandName\":\"", command.name);
        let version: &[u8] = if called.pending.by == Version::V2 { b"2" } else { b"3" };
        out.extend_from_slice(b"\"URI\":\"/");
        out.extend_from_slice(version);
        out.extend_from_slice(b"/Devices/");
        device_name(out, facts.device, facts.form);
        out.push(b'/');
        out.extend_from_slice(command.tail.as_bytes());
        string(out, b"\",\"Verb\":\"", command.verb);
        string(out, b"\"User\":\"", pick(words::USERS, bits >> 20));
        out.extend_from_slice(b"\"Parameters\":[");
        parameters(out, command, bits);
        out.extend_from_slice(b"],");
        self.tail(out, facts, version);
    }

    fn command_completion(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, bits: u64) {
        let called = facts.command.expect("a completion event has a command");
        let command = &commands(called.pending.by)[usize::from(called.pending.command)];
        out.extend_from_slice(b"\"CommandId\":\"");
        text::guid(out, self.command_ids.of(called.pending.number));
        string(out, b"\",\"CommandName\":\"", command.name);
        out.extend_from_slice(b"\"OutputParameterList\":[");
        let waited = facts.occurred - called.queued;
        let timed_out = bits.is_multiple_of(16) && 60 <= waited;
        if !timed_out {
            output(out, command, facts.device, bits);
        }
        out.extend_from_slice(b"],\"ExceptionList\":[");
        if timed_out {
            out.extend_from_slice(
                b"{\"Key\":\"CommandTimedOut\",\"Value\":\"Command timed out after ",
            );
            text::number(out, waited.unsigned_abs() / 60);
            out.extend_from_slice(b" minutes. Queued Time = ");
            text::us_time(out, called.queued);
            out.extend_from_slice(b"\"}");
        }
        out.extend_from_slice(b"],");
        self.device_tail(out, facts, b"2");
    }

    fn status(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, bits: u64) {
        self.tail(out, facts, b"2");
        // The page of version 2 shows a `Version` too.
        if facts.form == Version::V2 && bits >> 63 == 1 {
            out.extend_from_slice(b",\"Version\":2");
        }
        out.extend_from_slice(b",\"DeviceType\":\"ZeusEnclosure\",\"SerialNum\":\"0101061");
        text::number(out, 10_000 + u64::from(facts.device.index));
        out.extend_from_slice(
            b"\",\"AgentVersion\":\"4.8.21\",\"ScannerVersion\":\"0x10102F0\",\"ActualIP\":\"10.20.",
        );
        text::number(out, u64::from(facts.device.index >> 8 & 0xFF));
        out.push(b'.');
        text::number(out, u64::from(facts.device.index & 0xFF));
        out.extend_from_slice(b"\",\"ActualSubnet\":\"0.0.0.0\",\"ActualGateway\":\"0.0.0.0\",\"ActualDNS\":\"0.0.0.0\",\"FreeMem\":\"");
        text::number(out, bits % 100);
        out.extend_from_slice(b"\",\"MACAddress\":\"NA\",");
        if facts.form == Version::V3 {
            out.extend_from_slice(b"\"CurlVersion\":\"7.64.0\",\"MSPVersion\":\"\",\"OSVersion\":\"4.14.78\",\"SSLVersion\":\"OpenSSL\\/1.1.1\",\"Uptime\":\"");
            text::number(out, bits >> 8 & 0xFF);
            out.extend_from_slice(b"d3h25m7s\",\"WebsocketReconnects\":");
            text::number(out, bits >> 16 & 0xF);
            out.push(b',');
        }
        out.extend_from_slice(b"\"Device\":\"");
        device_name(out, facts.device, facts.form);
        out.extend_from_slice(b"\",\"ReceivedTime\":\"");
        self.times.write(out, facts.received);
        out.push(b'"');
    }

    fn business_process(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, bits: u64) {
        string(out, b"\"ProcessType\":\"", pick(words::PROCESSES, bits >> 8));
        out.extend_from_slice(b"\"Parameters\":[");
        for parameter in 0..bits % 4 {
            if 0 < parameter {
                out.push(b',');
            }
            let key = if bits >> 62 == 0 { "Place" } else { "" };
            key_value(out, key, pick(words::PLACES, bits >> (16 + 4 * parameter)));
        }
        out.extend_from_slice(b"],");
        self.device_tail(out, facts, b"2");
    }

    fn device_added(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, bits: u64) {
        self.device_id(out, facts);
        if facts.form == Version::V3 && bits >> 63 == 1 {
            string(out, b"\"Aliases\":[\"", pick(words::ALIASES, bits >> 8));
            out.pop();
            out.extend_from_slice(b"],");
        }
        string(out, b"\"DeviceDefinition\":\"", pick(words::DEFINITIONS, bits >> 16));
        out.extend_from_slice(b"\"DeviceSerialNumber\":\"TS-0101061");
        text::number(out, 10_000 + u64::from(facts.device.index));
        string(out, b"\",\"Region\":\"", pick(words::REGIONS, bits >> 24));
        self.tail(out, facts, b"3");
    }

    fn device_removed(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>) {
        self.device_id(out, facts);
        self.tail(out, facts, b"3");
    }

    /// The names of a device that is added or removed, with a comma behind them.
    #[expect(clippy::unused_self, reason = "its callers are methods")]
    fn device_id(&self, out: &mut Vec<u8>, facts: &Facts<'_>) {
        match facts.form {
            Version::V2 => out.extend_from_slice(b"\"LogicalDeviceId\":\""),
            Version::V3 => {
                out.extend_from_slice(b"\"Id\":");
                text::number(out, 101 + u64::from(facts.device.index));
                out.extend_from_slice(b",\"Device\":\"");
            }
        }
        device_name(out, facts.device, facts.form);
        out.extend_from_slice(b"\",");
    }

    fn alias(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, bits: u64) {
        out.extend_from_slice(b"\"Id\":");
        text::number(out, 1 + u64::from(facts.device.index));
        string(out, b",\"Alias\":\"", pick(words::ALIASES, bits >> 8));
        if facts.kind != Kind::AliasRemoved {
            out.extend_from_slice(b"\"Devices\":[\"");
            device_name(out, facts.device, facts.form);
            string(out, b"\"],\"Region\":\"", pick(words::REGIONS, bits >> 24));
        }
        self.tail(out, facts, b"3");
    }

    fn credentials(&mut self, out: &mut Vec<u8>, facts: &Facts<'_>, bits: u64) {
        out.extend_from_slice(b"\"Device\":\"");
        device_name(out, facts.device, facts.form);
        string(out, b"\",\"CredentialType\":\"", pick(&["Basic", "User", "Pin"], bits >> 8));
        out.extend_from_slice(match facts.kind {
            Kind::CredentialsAdded => b"\"AddedCredentials\":[",
            Kind::CredentialsModified => b"\"CurrentCredentials\":[",
            _ => b"\"RemovedCredentials\":[",
        });
        for credential in 0..(bits >> 16) % 4 {
            out.extend_from_slice(if credential == 0 { b"\"" } else { b",\"" });
            text::tag(out, bits >> 20 << 8 | credential);
            out.push(b'"');
        }
        out.extend_from_slice(b"],");
        self.tail(out, facts, b"3");
    }
}

/// Writes what stands before a string, the string as it is in JSON, its quote and a comma.
fn string(out: &mut Vec<u8>, before: &[u8], value: &str) {
    out.extend_from_slice(before);
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\",");
}

fn key_value(out: &mut Vec<u8>, key: &str, value: &str) {
    out.extend_from_slice(b"{\"Key\":\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\",\"Value\":\"");
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(b"\"}");
}

fn pick<T: Copy>(choices: &[T], bits: u64) -> T {
    choices[text::below(bits & 0xFFFF, choices.len())]
}

/// How many tags come and go: mostly few, now and then as many as fit.
fn traffic((first, behind): (u32, u32), bits: u64) -> (u32, u32) {
    let held = behind - first;
    let low = |shift: u32, most: u32| (bits >> shift & 0xFFFF) as u32 % most;
    let (added, removed) = match bits & 0xFF {
        0..=139 => (low(8, 4), low(16, 3)),
        140..=219 => (low(8, 6), low(16, 9)),
        220..=253 => (low(8, 20), low(16, 31)),
        _ => (low(8, MOST_TAGS + 1), low(16, MOST_TAGS + 1)),
    };
    // A device that is filled is emptied soon.
    let removed = if 100 < held { removed * 8 } else { removed }.min(held);
    let added = added.min(MOST_TAGS - (held - removed));
    match (added, removed) {
        (0, 0) if held == 0 => (1, 0),
        (0, 0) => (0, 1),
        both => both,
    }
}

/// Writes tags with these numbers as a list, without its brackets.
fn tags(out: &mut Vec<u8>, device: &Device, numbers: std::ops::Range<u32>) {
    for number in numbers {
        out.push(b'"');
        tag(out, device, number);
        out.extend_from_slice(b"\",");
    }
    if out.last() == Some(&b',') && out[out.len() - 2] == b'"' {
        out.pop();
    }
}

fn tag(out: &mut Vec<u8>, device: &Device, number: u32) {
    let prefix = match device.model {
        Model::Handheld | Model::MobileCase => b"E2009061540301",
        _ => b"AD442404414973",
    };
    out.extend_from_slice(prefix);
    text::tag(out, (u64::from(device.index) << 24).wrapping_add(u64::from(number)));
}

/// Writes the name of a device; in version 3 it may have blanks, commas and points.
pub(super) fn device_name(out: &mut Vec<u8>, device: &Device, form: Version) {
    let name: &[u8] = match (device.model, form) {
        (Model::Cabinet, _) => b"Cabinet-",
        (Model::Fridge, Version::V2) => b"Ward3_Fridge-",
        (Model::Fridge, Version::V3) => b"Ward 3, Fridge ",
        (Model::Freezer, _) => b"Freezer_B-",
        (Model::MobileCase, _) => b"MobileCase-",
        (Model::Handheld, Version::V2) => b"Tray-",
        (Model::Handheld, Version::V3) => b"Handheld No. ",
    };
    out.extend_from_slice(name);
    text::number(out, u64::from(device.index) + 1);
}

/// Writes what opened a door: nothing, a number or a token.
fn pass(out: &mut Vec<u8>, bits: u64) {
    match bits % 4 {
        0 => {}
        1 => out.extend_from_slice(b"MyPassNumber"),
        _ => text::tag(out, bits),
    }
}

fn parameters(out: &mut Vec<u8>, command: &Command, bits: u64) {
    const TOKENS: [&str; 4] =
        ["0123456789ABCDEF", "04A1B2C3D4", "9eebaf4b-52a6-487b-bf2c-b8f8e88bf906", ""];
    let token = |shift: u64| pick(&TOKENS, bits >> (24 + shift));
    match command.parameters {
        Parameters::None => {}
        Parameters::Policy => {
            let (key, value) = pick(words::POLICIES, bits >> 8);
            key_value(out, key, value);
        }
        Parameters::Hours => key_value(out, "Hours", pick(&["1", "8", "168", "0"], bits >> 8)),
        Parameters::AccessToken => key_value(out, "AccessToken", token(0)),
        Parameters::Replace => {
            for number in 0..=bits % 3 {
                key_value(out, "Add", token(number));
                out.push(b',');
            }
            key_value(out, "Remove", "*");
        }
        Parameters::AddRemove => {
            key_value(out, "Add", token(0));
            out.push(b',');
            key_value(out, "Add", token(2));
            out.push(b',');
            key_value(out, "Remove", token(4));
        }
        Parameters::Firmware => {
            key_value(out, "Url", r"https:\/\/example.com\/agent-4.8.21.zip");
            out.push(b',');
            key_value(out, "Component", "Agent");
        }
    }
}

fn output(out: &mut Vec<u8>, command: &Command, device: &Device, bits: u64) {
    match command.output {
        Output::None => {}
        Output::Tags => {
            let (first, behind) = device.tags;
            for number in first..behind.min(first + 24) {
                out.extend_from_slice(if number == first { b"" } else { b"," });
                out.extend_from_slice(b"{\"Key\":\"EPC\",\"Value\":\"");
                tag(out, device, number);
                out.extend_from_slice(b"\"}");
            }
        }
        Output::Names => {
            for (number, (name, _)) in (0_u64..).zip(words::POLICIES) {
                out.extend_from_slice(if number == 0 { b"" } else { b"," });
                out.extend_from_slice(b"{\"Key\":\"Parameter");
                text::number(out, number);
                string(out, b"\",\"Value\":\"", name);
                out.pop();
                out.push(b'}');
            }
        }
        Output::Passes => {
            for number in 0..bits >> 8 & 3 {
                out.extend_from_slice(if number == 0 { b"" } else { b"," });
                out.extend_from_slice(b"{\"Key\":\"PassRfid\",\"Value\":\"");
                text::tag(out, bits >> 16 | number);
                out.extend_from_slice(b"\"}");
            }
        }
    }
}
