//! `contrail.toml`, `--baseline` and `--redact`.

use std::fs;

use crate::program::{Ran, contrail, contrail_with, heartbeat};

/// A folder with a capture of one unknown property and one bad time.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder can be made");
    let capture = format!(
        "{}\n{}\n",
        heartbeat(1).replace('}', ",\"X\":1}"),
        heartbeat(2).replace("06:14:30Z", "noon")
    );
    fs::create_dir_all(dir.path().join("old")).expect("a folder can be made");
    fs::write(dir.path().join("new.jsonl"), &capture).expect("a file can be written");
    fs::write(dir.path().join("old/old.jsonl"), &capture).expect("a file can be written");
    dir
}

fn validate(dir: &tempfile::TempDir, args: &[&str]) -> Ran {
    let path = dir.path().to_str().expect("the path is UTF-8");
    contrail(&[&["validate", "--output-format", "json"], args, &[path]].concat())
}

fn rules(ran: &Ran) -> Vec<String> {
    ran.findings()
        .iter()
        .map(|finding| finding.split(' ').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn the_configuration_beside_the_input_is_used_and_arguments_win() {
    let dir = folder();
    let config = dir.path().join("contrail.toml");
    let text = "fail-on = \"warning\"\nignore = [\"bad-format\"]\n\
        [severity]\nunknown-property = \"warning\"\n\
        [[overrides]]\npaths = [\"old/**\"]\nignore = [\"unknown-property\"]\n";
    fs::write(&config, text).unwrap();
    let ran = validate(&dir, &[]);
    assert_eq!((rules(&ran), ran.code), (vec!["unknown-property".to_owned()], Some(1)));
    assert_eq!(validate(&dir, &["--fail-on", "error"]).code, Some(0));
    // From a folder below, the file above is found.
    let below = dir.path().join("old");
    let ran = contrail(&["validate", "--output-format", "json", below.to_str().unwrap()]);
    assert_eq!(ran.findings(), [""; 0]);
}

#[test]
fn an_unknown_key_or_rule_is_refused_with_a_suggestion() {
    let dir = folder();
    let config = dir.path().join("contrail.toml");
    for (text, told) in [
        (
            "strict = true\nselct = [\"schema\"]\n",
            ":2: unknown key `selct`; did you mean `select`?",
        ),
        ("ignore = [\"bad-fromat\"]\n", "did you mean `bad-format`?"),
        ("[[overrides]]\npaths = [\"x\"]\nmax_skew = 3\n", "did you mean `max-skew`?"),
        ("strict = \"yes\"\n", ":1: invalid type"),
        ("api-version = 9\n", "there are no schemas for API version 9"),
    ] {
        fs::write(&config, text).unwrap();
        let ran = validate(&dir, &[]);
        assert_eq!(ran.code, Some(2), "{text}");
        assert!(ran.stderr.contains(told), "{text}: {}", ran.stderr);
    }
    assert_eq!(validate(&dir, &["--config", "no-such-file.toml"]).code, Some(2));
}

#[test]
fn a_baseline_hides_what_is_known() {
    let dir = folder();
    let baseline = dir.path().join("known.baseline");
    let file = baseline.to_str().unwrap();
    assert_eq!(validate(&dir, &["--baseline", file]).code, Some(2), "it must be there");
    let ran = validate(&dir, &["--baseline", file, "--update-baseline"]);
    assert_eq!((ran.findings().len(), ran.code), (0, Some(0)));

    let ran = validate(&dir, &["--baseline", file]);
    assert_eq!((ran.findings().len(), ran.code), (0, Some(0)));
    assert_eq!(ran.json()["summary"]["suppressed"], 4);
    assert_eq!(ran.json()["summary"]["findings"]["error"], 0);

    // What is new is shown, wherever it stands.
    let new = format!("\n{}\n", heartbeat(3).replace("06:14:30Z", "noon"));
    let old = fs::read_to_string(dir.path().join("new.jsonl")).unwrap();
    fs::write(dir.path().join("new.jsonl"), new + &old).unwrap();
    let ran = validate(&dir, &["--baseline", file]);
    assert_eq!((rules(&ran), ran.code), (vec!["bad-format".to_owned()], Some(1)));
}

#[test]
fn unused_and_expired_suppressions_are_told() {
    let dir = folder();
    let baseline = dir.path().join("known.baseline");
    let file = baseline.to_str().unwrap();
    validate(&dir, &["--baseline", file, "--update-baseline"]);
    let text = fs::read_to_string(&baseline).unwrap();
    let reason = "\"reason\": \"known when the baseline was written\"";
    let expired = text.replace(reason, "\"reason\": \"old device\", \"expires\": \"2020-01-31\"");
    fs::write(&baseline, &expired).unwrap();
    let ran = validate(&dir, &["--baseline", file]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("(bad-format) expired on 2020-01-31"), "{}", ran.stderr);

    fs::write(&baseline, text).unwrap();
    let ran = validate(&dir, &["--baseline", file, "--ignore", "bad-format"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stderr.contains("unused suppression"), "{}", ran.stderr);
    fs::write(&baseline, "{\"suppressions\":[{\"fingerprint\":\"x\"}]}").unwrap();
    let ran = validate(&dir, &["--baseline", file]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("not a baseline"), "{}", ran.stderr);
}

#[test]
fn private_values_are_hidden_in_every_format() {
    let events = format!(
        "{}\n{}\n",
        heartbeat(1).replace("MyDeviceName", "Secret/Device"),
        r#"{"PassRfid":"SECRETPASS","Adds":["5EC4E7","5EC4E7"],"Removes":[],"Device":"SecretName","ReceivedTime":"2018-05-19T13:23:44Z","Type":"AggregateEvent","EventId":"a85745f7-a348-4454-8a97-8eee2aeef853","EventTime":"2018-05-19T13:23:36Z","User":5}"#
    );
    for format in ["text", "json", "ndjson", "sarif", "junit", "github", "gitlab"] {
        let args = ["validate", "--redact", "--output-format", format, "-"];
        let ran = contrail_with(&args, events.as_bytes());
        assert_eq!(ran.code, Some(1), "{format}");
        for secret in ["Secret", "SECRETPASS", "5EC4E7"] {
            assert!(!ran.stdout.contains(secret), "{format}: {}", ran.stdout);
        }
    }
    let json = |events: &str| {
        let args = ["validate", "--redact", "--output-format", "json", "-"];
        contrail_with(&args, events.as_bytes()).json()["findings"][0]["got"].clone()
    };
    assert_eq!(json(&events), json(&events));
    assert!(json(&events).as_str().unwrap().starts_with("redacted:"));
}

#[test]
fn arguments_win_over_the_file_and_over_its_overrides() {
    let dir = folder();
    let config = dir.path().join("contrail.toml");
    let text = "ignore = [\"schema\"]\n[[overrides]]\npaths = [\"**\"]\n\
        ignore = [\"bad-format\"]\nseverity = { unknown-property = \"error\" }\n";
    fs::write(&config, text).unwrap();
    let ran = validate(&dir, &["--select", "bad-format"]);
    assert_eq!((rules(&ran).len(), ran.code), (2, Some(1)));
    let levels = ["--select", "unknown-property", "--severity", "unknown-property=info"];
    assert_eq!(validate(&dir, &levels).code, Some(0));
    assert_eq!(validate(&dir, &["--select", "unknown-property"]).code, Some(1));
}

#[test]
fn the_configuration_is_found_though_the_first_input_is_not() {
    let dir = folder();
    fs::write(dir.path().join("contrail.toml"), "ignore = [\"schema\"]\n").unwrap();
    let missing = dir.path().join("no-such-file.json");
    let there = dir.path().join("new.jsonl");
    let paths = [missing.to_str().unwrap(), there.to_str().unwrap()];
    let ran = contrail(&[&["validate", "--output-format", "json"], &paths[..]].concat());
    assert_eq!((ran.findings().len(), ran.code), (0, Some(3)));
}

#[test]
fn values_of_any_property_are_hidden_where_they_are_not_known_to_be_harmless() {
    for (place, value) in [
        ("\"Device\":\"MyDeviceName\"", "\"Device\":[\"SECRET\"]"),
        ("\"ReceivedTime\":\"2017-05-19T06:14:59Z\"", "\"ReceivedTime\":\"SECRET\""),
        ("HeartbeatEvent", "SECRET"),
        ("HeartbeatEvent", &"SECRET".repeat(100)),
        ("9eebaf4b-52a6-487b-bf2c-000000000001", "SECRET"),
        ("\"Type\":\"HeartbeatEvent\"", "\"Type\":\"LogEntryEvent\",\"LogEntries\":[\"SECRET\"]"),
    ] {
        let event = heartbeat(1).replace(place, value);
        assert_ne!(event, heartbeat(1), "{place}");
        for format in ["text", "json", "sarif", "junit", "github", "gitlab"] {
            let args = ["validate", "--redact", "--output-format", format, "-"];
            let ran = contrail_with(&args, event.as_bytes());
            assert!(!ran.stdout.contains("SECRET"), "{value} {format}: {}", ran.stdout);
        }
    }
}

#[test]
fn what_a_run_could_not_meet_stays_in_the_baseline() {
    let dir = folder();
    // Within the folder that is validated, and called as captures are.
    let baseline = dir.path().join("known.json");
    let file = baseline.to_str().unwrap();
    let update = ["--baseline", file, "--update-baseline"];
    validate(&dir, &update);
    let entries = || fs::read_to_string(&baseline).unwrap().matches("fingerprint").count();
    // Both files hold the same events.
    assert_eq!(entries(), 2);
    assert_eq!(validate(&dir, &["--baseline", file]).code, Some(0));
    validate(&dir, &[&update[..], &["--select", "bad-format"]].concat());
    assert_eq!(entries(), 2);
    let missing = dir.path().join("no-such-file.json");
    let args = [&["validate"], &update[..], &[missing.to_str().unwrap()]].concat();
    assert_eq!((contrail(&args).code, entries()), (Some(3), 2));
    let report = format!("json={file}");
    let ran = validate(&dir, &["--baseline", file, "--report", &report]);
    assert_eq!((ran.code, entries()), (Some(2), 2), "{}", ran.stderr);
}
