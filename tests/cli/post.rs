//! `contrail replay --post`: what a web server gets, and what is told when it does not take it.

use std::{
    fs,
    io::{self, Write as _},
    net::TcpListener,
    sync::{Barrier, Mutex, mpsc},
    thread,
};

use tempfile::TempDir;

use crate::{
    program::{Ran, command, contrail, heartbeat, run},
    web_server::{Answer, OK, Server},
};

/// A folder with a recording of so many events, all due at once.
fn recording(events: u64) -> (TempDir, String) {
    recorded(&(0..events).map(heartbeat).collect::<Vec<_>>())
}

fn recorded(events: &[String]) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("day.jsonl");
    fs::write(&file, events.join("\n") + "\n").expect("it can be written");
    (folder, file.to_str().expect("the path is UTF-8").to_owned())
}

/// Events that are a minute apart.
fn minutes(events: u64) -> Vec<String> {
    (0..events)
        .map(|it| heartbeat(it).replace("06:14:59Z", &format!("06:{:02}:59Z", 14 + it)))
        .collect()
}
/// Posts a recording, with hardly any wait between two attempts.
fn post(file: &str, url: &str, args: &[&str]) -> Ran {
    post_with(file, url, args, &[])
}

fn post_with(file: &str, url: &str, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let given = ["replay", file, "--quiet", "--post", url];
    let backoff = ["--backoff", "1ms"];
    let backoff = if args.contains(&"--backoff") { &[] } else { &backoff[..] };
    let mut command = command(&[&given, backoff, args].concat());
    for proxy in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"] {
        command.env_remove(proxy).env_remove(proxy.to_lowercase());
    }
    run(command.envs(variables.iter().copied()), b"")
}

/// That nothing was said, and all is well.
fn assert_clean(ran: &Ran) {
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout.as_str()), (Some(0), "", ""));
}

/// That the sink failed, and what was said about it behind the URL.
fn assert_failed(ran: &Ran, url: &str, message: &str) {
    assert_eq!(ran.stderr, format!("contrail: {url}: {message}\n"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(4), ""));
}

#[test]
fn each_event_is_the_body_of_a_request() {
    let (_folder, file) = recording(3);
    let server = Server::start(|_, _| Answer::Status("200 OK"));
    assert_clean(&post(&file, &server.url(), &[]));
    assert_eq!(server.bodies(), [0, 1, 2].map(heartbeat));
    for request in server.requests() {
        let head: Vec<_> = request.head.lines().collect();
        assert_eq!(head[0], "post /hook http/1.1");
        assert!(head.contains(&"content-type: application/json"), "{head:?}");
    }
    assert_eq!(server.connections(), 1, "the connection is used again");
}

