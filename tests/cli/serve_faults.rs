//! `contrail serve --fault` and `--latency`: what goes wrong, as a client sees it.

use std::{collections::BTreeMap, io};

use serde_json::{Value, json};
use ureq::http::Request;

use crate::{
    program::heartbeat,
    served::{Batch, KEY, Served},
    socket::Socket,
};

/// So many heartbeats, a second apart.
fn seconds(count: u64) -> Vec<String> {
    let time = |number| format!("06:{:02}:{:02}Z", number / 60, number % 60);
    (0..count).map(|number| heartbeat(number).replace("06:14:59Z", &time(number))).collect()
}

/// A server of 20 events without waiting, with `KEY` subscribed, and then with these faults.
fn faulty(faults: &[&str]) -> Served {
    let served = Served::lines(&seconds(20), &["--speed", "max"]);
    assert_eq!(served.get(KEY, 1).events, Vec::<Value>::new());
    plant(&served, faults);
    served
}

fn plant(served: &Served, faults: &[&str]) {
    for fault in faults {
        served.change("faults", &json!({ "fault": fault }));
    }
}

fn request(method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nAccessKey: {KEY}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// What a client sees of a request: the status, or why there is none.
fn seen(served: &Served, method: &str, path: &str) -> String {
    let mut socket = Socket::to(served);
    let body = if method == "GET" { "" } else { r#"{"EventIds":[]}"# };
    socket.send(request(method, path, body)).expect("it is sent");
    match socket.try_answer(true) {
        Ok(answer) => answer.status.to_string(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn hits(status: &Value) -> Vec<u64> {
    let faults = status["faults"].as_array().expect("there is a list of faults");
    faults.iter().map(|fault| fault["requests"].as_u64().expect("it is a number")).collect()
}

#[test]
fn answers_can_be_errors() {
    for (fault, status, retry_after) in [
        ("429,count=1", 429, Some("1")),
        ("429,retry-after=90s,count=1", 429, Some("90")),
        ("500,count=1", 500, None),
        ("503,count=1", 503, None),
        ("503,retry-after=5s,count=1", 503, Some("5")),
    ] {
        for method in ["GET", "DELETE"] {
            let served = faulty(&[fault]);
            let batch = json!({ "BatchId": "x" }).to_string();
            let answer = served.ask(method, "/3/events", KEY, Some(&batch));
            assert_eq!((answer.status, answer.header("retry-after")), (status, retry_after));
            assert_eq!(answer.message(), "a fault that was planted by --fault");
            assert_eq!(served.get(KEY, 512).events.len(), 20, "nothing was deleted");
            let status = served.status();
            assert_eq!((hits(&status), &status["requests"]["faulted"]), (vec![1], &json!(1)));
        }
    }
}

#[test]
fn a_slow_body_arrives_whole() {
    let served = faulty(&["slow-body,over=50ms"]);
    let batch = served.get(KEY, 512);
    assert_eq!(batch.events.len(), 20);
    assert_eq!(served.delete(KEY, &batch.id).status, 204);
    assert_eq!(served.ask("GET", "/nowhere", KEY, None).status, 404);
    assert_eq!(hits(&served.status()), [3]);
}

#[test]
fn a_truncated_body_ends_in_its_middle() {
    let served = faulty(&["truncated-body,count=2"]);
    let mut socket = Socket::to(&served);
    socket.send(request("GET", "/3/events", "")).expect("it is sent");
    let all = String::from_utf8(socket.rest().expect("it ends")).expect("it is UTF-8");
    let (head, body) = all.split_once("\r\n\r\n").expect("the head is whole");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.and_then(|length| length.parse().ok()).expect("a length");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert_eq!(body.len(), length / 2);
    assert!(body.starts_with(r#"{"BatchId":""#), "{body}");
    assert!(get_fails(&served), "a client of HTTP sees it too");
    assert_eq!(served.get(KEY, 512).events.len(), 20);
    assert_eq!(hits(&served.status()), [2]);
}

fn get_fails(served: &Served) -> bool {
    let request = Request::get(format!("{}/3/events", served.origin)).header("AccessKey", KEY);
    served.try_send(request.body(String::new()).expect("it is a request")).is_err()
}

#[test]
fn an_answer_without_a_body_cannot_be_truncated_and_is_missing() {
    let served = faulty(&["truncated-body,method=DELETE,count=1"]);
    assert_eq!(seen(&served, "DELETE", "/3/events"), "ConnectionReset");
    assert_eq!(seen(&served, "DELETE", "/3/events"), "204");
}

#[test]
fn a_reset_is_one_and_no_end() {
    let served = faulty(&["reset,count=2"]);
    let mut socket = Socket::to(&served);
    socket.send(request("GET", "/3/events", "")).expect("it is sent");
    let error = socket.rest().expect_err("it is reset");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(get_fails(&served));
    assert_eq!(served.get(KEY, 512).events.len(), 20);
    assert_eq!(hits(&served.status()), [2]);
}

#[test]
fn a_lost_delete_is_done_and_told_as_an_error() {
    let served = faulty(&["lost-delete,count=1"]);
    let Batch { id, events } = served.get(KEY, 5);
    let answer = served.delete(KEY, &id);
    assert_eq!((answer.status, events.len()), (500, 5));
    assert_eq!(answer.message(), "a fault that was planted by --fault");
    assert_eq!(served.get(KEY, 512).events.len(), 15);
    assert_eq!(served.delete(KEY, &id).status, 204, "as after any other error, it is tried again");
    let status = served.status();
    assert_eq!(status["subscribers"][0]["deleted"], 5);
    assert_eq!(hits(&status), [1], "no Get is hit");
}

#[test]
fn redelivery_brings_events_that_were_deleted() {
    let served = faulty(&["redelivery,count=1"]);
    let first = served.get(KEY, 5);
    assert_eq!(served.delete(KEY, &first.id).status, 204);
    let again = served.get(KEY, 5);
    assert_eq!(again.events, first.events);
    assert_eq!(served.delete(KEY, &again.id).status, 204);
    assert_eq!(served.get(KEY, 512).events.len(), 15);
    let status = served.status();
    assert_eq!(status["subscribers"][0]["again"], 5);
    assert_eq!(hits(&status), [1]);
}

#[test]
fn faults_are_limited_by_path_method_and_number() {
    let faults = ["503,path=/2/,after=1,count=2", "500,method=patch", "429,path=/3/EVENTS/"];
    let served = faulty(&faults);
    let ask = |requests: &[(&str, &str)]| -> Vec<String> {
        requests.iter().map(|(method, path)| seen(&served, method, path)).collect()
    };
    let get = ("GET", "/2/events");
    assert_eq!(ask(&[get; 5]), ["200", "503", "503", "200", "200"]);
    assert_eq!(ask(&[("DELETE", "/3/events"), ("PATCH", "/3/events")]), ["204", "500"]);
    assert_eq!(ask(&[("GET", "/3/events"), ("GET", "/3/events/7")]), ["200", "429"]);
    assert_eq!(hits(&served.status()), [2, 1, 1]);
}

#[test]
fn faults_are_limited_by_the_time_of_the_recording() {
    let faults = ["--fault", "503,from=+5s,to=+8s", "--fault", "500,from=2017-05-19T06:00:12Z"];
    let served = Served::lines(&seconds(20), &[&["--clock", "manual"], &faults[..]].concat());
    let mut statuses = Vec::new();
    for _ in 0..15 {
        statuses.push(seen(&served, "GET", "/3/events"));
        served.change("advance", &json!({ "by": "1s" }));
    }
    let expected = [&["200"; 5][..], &["503"; 3], &["200"; 4], &["500"; 3]].concat();
    assert_eq!(statuses, expected);
}

#[test]
fn the_same_requests_meet_the_same_faults_with_a_seed() {
    let run = |seed: &str| {
        let faults = ["503,p=0.3", "reset,p=0.2", "truncated-body,p=0.2", "429,p=0.1"];
        let faults = faults.iter().flat_map(|fault| ["--fault", *fault]);
        let args: Vec<_> = ["--speed", "max", "--seed", seed].into_iter().chain(faults).collect();
        let served = Served::lines(&seconds(20), &args);
        let outcomes: Vec<_> = (0..80).map(|_| seen(&served, "GET", "/3/events")).collect();
        let status = served.status();
        assert_eq!(hits(&status).iter().sum::<u64>(), status["requests"]["faulted"]);
        (outcomes, hits(&status))
    };
    let (first, other) = (run("1"), run("2"));
    assert_eq!(first, run("1"));
    assert_ne!(first.0, other.0);
    for outcome in ["200", "503", "429", "ConnectionReset", "UnexpectedEof"] {
        assert!(first.0.iter().any(|it| it == outcome), "no {outcome}: {first:?}");
    }
}

#[test]
fn faults_are_planted_and_removed_while_it_runs() {
    let served = faulty(&[]);
    assert_eq!(served.status()["faults"], json!([]));
    plant(&served, &["503,path=/3/", "reset"]);
    let seen = |path| seen(&served, "GET", path);
    assert_eq!([seen("/3/events"), seen("/2/events")], ["503", "ConnectionReset"]);
    let counts = json!([
        {"fault": "503,path=/3/", "requests": 1},
        {"fault": "reset", "requests": 1},
    ]);
    assert_eq!(served.status()["faults"], counts);
    assert_eq!(served.control("GET", "report", None).json()["faults"], counts);
    let cleared = served.control("DELETE", "faults", None);
    assert_eq!((cleared.status, &cleared.json()["faults"]), (200, &json!([])));
    assert_eq!([seen("/3/events"), seen("/2/events")], ["200", "200"]);
    assert_eq!(served.status()["requests"]["faulted"], 2);
}

#[test]
fn a_fault_that_is_none_is_refused() {
    let served = faulty(&[]);
    for (fault, message) in [
        ("", "there is no fault ``"),
        ("502", "there is no fault `502`"),
        ("lost-deleet", "there is no fault `lost-deleet`; did you mean `lost-delete`?"),
        ("503,p=2", "`p`: "),
        ("503,count=0", "`count`: "),
        ("503,method=BREW", "`method`: "),
        ("503,device=x", "`503` has no `device`"),
        // Events cannot be made to have gone wrong later.
        ("drop,p=0.5", "there is no fault `drop`"),
    ] {
        let answer = served.control("POST", "faults", Some(&json!({ "fault": fault })));
        assert_eq!(answer.status, 400, "{fault}");
        assert!(answer.message().starts_with(message), "{fault}: {}", answer.message());
    }
    assert_eq!(served.status()["faults"], json!([]));
}

#[test]
fn the_control_api_is_never_hit() {
    let faults = ["reset", "503", "truncated-body", "slow-body,over=1h"];
    let args: Vec<_> = faults.iter().flat_map(|fault| ["--fault", *fault]).collect();
    let served = Served::lines(&seconds(3), &[&args[..], &["--latency", "1h"]].concat());
    for path in ["", "status", "report", "timeline", "subscribers", "openapi.json"] {
        assert_eq!(served.control("GET", path, None).status, 200, "{path}");
    }
    assert_eq!(served.control("GET", "nowhere", None).status, 404);
    served.change("pause", &Value::Null);
    assert_eq!(hits(&served.status()), [0, 0, 0, 0]);
}

#[test]
fn faults_of_events_and_of_requests_work_together() {
    let run = |seed: &str| {
        let faults = ["drop,p=0.5", "duplicate,p=0.3", "503,p=0.5", "redelivery,count=1"];
        let faults = faults.iter().flat_map(|fault| ["--fault", *fault]);
        let args = ["--speed", "max", "--seed", seed].into_iter().chain(faults);
        let served = Served::lines(&seconds(200), &args.collect::<Vec<_>>());
        let ids = drain(&served);
        let status = served.status();
        (ids, status)
    };
    let (ids, status) = run("7");
    let mut times: BTreeMap<&str, u64> = BTreeMap::new();
    for id in &ids {
        *times.entry(id).or_default() += 1;
    }
    let touched = |name: &str| {
        let faults = status["event_faults"].as_array().expect("a list");
        let fault = faults.iter().find(|fault| fault["fault"] == name).expect("it is counted");
        fault["events"].as_u64().expect("it is a number")
    };
    let (dropped, copied) = (touched("drop,p=0.5"), touched("duplicate,p=0.3"));
    assert_eq!(times.len() as u64, 200 - dropped);
    assert_eq!(ids.len() as u64, 200 - dropped + copied);
    assert!((60..140).contains(&dropped) && (10..60).contains(&copied), "{status}");
    assert!(hits(&status).iter().all(|hits| 0 < *hits), "{status}");
    assert_eq!(run("7").0, ids);
    assert_ne!(run("8").0, ids);
}

/// Gets and deletes, with new attempts after errors, until nothing is left; each event that was
/// deleted, once for each time that it was there.
fn drain(served: &Served) -> Vec<String> {
    let attempt = |method: &str, body: &str| loop {
        let answer = served.ask(method, "/3/events", KEY, Some(body));
        if answer.status != 503 {
            return answer;
        }
    };
    attempt("GET", "");
    let mut all: Vec<String> = Vec::new();
    let mut before = Value::Null;
    loop {
        let batch = attempt("GET", "").json();
        let events = batch["Events"].as_array().expect("a list").clone();
        if events.is_empty() {
            return all;
        }
        if batch["Events"] != before {
            let id = |event: &Value| event["EventId"].as_str().expect("an id").to_owned();
            all.extend(events.iter().map(id));
        }
        before = batch["Events"].clone();
        let body = json!({ "BatchId": batch["BatchId"] }).to_string();
        assert_eq!(attempt("DELETE", &body).status, 204);
    }
}

#[test]
fn late_answers_are_right() {
    for latency in ["5ms", "uniform=1ms..9ms", "lognormal=2ms:0.5"] {
        let served = Served::lines(&seconds(20), &["--speed", "max", "--latency", latency]);
        served.get(KEY, 1);
        let batch = served.get(KEY, 7);
        assert_eq!(batch.events.len(), 7);
        assert_eq!(served.delete(KEY, &batch.id).status, 204);
        assert_eq!(served.get(KEY, 512).events.len(), 13);
        assert_eq!(served.ask("GET", "/nowhere", KEY, None).status, 404);
    }
}

#[test]
fn the_summary_tells_how_many_requests_each_fault_hit() {
    let args = ["--speed", "max", "--exit-when-drained", "--fault", "503,count=1"];
    let served = Served::lines(&seconds(3), &[&args[..], &["--fault", "500,p=0"]].concat());
    assert_eq!(seen(&served, "GET", "/3/events"), "503");
    served.get(KEY, 1);
    let batch = served.get(KEY, 512);
    assert_eq!(served.delete(KEY, &batch.id).status, 204);
    let (code, said) = served.end();
    assert_eq!(code, Some(0));
    assert!(said.contains("fault 503,count=1: 1 request"), "{said}");
    assert!(said.contains("fault 500,p=0: 0 requests\n"), "{said}");
}
