//! `contrail serve` under bad clients: each gets a clear answer or the end of its connection, and the
//! others are served.

use std::{io, thread};

use serde_json::{Value, json};

use crate::{
    program::heartbeat,
    served::{Answer, KEY, Served},
    socket::Socket,
};

/// A header that ends a connection behind its answer.
const CLOSE: &str = "Connection: close\r\n";

const MEGABYTE: usize = 1 << 20;

fn recording(events: u64) -> Vec<String> {
    (0..events).map(heartbeat).collect()
}

/// A server of a few events without waiting, with `KEY` subscribed.
fn serve(args: &[&str]) -> Served {
    let served = Served::lines(&recording(600), &[&["--speed", "max"], args].concat());
    assert_eq!(served.get(KEY, 1).events, Vec::<Value>::new());
    served
}

/// A request with the access key.
fn request(line: &str, headers: &str, body: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\nAccessKey: {KEY}\r\n{headers}\r\n{body}")
}

/// What a request on a connection of its own is answered.
fn ask(served: &Served, bytes: impl AsRef<[u8]>) -> Answer {
    let mut socket = Socket::to(served);
    // It may be refused before all of it is sent.
    let _ = socket.send(bytes);
    socket.answer()
}

/// That another client is served.
fn assert_serves(served: &Served) {
    let answer = ask(served, request("GET /3/events/1", "", ""));
    assert_eq!((answer.status, &answer.json()["Count"]), (200, &json!(1)), "{}", answer.body);
}

/// That it is refused with a status and a message, and that the others are served.
fn assert_refused(served: &Served, bytes: impl AsRef<[u8]>, status: u16) -> String {
    let answer = ask(served, &bytes);
    let sent = String::from_utf8_lossy(&bytes.as_ref()[..bytes.as_ref().len().min(300)]);
    assert_eq!(answer.status, status, "{sent}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"), "{sent}");
    let message = answer.message();
    assert_ne!(message, "", "{sent}");
    assert_serves(served);
    message
}

#[test]
fn malformed_http_gets_400_or_the_end_of_the_connection() {
    let served = serve(&["--timeout", "300ms"]);
    let get = |rest: &str| format!("GET /3/events HTTP/1.1\r\n{rest}\r\n\r\n").into_bytes();
    for bytes in [
        b" / HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /3/events\r\n\r\n".to_vec(),
        b"GET /3/events HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /3/events HTTP/2.0\r\n\r\n".to_vec(),
        b"GET 3/events HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /3/ev\xe9nts HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /3/ev\0nts HTTP/1.1\r\n\r\n".to_vec(),
        b"G(T /3/events HTTP/1.1\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\0\0\0\0\0\0\0\0".to_vec(),
        get("AccessKey: a\0b"),
        get("AccessKey"),
        get("AccessKey : k"),
        get("AccessKey: k\r\n folded"),
        get("Content-Length: -1"),
        get("Content-Length: +1"),
        get("Content-Length: x"),
        get("Content-Length: 1\r\nContent-Length: 2"),
        get("Content-Length: 99999999999999999999999"),
        get("Transfer-Encoding: gzip"),
    ] {
        let answer = ask(&served, &bytes);
        let sent = String::from_utf8_lossy(&bytes);
        assert_eq!(answer.status, 400, "{sent:?}: {answer:?}");
        assert_eq!(answer.header("connection"), Some("close"), "{sent:?}");
        assert_serves(&served);
    }
    for bytes in [&b"\r\n\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /3/ev", b""] {
        let mut socket = Socket::to(&served);
        socket.send(bytes).expect("it is sent");
        let sent = String::from_utf8_lossy(bytes);
        assert_eq!(socket.rest().expect("it ends"), b"", "{sent:?}");
        assert_serves(&served);
    }
    assert_eq!(served.status()["requests"]["refused"], 0, "no request has arrived");
}

