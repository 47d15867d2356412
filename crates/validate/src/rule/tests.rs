use std::{collections::BTreeSet, ops::ControlFlow};

use super::*;
use crate::{Schemas, Session, Settings, Validator};

fn rules_found(bytes: &[u8]) -> Vec<&'static str> {
    let validator = Validator::new(Schemas::embedded(), Settings::default());
    let mut found = Vec::new();
    let mut keep = |finding: crate::Finding| {
        found.push(finding.rule.name);
        ControlFlow::Continue(())
    };
    let mut session = Session::new(&validator, "example");
    assert_eq!(session.push(bytes, &mut keep), ControlFlow::Continue(()));
    session.finish(&mut keep);
    found
}

#[test]
fn the_invalid_example_of_each_rule_breaks_it_alone_and_the_valid_one_nothing() {
    for rule in RULES {
        assert_eq!(rules_found(&rule.invalid.bytes()), [rule.name], "{}", rule.name);
        assert_eq!(rules_found(&rule.valid.bytes()), [""; 0], "{}", rule.name);
    }
}

#[test]
fn names_are_unique_and_in_kebab_case() {
    let names: BTreeSet<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), RULES.len());
    for name in names {
        assert!(
            name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')),
            "{name}"
        );
        assert_eq!(Rule::find(name).unwrap().name, name);
    }
}

#[test]
fn rules_stand_by_family_and_say_something() {
    assert!(RULES.is_sorted_by_key(|rule| rule.family));
    for rule in RULES {
        assert!(rule.summary.ends_with('.') && rule.explanation.len() > 40, "{}", rule.name);
        assert!(!rule.evidence.is_empty(), "{}", rule.name);
        assert!(rule.severity <= rule.strict_severity, "{}", rule.name);
    }
}
