//! The command line of Plimsoll: arguments and wiring. What it wires together lives in the other crates.
#![expect(missing_docs, reason = "the library exists for the tests of this package only")]

pub mod args;
pub mod client;
pub mod commands;
pub mod config;

pub mod content;
pub mod credentials;
pub mod error;
pub mod exit;
pub mod host;
pub mod official;
pub mod profile;
mod reachable;
pub mod reference;
pub mod session;
pub mod subject;

use clap::{CommandFactory as _, Parser as _};

use crate::args::{Cli, Color, Command};
use crate::error::CliError;
use crate::exit::Exit;

/// Parses the command line, runs the command, and returns the exit code.
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Conformant };
            // A terminal that is gone cannot be told so.
            let _ = error.print();
            return exit;
        }
    };
    match cli.color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    }
    .write_global();
    match dispatch(cli.command) {
        Ok(exit) => exit,
        Err(error) => {
            anstream::eprintln!("error: {error}");
            error.exit
        }
    }
}

fn dispatch(command: Command) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::harness(format!("cannot start: {error}")))?;
    match command {
        Command::Run(args) => runtime.block_on(commands::run::run(*args)),
        Command::Certify(args) => runtime.block_on(commands::certify::certify(&args)),
        Command::Mutants(args) => runtime.block_on(commands::mutants::mutants(args)),
        Command::Client(args) => runtime.block_on(client::act(args)),
        Command::ReferenceRegistry(args) => runtime.block_on(reference::serve(args)),
        Command::List(args) => commands::list::list(&args),
        Command::Explain(args) => commands::explain::explain(&args),
        Command::Coverage(args) => commands::coverage::coverage(&args),
        Command::Lint(args) => commands::lint::lint(&args),
        Command::Report(args) => commands::report::report(&args),
        Command::Drift(args) => commands::drift::drift(&args),
        Command::New(command) => commands::new::new(&command),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "plimsoll", &mut script);
            commands::data(|out| out.write_all(&script))?;
            Ok(Exit::Conformant)
        }
    }
}
