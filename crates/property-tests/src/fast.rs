//! What the fast path accepts, the slow path finds nothing in; and where it does not, nothing changes.

use std::{fs, ops::ControlFlow, path::Path, sync::LazyLock};

use contrail_replay::synthetic::{self, Framing, Recording, Version};
use contrail_validate::{
    ApiVersion, MemberCounts, Schemas, Scout, Session, Settings, Validator, VersionChoice,
};
use proptest::{collection::vec, prelude::*, test_runner::TestCaseResult};
use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::{
    cases::{many, one_in},
    judge::pieces,
    strategies::{any_event, batch, capture, change, damage, event, repeated, synthetic},
};

/// Without wishes, with a version that is given, on the way to a later version, and with a short
/// memory: with the fast path and without it.
static VALIDATORS: LazyLock<Vec<[Validator; 2]>> = LazyLock::new(|| {
    let [usual, mut given, mut moving, mut forgetful] =
        std::array::from_fn(|_| Settings::default());
    forgetful.window = 10;
    given.api_version = VersionChoice::Fixed(ApiVersion(2));
    moving.target_version = Some(ApiVersion(3));
    let both = |settings: Settings| {
        let validator = Validator::new(Schemas::embedded(), settings.clone()).compiled();
        let mut slow = settings;
        slow.has_fast_path = false;
        let slow = validator.with_settings(slow);
        [validator, slow]
    };
    [usual, given, moving, forgetful].into_iter().map(both).collect()
});

/// All that is told about a capture, and how many events the fast path has accepted; with a scout
/// ahead or without.
fn told(
    validator: &Validator,
    bytes: &[u8],
    cuts: &[usize],
    has_scout: bool,
) -> (Vec<String>, u64) {
    let mut told = Vec::new();
    let mut keep = |finding: contrail_validate::Finding| {
        told.push(format!("{} {:?}", serde_json::to_string(&finding).unwrap(), finding.excerpt));
        ControlFlow::Continue(())
    };
    let mut session = Session::new(validator, "capture");
    let (mut scout, mut offset) = (Scout::new(validator), 0);
    for piece in pieces(bytes, cuts) {
        let _ = if has_scout {
            session.push_surveyed(
                &mut piece.to_vec(),
                piece.len(),
                scout.survey(piece, offset),
                &mut keep,
            )
        } else {
            session.push(piece, &mut keep)
        };
        offset += piece.len() as u64;
    }
    let accepted = session.accepted();
    let summary = session.finish(&mut keep);
    told.push(format!("{summary:?}"));
    (told, accepted)
}

fn nothing_changes(bytes: &[u8], cuts: &[usize]) -> TestCaseResult {
    for [fast, slow] in &*VALIDATORS {
        let (want, accepted) = told(slow, bytes, &[], false);
        prop_assert_eq!(accepted, 0);
        for has_scout in [false, true] {
            let (got, _) = told(fast, bytes, cuts, has_scout);
            prop_assert_eq!(&got, &want, "{}", String::from_utf8_lossy(bytes));
        }
    }
    Ok(())
}

/// Events of both versions, as they are or with changes.
fn nearly_events() -> impl Strategy<Value = Vec<Value>> {
    let event = prop_oneof![event(2), event(3), any_event()];
    let changed = (event, vec(change(), 0..3)).prop_map(|(mut event, changes)| {
        for change in changes {
            change.apply(&mut event);
        }
        event
    });
    vec(changed, 1..5)
}

fn lines(events: &[Value]) -> String {
    events.iter().fold(String::new(), |text, event| text + &format!("{event}\n"))
}

/// One way to write values that are to be a capture.
fn written(events: &[Value], way: u8) -> String {
    let batch = || {
        let id = "c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32";
        json!({"BatchId": id, "Count": events.len(), "Events": events})
    };
    match way {
        0 => lines(events),
        1 => events.iter().fold(String::new(), |text, event| text + &format!("{event:#}\n")),
        2 => batch().to_string(),
        3 => format!("{:#}", batch()),
        _ => Value::from(events).to_string(),
    }
}

