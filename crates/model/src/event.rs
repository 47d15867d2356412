//! The events of API versions 2 and 3, and any event of a type that is not known.
//!
//! The types check the shape that decides how an event is read: names, types, identifiers and
//! instants. Limits such as lengths and lists of allowed values are left to the JSON Schemas.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap as _,
};

use crate::{
    canonical::has_form_of_guid,
    error::{DecodeError, DecodeErrorKind},
    field::{
        self, Field, object, object_in_json,
        reader::{Inside, Members, Reader, Token, Unsure, distinct, fill, found, read_whole},
        take, take_or_leave,
    },
    json::{Extra, Json, Text},
    timestamp::Timestamp,
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

fn is_guid(bytes: &[u8]) -> bool {
    bytes.try_into().is_ok_and(has_form_of_guid)
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
        if let Some(id) = reader.guid() {
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

/// The type of what a variant holds: the body of an event, or a box with it.
macro_rules! held {
    ($body:ty) => { $body };
    ($body:ty, Box) => { Box<$body> };
}

/// Declares the event types: name in the JSON, members of their own.
macro_rules! event_types {
    ($(
        $(#[$meta:meta])*
        $variant:ident = $type_name:literal $(in $held:ident)? {
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
        pub enum EventBody<'a> {
            $( $(#[$meta])* $variant(held!($variant<'a> $(, $held)?)), )*
            /// An event of a type that is not known, kept whole.
            Unknown {
                /// `Type`
                type_name: Text<'a>,
                /// All other members but those that every event has, in order.
                members: Extra<'a>,
            },
        }

        /// A type that is known.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum EventType {
            $( $variant, )*
        }

        impl EventType {
            fn of(name: &str) -> Option<Self> {
                Some(match name {
                    $( $type_name => Self::$variant, )*
                    _ => return None,
                })
            }

            /// The type whose events begin with a member of this name where they are written as by the API.
            fn beginning_with(name: &str) -> Option<Self> {
                const FIRST: &[(&str, EventType)] =
                    &[$( ([$( $member, )*][0], EventType::$variant), )*];
                FIRST.iter().find(|(first, _)| *first == name).map(|(_, event_type)| *event_type)
            }

            fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $type_name, )*
                }
            }

            /// What follows the name `Type` and its colon where events are written as by the API.
            fn usual_value(self) -> &'static str {
                match self {
                    $( Self::$variant => concat!("\"", $type_name, "\",\"EventId\":"), )*
                }
            }
        }

        impl<'a> EventBody<'a> {
            /// The names of all known types.
            pub const TYPE_NAMES: &'static [&'static str] = &[$( $type_name, )*];

            fn from_members(type_name: Text<'a>, members: Extra<'a>) -> Result<Self, DecodeError> {
                Ok(match &*type_name {
                    $( $type_name => Self::$variant($variant::from_members(members)?.into()), )*
                    _ => Self::Unknown { type_name, members },
                })
            }

            /// The same from the text.
            fn lex(
                event_type: EventType,
                members: &mut EventMembers<'_, 'a>,
                reader: &mut Reader<'a>,
            ) -> Result<Event<'a>, Unsure> {
                match event_type {
                    $( EventType::$variant => {
                        let body = $variant::lex_members(members, reader)?;
                        members.event(Self::$variant(body.into()))
                    } )*
                }
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
    CommandQueued = "CommandQueuedEvent" in Box {
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
    CommandCompletion = "CommandCompletionEvent" in Box {
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
    Status = "StatusEvent" in Box {
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

    /// `Type` says how the other members are read, and most of them come before it. So it is guessed
    /// by the first name, and then by a name that the guessed type does not have. It is looked for
    /// where both guesses are wrong, and that teaches the reader.
    fn lex(token: Token<'a>, reader: &mut Reader<'a>) -> Result<Self, Unsure> {
        let mut inside = reader.object(token)?;
        let first = reader.name(&mut inside)?.ok_or(Unsure)?;
        let start = reader.at();
        let mut clue = first;
        let mut guess = reader.guess(first).or_else(|| EventType::beginning_with(first));
        for is_sure in [false, true] {
            let Some(event_type) = guess else { break };
            reader.go_to(start);
            let mut members =
                EventMembers { is_sure, ..EventMembers::new(event_type.name(), first, inside) };
            members.usual_value = Some(event_type.usual_value());
            let event = EventBody::lex(event_type, &mut members, reader);
            if event.is_ok() {
                return event;
            }
            let Some(name) = members.surprise else { break };
            clue = name;
            guess = reader.guess(name);
        }
        reader.go_to(start);
        let type_name = find_type(first, inside, reader)?;
        reader.go_to(start);
        let mut members = EventMembers::new(&type_name, first, inside);
        let Some(event_type) = EventType::of(&type_name) else {
            let mut others = Extra::new();
            while let Some(name) = members.next(reader)? {
                others.push((name.into(), reader.json()?));
            }
            let type_name = type_name.clone();
            return members.event(EventBody::Unknown { type_name, members: distinct(others)? });
        };
        reader.learn(clue, event_type);
        EventBody::lex(event_type, &mut members, reader)
    }
}

/// The type of an event, before the value of whose first member the reader stands.
fn find_type<'a>(
    first: &'a str,
    mut inside: Inside,
    reader: &mut Reader<'a>,
) -> Result<Text<'a>, Unsure> {
    let mut name = first;
    loop {
        let token = reader.token()?;
        if name == TYPE {
            return Text::lex(token, reader);
        }
        reader.pass_over(token)?;
        name = reader.name(&mut inside)?.ok_or(Unsure)?;
    }
}

/// The members of an event of this type, or of one that is guessed to be of it: takes what every event
/// has, and leaves the others.
struct EventMembers<'t, 'a> {
    type_name: &'t str,
    /// [`EventType::usual_value`]
    usual_value: Option<&'static str>,
    /// Whether the type is more than a first guess.
    is_sure: bool,
    /// The name that made a guess doubtful.
    surprise: Option<&'a str>,
    /// The name of the first member, before whose value the reader stands.
    first: Option<&'a str>,
    inside: Inside,
    has_type: bool,
    event_id: Option<Guid<'a>>,
    event_time: Option<Timestamp>,
    #[expect(clippy::option_option, reason = "not seen yet, or as it is in the event")]
    version: Option<Option<u64>>,
}

impl<'t, 'a> EventMembers<'t, 'a> {
    fn new(type_name: &'t str, first: &'a str, inside: Inside) -> Self {
        Self {
            type_name,
            usual_value: None,
            is_sure: true,
            surprise: None,
            first: Some(first),
            inside,
            has_type: false,
            event_id: None,
            event_time: None,
            version: None,
        }
    }

    /// Reads the value of `Type`, and `EventId` and `EventTime` behind it, where the API has them. If one
    /// of them was there before, the last one counts.
    #[inline(always)]
    fn lex_usual(&mut self, reader: &mut Reader<'a>) -> Option<()> {
        reader.skip(self.usual_value?)?;
        let event_id = reader.guid()?;
        reader.skip(",\"EventTime\":")?;
        self.event_time = Some(reader.instant()?);
        self.event_id = Some(event_id);
        Some(())
    }

    /// The event of what was taken and the others.
    #[inline(always)]
    fn event(&mut self, body: EventBody<'a>) -> Result<Event<'a>, Unsure> {
        if !self.has_type {
            return Err(Unsure);
        }
        Ok(Event {
            event_id: found(self.event_id.take())?,
            event_time: found(self.event_time)?,
            version: found(self.version)?,
            body,
        })
    }
}

impl<'a> Members<'a> for EventMembers<'_, 'a> {
    #[inline]
    fn next(&mut self, reader: &mut Reader<'a>) -> Result<Option<&'a str>, Unsure> {
        loop {
            let name = match self.first.take() {
                Some(name) => name,
                None => match reader.name(&mut self.inside)? {
                    Some(name) => name,
                    None => return Ok(None),
                },
            };
            match name {
                TYPE => {
                    if self.has_type {
                        return Err(Unsure);
                    }
                    self.has_type = true;
                    let start = reader.at();
                    if self.lex_usual(reader).is_none() {
                        reader.go_to(start);
                        if *reader.text()? != *self.type_name {
                            return Err(Unsure);
                        }
                    }
                }
                EVENT_ID => fill(&mut self.event_id, reader)?,
                EVENT_TIME => fill(&mut self.event_time, reader)?,
                VERSION => fill(&mut self.version, reader)?,
                _ => return Ok(Some(name)),
            }
        }
    }

    fn meet_unknown(&mut self, name: &'a str) -> Result<(), Unsure> {
        if self.is_sure || self.has_type {
            return Ok(());
        }
        self.surprise = Some(name);
        Err(Unsure)
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
