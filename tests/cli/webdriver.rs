//! A headless Chromium that a test drives through chromedriver, by the `WebDriver` protocol.

use std::{
    env, fmt,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::{
    Agent, Body,
    http::{Method, Request, Response},
};

/// How long the page may take for anything before the test has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the protocol names the reference of an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The key for this by the protocol.
pub(crate) const ENTER: char = '\u{E007}';
/// The key for this by the protocol.
pub(crate) const RIGHT: char = '\u{E014}';

/// A browser with one tab. It is gone when this is.
pub(crate) struct Browser {
    /// What the address of every command begins with.
    session: String,
    driver: Driver,
    /// What the browser keeps; removed behind it.
    _profile: TempDir,
}

/// chromedriver, and how it is spoken to.
struct Driver {
    agent: Agent,
    process: Child,
    /// Held, so that the driver can go on to write to it.
    _stdout: BufReader<ChildStdout>,
}

/// Why there is no browser here.
#[derive(Debug)]
pub(crate) struct Absent(&'static str);

impl fmt::Display for Absent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is not installed", self.0)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // This ends the browser, which would outlive its driver.
        let _ = self.driver.send(Method::DELETE, &self.session, None);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// Starts one, where Chromium and chromedriver are installed.
    pub(crate) fn start() -> Result<Self, Absent> {
        let browser = installed("chromium")?;
        let (driver, address) = Driver::start(&installed("chromedriver")?);
        let profile = tempfile::tempdir().expect("a folder can be made");
        let capabilities = capabilities(&browser, &profile);
        let started = driver.command(&format!("{address}/session"), &capabilities);
        let id = started["sessionId"].as_str().expect("a session has an id");
        Ok(Self { session: format!("{address}/session/{id}"), driver, _profile: profile })
    }

    /// Loads a page.
    pub(crate) fn open(&self, url: &str) {
        self.command("url", &json!({ "url": url }));
    }

    /// Presses the pointer's button in the middle of the first element that this selector finds.
    pub(crate) fn click(&self, css: &str) {
        self.command(&format!("element/{}/click", self.find(css)), &json!({}));
    }

    /// Types into the first element that this selector finds.
    pub(crate) fn type_into(&self, css: &str, text: &str) {
        self.command(&format!("element/{}/value", self.find(css)), &json!({ "text": text }));
    }

    /// Presses a key, wherever the focus is.
    pub(crate) fn press(&self, key: char) {
        let actions = ["keyDown", "keyUp"].map(|it| json!({ "type": it, "value": key }));
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.command("actions", &json!({ "actions": [keyboard] }));
    }

    /// The text of the first element that this selector finds, whether or not it can be seen.
    pub(crate) fn text(&self, css: &str) -> String {
        let text = self.run("return document.querySelector(arguments[0]).textContent", &[css]);
        text.as_str().expect("an element has text").to_owned()
    }

    /// What a script in the page returns.
    pub(crate) fn run(&self, script: &str, arguments: &[&str]) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn wait_until(&self, condition: &str) {
        let script = format!(
            "const done = arguments[0];
             const look = () => ({condition}) ? done(true) : setTimeout(look, 20);
             look();"
        );
        let url = format!("{}/execute/async", self.session);
        let body = json!({ "script": script, "args": [] });
        let answer = self.driver.send(Method::POST, &url, Some(&body));
        if let Err(problem) = answer.and_then(value) {
            let shown = self.run("return document.body.innerText", &[]);
            let shown = shown.as_str().unwrap_or_default();
            panic!("want {condition}, got {problem}, and a page that shows:\n{shown}");
        }
    }

    /// What went wrong in the page since the last call, as its console tells.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let entries = self.command("se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().expect("a log is a list").iter();
        entries
            .filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")))
            .map(ToString::to_string)
            .collect()
    }

    fn find(&self, css: &str) -> String {
        let found = self.command("element", &json!({ "using": "css selector", "value": css }));
        found[ELEMENT].as_str().expect("an element has a reference").to_owned()
    }

    fn command(&self, name: &str, body: &Value) -> Value {
        self.driver.command(&format!("{}/{name}", self.session), body)
    }
}

impl Driver {
    /// Starts it on a free port, and says where that is.
    fn start(program: &str) -> (Self, String) {
        let mut process = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut stdout = BufReader::new(process.stdout.take().expect("its output is a pipe"));
        let port = port(&mut stdout);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(2 * PATIENCE))
            .build()
            .new_agent();
        (Self { agent, process, _stdout: stdout }, format!("http://127.0.0.1:{port}"))
    }

    fn command(&self, url: &str, body: &Value) -> Value {
        let answer = self.send(Method::POST, url, Some(body)).and_then(value);
        answer.unwrap_or_else(|problem| panic!("{url} with {body}: {problem}"))
    }

    fn send(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
    ) -> Result<Response<Body>, String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder().method(method).uri(url);
        let request = request.header("Content-Type", "application/json").body(body);
        self.agent.run(request.expect("the address is one")).map_err(|error| error.to_string())
    }
}

/// What chromedriver answers, or what it says is wrong.
fn value(mut answer: Response<Body>) -> Result<Value, String> {
    let text = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
    let mut answer: Value = serde_json::from_str(&text).map_err(|_| text)?;
    let value = answer["value"].take();
    match value["error"].as_str() {
        Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
        None => Ok(value),
    }
}

/// The port that chromedriver says it has found.
fn port(stdout: &mut impl BufRead) -> u16 {
    let mut said = String::new();
    loop {
        let before = said.len();
        let length = stdout.read_line(&mut said).expect("its output can be read");
        assert_ne!(length, 0, "chromedriver ended, and said {said:?}");
        if let Some((_, port)) = said[before..].split_once("was started successfully on port ") {
            return port.trim().trim_end_matches('.').parse().expect("a port is a number");
        }
    }
}

/// Where a program is, of those on the path.
fn installed(program: &'static str) -> Result<String, Absent> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).map(|it| it.join(program)).find(|it| it.is_file());
    let found = found.ok_or(Absent(program))?;
    Ok(found.to_str().expect("the path is UTF-8").to_owned())
}

/// What is asked of the browser: no window, nothing of its own on the network, and a log.
fn capabilities(browser: &str, profile: &TempDir) -> Value {
    let profile = format!("--user-data-dir={}", profile.path().display());
    let args = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,900",
        &profile,
    ];
    let patience = u64::try_from(PATIENCE.as_millis()).expect("it is short");
    json!({ "capabilities": { "alwaysMatch": {
        "timeouts": { "script": patience, "pageLoad": patience, "implicit": 0 },
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": { "binary": browser, "args": args },
    } } })
}
