//! What leaves a replay is judged as what went in, and leaves in the order of time.

use std::{borrow::Cow, collections::BTreeSet};

use contrail_replay::{
    Leaving, Restamp, Restamper, ScheduleOptions, Scheduled, Speed, WallTime, synthetic::Version,
};
use contrail_validate::{ApiVersion, Family, Finding, Settings, VersionChoice};
use proptest::prelude::*;

use crate::{
    cases::one_in,
    in_memory::{InMemory, schedule},
    judge::{VALIDATOR, judge},
    strategies::synthetic_with,
};

/// What an event is found guilty of by itself: the rule, the event, the place in it, and the identity.
type Guilt = (&'static str, String, String, String);

fn guilt(finding: &Finding) -> Option<Guilt> {
    let id = finding.event.as_ref()?.id.clone()?;
    let is_of_event = matches!(finding.rule.family, Family::Schema | Family::Event | Family::Tag);
    // Behind the event itself; where that is depends on the framing.
    let inside = finding.pointer.split('/').skip_while(|token| {
        token.is_empty() || *token == "Events" || token.bytes().all(|byte| byte.is_ascii_digit())
    });
    let pointer = inside.collect::<Vec<_>>().join("/");
    is_of_event.then(|| (finding.rule.name, id, pointer, finding.fingerprint.clone()))
}

fn guilty(version: Version, bytes: &[u8]) -> Vec<Guilt> {
    let mut settings = Settings::default();
    let number = if version == Version::V2 { 2 } else { 3 };
    settings.api_version = VersionChoice::Fixed(ApiVersion(number));
    let (findings, _) = judge(&VALIDATOR.with_settings(settings), [bytes]);
    let mut guilty: Vec<_> = findings.iter().filter_map(guilt).collect();
    guilty.sort();
    guilty
}

/// The lines that a replay writes which changes nothing.
fn replayed(events: &[Scheduled]) -> Vec<u8> {
    let first = events.first().map_or_else(Default::default, |it| it.event.time);
    let mut restamper = Restamper::new(Restamp::Keep, first, first);
    let mut out = Vec::new();
    for scheduled in events {
        let due = WallTime(scheduled.due.0);
        restamper.write(scheduled, Leaving { due, now: due, speed: Speed::Max }, &mut out);
        out.push(b'\n');
    }
    out
}

/// Whether a rule is broken in an event that can be read all the same.
fn leaves_events(rule: &str) -> bool {
    const DAMAGE: [&str; 5] =
        ["not-json", "truncated", "invalid-utf8", "too-deep", "unrecognised-document"];
    !DAMAGE.contains(&rule)
}

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn what_leaves_is_judged_as_what_went_in(recording in synthetic_with(leaves_events)) {
        let text = InMemory(String::from_utf8(recording.bytes.clone()).unwrap());
        let events: Vec<_> = schedule(&text, ScheduleOptions::default()).collect();
        prop_assert!(events.is_sorted_by_key(|it| (it.due, it.event.time)));
        let version = recording.settings.version;
        // One without a time cannot be replayed.
        let ids: BTreeSet<_> =
            events.iter().filter_map(|it| it.event.id().map(Cow::into_owned)).collect();
        let mut want = guilty(version, &recording.bytes);
        want.retain(|(_, id, ..)| ids.contains(id));
        prop_assert_eq!(guilty(version, &replayed(&events)), want);
    }
}
