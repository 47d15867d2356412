//! What the arguments and `contrail.toml` together ask for; arguments win.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use contrail_validate::{
    ApiVersion, MAX_WINDOW, Rule, Schemas, Settings, Severity, UnknownRule, Validator,
    VersionChoice,
};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::{
    baseline::Baseline,
    cli::{Level, ValidateArgs},
    config::{Config, Override, VersionText},
    outcome::UsageError,
};

/// How captures are to be validated.
#[derive(Debug)]
pub(crate) struct Choices {
    validator: Validator,
    /// Validators for some paths, the last one that fits wins.
    overrides: Vec<(GlobSet, Validator)>,
    /// Paths of overrides are from here.
    folder: PathBuf,
    /// The mildest severity that makes the exit code 1.
    pub(crate) fail_on: Severity,
    baseline: Option<PathBuf>,
    /// The configuration, if there is one.
    config_file: Option<PathBuf>,
}

impl Choices {
    /// Puts the arguments and the configuration together.
    pub(crate) fn of(args: &ValidateArgs) -> Result<Self, UsageError> {
        let input = args.inputs.first().map(PathBuf::as_path);
        let config = Config::find(args.config.as_deref(), input)?;
        let schemas = schemas(args, &config)?;
        let resolved =
            |row| settings(args, &config, row).map_err(|error| in_config(&config, &error));
        let settings = resolved(None)?;
        check_versions(&schemas, &settings)?;
        let validator = Validator::new(schemas, settings);
        let mut overrides = Vec::new();
        for row in &config.overrides {
            let globs =
                globs(&row.paths).map_err(|error| in_config(&config, &error.to_string()))?;
            let settings = resolved(Some(row))?;
            check_versions(validator.schemas(), &settings)?;
            overrides.push((globs, validator.with_settings(settings)));
        }
        let baseline = config.baseline.as_ref().map(|path| config.resolve(path));
        let folder = config.resolve(Path::new(""));
        Ok(Self {
            validator,
            overrides,
            folder: fs::canonicalize(&folder).unwrap_or(folder),
            fail_on: args.fail_on.or(config.fail_on).unwrap_or(Level::Error).into(),
            baseline: args.baseline.clone().or(baseline),
            config_file: Some(config.path).filter(|path| !path.as_os_str().is_empty()),
        })
    }

    /// The validator for a capture of this name.
    pub(crate) fn validator(&self, name: &str) -> &Validator {
        let path = fs::canonicalize(name).unwrap_or_else(|_| PathBuf::from(name));
        let path = path.strip_prefix(&self.folder).unwrap_or(&path);
        let fits = |(globs, _): &&(GlobSet, Validator)| globs.is_match(path);
        self.overrides.iter().rev().find(fits).map_or(&self.validator, |(_, validator)| validator)
    }

    /// Whether a rule is on, for any capture.
    pub(crate) fn can_find(&self, rule: &str) -> bool {
        let validators = self.overrides.iter().map(|(_, validator)| validator);
        let mut all = validators.chain([&self.validator]);
        Rule::find(rule)
            .is_some_and(|rule| all.any(|validator| validator.settings().severity(rule).is_some()))
    }

    /// The files that the program itself reads or writes, and which are no captures.
    pub(crate) fn own_files(&self) -> impl Iterator<Item = &Path> {
        self.baseline.iter().chain(&self.config_file).map(PathBuf::as_path)
    }

    /// The baseline, if there is one.
    pub(crate) fn baseline(&self, update: bool) -> Result<Option<Baseline>, UsageError> {
        match &self.baseline {
            Some(path) => Baseline::open(path, update).map(Some),
            None if update => Err(UsageError("--update-baseline needs --baseline FILE".to_owned())),
            None => Ok(None),
        }
    }
}

fn in_config(config: &Config, error: &dyn std::fmt::Display) -> UsageError {
    if config.path.as_os_str().is_empty() {
        return UsageError(error.to_string());
    }
    UsageError(format!("{error} (arguments, or {})", config.path.display()))
}

