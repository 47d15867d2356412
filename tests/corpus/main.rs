//! One test for each file in `corpus/`, one for the mutations of each valid file, those of whole
//! dumps with a defect planted, and one for each edge of what is JSON.
//!
//! Run one with `cargo test --test corpus missing-property`.

mod conformance;
mod judged;
mod mutations;
mod schema_oracle;
mod version_defects;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for path in files(&root().join("valid")) {
        let name = name(&path);
        let file = path.clone();
        trials.push(Trial::test(name.clone(), move || judged::is_clean(&file)));
        if !name.contains("/framing/") && !name.contains("/har/") {
            trials
                .push(Trial::test(format!("mutations of {name}"), move || mutations::check(&path)));
        }
    }
    for path in files(&root().join("invalid")) {
        trials.push(Trial::test(name(&path), move || judged::breaks_one_rule(&path)));
    }
    for path in files(&root().join("slips")) {
        if !path.ends_with("findings.json") {
            trials.push(Trial::test(name(&path), move || judged::has_listed_findings(&path)));
        }
    }
    for case in version_defects::CASES {
        let name = format!("version defects of {}", case.name);
        trials.push(Trial::test(name, move || version_defects::check(case)));
    }
    trials.extend(conformance::trials());
    trials.push(Trial::test("version defects of all rules", version_defects::covers_the_family));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// All files below a folder, sorted.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The path below `corpus/`.
fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
