//! `contrail serve` as a program: arguments, inputs, signals, exit codes and reports.

use std::{
    fs,
    io::Write as _,
    net::{TcpListener, TcpStream},
    thread,
};

use serde_json::{Value, json};

use crate::{
    program::{contrail, heartbeat},
    served::{KEY, Served},
};

fn lines(count: u64) -> Vec<String> {
    (0..count).map(heartbeat).collect()
}

fn text(count: u64) -> Vec<u8> {
    (lines(count).join("\n") + "\n").into_bytes()
}

/// Gets and deletes all, which ends a server that is to end then; how many events that were.
fn finish(served: &Served) -> usize {
    let batch = served.get(KEY, 512);
    assert_eq!(served.delete(KEY, &batch.id).status, 204);
    batch.events.len()
}

/// That it does not start: the exit code 2, and what is said.
fn assert_refused(args: &[&str], message: &str) {
    let ran = contrail(&[&["serve", "corpus/valid"], args].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}: {}", ran.stderr);
    assert!(ran.stderr.contains(message), "{args:?}: {}", ran.stderr);
}

#[test]
fn arguments_that_cannot_be_used_end_it_with_2() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let taken = taken.local_addr().expect("it has an address").to_string();
    for option in ["--listen", "--control-listen"] {
        assert_refused(&[option, &taken], &format!("choose another with {option}, or port 0"));
    }
    let port = ["--listen", "127.0.0.1:0"];
    for key in ["", " ", "a b", "a\tb", "k\u{e4}se", "one,", ",one"] {
        let args = [&port[..], &["--access-key", key]].concat();
        assert_refused(&args, "is empty or has letters that no header can have");
    }
    for token in ["", "a b", "\u{1f511}"] {
        let args = [&port[..], &["--control-token", token]].concat();
        assert_refused(
            &args,
            "the --control-token is empty or has letters that no header can have",
        );
    }
    assert_refused(&["--listen", "0.0.0.0:0"], "name the keys to take with --access-key");
    assert_refused(&["--listen", "[::]:0"], "name the keys to take with --access-key");
    let args = ["--listen", "0.0.0.0:0", "--access-key", "k"];
    assert_refused(&args, "give it a --control-token");
    for (option, value) in [
        ("--listen", "nowhere"),
        ("--listen", "127.0.0.1"),
        ("--listen", "127.0.0.1:65536"),
        ("--max-connections", "0"),
        ("--timeout", "5"),
        ("--queue-memory", "-1"),
        ("--clock", "sundial"),
        ("--latency", "fast"),
        ("--fault", "dorp"),
        ("--speed", "0"),
    ] {
        assert_refused(&[&port[..], &[&format!("{option}={value}")]].concat(), option);
    }
    let secret = ["--access-key", "secret key", "--control-token", "secret token"];
    let ran = contrail(&[&["serve", "corpus/valid"], &port[..], &secret].concat());
    assert!(ran.code == Some(2) && !ran.stderr.contains("secret"), "{}", ran.stderr);
}

#[test]
fn a_report_that_would_overwrite_the_recording_is_refused() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("day.jsonl");
    fs::write(&file, text(2)).expect("it can be written");
    let file = file.to_str().expect("the path is UTF-8");
    let ran = contrail(&["serve", file, "--listen", "127.0.0.1:0", "--report", file]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("would overwrite an input"), "{}", ran.stderr);
    assert_eq!(fs::read(file).expect("it is there"), text(2));
}

#[test]
fn a_file_that_is_not_there_ends_it_with_3_or_is_told() {
    let ran = contrail(&["serve", "nowhere.jsonl", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let args = ["nowhere.jsonl", "-", "--speed", "max", "--exit-when-drained"];
    let served = Served::fed(&args, text(3));
    served.get(KEY, 1);
    assert_eq!(finish(&served), 3);
    let (code, said) = served.end();
    assert_eq!(code, Some(3), "what could not be read is not forgotten");
    assert!(said.contains("contrail: nowhere.jsonl: "), "{said}");
}

#[test]
fn what_is_damaged_is_told_and_the_rest_is_served() {
    let broken = b"not json\n{\"half\": \n".to_vec();
    let amid = [text(2), broken.clone(), text(5)].concat();
    for (input, events) in [(broken, 0), (amid, 7)] {
        let args = ["-", "--speed", "max", "--exit-when-drained"];
        let served = Served::fed(&args, input);
        served.get(KEY, 1);
        if 0 < events {
            assert_eq!(finish(&served), events);
        }
        let (code, said) = served.end();
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("contrail: <stdin>:"), "{said}");
    }
}

#[test]
fn an_empty_recording_is_drained_by_the_first_request() {
    let served = Served::fed(&["-", "--exit-when-drained"], Vec::new());
    assert_eq!(served.status()["state"], "ended");
    assert_eq!(served.get(KEY, 1).events, Vec::<Value>::new());
    let (code, said) = served.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("served 0 events"), "{said}");
    assert!(said.contains("note: there were no events to serve\n"), "{said}");
}

