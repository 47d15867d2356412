//! One test for each flag of `validate`, and the other commands.

use std::fs;

use contrail_validate::{RULES, Schemas};
use serde_json::Value;

use crate::program::{batch, contrail, contrail_with, heartbeat, root};

const UNKNOWN: &str = "corpus/invalid/unknown-event-type.json";

fn findings(args: &[&str]) -> Vec<String> {
    contrail(&[&["validate", "--output-format", "json"], args].concat()).findings()
}

fn rules_of(args: &[&str]) -> Vec<String> {
    let first = |finding: String| finding.split(' ').next().unwrap_or_default().to_owned();
    findings(args).into_iter().map(first).collect()
}

#[test]
fn select_and_ignore_take_rules_and_families() {
    assert_eq!(rules_of(&["--select", "event", "corpus/invalid"]).len(), 2);
    assert_eq!(
        rules_of(&["--select", "not-json,too-deep", "corpus/invalid"]),
        ["not-json", "too-deep"]
    );
    let all = rules_of(&["corpus/invalid"]);
    let most = rules_of(&["--ignore", "schema", "--ignore", "batch", "corpus/invalid"]);
    assert_eq!((all.len(), most.len()), (RULES.len(), RULES.len() - 11));
}

#[test]
fn severity_changes_the_exit_code() {
    assert_eq!(contrail(&["validate", UNKNOWN]).code, Some(0));
    assert_eq!(contrail(&["validate", "--severity", "event=error", UNKNOWN]).code, Some(1));
    assert_eq!(contrail(&["validate", "--strict", UNKNOWN]).code, Some(1));
    let file = "corpus/invalid/count-mismatch.json";
    assert_eq!(contrail(&["validate", "--severity", "count-mismatch=info", file]).code, Some(0));
}

#[test]
fn a_misspelt_rule_is_suggested() {
    let ran = contrail(&["validate", "--ignore", "count-missmatch", UNKNOWN]);
    assert_eq!(
        ran.stderr,
        "contrail: there is no rule or family `count-missmatch`; did you mean `count-mismatch`?\n"
    );
}

#[test]
fn a_window_that_is_too_large_is_refused() {
    let ran = contrail(&["validate", "--window", "67108865", UNKNOWN]);
    assert_eq!(ran.code, Some(2));
    let expected = "contrail: a window of 67108865 events is too large: at most 67108864";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    assert_eq!(contrail(&["validate", "--window", "67108864", UNKNOWN]).code, Some(0));
}

