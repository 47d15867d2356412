//! Outputs for other programs: by their own schemas and parsers, and bounded.

use std::{collections::BTreeSet, fs};

use contrail_validate::RULES;
use insta::assert_snapshot;
use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::Value;

use crate::{
    program::{Ran, batch, contrail, contrail_with, heartbeat, root},
    shown::shown,
};

const WARNING: &str = "corpus/invalid/unknown-property.json";
const ERROR: &str = "corpus/invalid/count-mismatch.json";

/// How often GitHub Actions shows annotations of one level.
const ANNOTATIONS: usize = 10;

fn output(format: &str, inputs: &[&str]) -> Ran {
    contrail(&[&["validate", "--output-format", format], inputs].concat())
}

fn output_of(format: &str, stdin: &str) -> Ran {
    contrail_with(&["validate", "--output-format", format, "-"], stdin.as_bytes())
}

/// Fails with all that the schema in `tests/data/` refuses.
fn assert_follows(schema: &str, output: &Value) {
    let schema =
        fs::read_to_string(root().join("tests/data").join(schema)).expect("the schema is readable");
    let mut schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    // SARIF's pattern for languages, which we do not write, has a bracket too many.
    for place in ["run", "toolComponent"] {
        let place = format!("/definitions/{place}/properties/language");
        if let Some(language) = schema.pointer_mut(&place) {
            language.as_object_mut().expect("it is a schema").remove("pattern");
        }
    }
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("it is a schema");
    let errors: Vec<_> = validator
        .iter_errors(output)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0]);
}

fn sarif(ran: &Ran) -> Value {
    let log = ran.json();
    assert_follows("sarif-schema-2.1.0.json", &log);
    log["runs"][0].clone()
}

fn gitlab(ran: &Ran) -> Vec<Value> {
    let report = ran.json();
    assert_follows("gitlab-code-quality.schema.json", &report);
    let violations = report.as_array().expect("the report is an array").clone();
    let fingerprints: BTreeSet<_> =
        violations.iter().map(|violation| violation["fingerprint"].to_string()).collect();
    assert_eq!(fingerprints.len(), violations.len(), "GitLab would drop some");
    violations
}

fn junit(ran: &Ran) -> Report {
    let report = Report::deserialize_from_str(&ran.stdout).expect("it is JUnit XML");
    for suite in &report.test_suites {
        assert_eq!(suite.tests, suite.test_cases.len());
        let count = |wanted: fn(&TestCase) -> bool| {
            suite.test_cases.iter().filter(|case| wanted(case)).count()
        };
        assert_eq!(suite.failures, count(|case| text_of(case, "failure").is_some()));
        assert_eq!(suite.errors, count(|case| text_of(case, "error").is_some()));
    }
    report
}

/// The message of a test case that did not pass, and its text.
fn text_of<'c>(case: &'c TestCase, wanted: &str) -> Option<(&'c str, &'c str)> {
    let TestCaseStatus::NonSuccess { kind, message, description, .. } = &case.status else {
        return None;
    };
    let text = |text: &'c Option<quick_junit::XmlString>| {
        text.as_ref().map(quick_junit::XmlString::as_str).unwrap_or_default()
    };
    format!("{kind:?}").eq_ignore_ascii_case(wanted).then(|| (text(message), text(description)))
}

fn the_suite<'r>(report: &'r Report, name: &str) -> &'r TestSuite {
    report.test_suites.iter().find(|suite| suite.name.as_str() == name).expect("there is a suite")
}

