use super::*;
use crate::time::SECOND;

const STATUS: HttpFaultKind = HttpFaultKind::Status { code: 500, retry_after: None };

fn faults(texts: &[&str], seed: u64) -> HttpFaults {
    HttpFaults::new(texts.iter().map(|text| text.parse().unwrap()).collect(), seed)
}

fn asked<'a>(method: &'a str, path: &'a str, seconds: i128) -> Asked<'a> {
    let first = RecordingTime(1000 * SECOND);
    Asked { method, path, time: first + seconds * SECOND, first }
}

fn requests(faults: &HttpFaults) -> Vec<u64> {
    faults.counts().iter().map(|count| count.requests).collect()
}

/// Which of so many requests are hit, one letter for each.
fn hits(texts: &[&str], seed: u64, number: i128) -> String {
    let mut faults = faults(texts, seed);
    let letter = |kind| match kind {
        None => '.',
        Some(HttpFaultKind::Status { .. }) => 's',
        Some(HttpFaultKind::SlowBody { .. }) => 'b',
        Some(HttpFaultKind::TruncatedBody) => 't',
        Some(HttpFaultKind::Reset) => 'r',
        Some(HttpFaultKind::LostDelete) => 'l',
        Some(HttpFaultKind::Redelivery) => 'd',
    };
    (0..number).map(|second| letter(faults.choose(&asked("DELETE", "/3/events", second)))).collect()
}

#[test]
fn without_a_probability_all_are_hit_and_with_none_no_request_is() {
    for (text, letter) in [
        ("429", 's'),
        ("500", 's'),
        ("503", 's'),
        ("slow-body", 'b'),
        ("truncated-body", 't'),
        ("reset", 'r'),
        ("lost-delete", 'l'),
        ("redelivery", 'd'),
    ] {
        assert_eq!(hits(&[text], 0, 100), letter.to_string().repeat(100));
        assert_eq!(hits(&[&format!("{text},p=1")], 0, 100), letter.to_string().repeat(100));
        assert_eq!(hits(&[&format!("{text},p=0")], 0, 100), ".".repeat(100));
    }
    assert_eq!(hits(&[], 0, 3), "...");
}

#[test]
fn choices_depend_on_the_seed_the_fault_and_the_number_of_the_request_alone() {
    let half = hits(&["reset,p=0.5"], 1, 1000);
    assert_eq!(half, hits(&["reset,p=0.5"], 1, 1000));
    assert_ne!(half, hits(&["reset,p=0.5"], 2, 1000));
    assert!((450..550).contains(&half.matches('r').count()), "{half}");
    assert_ne!(half, hits(&["truncated-body,p=0.5"], 1, 1000).replace('t', "r"));
    // A fault of another kind that hits nothing changes nothing, nor do requests that are not hit.
    assert_eq!(half, hits(&["500,method=GET", "reset,p=0.5"], 1, 1000));
    let mut faults = faults(&["reset,p=0.5,method=DELETE"], 1);
    let mut letters = String::new();
    for second in 0..1000 {
        assert_eq!(faults.choose(&asked("GET", "/3/events", second)), None);
        let hit = faults.choose(&asked("DELETE", "/3/events", second)).is_some();
        letters.push(if hit { 'r' } else { '.' });
    }
    assert_eq!(letters, half);
    // More are hit at a higher probability, the same ones among them.
    let most = hits(&["reset,p=0.8"], 1, 1000);
    assert!(half.chars().zip(most.chars()).all(|(half, most)| half == '.' || most == 'r'));
}

#[test]
fn two_faults_of_one_kind_choose_apart() {
    let mut faults = faults(&["reset,p=0.5", "reset,p=0.5"], 1);
    for second in 0..1000 {
        faults.choose(&asked("GET", "/", second));
    }
    let requests = requests(&faults);
    assert!((450..550).contains(&requests[0]) && (200..300).contains(&requests[1]), "{requests:?}");
}

