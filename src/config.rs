//! `contrail.toml`: what a project always asks for.

use std::{
    collections::BTreeMap,
    fs,
    path::{self, Path, PathBuf},
};

use contrail_validate::closest;
use serde::Deserialize;

use crate::{cli::Level, outcome::UsageError};

/// The name of the file, beside the input or above it.
const NAME: &str = "contrail.toml";

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) select: Vec<String>,
    pub(crate) ignore: Vec<String>,
    pub(crate) severity: BTreeMap<String, Level>,
    pub(crate) strict: bool,
    pub(crate) fail_on: Option<Level>,
    pub(crate) api_version: Option<VersionText>,
    pub(crate) target_version: Option<u8>,
    pub(crate) max_skew: Option<u32>,
    pub(crate) window: Option<usize>,
    pub(crate) redact: bool,
    pub(crate) baseline: Option<PathBuf>,
    pub(crate) schema_dir: Option<PathBuf>,
    pub(crate) overrides: Vec<Override>,
    /// Where the file is; paths in it are from there.
    #[serde(skip)]
    pub(crate) path: PathBuf,
}

/// Other rules for some paths.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Override {
    pub(crate) paths: Vec<String>,
    pub(crate) ignore: Vec<String>,
    pub(crate) severity: BTreeMap<String, Level>,
    pub(crate) api_version: Option<VersionText>,
    pub(crate) max_skew: Option<u32>,
}

/// A version, as a number or as `"auto"`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum VersionText {
    Number(u8),
    Text(String),
}

impl std::fmt::Display for VersionText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}

impl Config {
    /// Reads the named file, or the one beside or above the input; an empty one if there is none.
    pub(crate) fn find(named: Option<&Path>, input: Option<&Path>) -> Result<Self, UsageError> {
        match named.map(Path::to_owned).or_else(|| beside_or_above(input)) {
            Some(path) => Self::read(&path),
            None => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> Result<Self, UsageError> {
        let error = |text: String| UsageError(format!("{}{text}", path.display()));
        let text = fs::read_to_string(path).map_err(|cause| error(format!(": {cause}")))?;
        let config: Self = toml::from_str(&text).map_err(|cause| {
            let before = cause.span().map_or("", |span| &text[..span.start.min(text.len())]);
            let line = before.matches('\n').count() + 1;
            error(format!(":{line}: {}", described(cause.message())))
        })?;
        Ok(Self { path: path.to_owned(), ..config })
    }

    /// A path of the file, from the folder of the file.
    pub(crate) fn resolve(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }
}

fn beside_or_above(input: Option<&Path>) -> Option<PathBuf> {
    let input = input.filter(|input| *input != Path::new("-")).unwrap_or(Path::new("."));
    // An input that is not there has a folder all the same.
    let start = fs::canonicalize(input).or_else(|_| path::absolute(input)).ok()?;
    start.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

/// The message of the parser, with the key that was probably meant.
fn described(message: &str) -> String {
    let message = message.trim_end();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| message.starts_with("unknown field"));
    match unknown {
        Some(key) => match closest(key, quoted) {
            Some(meant) => format!("unknown key `{key}`; did you mean `{meant}`?"),
            None => format!("unknown key `{key}`"),
        },
        None => message.to_owned(),
    }
}
