//! Requests to the stand-in, one after another: each gets an answer that a client can read, and no
//! event comes again after its delete.
//!
//! The input is requests with a record separator between them: `METHOD PATH`, a line end, the access
//! key, a line end, the body. In it, `$B` stands for the id of the batch that came last.

#![no_main]

use std::{
    collections::HashSet,
    io::{self, Read},
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use contrail_replay::{
    Open, RecordingTime, Restamp, Restamper, Schedule, ScheduleOptions, Speed, StandIn,
    StandInOptions,
    server::{Server, ServerOptions},
};
use http::Request;
use http_body_util::Full;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("it starts"));

/// Forty events, two of each second.
static RECORDING: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let event = |number: u32| {
        let (kind, second) = (["HeartbeatEvent", "ObjectEvent"][number as usize % 2], number / 2);
        format!(
            r#"{{"Type":"{kind}","EventId":"{number}","EventTime":"2018-01-01T00:00:{second:02}Z","Device":"D{}"}}"#,
            number % 3
        ) + "\n"
    };
    (0..40).map(event).collect::<String>().into_bytes()
});

struct Recording;

impl Open for Recording {
    fn name(&self) -> String {
        "recording".to_owned()
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(RECORDING.as_slice()))
    }

    fn can_reopen(&self) -> bool {
        true
    }
}

fn schedule() -> Schedule {
    Schedule::new(vec![Box::new(Recording)], ScheduleOptions::default())
}

fn server() -> Server {
    let zero = RecordingTime::default();
    let restamper = Restamper::new(Restamp::Keep, zero, zero);
    let options = StandInOptions { memory: 1000, ..StandInOptions::default() };
    let spill = Box::new(io::Cursor::new(Vec::new()));
    let stand_in = StandIn::new(schedule(), Speed::Max, restamper, options, spill);
    let (again, drawn) = (Arc::new(schedule), Arc::new(schedule));
    Server::new(stand_in, ServerOptions::default(), again, drawn, Box::new(|_| {}))
}

/// What a client knows.
#[derive(Default)]
struct Client {
    batch: String,
    ids: Vec<String>,
    deleted: HashSet<(Vec<u8>, String)>,
    /// Somebody went back in the recording, or changed how it is played.
    is_controlled: bool,
}

impl Client {
    async fn ask(&mut self, server: &Server, text: &[u8]) {
        let mut lines = text.splitn(3, |byte| *byte == b'\n');
        let line = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
        let key = lines.next().unwrap_or_default();
        let body = String::from_utf8_lossy(lines.next().unwrap_or_default());
        let body = body.replace("$B", &self.batch);
        let (method, path) = line.split_once(' ').unwrap_or(("GET", &line));
        let request = Request::builder().method(method).uri(path).header("AccessKey", key);
        let Ok(request) = request.body(Full::new(Bytes::from(body.clone()))) else { return };
        self.is_controlled |= path.contains("_contrail");
        let Some((status, answer)) = server.answer_alone(request).await else {
            panic!("no answer, and no fault was planted");
        };
        self.check(method, path, status, &answer);
        if status == 204 && !self.is_controlled && body.contains(&self.batch) {
            let by_id =
                |id: &String| body.contains("BatchId") || body.contains(&format!("\"{id}\""));
            let ids = self.ids.drain(..).filter(by_id);
            self.deleted.extend(ids.map(|id| (key.to_vec(), id)));
        }
        if status == 200 && path.contains("vents") {
            self.take(key, &answer);
        }
    }

    fn check(&self, method: &str, path: &str, status: u16, answer: &[u8]) {
        match status {
            200 => {}
            204 => assert!(answer.is_empty(), "{method} {path}"),
            308 | 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 503 => {
                let error: Value = serde_json::from_slice(answer).expect("errors are JSON");
                let message = error["Message"].as_str().expect("errors have a message");
                assert!(!message.is_empty(), "{method} {path}");
            }
            _ => panic!("{method} {path} got {status}"),
        }
    }

    fn take(&mut self, key: &[u8], answer: &[u8]) {
        let Ok(batch) = serde_json::from_slice::<Value>(answer) else {
            panic!("no JSON: {}", String::from_utf8_lossy(answer));
        };
        let Some(events) = batch["Events"].as_array() else { return };
        assert_eq!(batch["Count"], events.len());
        self.batch = batch["BatchId"].as_str().expect("a batch has an id").to_owned();
        self.ids = events.iter().map(|it| it["EventId"].as_str().unwrap().to_owned()).collect();
        if !self.is_controlled {
            for id in &self.ids {
                assert!(!self.deleted.contains(&(key.to_vec(), id.clone())), "{id} came again");
            }
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let server = server();
    let mut client = Client::default();
    RUNTIME.block_on(async {
        for text in bytes.split(|byte| *byte == 0x1E).take(32) {
            client.ask(&server, text).await;
        }
    });
});
