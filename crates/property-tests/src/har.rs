//! A body in a HAR document is judged as the same bytes are alone, and its findings are at its place.

use contrail_validate::{ApiVersion, Finding, Settings, VersionChoice};
use proptest::{collection::vec, prelude::*};
use serde_json::json;

use crate::{
    judge::{VALIDATOR, found, judge},
    strategies::{batch, damage},
};

/// The part of a text that a finding is about.
fn marked<'t>(text: &'t str, finding: &Finding) -> &'t [u8] {
    let offset = |offset| usize::try_from(offset).unwrap();
    &text.as_bytes()[offset(finding.range.start.offset)..offset(finding.range.end.offset)]
}

proptest! {
    #[test]
    fn a_body_is_judged_as_if_it_stood_alone(
        batch in batch(2),
        damages in vec(damage(), 0..3),
    ) {
        let mut body = format!("{batch:#}").into_bytes();
        for damage in damages {
            damage.apply(&mut body);
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        if body.trim().is_empty() || body.starts_with('\u{1F}') {
            return Ok(());
        }
        let entry = json!({
            "request": {"method": "GET", "url": "https://host/2/events"},
            "response": {"status": 200, "content": {"text": body}},
        });
        let har = format!("{:#}", json!({"log": {"entries": [null, entry]}}));

        let mut settings = Settings::default();
        settings.api_version = VersionChoice::Fixed(ApiVersion(2));
        let (alone, _) = judge(&VALIDATOR.with_settings(settings), [body.as_bytes()]);
        let inside = found(har.as_bytes());
        prop_assert_eq!(alone.len(), inside.len());
        for (alone, inside) in alone.iter().zip(&inside) {
            prop_assert_eq!(alone.rule.name, inside.rule.name);
            prop_assert_eq!(&alone.fingerprint, &inside.fingerprint);
            prop_assert_eq!(&alone.excerpt, &inside.excerpt);
            prop_assert_eq!(Some(alone.start()), inside.in_body);
            prop_assert!(inside.message.starts_with(&alone.message));
            prop_assert!(inside.pointer.ends_with(&alone.pointer));
            // A mark may end within a character, of which the escape is then marked whole.
            let written = String::from_utf8_lossy(marked(&har, inside));
            let string: Result<String, _> = serde_json::from_str(&format!("\"{written}\""));
            let want = String::from_utf8_lossy(marked(&body, alone)).into_owned();
            prop_assert!(string.is_ok_and(|string| string == want), "{written} for {want}");
        }
    }
}