#[test]
fn the_first_fault_that_hits_is_chosen_and_the_others_count_on() {
    assert_eq!(hits(&["500,count=2", "reset"], 0, 5), "ssrrr");
    assert_eq!(hits(&["reset,after=3", "500"], 0, 5), "sssrr");
    // The second fault could hit the first requests too, so they are counted for `after`.
    assert_eq!(hits(&["500,count=2", "reset,after=2"], 0, 5), "ssrrr");
    assert_eq!(hits(&["500,count=2", "reset,after=3"], 0, 5), "ss.rr");
    // But it hits only those that are left to it.
    assert_eq!(hits(&["500,count=2", "reset,count=2"], 0, 5), "ssrr.");
}

#[test]
fn counts_and_first_requests_limit() {
    assert_eq!(hits(&["reset,count=1"], 0, 5), "r....");
    assert_eq!(hits(&["reset,after=2"], 0, 5), "..rrr");
    assert_eq!(hits(&["reset,after=2,count=2"], 0, 6), "..rr..");
    assert_eq!(hits(&["reset,after=0,count=9"], 0, 5), "rrrrr");
    let hit = hits(&["reset,p=0.1,count=3"], 0, 1000).matches('r').count();
    assert_eq!(hit, 3);
}

#[test]
fn times_are_half_open() {
    assert_eq!(hits(&["reset,from=+1s,to=+3s"], 0, 5), ".rr..");
    assert_eq!(hits(&["reset,from=1970-01-01T00:16:43Z"], 0, 5), "...rr");
    assert_eq!(hits(&["reset,to=1970-01-01T00:16:43Z"], 0, 5), "rrr..");
    // Those outside are none of the first that it could hit.
    assert_eq!(hits(&["reset,from=+1s,after=2,count=1"], 0, 5), "...r.");
}

#[test]
fn paths_and_methods_limit_in_any_case() {
    for (text, method, path, is_hit) in [
        ("500", "GET", "/", true),
        ("500,path=/3/Events", "GET", "/3/events", true),
        ("500,path=/3/events", "GET", "/3/EVENTS/x", true),
        ("500,path=/3/events", "GET", "/3/event", false),
        ("500,path=/3/events", "GET", "/2/events", false),
        ("500,path=/3/events", "GET", "/é/events", false),
        ("500,method=get", "GET", "/", true),
        ("500,method=GET", "get", "/", true),
        ("500,method=GET", "DELETE", "/", false),
        ("500,method=GET,path=/3", "GET", "/2", false),
    ] {
        let hit = faults(&[text], 0).choose(&asked(method, path, 0));
        assert_eq!(hit, is_hit.then_some(STATUS), "{text} {method} {path}");
    }
}

#[test]
fn faults_of_deletes_hit_deletes_only() {
    for text in ["lost-delete", "redelivery", "redelivery,method=PATCH"] {
        let mut faults = faults(&[text], 0);
        for method in ["GET", "POST", "HEAD"] {
            assert_eq!(faults.choose(&asked(method, "/3/events", 0)), None, "{text} {method}");
        }
        assert!(faults.choose(&asked("patch", "/3/events", 0)).is_some(), "{text}");
        let is_hit = faults.choose(&asked("DELETE", "/2/events", 0)).is_some();
        assert_eq!(is_hit, !text.ends_with("PATCH"), "{text}");
    }
}

#[test]
fn faults_come_and_go_with_their_counts() {
    let mut faults = faults(&["500,p=1"], 0);
    faults.choose(&asked("GET", "/", 0));
    faults.add("reset,method=GET".parse().unwrap());
    faults.choose(&asked("GET", "/", 0));
    let shown = serde_json::to_string(&faults.counts()).unwrap();
    assert_eq!(
        shown,
        r#"[{"fault":"500,p=1","requests":2},{"fault":"reset,method=GET","requests":0}]"#
    );
    faults.clear();
    assert_eq!((faults.choose(&asked("GET", "/", 0)), faults.counts()), (None, Vec::new()));
    faults.add("reset,after=1".parse().unwrap());
    assert_eq!(faults.choose(&asked("GET", "/", 0)), None);
    assert_eq!(faults.choose(&asked("GET", "/", 0)), Some(HttpFaultKind::Reset));
    assert_eq!(requests(&faults), [1]);
}
