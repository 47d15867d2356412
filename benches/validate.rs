//! Validation against what a user would write with the libraries. All work at bytes.
//!
//! - `contrail`: bytes in, findings out: framing, syntax, schemas, all rules, positions.
//! - `contrail without the fast path`: the same, with every event held against the schemas by the
//!   `jsonschema` crate.
//! - `serde_json + jsonschema`: a `Value` of each document, and then the `jsonschema` crate with the one
//!   schema of a batch, which holds the union of all event types. A yes or a no for each document.
//! - `by type`: the same, with the schema of each event looked up by its `Type`.
//! - `serde_json Value`, `sonic-rs Value`, `simd-json`: reading alone. `simd-json` writes into its input,
//!   so each document is copied for it.
//! - `sonic-rs borrowed`: reading alone, into the structs of `borrowed.rs`.
//!
//! The peers are given the documents told apart, which costs them nothing here, and they leave a batch
//! at its first defect. The SIMD libraries are built as `contrail` is: for any processor of the
//! architecture. `sonic-rs` would use more of this one with `-C target-cpu=native`.
//!
//! `cargo bench --bench validate -- ratios` has no statistics: the rows take turns, and a table says how
//! many times as long as `contrail` they took.

mod borrowed;
mod rows;
mod support;
mod turns;

use std::{hint::black_box, ops::ControlFlow};

use contrail_replay::synthetic::Framing;
use contrail_validate::{ApiVersion, PlainValidator, Schemas, Session, Settings, Validator};
use serde_json::{Deserializer, Value, value::RawValue};

use borrowed::Batch;
use turns::Row;

/// Bytes that are pushed at once, as the program does.
const CHUNK: usize = 256 << 10;

/// Bytes of a large capture, if it is minified. It has as many events if it is pretty.
const LARGE: usize = 10 << 20;

/// What is validated: its name, bytes, framing, the share of events with a defect, and how many of
/// the rows there are.
type Case = (&'static str, usize, Framing, f64, usize);

const CASES: [Case; 9] = [
    ("1 event", 330, Framing::Batches, 0.0, 4),
    ("100 events", 33_000, Framing::Batches, 0.0, 4),
    ("10 MB", LARGE, Framing::Batches, 0.0, 8),
    ("10 MB, 1 % defects", LARGE, Framing::Batches, 0.01, 4),
    ("10 MB, 100 % defects", LARGE, Framing::Batches, 1.0, 4),
    ("pretty", LARGE, Framing::Pretty, 0.0, 8),
    ("pretty, 1 % defects", LARGE, Framing::Pretty, 0.01, 4),
    ("pretty, 100 % defects", LARGE, Framing::Pretty, 1.0, 4),
    ("100 MB", 10 * LARGE, Framing::Batches, 0.0, 2),
];

fn main() {
    let mut criterion = rows::criterion();
    for version in [2, 3] {
        let judges = Judges::new(version);
        for (name, bytes, framing, defects, count) in CASES {
            if version == 2 && LARGE < bytes {
                continue;
            }
            let is_valid = defects == 0.0;
            let text = if is_valid {
                support::text(version, bytes, framing)
            } else {
                support::with_defects(version, bytes, framing, defects)
            };
            let input = Input::new(&text, is_valid);
            let rows = rows(&judges, &input).into_iter().take(count).collect();
            rows::measure(&mut criterion, &format!("validate/v{version} {name}"), text.len(), rows);
        }
    }
    criterion.final_summary();
}

/// A capture of batches.
struct Input<'t> {
    text: &'t str,
    documents: Vec<&'t [u8]>,
    is_valid: bool,
}

impl<'t> Input<'t> {
    fn new(text: &'t str, is_valid: bool) -> Self {
        let documents = Deserializer::from_str(text).into_iter::<&RawValue>();
        let documents = documents.map(|it| it.expect("it is JSON").get().as_bytes()).collect();
        Self { text, documents, is_valid }
    }

    /// Reads every document and throws it away.
    fn read(&self, mut read: impl FnMut(&'t [u8])) {
        for document in black_box(&self.documents) {
            read(document);
        }
    }

    /// Has every document judged as a `Value`.
    fn judge(&self, is_valid: impl Fn(&Value) -> bool) {
        let is_valid =
            |document: &&[u8]| is_valid(&serde_json::from_slice(document).expect("it is JSON"));
        let invalid = black_box(&self.documents).iter().filter(|it| !is_valid(it)).count();
        assert_eq!(invalid == 0, self.is_valid);
    }

    /// Has the capture validated.
    fn validate(&self, validator: &Validator) {
        let mut findings = 0;
        let mut sink = |finding| {
            black_box(finding);
            findings += 1;
            ControlFlow::Continue(())
        };
        let mut session = Session::new(validator, "bench");
        for chunk in black_box(self.text).as_bytes().chunks(CHUNK) {
            let _ = session.push(chunk, &mut sink);
        }
        session.finish(&mut sink);
        assert_eq!(findings == 0, self.is_valid);
    }
}

/// Those who say whether a batch is valid.
struct Judges {
    fast: Validator,
    slow: Validator,
    plain: PlainValidator,
}

impl Judges {
    fn new(version: u8) -> Self {
        let schemas = Schemas::embedded();
        let plain = schemas.plain(ApiVersion(version)).expect("there is this version");
        let fast = Validator::new(schemas, Settings::default()).compiled();
        let mut settings = Settings::default();
        settings.has_fast_path = false;
        let slow = fast.with_settings(settings);
        Self { fast, slow, plain }
    }
}

/// All rows: those that validate first.
fn rows<'a>(judges: &'a Judges, input: &'a Input<'a>) -> [Row<'a>; 8] {
    let Judges { fast, slow, plain } = judges;
    let mut buffers = (Vec::new(), simd_json::Buffers::default());
    [
        ("contrail", Box::new(|| input.validate(fast))),
        ("serde_json + jsonschema", Box::new(|| input.judge(|it| plain.is_valid_batch(it)))),
        ("by type", Box::new(|| input.judge(|it| plain.is_valid_batch_by_type(it)))),
        ("contrail without the fast path", Box::new(|| input.validate(slow))),
        ("serde_json Value", Box::new(|| input.read(read_by_serde_json))),
        ("sonic-rs Value", Box::new(|| input.read(read_by_sonic))),
        ("sonic-rs borrowed", Box::new(|| input.read(borrow_by_sonic))),
        ("simd-json", Box::new(move || input.read(|it| read_by_simd_json(it, &mut buffers)))),
    ]
}

fn read_by_serde_json(document: &[u8]) {
    black_box(serde_json::from_slice::<Value>(document).expect("it is JSON"));
}

fn read_by_sonic(document: &[u8]) {
    black_box(sonic_rs::from_slice::<sonic_rs::Value>(document).expect("it is JSON"));
}

fn borrow_by_sonic(document: &[u8]) {
    black_box(sonic_rs::from_slice::<Batch<'_>>(document).expect("it is a batch"));
}

fn read_by_simd_json(document: &[u8], buffers: &mut (Vec<u8>, simd_json::Buffers)) {
    let (copy, buffers) = buffers;
    copy.clear();
    copy.extend_from_slice(document);
    let value = simd_json::to_borrowed_value_with_buffers(copy, buffers);
    black_box(value.expect("it is JSON"));
}
