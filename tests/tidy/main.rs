//! Rules about the repository itself, so that `cargo test` is the whole story.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use contrail_validate::{ApiVersion, RULES, Schemas};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder with this ending.
fn files(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<PathBuf> {
    ["src", "crates", "tests", "benches"]
        .iter()
        .flat_map(|dir| files(&root().join(dir), ".rs"))
        .collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_module_says_what_it_is_for() {
    for path in sources() {
        let is_test = path.ends_with("tests.rs");
        assert!(is_test || read(&path).starts_with("//! "), "{} has no `//!`", path.display());
    }
}

#[test]
fn names_of_files_say_what_is_in_them() {
    for path in sources() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let vague = ["util", "utils", "helper", "helpers", "common", "misc", "mod"];
        assert!(!vague.contains(&name), "{}", path.display());
    }
}

#[test]
fn every_crate_inherits_the_lints() {
    for path in files(&root().join("crates"), "Cargo.toml") {
        assert!(read(&path).contains("[lints]\nworkspace = true"), "{}", path.display());
    }
}

#[test]
fn the_model_does_no_io_asks_no_clock_and_starts_no_thread() {
    for path in files(&root().join("crates/model/src"), ".rs") {
        let text = read(&path);
        for word in [
            "std::fs",
            "std::io",
            "std::net",
            "std::thread",
            "time::Instant",
            "SystemTime",
            "Utc::now",
        ] {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn validate_and_replay_do_not_know_each_other() {
    for (crate_name, other) in
        [("validate", "replay"), ("replay", "validate"), ("model", "validate")]
    {
        let manifest = root().join("crates").join(crate_name).join("Cargo.toml");
        assert!(!read(&manifest).contains(&format!("contrail-{other}")), "{}", manifest.display());
    }
}

/// The generator knows rules by their names alone.
#[test]
fn every_rule_that_can_be_planted_is_a_rule_and_every_rule_can_be() {
    use contrail_replay::synthetic::{Framing, Version, plantable};
    let plantable: BTreeSet<_> = [Version::V2, Version::V3]
        .into_iter()
        .flat_map(|version| plantable(version, Framing::Batches))
        .collect();
    let rules: BTreeSet<_> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(plantable, rules);
}

#[test]
fn only_the_server_is_asynchronous() {
    for path in sources() {
        let text = path.strip_prefix(root()).unwrap().to_str().unwrap();
        let is_server =
            ["crates/replay/src/server", "src/commands/serve", "benches/serve", "tests/"]
                .iter()
                .any(|begin| text.starts_with(begin));
        let is_async = ["async ", ".await", "tokio"].iter().any(|word| read(&path).contains(word));
        assert!(is_server || !is_async, "{} is asynchronous", path.display());
    }
}

#[test]
fn nobody_depends_on_the_property_tests() {
    let manifests = files(root(), "Cargo.toml");
    for path in manifests.iter().filter(|path| !path.to_string_lossy().contains("property-tests")) {
        assert!(!read(path).contains("contrail-property-tests"), "{}", path.display());
    }
}

#[test]
fn every_rule_has_a_corpus_file_and_every_such_file_a_rule() {
    let rules: BTreeSet<_> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
    let files: BTreeSet<_> = fs::read_dir(root().join("corpus/invalid"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.split('.').next().unwrap().to_owned())
        .collect();
    assert_eq!(rules, files);
}

#[test]
fn every_corpus_file_has_its_provenance() {
    let readme = read(&root().join("corpus/README.md"));
    for folder in ["valid", "slips", "damaged"] {
        for path in files(&root().join("corpus").join(folder), "") {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(readme.contains(name), "corpus/README.md does not name {}", path.display());
        }
    }
}

#[test]
fn every_schema_is_embedded() {
    for path in files(&root().join("schemas"), "") {
        let name = path.strip_prefix(root().join("schemas")).unwrap().to_str().unwrap();
        assert_eq!(Schemas::embedded_file(name), Some(read(&path).as_str()), "{name}");
    }
}

#[test]
fn every_type_of_the_model_has_a_schema_and_every_schema_a_type() {
    let schemas = Schemas::embedded();
    assert_eq!(schemas.versions(), [ApiVersion(2), ApiVersion(3)]);
    let described: BTreeSet<_> =
        schemas.versions().iter().flat_map(|version| schemas.types(*version)).collect();
    let known: BTreeSet<_> = contrail_model::EventBody::TYPE_NAMES.iter().copied().collect();
    assert_eq!(described, known);
}

#[test]
fn the_readme_lists_every_rule() {
    let readme = read(&root().join("README.md"));
    for rule in RULES {
        let row =
            format!("| {} | `{}` | {} | {} |", rule.family, rule.name, rule.severity, rule.summary);
        assert!(readme.contains(&row), "README.md lacks the row {row}");
    }
}

#[test]
fn the_changelog_has_a_place_for_what_is_new() {
    assert!(read(&root().join("CHANGELOG.md")).contains("\n## [Unreleased]\n"));
}
