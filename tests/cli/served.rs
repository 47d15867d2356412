//! `contrail serve` for tests, and a client that knows nothing of how it works.

use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::{
    Agent,
    http::{Request, Response},
};

use crate::program::command;

/// An access key, if it does not matter which.
pub(crate) const KEY: &str = "4c3a6f0e-7d0c-4bb0-9a53-0d8e8c1b2a10";

/// `contrail serve`. It ends with the test.
pub(crate) struct Served {
    process: Child,
    /// Where the API is, as `http://127.0.0.1:port`.
    pub(crate) origin: String,
    /// Where the control API is.
    pub(crate) control: String,
    said: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    agent: Agent,
    /// Gone with the test.
    _folder: TempDir,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An answer, with its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// The message of an error.
    pub(crate) fn message(&self) -> String {
        self.json()["Message"].as_str().expect("an error has a message").to_owned()
    }
}

/// A batch that was handed out.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) id: String,
    pub(crate) events: Vec<Value>,
}

impl Batch {
    /// The ids of its events.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.events.iter().map(|event| event["EventId"].as_str().expect("it has an id")).collect()
    }
}

impl Served {
    /// Serves a recording of these lines on any free port.
    pub(crate) fn lines(lines: &[String], args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let file = folder.path().join("day.jsonl");
        fs::write(&file, lines.join("\n") + "\n").expect("it can be written");
        let file = file.to_str().expect("the path is UTF-8").to_owned();
        Self::start(folder, &[&[file.as_str()], args].concat(), Vec::new())
    }

    /// Serves what the arguments say, on any free port.
    pub(crate) fn of(args: &[&str]) -> Self {
        Self::fed(args, Vec::new())
    }

    /// The same with something on standard input.
    pub(crate) fn fed(args: &[&str], stdin: Vec<u8>) -> Self {
        Self::start(tempfile::tempdir().expect("a folder can be made"), args, stdin)
    }

    fn start(folder: TempDir, args: &[&str], stdin: Vec<u8>) -> Self {
        let listen = ["--listen", "127.0.0.1:0"];
        let listen = if args.contains(&"--listen") { &[] } else { &listen[..] };
        let mut command = command(&[&["serve"], args, listen].concat());
        command.env_remove("CONTRAIL_ACCESS_KEY").env_remove("CONTRAIL_CONTROL_TOKEN");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        let mut pipe = process.stdin.take().expect("standard input is a pipe");
        // It may end before it has read everything.
        thread::spawn(move || drop(pipe.write_all(&stdin)));
        let mut stderr = BufReader::new(process.stderr.take().expect("standard error is a pipe"));
        let mut greeting = String::new();
        while greeting.matches("http://").count() < 2 {
            let length = stderr.read_line(&mut greeting).expect("standard error is UTF-8");
            assert_ne!(length, 0, "it ended and said {greeting}");
        }
        let mut origins = greeting.match_indices("http://").map(|(at, _)| {
            let rest = &greeting[at + 7..];
            format!("http://{}", rest.split(['/', ' ', '\n']).next().unwrap_or_default())
        });
        let (origin, control) =
            (origins.next().expect("the API"), origins.next().expect("the control API"));
        let said = Arc::new(Mutex::new(greeting));
        let reader = thread::spawn({
            let said = Arc::clone(&said);
            move || {
                for line in stderr.lines().map_while(Result::ok) {
                    said.lock().expect("nobody panics").push_str(&(line + "\n"));
                }
            }
        });
        let config = Agent::config_builder().http_status_as_error(false).proxy(None);
        let agent = config.build().new_agent();
        Self { process, origin, control, said, reader: Some(reader), agent, _folder: folder }
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("nobody panics").clone()
    }

    /// Its number as a process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// The most memory that it ever had, in bytes.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kibibytes.and_then(|text| text.parse::<u64>().ok()).expect("a number of kB") * 1024
    }

    /// Sends it a signal such as `TERM`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let args = [format!("-{name}"), self.process().to_string()];
        let status = std::process::Command::new("kill").args(args).status();
        assert!(status.expect("there is `kill`").success());
    }

    /// Waits for its end: the exit code, and all that it said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let status = self.process.wait().expect("it ends");
        self.reader.take().expect("it is there").join().expect("it does not panic");
        (status.code(), self.said())
    }

    /// A request to the API with an access key.
    pub(crate) fn ask(&self, method: &str, path: &str, key: &str, body: Option<&str>) -> Answer {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        let request = request.header("AccessKey", key).header("Content-Type", "application/json");
        self.send(request.body(body.unwrap_or_default().to_owned()).expect("it is a request"))
    }

    /// Sends a request of any kind.
    pub(crate) fn send(&self, request: Request<String>) -> Answer {
        self.try_send(request).unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Sends a request that may get no whole answer.
    pub(crate) fn try_send(&self, request: Request<String>) -> Result<Answer, ureq::Error> {
        let request = self.agent.configure_request(request).allow_non_standard_methods(true);
        let mut answer: Response<_> = self.agent.run(request.build())?;
        let body = answer.body_mut().with_config().limit(1 << 30).read_to_string()?;
        let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = answer.headers().iter();
        Ok(Answer {
            status: answer.status().as_u16(),
            body,
            headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect(),
        })
    }

    /// Get Events.
    pub(crate) fn get(&self, key: &str, limit: usize) -> Batch {
        let answer = self.ask("GET", &format!("/3/events/{limit}"), key, None);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let batch = answer.json();
        let events = batch["Events"].as_array().expect("there is a list of events").clone();
        assert_eq!(batch["Count"], events.len());
        Batch { id: batch["BatchId"].as_str().expect("a batch has an id").to_owned(), events }
    }

    /// Delete Events by the id of a batch, as the .NET client writes it.
    pub(crate) fn delete(&self, key: &str, batch: &str) -> Answer {
        let body = json!({ "BatchId": batch, "EventIds": null }).to_string();
        self.ask("DELETE", "/3/events", key, Some(&body))
    }

    /// Gets and deletes until nothing is left; the ids of all events.
    pub(crate) fn drain(&self, key: &str, limit: usize) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let batch = self.get(key, limit);
            if batch.events.is_empty() {
                return all;
            }
            all.extend(batch.ids().into_iter().map(str::to_owned));
            assert_eq!(self.delete(key, &batch.id).status, 204);
        }
    }

    /// A request to the control API.
    pub(crate) fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let uri = format!("{}/_contrail/{path}", self.control);
        let request = Request::builder().method(method).uri(uri);
        let request = request.header("Content-Type", "application/json");
        let body = body.map(ToString::to_string).unwrap_or_default();
        self.send(request.body(body).expect("it is a request"))
    }

    /// How it stands.
    pub(crate) fn status(&self) -> Value {
        self.control("GET", "status", None).json()
    }

    /// Asks the control API for a change.
    pub(crate) fn change(&self, path: &str, body: &Value) -> Value {
        let answer = self.control("POST", path, Some(body));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// A connection to the API.
    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address()).expect("it takes connections")
    }

    /// Where the API is.
    pub(crate) fn address(&self) -> SocketAddr {
        let address = self.origin.strip_prefix("http://").expect("it is an address");
        address.parse().expect("it is an address")
    }
}
