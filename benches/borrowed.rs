//! The typed structs of a peer: what one would write who wants the properties and trusts the data.
//!
//! One struct has the properties of all event types, each optional: the `Type` often stands near the
//! end, so choosing a struct by it would mean to read an event twice. Text is borrowed where it has no
//! escapes. Unknown properties are passed over, and nothing is checked but what must be text, a
//! number or a list.

#![expect(dead_code, non_snake_case, reason = "named as in the API, and only read")]

use contrail_model::Text;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Batch<'a> {
    #[serde(borrow)]
    BatchId: Text<'a>,
    Count: u64,
    Events: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    ActualDNS: Option<Text<'a>>,
    ActualGateway: Option<Text<'a>>,
    ActualIP: Option<Text<'a>>,
    ActualSubnet: Option<Text<'a>>,
    AddedCredentials: Option<Vec<Text<'a>>>,
    Adds: Option<Vec<Text<'a>>>,
    AgentVersion: Option<Text<'a>>,
    Alias: Option<Text<'a>>,
    Aliases: Option<Vec<Text<'a>>>,
    CommandId: Option<Text<'a>>,
    CommandName: Option<Text<'a>>,
    Credential: Option<Text<'a>>,
    CredentialType: Option<Text<'a>>,
    CurlVersion: Option<Text<'a>>,
    CurrentCredentials: Option<Vec<Text<'a>>>,
    Device: Option<Text<'a>>,
    DeviceDefinition: Option<Text<'a>>,
    DeviceSerialNumber: Option<Text<'a>>,
    DeviceType: Option<Text<'a>>,
    Devices: Option<Vec<Text<'a>>>,
    EventId: Text<'a>,
    EventTime: Text<'a>,
    ExceptionList: Option<Vec<Pair<'a>>>,
    FreeMem: Option<Text<'a>>,
    Id: Option<u64>,
    LogEntries: Option<Vec<LogEntry<'a>>>,
    LogicalDeviceId: Option<Text<'a>>,
    MACAddress: Option<Text<'a>>,
    MSPVersion: Option<Text<'a>>,
    OSVersion: Option<Text<'a>>,
    Observe: Option<Vec<Text<'a>>>,
    OutputParameterList: Option<Vec<Pair<'a>>>,
    Parameters: Option<Vec<Pair<'a>>>,
    PassRfid: Option<Text<'a>>,
    ProcessType: Option<Text<'a>>,
    ReceivedTime: Option<Text<'a>>,
    Region: Option<Text<'a>>,
    RemovedCredentials: Option<Vec<Text<'a>>>,
    Removes: Option<Vec<Text<'a>>>,
    SSLVersion: Option<Text<'a>>,
    ScannerVersion: Option<Text<'a>>,
    SensorReadings: Option<Vec<SensorReading<'a>>>,
    SerialNum: Option<Text<'a>>,
    Type: Text<'a>,
    URI: Option<Text<'a>>,
    Uptime: Option<Text<'a>>,
    User: Option<Text<'a>>,
    Verb: Option<Text<'a>>,
    Version: Option<u64>,
    WebsocketReconnects: Option<u64>,
    WebsocketUptime: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Pair<'a> {
    #[serde(borrow)]
    Key: Text<'a>,
    Value: Text<'a>,
}

#[derive(Deserialize)]
struct LogEntry<'a> {
    #[serde(borrow)]
    Level: Text<'a>,
    Message: Text<'a>,
    Type: Text<'a>,
    LogTime: Text<'a>,
}

#[derive(Deserialize)]
struct SensorReading<'a> {
    #[serde(borrow)]
    Name: Text<'a>,
    Value: Text<'a>,
    ReadingTime: Text<'a>,
}
