//! Framing alone: finding the documents in a stream, and in an array its elements.
//!
//! - `contrail`: `Capture` with a `Skimmer`: positions, and where the events are in each document.
//! - `contrail, by trees`: `Capture`, with positions and a tree of each document.
//! - `serde_json`: a stream of `IgnoredAny`: where each document ends, and no more. An array is one.
//! - `memchr`: the lines alone, where each is a document. Nothing is read as JSON.
//!
//! `cargo bench --bench capture -- ratios` lets the rows take turns.

mod rows;
mod support;
mod turns;

use std::hint::black_box;

use contrail_model::{Capture, Glance, Item, Next, SkimOptions, Skimmer};
use contrail_replay::synthetic::Framing;
use memchr::memchr_iter;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use turns::Row;

/// Bytes of a capture.
const SIZE: usize = 10 << 20;

/// Bytes that are pushed at once, as the program does.
const CHUNK: usize = 256 << 10;

fn main() {
    let mut criterion = rows::criterion();
    for (name, framing, is_lines) in [
        ("batches a line", Framing::Batches, true),
        ("events a line", Framing::Lines, true),
        ("pretty batches", Framing::Pretty, false),
        ("one array", Framing::Array, false),
    ] {
        let text = support::text(3, SIZE, framing);
        let count = elements(text.as_bytes(), false);
        let whole = if framing == Framing::Array { 1 } else { count };
        let mut rows: Vec<Row<'_>> = vec![
            (
                "contrail",
                Box::new(|| assert_eq!(elements(black_box(text.as_bytes()), true), count)),
            ),
            (
                "contrail, by trees",
                Box::new(|| {
                    assert_eq!(elements(black_box(text.as_bytes()), false), count);
                }),
            ),
            ("serde_json", Box::new(|| assert_eq!(documents(black_box(&text)), whole))),
        ];
        if is_lines {
            let lines = || assert_eq!(lines(black_box(text.as_bytes())), count);
            rows.push(("memchr", Box::new(lines)));
        }
        rows::measure(&mut criterion, &format!("capture/{name}"), text.len(), rows);
    }
    criterion.final_summary();
}

/// Counts the elements, by a skimmer or by trees alone.
fn elements(text: &[u8], skims: bool) -> usize {
    let mut skimmer = Skimmer::new(SkimOptions { by_received: true, instants: false });
    let mut glance =
        |bytes: &[u8], _: u64| if skims { skimmer.read(bytes) } else { Glance::Unknown };
    let mut capture = Capture::default();
    let mut count = 0;
    for chunk in text.chunks(CHUNK).map(Some).chain([None]) {
        match chunk {
            Some(chunk) => capture.push(chunk),
            None => capture.finish(),
        }
        while let Some(next) = capture.next_by(&mut glance) {
            let next = black_box(next);
            let is_element = matches!(next, Next::Passed(_) | Next::Item(Item::Element(_)));
            assert!(is_element, "nothing is damaged");
            count += 1;
        }
    }
    count
}

fn documents(text: &str) -> usize {
    let documents = Deserializer::from_slice(text.as_bytes()).into_iter::<IgnoredAny>();
    documents.inspect(|document| assert!(document.is_ok(), "it is JSON")).count()
}

fn lines(text: &[u8]) -> usize {
    let mut start = 0;
    let mut count = 0;
    for end in memchr_iter(b'\n', text) {
        black_box(&text[start..end]);
        start = end + 1;
        count += 1;
    }
    count
}