fn schemas(args: &ValidateArgs, config: &Config) -> Result<Schemas, UsageError> {
    let configured = config.schema_dir.as_ref().map(|dir| config.resolve(dir));
    match args.schema_dir.clone().or(configured) {
        None => Ok(Schemas::embedded()),
        Some(dir) => Schemas::from_dir(&dir).map_err(|error| UsageError(error.to_string())),
    }
}

/// The settings of a capture: those of the file, then of the override that fits it, then of the
/// arguments; what comes later wins.
fn settings(
    args: &ValidateArgs,
    config: &Config,
    row: Option<&Override>,
) -> Result<Settings, String> {
    let mut settings = Settings::default();
    let of_row = row.and_then(|row| row.api_version.as_ref());
    if let Some(version) = version_choice(args, of_row.or(config.api_version.as_ref()))? {
        settings.api_version = version;
    }
    settings.target_version = args.target_version.or(config.target_version).map(ApiVersion);
    let configured = row.and_then(|row| row.max_skew).or(config.max_skew);
    settings.max_skew_seconds = args.max_skew.or(configured).unwrap_or(settings.max_skew_seconds);
    settings.window = args.window.or(config.window).unwrap_or(settings.window);
    if settings.window > MAX_WINDOW {
        return Err(format!(
            "a window of {} events is too large: at most {MAX_WINDOW}",
            settings.window
        ));
    }
    settings.redact = args.redact || config.redact;
    if args.strict || config.strict {
        settings.be_strict();
    }
    rules(&mut settings, args, config, row).map_err(|error| error.to_string())?;
    Ok(settings)
}

fn version_choice(
    args: &ValidateArgs,
    configured: Option<&VersionText>,
) -> Result<Option<VersionChoice>, String> {
    let configured = configured.map(|text| text.to_string().parse()).transpose()?;
    Ok(args.api_version.or(configured))
}

fn rules(
    settings: &mut Settings,
    args: &ValidateArgs,
    config: &Config,
    row: Option<&Override>,
) -> Result<(), UnknownRule> {
    if args.select.is_empty() {
        if !config.select.is_empty() {
            settings.select(&config.select)?;
        }
        settings.ignore(&config.ignore)?;
        settings.ignore(row.map_or(&[][..], |row| &row.ignore))?;
    } else {
        settings.select(&args.select)?;
    }
    settings.ignore(&args.ignore)?;
    set_severities(settings, &config.severity)?;
    if let Some(row) = row {
        set_severities(settings, &row.severity)?;
    }
    for level in &args.severity {
        settings.set_severity(&level.rule, level.severity)?;
    }
    Ok(())
}

fn set_severities(
    settings: &mut Settings,
    severities: &BTreeMap<String, Level>,
) -> Result<(), UnknownRule> {
    severities.iter().try_for_each(|(rule, level)| settings.set_severity(rule, (*level).into()))
}

fn globs(patterns: &[String]) -> Result<GlobSet, globset::Error> {
    let mut globs = GlobSetBuilder::new();
    for pattern in patterns {
        globs.add(Glob::new(pattern)?);
    }
    globs.build()
}

/// Refuses an API version that there are no schemas for.
pub(crate) fn check_versions(schemas: &Schemas, settings: &Settings) -> Result<(), UsageError> {
    let fixed = match settings.api_version {
        VersionChoice::Fixed(version) => Some(version),
        VersionChoice::Auto => None,
    };
    let mut asked = fixed.into_iter().chain(settings.target_version);
    let Some(version) = asked.find(|asked| !schemas.versions().contains(asked)) else {
        return Ok(());
    };
    let known: Vec<_> = schemas.versions().iter().map(ToString::to_string).collect();
    let known = known.join(", ");
    Err(UsageError(format!(
        "there are no schemas for API version {version}; there are for {known}"
    )))
}
