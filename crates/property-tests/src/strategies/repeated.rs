//! Captures that repeat a few documents, so that a reader that learns has learned their shapes, and
//! then change one of them.

use std::{fs, path::Path, sync::LazyLock};

use proptest::{
    collection::vec,
    option::weighted,
    prelude::*,
    sample::{Index, select},
};

use super::{Mutation, mutation, recordings::few_documents, tokens::tokens};

/// How white space is written.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// The end of a line and the indent of a level, if there are lines.
    lines: Option<(&'static str, &'static str)>,
    after_comma: &'static str,
    after_colon: &'static str,
}

impl Layout {
    const MINIFIED: Self = Self { lines: None, after_comma: "", after_colon: "" };
    /// As by `json.dumps` of Python.
    const PYTHON: Self = Self { lines: None, after_comma: " ", after_colon: " " };

    const fn pretty(line_end: &'static str, indent: &'static str) -> Self {
        Self { lines: Some((line_end, indent)), after_comma: "", after_colon: " " }
    }

    fn line_break(self, depth: usize) -> String {
        let (end, indent) = self.lines.unwrap_or_default();
        end.to_owned() + &indent.repeat(depth)
    }

    /// Writes a document, at a depth, with the white space of this layout alone.
    fn write(self, document: &[u8], mut depth: usize) -> Vec<u8> {
        let (mut written, mut previous) = (Vec::new(), b' ');
        for token in tokens(document) {
            let first = document[token.start];
            depth -= usize::from(matches!(first, b'}' | b']'));
            written.extend(self.blank_between(previous, first, depth).bytes());
            written.extend(&document[token]);
            depth += usize::from(matches!(first, b'{' | b'['));
            previous = first;
        }
        written
    }

    /// What stands between two tokens that begin so.
    fn blank_between(self, one: u8, other: u8, depth: usize) -> String {
        match (one, other) {
            (_, b':' | b',') | (b'{', b'}') | (b'[', b']') => String::new(),
            (b':', _) => self.after_colon.to_owned(),
            (b',', _) => self.after_comma.to_owned() + &self.line_break(depth),
            (b'{' | b'[', _) | (_, b'}' | b']') => self.line_break(depth),
            _ => String::new(),
        }
    }
}

const LAYOUTS: &[Layout] = &[
    Layout::MINIFIED,
    Layout::MINIFIED,
    Layout::PYTHON,
    Layout::pretty("\n", ""),
    Layout::pretty("\n", "  "),
    Layout::pretty("\n", "    "),
    Layout::pretty("\n", "\t"),
    Layout::pretty("\r\n", "  "),
];

/// How documents are put together.
#[derive(Clone, Copy, Debug)]
enum Packing {
    Lines,
    Nothing,
    Array,
    /// One batch, of events.
    Batch,
}

impl Packing {
    /// How many arrays and objects are around a document.
    fn depth(self) -> usize {
        match self {
            Self::Lines | Self::Nothing => 0,
            Self::Array => 1,
            Self::Batch => 2,
        }
    }

    fn pack(self, documents: &[Vec<u8>], layout: Layout) -> Vec<u8> {
        let separator = match self {
            Self::Lines => "\n".to_owned(),
            Self::Nothing => String::new(),
            _ => layout.blank_between(b',', b'{', self.depth()),
        };
        let comma = if self.depth() == 0 { "" } else { "," };
        let joined = documents.join((comma.to_owned() + &separator).as_bytes());
        let (before, after) = match self {
            Self::Lines => (String::new(), "\n"),
            Self::Nothing => (String::new(), ""),
            Self::Array => ("[".to_owned(), "]"),
            Self::Batch => {
                let id = "c15d316b-5fc3-4a7f-a2ba-b1a96aabcd32";
                let count = documents.len();
                let envelope = format!("{{\"BatchId\":\"{id}\",\"Count\":{count},\"Events\":[]}}");
                let mut text = layout.write(envelope.as_bytes(), 0);
                text.truncate(text.iter().rposition(|byte| *byte == b']').unwrap_or_default());
                (String::from_utf8(text).expect("it is ASCII"), "]}")
            }
        };
        [before.as_bytes(), &joined, after.as_bytes()].concat()
    }
}

/// The valid documents of the corpus.
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/valid");
    let entries = ["v2", "v3"].map(|version| fs::read_dir(root.join(version)));
    let files = entries.into_iter().flatten().flatten().flatten();
    let mut paths: Vec<_> = files.map(|file| file.path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file of the corpus is read")).collect()
});

fn documents() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let of_corpus = || any::<Index>().prop_map(|index| index.get(&CORPUS).clone());
    prop_oneof![vec(of_corpus(), 1..4), few_documents()]
}

/// The document with other ids in each round: the last digits of a GUID are the number of the round.
fn with_ids_of_round(document: &[u8], round: usize) -> Vec<u8> {
    let mut changed = document.to_owned();
    for token in tokens(document) {
        // A GUID and its quotes.
        if token.len() == 38 && document[token.start + 9] == b'-' {
            let end = token.end - 1;
            changed[end - 2..end].copy_from_slice(format!("{:02x}", round % 256).as_bytes());
        }
    }
    changed
}

/// Captures in which documents were repeated before one of them was changed, late in the capture.
pub fn repeated() -> impl Strategy<Value = Vec<u8>> {
    const PACKINGS: &[Packing] =
        &[Packing::Lines, Packing::Nothing, Packing::Array, Packing::Batch];
    let form = (select(LAYOUTS), select(PACKINGS));
    let changes = (any::<Index>(), vec(mutation(), 1..4), weighted(0.1, any::<Index>()));
    (documents(), form, 2..10_usize, 1..3_usize, changes).prop_map(
        |(documents, (layout, packing), rounds, late, (changed, mutations, cut))| {
            let has_batch = documents.iter().any(|it| holds(it, b"\"Events\""));
            let packing = if has_batch && packing.depth() == 2 { Packing::Array } else { packing };
            let mut texts: Vec<_> = (0..rounds + late)
                .flat_map(|round| documents.iter().map(move |it| with_ids_of_round(it, round)))
                .map(|document| layout.write(&document, packing.depth()))
                .collect();
            let first_late = rounds * documents.len();
            let late_one = &mut texts[first_late..];
            apply_all(&mutations, &mut late_one[changed.index(late * documents.len())]);
            let mut bytes = packing.pack(&texts, layout);
            if let Some(cut) = cut {
                let least = bytes.len() * 3 / 4;
                bytes.truncate(least + cut.index(bytes.len() - least));
            }
            bytes
        },
    )
}

fn apply_all(mutations: &[Mutation], text: &mut Vec<u8>) {
    for mutation in mutations {
        mutation.apply(text);
    }
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