#[test]
fn a_head_that_is_too_long_gets_431() {
    let served = serve(&[]);
    let long = "x".repeat(100_000);
    for bytes in [
        request("GET /3/events", &format!("X: {long}\r\n"), ""),
        request("GET /3/events", &"X: x\r\n".repeat(10_000), ""),
        request(&format!("GET /{long}"), "", ""),
        request(&format!("GET /3/events?type={long}"), "", ""),
    ] {
        assert_eq!(ask(&served, &bytes).status, 431, "{}", &bytes[..100]);
        assert_serves(&served);
    }
    let long = request("GET /3/events/2", &format!("X: {}\r\n", "x".repeat(60_000)), "");
    assert_eq!(ask(&served, long).json()["Count"], 2);
}

#[test]
fn what_is_odd_but_http_is_served() {
    let served = serve(&[]);
    let key = format!("AccessKey: {KEY}\r\n");
    for bytes in [
        format!("\r\n\r\nGET /3/events/2 HTTP/1.1\r\n{key}\r\n").into_bytes(),
        format!("GET /3/events/2 HTTP/1.1\nAccessKey: {KEY}\n\n").into_bytes(),
        format!("GET /3/events/2 HTTP/1.0\r\n{key}\r\n").into_bytes(),
        format!("GET http://elsewhere/3/events/2 HTTP/1.1\r\n{key}\r\n").into_bytes(),
        format!("GET /3/events/2/? HTTP/1.1\r\naccesskey:{KEY}\r\n\r\n").into_bytes(),
        format!("GET /3/events/2 HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n{key}\r\n")
            .into_bytes(),
        [b"GET /3/events/2 HTTP/1.1\r\nX: \xff\xfe\r\n", key.as_bytes(), b"\r\n"].concat(),
        request("GET /3/events/2", "Content-Length: 3\r\n", "abc").into_bytes(),
        request("GET /3/events/2", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")
            .into_bytes(),
    ] {
        let answer = ask(&served, &bytes);
        let sent = String::from_utf8_lossy(&bytes);
        assert_eq!((answer.status, &answer.json()["Count"]), (200, &json!(2)), "{sent}");
    }
    let mut socket = Socket::to(&served);
    socket.send(request("GET /3/events/2", "", "")).expect("it is sent");
    socket.half_close();
    assert_eq!(socket.answer().json()["Count"], 2);
    assert_eq!(socket.rest().expect("it ends"), b"");
}

#[test]
fn http_1_0_ends_the_connection_unless_it_is_to_stay() {
    let served = serve(&[]);
    let get = |more: &str| format!("GET /3/events/1 HTTP/1.0\r\nAccessKey: {KEY}\r\n{more}\r\n");
    let mut socket = Socket::to(&served);
    for _ in 0..2 {
        socket.send(get("Connection: keep-alive\r\n")).expect("it is sent");
        assert_eq!(socket.answer().json()["Count"], 1);
    }
    socket.send(get("")).expect("it is sent");
    assert_eq!(socket.answer().json()["Count"], 1);
    assert_eq!(socket.rest().expect("it ends"), b"");
}

#[test]
fn requests_that_are_sent_at_once_are_answered_in_order() {
    let served = serve(&[]);
    let delete = |body: &str| {
        request("DELETE /3/events", &format!("Content-Length: {}\r\n", body.len()), body)
    };
    let ids = format!(r#"{{"EventIds":["9eebaf4b-52a6-487b-bf2c-{:012}"]}}"#, 0);
    let get = || request("GET /3/events/1", "", "");
    let all = [get(), delete("{}"), delete(&ids), request("GET /x", "", ""), get()].concat();
    let mut socket = Socket::to(&served);
    socket.send(all).expect("it is sent");
    let answers: Vec<_> = (0..5).map(|_| socket.answer()).collect();
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 400, 204, 404, 200]);
    let first = |answer: &Answer| answer.json()["Events"][0].to_string();
    assert_eq!(first(&answers[0]), value(0));
    assert_eq!(first(&answers[4]), value(1));
}