proptest! {
    #![proptest_config(one_in(2))]

    #[test]
    fn of_synthetic_recordings(recording in synthetic(), cuts in vec(any::<usize>(), 0..3)) {
        nothing_changes(&recording.bytes, &cuts)?;
    }

    #[test]
    fn of_damaged_recordings(recording in synthetic(), damages in vec(damage(), 1..4)) {
        let mut bytes = recording.bytes;
        for damage in damages {
            damage.apply(&mut bytes);
        }
        nothing_changes(&bytes, &[])?;
    }
}

proptest! {
    #![proptest_config(one_in(4))]

    /// What the fast path has learned from the events before one does not decide about that one.
    #[test]
    fn of_repeated_shapes(bytes in repeated(), cuts in vec(any::<usize>(), 0..3)) {
        nothing_changes(&bytes, &cuts)?;
    }
}

proptest! {
    #![proptest_config(many(2))]

    #[test]
    fn of_captures(bytes in capture(), cuts in vec(any::<usize>(), 0..3)) {
        nothing_changes(&bytes, &cuts)?;
    }

    #[test]
    fn of_events_with_changes(events in nearly_events(), way in 0..5_u8) {
        nothing_changes(written(&events, way).as_bytes(), &[])?;
    }

    #[test]
    fn of_events_with_damage(
        events in nearly_events(),
        way in 0..5_u8,
        damages in vec(damage(), 1..3),
    ) {
        let mut bytes = written(&events, way).into_bytes();
        for damage in damages {
            damage.apply(&mut bytes);
        }
        nothing_changes(&bytes, &[])?;
    }

    #[test]
    fn of_batches_with_changes(mut batch in prop_oneof![batch(2), batch(3)], change in change()) {
        change.apply(&mut batch);
        nothing_changes(batch.to_string().as_bytes(), &[])?;
    }

    #[test]
    fn sound_events_are_accepted(events in vec(event(3), 1..4)) {
        let text = lines(&events);
        let [fast, _] = &VALIDATORS[0];
        let (told, accepted) = told(fast, text.as_bytes(), &[], false);
        // Strings with escapes that a rule looks at are left to the slow path.
        if told.len() == 1 && !text.contains('\\') {
            prop_assert_eq!(accepted, events.len() as u64, "{}", text);
        }
    }
}

/// So that the fast path is really used: all of the valid captures, event by event.
#[test]
fn every_valid_event_of_the_corpus_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/valid");
    let [fast, _] = &VALIDATORS[0];
    let (mut events, mut refused) = (0, Vec::new());
    for entry in WalkDir::new(root) {
        let path = entry.unwrap().into_path();
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
            for event in events_of(value.unwrap()) {
                events += 1;
                let (_, accepted) = told(fast, format!("{event}\n").as_bytes(), &[], false);
                if accepted == 0 {
                    refused.push(format!("{}: {event}", path.display()));
                }
            }
        }
    }
    assert_eq!(refused, [""; 0]);
    assert!(150 < events, "only {events}");
}

/// So that shapes are really learned: nearly all members of recordings are found by the text between
/// values, in any framing.
#[test]
fn members_of_sound_events_take_the_quick_way() {
    use Framing::{Array, Batches, Documents, Lines, Pretty};
    let [fast, _] = &VALIDATORS[0];
    for version in [Version::V2, Version::V3] {
        for framing in [Batches, Lines, Array, Documents, Pretty] {
            let settings =
                synthetic::Settings { version, framing, events: 20_000, ..Default::default() };
            let mut recording = Recording::new(settings).unwrap();
            let mut bytes = Vec::new();
            while recording.write(&mut bytes) {}
            let counts = member_counts(fast, &bytes);
            let all = counts.known + counts.named;
            assert!(counts.known * 1000 > all * 995, "{version:?} {framing:?} {counts:?}");
        }
    }
}

fn member_counts(validator: &Validator, bytes: &[u8]) -> MemberCounts {
    let mut session = Session::new(validator, "capture");
    let _ = session.push(bytes, &mut |finding| panic!("{finding:?}"));
    session.member_counts()
}

/// The events in a document of a capture, which may be a HAR document.
fn events_of(document: Value) -> Vec<Value> {
    match document {
        Value::Array(elements) => elements.into_iter().flat_map(events_of).collect(),
        Value::Object(mut batch) if batch.contains_key("Events") => {
            batch.remove("Events").map(events_of).unwrap_or_default()
        }
        Value::Object(har) if har.contains_key("log") => Vec::new(),
        event => vec![event],
    }
}
