//! Writes seeds for the fuzz targets to `fuzz/corpus/`, made by the strategies:
//! `cargo run -p contrail-property-tests --example seeds`.

use std::{fs, io, path::Path};

use contrail_property_tests::strategies::{batch, capture, event};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use serde_json::Value;

/// How many seeds of each strategy are written.
const SEEDS: usize = 100;

/// Requests that a client sends, in the form of the target `server`.
const REQUESTS: [&str; 4] = [
    "GET /3/events\nkey\n\x1EGET /3/events/5?type=HeartbeatEvent\nkey\n\x1EDELETE /3/events\nkey\n{\"BatchId\":\"$B\",\"EventIds\":null}\x1EGET /3/events/512\nkey\n",
    "GET /2/events\none\n\x1EGET /2/events?\none\n\x1EDELETE /2/events\none\n{\"BatchId\":null,\"EventIds\":[\"1\",\"2\"]}\x1EGET /2/events\none\n",
    "GET /3/events\nkey\n\x1EPOST /_contrail/step\n\n{\"events\":3}\x1EPOST /_contrail/seek\n\n{\"to\":\"+5s\"}\x1EPOST /_contrail/speed\n\n{\"speed\":\"60\"}\x1EGET /_contrail/status\n\n",
    "PATCH /3/events\nkey\n{\"EventIds\":[]}\x1EPOST /_contrail/faults\n\n{\"fault\":\"503,count=1\"}\x1EDELETE /_contrail/faults\n\n\x1EGET /_contrail/report\n\n",
];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut runner = TestRunner::deterministic();
    let text = |value: Value| value.to_string().into_bytes();
    let json = prop_oneof![event(2), event(3), batch(2), batch(3)].prop_map(text);
    write(&root.join("decode"), &made(&mut runner, &json))?;
    // The first byte says how the rest is cut, or which encoding is claimed of it.
    let cut = (any::<u8>(), capture()).prop_map(|(first, mut bytes)| {
        bytes.insert(0, first);
        bytes
    });
    for target in ["capture", "validate", "har"] {
        write(&root.join(target), &made(&mut runner, &cut))?;
    }
    write(&root.join("server"), &REQUESTS.map(|text| text.as_bytes().to_vec()))
}

fn made(runner: &mut TestRunner, strategy: &impl Strategy<Value = Vec<u8>>) -> Vec<Vec<u8>> {
    let seed = || strategy.new_tree(runner).expect("nothing is refused").current();
    std::iter::repeat_with(seed).take(SEEDS).collect()
}

fn write(folder: &Path, seeds: &[Vec<u8>]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:03}")), seed)?;
    }
    Ok(())
}
