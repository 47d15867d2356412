//! The whole process, from its start to its end, against the plain loop as a whole process: tables, not a
//! benchmark of criterion.
//!
//! The plain loop is what a user would write: it reads the schemas of the version from their files,
//! compiles that of a batch, and then makes a `serde_json` `Value` of each line and asks the
//! `jsonschema` crate whether it is valid. It is this program, called with `plain-loop` and a file.
//!
//! `contrail` validates with all rules and prints its summary. With two jobs, two threads share the
//! one file.

mod support;
mod turns;

use std::{
    env,
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use contrail_replay::synthetic::Framing;
use serde_json::Value;
use tempfile::NamedTempFile;

use turns::Row;

/// Bytes of the large file.
const SIZE: usize = 100_000_000;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let [_, command, file] = &arguments[..]
        && command == "plain-loop"
    {
        return plain_loop(Path::new(file));
    }
    let is_test = arguments.iter().any(|argument| argument == "--test");
    let [starts, rounds] = if is_test { [1, 1] } else { [51, 9] };
    compare("start-up: a batch of one event", &support::text(3, 330, Framing::Batches), starts);
    compare("100 MB, valid", &support::text(3, SIZE, Framing::Batches), rounds);
}

fn compare(name: &str, text: &str, rounds: usize) {
    let mut file = NamedTempFile::new().expect("there is a folder for such files");
    file.write_all(text.as_bytes()).expect("there is space");
    let file = file.path();
    let contrail = |jobs| contrail(file, jobs);
    let mut rows: [Row<'_>; 3] = [
        ("contrail --jobs 1", Box::new(|| contrail("1"))),
        ("contrail --jobs 2", Box::new(|| contrail("2"))),
        ("plain loop", Box::new(|| run(Command::new(own_path()).arg("plain-loop").arg(file)))),
    ];
    turns::table(name, text.len(), rounds, &mut rows);
}

fn own_path() -> PathBuf {
    env::current_exe().expect("this program has a path")
}

fn contrail(file: &Path, jobs: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contrail"));
    run(command.args(["validate", "--jobs", jobs]).arg(file));
}

fn run(command: &mut Command) {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().expect("it starts").success(), "the capture is valid");
}

fn plain_loop(file: &Path) {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let registry = registry(&[&schemas.join("v3"), &schemas.join("common")]);
    let batch = jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(&json(&schemas.join("v3/batch.json")))
        .expect("the schema is sound");
    let mut reader = BufReader::with_capacity(256 << 10, File::open(file).expect("it is there"));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).expect("it is readable") != 0 {
        let value: Value = serde_json::from_slice(&line).expect("a line is JSON");
        assert!(batch.is_valid(&value));
        line.clear();
    }
}

fn registry(folders: &[&Path]) -> jsonschema::Registry<'static> {
    let mut registry = jsonschema::Registry::new();
    for entry in folders.iter().flat_map(|it| fs::read_dir(it).expect("the folder is there")) {
        let schema = json(&entry.expect("the entry is readable").path());
        let id = schema["$id"].as_str().expect("a schema has an id").to_owned();
        registry = registry.add(id, schema).expect("an id is a URI");
    }
    registry.prepare().expect("the schemas refer to one another")
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("it is there")).expect("a schema is JSON")
}
