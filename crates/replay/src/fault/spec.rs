//! Faults as people write them: a kind and its settings, such as `drop,p=0.01,device=Fridge`.

use std::{num::NonZeroU64, str::FromStr};

use super::{Delay, Fault, FaultKind, Scope, fate::LONGEST};
use crate::{
    filter::Filter,
    schedule::Bound,
    time::{Nanos, parse_span},
};

/// The kinds, what each can be set by, and an example.
const KINDS: [(&str, &[&str], &str); 6] = [
    ("drop", &["p"], "drop,p=0.01"),
    ("duplicate", &["p", "after"], "duplicate,p=0.01,after=2s"),
    ("delay", &["p", "fixed", "uniform", "lognormal"], "delay,p=0.1,fixed=5s"),
    ("reorder", &["p", "window"], "reorder,p=0.05,window=10"),
    ("skew", &["by"], "skew,by=23s"),
    ("offline", &["at", "for"], "offline,at=+10m,for=5m"),
];

/// What every kind can be limited by.
const LIMITS: [&str; 4] = ["device", "type", "from", "to"];

/// These can be given more than once: an event of any of them can be hit.
const LISTS: [&str; 2] = ["device", "type"];

/// How many places an event is moved at most, unless told otherwise.
const WINDOW: NonZeroU64 = NonZeroU64::new(10).expect("it is not 0");

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let settings = Settings::read(text)?;
        Ok(Self {
            kind: settings.fault_kind()?,
            probability: settings.parsed("p", probability)?.unwrap_or(1.0),
            scope: settings.scope()?,
            text: text.to_owned(),
        })
    }
}

/// A kind and its settings.
struct Settings {
    kind: &'static str,
    example: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Settings {
    fn read(text: &str) -> Result<Self, String> {
        let parts = split(text);
        let (name, parts) = parts.split_first().expect("a split gives at least one part");
        let (kind, own, example) =
            *KINDS.iter().find(|(kind, ..)| kind == name).ok_or_else(|| unknown_kind(name))?;
        let mut settings = Self { kind, example, values: Vec::new() };
        for part in parts {
            settings.add(part, own)?;
        }
        Ok(settings)
    }

    fn add(&mut self, part: &str, own: &[&'static str]) -> Result<(), String> {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let (name, value) = (name.trim(), value.trim());
        let known = own.iter().chain(&LIMITS).copied();
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
        if !LISTS.contains(&key) && self.get(key).is_some() {
            return Err(format!("`{key}` is given twice"));
        }
        self.values.push((key, value.to_owned()));
        Ok(())
    }

    fn all<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s str> {
        self.values.iter().filter(move |(name, _)| *name == key).map(|(_, value)| value.as_str())
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }

    /// The value of a setting; an error names it.
    fn parsed<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let parsed = self.get(key).map(parse).transpose();
        parsed.map_err(|error| format!("`{key}`: {error}"))
    }

    fn needed<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        let Self { kind, example, .. } = self;
        self.parsed(key, parse)?.ok_or_else(|| format!("`{kind}` needs `{key}`, as in {example}"))
    }

    fn fault_kind(&self) -> Result<FaultKind, String> {
        Ok(match self.kind {
            "drop" => FaultKind::Drop,
            "duplicate" => FaultKind::Duplicate { after: self.parsed("after", span)?.unwrap_or(0) },
            "delay" => FaultKind::Delay(self.delay()?),
            "reorder" => {
                FaultKind::Reorder { window: self.parsed("window", window)?.unwrap_or(WINDOW) }
            }
            "skew" => FaultKind::Skew { by: self.needed("by", signed_span)? },
            _ => FaultKind::Offline {
                at: self.needed("at", str::parse)?,
                lasts: self.needed("for", span)?,
            },
        })
    }