#[test]
fn batches_have_the_shape_of_those_on_standard_output() {
    let (_folder, file) = recording(5);
    let server = Server::start(|_, _| OK);
    assert_clean(&post(&file, &server.url(), &["--batch", "2"]));
    let printed = contrail(&["replay", &file, "--quiet", "--batch", "2"]).stdout;
    let want: Vec<_> = printed.lines().collect();
    assert_eq!(server.bodies(), want);
    assert!(want[2].contains(r#""Count":1,"Events":[{"#), "{}", want[2]);
}

#[test]
fn compact_makes_one_line_of_an_event() {
    let (_folder, file) = recorded(&[heartbeat(0).replace(',', ",\n ").replace("\":", "\" :\t")]);
    let server = Server::start(|_, _| OK);
    assert_clean(&post(&file, &server.url(), &["--compact"]));
    assert_eq!(server.bodies(), [heartbeat(0)]);
}

#[test]
fn a_gap_ends_a_batch() {
    let (_folder, file) = recorded(&minutes(2));
    let server = Server::start(|_, _| OK);
    assert_clean(&post(&file, &server.url(), &["--max-gap", "20ms", "--batch", "9"]));
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    for (body, event) in bodies.iter().zip(minutes(2)) {
        assert!(body.ends_with(&format!(r#","Count":1,"Events":[{event}]}}"#)), "{body}");
    }
}

#[test]
fn requests_are_under_way_at_once() {
    let (_folder, file) = recording(4);
    // No request is answered before there is a second one.
    let both = Barrier::new(2);
    let server = Server::start(move |_, _| {
        both.wait();
        OK
    });
    assert_clean(&post(&file, &server.url(), &["--concurrency", "2"]));
    let mut bodies = server.bodies();
    bodies.sort();
    assert_eq!(bodies, [0, 1, 2, 3].map(heartbeat));
    assert!(server.connections() <= 2, "connections are used again");
}

#[test]
fn an_event_leaves_while_the_one_before_a_gap_is_under_way() {
    let (_folder, file) = recorded(&minutes(2));
    let both = Barrier::new(2);
    let server = Server::start(move |_, _| {
        both.wait();
        OK
    });
    assert_clean(&post(&file, &server.url(), &["--max-gap", "20ms", "--concurrency", "2"]));
    assert_eq!(server.bodies().len(), 2);
}

#[test]
fn a_slow_server_is_lag() {
    let (_folder, file) = recording(2);
    let server = Server::start(|number, _| if number == 0 { Answer::Silence } else { OK });
    let args = ["--timeout", "300ms", "--fail-on", "max_lag>200ms"];
    let ran = post(&file, &server.url(), &args);
    let want = "contrail: the timing was not good enough: max_lag>200ms\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(5), want));
    assert_eq!(server.bodies(), [0, 0, 1].map(heartbeat));
}

#[test]
fn a_dead_server_gets_nothing() {
    let (_folder, file) = recording(2);
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}/hook");
    let ran = post(&file, &url, &["--retries", "2"]);
    let message = ran.stderr.strip_prefix(&format!("contrail: {url}: ")).unwrap();
    assert!(message.contains("refused"), "{message}");
    assert!(message.ends_with(", after 3 attempts; 0 events were delivered\n"), "{message}");
    assert_eq!(ran.code, Some(4));
}

#[test]
fn an_answer_that_breaks_off_is_none() {
    let (_folder, file) = recording(2);
    let server = Server::start(|number, _| if number == 0 { Answer::HangUp } else { OK });
    assert_clean(&post(&file, &server.url(), &[]));
    assert_eq!(server.bodies(), [0, 0, 1].map(heartbeat));

    let server = Server::start(|number, _| if number == 0 { OK } else { Answer::HangUp });
    let ran = post(&file, &server.url(), &["--retries", "1"]);
    let message = "Peer disconnected, after 2 attempts; 1 events were delivered";
    assert_failed(&ran, &server.url(), message);
    assert_eq!(server.bodies(), [0, 1, 1].map(heartbeat));
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let (_folder, file) = recording(2);
    let server = Server::start(|_, _| Answer::Silence);
    let ran = post(&file, &server.url(), &["--timeout", "300ms", "--retries", "1"]);
    let message = "no answer within 300ms, after 2 attempts; 0 events were delivered";
    assert_failed(&ran, &server.url(), message);
    assert_eq!(server.bodies(), [0, 0].map(heartbeat));
}

#[test]
fn a_server_that_recovers_gets_everything_in_order() {
    let (_folder, file) = recording(2);
    let server = Server::start(|number, _| match number {
        0 | 1 => Answer::Status("500 Internal Server Error"),
        _ => Answer::Status("200 OK"),
    });
    assert_clean(&post(&file, &server.url(), &[]));
    assert_eq!(server.bodies(), [0, 0, 0, 1].map(heartbeat));
    assert_eq!(server.connections(), 1, "an error does not cost the connection");
}

#[test]
fn retries_end() {
    let (_folder, file) = recording(2);
    let server = Server::start(|_, _| Answer::Status("502 Bad Gateway"));
    let message = "502 Bad Gateway, after 4 attempts; 0 events were delivered";
    assert_failed(&post(&file, &server.url(), &[]), &server.url(), message);
    assert_eq!(server.bodies(), [0, 0, 0, 0].map(heartbeat));
}

#[test]
fn retry_after_takes_the_place_of_the_backoff() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let (_folder, file) = recording(2);
        let busy = match status {
            "429 Too Many Requests" => "429 Too Many Requests\r\nRetry-After: 0",
            _ => "503 Service Unavailable\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT",
        };
        let server =
            Server::start(move |number, _| if number == 0 { Answer::Status(busy) } else { OK });
        // A wait of this length would go on for longer than any test.
        assert_clean(&post(&file, &server.url(), &["--backoff", "1h"]));
        assert_eq!(server.bodies(), [0, 0, 1].map(heartbeat));
    }
}

#[test]
fn a_server_that_asks_for_a_long_wait_is_left_alone() {
    let (_folder, file) = recording(1);
    let busy = "429 Too Many Requests\r\nRetry-After: 9999";
    let server = Server::start(move |_, _| Answer::Status(busy));
    let message =
        "429 Too Many Requests with Retry-After 9999s, after 1 attempt; 0 events were delivered";
    assert_failed(&post(&file, &server.url(), &[]), &server.url(), message);
    assert_eq!(server.bodies(), [heartbeat(0)]);
}

#[test]
fn a_request_that_is_refused_is_not_sent_again() {
    let (_folder, file) = recording(3);
    let server =
        Server::start(|number, _| if number == 0 { OK } else { Answer::Status("404 Not Found") });
    let message = "404 Not Found, after 1 attempt; 1 events were delivered";
    assert_failed(&post(&file, &server.url(), &[]), &server.url(), message);
    assert_eq!(server.bodies(), [0, 1].map(heartbeat));
}

#[test]
fn redirects_are_not_followed() {
    let (_folder, file) = recording(2);
    for status in ["302 Found", "307 Temporary Redirect"] {
        let elsewhere = Server::start(|_, _| OK);
        let answer: &str = format!("{status}\r\nLocation: {}", elsewhere.url()).leak();
        let server = Server::start(move |_, _| Answer::Status(answer));
        let message = format!(
            "{status}: redirects are not followed, after 1 attempt; 0 events were delivered"
        );
        assert_failed(&post(&file, &server.url(), &[]), &server.url(), &message);
        assert_eq!(server.bodies(), [heartbeat(0)]);
        assert_eq!(elsewhere.connections(), 0);
    }
}

#[test]
fn a_server_that_speaks_no_https_is_left_alone() {
    let (_folder, file) = recording(1);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/hook", listener.local_addr().unwrap());
    let plain = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        // Until the client is gone: what is not read when a socket closes takes the answer with it.
        let _ = io::copy(&mut stream, &mut io::sink());
    });
    let ran = post(&file, &url, &[]);
    plain.join().unwrap();
    let start = format!("contrail: {url}: no secure connection: ");
    assert!(ran.stderr.starts_with(&start), "{}", ran.stderr);
    let end = ", after 1 attempt; 0 events were delivered\n";
    assert!(ran.stderr.ends_with(end), "{}", ran.stderr);
    assert_eq!(ran.code, Some(4));
}