/// An event as a value shows it.
fn value(number: u64) -> String {
    serde_json::from_str::<Value>(&heartbeat(number)).expect("it is JSON").to_string()
}

#[test]
fn paths_and_methods_that_are_not_there_get_404_405_and_400() {
    let served = serve(&[]);
    for path in [
        "/",
        "//3/events",
        "/3//events",
        "/3/./events",
        "/3/../3/events",
        "/3/%65vents",
        "/4/events",
        "/03/events",
        "/3/events/1/2",
        "/3/events;1",
        "/3/events%00",
        "/3/ev\u{e9}nts",
        "/../etc/passwd",
        "/3/events/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/_contrail%2fstatus",
        "//_contrail/status",
        "/3/_contrail/status",
        "/_contrail/../3/events",
        "/_contrail/status/",
        "/_contrail/STATUS",
        "/_contrail//status",
        "/_contrails",
        "/*",
    ] {
        assert_refused(&served, request(&format!("GET {path}"), CLOSE, ""), 404);
    }
    for path in ["/3/events/%2e%2e", "/3/events/1%00", "/3/events/0x10", "/3/events?type=%ff"] {
        assert_refused(&served, request(&format!("GET {path}"), CLOSE, ""), 400);
    }
    for (line, allowed) in [
        ("POST /3/events", "GET, DELETE, PATCH"),
        ("PUT /3/events", "GET, DELETE, PATCH"),
        ("OPTIONS /3/events", "GET, DELETE, PATCH"),
        ("TRACE /3/events", "GET, DELETE, PATCH"),
        ("get /3/events", "GET, DELETE, PATCH"),
        ("FROBNICATE /3/events", "GET, DELETE, PATCH"),
        ("PATCH /2/events", "GET, DELETE"),
        ("DELETE /3/events/5", "GET"),
    ] {
        let answer = ask(&served, request(line, "", ""));
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allowed)), "{line}");
        assert_refused(&served, request(line, "", ""), 405);
    }
    assert_refused(&served, request("OPTIONS *", "", ""), 404);
    assert_refused(&served, request("CONNECT localhost:80", "", ""), 404);
}

#[test]
fn a_head_request_gets_a_head_alone() {
    let served = serve(&[]);
    let mut socket = Socket::to(&served);
    socket.send(request("HEAD /3/events", "", "")).expect("it is sent");
    assert_eq!(socket.head().status, 405);
    socket.send(request("GET /3/events/1", CLOSE, "")).expect("it is sent");
    assert_eq!(socket.answer().json()["Count"], 1);
    assert_eq!(socket.rest().expect("it ends"), b"");
}

#[test]
fn access_keys_that_cannot_be_read_are_refused() {
    let served = serve(&[]);
    let get = |headers: &[u8]| [b"GET /3/events HTTP/1.1\r\n", headers, b"\r\n"].concat();
    for (headers, status) in [
        (&b""[..], 401),
        (b"AccessKey:\r\n", 401),
        (b"AccessKey:   \r\n", 401),
        (b"AccessKey: a\r\nAccessKey: b\r\n", 400),
        (b"AccessKey: a\r\naccesskey: a\r\n", 400),
        (b"AccessKey: \xff\xfe\r\n", 400),
        ("AccessKey: k\u{e4}se\r\n".as_bytes(), 400),
    ] {
        assert_refused(&served, get(headers), status);
    }
    let subscribers = served.status()["subscribers"].as_array().map(Vec::len);
    assert_eq!(subscribers, Some(1), "nobody else has subscribed");
}