    fn delay(&self) -> Result<Delay, String> {
        let delays = [
            self.parsed("fixed", span)?.map(Delay::Fixed),
            self.parsed("uniform", uniform)?,
            self.parsed("lognormal", log_normal)?,
        ];
        let mut given = delays.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(delay), None) => Ok(delay),
            (None, _) => Err("`delay` needs `fixed`, `uniform` or `lognormal`, as in \
                 delay,p=0.1,fixed=5s"
                .to_owned()),
            (Some(_), Some(_)) => {
                Err("`delay` takes one of `fixed`, `uniform` and `lognormal`".to_owned())
            }
        }
    }

    fn scope(&self) -> Result<Scope, String> {
        let filter =
            Filter { types: self.all("type").collect(), devices: self.all("device").collect() };
        let (from, to) = (self.parsed("from", str::parse)?, self.parsed("to", str::parse)?);
        if let (Some(Bound::At(from)), Some(Bound::At(to))) = (from, to)
            && to <= from
        {
            return Err(format!("`to` must be after `from`, got {to} and {from}"));
        }
        Ok(Scope { filter, from, to })
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

fn unknown_kind(name: &str) -> String {
    let kinds = KINDS.map(|(kind, ..)| kind);
    match closest(name, kinds) {
        Some(meant) => format!("there is no fault `{name}`; did you mean `{meant}`?"),
        None => format!("there is no fault `{name}`: want {}", list(&kinds, "or")),
    }
}

/// The known name that was probably meant: one with less than half of its letters wrong.
fn closest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), known);
    let alike = known.into_iter().filter(|known| 2 * distance(known) < known.len());
    alike.min_by_key(|known| distance(known))
}

fn list(names: &[&str], word: &str) -> String {
    match names {
        [names @ .., last] if !names.is_empty() => format!("{} {word} {last}", names.join(", ")),
        names => names.concat(),
    }
}

fn probability(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| format!("want a number from 0 to 1 such as 0.01, got {text}"))
}

fn window(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| format!("want a number of events from 1, got {text}"))
}

fn span(text: &str) -> Result<Nanos, String> {
    let span = parse_span(text)?;
    if span <= LONGEST { Ok(span) } else { Err(format!("{text} is too long")) }
}

fn signed_span(text: &str) -> Result<Nanos, String> {
    match text.strip_prefix('-') {
        Some(text) => span(text).map(|span| -span),
        None => span(text.strip_prefix('+').unwrap_or(text)),
    }
}

fn uniform(text: &str) -> Result<Delay, String> {
    let (least, most) = text.split_once("..").ok_or("want two spans, such as 1s..5s")?;
    let (least, most) = (span(least)?, span(most)?);
    if least <= most {
        Ok(Delay::Uniform { least, most })
    } else {
        Err(format!("want the shorter span first, got {text}"))
    }
}

