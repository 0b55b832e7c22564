//! The commands, one file each, and what they share.

pub mod certify;
pub mod coverage;
pub mod drift;
pub mod explain;
pub mod lint;
pub mod list;
pub mod mutants;
pub mod new;
pub mod report;
pub mod run;

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;

use plimsoll_engine::plan::Selection;
use plimsoll_suite::ledger::SpecVersion;
use plimsoll_suite::{Library, LoadError};
use serde::Serialize;

use crate::args::SelectArgs;
use crate::error::CliError;
use crate::exit::Exit;

/// The suites of a folder, or the built-in ones.
pub fn library(folder: Option<&Path>) -> Result<Arc<Library>, CliError> {
    let loaded = match folder {
        Some(folder) => Library::from_folder(folder),
        None => Library::embedded(),
    };
    loaded.map(Arc::new).map_err(|error| unreadable(&error))
}

/// Suites that cannot be used are a mistake in the configuration, shown at their place.
pub fn unreadable(error: &LoadError) -> CliError {
    match error {
        LoadError::Mistakes(mistakes) => CliError::usage(format!("{error}\n\n{}", mistakes.render(coloured()))),
        LoadError::Read { .. } => CliError::usage(error.to_string())
            .hint("name a folder of suites, or leave the suites to those that are built in"),
        LoadError::Empty { .. } => CliError::usage(error.to_string()),
    }
}

/// True when messages may have colours. Standard error decides, because messages go there.
pub fn coloured() -> bool {
    match anstream::ColorChoice::global() {
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => true,
        anstream::ColorChoice::Never => false,
        anstream::ColorChoice::Auto => {
            anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never && io::stderr().is_terminal()
        }
    }
}

/// Writes data to standard output as it is. A reader that has seen enough, such as `head`, is no error.
pub fn data(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    written(io::BufWriter::new(io::stdout().lock()), write)
}

/// The same for text with colours, which go where they are not wanted.
pub fn text(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    written(anstream::stdout().lock(), write)
}

fn written(mut out: impl Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::harness(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes `NAME.json` into a directory, which is made if need be.
pub fn json_file(out: &Path, name: &str, value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| CliError::harness(error.to_string()))?;
    file(out, &format!("{name}.json"), &text)
}

/// Writes a file into a directory, which is made if need be.
pub fn file(out: &Path, name: &str, text: &str) -> Result<(), CliError> {
    let path = out.join(name);
    let failed = |error: io::Error| {
        CliError::harness(format!("cannot write {}: {error}", path.display())).hint("choose another --out")
    };
    std::fs::create_dir_all(out).map_err(failed)?;
    std::fs::write(&path, text).map_err(failed)
}

/// The error of a selection that leaves nothing.
pub fn nothing() -> CliError {
    CliError { exit: Exit::Nothing, ..CliError::usage("no case is selected") }
        .hint("`plimsoll list` shows the cases and `plimsoll list --requirements` the requirements")
}

/// The specification that is meant.
pub fn spec_of(library: &Library, name: Option<&str>) -> Result<String, CliError> {
    let name = name.unwrap_or("distribution");
    if library.specs.contains_key(name) {
        return Ok(name.to_owned());
    }
    let known: Vec<&str> = library.specs.keys().map(String::as_str).collect();
    Err(CliError::usage(format!("nothing is known of a specification `{name}`"))
        .hint(format!("these are known: {}", known.join(", "))))
}

/// Nobody can be judged by a specification that has a ledger and no suites.
pub fn has_suites(library: &Library, spec: &str) -> Result<(), CliError> {
    if !library.specs[spec].suites.is_empty() {
        return Ok(());
    }
    let message = format!("there are no suites for the {} yet", library.specs[spec].ledger.title);
    Err(CliError { exit: Exit::Nothing, ..CliError::usage(message) }
        .hint(format!("`plimsoll coverage --spec {spec}` shows what they will have to assert")))
}

/// The version that is meant: the newest release unless said otherwise.
pub fn version_of(library: &Library, spec: &str, version: Option<SpecVersion>) -> Result<SpecVersion, CliError> {
    let known = &library.specs[spec].ledger.source.versions;
    let release = known.iter().rfind(|version| **version != SpecVersion::Main).or(known.last());
    let version = version.or(release.copied()).unwrap_or(SpecVersion::Main);
    if known.contains(&version) {
        return Ok(version);
    }
    let words: Vec<String> = known.iter().map(ToString::to_string).collect();
    Err(CliError::usage(format!("the ledger does not know version {version}"))
        .hint(format!("it knows: {}", words.join(", "))))
}

/// The selection of the arguments.
pub fn selection(args: &SelectArgs) -> Selection {
    Selection {
        cases: args.case.clone(),
        suites: args.suite.clone(),
        requirements: args.req.clone(),
        levels: args.level.iter().map(|level| (*level).into()).collect(),
        needs: args.needs.clone(),
        partition: args.partition,
    }
}