#[test]
fn a_body_that_is_no_body_gets_400() {
    let served = serve(&[]);
    let delete = |headers: &str, body: &[u8]| {
        [request("DELETE /3/events", headers, "").as_bytes(), body].concat()
    };
    let chunked = "Transfer-Encoding: chunked\r\n";
    let deep = "[".repeat(100_000);
    for bytes in [
        delete(chunked, b"zz\r\nabc"),
        delete(chunked, b"fffffffffffffffffffff\r\nabc"),
        delete("", b""),
        delete("Content-Length: 100000\r\n", deep.as_bytes()),
        delete("Content-Length: 16\r\n", b"{\"BatchId\":\"\xff\xfe\"}"),
        delete("Content-Length: 16\r\n", b"{\"BatchId\":\"\0\0\"}"),
    ] {
        assert_refused(&served, bytes, 400);
    }
    for bytes in [delete(chunked, b"5\r\n{"), delete("Content-Length: 9\r\n", b"{")] {
        let mut socket = Socket::to(&served);
        socket.send(bytes).expect("it is sent");
        socket.half_close();
        let answer = socket.answer();
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.message().starts_with("the body could not be read"), "{answer:?}");
        assert_serves(&served);
    }
}

#[test]
fn a_body_of_100_mb_gets_413_before_it_is_read() {
    let served = serve(&[]);
    for (line, longest) in [("DELETE /3/events", 1 << 20), ("POST /_contrail/seek", 1 << 16)] {
        // Not a byte of it is sent.
        let declared = request(line, "Content-Length: 100000000\r\n", "");
        let message = assert_refused(&served, declared, 413);
        assert_eq!(message, format!("the body is longer than {longest} bytes"));
        let waited = request(line, "Content-Length: 100000000\r\nExpect: 100-continue\r\n", "");
        assert_refused(&served, waited, 413);
        // A little more than what is possible is sent, and the rest never.
        let chunk = format!("{:x}\r\n{}\r\n", longest + 1, " ".repeat(longest + 1));
        let chunked = request(line, "Transfer-Encoding: chunked\r\n", &chunk);
        assert_refused(&served, chunked, 413);
    }
}

#[test]
fn who_sends_100_mb_gets_an_answer_and_costs_no_memory() {
    let served = serve(&[]);
    for line in ["DELETE /3/events", "DELETE /x", "POST /_contrail/seek", "POST /_contrail/x"] {
        thread::scope(|scope| {
            for is_chunked in [false, true] {
                scope.spawn({
                    let served = &served;
                    move || assert_flooded(served, line, is_chunked)
                });
            }
        });
    }
    // Clients that send all of it before they look for an answer see it too.
    let body = " ".repeat(100 * MEGABYTE);
    let answer = served.ask("DELETE", "/3/events", KEY, Some(&body));
    assert_eq!(answer.status, 413);
    assert_serves(&served);
    #[cfg(target_os = "linux")]
    assert!(served.peak_memory() < 64 << 20, "{}", served.peak_memory());
}

/// Sends 100 megabytes, as much as is taken of it.
fn assert_flooded(served: &Served, line: &str, is_chunked: bool) {
    let mut socket = Socket::to(served);
    let length = format!("Content-Length: {}\r\n", 100 * MEGABYTE);
    let headers = if is_chunked { "Transfer-Encoding: chunked\r\n" } else { length.as_str() };
    socket.send(request(line, headers, "")).expect("it is sent");
    let chunk = " ".repeat(MEGABYTE);
    let chunk = if is_chunked { format!("{MEGABYTE:x}\r\n{chunk}\r\n") } else { chunk };
    // It need not take all of it.
    let _ = (0..100).try_for_each(|_| socket.send(&chunk));
    let answer = socket.answer();
    let status = if line.ends_with('x') { 404 } else { 413 };
    assert_eq!((answer.status, answer.header("connection")), (status, Some("close")), "{line}");
    assert_serves(served);
}

#[test]
fn a_body_is_asked_for_by_who_waits_for_that() {
    let served = serve(&[]);
    let mut socket = Socket::to(&served);
    let body = r#"{"EventIds":[]}"#;
    let headers = format!("Expect: 100-continue\r\nContent-Length: {}\r\n", body.len());
    socket.send(request("DELETE /3/events", &headers, "")).expect("it is sent");
    assert_eq!(socket.answer().status, 100);
    socket.send(body).expect("it is sent");
    assert_eq!(socket.answer().status, 204);
}

