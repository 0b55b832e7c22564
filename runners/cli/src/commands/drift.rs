//! `plimsoll drift`: which requirements need another look in another copy of the specification.

use plimsoll_suite::ledger::{Drift, Texts, drift as compare, fingerprint_in};

use crate::args::DriftArgs;
use crate::commands::{data, library, spec_of};
use crate::error::CliError;
use crate::exit::Exit;

/// Prints the requirements whose sentence moved or changed. Changed ones make the exit code 1.
pub fn drift(args: &DriftArgs) -> Result<Exit, CliError> {
    let library = library(None)?;
    let spec = spec_of(&library, args.spec.as_deref())?;
    let ledger = &library.specs[&spec].ledger;
    let source = &ledger.source;
    let texts = Texts::read(source, &args.text).map_err(|error| {
        CliError::usage(format!("cannot read {}: {error}", args.text.display()))
            .hint(format!("name the text of the {}, or the folder with its files", ledger.title))
    })?;
    let found = compare(ledger, source.version, &texts);
    let (mut same, mut moved, mut changed) = (0, 0, 0);
    data(|out| {
        for (requirement, drift) in &found {
            match drift {
                Drift::Unchanged => same += 1,
                Drift::Moved { line } => {
                    moved += 1;
                    writeln!(out, "moved    {:35} to line {line}", requirement.id)?;
                }
                Drift::Changed => {
                    changed += 1;
                    writeln!(out, "changed  {:35} {}", requirement.id, requirement.about)?;
                    if let Some(fingerprint) = fingerprint_in(requirement, texts.get(source.file_of(requirement))) {
                        writeln!(out, "         {:35} fingerprint of its lines here: {fingerprint}", "")?;
                    }
                }
            }
        }
        writeln!(out, "{same} as in the ledger, {moved} moved, {changed} changed or gone")
    })?;
    Ok(if changed > 0 { Exit::Violations } else { Exit::Conformant })
}