#[test]
fn headers_are_sent() {
    let (_folder, file) = recording(1);
    let server = Server::start(|_, _| OK);
    let args = ["--header", "X-Site=a=b", "--header", "content-type=text/plain"];
    let args = [&args[..], &["--header-env", "X-Key=HOOK_KEY"]].concat();
    let url = server.url().replace("http://", "http://user:word@");
    assert_clean(&post_with(&file, &url, &args, &[("HOOK_KEY", "hush")]));
    let head = &server.requests()[0].head;
    let mut got: Vec<_> = head.lines().filter(|line| !line.is_empty()).collect();
    got.sort_unstable();
    for want in [
        "authorization: basic dxnlcjp3b3jk",
        "content-type: text/plain",
        "x-key: hush",
        "x-site: a=b",
    ] {
        assert!(got.contains(&want), "{want} is not in {got:?}");
    }
    let types = got.iter().filter(|line| line.starts_with("content-type")).count();
    assert_eq!(types, 1, "{got:?}");
}

#[test]
fn secrets_are_not_told() {
    let (_folder, file) = recording(1);
    let server = Server::start(|_, _| Answer::Status("403 Forbidden"));
    let url = format!("http://user:secret@{}/hook?key=secret", server.address);
    let headers = ["--header", "X-Key=secret", "--header-env", "X-Word=HOOK_WORD"];
    let ran = post_with(&file, &url, &headers, &[("HOOK_WORD", "secret")]);
    let shown = format!("{}?...", server.url());
    assert_failed(&ran, &shown, "403 Forbidden, after 1 attempt; 0 events were delivered");
    assert_eq!(server.bodies(), [heartbeat(0)]);

    for (args, want) in [
        (["--header", "Authorization: secret"], "--header: want NAME=VALUE"),
        (["--header", "Authorization: Basic secret=="], "--header: want NAME=VALUE"),
        (["--header", "X-Key=sec\nret"], "the value of the header x-key is not plain text"),
        (["--header", "Content-Length=1"], "--header: content-length follows from the body"),
        (["--header-env", "X-Key"], "--header-env: want NAME=VARIABLE"),
        (
            ["--header-env", "X-Key=HOOK_UNSET"],
            "--header-env x-key: the environment has no variable HOOK_UNSET",
        ),
        (["--header-env", "X-Key=HOOK_WORD"], "the value of the header x-key is not plain text"),
    ] {
        let ran = post_with(&file, &url, &args, &[("HOOK_WORD", "sec\nret")]);
        assert_eq!((ran.code, ran.stderr), (Some(2), format!("contrail: {want}\n")), "{args:?}");
    }
    let ran = post(&file, "ftp://user:secret@host/", &[]);
    let want = "--post: the URL is not of http or https; want one such as https://host/path";
    assert_eq!((ran.code, ran.stderr), (Some(2), format!("contrail: {want}\n")));
    assert_eq!(server.bodies().len(), 1, "nothing more was sent");
}

