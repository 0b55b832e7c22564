//! `plimsoll certify --verify`: is a bundle whole, unedited, complete, and does it say what its events say?
//!
//! There is no signature in it. Whoever makes up a whole run, with sums that fit, is not found out here; who wants to be
//! sure repeats the run with the seed.

use std::collections::BTreeMap;
use std::path::Path;

use plimsoll_engine::Verdict;
use plimsoll_engine::plan::{Selection, plan};
use plimsoll_engine::summary::Summary;
use plimsoll_reports::read_summary;
use plimsoll_suite::Library;
use plimsoll_suite::ledger::SpecVersion;
use plimsoll_suite::matrix::Values;

use super::bundle::{EVENTS, SUMS, sums};
use super::product::{NAME as PRODUCT, Product};
use super::{REPORTS, derived};
use crate::commands::{library, text};
use crate::error::CliError;
use crate::exit::Exit;

/// Checks a bundle and prints what is wrong with it.
pub(super) fn verify(folder: &Path) -> Result<Exit, CliError> {
    let library = library(None)?;
    let checked = check(folder, &library)?;
    report(folder, &checked)?;
    Ok(if checked.findings.is_empty() { Exit::Conformant } else { Exit::Violations })
}

/// A bundle that was looked at.
#[derive(Debug)]
pub struct Checked {
    /// What is wrong with it, a line each.
    pub findings: Vec<String>,
    product: Option<Product>,
    summary: Option<Summary>,
}

/// Checks a bundle against the suites it should have been made with.
pub fn check(folder: &Path, library: &Library) -> Result<Checked, CliError> {
    let listed = std::fs::read_to_string(folder.join(SUMS)).map_err(|error| {
        CliError::usage(format!("cannot read {}: {error}", folder.join(SUMS).display()))
            .hint("--verify takes the directory that `plimsoll certify --out` wrote")
    })?;
    let there = sums(folder)
        .map_err(|error| CliError::harness(format!("cannot read the files of {}: {error}", folder.display())))?;
    let mut findings = compare(&listed, &there);
    let product = match std::fs::read_to_string(folder.join(PRODUCT)) {
        Ok(text) => match Product::read(&text) {
            Ok(product) => Some(product),
            Err(mistakes) => {
                findings.extend(mistakes.into_iter().map(|mistake| format!("{PRODUCT}: {mistake}")));
                None
            }
        },
        // That it is missing was said.
        Err(_) => None,
    };
    let summary = match read_summary(&folder.join(EVENTS)) {
        Ok(summary) => Some(summary),
        Err(error) => {
            findings.push(format!("{EVENTS}: {}", error.to_string().replace("\nhint: ", "; ")));
            None
        }
    };
    if let Some(summary) = &summary {
        findings.extend(complete(summary, library));
        findings.extend(sound(summary));
        if let Some(product) = &product {
            findings.extend(follows(folder, summary, product, library)?);
        }
    }
    Ok(Checked { findings, product, summary })
}

/// Nothing edited, nothing added, nothing missing.
fn compare(listed: &str, there: &BTreeMap<String, String>) -> Vec<String> {
    let mut findings = Vec::new();
    let listed: BTreeMap<&str, &str> =
        listed.lines().filter_map(|line| line.split_once("  ").map(|(sum, name)| (name, sum))).collect();
    for (name, sum) in &listed {
        match there.get(*name) {
            None => findings.push(format!("{name} is missing")),
            Some(found) if found != sum => {
                findings.push(format!("{name} was edited: it does not have the sum in {SUMS}"));
            }
            Some(_) => {}
        }
    }
    for name in there.keys().filter(|name| !listed.contains_key(name.as_str())) {
        findings.push(format!("{name} was added: {SUMS} does not list it"));
    }
    let reports = REPORTS.into_iter().filter_map(plimsoll_reports::Format::file_name);
    for name in [PRODUCT, EVENTS, "README.md", "results.yaml"].into_iter().chain(reports) {
        if !listed.contains_key(name) {
            findings.push(format!("{name} is missing: {SUMS} does not list it"));
        }
    }
    findings
}

