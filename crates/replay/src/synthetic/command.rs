//! The commands of the API, as its pages show them.

use super::settings::Version;

/// A command.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) verb: &'static str,
    /// What stands behind the device in the path.
    pub(super) tail: &'static str,
    pub(super) parameters: Parameters,
    pub(super) output: Output,
}

/// What a command is given.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parameters {
    None,
    /// One setting of the device.
    Policy,
    Hours,
    AccessToken,
    /// Passes to be added, and `*` to be removed.
    Replace,
    /// Passes to be added and removed.
    AddRemove,
    Firmware,
}

/// What the device answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Output {
    None,
    /// A tag each.
    Tags,
    /// The names of its settings.
    Names,
    Passes,
}

const fn command(
    name: &'static str,
    verb: &'static str,
    tail: &'static str,
    parameters: Parameters,
    output: Output,
) -> Command {
    Command { name, verb, tail, parameters, output }
}

/// The commands of a version.
pub(super) fn commands(version: Version) -> &'static [Command] {
    match version {
        Version::V2 => V2,
        Version::V3 => V3,
    }
}

/// Where a command of version 2 stands that version 3 has replaced, or has no more.
pub(super) const REPLACED: u8 = 6;
pub(super) const REMOVED: u8 = 8;

static V2: &[Command] = &[
    command("GetEPCListCommand", "Get", "epclist", Parameters::None, Output::Tags),
    command("ResetCommand", "Post", "reset", Parameters::None, Output::None),
    command("SetConfigValuesCommand", "Post", "policy/sync", Parameters::Policy, Output::None),
    command("GetConfigValuesCommand", "Get", "policy/sync", Parameters::None, Output::Names),
    command("Lockdown", "Post", "lockdown", Parameters::Hours, Output::None),
    command("UnlockDoor", "Post", "unlockdoor", Parameters::AccessToken, Output::None),
    command("GetPasses", "Get", "AccessControl", Parameters::None, Output::Passes),
    command("UpdatePasses", "Put", "AccessControl", Parameters::Replace, Output::None),
    command("UpdateFirmwareCommand", "Post", "version", Parameters::Firmware, Output::None),
    command("UpdatePasses", "Post", "AccessControl", Parameters::AddRemove, Output::None),
];

static V3: &[Command] = &[
    command("GetEPCListCommand", "Get", "epclist", Parameters::None, Output::Tags),
    command("ResetCommand", "Post", "reset", Parameters::None, Output::None),
    command("SetConfigValuesCommand", "Post", "policy/sync", Parameters::Policy, Output::None),
    command("GetConfigValuesCommand", "Get", "policy/sync", Parameters::None, Output::Names),
    command("Lockdown", "Post", "lockdown", Parameters::Hours, Output::None),
    command("UnlockDoor", "Post", "unlockdoor", Parameters::AccessToken, Output::None),
    command("SyncCredentials", "Post", "credentials/sync", Parameters::Replace, Output::None),
];