#[test]
fn fail_fast_and_max_findings_stop_early() {
    let broken = batch(&[]).replace(":0", ":1") + "\n";
    let input = format!("{}\n{}", heartbeat(1).replace('}', ",\"X\":1}"), broken.repeat(1000));
    let run = |flag: &[&str]| {
        let args = [&["validate", "--output-format", "json"], flag, &["-"]].concat();
        contrail_with(&args, input.as_bytes())
    };
    let ran = run(&["--fail-fast"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.findings(), ["unknown-property 1:172 /X", "count-mismatch 2:59 /Count"]);
    assert_eq!(ran.json()["summary"]["stopped"], true);
    let ran = run(&["--max-findings", "10"]);
    assert_eq!((ran.findings().len(), ran.code), (10, Some(1)));
    assert_eq!(ran.json()["summary"]["findings"]["error"], 9);
    let ran = run(&[]);
    assert_eq!((ran.findings().len(), &ran.json()["summary"]["stopped"]), (1001, &false.into()));
}

#[test]
fn max_findings_counts_over_files() {
    let ran =
        contrail(&["validate", "--output-format", "json", "--max-findings", "3", "corpus/invalid"]);
    assert_eq!(ran.findings().len(), 3);
}

#[test]
fn the_api_version_is_found_or_given() {
    let versions = |args: &[&str]| {
        let ran = contrail(&[&["validate", "--output-format", "json"], args].concat());
        ran.json()["summary"]["api_versions"].to_string()
    };
    let file = "corpus/valid/v2/get-events.json";
    assert_eq!(versions(&[file]), r#"[{"assumed":0,"checked":1,"version":2}]"#);
    let file = "corpus/valid/v3/get-events.json";
    assert_eq!(versions(&[file]), r#"[{"assumed":0,"checked":1,"version":3}]"#);
    let file = "corpus/valid/v2/get-events-empty.json";
    assert_eq!(versions(&[file]), r#"[{"assumed":1,"checked":1,"version":3}]"#);
    assert_eq!(
        versions(&["--api-version", "2", file]),
        r#"[{"assumed":0,"checked":1,"version":2}]"#
    );
    let ran = contrail(&["validate", file]);
    assert!(ran.stdout.contains("API version 3 (assumed)"), "{}", ran.stdout);
}

#[test]
fn a_version_that_is_given_is_held_to() {
    let file = "corpus/valid/v2/heartbeat-event.json";
    assert_eq!(rules_of(&["--api-version", "3", file]), ["missing-version"]);
    assert_eq!(
        rules_of(&["--api-version", "2", "corpus/valid/v3/heartbeat-event.json"]),
        ["version-before-v3"]
    );
}

#[test]
fn a_schema_dir_replaces_the_schemas() {
    let dir = tempfile::tempdir().unwrap();
    let copy = |from: &str| {
        for file in fs::read_dir(root().join("schemas").join(from)).unwrap() {
            let file = file.unwrap().path();
            let to = dir.path().join(from);
            fs::create_dir_all(&to).unwrap();
            fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
        }
    };
    copy("common");
    copy("v2");
    let path = dir.path().to_str().unwrap();
    let file = "corpus/valid/v2/heartbeat-event.json";
    assert_eq!(rules_of(&["--schema-dir", path, file]), [""; 0]);

    let heartbeat = dir.path().join("v2/HeartbeatEvent.json");
    let text =
        fs::read_to_string(&heartbeat).unwrap().replace("\"Device\"\n", "\"Device\",\n\"X\"\n");
    fs::write(&heartbeat, text.replacen("\"required\": [", "\"required\": [\"New\",", 1)).unwrap();
    assert_eq!(findings(&["--schema-dir", path, file]), ["missing-property 1:1 "]);

    fs::write(&heartbeat, "{\"type\": 5}").unwrap();
    let ran = contrail(&["validate", "--schema-dir", path, file]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("HeartbeatEvent.json: "), "{}", ran.stderr);
}

#[test]
fn quiet_prints_findings_alone() {
    let ran = contrail(&["validate", "--quiet", "corpus/valid"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let ran = contrail(&["validate", "-q", "corpus/invalid/count-mismatch.json"]);
    assert!(ran.stdout.starts_with("error[count-mismatch]") && !ran.stdout.contains("1 file"));
}

#[test]
fn colours_are_used_on_demand_only() {
    let file = "corpus/invalid/count-mismatch.json";
    assert!(!contrail(&["validate", file]).stdout.contains('\u{1b}'));
    assert!(!contrail(&["validate", "--color", "never", file]).stdout.contains('\u{1b}'));
    assert!(contrail(&["validate", "--color", "always", file]).stdout.contains('\u{1b}'));
}

#[test]
fn a_pipe_sees_no_progress_bar() {
    assert_eq!(contrail(&["validate", "corpus/valid"]).stderr, "");
}

#[test]
fn the_json_output_keeps_its_schema() {
    let schema = contrail(&["validate", "--output-schema"]).json();
    let validator = jsonschema::options().build(&schema).unwrap();
    let check = |output: &Value| {
        let errors: Vec<_> = validator.iter_errors(output).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0]);
    };
    let ran = contrail(&["validate", "--output-format", "json", "corpus", "no-such-file"]);
    assert!(RULES.len() < ran.findings().len());
    check(&ran.json());
    check(&contrail(&["validate", "--output-format", "json", "corpus/valid"]).json());
    let embedded = Schemas::embedded_file("output/findings.json").unwrap();
    assert_eq!(serde_json::from_str::<Value>(embedded).unwrap(), schema);
}

#[test]
fn ndjson_is_a_finding_a_line() {
    let json = contrail(&["validate", "--output-format", "json", "corpus/invalid"]).json();
    let ran = contrail(&["validate", "--output-format", "ndjson", "corpus/invalid"]);
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::from(lines), json["findings"]);
    assert!(
        ran.stderr.contains(&format!("{} files", RULES.len())),
        "the summary is on standard error: {}",
        ran.stderr
    );
}

#[test]
fn fingerprints_outlive_moved_lines_and_reordered_keys() {
    let fingerprint = |text: &str| {
        let args = ["validate", "--output-format", "json", "-"];
        let output = contrail_with(&args, text.as_bytes()).json();
        output["findings"][0]["fingerprint"].as_str().unwrap().to_owned()
    };
    let event = heartbeat(1).replace("06:14:30Z", "06:14:30");
    let moved = format!("{}\n\n{event}", heartbeat(2));
    let reordered = event
        .replace("{\"Device\":\"MyDeviceName\",", "{")
        .replace('}', ",\"Device\":\"MyDeviceName\"}");
    let batched = batch(&[heartbeat(3), event.clone()]);
    assert_ne!(event, reordered);
    for other in [moved, reordered, batched] {
        assert_eq!(fingerprint(&other), fingerprint(&event), "{other}");
    }
    let another = heartbeat(2).replace("06:14:30Z", "06:14:30");
    assert_ne!(fingerprint(&another), fingerprint(&event));
}

#[test]
fn rules_and_explanations_come_from_the_same_data() {
    let listed = contrail(&["rules"]).stdout;
    let rules = contrail(&["rules", "--output-format", "json"]).json();
    assert_eq!(rules.as_array().unwrap().len(), RULES.len());
    for rule in RULES {
        assert!(listed.contains(&format!("  {} ", rule.name)), "{}", rule.name);
        let ran = contrail(&["explain", rule.name]);
        assert!(ran.stdout.starts_with(&format!("{}: {}", rule.name, rule.summary)));
        let json = contrail(&["explain", rule.name, "--output-format", "json"]).json();
        assert!(rules.as_array().unwrap().contains(&json), "{}", rule.name);
    }
}

#[test]
fn completions_are_printed() {
    assert!(contrail(&["completions", "bash"]).stdout.contains("contrail"));
}

#[test]
fn a_target_version_tells_what_a_move_would_break() {
    let file = "corpus/valid/v2/get-events-every-type.json";
    assert_eq!(rules_of(&[file]), [""; 0]);
    let ran = contrail(&["validate", "--output-format", "json", "--target-version", "3", file]);
    let output = ran.json();
    let found = output["findings"].as_array().unwrap().iter();
    let told: Vec<_> = found.map(|finding| [&finding["rule"], &finding["want"]]).collect();
    assert_eq!(
        told,
        [["event-replaced", "DeviceAddedEvent"], ["event-replaced", "DeviceRemovedEvent"]]
    );
    let file = "corpus/valid/v2/command-queued-event-update-firmware.json";
    assert_eq!(rules_of(&["--target-version", "3", file]), ["command-removed"]);
    assert_eq!(contrail(&["validate", "--target-version", "9", file]).code, Some(2));
}

#[test]
fn the_skew_between_clocks_can_be_allowed() {
    let file = "corpus/slips/v2/command-completion-event-restart.json";
    assert_eq!(rules_of(&[file]), ["received-before-event"]);
    assert_eq!(rules_of(&["--max-skew", "22", file]), ["received-before-event"]);
    assert_eq!(rules_of(&["--max-skew", "23", file]), [""; 0]);
}

#[test]
fn what_falls_out_of_the_window_is_told() {
    let first = heartbeat(1);
    let others: String = (2..12).map(|number| heartbeat(number) + "\n").collect();
    let input = format!("{first}\n{others}{}\n", first.replace("MyDeviceName", "Other"));
    let run =
        |window: &str| contrail_with(&["validate", "--window", window, "-"], input.as_bytes());
    let ran = run("11");
    assert!(ran.stdout.contains("error[conflicting-redelivery]"), "{}", ran.stdout);
    let ran = run("5");
    assert!(ran.stdout.starts_with("clean"), "{}", ran.stdout);
    assert!(ran.stdout.contains("; 7 events fell out of the window"), "{}", ran.stdout);
}

#[test]
fn a_further_version_takes_data_and_schemas_alone() {
    let dir = tempfile::tempdir().unwrap();
    let to = |path: &str| dir.path().join(path);
    for from in ["common", "v2", "v3"] {
        for (version, name) in [(from, from), ("v3", "v4")] {
            fs::create_dir_all(to(name)).unwrap();
            for file in fs::read_dir(root().join("schemas").join(version)).unwrap() {
                let file = file.unwrap();
                let text = fs::read_to_string(file.path()).unwrap();
                let text =
                    if name == "v4" { text.replace("/schemas/v3/", "/schemas/v4/") } else { text };
                fs::write(to(name).join(file.file_name()), text).unwrap();
            }
        }
    }
    // Version 4 has PulseEvent in place of HeartbeatEvent, and no SyncCredentials any more.
    let heartbeat = fs::read_to_string(to("v4/HeartbeatEvent.json")).unwrap();
    fs::remove_file(to("v4/HeartbeatEvent.json")).unwrap();
    fs::write(to("v4/PulseEvent.json"), heartbeat.replace("HeartbeatEvent", "PulseEvent")).unwrap();
    let event = fs::read_to_string(to("v4/event.json")).unwrap();
    fs::write(to("v4/event.json"), event.replace("HeartbeatEvent", "PulseEvent")).unwrap();
    let text = fs::read_to_string(root().join("schemas/version-changes.json")).unwrap();
    let mut changes: Value = serde_json::from_str(&text).unwrap();
    let entry = |kind: &str, subject: Value, new: Value| {
        serde_json::json!({"kind": kind, "subject": subject, "since": 4, "replaced_by": new,
            "severity": "warning", "evidence": "invented", "before": null, "after": null})
    };
    let list = changes["changes"].as_array_mut().unwrap();
    list.push(entry(
        "replaced",
        serde_json::json!({"event": "HeartbeatEvent"}),
        "PulseEvent".into(),
    ));
    list.push(entry("added", serde_json::json!({"event": "PulseEvent"}), Value::Null));
    list.push(entry("removed", serde_json::json!({"command": "SyncCredentials"}), Value::Null));
    fs::write(to("version-changes.json"), changes.to_string()).unwrap();

    let schemas = dir.path().to_str().unwrap();
    let rules = |flags: &[&str], file: &str| {
        rules_of(&[&["--schema-dir", schemas], flags, &[file]].concat())
    };
    let heartbeat = "corpus/valid/v3/heartbeat-event.json";
    let command = "corpus/valid/v3/command-queued-event-sync-credentials.json";
    assert_eq!(rules(&["--api-version", "3"], heartbeat), [""; 0]);
    assert_eq!(
        rules(&["--api-version", "3", "--target-version", "4"], heartbeat),
        ["event-replaced"]
    );
    assert_eq!(rules(&["--api-version", "4"], heartbeat), ["event-replaced"]);
    assert_eq!(
        rules(&["--api-version", "3", "--target-version", "4"], command),
        ["command-removed"]
    );
    let text = fs::read_to_string(root().join(heartbeat)).unwrap();
    let pulse = to("pulse.json");
    fs::write(&pulse, text.replace("HeartbeatEvent", "PulseEvent")).unwrap();
    let pulse = pulse.to_str().unwrap();
    assert_eq!(rules(&["--api-version", "4"], pulse), [""; 0]);
    assert_eq!(rules(&["--api-version", "3"], pulse), ["event-added-later"]);
}

#[test]
fn the_page_of_rules_is_fresh() {
    let page = contrail(&["rules", "--output-format", "markdown"]).stdout;
    let written = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let remedy = "run `contrail rules --output-format markdown > docs/rules.md`";
    assert!(page == written, "docs/rules.md is stale: {remedy}");
}

#[test]
fn explain_plan_says_what_the_fast_path_leaves_to_the_slow_one() {
    let embedded = contrail(&["validate", "--explain-plan"]);
    assert_eq!(embedded.code, Some(0), "{}", embedded.stderr);
    assert_eq!(
        embedded.stdout,
        "API version 2: 10 of 10 event types\nAPI version 3: 18 of 18 event types\n"
    );
    let moving = contrail(&["validate", "--explain-plan", "--target-version", "3"]);
    assert_eq!(
        moving.stdout,
        "API version 2: 8 of 10 event types\n\
         \x20 not LogicalDeviceAddedEvent: a rule speaks of the type itself\n\
         \x20 not LogicalDeviceRemovedEvent: a rule speaks of the type itself\n\
         API version 3: 18 of 18 event types\n"
    );
}
