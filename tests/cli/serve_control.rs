//! The control API of `contrail serve`: who may use it, and what it refuses.

use serde_json::{Value, json};
use ureq::http::Request;

use crate::{
    program::{heartbeat, root},
    served::{Answer, KEY, Served},
    socket::Socket,
};

fn recording() -> Vec<String> {
    (0..5)
        .map(|number| heartbeat(number).replace("06:14:59Z", &format!("06:14:0{number}Z")))
        .collect()
}

fn serve(args: &[&str]) -> Served {
    Served::lines(&recording(), args)
}

/// A request to the control API with headers.
fn ask(served: &Served, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let uri = format!("{}/_contrail{path}", served.control);
    let request = Request::builder().method(method).uri(uri);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    served.send(request.body(String::new()).expect("it is a request"))
}

#[test]
fn a_token_is_wanted_for_all_but_the_page() {
    let served = serve(&["--control-token", "secret-1"]);
    let status =
        |path, authorization| ask(&served, "GET", path, &[("Authorization", authorization)]);
    for path in ["/status", "/report", "/timeline", "/subscribers", "/openapi.json"] {
        let without = ask(&served, "GET", path, &[]);
        assert_eq!((without.status, without.header("www-authenticate")), (401, Some("Bearer")));
        assert!(without.message().contains("--control-token"), "{without:?}");
        for wrong in
            ["Bearer secret-2", "Bearer secret-11", "Bearer ", "secret-1", "Basic secret-1"]
        {
            assert_eq!(status(path, wrong).status, 401, "{path}: {wrong}");
        }
        assert_eq!(status(path, "Bearer secret-1").status, 200, "{path}");
    }
    for path in ["/pause", "/resume", "/step", "/seek", "/speed", "/advance", "/faults"] {
        assert_eq!(ask(&served, "POST", path, &[]).status, 401, "{path}");
    }
    assert_eq!(ask(&served, "DELETE", "/faults", &[]).status, 401);
    assert_eq!(ask(&served, "GET", "/", &[]).status, 200);
    assert!(!served.said().contains("secret-1"), "{}", served.said());
}

#[test]
fn pages_from_elsewhere_are_not_obeyed() {
    let served = serve(&[]);
    let host = served.control.strip_prefix("http://").expect("it is an address");
    for origin in ["http://example.com", "null", "http://127.0.0.1:1", "http://127.0.0.1", ""] {
        for (method, path) in [("POST", "/pause"), ("GET", "/status"), ("DELETE", "/faults")] {
            let answer = ask(&served, method, path, &[("Origin", origin)]);
            assert_eq!(answer.status, 403, "{origin}");
            assert_eq!(answer.message(), "pages from elsewhere cannot control this server");
        }
    }
    assert_eq!(served.status()["state"], "waiting", "nothing was done");
    let own = format!("http://{host}");
    assert_eq!(ask(&served, "POST", "/pause", &[("Origin", &own)]).status, 200);
    // The API itself is not for pages, and takes what comes.
    let answer = served.ask("GET", "/3/events", KEY, None);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
}

#[test]
fn names_of_hosts_that_may_lie_are_refused_without_a_token() {
    let get = |served: &Served, host: &str, more: &str| {
        let mut socket = Socket::to_control(served);
        let text = format!("GET /_contrail/status HTTP/1.1\r\nHost: {host}\r\n{more}\r\n");
        socket.send(text).expect("it is sent");
        socket.answer().status
    };
    let served = serve(&[]);
    for host in
        ["evil.example", "evil.example:8317", "127.0.0.1.evil.example", "localhost.evil.example"]
    {
        assert_eq!(get(&served, host, ""), 403, "{host}");
    }
    for host in ["localhost:8317", "127.0.0.1", "[::1]:8317", "192.168.0.7:80", ""] {
        assert_eq!(get(&served, host, ""), 200, "{host}");
    }
    let served = serve(&["--control-token", "t"]);
    assert_eq!(get(&served, "my-server.example", ""), 401);
    assert_eq!(get(&served, "my-server.example", "Authorization: Bearer t\r\n"), 200);
}

