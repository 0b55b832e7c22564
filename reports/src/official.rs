//! `results.yaml`: a run in the rows and words of the official conformance program.
//!
//! The official program gives a row the best word that any of its tests earned, so that a mount that is never granted
//! still shows as a pass. Here a row is skipped as soon as a feature it stands for is declined, and says so.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use plimsoll_engine::Verdict;
use plimsoll_engine::event::{CaseReport, RunStarted};
use plimsoll_engine::summary::Summary;
use plimsoll_suite::ledger::SpecVersion;
use plimsoll_suite::official::{Official, Row, Switch, fits};
use plimsoll_suite::position::At;

use crate::Error;

/// The words of the official program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing is known.
    Unknown,
    /// The configuration or the version leaves it out.
    Disabled,
    /// The registry lawfully declines it.
    Skip,
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// The harness could not decide.
    Error,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Unknown => "Unknown",
            Self::Disabled => "Disabled",
            Self::Skip => "Skip",
            Self::Pass => "Pass",
            Self::Fail => "FAIL",
            Self::Error => "Error",
        })
    }
}

/// A row with its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The name of the row.
    pub name: String,
    /// The word.
    pub status: Status,
    /// What the word alone does not say; in words of the suites only, never of the subject.
    pub note: Option<String>,
}

/// The table of APIs and the table of data.
pub fn tables(official: &Official, summary: &Summary) -> (Vec<Line>, Vec<Line>) {
    let off = summary.run.as_deref().map_or_else(Vec::new, |run| switched_off(official, run));
    let lines = |rows: &[At<Row>]| rows.iter().map(|row| line(row, summary, &off)).collect();
    (lines(&official.apis), lines(&official.data))
}

/// The switches that are off in the configuration of a run.
fn switched_off<'o>(official: &'o Official, run: &RunStarted) -> Vec<&'o Switch> {
    let off: Vec<&str> = run.config.get("switched-off").map_or_else(Vec::new, |keys| keys.split(' ').collect());
    official.switches.iter().map(|switch| &switch.value).filter(|switch| off.contains(&switch.key.as_str())).collect()
}

fn line(row: &Row, summary: &Summary, off: &[&Switch]) -> Line {
    let cases: Vec<&CaseReport> = summary.cases.iter().filter(|case| fits(&row.cases, &case.id)).collect();
    let (status, note) = judge(row, &cases, summary, off);
    Line { name: row.row.value.clone(), status, note }
}

fn judge(row: &Row, cases: &[&CaseReport], summary: &Summary, off: &[&Switch]) -> (Status, Option<String>) {
    if let Some(why) = &row.why {
        return (Status::Unknown, Some(why.clone()));
    }
    if cases.is_empty() {
        let run = summary.run.as_deref();
        return match run.is_some_and(|run| run.plan.iter().any(|id| fits(&row.cases, id))) {
            true => (Status::Unknown, Some("not reached".to_owned())),
            false => {
                let version = run.map_or("", |run| run.spec_version.as_str());
                (Status::Disabled, Some(format!("version {version} has nothing of it that is tested")))
            }
        };
    }
    let with = |verdicts: &[Verdict]| cases.iter().filter(|case| verdicts.contains(&case.verdict)).count();
    let named = |verdicts: &[Verdict]| {
        let named: Vec<&str> =
            cases.iter().filter(|case| verdicts.contains(&case.verdict)).map(|case| case.id.as_str()).collect();
        match named.as_slice() {
            [first, _, ..] => format!("{first} and {} more", named.len() - 1),
            _ => named.join(""),
        }
    };
    const HELD: &[Verdict] = &[Verdict::Pass, Verdict::Warn];
    const BROKEN: &[Verdict] = &[Verdict::Fail, Verdict::Blocked];
    if with(&[Verdict::Error]) > 0 {
        return (Status::Error, Some(named(&[Verdict::Error])));
    }
    if with(BROKEN) > 0 {
        return (Status::Fail, Some(named(BROKEN)));
    }
    let has =
        |switch: &Switch| switch.features.iter().any(|feature| row.features.iter().any(|f| f.value == feature.value));
    if let Some(switch) = off.iter().find(|switch| has(switch)) {
        return (Status::Disabled, Some(format!("{} is switched off", switch.key)));
    }
    let declined = declined(row, cases, summary);
    if !declined.is_empty() {
        let features: Vec<&str> = declined.into_iter().collect();
        let note = match with(HELD) {
            0 => format!("declined: {}", features.join(", ")),
            n => format!(
                "declined: {}; what else was tried holds ({n} of {}), for which the official program may say Pass",
                features.join(", "),
                cases.len()
            ),
        };
        return (Status::Skip, Some(note));
    }
    let notes: Vec<String> = [
        (with(&[Verdict::Warn]), "found something that should be otherwise"),
        (with(&[Verdict::Unsupported]), "not supported"),
        (with(&[Verdict::Info]), "left open by the specification"),
        (with(&[Verdict::Skipped]), "left out"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} of {} cases {what}", cases.len()))
    .collect();
    let note = (!notes.is_empty()).then(|| notes.join(", "));
    // A freedom that was not used is no pass.
    match (with(HELD), with(&[Verdict::Unsupported, Verdict::Info])) {
        (0, 0) => (Status::Disabled, note),
        (0, _) => (Status::Skip, note),
        _ => (Status::Pass, note),
    }
}

/// The features of the row that the registry declines: when probed, or by the answer to a case.
fn declined<'a>(row: &'a Row, cases: &[&CaseReport], summary: &Summary) -> BTreeSet<&'a str> {
    let probed = |feature: &str| summary.features.iter().any(|probed| !probed.supported && probed.id == feature);
    let by_case = |feature: &str| {
        cases.iter().any(|case| case.verdict == Verdict::Unsupported && case.feature.as_deref() == Some(feature))
    };
    let features = row.features.iter().map(|feature| feature.value.as_str());
    features.filter(|feature| probed(feature) || by_case(feature)).collect()
}

