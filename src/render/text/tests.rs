use super::*;
use crate::input::Unread;

fn line(summary: &Summary, unread: &[Unread], stopped: bool) -> String {
    let elapsed = Some(Duration::from_millis(1234));
    summary_line(&End { summary, unread, suppressed: 0, stopped, elapsed, quiet: false })
}

#[test]
fn the_last_line_says_what_was_read_and_found() {
    let version = |version, checked, assumed| VersionCount { version, checked, assumed };
    let mut summary = Summary {
        files: 1,
        documents: 2,
        batches: 1,
        events: 1_234_567,
        bytes: 5 << 20,
        findings: Severities::default(),
        api_versions: vec![version(2, 3, 0), version(3, 4, 1)],
        ..Summary::default()
    };
    assert_eq!(
        line(&summary, &[], false),
        "clean: 1 file, 2 documents, 1 batch, 1,234,567 events, 5.00 MiB in 1.2 s; \
         API versions 2 and 3 (assumed for 1 of 4)"
    );
    summary.api_versions = vec![version(3, 1, 1)];
    summary.findings = Severities { error: 1, warning: 0, info: 2 };
    summary.forgotten = 7;
    assert_eq!(
        line(&summary, &[], true),
        "1 error, 2 infos, stopped early: 1 file, 2 documents, 1 batch, 1,234,567 events, 5.00 MiB \
         in 1.2 s; API version 3 (assumed); 7 events fell out of the window"
    );
}

#[test]
fn entries_are_told_where_there_are_any() {
    let entries = |har_entries, other_entries| {
        let summary = Summary { har_entries, other_entries, ..Summary::default() };
        line(&summary, &[], false)
    };
    assert!(entries(12, 9).contains(" 0 documents, 12 HAR entries (9 others), 0 batches"));
    assert!(entries(1, 1).contains(", 1 HAR entry (1 other),"));
    assert!(entries(3, 0).contains(", 3 HAR entries, "));
    assert!(!entries(0, 0).contains("HAR"));
}

#[test]
fn what_could_not_be_read_is_not_called_clean() {
    let unread = [Unread { file: "x".to_owned(), error: "y".to_owned() }];
    assert!(
        line(&Summary::default(), &unread, false).starts_with("no findings in what was read: ")
    );
}
