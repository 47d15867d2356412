//! One module for each command of the program.

mod bench;
mod explain;
mod generate;
mod replay;
mod rules;
mod serve;
mod validate;

use std::io::{self, Write as _};

use clap::CommandFactory as _;

use crate::{
    cli::{Cli, Command},
    outcome::Outcome,
};

pub(crate) use bench::stage_names;

/// Runs the command that was asked for.
pub(crate) fn run(cli: Cli) -> anyhow::Result<Outcome> {
    match cli.command {
        Command::Validate(args) => validate::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "contrail", &mut script);
            io::stdout().write_all(&script)?;
            Ok(Outcome::Clean)
        }
    }
}
