//! `plimsoll lint`: mistakes in suites, shown as a compiler would show them.

use plimsoll_suite::{Library, LoadError};

use crate::args::LintArgs;
use crate::commands::{coloured, text, unreadable};
use crate::error::CliError;
use crate::exit::Exit;

/// Prints every mistake of the folder, or what it holds when there is none.
pub fn lint(args: &LintArgs) -> Result<Exit, CliError> {
    match Library::from_folder(&args.dir) {
        Ok(library) => {
            for (name, spec) in &library.specs {
                let cases: usize = spec.suites.iter().map(|file| file.suite.cases.len()).sum();
                let count = |n: usize, word| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
                let (suites, cases) = (count(spec.suites.len(), "suite"), count(cases, "case"));
                text(|out| writeln!(out, "{name}: {suites}, {cases}, no mistakes"))?;
            }
            Ok(Exit::Conformant)
        }
        Err(LoadError::Mistakes(mistakes)) => {
            anstream::eprintln!("{}\n\n{}", mistakes.render(coloured()), mistakes.summary());
            Ok(Exit::Violations)
        }
        Err(error) => Err(unreadable(&error)),
    }
}
