//! Whatever the bytes are: nothing panics, reading ends, and little is held.

use std::io::{self, BufRead, BufReader, Read as _};

use contrail_model::{Batch, Capture, Event, Tree, har_entries};
use contrail_replay::ScheduleOptions;
use contrail_validate::Compression;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Deserializer, Value};

use crate::{
    cases::one_in,
    compression::compressed,
    in_memory::{InMemory, schedule},
    judge::{VALIDATOR, judge, pieces},
    strategies::{
        any_event, batch, capture, change, damage, deep, edge_number, edge_string, event,
        nearly_json,
    },
};

/// So far behind a fault the end of its document is looked for; see `Capture`.
const WINDOW: usize = 1 << 20;

/// How gzip, zstd and zlib begin.
const MARKS: &[&[u8]] = &[b"\x1F\x8B\x08", b"\x28\xB5\x2F\xFD", b"\x78\x9C", b""];

/// Bytes of every sort that goes wrong.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..60),
        vec(select(&b"{}[],:\"a1 \n\\\xEF\xBB\xBF"[..]), 0..60),
        capture(),
        nearly_json(),
        deep(),
        edge_number().prop_map(String::into_bytes),
        edge_string(),
        Just(b"\xEF\xBB\xBF".to_vec()),
        misshapen(),
        (edge_number(), event(3)).prop_map(|(number, event)| {
            event.to_string().replacen(":2", &format!(":{number}"), 1).into_bytes()
        }),
    ];
    vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

/// The ids of the events in the documents that are whole and before any damage, by a slow reading.
fn ids_before_damage(text: &str) -> Vec<String> {
    let documents = Deserializer::from_str(text).into_iter::<Value>().map_while(Result::ok);
    let elements = documents.flat_map(|document| match document {
        Value::Array(elements) => elements,
        other => vec![other],
    });
    let ids = |element: Value| {
        let text = element.to_string();
        let id = |event: &Event<'_>| event.event_id.to_string();
        match Batch::decode(text.as_bytes()) {
            Ok(batch) => batch.events.iter().map(id).collect(),
            Err(_) => Event::decode(text.as_bytes()).iter().map(id).collect::<Vec<_>>(),
        }
    };
    elements.flat_map(ids).collect()
}

/// Whether a line is an object, whole or damaged, with nothing behind it.
fn is_a_document_at_most(line: &[u8]) -> bool {
    let mut values = Deserializer::from_slice(line).into_iter::<Value>();
    let is_followed = values.next().is_some_and(|it| it.is_ok()) && values.next().is_some();
    line.starts_with(b"{") && !is_followed
}

/// Compressed captures that were damaged, and what only begins as such.
fn nearly_compressed() -> impl Strategy<Value = Vec<u8>> {
    let begun =
        (select(MARKS), vec(any::<u8>(), 0..200)).prop_map(|(mark, bytes)| [mark, &bytes].concat());
    let members = vec(0..2_000_usize, 0..3);
    let damaged = (select(&COMPRESSIONS[..]), capture(), members, vec(damage(), 0..3)).prop_map(
        |(compression, bytes, members, damages)| {
            let mut bytes = compressed(compression, &bytes, &members).concat();
            for damage in damages {
                damage.apply(&mut bytes);
            }
            bytes
        },
    );
    prop_oneof![begun, damaged]
}

const COMPRESSIONS: [Compression; 5] = [
    Compression::Gzip,
    Compression::Zlib,
    Compression::Deflate,
    Compression::Brotli,
    Compression::Zstd,
];

/// What comes out of compressed bytes, up to a mebibyte, and whether that was all.
fn decompressed(
    compression: Compression,
    bytes: impl BufRead + Send,
) -> (Vec<u8>, Result<(), io::ErrorKind>) {
    let mut plain = Vec::new();
    let reader = compression.reader(bytes);
    let read = reader.and_then(|reader| reader.take(1 << 20).read_to_end(&mut plain));
    (plain, read.map(|_| ()).map_err(|error| error.kind()))
}

/// An event or a batch that is JSON, but not as it should be.
fn misshapen() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![2 => any_event(), 1 => batch(2)];
    (value, vec(change(), 1..3)).prop_map(|(mut value, changes)| {
        for change in &changes {
            change.apply(&mut value);
        }
        value.to_string().into_bytes()
    })
}