#[test]
fn standard_input_compressed_files_and_hars_are_served() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("it can be written");
        path.to_str().expect("the path is UTF-8").to_owned()
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&text(5)).expect("it can be compressed");
    let gzip = gzip.finish().expect("it can be compressed");
    let zstd = zstd::encode_all(&text(5)[..], 1).expect("it can be compressed");
    let body = format!(r#"{{"BatchId":"b","Count":5,"Events":[{}]}}"#, lines(5).join(","));
    let har = json!({ "log": { "entries": [{
        "request": { "method": "GET", "url": "https://api.example.com/2/events/" },
        "response": { "status": 200, "content": { "mimeType": "application/json", "text": body } },
    }] } });
    for (input, stdin) in [
        ("-".to_owned(), text(5)),
        ("-".to_owned(), gzip.clone()),
        (file("day.jsonl.gz", &gzip), Vec::new()),
        (file("day.jsonl.zst", &zstd), Vec::new()),
        (file("day.har", har.to_string().as_bytes()), Vec::new()),
        (file("day.json", body.as_bytes()), Vec::new()),
    ] {
        let served = Served::fed(&[&input, "--speed", "max", "--exit-when-drained"], stdin);
        served.get(KEY, 1);
        // It is read twice: for the page too.
        while served.control("GET", "timeline", None).json()["complete"] != true {
            thread::yield_now();
        }
        assert_eq!(served.control("GET", "timeline", None).json()["events"], 5, "{input}");
        assert_eq!(finish(&served), 5, "{input}");
        assert_eq!(served.end().0, Some(0), "{input}");
    }
}

#[test]
#[cfg(unix)]
fn a_signal_ends_it_with_130_and_the_report() {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let report = folder.path().join("report.json");
        let path = report.to_str().expect("the path is UTF-8");
        let served = Served::lines(&lines(3), &["--speed", "max", "--report", path]);
        served.get(KEY, 1);
        served.get(KEY, 2);
        served.signal(signal);
        let (code, said) = served.end();
        assert_eq!(code, Some(130), "{signal}: {said}");
        assert!(said.contains("2 gets, 0 deletes, 0 refused\n"), "{said}");
        let report = fs::read_to_string(report).expect("the report is there");
        let report: Value = serde_json::from_str(&report).expect("it is JSON");
        assert_eq!((&report["drained"], &report["requests"]["get"]), (&json!(false), &json!(2)));
    }
}

/// A request that takes an hour is under way, in a thread of its own.
#[cfg(unix)]
fn busy() -> Served {
    let served = Served::lines(&lines(3), &["--speed", "max", "--fault", "slow-body,over=1h"]);
    let mut socket = crate::socket::Socket::to(&served);
    let request = format!("GET /3/events HTTP/1.1\r\nAccessKey: {KEY}\r\n\r\n");
    socket.send(request).expect("it is sent");
    // The head is there: the body is under way.
    socket.skip(16);
    thread::spawn(move || socket.rest());
    served
}

#[test]
#[cfg(unix)]
fn an_answer_under_way_is_not_waited_for_for_ever() {
    let served = busy();
    served.signal("TERM");
    let (code, said) = served.end();
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("1 get, 0 deletes"), "{said}");
}

#[test]
#[cfg(unix)]
fn the_second_signal_ends_it_at_once() {
    let served = busy();
    served.signal("INT");
    // It takes no more connections once it is about to end.
    while TcpStream::connect(served.address()).is_ok() {
        thread::yield_now();
    }
    served.signal("TERM");
    let (code, said) = served.end();
    assert_eq!(code, Some(130), "{said}");
    assert!(!said.contains("served "), "it has not come to its summary: {said}");
}

#[test]
fn the_report_is_that_of_the_control_api() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("report.json");
    let args = ["--speed", "max", "--exit-when-drained", "--report", path.to_str().expect("UTF-8")];
    let faults = ["--fault", "drop,p=0", "--fault", "503,p=0"];
    let served = Served::lines(&lines(20), &[&args[..], &faults].concat());
    served.get(KEY, 1);
    let batch = served.get(KEY, 512);
    let shown = served.control("GET", "report", None).json();
    assert_eq!(served.delete(KEY, &batch.id).status, 204);
    assert_eq!(served.end().0, Some(0));
    let text = fs::read_to_string(path).expect("the report is there");
    let report: Value = serde_json::from_str(&text).expect("it is JSON");
    let members = |value: &Value| -> Vec<String> {
        value.as_object().expect("it is an object").keys().cloned().collect()
    };
    assert_eq!(members(&report), members(&shown));
    assert_eq!(members(&report["subscribers"][0]), members(&shown["subscribers"][0]));
    assert_eq!((&shown["drained"], &report["drained"]), (&json!(false), &json!(true)));
    assert_eq!(report["subscribers"][0]["deleted"], 20);
    for member in ["faults", "event_faults", "arrived", "filtered", "problems", "contrail"] {
        assert_eq!(report[member], shown[member], "{member}");
    }
}

#[test]
fn a_report_that_cannot_be_written_ends_it_with_3() {
    let args = ["--speed", "max", "--exit-when-drained", "--report", "/nowhere/report.json"];
    let served = Served::lines(&lines(2), &args);
    served.get(KEY, 1);
    assert_eq!(finish(&served), 2);
    let (code, said) = served.end();
    assert_eq!(code, Some(3));
    assert!(said.contains("contrail: cannot write the report /nowhere/report.json: "), "{said}");
}