/// Every case of the claimed version was run to its end, by the suites of this program.
fn complete(summary: &Summary, library: &Library) -> Vec<String> {
    let Some(run) = &summary.run else { return vec![format!("{EVENTS}: there is no run in it")] };
    let mut findings = Vec::new();
    if !summary.is_complete() {
        findings.push(format!("{EVENTS}: the run did not come to its end"));
    }
    if library.digest() != run.tool.suites {
        findings.push(format!(
            "the suites are not those of this program: {} {} made the bundle, with the suites {}; check it with that version",
            run.tool.name, run.tool.version, run.tool.suites
        ));
        return findings;
    }
    let spec = library.specs.get(&run.spec).zip(run.spec_version.parse::<SpecVersion>().ok());
    let Some((spec, version)) = spec.filter(|(spec, version)| spec.ledger.source.versions.contains(version)) else {
        findings.push(format!("{EVENTS}: there is no specification {} {}", run.spec, run.spec_version));
        return findings;
    };
    let bare = |id: &str| id.split('[').next().unwrap_or_default().to_owned();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &summary.cases {
        *seen.entry(&case.id).or_default() += 1;
    }
    let mut missing = Vec::new();
    for entry in plan(spec, version, &Selection::default()) {
        // The cells of content that the user named are in no suite.
        let named = entry.case.matrix.values().any(|values| matches!(values, Values::Content(_)));
        let found =
            if named { seen.keys().any(|id| bare(id) == entry.id) } else { seen.contains_key(entry.id.as_str()) };
        if !found {
            missing.push(entry.id);
        }
    }
    if let Some(first) = missing.first() {
        findings.push(format!("{EVENTS}: {} cases of version {version} were not run: {first}, ...", missing.len()));
    }
    for (id, times) in seen.iter().filter(|(_, times)| **times > 1) {
        findings.push(format!("{EVENTS}: {id} is there {times} times"));
    }
    findings
}

/// No case has a better word than its own assertions.
fn sound(summary: &Summary) -> Vec<String> {
    let better = |case: &&plimsoll_engine::event::CaseReport| {
        let worst = case.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Pass);
        worst > case.verdict
    };
    summary
        .cases
        .iter()
        .filter(better)
        .map(|case| format!("{EVENTS}: {} is called {}, but one of its assertions did not hold", case.id, case.verdict))
        .collect()
}

/// Everything that follows from the events is what follows from the events.
fn follows(folder: &Path, summary: &Summary, product: &Product, library: &Library) -> Result<Vec<String>, CliError> {
    let setup = std::fs::read_to_string(folder.join("SETUP.md")).ok();
    let spec = summary.run.as_ref().map_or("", |run| run.spec.as_str());
    let Ok(official) = super::official_of(library, spec) else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    for (name, text) in derived(summary, product, setup.as_deref(), &official)? {
        // What cannot be read was said to be missing.
        if std::fs::read_to_string(folder.join(name)).is_ok_and(|found| found != text) {
            findings.push(format!("{name} is not what follows from {EVENTS} and {PRODUCT}"));
        }
    }
    let run = summary.run.as_deref();
    let subject = run.map(|run| (run.subject.name.as_deref(), run.subject.version.as_deref()));
    if subject.is_some_and(|subject| subject != (Some(&product.name), Some(&product.version))) {
        findings.push(format!("{PRODUCT} is about {} {}, the run is not", product.name, product.version));
    }
    Ok(findings)
}

fn report(folder: &Path, checked: &Checked) -> Result<(), CliError> {
    let Checked { findings, product, summary } = checked;
    text(|out| {
        for finding in findings {
            writeln!(out, "{finding}")?;
        }
        let run = summary.as_ref().and_then(|summary| Some((summary, summary.run.as_ref()?)));
        match (findings.len(), product, run) {
            (0, Some(product), Some((summary, run))) => {
                let (name, version, cases) = (&product.name, &product.version, summary.cases.len());
                writeln!(out, "{}: whole and unedited", folder.display())?;
                writeln!(out, "{name} {version}, {} {}, {cases} cases", run.spec_title, run.spec_version)?;
                let counts = summary.counts().into_iter().filter(|(_, count)| *count > 0);
                let counts: Vec<String> = counts.map(|(verdict, count)| format!("{count} {verdict}")).collect();
                writeln!(out, "{}", counts.join(", "))
            }
            (1, ..) => writeln!(out, "{}: 1 finding", folder.display()),
            (n, ..) => writeln!(out, "{}: {n} findings", folder.display()),
        }
    })
}
