//! The words in events, as they stand in JSON: escapes, other scripts, nothing.

/// Kinds and messages of log entries.
pub(super) static LOG: &[(&str, &str, &str)] = &[
    ("Information", "ValidPass", "The door was opened"),
    ("Information", "ValidPass", r#"Pass accepted for \"Ward 3\""#),
    ("Information", "ValidPass", r"Pass accepted: M\u00fcller, J\u00fcrgen"),
    ("Warning", "DoorAjar", "The door is open for more than 120 s"),
    ("Warning", "DoorAjar", "Tür länger als 120 s offen"),
    ("Error", "ACPowerFailure", r"AC power was lost\r\n\tbattery: 83 %"),
    ("Information", "ACPowerRestore", "AC power is back"),
    ("Warning", "PolicyException", r"C:\\Terso\\policy.xml: aggregateeventscancount is 4, not 5"),
    ("Information", "ValidPass", "扉が開きました"),
    ("Debug", "ValidPass", r"\ud83d\ude80 \/dev\/reader0 ready"),
    ("Information", "ValidPass", ""),
];

/// Users.
pub(super) static USERS: &[&str] = &[
    "MyUserName",
    "nurse.station.3",
    "pharmacy@example.com",
    r"DOMAIN\\svc-rfid",
    "Zoë Müller",
    "",
];

/// Aliases.
pub(super) static ALIASES: &[&str] =
    &["MyAliasName", "Ward 3", r#"OR \"A\""#, "Café", r"\u00c5rhus", "倉庫", ""];

/// Definitions of devices.
pub(super) static DEFINITIONS: &[&str] = &[
    "TS032, Cabinet, US, UHF, GF, 7.9 cu ft",
    "TS033, Refrigerator, EU, UHF, 4.9 cu ft",
    "TS080, Freezer, US, UHF, -20 C",
    "TS013, Mobile Case, AP, UHF",
];

/// Regions.
pub(super) static REGIONS: &[&str] = &["US", "EU", "AP", "USGOV"];

/// Settings of devices.
pub(super) static POLICIES: &[(&str, &str)] = &[
    ("aggregateeventscancount", "4"),
    ("aggregateeventscantime", "3"),
    ("heartbeateventinterval", "60"),
    ("logentryeventloglevel", "Warning"),
    ("temperaturealarmhigh", ""),
    ("objecteventscheduledtime", "02:00"),
];

/// Kinds of processes of a business.
pub(super) static PROCESSES: &[&str] =
    &["Restock", "CycleCount", r"Temperatur\u00fcberwachung", ""];

/// Where things are, for free parameters.
pub(super) static PLACES: &[&str] =
    &["Ward 3", "Étage 2", r"shelf\\4", r#"bin \"left\""#, "", "第一病棟", r"a\/b\tc"];
