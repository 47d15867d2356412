//! The events of API versions 2 and 3, and any event of a type that is not known.
//!
//! The types check the shape that decides how an event is read: names, types, identifiers and
//! instants. Limits such as lengths and lists of allowed values are left to the JSON Schemas.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap as _,
};
use wide::u8x16;

use crate::{
    error::{DecodeError, DecodeErrorKind},
    field::{
        self, Field, object, object_in_json,
        reader::{Member, Reader, Token, Unsure, distinct, fill, found, read_whole},
        take, take_or_leave,
    },
    json::{Extra, Json, Text},
    timestamp::{Timestamp, is_among},
    tree::Tree,
};

/// The names of the members of every event.
const TYPE: &str = "Type";
const EVENT_ID: &str = "EventId";
const EVENT_TIME: &str = "EventTime";
const VERSION: &str = "Version";

/// An identifier: 36 characters, hexadecimal digits in groups of 8, 4, 4, 4 and 12.
///
/// Every documented identifier is in lower case; upper case is read too and kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid<'a>(Text<'a>);

impl<'a> Guid<'a> {
    /// Takes text as an identifier; nothing if it is in another form.
    pub fn new(text: Text<'a>) -> Option<Self> {
        is_guid(text.as_bytes()).then_some(Self(text))
    }

    /// The identifier as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The length of an identifier.
const LENGTH: usize = 36;

#[inline]
fn is_guid(bytes: &[u8]) -> bool {
    // Sixteen bytes a look, each with its hyphens as bits; the last look overlaps the second.
    const LOOKS: [(usize, u32); 3] = [(0, 1 << 8 | 1 << 13), (16, 1 << 2 | 1 << 7), (20, 1 << 3)];
    bytes.len() == LENGTH
        && LOOKS.iter().all(|&(at, hyphens)| {
            let Some(lanes) = bytes[at..].first_chunk().map(|lanes| u8x16::from(*lanes)) else {
                return false;
            };
            let is_hyphen = lanes.simd_eq(u8x16::splat(b'-'));
            let is_digit = is_among(lanes, b'0', 10);
            let is_letter = is_among(lanes | u8x16::splat(0x20), b'a', 6);
            is_hyphen.to_bitmask() == hyphens && (is_hyphen | is_digit | is_letter).all()
        })
}

impl fmt::Display for Guid<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Guid<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'a> Field<'a> for Guid<'a> {
    fn read(json: Json<'a>) -> Result<Self, DecodeError> {
        Self::new(Text::read(json)?)
            .ok_or_else(|| DecodeErrorKind::BadFormat { want: "a GUID of 36 characters" }.into())
    }

    #[inline]
    fn lex(token: Token<'a>, reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        Self::new(Text::lex(token, reader)?).ok_or(Unsure)
    }

    #[inline]
    fn lex_ahead(reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        if let Some(id) = reader.short(LENGTH, |text| Self::new(text.into())) {
            return Ok(id);
        }
        let token = reader.token()?;
        Self::lex(token, reader)
    }
}

/// A value that is documented as a number and shown as a string, or the other way round.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure<'a> {
    /// Written as a number.
    Number(u64),
    /// Written as a string.
    Text(Text<'a>),
}

impl Serialize for Figure<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Text(text) => text.serialize(serializer),
        }
    }
}

impl<'a> Field<'a> for Figure<'a> {
    fn read(json: Json<'a>) -> Result<Self, DecodeError> {
        match json {
            Json::Number(_) => u64::read(json).map(Self::Number),
            other => Text::read(other).map(Self::Text),
        }
    }

    fn lex(token: Token<'a>, reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        match token {
            Token::Number(_) => u64::lex(token, reader).map(Self::Number),
            _ => Text::lex(token, reader).map(Self::Text),
        }
    }
}

object! {
    /// One pair of a list such as `Parameters`. Keys may repeat: such a list is no map.
    KeyValue {
        /// `Key`
        key: Text<'a> = "Key",
        /// `Value`, always a string.
        value: Text<'a> = "Value",
    }
}
object_in_json!(KeyValue);

object! {
    /// One measurement of a sensor.
    SensorReading {
        /// `Name` of the sensor.
        name: Text<'a> = "Name",
        /// `Value`, a number written as a string.
        value: Text<'a> = "Value",
        /// `ReadingTime`
        reading_time: Timestamp = "ReadingTime",
    }
}
object_in_json!(SensorReading);