proptest! {
    #[test]
    fn reading_ends_after_at_most_an_item_a_byte(
        bytes in hostile(),
        cuts in vec(any::<usize>(), 0..6),
    ) {
        let mut capture = Capture::default();
        let mut items = 0;
        for piece in pieces(&bytes, &cuts) {
            capture.push(piece);
            while capture.next().is_some() {
                items += 1;
                prop_assert!(items <= bytes.len());
            }
        }
        capture.finish();
        while capture.next().is_some() {
            items += 1;
            prop_assert!(items <= bytes.len());
        }
        prop_assert_eq!(capture.position().offset, bytes.len() as u64);
    }

    #[test]
    fn a_capture_of_any_bytes_is_judged(bytes in hostile(), cuts in vec(any::<usize>(), 0..6)) {
        let (findings, summary) = judge(&VALIDATOR, pieces(&bytes, &cuts));
        prop_assert_eq!(summary.bytes, bytes.len() as u64);
        for finding in findings {
            let (start, end) = (finding.range.start, finding.range.end);
            prop_assert!(start.offset <= end.offset, "{:?}", finding);
            prop_assert!(end.offset <= bytes.len() as u64 + 1, "{:?}", finding);
            prop_assert!(1 <= start.line && 1 <= start.column, "{:?}", finding);
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop_oneof![hostile(), misshapen()]) {
        let mut tree = Tree::default();
        if let Ok(end) = tree.parse(&bytes, 0) {
            let text = std::str::from_utf8(&bytes[..end]).unwrap();
            let responses = har_entries(tree.root(text)).filter(|entry| entry.events_version().is_some());
            prop_assert!(responses.count() <= bytes.len());
        }
        match Event::decode(&bytes) {
            Ok(event) => {
                let again = serde_json::to_vec(&event).unwrap();
                prop_assert_eq!(Event::decode(&again), Ok(event));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        match Batch::decode(&bytes) {
            Ok(batch) => {
                let again = serde_json::to_vec(&batch).unwrap();
                prop_assert_eq!(Batch::decode(&again), Ok(batch));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn any_bytes_are_replayed_as_far_as_they_go(bytes in hostile()) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (length, expected) = (text.len(), ids_before_damage(&text));
        let events: Vec<_> = schedule(&InMemory(text), ScheduleOptions::default()).collect();
        prop_assert!(events.len() <= length);
        prop_assert!(events.is_sorted_by_key(|it| (it.due, it.event.time)));
        let mut ids: Vec<_> = events.iter().filter_map(|it| it.event.id()).collect();
        for id in expected {
            let place = ids.iter().position(|it| *it == id);
            prop_assert!(place.is_some(), "{} is not replayed", id);
            ids.swap_remove(place.unwrap_or_default());
        }
    }

    #[test]
    fn any_bytes_are_decompressed_or_refused(
        bytes in nearly_compressed(),
        buffer in 1..400_usize,
    ) {
        let told = Compression::of(&bytes);
        for compression in COMPRESSIONS.into_iter().chain(told) {
            let (plain, end) = decompressed(compression, bytes.as_slice());
            let in_pieces = BufReader::with_capacity(buffer, bytes.as_slice());
            let (also_plain, also_end) = decompressed(compression, in_pieces);
            prop_assert_eq!(end, also_end, "{}", compression);
            // What comes out before damage may depend on the pieces, but not of a file.
            let is_of_file = matches!(compression, Compression::Gzip | Compression::Zstd);
            let (less, more) = if plain.len() < also_plain.len() { (plain, also_plain) } else { (also_plain, plain) };
            prop_assert!(more.starts_with(&less), "{}", compression);
            prop_assert!(less == more || end.is_err() && !is_of_file, "{}", compression);
        }
    }
}

proptest! {
    #![proptest_config(one_in(32))]

    /// A fault, and then many times a piece that no value goes on behind.
    #[test]
    fn of_endless_damage_little_is_held(
        before in capture(),
        fault in select(&["{\"a\" 1 ", "[1 ", "[{\"a\":]", "\u{1}", "{\"Events\":[{\"Type\":}"][..]),
        piece in "[]{}\\[,:\"a1 \n\\\\]{1,80}\u{1}",
        chunk in 1_000..100_000_usize,
    ) {
        let longest = before.len() + fault.len() + piece.len();
        let endless = piece.repeat((6 * WINDOW) / piece.len());
        let mut capture = Capture::default();
        for piece in [&before, fault.as_bytes(), endless.as_bytes()].concat().chunks(chunk) {
            capture.push(piece);
            while capture.next().is_some() {}
            prop_assert!(capture.held() <= 4 * (WINDOW + chunk + longest), "{}", capture.held());
        }
    }

    /// Where documents are lines, a damaged one is not held beyond its line.
    #[test]
    fn of_damaged_lines_little_is_held(
        lines in vec((event(3), vec(damage(), 0..3)), 2..12),
        times in 1..20_usize,
        chunk in 1..2_000_usize,
    ) {
        let mut text = b"{}\n".to_vec();
        let mut longest = 3;
        for (event, damages) in lines {
            let mut line = event.to_string().into_bytes();
            for damage in &damages {
                damage.apply(&mut line);
            }
            line.retain(|byte| *byte != b'\n');
            // An array goes on behind its line, and of two documents in a line none fills it.
            if !is_a_document_at_most(&line) {
                line = event.to_string().into_bytes();
            }
            longest = longest.max(line.len() + 1);
            text.extend(line);
            text.push(b'\n');
        }
        let text = text.repeat(times);
        let mut capture = Capture::default();
        for piece in text.chunks(chunk) {
            capture.push(piece);
            while capture.next().is_some() {}
            // 16 bytes of a tree for each byte of a text such as `[1,1,1]`, and vectors double.
            let held = capture.held();
            prop_assert!(held <= 40 * (longest + chunk), "{held} {longest} {chunk}");
        }
    }
}
