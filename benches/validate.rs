//! Validation against what a user would write with the libraries.
//!
//! - `contrail`: bytes in, findings out: framing, syntax, schemas, rules, positions.
//! - `serde_json+jsonschema`: `serde_json` to a `Value` a line, then the `jsonschema` crate with the
//!   same schemas, by the `Type` of each event; no findings, no positions.
//! - `serde_json+jsonschema union`: the same with the one schema of a batch, which holds the union.

mod support;

use std::{collections::BTreeMap, fs, hint::black_box, ops::ControlFlow, path::Path};

use contrail_replay::synthetic::Framing;
use contrail_validate::{Schemas, Session, Settings, Validator};
use criterion::{Criterion, Throughput};
use serde_json::Value;

/// Bytes of a capture.
const SIZE: usize = 10 << 20;

/// Bytes that are pushed at once, as the program does.
const CHUNK: usize = 256 << 10;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    for version in [2, 3] {
        let clean = support::text(version, SIZE, Framing::Batches);
        valid(&mut criterion, version, &clean);
        for (name, every) in [("1 % defects", 100), ("100 % defects", 1)] {
            let capture = with_defects(&clean, every);
            defects(&mut criterion, &format!("v{version} {name}"), &capture);
        }
    }
    criterion.final_summary();
}

fn valid(criterion: &mut Criterion, version: u8, capture: &str) {
    let mut group = criterion.benchmark_group(format!("validate/v{version} valid 10 MB"));
    group.throughput(Throughput::Bytes(capture.len() as u64));
    let validator = Validator::new(Schemas::embedded(), Settings::default());
    group.bench_function("contrail", |bencher| {
        bencher.iter(|| assert_eq!(findings(&validator, black_box(capture)), 0));
    });
    let peer = Peer::new(version);
    group.bench_function("serde_json+jsonschema", |bencher| {
        bencher.iter(|| assert!(peer.is_valid(black_box(capture))));
    });
    group.bench_function("serde_json+jsonschema union", |bencher| {
        bencher.iter(|| assert!(peer.is_valid_as_union(black_box(capture))));
    });
    group.finish();
}

fn defects(criterion: &mut Criterion, name: &str, capture: &str) {
    let mut group = criterion.benchmark_group(format!("validate/{name} 10 MB"));
    group.throughput(Throughput::Bytes(capture.len() as u64));
    let validator = Validator::new(Schemas::embedded(), Settings::default());
    group.bench_function("contrail", |bencher| {
        bencher.iter(|| assert_ne!(findings(&validator, black_box(capture)), 0));
    });
    group.finish();
}

fn findings(validator: &Validator, capture: &str) -> u64 {
    let mut count = 0;
    let mut sink = |finding| {
        black_box(finding);
        count += 1;
        ControlFlow::Continue(())
    };
    let mut session = Session::new(validator, "bench");
    for chunk in capture.as_bytes().chunks(CHUNK) {
        let _ = session.push(chunk, &mut sink);
    }
    session.finish(&mut sink);
    count
}

/// The plain loop.
struct Peer {
    envelope: jsonschema::Validator,
    union: jsonschema::Validator,
    events: BTreeMap<String, jsonschema::Validator>,
}

impl Peer {
    fn new(version: u8) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        let read = |path: &Path| -> Value {
            let text = fs::read_to_string(path).expect("the schema is there");
            serde_json::from_str(&text).expect("a schema is JSON")
        };
        let folder = root.join(format!("v{version}"));
        let definitions = read(&root.join("common/definitions.json"));
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("the entry is readable").path();
            let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            files.insert(name, read(&path));
        }
        let mut registry = jsonschema::Registry::new();
        for schema in files.values().chain([&definitions]) {
            let id = schema["$id"].as_str().expect("a schema has an id").to_owned();
            registry = registry.add(id, schema.clone()).expect("an id is a URI");
        }
        let registry = registry.prepare().expect("the schemas refer to one another");
        let build = |schema: &Value| {
            jsonschema::options()
                .with_registry(&registry)
                .should_validate_formats(true)
                .build(schema)
                .expect("the schema is sound")
        };
        let union = build(&files["batch"]);
        let mut envelope = files["batch"].clone();
        envelope["properties"]["Events"].as_object_mut().expect("an object").remove("items");
        let envelope = build(&envelope);
        let events = files.iter().map(|(name, schema)| (name.clone(), build(schema))).collect();
        Self { envelope, union, events }
    }

    fn is_valid(&self, capture: &str) -> bool {
        capture.lines().all(|line| {
            let batch: Value = serde_json::from_str(line).expect("a line is JSON");
            let events = batch["Events"].as_array().expect("a batch has events");
            self.envelope.is_valid(&batch)
                && events.iter().all(|event| {
                    let type_name = event["Type"].as_str().expect("an event has a type");
                    self.events[type_name].is_valid(event)
                })
        })
    }

    fn is_valid_as_union(&self, capture: &str) -> bool {
        capture.lines().all(|line| {
            let batch: Value = serde_json::from_str(line).expect("a line is JSON");
            self.union.is_valid(&batch)
        })
    }
}

/// The same capture with one defect in every so many events: a timestamp without its zone.
fn with_defects(capture: &str, every: usize) -> String {
    const NAME: &str = "\"EventTime\":\"";
    let damaged = |(number, part): (usize, &str)| match number {
        0 => part.to_owned(),
        _ if number % every == 0 => part.replacen("Z\"", "\"", 1),
        _ => part.to_owned(),
    };
    capture.split(NAME).enumerate().map(damaged).collect::<Vec<_>>().join(NAME)
}
