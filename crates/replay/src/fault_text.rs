//! Faults as people write them: a kind and its settings, such as `drop,p=0.01,device=Fridge`. What
//! kinds there are is told by those who read them.

use crate::{
    schedule::Bound,
    time::{Nanos, parse_span},
};

/// No span is longer: 146 years in nanoseconds. So sums of spans stay within bounds.
pub(crate) const LONGEST: Nanos = 1 << 62;

/// Faults of one sort, such as those of events.
#[derive(Debug)]
pub(crate) struct Family {
    /// The kinds, what each can be set by, and an example.
    pub(crate) kinds: &'static [(&'static str, &'static [&'static str], &'static str)],
    /// What every kind can be limited by.
    pub(crate) limits: &'static [&'static str],
    /// The limits that can be given more than once: what any of them takes can be hit.
    pub(crate) lists: &'static [&'static str],
}

impl Family {
    /// Takes a text apart; what the values mean is not looked at.
    pub(crate) fn read(&self, text: &str) -> Result<Settings, String> {
        let parts = split(text);
        let (name, parts) = parts.split_first().expect("a split gives at least one part");
        let (kind, own, example) = *self
            .kinds
            .iter()
            .find(|(kind, ..)| kind == name)
            .ok_or_else(|| self.unknown_kind(name))?;
        let mut settings = Settings { kind, example, values: Vec::new() };
        for part in parts {
            settings.add(part, own, self)?;
        }
        Ok(settings)
    }

    fn unknown_kind(&self, name: &str) -> String {
        let kinds: Vec<_> = self.kinds.iter().map(|(kind, ..)| *kind).collect();
        // 502 is no slip of the pen for 503.
        let is_number = name.bytes().all(|letter| letter.is_ascii_digit());
        match closest(name, kinds.iter().copied()).filter(|_| !is_number) {
            Some(meant) => format!("there is no fault `{name}`; did you mean `{meant}`?"),
            None => format!("there is no fault `{name}`: want {}", list(&kinds, "or")),
        }
    }
}

/// A kind and its settings.
#[derive(Debug)]
pub(crate) struct Settings {
    kind: &'static str,
    example: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Settings {
    fn add(
        &mut self,
        part: &str,
        own: &'static [&'static str],
        family: &Family,
    ) -> Result<(), String> {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim(), value.trim());
        let known = own.iter().chain(family.limits).copied();
        let Some(key) = known.clone().find(|key| *key == name) else {
            let remedy = match closest(name, known.clone()) {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => format!(": want {}", list(&known.collect::<Vec<_>>(), "or")),
            };
            return Err(format!("`{}` has no `{name}`{remedy}", self.kind));
        };
        if value.is_empty() {
            return Err(format!("`{key}` has no value: want {key}=..., as in {}", self.example));
        }
        if !family.lists.contains(&key) && self.get(key).is_some() {
            return Err(format!("`{key}` is given twice"));
        }
        self.values.push((key, value.to_owned()));
        Ok(())
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    /// The values of a setting that can be given more than once.
    pub(crate) fn all<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s str> {
        self.values.iter().filter(move |(name, _)| *name == key).map(|(_, value)| value.as_str())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }

    /// The value of a setting; an error names it.
    pub(crate) fn parsed<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let parsed = self.get(key).map(parse).transpose();
        parsed.map_err(|error| format!("`{key}`: {error}"))
    }

    pub(crate) fn needed<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        let Self { kind, example, .. } = self;
        self.parsed(key, parse)?.ok_or_else(|| format!("`{kind}` needs `{key}`, as in {example}"))
    }

    /// From which time on and before which one.
    pub(crate) fn times(&self) -> Result<(Option<Bound>, Option<Bound>), String> {
        let (from, to) = (self.parsed("from", str::parse)?, self.parsed("to", str::parse)?);
        if let (Some(Bound::At(from)), Some(Bound::At(to))) = (from, to)
            && to <= from
        {
            return Err(format!("`to` must be after `from`, got {to} and {from}"));
        }
        Ok((from, to))
    }
}

/// The parts between commas; `\,` stands for a comma in a name.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let last = parts.last_mut().expect("there is one");
        match letter {
            ',' => parts.push(String::new()),
            '\\' => match letters.next_if_eq(&',') {
                Some(comma) => last.push(comma),
                None => last.push(letter),
            },
            _ => last.push(letter),
        }
    }
    parts
}

/// The known name that was probably meant: one with less than half of its letters wrong.
pub(crate) fn closest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), known);
    let alike = known.into_iter().filter(|known| 2 * distance(known) < known.len());
    alike.min_by_key(|known| distance(known))
}

pub(crate) fn list(names: &[&str], word: &str) -> String {
    match names {
        [names @ .., last] if !names.is_empty() => format!("{} {word} {last}", names.join(", ")),
        names => names.concat(),
    }
}

pub(crate) fn probability(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| format!("want a number from 0 to 1 such as 0.01, got {text}"))
}

pub(crate) fn span(text: &str) -> Result<Nanos, String> {
    let span = parse_span(text)?;
    if span <= LONGEST { Ok(span) } else { Err(format!("{text} is too long")) }
}