#[test]
fn what_is_too_slow_is_ended() {
    let served = serve(&["--timeout", "300ms"]);
    // A head that does not end, and a connection that is silent after an answer.
    let head = format!("GET /3/events/1 HTTP/1.1\r\nAccessKey: {KEY}\r\n");
    for (bytes, statuses) in [(head.clone(), &[][..]), (head + "\r\n", &[200])] {
        let mut socket = Socket::to(&served);
        socket.send(bytes).expect("it is sent");
        for status in statuses {
            assert_eq!(socket.answer().status, *status);
        }
        assert_eq!(socket.rest().expect("it ends"), b"");
        assert_serves(&served);
    }
    for (line, status) in [
        ("DELETE /3/events", 408),
        ("POST /_contrail/seek", 408),
        // The body is not wanted.
        ("GET /3/events/1", 200),
        ("GET /nowhere", 404),
        ("PUT /3/events", 405),
        ("POST /_contrail/nowhere", 404),
    ] {
        for (headers, body) in [
            ("Content-Length: 20\r\n", "{"),
            ("Content-Length: 20\r\n", ""),
            ("Transfer-Encoding: chunked\r\n", "5\r\n{"),
        ] {
            let mut socket = Socket::to(&served);
            socket.send(request(line, headers, body)).expect("it is sent");
            let answer = socket.answer();
            assert_eq!(answer.status, status, "{line}: {answer:?}");
            assert_eq!(answer.header("connection"), Some("close"), "{line}");
            assert_ne!(answer.body, "");
            assert_eq!(socket.rest().expect("it ends"), b"", "{line}");
            assert_serves(&served);
        }
    }
}

#[test]
fn who_never_reads_is_not_waited_for() {
    let served = serve(&["--timeout", "300ms"]);
    let mut socket = Socket::to(&served);
    let many = request("GET /3/events/512", "", "").repeat(1000);
    let error = loop {
        if let Err(error) = socket.send(&many) {
            break error;
        }
    };
    let broken = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
    assert!(broken.contains(&error.kind()), "{error}");
    assert_serves(&served);
}

#[test]
#[cfg(unix)]
fn a_thousand_idle_connections_hinder_nobody() {
    raise_file_limit();
    let served = serve(&[]);
    let mut idle: Vec<_> = (0..1000).map(|_| Socket::to(&served)).collect();
    for socket in idle.iter_mut().step_by(2) {
        socket.send("GET /3/events/1 HTTP/1.1\r\n").expect("it is sent");
    }
    assert_serves(&served);
    assert_eq!(served.status()["state"], "playing");
    #[cfg(target_os = "linux")]
    assert!(served.peak_memory() < 128 << 20, "{}", served.peak_memory());
    for socket in idle.iter_mut().step_by(2) {
        socket.send(format!("AccessKey: {KEY}\r\n\r\n")).expect("it is sent");
        assert_eq!(socket.answer().json()["Count"], 1);
    }
    drop(idle);
    assert_serves(&served);
}

/// A thousand connections are a thousand open files of this process.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("the limit can be raised to the highest");
}

#[test]
fn a_connection_too_many_gets_503() {
    let served = Served::lines(&recording(3), &["--speed", "max", "--max-connections", "10"]);
    let get = request("GET /3/events/1", "", "");
    let mut sockets: Vec<_> = (0..10).map(|_| Socket::to(&served)).collect();
    for socket in &mut sockets {
        socket.send(&get).expect("it is sent");
        assert_eq!(socket.answer().status, 200);
    }
    for _ in 0..30 {
        let mut socket = Socket::to(&served);
        let answer = socket.answer();
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
        assert_eq!(answer.message(), "too many connections; try it later");
        assert_eq!(socket.rest().expect("it ends"), b"");
    }
    for socket in &mut sockets {
        socket.send(&get).expect("it is sent");
        assert_eq!(socket.answer().status, 200);
    }
    sockets.truncate(5);
    // It takes a moment until it has seen that.
    while ask(&served, &get).status == 503 {
        thread::yield_now();
    }
}

