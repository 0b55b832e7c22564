//! `plimsoll new case`: the skeleton of a case, which runs at once and says what its author has to do.

use std::path::Path;

use plimsoll_suite::ledger::Side;
use plimsoll_suite::skeleton::skeleton;

use crate::args::NewCommand;
use crate::commands::{library, text as say};
use crate::error::CliError;
use crate::exit::Exit;

/// Adds the case to the file of its suite, which is made if need be.
pub fn new(command: &NewCommand) -> Result<Exit, CliError> {
    let NewCommand::Case { id, req, suites } = command;
    let wrong = || {
        CliError::usage(format!("`{id}` is not the id of a case"))
            .hint("write SPECIFICATION/TOPIC/CASE, e.g. distribution/blob-upload/my-case")
    };
    let (suite, case) = id.rsplit_once('/').ok_or_else(wrong)?;
    let spec = suite.split_once('/').map(|(spec, _)| spec).ok_or_else(wrong)?;
    // A folder that does not exist yet has nothing to say about requirements.
    let library = library(suites.is_dir().then_some(suites.as_path()).filter(|folder| has_suites(folder)))?;
    let ledger = &library.specs.get(spec).ok_or_else(wrong)?.ledger;
    let path = suites.join(format!("{suite}.yaml"));
    let failed = |what: &str, error: &std::io::Error| {
        CliError::harness(format!("cannot {what} {}: {error}", path.display()))
            .hint("name the folder of the suites with --suites DIR")
    };
    let existing = match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read", &error)),
    };
    let text = skeleton(ledger, req, suite, case, existing.as_deref()).map_err(|error| {
        let hint = error.hint();
        CliError { hint, ..CliError::usage(error.to_string()) }
    })?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| failed("make the folder of", &error))?;
    }
    std::fs::write(&path, &text).map_err(|error| failed("write", &error))?;
    let line = text.lines().position(|line| line.trim() == format!("- id: {case}")).map_or(1, |n| n + 1);
    let (path, suites) = (path.display(), suites.display());
    say(|out| {
        writeln!(out, "{path}:{line}: the case {id}, about {req}")?;
        writeln!(out, "next:  plimsoll lint {suites}")?;
        let (client, spec) = match ledger.side() {
            Side::Registry | Side::Runtime => ("", String::new()),
            Side::Client => (" --client plimsoll", format!(" --spec {spec}")),
        };
        writeln!(out, "       plimsoll run{client} --suites {suites} --case {id}")?;
        writeln!(out, "       plimsoll mutants{spec} --suites {suites} --rule '{req}*'")
    })?;
    Ok(Exit::Conformant)
}

/// True where there is a YAML file in a folder of the folder.
fn has_suites(folder: &Path) -> bool {
    let folders = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    folders
        .filter_map(|path| std::fs::read_dir(path).ok())
        .flatten()
        .flatten()
        .any(|file| file.path().extension().is_some_and(|extension| extension == "yaml"))
}
