use std::{collections::BTreeSet, ops::ControlFlow};

use contrail_model::Tree;
use serde_json::Value;

use super::*;
use crate::{Finding, Schemas, Session, Settings, Validator, VersionChoice, rule::version};

const TWO: ApiVersion = ApiVersion(2);
const THREE: ApiVersion = ApiVersion(3);

/// What differs between two versions, as `kind event[.property]`.
type Differences = BTreeSet<String>;

/// What differs between the schemas of versions 2 and 3.
fn in_schemas(schemas: &Schemas) -> Differences {
    let types = |version| schemas.types(version).map(str::to_owned).collect::<BTreeSet<_>>();
    let (two, three) = (types(TWO), types(THREE));
    let mut found = Differences::new();
    found.extend(three.difference(&two).map(|name| format!("added {name}")));
    found.extend(two.difference(&three).map(|name| format!("gone {name}")));
    for name in two.intersection(&three) {
        let properties = |version| {
            schemas.shape(version, name).properties().map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let (two, three) = (properties(TWO), properties(THREE));
        found.extend(three.difference(&two).map(|property| format!("added {name}.{property}")));
        found.extend(two.difference(&three).map(|property| format!("gone {name}.{property}")));
    }
    found
}

/// What the data says that version 3 changed.
fn in_data(schemas: &Schemas, with_unseen: bool) -> Differences {
    let changes = schemas.changes().changes.iter().filter(|change| change.since == THREE);
    changes
        .filter(|change| with_unseen || change.not_in_schemas.is_none())
        .filter_map(|change| {
            let event = change.subject.event.as_ref()?;
            let kind = if change.kind == ChangeKind::Added { "added" } else { "gone" };
            Some(match &change.subject.property {
                None => format!("{kind} {event}"),
                Some(property) => format!("{kind} {event}.{property}"),
            })
        })
        .collect()
}

#[test]
fn whatever_differs_in_the_schemas_has_an_entry() {
    let schemas = Schemas::embedded();
    let missing: Vec<_> =
        in_schemas(&schemas).difference(&in_data(&schemas, true)).cloned().collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_entry_shows_in_the_schemas_or_says_why_not() {
    let schemas = Schemas::embedded();
    let invented: Vec<_> =
        in_data(&schemas, false).difference(&in_schemas(&schemas)).cloned().collect();
    assert_eq!(invented, [""; 0]);
    for change in &schemas.changes().changes {
        let seen_elsewhere = change.subject.command.is_some() || change.subject.endpoint.is_some();
        assert!(!seen_elsewhere || change.not_in_schemas.is_some(), "{:?}", change.subject);
    }
}

#[test]
fn the_data_has_the_form_of_its_schema() {
    let read =
        |path| -> Value { serde_json::from_str(Schemas::embedded_file(path).unwrap()).unwrap() };
    let validator = jsonschema::options().build(&read("version-changes.schema.json")).unwrap();
    let data = read("version-changes.json");
    let errors: Vec<_> = validator.iter_errors(&data).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0]);
}

#[test]
fn a_replacement_exists() {
    let schemas = Schemas::embedded();
    for change in &schemas.changes().changes {
        let Some(new) = &change.replaced_by else { continue };
        match (&change.subject.event, &change.subject.property) {
            (Some(_), None) => assert!(schemas.has_type(change.since, new), "{new}"),
            (Some(event), Some(_)) => {
                assert!(schemas.shape(change.since, event).names(new), "{event}.{new}");
            }
            _ => {}
        }
    }
}

fn findings(settings: Settings, text: &str) -> Vec<Finding> {
    let validator = Validator::new(Schemas::embedded(), settings);
    let mut found = Vec::new();
    let mut keep = |finding| {
        found.push(finding);
        ControlFlow::Continue(())
    };
    let mut session = Session::new(&validator, "witness");
    let _ = session.push(text.as_bytes(), &mut keep);
    session.finish(&mut keep);
    found
}

fn settings_of(version: ApiVersion) -> Settings {
    Settings { api_version: VersionChoice::Fixed(version), ..Settings::default() }
}

/// The schema that an event is held to accepts it.
fn is_valid(schemas: &Schemas, version: ApiVersion, event: &Value) -> bool {
    let text = event.to_string();
    let mut tree = Tree::default();
    tree.parse(text.as_bytes(), 0).unwrap();
    let type_name = event["Type"].as_str().unwrap();
    schemas.event(version, type_name).is_valid(tree.root(&text))
}

