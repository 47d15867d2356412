//! One test for each row of the table of exit codes.

use std::process::Stdio;

use crate::program::{command, contrail, contrail_with};

#[test]
fn clean_input_is_0() {
    assert_eq!(contrail(&["validate", "corpus/valid"]).code, Some(0));
}

#[test]
fn findings_at_the_threshold_are_1() {
    let file = "corpus/invalid/unknown-property.json";
    assert_eq!(contrail(&["validate", "corpus/invalid/count-mismatch.json"]).code, Some(1));
    assert_eq!(contrail(&["validate", file]).code, Some(0));
    assert_eq!(contrail(&["validate", "--fail-on", "warning", file]).code, Some(1));
    assert_eq!(contrail(&["validate", "--fail-on", "info", file]).code, Some(1));
    assert_eq!(contrail(&["validate", "--fail-on", "info", "--exit-zero", file]).code, Some(0));
}

#[test]
fn usage_errors_are_2() {
    for args in [
        &["validate"][..],
        &["validate", "--no-such-flag", "x"],
        &["validate", "--select", "no-such-rule", "corpus/valid"],
        &["validate", "--severity", "count-mismatch=loud", "corpus/valid"],
        &["validate", "--api-version", "4", "corpus/valid"],
        &["validate", "--schema-dir", "corpus", "corpus/valid"],
        &["validate", "--max-findings", "0", "corpus/valid"],
        &["explain", "no-such-rule"],
        &["no-such-command"],
        &[],
    ] {
        let ran = contrail(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn what_could_not_be_read_is_3_and_the_rest_is_checked() {
    let ran = contrail(&["validate", "no-such-file.json", "corpus/invalid/count-mismatch.json"]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("no-such-file.json: No such file"), "{}", ran.stderr);
    assert!(ran.stdout.contains("error[count-mismatch]"), "{}", ran.stdout);
}

#[test]
fn nothing_validated_is_3() {
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap();
    for input in ["corpus/damaged/empty.json", "corpus/damaged/blank.json", empty] {
        let ran = contrail(&["validate", "--exit-zero", input]);
        assert_eq!(ran.code, Some(3), "{input}");
        assert!(ran.stderr.contains("nothing was validated"), "{input}: {}", ran.stderr);
    }
    assert_eq!(contrail_with(&["validate", "-"], b"").code, Some(3));
    assert_eq!(contrail_with(&["validate", "-"], b"[]").code, Some(3));
    // One of two inputs is enough.
    assert_eq!(contrail(&["validate", "corpus/valid", "corpus/damaged/empty.json"]).code, Some(3));
}

#[test]
fn help_and_version_are_0() {
    for args in [&["--help"][..], &["--version"], &["validate", "--help"], &["rules"]] {
        assert_eq!(contrail(args).code, Some(0), "{args:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = command(&["validate", "corpus"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_130() {
    use std::io::{Read as _, Write as _};

    let mut child = command(&["validate", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A pipe that is full shows that the program is reading, and so that its handler is set.
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(&vec![b' '; 4 << 20]).unwrap();
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    drop(pipe);
}

#[test]
fn what_nobody_is_told_of_is_not_clean() {
    // A document that cannot be read, with the rule that says so turned off.
    let ran = contrail(&["validate", "--select", "batch", "corpus/invalid/truncated.jsonl"]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("turned off: 1"), "{}", ran.stderr);
    // Findings below the threshold that ended the work before all was read.
    let file = "corpus/invalid/unknown-property.json";
    assert_eq!(contrail(&["validate", "--max-findings", "1", file]).code, Some(3));
    // A mark and nothing else.
    assert_eq!(contrail_with(&["validate", "-"], b"\xEF\xBB\xBF").code, Some(3));
}