/// `results.yaml`.
///
/// # Errors
/// Never today; as every report.
pub fn render(official: &Official, summary: &Summary) -> Result<String, Error> {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut text, official, summary);
    Ok(text)
}

fn write(out: &mut String, official: &Official, summary: &Summary) -> fmt::Result {
    if let Some(run) = &summary.run {
        configuration(out, official, run)?;
    }
    let (apis, data) = tables(official, summary);
    for (name, lines) in [("apis", apis), ("data", data)] {
        writeln!(out, "{name}:")?;
        for line in lines {
            write!(out, "  {}: {}", line.name, line.status)?;
            if let Some(note) = line.note {
                write!(out, " # {note}")?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

/// The configuration as the official program would have recorded it.
fn configuration(out: &mut String, official: &Official, run: &RunStarted) -> fmt::Result {
    let given = |name: &str| run.config.get(name).map(String::as_str);
    let target = run.subject.target.trim_end_matches('/');
    let (scheme, registry) = target.split_once("://").unwrap_or(("https", target));
    let tls = match (scheme, given("insecure")) {
        ("http", _) => "disabled",
        (_, Some(_)) => "insecure",
        _ => "enabled",
    };
    let namespace = given("namespace").unwrap_or("plimsoll");
    let hidden = if given("user").is_some_and(|user| user != "anonymous") { "***" } else { "" };
    writeln!(out, "config:")?;
    for (key, value) in [
        ("registry", registry),
        ("tls", tls),
        ("repo1", &format!("{namespace}/*-main")),
        ("repo2", &format!("{namespace}/*-other")),
        ("username", hidden),
        ("password", hidden),
    ] {
        writeln!(out, "  {key}: {}", quoted(value))?;
    }
    writeln!(out, "  cacheAuth: true\n  logging: warn")?;
    switches(out, official, run)?;
    writeln!(out, "  roData:")?;
    for list in ["tags", "manifests", "blobs", "referrers"] {
        let items = given(&format!("content-{list}")).unwrap_or_default();
        let items: Vec<String> = items.split(' ').filter(|item| !item.is_empty()).map(quoted).collect();
        writeln!(out, "    {list}: [{}]", items.join(", "))?;
    }
    let version = if run.spec_version == "main" { "1.1+dev" } else { &run.spec_version };
    let commit = format!("{} {}, suites {}", run.tool.name, run.tool.version, run.tool.suites);
    writeln!(out, "  resultsDir: .\n  version: {}\n  commit: {}", quoted(version), quoted(&commit))
}

/// The switches, nested as in the official file.
fn switches(out: &mut String, official: &Official, run: &RunStarted) -> fmt::Result {
    let off = switched_off(official, run);
    let read_only = run.config.contains_key("read-only");
    let version = run.spec_version.parse::<SpecVersion>().ok();
    let mut above: Vec<&str> = Vec::new();
    for switch in &official.switches {
        let mut path: Vec<&str> = switch.key.split('.').collect();
        let Some(leaf) = path.pop() else { continue };
        for (depth, group) in path.iter().enumerate() {
            if above.get(depth) != Some(group) {
                above.truncate(depth);
                above.push(group);
                writeln!(out, "{}{group}:", "  ".repeat(depth + 1))?;
            }
        }
        above.truncate(path.len());
        let since = switch.since.as_ref().and_then(|since| since.parse::<SpecVersion>().ok());
        let has = since.is_none_or(|since| version.is_some_and(|version| since <= version));
        let on = has && !off.contains(&&switch.value) && !(read_only && switch.key.as_str() == "apis.push");
        writeln!(out, "{}{leaf}: {on}", "  ".repeat(path.len() + 1))?;
    }
    Ok(())
}

/// A text of the user's as YAML: a JSON string is one in both, and escapes what would break a line.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
