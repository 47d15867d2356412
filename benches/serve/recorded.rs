//! A recording as a file, of any length: it is written event by event.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::TempDir;

/// What the ids of events begin with; the number of the event follows, as twelve hexadecimal digits.
pub(crate) const ID: &str = "9eebaf4b-52a6-487b-bf2c-";

/// What stands where an id and a time are to be. Neither is in any event.
const MARKS: [&str; 2] = ["<id>", "<time>"];

/// A recording of single events a line. The file is removed at last.
pub(crate) struct Recorded {
    pub(crate) file: PathBuf,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    _folder: TempDir,
}

/// How long a recording is.
#[derive(Clone, Copy)]
pub(crate) enum Length {
    Events(u64),
    Bytes(u64),
}

impl Recorded {
    /// The documented events of version 3 over and over, with ids of their own, so many a second.
    pub(crate) fn new(length: Length, rate: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let file = folder.path().join("day.jsonl");
        let out = File::create(&file).expect("a file can be made");
        let (events, bytes) = write(BufWriter::new(out), length, rate).expect("it can be written");
        Self { file, events, bytes, _folder: folder }
    }
}

fn write(mut out: impl Write, length: Length, rate: u64) -> io::Result<(u64, u64)> {
    let documented = documented();
    let (mut events, mut bytes) = (0, 0);
    for pieces in documented.iter().cycle() {
        let is_over = match length {
            Length::Events(most) => most <= events,
            Length::Bytes(most) => most <= bytes,
        };
        if is_over {
            break;
        }
        let id = format!("{ID}{events:012x}");
        let time = time(events * 1_000_000 / rate);
        for piece in pieces {
            let text = match piece.as_str() {
                piece if piece == MARKS[0] => &id,
                piece if piece == MARKS[1] => &time,
                piece => piece,
            };
            out.write_all(text.as_bytes())?;
            bytes += text.len() as u64;
        }
        events += 1;
    }
    out.flush()?;
    Ok((events, bytes))
}

/// The documented events, each in pieces: marks, and what stands between them.
fn documented() -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/valid/v3/get-events.json");
    let text = fs::read_to_string(path).expect("the corpus is there");
    let batch: Value = serde_json::from_str(&text).expect("the corpus is JSON");
    let events = batch["Events"].as_array().expect("a batch has events");
    events.iter().map(|event| pieces(event.clone())).collect()
}

fn pieces(mut event: Value) -> Vec<String> {
    event["EventId"] = MARKS[0].into();
    for name in ["EventTime", "ReceivedTime"] {
        if event.get(name).is_some() {
            event[name] = MARKS[1].into();
        }
    }
    let (mut pieces, mut rest) = (Vec::new(), event.to_string() + "\n");
    while let Some((at, mark)) =
        MARKS.iter().filter_map(|mark| Some((rest.find(mark)?, *mark))).min()
    {
        let behind = rest.split_off(at + mark.len());
        rest.truncate(at);
        pieces.extend([rest, mark.to_owned()]);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}

/// An instant so many microseconds after the start of 2018.
fn time(micros: u64) -> String {
    let micros = i64::try_from(micros).expect("no recording is so long");
    let time = chrono::DateTime::from_timestamp_micros(1_514_764_800_000_000 + micros);
    time.expect("no recording is so long").format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