#[test]
fn a_replay_goes_on_behind_what_was_acknowledged() {
    let (folder, file) = recording(4);
    let state = folder.path().join("state");
    let args = ["--checkpoint", state.to_str().unwrap()];
    let server = Server::start(|number, _| match number {
        2 => Answer::Status("400 Bad Request"),
        _ => OK,
    });
    let message = "400 Bad Request, after 1 attempt; 2 events were delivered";
    assert_failed(&post(&file, &server.url(), &args), &server.url(), message);
    assert!(state.exists());
    assert_clean(&post(&file, &server.url(), &args));
    assert_eq!(server.bodies(), [0, 1, 2, 2, 3].map(heartbeat));
    assert!(!state.exists(), "the replay is at its end");
}

#[test]
fn a_replay_does_not_go_on_behind_a_hole() {
    let (folder, file) = recording(2);
    let state = folder.path().join("state");
    let args = ["--checkpoint", state.to_str().unwrap(), "--concurrency", "2"];
    let (overtaken, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    // The first event is refused when the second one has come.
    let server = Server::start(move |number, request| {
        if 2 <= number {
            return OK;
        }
        if request.body == heartbeat(0) {
            wait.lock().unwrap().recv().unwrap();
            return Answer::Status("400 Bad Request");
        }
        overtaken.send(()).unwrap();
        OK
    });
    let message = "400 Bad Request, after 1 attempt; 1 events were delivered";
    assert_failed(&post(&file, &server.url(), &args), &server.url(), message);
    assert!(!state.exists(), "nothing was delivered without a hole before it");
    assert_clean(&post(&file, &server.url(), &args));
    let mut again = server.bodies().split_off(2);
    again.sort();
    assert_eq!(again, [0, 1].map(heartbeat));
}

#[test]
fn a_batch_is_delivered_whole_or_not() {
    let (_folder, file) = recording(5);
    let server = Server::start(|number, _| match number {
        0 => OK,
        _ => Answer::Status("413 Payload Too Large"),
    });
    let message = "413 Payload Too Large, after 1 attempt; 2 events were delivered";
    assert_failed(&post(&file, &server.url(), &["--batch", "2"]), &server.url(), message);
}

#[test]
fn arguments_that_contradict_each_other_are_2() {
    let url = "http://127.0.0.1:9/";
    for args in [
        &["--post", url, "--output", "out.jsonl"][..],
        &["--checkpoint", "state"],
        &["--concurrency", "2"],
        &["--retries", "2"],
        &["--timeout", "1s"],
        &["--header", "X=Y"],
        &["--header-env", "X=Y"],
        &["--post", url, "--concurrency", "0"],
        &["--post", url, "--timeout", "0s"],
    ] {
        let ran = contrail(&[&["replay", "-"], args].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
    }
}
