//! Rebuilds this crate when a schema is added or removed.
//!
//! `include_dir!` tracks the files that it found, not the directory that it looked in.

fn main() {
    println!("cargo::rerun-if-changed=../../schemas");
}
