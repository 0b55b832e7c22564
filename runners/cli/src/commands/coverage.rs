//! `plimsoll coverage`: does a case look at every requirement?

use plimsoll_engine::coverage::{self, Coverage, Row};
use serde::Serialize;

use crate::args::CoverageArgs;
use crate::commands::{data, json_file, library, spec_of, version_of};
use crate::error::CliError;
use crate::exit::Exit;

#[derive(Serialize)]
struct Table {
    spec: String,
    version: String,
    requirements: Vec<Row>,
}

/// Prints the requirements by section. One that is missing makes the exit code 1.
pub fn coverage(args: &CoverageArgs) -> Result<Exit, CliError> {
    let library = library(args.suites.as_deref())?;
    let spec = spec_of(&library, args.spec.as_deref())?;
    let version = version_of(&library, &spec, args.spec_version)?;
    let rows = coverage::coverage(&library.specs[&spec], version);
    data(|out| {
        for section in rows.chunk_by(|one, next| one.section == next.section) {
            writeln!(out, "{}", section[0].section)?;
            for row in section {
                let said = row.reason.as_ref().unwrap_or(&row.about);
                writeln!(out, "  {:10} {:>3} {:36} {:10} {said}", word(row.coverage), row.cases, row.id, row.level)?;
            }
        }
        writeln!(out, "\n{} of {} {version}: {}", rows.len(), library.specs[&spec].ledger.title, counts(&rows))
    })?;
    let missing = rows.iter().any(|row| row.coverage == Coverage::Missing);
    if let Some(out) = &args.out {
        json_file(out, "coverage", &Table { spec, version: version.to_string(), requirements: rows })?;
    }
    Ok(if missing { Exit::Violations } else { Exit::Conformant })
}

fn counts(rows: &[Row]) -> String {
    use Coverage::{Asserted, Missing, Observed, Open, Untestable};
    let count = |coverage| rows.iter().filter(|row| row.coverage == coverage).count();
    let words = [Asserted, Untestable, Missing, Observed, Open].map(|c| format!("{} {}", count(c), word(c)));
    words.join(", ")
}

fn word(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Asserted => "asserted",
        Coverage::Observed => "observed",
        Coverage::Untestable => "untestable",
        Coverage::Open => "open",
        Coverage::Missing => "missing",
    }
}