fn log_normal(text: &str) -> Result<Delay, String> {
    let want = || format!("want the median and the deviation, such as 200ms:0.5, got {text}");
    let (median, sigma) = text.split_once(':').ok_or_else(want)?;
    let is_fit = |sigma: &f64| sigma.is_finite() && 0.0 <= *sigma;
    let sigma = sigma.parse().ok().filter(is_fit).ok_or_else(want)?;
    Ok(Delay::LogNormal { median: span(median)?, sigma })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{RecordingTime, SECOND};

    fn read(text: &str) -> Fault {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_kind_is_read_with_its_defaults() {
        let ten = NonZeroU64::new(10).unwrap();
        for (text, kind, probability) in [
            ("drop", FaultKind::Drop, 1.0),
            ("drop,p=0", FaultKind::Drop, 0.0),
            ("drop,p=1e-3", FaultKind::Drop, 0.001),
            ("duplicate,p=.5", FaultKind::Duplicate { after: 0 }, 0.5),
            ("duplicate,after=2s", FaultKind::Duplicate { after: 2 * SECOND }, 1.0),
            ("delay,fixed=5s", FaultKind::Delay(Delay::Fixed(5 * SECOND)), 1.0),
            (
                "delay,p=0.1,uniform=1s..5s",
                FaultKind::Delay(Delay::Uniform { least: SECOND, most: 5 * SECOND }),
                0.1,
            ),
            (
                "delay,lognormal=200ms:0.5",
                FaultKind::Delay(Delay::LogNormal { median: SECOND / 5, sigma: 0.5 }),
                1.0,
            ),
            ("reorder", FaultKind::Reorder { window: ten }, 1.0),
            ("reorder,window=1", FaultKind::Reorder { window: NonZeroU64::MIN }, 1.0),
            ("skew,by=23s", FaultKind::Skew { by: 23 * SECOND }, 1.0),
            ("skew,by=-5s", FaultKind::Skew { by: -5 * SECOND }, 1.0),
            ("skew,by=+5s", FaultKind::Skew { by: 5 * SECOND }, 1.0),
            (
                "offline,at=+10m,for=5m",
                FaultKind::Offline { at: Bound::After(600 * SECOND), lasts: 300 * SECOND },
                1.0,
            ),
        ] {
            let fault = read(text);
            assert_eq!((fault.kind, fault.probability), (kind, probability), "{text}");
            assert_eq!((fault.to_string(), fault.scope), (text.to_owned(), Scope::default()));
        }
    }

    #[test]
    fn every_kind_can_be_limited() {
        let limits = r"device=A\,B,device=C,type=!HeartbeatEvent,from=+1s,to=2018-05-19T13:23:44Z";
        for (.., example) in KINDS {
            let fault = read(&format!("{example},{limits}"));
            let filter = Filter {
                types: ["!HeartbeatEvent"].iter().collect(),
                devices: ["A,B", "C"].iter().collect(),
            };
            let to = Bound::At(RecordingTime(1_526_736_224 * SECOND));
            let scope = Scope { filter, from: Some(Bound::After(SECOND)), to: Some(to) };
            assert_eq!(fault.scope, scope, "{example}");
        }
    }

    #[test]
    fn errors_say_what_is_meant() {
        for (text, expected) in [
            ("", "there is no fault ``: want drop, duplicate, delay, reorder, skew or offline"),
            ("dorp,p=1", "there is no fault `dorp`; did you mean `drop`?"),
            ("Duplicates", "there is no fault `Duplicates`; did you mean `duplicate`?"),
            ("of-line,at=+1s,for=1s", "there is no fault `of-line`; did you mean `offline`?"),
            ("drop,q=1", "`drop` has no `q`: want p, device, type, from or to"),
            ("drop,devise=A", "`drop` has no `devise`; did you mean `device`?"),
            ("drop,0.1", "`drop` has no `0.1`: want p, device, type, from or to"),
            ("drop,", "`drop` has no ``: want p, device, type, from or to"),
            ("delay,unifrom=1s..2s", "`delay` has no `unifrom`; did you mean `uniform`?"),
            ("skew,p=1", "`skew` has no `p`: want by, device, type, from or to"),
            ("drop,p", "`p` has no value: want p=..., as in drop,p=0.01"),
            ("drop,p=1,p=0", "`p` is given twice"),
            ("drop,p=1.5", "`p`: want a number from 0 to 1 such as 0.01, got 1.5"),
            ("drop,p=5%", "`p`: want a number from 0 to 1 such as 0.01, got 5%"),
            ("drop,p=NaN", "`p`: want a number from 0 to 1 such as 0.01, got NaN"),
            (
                "delay,p=0.1",
                "`delay` needs `fixed`, `uniform` or `lognormal`, as in delay,p=0.1,fixed=5s",
            ),
            (
                "delay,fixed=1s,uniform=1s..2s",
                "`delay` takes one of `fixed`, `uniform` and `lognormal`",
            ),
            ("delay,uniform=1s", "`uniform`: want two spans, such as 1s..5s"),
            ("delay,uniform=5s..1s", "`uniform`: want the shorter span first, got 5s..1s"),
            (
                "delay,lognormal=200ms",
                "`lognormal`: want the median and the deviation, such as 200ms:0.5, got 200ms",
            ),
            (
                "delay,lognormal=1s:-1",
                "`lognormal`: want the median and the deviation, such as 200ms:0.5, got 1s:-1",
            ),
            ("delay,fixed=1000years", "`fixed`: 1000years is too long"),
            ("reorder,window=0", "`window`: want a number of events from 1, got 0"),
            ("skew", "`skew` needs `by`, as in skew,by=23s"),
            ("offline,at=+1m", "`offline` needs `for`, as in offline,at=+10m,for=5m"),
            ("offline,for=1m", "`offline` needs `at`, as in offline,at=+10m,for=5m"),
            ("drop,from=noon", "`from`: want a time such as 2018-05-19T13:23:44Z, or +5m"),
            (
                "drop,from=2018-05-19T13:00:00Z,to=2018-05-19T12:00:00Z",
                "`to` must be after `from`, got 2018-05-19T12:00:00Z and 2018-05-19T13:00:00Z",
            ),
        ] {
            assert_eq!(text.parse::<Fault>().unwrap_err(), expected, "{text}");
        }
        let error = "skew,by=5".parse::<Fault>().unwrap_err();
        assert!(error.starts_with("`by`: ") && error.ends_with("5s or 1h30m"), "{error}");
    }
}