#[test]
fn a_client_that_never_deletes_costs_no_memory_and_loses_nothing() {
    const EVENTS: u64 = 200_000;
    let args = ["--speed", "max", "--queue-memory", "1000000"];
    let served = Served::lines(&recording(EVENTS), &args);
    let expected: Vec<_> =
        (0..EVENTS).map(|number| format!("9eebaf4b-52a6-487b-bf2c-{number:012}")).collect();
    for key in ["hoarder", "other"] {
        served.get(key, 1);
    }
    for _ in 0..200 {
        assert_eq!(served.get("hoarder", 512).ids(), &expected[..512]);
    }
    assert!(served.drain("other", 512) == expected, "the other one gets all in order");
    for limit in [1, 100, 512] {
        assert_eq!(served.get("hoarder", limit).ids(), &expected[..limit]);
    }
    let status = served.status();
    assert_eq!(status["subscribers"][0]["pending"], EVENTS);
    assert!(status["held_bytes"].as_u64().expect("a number") <= 1_000_000, "{status}");
    assert!(20_000_000 < status["spilled_bytes"].as_u64().expect("a number"), "{status}");
    assert!(served.drain("hoarder", 512) == expected, "the first one gets all in order");
    let status = served.status();
    assert_eq!((&status["held_bytes"], &status["spilled_bytes"]), (&json!(0), &json!(0)));
    #[cfg(target_os = "linux")]
    assert!(served.peak_memory() < 64 << 20, "{}", served.peak_memory());
}

#[test]
fn clients_that_hang_up_lose_nothing() {
    let served = serve(&[]);
    let get = request("GET /3/events/512", "", "");
    for round in 0..300 {
        let mut socket = Socket::to(&served);
        socket.send(&get).expect("it is sent");
        socket.skip(round % 7 * 50);
        drop(socket);
        let mut socket = Socket::to(&served);
        let half = request("DELETE /3/events", "Content-Length: 60\r\n", r#"{"EventIds":["#);
        socket.send(&half[..half.len() - round % 40]).expect("it is sent");
        drop(socket);
    }
    assert_serves(&served);
    let status = served.status();
    assert_eq!(status["subscribers"][0]["deleted"], 0, "{status}");
    let expected: Vec<_> =
        (0..600).map(|number| format!("9eebaf4b-52a6-487b-bf2c-{number:012}")).collect();
    assert_eq!(served.drain(KEY, 512), expected);
    assert!(!served.said().contains("panicked"), "{}", served.said());
}

#[test]
fn more_keys_than_anybody_has_are_refused() {
    let served = serve(&[]);
    for number in 1..1000 {
        served.get(&format!("key-{number}"), 1);
    }
    let answer = served.ask("GET", "/3/events", "one-too-many", None);
    assert_eq!(answer.status, 503);
    assert!(answer.message().contains("--access-key"), "{answer:?}");
    assert_serves(&served);
}

#[test]
fn an_endless_recording_that_takes_no_time_is_served() {
    let served = Served::lines(&[heartbeat(0)], &["--loop"]);
    assert_eq!(served.get(KEY, 100).events.len(), 0);
    assert_eq!(served.status()["state"], "playing");
    assert_eq!(served.get("other", 100).events.len(), 0);
    let batch = served.get(KEY, 100);
    assert_eq!(batch.events.len(), 100);
    assert_eq!(served.delete(KEY, &batch.id).status, 204);
    let nothing = served.ask("GET", "/3/events?type=none", KEY, None);
    assert_eq!(nothing.json()["Count"], 0);
    assert_eq!(served.control("GET", "report", None).json()["drained"], false);
}