object! {
    /// One entry of a device's log.
    LogEntry {
        /// `Level`, such as `Warning`.
        level: Text<'a> = "Level",
        /// `Message`
        message: Text<'a> = "Message",
        /// `Type` of the entry, such as `ValidPass`: not that of the event.
        entry_type: Text<'a> = "Type",
        /// `LogTime`
        log_time: Timestamp = "LogTime",
    }
}
object_in_json!(LogEntry);

/// Declares the event types: name in the JSON, members of their own.
macro_rules! event_types {
    ($(
        $(#[$meta:meta])*
        $variant:ident = $type_name:literal {
            $( $(#[$field_meta:meta])* $field:ident: $type:ty = $member:literal $(or $or:ident)?, )*
        }
    )*) => {
        $( object! {
            $(#[$meta])*
            $variant { $( $(#[$field_meta])* $field: $type = $member $(or $or)?, )* }
        } )*

        /// What an event tells, by its `Type`.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        #[expect(clippy::large_enum_variant, reason = "one large body is rarer than the box it would cost all")]
        pub enum EventBody<'a> {
            $( $(#[$meta])* $variant($variant<'a>), )*
            /// An event of a type that is not known, kept whole.
            Unknown {
                /// `Type`
                type_name: Text<'a>,
                /// All other members but those that every event has, in order.
                members: Extra<'a>,
            },
        }

        impl<'a> EventBody<'a> {
            /// The names of all known types.
            pub const TYPE_NAMES: &'static [&'static str] = &[$( $type_name, )*];

            fn from_members(type_name: Text<'a>, members: Extra<'a>) -> Result<Self, DecodeError> {
                Ok(match &*type_name {
                    $( $type_name => Self::$variant($variant::from_members(members)?), )*
                    _ => Self::Unknown { type_name, members },
                })
            }

            /// The same from members that were passed over.
            fn lex(
                type_name: Text<'a>,
                members: &[(&'a str, Token<'a>)],
                reader: &mut Reader<'a>,
            ) -> Result<Self, Unsure> {
                let mut members = members.iter().map(|(name, token)| (*name, Some(*token)));
                Ok(match &*type_name {
                    $( $type_name => {
                        Self::$variant($variant::lex_members(reader, |_| Ok(members.next()))?)
                    } )*
                    _ => {
                        let json = |(name, token): Member<'a>| Ok((name.into(), reader.json(token)?));
                        let members = distinct(members.map(json).collect::<Result<_, Unsure>>()?)?;
                        Self::Unknown { type_name, members }
                    }
                })
            }

            /// The value of `Type`.
            pub fn type_name(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $type_name, )*
                    Self::Unknown { type_name, .. } => type_name,
                }
            }

            fn write<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                match self {
                    $( Self::$variant(body) => body.write(map), )*
                    Self::Unknown { members, .. } => {
                        members.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))
                    }
                }
            }
        }
    };
}

event_types! {
    /// Tags that came and went in a device, found by comparing two scans.
    Aggregate = "AggregateEvent" {
        /// `PassRfid`: the credential that opened the door; empty where access is not secured.
        pass_rfid: Text<'a> = "PassRfid",
        /// `Adds`: EPCs of the tags that appeared.
        adds: Vec<Text<'a>> = "Adds",
        /// `Removes`: EPCs of the tags that went.
        removes: Vec<Text<'a>> = "Removes",
        /// `Alias` of the device; version 3 only.
        alias: Option<Text<'a>> = "Alias",
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `ReceivedTime`: when Jetstream got the event.
        received_time: Timestamp = "ReceivedTime",
    }
    /// All tags that were read at one moment.
    Object = "ObjectEvent" {
        /// `Observe`: EPCs of the tags.
        observe: Vec<Text<'a>> = "Observe",
        /// `Alias`: version 3 handhelds only.
        alias: Option<Text<'a>> = "Alias",
        /// `Credential` of the user: version 3 handhelds only.
        credential: Option<Text<'a>> = "Credential",
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `ReceivedTime`: when Jetstream got the event.
        received_time: Timestamp = "ReceivedTime",
    }
    /// A device is alive.
    Heartbeat = "HeartbeatEvent" {
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `ReceivedTime`: when Jetstream got the event.
        received_time: Timestamp = "ReceivedTime",
    }
    /// Measurements of a device's sensors.
    SensorReadings = "SensorReadingEvent" {
        /// `SensorReadings`
        sensor_readings: Vec<SensorReading<'a>> = "SensorReadings",
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `ReceivedTime`: when Jetstream got the event.
        received_time: Timestamp = "ReceivedTime",
    }
    /// Entries of a device's log.
    LogEntries = "LogEntryEvent" {
        /// `LogEntries`
        log_entries: Vec<LogEntry<'a>> = "LogEntries",
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `ReceivedTime`: when Jetstream got the event.
        received_time: Timestamp = "ReceivedTime",
    }
    /// A command was queued for a device.
    CommandQueued = "CommandQueuedEvent" {
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `CommandId`: the same in the completion.
        command_id: Guid<'a> = "CommandId",
        /// `CommandName`
        command_name: Text<'a> = "CommandName",
        /// `URI` of the request: its path.
        uri: Text<'a> = "URI",
        /// `Verb` of the request, such as `Post`.
        verb: Text<'a> = "Verb",
        /// `User` who sent the request.
        user: Text<'a> = "User",
        /// `Parameters`
        parameters: Vec<KeyValue<'a>> = "Parameters",
    }
    /// A device has completed a command.
    CommandCompletion = "CommandCompletionEvent" {
        /// `CommandId`: the same as in the queued event.
        command_id: Guid<'a> = "CommandId",
        /// `CommandName`
        command_name: Text<'a> = "CommandName",
        /// `OutputParameterList`
        output_parameter_list: Vec<KeyValue<'a>> = "OutputParameterList",
        /// `ExceptionList`: empty if the command succeeded.
        exception_list: Vec<KeyValue<'a>> = "ExceptionList",
        /// `Verb`: in the field table of version 3, in no example.
        verb: Option<Text<'a>> = "Verb",
        /// `User`: in the field table of version 3, in no example.
        user: Option<Text<'a>> = "User",
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `ReceivedTime`: when Jetstream got the event.
        received_time: Timestamp = "ReceivedTime",
    }
    /// Data of a device's own making; version 3.
    BusinessProcess = "BusinessProcessEvent" {
        /// `ProcessType`
        process_type: Option<Text<'a>> = "ProcessType",
        /// `Parameters`
        parameters: Option<Vec<KeyValue<'a>>> = "Parameters",
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `ReceivedTime`: when Jetstream got the event.
        received_time: Timestamp = "ReceivedTime",
    }
    /// The state of a device. Its members differ by device and firmware, and version 2 documents
    /// fewer of them: those that are documented for version 3 alone are in `extra` if they are of
    /// another type.
    Status = "StatusEvent" {
        /// `FreeMem`: documented as an integer, shown as a string.
        free_mem: Option<Figure<'a>> = "FreeMem",
        /// `WebsocketReconnects`: documented as an integer, a string in the .NET client.
        websocket_reconnects: Option<Figure<'a>> = "WebsocketReconnects" or extra,
        /// `DeviceType`
        device_type: Option<Text<'a>> = "DeviceType",
        /// `SerialNum`
        serial_num: Option<Text<'a>> = "SerialNum",
        /// `AgentVersion`
        agent_version: Option<Text<'a>> = "AgentVersion",
        /// `ScannerVersion`
        scanner_version: Option<Text<'a>> = "ScannerVersion",
        /// `ActualIP`
        actual_ip: Option<Text<'a>> = "ActualIP",
        /// `ActualSubnet`
        actual_subnet: Option<Text<'a>> = "ActualSubnet",
        /// `ActualGateway`
        actual_gateway: Option<Text<'a>> = "ActualGateway",
        /// `ActualDNS`
        actual_dns: Option<Text<'a>> = "ActualDNS",
        /// `MACAddress`
        mac_address: Option<Text<'a>> = "MACAddress",
        /// `CurlVersion`
        curl_version: Option<Text<'a>> = "CurlVersion" or extra,
        /// `MSPVersion`
        msp_version: Option<Text<'a>> = "MSPVersion" or extra,
        /// `OSVersion`
        os_version: Option<Text<'a>> = "OSVersion" or extra,
        /// `SSLVersion`
        ssl_version: Option<Text<'a>> = "SSLVersion" or extra,
        /// `Uptime`, such as `1d2h3m4s`.
        uptime: Option<Text<'a>> = "Uptime" or extra,
        /// `WebsocketUptime`
        websocket_uptime: Option<Text<'a>> = "WebsocketUptime" or extra,
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `ReceivedTime`: when Jetstream got the event.
        received_time: Timestamp = "ReceivedTime",
    }
    /// A device was added; version 2.
    LogicalDeviceAdded = "LogicalDeviceAddedEvent" {
        /// `LogicalDeviceId`: the name of the device.
        logical_device_id: Text<'a> = "LogicalDeviceId",
        /// `DeviceDefinition`
        device_definition: Text<'a> = "DeviceDefinition",
        /// `DeviceSerialNumber`
        device_serial_number: Text<'a> = "DeviceSerialNumber",
        /// `Region`
        region: Text<'a> = "Region",
    }
    /// A device was removed; version 2.
    LogicalDeviceRemoved = "LogicalDeviceRemovedEvent" {
        /// `LogicalDeviceId`: the name of the device.
        logical_device_id: Text<'a> = "LogicalDeviceId",
    }
    /// A device was added; version 3.
    DeviceAdded = "DeviceAddedEvent" {
        /// `Id` of the device.
        id: u64 = "Id",
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `Aliases` of the device.
        aliases: Option<Vec<Text<'a>>> = "Aliases",
        /// `DeviceDefinition`
        device_definition: Text<'a> = "DeviceDefinition",
        /// `DeviceSerialNumber`
        device_serial_number: Text<'a> = "DeviceSerialNumber",
        /// `Region`
        region: Text<'a> = "Region",
    }
    /// A device was changed; version 3.
    DeviceModified = "DeviceModifiedEvent" {
        /// `Id` of the device.
        id: u64 = "Id",
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `Aliases` of the device.
        aliases: Option<Vec<Text<'a>>> = "Aliases",
        /// `DeviceDefinition`
        device_definition: Text<'a> = "DeviceDefinition",
        /// `DeviceSerialNumber`
        device_serial_number: Text<'a> = "DeviceSerialNumber",
        /// `Region`
        region: Text<'a> = "Region",
    }
    /// A device was removed; version 3.
    DeviceRemoved = "DeviceRemovedEvent" {
        /// `Id` of the device.
        id: u64 = "Id",
        /// `Device`: its name.
        device: Text<'a> = "Device",
    }
    /// An alias was added; version 3.
    AliasAdded = "AliasAddedEvent" {
        /// `Id` of the alias.
        id: u64 = "Id",
        /// `Alias`: its name.
        alias: Text<'a> = "Alias",
        /// `Devices`: the names of its devices.
        devices: Vec<Text<'a>> = "Devices",
        /// `Region`
        region: Text<'a> = "Region",
    }
    /// An alias was changed; version 3.
    AliasModified = "AliasModifiedEvent" {
        /// `Id` of the alias.
        id: u64 = "Id",
        /// `Alias`: its name.
        alias: Text<'a> = "Alias",
        /// `Devices`: the names of its devices.
        devices: Vec<Text<'a>> = "Devices",
        /// `Region`
        region: Text<'a> = "Region",
    }
    /// An alias was removed; version 3.
    AliasRemoved = "AliasRemovedEvent" {
        /// `Id` of the alias.
        id: u64 = "Id",
        /// `Alias`: its name.
        alias: Text<'a> = "Alias",
    }
    /// Credentials were given to a device; version 3.
    DeviceCredentialsAdded = "DeviceCredentialsAddedEvent" {
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `CredentialType`, such as `Basic`.
        credential_type: Text<'a> = "CredentialType",
        /// `AddedCredentials`
        added_credentials: Vec<Text<'a>> = "AddedCredentials",
    }
    /// Credentials of a device were replaced; version 3.
    DeviceCredentialsModified = "DeviceCredentialsModifiedEvent" {
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `CredentialType`, such as `Basic`.
        credential_type: Text<'a> = "CredentialType",
        /// `CurrentCredentials`
        current_credentials: Vec<Text<'a>> = "CurrentCredentials",
    }
    /// Credentials were taken from a device; version 3.
    DeviceCredentialsRemoved = "DeviceCredentialsRemovedEvent" {
        /// `Device`: its name.
        device: Text<'a> = "Device",
        /// `CredentialType`, such as `Basic`.
        credential_type: Text<'a> = "CredentialType",
        /// `RemovedCredentials`
        removed_credentials: Vec<Text<'a>> = "RemovedCredentials",
    }
}

/// One event.
///
/// Decoding borrows strings from the input where they stand there without escapes; encoding gives
/// the same JSON value again, members that are not known included.
///
/// ```
/// use contrail_model::{Event, EventBody};
///
/// let text = r#"{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent",
///     "EventId":"9eebaf4b-52a6-487b-bf2c-b8f8e88bf906","EventTime":"2017-05-19T06:14:30Z"}"#;
/// let event = Event::decode(text.as_bytes())?;
/// let EventBody::Heartbeat(heartbeat) = &event.body else { panic!("{event:?}") };
/// let delay = heartbeat.received_time.instant() - event.event_time.instant();
/// assert_eq!(delay.num_seconds(), 29);
/// # Ok::<(), contrail_model::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// `EventId`
    pub event_id: Guid<'a>,
    /// `EventTime`: when it happened.
    pub event_time: Timestamp,
    /// `Version` of the event, from API version 3 on; in an event of a type that is not known only if
    /// it is an integer, and else among its members.
    pub version: Option<u64>,
    /// What it tells.
    pub body: EventBody<'a>,
}

impl<'a> Event<'a> {
    /// Reads one event from its JSON.
    ///
    /// # Errors
    ///
    /// If the bytes are not one JSON value, or it is not of the shape of its `Type`.
    pub fn decode(json: &'a [u8]) -> Result<Self, DecodeError> {
        decode(json)
    }

    /// The value of `Type`.
    pub fn type_name(&self) -> &str {
        self.body.type_name()
    }
}

/// Reads bytes that are one JSON value and nothing else: the quick way if it can.
pub(crate) fn decode<'a, F: Field<'a>>(bytes: &'a [u8]) -> Result<F, DecodeError> {
    read_whole(bytes).or_else(|Unsure| F::read(parse(bytes)?))
}

fn parse(bytes: &[u8]) -> Result<Json<'_>, DecodeError> {
    let not_json = |fault| DecodeErrorKind::NotJson(fault);
    let mut tree = Tree::default();
    let end = tree.parse(bytes, 0).map_err(not_json)?;
    // A form feed is white space, but not in JSON.
    if !bytes[end..].iter().all(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
        return Err(DecodeErrorKind::TrailingBytes.into());
    }
    let text = std::str::from_utf8(&bytes[..end]).expect("a parsed value is UTF-8");
    Ok(Json::from_node(tree.root(text), text))
}

