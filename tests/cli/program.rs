//! Runs the program and takes what it says.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The findings of `--output-format json`, each as `rule line:column pointer`.
    pub(crate) fn findings(&self) -> Vec<String> {
        let output: serde_json::Value =
            serde_json::from_str(&self.stdout).expect("the output is JSON");
        let findings = output["findings"].as_array().expect("there is a list of findings");
        findings
            .iter()
            .map(|finding| {
                let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
                let (line, column) = (&finding["line"], &finding["column"]);
                format!("{} {line}:{column} {}", text("rule"), text("pointer"))
            })
            .collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect("the output is JSON")
    }
}

/// Runs the program in the root of the repository.
pub(crate) fn contrail(args: &[&str]) -> Ran {
    contrail_with(args, b"")
}

/// Runs the program with something on standard input.
pub(crate) fn contrail_with(args: &[&str], stdin: &[u8]) -> Ran {
    run(&mut command(args), stdin)
}

pub(crate) fn run(command: &mut Command, stdin: &[u8]) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("standard input is a pipe");
    let stdin = stdin.to_vec();
    // The program may end before it has read everything.
    let writer = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer does not panic");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("the output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("the output is UTF-8"),
    }
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contrail"));
    command.args(args).current_dir(root()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A valid heartbeat event of version 2 with this id.
pub(crate) fn heartbeat(number: u64) -> String {
    format!(
        r#"{{"Device":"MyDeviceName","ReceivedTime":"2017-05-19T06:14:59Z","Type":"HeartbeatEvent","EventId":"9eebaf4b-52a6-487b-bf2c-{number:012}","EventTime":"2017-05-19T06:14:30Z"}}"#
    )
}

/// A valid batch of version 2 with these events.
pub(crate) fn batch(events: &[String]) -> String {
    format!(
        r#"{{"BatchId":"c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32","Count":{},"Events":[{}]}}"#,
        events.len(),
        events.join(",")
    )
}
