//! What the user wants of the rules.

use std::fmt;

use crate::{
    rule::{Family, RULES, Rule, Severity},
    similar::closest,
    version::{ApiVersion, VersionChoice},
};

/// How the checks are to be run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The severity of each rule, in the order of [`RULES`]; nothing if it is off.
    pub(crate) levels: Vec<Option<Severity>>,
    /// How the API version of a document is found.
    pub api_version: VersionChoice,
    /// The API version that the consumer of the capture is to be moved to.
    pub target_version: Option<ApiVersion>,
    /// How many seconds an event may be received before it happened.
    pub max_skew_seconds: u32,
    /// How many events, and how many open commands, the rules across batches remember; at least one,
    /// and at most [`MAX_WINDOW`].
    pub window: usize,
    /// Whether values that may be private are hidden behind a hash.
    pub redact: bool,
    /// Whether what is sound is accepted while it is read. The findings are the same without.
    pub has_fast_path: bool,
}

/// The default of [`Settings::max_skew_seconds`]: device clocks drift by seconds.
const MAX_SKEW_SECONDS: u32 = 5;

/// The most that [`Settings::window`] can be: 67 million events take 4 GB.
pub const MAX_WINDOW: usize = 1 << 26;

/// The default of [`Settings::window`]: a hundred of the largest batches, in at most 40 MB.
const WINDOW: usize = 50_000;

impl Default for Settings {
    fn default() -> Self {
        let levels = RULES.iter().map(|rule| Some(rule.severity)).collect();
        Self {
            levels,
            api_version: VersionChoice::Auto,
            target_version: None,
            max_skew_seconds: MAX_SKEW_SECONDS,
            window: WINDOW,
            redact: false,
            has_fast_path: true,
        }
    }
}

impl Settings {
    /// The severities of `--strict` for all rules.
    pub fn be_strict(&mut self) {
        for (level, rule) in self.levels.iter_mut().zip(RULES) {
            *level = level.map(|_| rule.strict_severity);
        }
    }

    /// Turns all rules off but the named rules and families.
    ///
    /// # Errors
    ///
    /// If a name is neither a rule nor a family.
    pub fn select(&mut self, names: &[impl AsRef<str>]) -> Result<(), UnknownRule> {
        let mut selected = vec![false; RULES.len()];
        for name in names {
            for rule in rules_named(name.as_ref())? {
                selected[rule.index()] = true;
            }
        }
        for (level, selected) in self.levels.iter_mut().zip(selected) {
            *level = level.filter(|_| selected);
        }
        Ok(())
    }

    /// Turns the named rules and families off.
    ///
    /// # Errors
    ///
    /// If a name is neither a rule nor a family.
    pub fn ignore(&mut self, names: &[impl AsRef<str>]) -> Result<(), UnknownRule> {
        for name in names {
            for rule in rules_named(name.as_ref())? {
                self.levels[rule.index()] = None;
            }
        }
        Ok(())
    }

    /// Sets the severity of a rule, or of all rules of a family, that are not turned off.
    ///
    /// # Errors
    ///
    /// If the name is neither a rule nor a family.
    pub fn set_severity(&mut self, name: &str, severity: Severity) -> Result<(), UnknownRule> {
        for rule in rules_named(name)? {
            let level = &mut self.levels[rule.index()];
            *level = level.map(|_| severity);
        }
        Ok(())
    }

    /// The severity of a rule; nothing if it is off.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.levels[rule.index()]
    }
}

/// The rules that a name stands for: one rule, or all of a family.
fn rules_named(name: &str) -> Result<Vec<&'static Rule>, UnknownRule> {
    let named = |rule: &&&'static Rule| rule.name == name || rule.family.as_str() == name;
    let rules: Vec<_> = RULES.iter().filter(named).copied().collect();
    if rules.is_empty() {
        return Err(UnknownRule::new(name));
    }
    Ok(rules)
}

/// No rule and no family has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule {
    name: String,
    meant: Option<&'static str>,
}

impl UnknownRule {
    /// Looks for the name that was probably meant.
    pub fn new(name: &str) -> Self {
        let rules = RULES.iter().map(|rule| rule.name);
        let families = Family::ALL.into_iter().map(Family::as_str);
        Self { name: name.to_owned(), meant: closest(name, rules.chain(families)) }
    }
}

impl fmt::Display for UnknownRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "there is no rule or family `{}`", self.name)?;
        match self.meant {
            Some(meant) => write!(formatter, "; did you mean `{meant}`?"),
            None => write!(formatter, "; `contrail rules` lists them"),
        }
    }
}

impl std::error::Error for UnknownRule {}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(settings: &Settings, rule: &str) -> Option<Severity> {
        settings.severity(Rule::find(rule).unwrap())
    }

    #[test]
    fn rules_are_chosen_by_name_and_family() {
        let mut settings = Settings::default();
        settings.select(&["schema", "not-json"]).unwrap();
        settings.ignore(&["bad-format"]).unwrap();
        settings.set_severity("schema", Severity::Info).unwrap();
        assert_eq!(level(&settings, "not-json"), Some(Severity::Error));
        assert_eq!(level(&settings, "wrong-type"), Some(Severity::Info));
        assert_eq!(level(&settings, "bad-format"), None);
        assert_eq!(level(&settings, "count-mismatch"), None);
    }

    #[test]
    fn strict_raises_what_says_so() {
        let mut settings = Settings::default();
        assert_eq!(level(&settings, "unknown-event-type"), Some(Severity::Warning));
        settings.be_strict();
        assert_eq!(level(&settings, "unknown-event-type"), Some(Severity::Error));
        assert_eq!(level(&settings, "unknown-property"), Some(Severity::Warning));
    }

    #[test]
    fn an_unknown_name_is_refused_with_a_suggestion() {
        let error = Settings::default().ignore(&["count-missmatch"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no rule or family `count-missmatch`; did you mean `count-mismatch`?"
        );
        let error = Settings::default().select(&["zzz"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no rule or family `zzz`; `contrail rules` lists them"
        );
    }
}