impl<'a> Field<'a> for Event<'a> {
    fn read(json: Json<'a>) -> Result<Self, DecodeError> {
        let mut members = field::members(json)?;
        let type_name: Text<'a> = take(&mut members, TYPE)?;
        let is_known = EventBody::TYPE_NAMES.contains(&&*type_name);
        Ok(Self {
            event_id: take(&mut members, EVENT_ID)?,
            event_time: take(&mut members, EVENT_TIME)?,
            version: if is_known {
                take(&mut members, VERSION)?
            } else {
                // API version 2 says nothing of it.
                take_or_leave(&mut members, VERSION)
            },
            body: EventBody::from_members(type_name, members)?,
        })
    }

    /// `Type` says how the other members are read, and may come last: they wait for it.
    fn lex(token: Token<'a>, reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        let (mut type_name, mut event_id, mut event_time) = (None, None, None);
        let mut version = None;
        let mut members = reader.lend();
        let mut inside = reader.object(token)?;
        while let Some(name) = reader.name(&mut inside)? {
            match name {
                TYPE => fill(&mut type_name, None, reader)?,
                EVENT_ID => fill(&mut event_id, None, reader)?,
                EVENT_TIME => fill(&mut event_time, None, reader)?,
                VERSION => fill(&mut version, None, reader)?,
                _ => {
                    let token = reader.token()?;
                    members.push((name, token));
                    reader.pass_over(token)?;
                }
            }
        }
        let end = reader.at();
        let event = Self {
            event_id: found(event_id)?,
            event_time: found(event_time)?,
            version: found(version)?,
            body: EventBody::lex(found(type_name)?, &members, reader)?,
        };
        reader.go_to(end);
        reader.take_back(members);
        Ok(event)
    }
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.body.write(&mut map)?;
        map.serialize_entry(TYPE, self.type_name())?;
        map.serialize_entry(EVENT_ID, &self.event_id)?;
        map.serialize_entry(EVENT_TIME, &self.event_time)?;
        if let Some(version) = self.version {
            map.serialize_entry(VERSION, &version)?;
        }
        map.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Event<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(Json::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
