//! Faults of events as people write them: a kind and its settings, such as
//! `drop,p=0.01,device=Fridge`.

use std::{num::NonZeroU64, str::FromStr};

use super::{Delay, Fault, FaultKind, Scope};
use crate::{
    fault_text::{Family, Settings, closest, list, probability, span},
    filter::Filter,
    time::{Nanos, signed_span},
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

const FAMILY: Family =
    Family { kinds: &KINDS, limits: &["device", "type", "from", "to"], lists: &["device", "type"] };

/// The distributions of delays.
const DELAYS: [(&str, ReadDelay); 3] =
    [("fixed", fixed), ("uniform", uniform), ("lognormal", log_normal)];

type ReadDelay = fn(&str) -> Result<Delay, String>;

/// How many places an event is moved at most, unless told otherwise.
const WINDOW: NonZeroU64 = NonZeroU64::new(10).expect("it is not 0");

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let settings = FAMILY.read(text)?;
        Ok(Self {
            kind: kind(&settings)?,
            probability: settings.parsed("p", probability)?.unwrap_or(1.0),
            scope: scope(&settings)?,
            text: text.to_owned(),
        })
    }
}

fn kind(settings: &Settings) -> Result<FaultKind, String> {
    Ok(match settings.kind() {
        "drop" => FaultKind::Drop,
        "duplicate" => FaultKind::Duplicate { after: settings.parsed("after", span)?.unwrap_or(0) },
        "delay" => FaultKind::Delay(delay(settings)?),
        "reorder" => {
            FaultKind::Reorder { window: settings.parsed("window", window)?.unwrap_or(WINDOW) }
        }
        "skew" => FaultKind::Skew { by: settings.needed("by", signed)? },
        _ => FaultKind::Offline {
            at: settings.needed("at", str::parse)?,
            lasts: settings.needed("for", span)?,
        },
    })
}

fn delay(settings: &Settings) -> Result<Delay, String> {
    let mut given = Vec::new();
    for (key, read) in DELAYS {
        given.extend(settings.parsed(key, read)?);
    }
    match given[..] {
        [delay] => Ok(delay),
        [] => Err("`delay` needs `fixed`, `uniform` or `lognormal`, as in delay,p=0.1,fixed=5s"
            .to_owned()),
        _ => Err("`delay` takes one of `fixed`, `uniform` and `lognormal`".to_owned()),
    }
}

fn scope(settings: &Settings) -> Result<Scope, String> {
    let filter =
        Filter { types: settings.all("type").collect(), devices: settings.all("device").collect() };
    let (from, to) = settings.times()?;
    Ok(Scope { filter, from, to })
}

impl FromStr for Delay {
    type Err = String;

    /// Reads `fixed=200ms` or only `200ms`, `uniform=1s..5s`, or `lognormal=200ms:0.5`.
    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, value)) = text.split_once('=') else { return fixed(text.trim()) };
        let name = name.trim();
        match DELAYS.into_iter().find(|(key, _)| *key == name) {
            Some((key, read)) => read(value.trim()).map_err(|error| format!("`{key}`: {error}")),
            None => Err(unknown_delay(name)),
        }
    }
}

fn unknown_delay(name: &str) -> String {
    let keys = DELAYS.map(|(key, _)| key);
    match closest(name, keys) {
        Some(meant) => format!("there is no delay `{name}`; did you mean `{meant}`?"),
        None => format!("there is no delay `{name}`: want {}", list(&keys, "or")),
    }
}

fn window(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| format!("want a number of events from 1, got {text}"))
}

fn signed(text: &str) -> Result<Nanos, String> {
    signed_span(text, span)
}

fn fixed(text: &str) -> Result<Delay, String> {
    span(text).map(Delay::Fixed)
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
    use crate::{
        schedule::Bound,
        time::{RecordingTime, SECOND},
    };

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

    #[test]
    fn delays_are_read_by_themselves() {
        for (text, delay) in [
            ("200ms", Delay::Fixed(SECOND / 5)),
            ("fixed=200ms", Delay::Fixed(SECOND / 5)),
            (" uniform = 1s..5s ", Delay::Uniform { least: SECOND, most: 5 * SECOND }),
            ("lognormal=200ms:0.5", Delay::LogNormal { median: SECOND / 5, sigma: 0.5 }),
        ] {
            assert_eq!(text.parse(), Ok(delay), "{text}");
        }
        for (text, expected) in [
            ("unifrom=1s..5s", "there is no delay `unifrom`; did you mean `uniform`?"),
            ("p=0.1", "there is no delay `p`: want fixed, uniform or lognormal"),
            ("uniform=1s", "`uniform`: want two spans, such as 1s..5s"),
            (
                "lognormal=",
                "`lognormal`: want the median and the deviation, such as 200ms:0.5, got ",
            ),
            ("1000years", "1000years is too long"),
            ("fixed=1000years", "`fixed`: 1000years is too long"),
        ] {
            assert_eq!(text.parse::<Delay>().unwrap_err(), expected, "{text}");
        }
        for (text, start) in [("", ""), ("1s..5s", ""), ("fixed=", "`fixed`: ")] {
            let error = text.parse::<Delay>().unwrap_err();
            assert!(error.starts_with(start) && error.ends_with("5s or 1h30m"), "{error}");
        }
    }
}