#[test]
fn every_witness_is_right_on_its_side() {
    let schemas = Schemas::embedded();
    for change in &schemas.changes().changes {
        let before = ApiVersion(change.since.0 - 1);
        if let Some(witness) = change
            .before
            .as_ref()
            .filter(|_| change.since == THREE && change.kind != ChangeKind::Renamed)
        {
            assert!(is_valid(&schemas, before, witness), "{witness}");
            let found = findings(settings_of(before), &witness.to_string());
            assert!(found.is_empty(), "{witness}: {}", found[0].message);
        }
        if let Some(witness) = &change.after {
            assert!(is_valid(&schemas, change.since, witness), "{witness}");
            let found = findings(settings_of(change.since), &witness.to_string());
            assert!(found.is_empty(), "{witness}: {}", found[0].message);
        }
    }
}

/// The rule that a change breaks on the wrong side of it.
fn rule_of(change: &Change) -> Option<&'static str> {
    let rule = match (change.kind, &change.subject) {
        (_, Subject { endpoint: Some(_), .. }) => return None,
        (ChangeKind::Added, Subject { property: Some(name), .. }) if name == "Version" => {
            &version::VERSION_BEFORE_V3
        }
        (ChangeKind::Added, Subject { property: Some(_), .. }) => &version::PROPERTY_ADDED_LATER,
        (ChangeKind::Added, Subject { event: Some(_), .. }) => &version::EVENT_ADDED_LATER,
        (ChangeKind::Added, _) => return None,
        (ChangeKind::Renamed, _) => &version::PROPERTY_RENAMED,
        (ChangeKind::Replaced, Subject { command: Some(_), .. }) => &version::COMMAND_REPLACED,
        (ChangeKind::Removed, Subject { command: Some(_), .. }) => &version::COMMAND_REMOVED,
        (ChangeKind::Replaced, _) => &version::EVENT_REPLACED,
        (ChangeKind::Removed, _) => &version::EVENT_REMOVED,
    };
    Some(rule.name)
}

#[test]
fn the_severity_of_a_change_is_that_of_its_rule() {
    for change in &Schemas::embedded().changes().changes {
        // An addition that the schemas cannot show gives no finding.
        if change.kind == ChangeKind::Added && change.not_in_schemas.is_some() {
            continue;
        }
        let rule = rule_of(change).and_then(crate::Rule::find);
        assert!(rule.is_none_or(|rule| rule.severity == change.severity), "{:?}", change.subject);
    }
}

#[test]
fn a_witness_on_the_wrong_side_breaks_the_rule_of_its_change_alone() {
    let mut count = 0;
    for change in &Schemas::embedded().changes().changes {
        let Some(rule) = rule_of(change) else { continue };
        let before = ApiVersion(change.since.0 - 1);
        let (witness, settings) = match change.kind {
            // What is new, in a document of the version before.
            ChangeKind::Added => (&change.after, settings_of(before)),
            // What is old, in a document of the version that changed it.
            ChangeKind::Renamed => (&change.before, settings_of(change.since)),
            // What is old, seen by a consumer that is to be moved to the new version.
            ChangeKind::Replaced | ChangeKind::Removed => (
                &change.before,
                Settings { target_version: Some(change.since), ..settings_of(before) },
            ),
        };
        // An open type may have any property.
        let is_open = change.subject.property.is_some()
            && change.subject.event.as_deref() == Some("StatusEvent");
        let Some(witness) = witness.as_ref().filter(|_| !is_open) else { continue };
        let mut witness = witness.clone();
        if change.kind == ChangeKind::Added
            && change.subject.property.as_deref() != Some("Version")
            && change.subject.property.is_some()
        {
            witness.as_object_mut().unwrap().remove("Version");
        }
        let found = findings(settings, &witness.to_string());
        let rules: Vec<_> = found.iter().map(|finding| finding.rule.name).collect();
        assert_eq!(rules, [rule], "{:?}: {witness}", change.subject);
        let named = found[0].want.clone().or(found[0].help.clone()).unwrap_or_default();
        if let Some(new) = &change.replaced_by {
            assert!(
                named.contains(new.as_str()),
                "{:?} does not name {new}: {named}",
                change.subject
            );
        }
        count += 1;
    }
    assert!(30 <= count, "{count} witnesses");
}
