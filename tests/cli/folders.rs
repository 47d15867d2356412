//! What is found in a folder depends neither on the number of jobs nor on the order of its captures.

use std::{collections::BTreeMap, fs, io::Write as _, num::NonZeroU32, path::Path};

use contrail_replay::{
    RecordingTime,
    synthetic::{Defects, Framing, Recording, Settings, Version, plantable},
};
use flate2::{Compression as Level, write::GzEncoder};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::{Index, select},
};
use serde_json::Value;

use crate::program::contrail;

/// Captures by their place in a folder.
type Captures = BTreeMap<String, Vec<u8>>;

/// A recording with defects.
fn recording() -> impl Strategy<Value = Vec<u8>> {
    const FRAMINGS: [Framing; 5] =
        [Framing::Batches, Framing::Lines, Framing::Array, Framing::Documents, Framing::Pretty];
    let shape = (select(&[Version::V2, Version::V3][..]), select(&FRAMINGS[..]));
    let defects = vec((any::<Index>(), 0.0..0.2), 0..6);
    (shape, defects, 0..200_u64, any::<u64>()).prop_map(
        |((version, framing), wanted, events, seed)| {
            let rules: Vec<_> = plantable(version, framing).collect();
            let plant = |defects: Defects, (rule, rate): (Index, f64)| {
                defects.with(rules[rule.index(rules.len())], rate).expect("it can be broken")
            };
            let defects = wanted.into_iter().fold(Defects::default(), plant);
            let (start, batch) = (RecordingTime(0), NonZeroU32::new(20).expect("it is not 0"));
            let settings = Settings {
                events,
                start,
                version,
                framing,
                batch,
                seed,
                defects,
                ..Settings::default()
            };
            let mut recording = Recording::new(settings).expect("there are such recordings");
            let mut bytes = Vec::new();
            while recording.write(&mut bytes) {}
            bytes
        },
    )
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// Captures in a folder and in folders inside it: whole, compressed, cut off, empty.
fn captures() -> impl Strategy<Value = Captures> {
    let capture = (recording(), any::<bool>(), proptest::option::weighted(0.2, any::<Index>()));
    let bytes = capture.prop_map(|(bytes, is_compressed, cut)| {
        let mut bytes = if is_compressed { compressed(&bytes) } else { bytes };
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len() + 1)));
        bytes
    });
    btree_map("(sub/|sub\\.d/|Sub/)?[a-cZ-]{1,3}\\.(json|jsonl|har|json\\.gz)", bytes, 2..9)
}

fn write(captures: &Captures, folder: &Path) {
    for (name, bytes) in captures {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder is made");
        fs::write(path, bytes).expect("the file is written");
    }
}

/// The findings by file, in their order, and the order of the files.
fn by_file(output: &str) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
    let (mut findings, mut files) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
    for line in output.lines() {
        let finding: Value = serde_json::from_str(line).expect("a finding is JSON");
        let file = finding["file"].as_str().expect("it names its file").to_owned();
        if files.last() != Some(&file) {
            files.push(file.clone());
        }
        findings.entry(file).or_default().push(line.to_owned());
    }
    (findings, files)
}

/// Fewer cases than usual: each runs the program, and that more than once.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(16), max_shrink_iters: 200, ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_number_of_jobs_changes_no_byte(
        captures in captures(),
        format in select(&["text", "json", "ndjson", "sarif", "junit", "github", "gitlab"][..]),
        jobs in 2..9_usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        write(&captures, folder.path());
        let path = folder.path().to_str().unwrap();
        let run = |jobs: &str| contrail(&["validate", "--output-format", format, "--jobs", jobs, path]);
        let (one, many) = (run("1"), run(&jobs.to_string()));
        prop_assert_eq!(one.stdout, many.stdout);
        prop_assert_eq!(one.stderr, many.stderr);
        prop_assert_eq!(one.code, many.code);
    }

    #[test]
    fn the_order_of_the_captures_changes_no_finding(
        (captures, names) in captures().prop_flat_map(|captures| {
            let names: Vec<_> = captures.keys().cloned().collect();
            (Just(captures), Just(names).prop_shuffle())
        }),
        jobs in select(&["1", "4"][..]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write(&captures, folder.path());
        let path = |name: &String| folder.path().join(name).to_str().unwrap().to_owned();
        let arguments: Vec<_> = names.iter().map(path).collect();
        let run = |inputs: &[&str]| {
            let asked = ["validate", "--quiet", "--output-format", "ndjson", "--jobs", jobs];
            contrail(&[&asked[..], inputs].concat()).stdout
        };
        let (want, walked) = by_file(&run(&[folder.path().to_str().unwrap()]));
        prop_assert!(walked.is_sorted_by_key(Path::new), "{:?}", walked);
        let (got, given) = by_file(&run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
        prop_assert_eq!(got, want);
        let expected: Vec<_> = arguments.into_iter().filter(|name| given.contains(name)).collect();
        prop_assert_eq!(given, expected);
    }
}