#[test]
fn a_port_of_its_own_has_nothing_else() {
    let served = serve(&["--control-listen", "127.0.0.1:0"]);
    assert_ne!(served.origin, served.control);
    for path in ["/_contrail/", "/_contrail", "/_contrail/status"] {
        assert_eq!(served.ask("GET", path, KEY, None).status, 404, "{path}");
    }
    for path in ["/3/events", "/2/events", "/", "/_contrails"] {
        let mut socket = Socket::to_control(&served);
        let text = format!("GET {path} HTTP/1.1\r\nAccessKey: {KEY}\r\n\r\n");
        socket.send(text).expect("it is sent");
        let answer = socket.answer();
        assert_eq!(answer.status, 404, "{path}");
        assert_ne!(answer.message(), "");
    }
    assert_eq!(served.ask("GET", "/3/events", KEY, None).status, 200);
    assert_eq!(served.control("GET", "", None).status, 200);
    assert_eq!(served.status()["requests"]["refused"], 3);
}

#[test]
fn unknown_paths_and_wrong_methods_are_told() {
    let served = serve(&[]);
    for path in ["/nowhere", "/status/", "/Status", "//status", "/faults/1", "/%73tatus"] {
        let answer = ask(&served, "GET", path, &[]);
        assert_eq!(answer.status, 404, "{path}");
        let lists = "/_contrail/openapi.json lists what is";
        assert!(answer.message().contains(lists), "{answer:?}");
    }
    for (method, path, allowed) in [
        ("POST", "/", "GET"),
        ("POST", "/status", "GET"),
        ("HEAD", "/status", "GET"),
        ("OPTIONS", "/report", "GET"),
        ("DELETE", "/timeline", "GET"),
        ("GET", "/pause", "POST"),
        ("PUT", "/speed", "POST"),
        ("GET", "/faults", "POST, DELETE"),
        ("PATCH", "/faults", "POST, DELETE"),
    ] {
        let answer = ask(&served, method, path, &[]);
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allowed)),
            "{method} {path}"
        );
        assert_eq!(answer.body.is_empty(), method == "HEAD", "{method} {path}");
    }
    let mut socket = Socket::to_control(&served);
    socket.send("GET /_contrail HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is sent");
    let answer = socket.answer();
    assert_eq!((answer.status, answer.header("location")), (308, Some("/_contrail/")));
}