/// Undoes the escapes of a workflow command: its name, its properties, its message.
fn command(line: &str) -> (String, Vec<(String, String)>, String) {
    let unescaped = |text: &str| {
        [("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]
            .into_iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let (head, message) =
        line.strip_prefix("::").and_then(|line| line.split_once("::")).expect("a command");
    let (name, properties) = head.split_once(' ').expect("a name and properties");
    let properties = properties
        .split(',')
        .map(|property| property.split_once('=').expect("a name and a value"))
        .map(|(name, value)| (name.to_owned(), unescaped(value)))
        .collect();
    (name.to_owned(), properties, unescaped(message))
}

#[test]
fn every_format_on_small_captures() {
    for format in ["sarif", "junit", "github", "gitlab"] {
        let text =
            shown(&["validate", "--output-format", format, WARNING, ERROR, "no-such-file.json"]);
        let text: Vec<_> = text.lines().map(without_rules).collect();
        assert_snapshot!(format, text.join("\n"));
    }
}

/// Leaves out the tool: its version changes, and its rules grow.
fn without_rules(line: &str) -> String {
    match line.split_once("\"rules\":[") {
        Some(_) => "(tool, with all rules)".to_owned(),
        None => line.to_owned(),
    }
}

#[test]
fn the_documentation_shows_real_output() {
    let shown = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    for line in output("github", &[WARNING, ERROR]).stdout.lines().take(2) {
        assert!(line.starts_with("::") && shown.contains(line), "{line}");
    }
    let har = ["--select", "count-mismatch", "corpus/damaged/har-wrong-count.har"];
    let no_events = ["corpus/damaged/har-no-events.har"];
    for ran in [output("junit", &[ERROR]), output("github", &har), output("github", &no_events)] {
        for line in ran.stdout.lines() {
            assert!(shown.contains(line), "{line}");
        }
    }
}

#[test]
fn every_format_without_findings() {
    let clean = "corpus/valid/v2/heartbeat-event.json";
    assert_eq!(sarif(&output("sarif", &[clean]))["results"], Value::Array(Vec::new()));
    assert_eq!(output("gitlab", &[clean]).stdout, "[]\n");
    let report = junit(&output("junit", &[clean]));
    let cases = &the_suite(&report, clean).test_cases;
    assert_eq!((cases.len(), cases[0].name.as_str()), (1, "valid"));
    assert!(matches!(cases[0].status, TestCaseStatus::Success { .. }));
    assert!(output("github", &[clean]).stdout.starts_with("clean: 1 file, "));
    assert_eq!(output("github", &["--quiet", clean]).stdout, "");
}

#[test]
fn the_whole_corpus_in_every_format() {
    let findings = output("json", &["corpus"]).json()["findings"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let wanted: Vec<_> =
        findings.iter().map(|finding| (text(&finding["rule"]), finding["line"].clone())).collect();

    let run = sarif(&output("sarif", &["corpus"]));
    let results: Vec<_> = run["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let region = &result["locations"][0]["physicalLocation"]["region"];
            (text(&result["ruleId"]), region["startLine"].clone())
        })
        .collect();
    assert_eq!(results, wanted);

    let mut violations: Vec<_> = gitlab(&output("gitlab", &["corpus"]))
        .iter()
        .map(|one| (text(&one["check_name"]), one["location"]["lines"]["begin"].clone()))
        .collect();
    violations.retain(|(rule, _)| rule != "unread");
    assert_eq!(violations, wanted);

    let report = junit(&output("junit", &["--fail-on", "info", "corpus"]));
    let listed: usize = report
        .test_suites
        .iter()
        .flat_map(|suite| &suite.test_cases)
        .filter_map(|case| text_of(case, "failure"))
        .map(|(_, text)| text.lines().filter(|line| line.starts_with("corpus/")).count())
        .sum();
    assert_eq!(listed, wanted.len());
}

#[test]
fn sarif_describes_every_rule_and_places_every_result() {
    let run = sarif(&output("sarif", &[ERROR]));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let names: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(names, RULES.iter().map(|rule| rule.name).collect::<Vec<_>>());
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[index]["id"], result["ruleId"]);
    let json = output("json", &[ERROR]).json()["findings"][0].clone();
    let location = &result["locations"][0];
    let region = &location["physicalLocation"]["region"];
    for (ours, theirs) in [
        ("line", "startLine"),
        ("column", "startColumn"),
        ("end_line", "endLine"),
        ("end_column", "endColumn"),
        ("offset", "byteOffset"),
        ("length", "byteLength"),
    ] {
        assert_eq!(json[ours], region[theirs], "{ours}");
    }
    assert_eq!(json["pointer"], location["logicalLocations"][0]["fullyQualifiedName"]);
    assert_eq!(json["fingerprint"], result["partialFingerprints"]["contrail/v1"]);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn what_could_not_be_read_is_in_every_format() {
    let inputs = [ERROR, "no such:file.json", "corpus/damaged/cut.jsonl.gz"];
    let run = sarif(&output("sarif", &inputs));
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    let uri = &notifications[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!((notifications.len(), uri), (2, &"no%20such%3Afile.json".into()));

    let unread = gitlab(&output("gitlab", &inputs));
    assert_eq!(unread.iter().filter(|one| one["severity"] == "blocker").count(), 2);

    let report = junit(&output("junit", &inputs));
    assert_eq!(the_suite(&report, "unread").errors, 2);
    let cut = the_suite(&report, inputs[2]);
    assert_eq!((cut.tests, cut.skipped), (1, 1), "it is not called valid");

    let ran = output("github", &inputs);
    let (level, properties, message) = command(ran.stdout.lines().nth(1).unwrap());
    assert_eq!((level.as_str(), properties[0].1.as_str()), ("error", inputs[1]));
    assert!(message.starts_with("No such file"), "{message}");
}

#[test]
fn junit_fails_what_fails_the_run() {
    let report = junit(&output("junit", &[WARNING, ERROR]));
    let case = &the_suite(&report, WARNING).test_cases[0];
    assert!(matches!(case.status, TestCaseStatus::Success { .. }));
    let told = case.system_out.as_ref().unwrap().as_str();
    assert!(told.contains(&format!("{WARNING}:38:7: ")), "{told}");
    let case = &the_suite(&report, ERROR).test_cases[0];
    let (message, text) = text_of(case, "failure").unwrap();
    assert_eq!(message, "Count is 5 but Events holds 3 events");
    assert_eq!(text, format!("{ERROR}:3:12: {message}"));

    let report = junit(&output("junit", &["--fail-on", "warning", WARNING]));
    assert!(text_of(&the_suite(&report, WARNING).test_cases[0], "failure").is_some());
}

/// Ten thousand errors of two rules, and as many warnings.
fn many() -> String {
    let bad = heartbeat(1).replace("06:14:30Z", "noon").replace('}', ",\"X\":1}") + "\n";
    let wrong = batch(&[]).replace(":0", ":1") + "\n";
    bad.repeat(6_000) + &wrong.repeat(4_000)
}

#[test]
fn many_findings_are_folded_and_the_numbers_add_up() {
    let input = many();
    let all = output_of("json", &input).json()["summary"]["findings"].clone();
    assert_eq!((&all["error"], &all["warning"]), (&10_000.into(), &6_000.into()));

    let run = sarif(&output_of("sarif", &input));
    assert_eq!(run["results"].as_array().unwrap().len(), 5_000);
    let note = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].clone();
    assert_eq!(
        note,
        "the 5,000 most severe findings are given; 11,000 more were left out: \
         6,000 unknown-property, 1,000 bad-format, 4,000 count-mismatch"
    );

    let ran = output_of("github", &input);
    let (annotations, rest): (Vec<_>, Vec<_>) =
        ran.stdout.lines().partition(|line| line.starts_with("::"));
    assert_eq!(annotations.len(), 2 * ANNOTATIONS);
    assert_eq!(
        rest[..3],
        [
            "... and 5,990 more unknown-property",
            "... and 5,990 more bad-format",
            "... and 4,000 more count-mismatch"
        ]
    );
    assert!(rest[3].starts_with("10,000 errors, 6,000 warnings: 1 file"), "{}", rest[3]);
    assert_eq!(rest.len(), 4);

    let ran = output_of("junit", &input);
    let report = junit(&ran);
    let suite = the_suite(&report, "stdin");
    assert_eq!((suite.tests, suite.failures), (3, 2));
    let (_, text) = text_of(&suite.test_cases[1], "failure").unwrap();
    assert_eq!(text.lines().count(), 21);
    assert!(text.ends_with("\nand 5,980 more"), "{text}");
    assert!(ran.stdout.len() < 20_000, "{}", ran.stdout.len());

    assert_eq!(gitlab(&output_of("gitlab", &input)).len(), 16_000);
}

#[test]
fn odd_characters_survive() {
    let odd = r#"a%,:<&>\"'\n\r\u0000\u001b\u001f]]>"#;
    let plain = "a%,:<&>\"'\n\r\u{0}\u{1b}\u{1f}]]>";
    let input = heartbeat(1).replace("HeartbeatEvent", odd).replace("06:14:30Z", odd);
    let findings = output_of("json", &input).json()["findings"].clone();
    let messages: Vec<_> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    let raw = messages.iter().any(|message| message.contains(plain));
    assert!(raw || messages.iter().any(|message| message.contains(odd)), "{messages:?}");
    let spelled = |message: &str| {
        let controls = ["\0", "\u{1b}", "\u{1f}"];
        let names = [r"\u0000", r"\u001b", r"\u001f"];
        controls
            .iter()
            .zip(names)
            .fold(message.to_owned(), |message, (control, name)| message.replace(control, name))
    };

    let run = sarif(&output_of("sarif", &input));
    let violations = gitlab(&output_of("gitlab", &input));
    let github = output_of("github", &input).stdout;
    let report = junit(&output_of("junit", &input));
    let told = format!("{:?}", the_suite(&report, "stdin"));
    for (index, message) in messages.iter().enumerate() {
        let text = run["results"][index]["message"]["text"].as_str().unwrap();
        assert!(text.starts_with(message), "{text}");
        assert_eq!(violations[index]["description"], *message);
        let line = github.lines().nth(index).unwrap();
        assert!(command(line).2.starts_with(&spelled(message)), "{line}");
        let shown = format!("{:?}", spelled(message));
        assert!(told.contains(shown.trim_matches('"')), "{told}");
    }
}

#[test]
fn odd_names_of_files_survive() {
    let dir = tempfile::tempdir().unwrap();
    let name = "a %,:<&\"'#?ü.json";
    let path = dir.path().join(name);
    fs::write(&path, batch(&[]).replace(":0", ":1")).unwrap();
    let path = path.to_str().unwrap();
    let run = sarif(&output("sarif", &[path]));
    let location = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    let uri = location["uri"].as_str().unwrap();
    assert!(uri.ends_with("/a%20%25%2C%3A%3C%26%22%27%23%3F%C3%BC.json"), "{uri}");
    assert!(uri.starts_with("file:///"), "it is not below this folder: {uri}");
    let report = junit(&output("junit", &[path]));
    assert_eq!(the_suite(&report, path).test_cases[0].classname.as_ref().unwrap().as_str(), path);
    let (_, properties, _) = command(output("github", &[path]).stdout.lines().next().unwrap());
    assert_eq!(properties[0], ("file".to_owned(), path.to_owned()));
}

#[test]
fn paths_below_this_folder_are_relative() {
    let whole = root().join(ERROR);
    for input in [whole.to_str().unwrap(), &format!("./{ERROR}")] {
        let run = sarif(&output("sarif", &[input]));
        let location = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], ERROR);
        assert_eq!(gitlab(&output("gitlab", &[input]))[0]["location"]["path"], ERROR);
    }
    let wrong = batch(&[]).replace(":0", ":1");
    assert_eq!(gitlab(&output_of("gitlab", &wrong))[0]["location"]["path"], "stdin");
}
