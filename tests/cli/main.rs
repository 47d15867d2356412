//! What needs the program: exit codes, streams, pipes, and what a person sees.
//!
//! - `bench`: figures and comparisons.
//! - `browser`: the page of `serve`, in a browser, which `webdriver` drives.
//! - `config`: contrail.toml, baselines, hidden values.
//! - `exit_codes`: one test for each row of the table in the README.
//! - `faults`: what a replay plants.
//! - `folders`: jobs and the order of captures, which change nothing.
//! - `formats`: what the outputs for other programs hold, by their own schemas and parsers.
//! - `generate`: synthetic recordings, and what is planted in them.
//! - `har`: exports of browsers and proxies.
//! - `inputs`: what bad input and odd ways of giving input get.
//! - `jobs`: captures read side by side.
//! - `options`: one test for each flag.
//! - `post`: replays to a web server, which is `web_server`.
//! - `replay`: recordings replayed to files and pipes.
//! - `reports`: files beside the output.
//! - `serve`: the stand-in, which is `served`, as an application sees it.
//! - `serve_control`: its control API.
//! - `serve_faults`: what goes wrong with its answers when that is asked for.
//! - `serve_hostile`: bad clients, through a `socket`.
//! - `serve_program`: its arguments, inputs, signals and reports.
//! - `shown`: snapshots of what a person sees, for every file of the corpus with findings.
//! - `terminal`: the live line and the keys of a replay, on a terminal and in a pipe.

mod bench;
mod browser;
mod config;
mod exit_codes;
mod faults;
mod folders;
mod formats;
mod generate;
mod har;
mod inputs;
mod jobs;
mod options;
mod post;
mod program;
mod replay;
mod reports;
#[cfg(unix)]
mod seat;
mod serve;
mod serve_control;
mod serve_faults;
mod serve_hostile;
mod serve_program;
mod served;
mod shown;
mod socket;
mod terminal;
mod web_server;
mod webdriver;