#[test]
fn bodies_that_are_not_as_described_are_refused() {
    let served = serve(&["--clock", "manual"]);
    let before = served.status();
    for (path, bodies) in [
        (
            "step",
            &[
                r#"{"events":0}"#,
                r#"{"events":-1}"#,
                r#"{"events":1.5}"#,
                r#"{"events":"1"}"#,
                r#"{"events":1,"x":2}"#,
                r#"{"events":18446744073709551616}"#,
                "{",
                "1",
                "[]x",
            ][..],
        ),
        (
            "seek",
            &[
                "",
                "{}",
                "[]",
                "null",
                r#"{"to":1}"#,
                r#"{"to":"soon"}"#,
                r#"{"to":""}"#,
                r#"{"by":"5"}"#,
                r#"{"by":5}"#,
                r#"{"by":"--5s"}"#,
                r#"{"event":1}"#,
                r#"{"position_ns":"1"}"#,
                r#"{"position_ns":1.5}"#,
                r#"{"position_ns":9223372036854775808}"#,
                r#"{"to":"+1s","by":"1s"}"#,
                r#"{"x":1}"#,
            ],
        ),
        (
            "speed",
            &[
                "",
                "{}",
                r#"{"speed":"0"}"#,
                r#"{"speed":"-1"}"#,
                r#"{"speed":"fast"}"#,
                r#"{"speed":""}"#,
                r#"{"speed":"1/0"}"#,
                r#"{"speed":"0/1"}"#,
                r#"{"speed":"NaN"}"#,
                r#"{"speed":"inf"}"#,
                r#"{"speed":1}"#,
                r#"{"speed":null}"#,
                r#"{"speed":"99999999999999999999999999999999999999999"}"#,
                r#"{"speed":"1","x":1}"#,
                r#"{"speed":"1","speed":"2"}"#,
            ],
        ),
        (
            "advance",
            &[
                "",
                "{}",
                r#"{"by":5}"#,
                r#"{"by":"5"}"#,
                r#"{"by":"-5s"}"#,
                r#"{"by":"99999999999999999999s"}"#,
                r#"{"by":"5s","x":1}"#,
            ],
        ),
        ("faults", &["", "{}", r#"{"fault":1}"#, r#"{"fault":"503","x":1}"#]),
    ] {
        for body in bodies {
            let uri = format!("{}/_contrail/{path}", served.control);
            let request = Request::post(uri).body((*body).to_owned()).expect("it is a request");
            let answer = served.send(request);
            assert_eq!(answer.status, 400, "{path}: {body}: {answer:?}");
            assert_ne!(answer.message(), "");
        }
    }
    let after = served.status();
    for member in ["state", "speed", "position_ns", "arrived", "faults", "next"] {
        assert_eq!(after[member], before[member], "{member}");
    }
}

#[test]
fn what_cannot_be_done_now_is_told() {
    let served = serve(&[]);
    let post = |path, body| served.control("POST", path, Some(&body));
    let advanced = post("advance", json!({ "by": "1s" }));
    assert_eq!(advanced.status, 409);
    assert_eq!(advanced.message(), "only the clock of --clock manual can be advanced");
    for nowhere in [
        json!({ "to": "9999-12-31T23:59:59Z" }),
        json!({ "event": "none" }),
        json!({ "to": "+1h" }),
    ] {
        let answer = post("seek", nowhere.clone());
        assert_eq!(answer.status, 404, "{nowhere}");
        assert_eq!(answer.message(), "the recording has no such place");
    }
    assert_eq!(served.status()["next"]["position_ns"], 0, "nothing has changed");
}

#[test]
fn no_number_is_too_large_for_it() {
    let clocks = [&["--clock", "manual"][..], &["--clock", "consumer"], &["--speed", "max"], &[]];
    let loops = [&[][..], &["--loop"]];
    for args in clocks.iter().flat_map(|clock| loops.map(|rounds| [*clock, rounds].concat())) {
        let served = serve(&args);
        served.get(KEY, 1);
        let is_endless = args.contains(&"--loop");
        for (path, body) in [
            ("pause", Value::Null),
            ("step", json!({ "events": if is_endless { 100 } else { u64::MAX } })),
            ("step", json!({ "events": if is_endless { 100 } else { u64::MAX } })),
            ("seek", json!({ "position_ns": i64::MAX })),
            ("seek", json!({ "position_ns": i64::MIN })),
            ("seek", json!({ "by": "146y" })),
            ("seek", json!({ "by": "-146y" })),
            ("seek", json!({ "to": "9999-12-31T23:59:59Z" })),
            ("seek", json!({ "to": "0001-01-01T00:00:00Z" })),
            ("seek", json!({ "to": "+146y" })),
            ("seek", json!({ "event": "none" })),
            ("speed", json!({ "speed": "0.000000001" })),
            ("speed", json!({ "speed": "1/1000000000" })),
            ("seek", json!({ "position_ns": 0 })),
            ("speed", json!({ "speed": "1" })),
            ("advance", json!({ "by": if is_endless { "5s" } else { "146y" } })),
            ("advance", json!({ "by": if is_endless { "5s" } else { "146y" } })),
        ] {
            let answer = served.control("POST", path, Some(&body));
            assert!([200, 404, 409].contains(&answer.status), "{args:?} {path} {body}: {answer:?}");
        }
        served.get(KEY, 512);
        assert_eq!(served.control("GET", "report", None).status, 200);
        assert!(!served.said().contains("panicked"), "{args:?}: {}", served.said());
    }
}

#[test]
fn answers_are_as_described() {
    let described = root().join("crates/replay/src/server/openapi.json");
    let described = std::fs::read_to_string(described).expect("it is readable");
    let described: Value = serde_json::from_str(&described).expect("it is JSON");
    let faults = ["--fault", "drop,p=0.2", "--fault", "503,p=0"];
    let served = serve(&[&["--speed", "max"], &faults[..]].concat());
    assert_described(&served, &described);
    served.get(KEY, 1);
    served.get(KEY, 2);
    assert_described(&served, &described);
    served.drain(KEY, 512);
    assert_described(&served, &described);
    assert_eq!(served.control("GET", "openapi.json", None).json(), described);
}

fn assert_described(served: &Served, described: &Value) {
    for path in ["status", "report", "timeline", "subscribers"] {
        let operation = &described["paths"][format!("/_contrail/{path}")]["get"];
        let answer = served.control("GET", path, None);
        let media = &operation["responses"]["200"]["content"]["application/json"];
        assert_valid(described, &media["schema"], &answer.json());
    }
    let refused = &described["components"]["responses"]["Refused"]["content"]["application/json"];
    assert_valid(described, &refused["schema"], &served.control("GET", "x", None).json());
    let status = served.control("DELETE", "faults", None).json();
    assert_valid(described, &json!({ "$ref": "#/components/schemas/Status" }), &status);
}

/// That a value is as a schema of the description has it.
fn assert_valid(described: &Value, schema: &Value, value: &Value) {
    assert!(schema.is_object(), "there is a schema");
    let mut root = schema.clone();
    root["components"] = described["components"].clone();
    let validator = jsonschema::validator_for(&root).expect("it is a schema");
    let errors: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0], "{value}");
}
