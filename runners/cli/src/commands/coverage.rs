//! `plimsoll coverage`: does a case look at every requirement?

use plimsoll_engine::coverage::{self, Coverage, Row};
use plimsoll_suite::ledger::{Ledger, SpecVersion};
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
        writeln!(out, "\n{}: {}", origins(&library.specs[&spec].ledger, version, &rows), counts(&rows))
    })?;
    let missing = rows.iter().any(|row| row.coverage == Coverage::Missing);
    if let Some(out) = &args.out {
        json_file(out, "coverage", &Table { spec, version: version.to_string(), requirements: rows })?;
    }
    Ok(if missing { Exit::Violations } else { Exit::Conformant })
}

/// How many requirements are of the specification, and how many stand in other texts.
fn origins(ledger: &Ledger, version: SpecVersion, rows: &[Row]) -> String {
    let stated = |row: &&Row| ledger.get(&row.id).is_some_and(|requirement| requirement.stands_in(&ledger.source));
    let own = rows.iter().filter(stated).count();
    let beside = match rows.len() - own {
        0 => String::new(),
        more => format!(" and {more} beside it"),
    };
    format!("{own} of {} {version}{beside}", ledger.title)
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
