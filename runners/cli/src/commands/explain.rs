//! `plimsoll explain`: what a requirement or a case is about, and how to see it fail.

use std::fmt::Write as _;

use plimsoll_engine::plan::{Entry, plan};
use plimsoll_registry::Rule;
use plimsoll_suite::host::HostFile;
use plimsoll_suite::ledger::{Requirement, Side, SpecVersion};
use plimsoll_suite::{Library, Spec};

use crate::args::ExplainArgs;
use crate::commands::{data, library, selection, spec_of};
use crate::config::fill_selection;
use crate::error::CliError;
use crate::exit::Exit;

/// Prints what is known about the id.
pub fn explain(args: &ExplainArgs) -> Result<Exit, CliError> {
    let select = fill_selection(&args.select)?;
    let library = library(select.suites.as_deref())?;
    let name = match &select.spec {
        Some(name) => spec_of(&library, Some(name))?,
        None => spec_with(&library, &args.id).map_or_else(|| spec_of(&library, None), Ok)?,
    };
    let spec = &library.specs[&name];
    let entries = plan(spec, SpecVersion::Main, &selection(&select));
    let text = if let Some(requirement) = spec.ledger.get(&args.id) {
        of_requirement(requirement, spec, &library.host, &entries)
    } else {
        let bare = args.id.split('[').next().unwrap_or_default();
        let named: Vec<&Entry> = entries.iter().filter(|entry| bare_id(entry) == bare).collect();
        let Some(first) = named.first() else {
            let mut known: Vec<&str> = spec.ledger.requirements.iter().map(|r| r.id.as_str()).collect();
            known.extend(entries.iter().map(bare_id));
            let near = known.into_iter().max_by(|a, b| nearness(&args.id, a).total_cmp(&nearness(&args.id, b)));
            return Err(CliError::usage(format!("`{}` is neither a requirement nor a case", args.id))
                .hint(format!("did you mean `{}`? `plimsoll list` shows the cases", near.unwrap_or_default())));
        };
        let file = library.texts.get(&first.path).map_or("", String::as_str);
        of_case(first, &named, spec, file)
    };
    data(|out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Conformant)
}

/// The specification whose ledger has the requirement, or in whose folder the case stands. Where one text has a ledger for
/// each side, that of the side which is bound.
fn spec_with(library: &Library, id: &str) -> Option<String> {
    let folder = id.split_once('/').map_or("", |(folder, _)| folder);
    let named = |bound: bool| {
        library.specs.iter().find(|(name, spec)| {
            let side = spec.ledger.side();
            *name == folder || spec.ledger.get(id).is_some_and(|requirement| !bound || side.is_bound_by(requirement))
        })
    };
    named(true).or_else(|| named(false)).map(|(name, _)| name.clone())
}

fn bare_id(entry: &Entry) -> &str {
    entry.id.split('[').next().unwrap_or_default()
}

fn nearness(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b)
}

fn of_requirement(requirement: &Requirement, spec: &Spec, host: &HostFile, entries: &[Entry]) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}\n  {}\n", requirement.id, requirement.about);
    for version in &spec.ledger.source.versions {
        let levels = requirement.levels_at(*version).map_or_else(
            || "not in force".to_owned(),
            |levels| levels.iter().map(|level| level.keyword()).collect::<Vec<_>>().join(", "),
        );
        let _ = writeln!(text, "  {:10} {levels}", format!("in {version}"));
    }
    let _ = writeln!(text, "  {:10} {}", "binds", requirement.binds.whom());
    for id in requirement.through() {
        let Some(other) = spec.ledger.get(id) else { continue };
        let level = other.level.as_slice().iter().map(|level| level.keyword()).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "  {:10} {id} ({level}): {}", "through", other.about);
    }
    for id in requirement.host() {
        let about = host.get(id).map_or("", |capability| capability.about.as_str());
        let _ = writeln!(text, "  {:10} {id}: {about}", "host");
    }
    let _ = writeln!(text, "  {:10} {}", "text", requirement.link());
    if let Some(note) = &requirement.note {
        let _ = writeln!(text, "  {:10} {note}", "note");
    }
    if let Some(reason) = &requirement.untestable {
        let _ = writeln!(text, "  {:10} {reason}", "untestable");
    }
    let mut cases: Vec<&str> =
        entries.iter().filter(|entry| entry.requirements.contains(&requirement.id)).map(bare_id).collect();
    cases.dedup();
    let _ = writeln!(text, "\ncases that assert it:");
    if cases.is_empty() {
        let _ = writeln!(text, "  none");
    }
    for case in cases {
        let _ = writeln!(text, "  {case}");
    }
    let how = match spec.ledger.side() {
        Side::Registry => "plimsoll-registry serve --break ID",
        Side::Client => "plimsoll client --break ID",
        Side::Runtime => return text,
    };
    let _ = writeln!(text, "\nways to break it ({how}):");
    let rules = ways(requirement, spec.ledger.side());
    if rules.is_empty() {
        let _ = writeln!(text, "  none");
    }
    for (id, about) in rules {
        let _ = writeln!(text, "  {id:45} {about}");
    }
    text
}

/// Ids of the rules of the reference implementation that serve a requirement, with what happens when they are broken.
fn ways(requirement: &Requirement, side: Side) -> Vec<(&'static str, &'static str)> {
    use plimsoll_client::rules::Rule as Duty;
    let serves = |own: &str| own == requirement.id;
    match side {
        Side::Registry => {
            Rule::ALL.iter().filter(|rule| serves(rule.requirement())).map(|rule| (rule.id(), rule.about())).collect()
        }
        Side::Client => {
            Duty::ALL.iter().filter(|rule| serves(rule.requirement())).map(|rule| (rule.id(), rule.about())).collect()
        }
        Side::Runtime => Vec::new(),
    }
}

fn of_case(entry: &Entry, cells: &[&Entry], spec: &Spec, file: &str) -> String {
    let case = &entry.case;
    let mut text = String::new();
    let _ = writeln!(text, "{}\n  {}\n", bare_id(entry), case.title);
    let _ = writeln!(text, "  {:10} {}:{}", "file", entry.shown, case.id.at.line);
    if let Some(since) = &case.since {
        let _ = writeln!(text, "  {:10} {since}", "since");
    }
    if let Some(until) = &case.until {
        let _ = writeln!(text, "  {:10} {until}", "until");
    }
    for need in case.needs.iter() {
        let about = spec.features.features.iter().find(|f| f.id.value == need.value).map_or("", |f| f.about.as_str());
        let _ = writeln!(text, "  {:10} {need}: {about}", "needs");
    }
    for required in case.requires.iter() {
        let capability = spec.features.capabilities.iter().find(|c| c.id.value == required.value);
        let _ = writeln!(text, "  {:10} {required}: {}", "requires", capability.map_or("", |c| c.about.as_str()));
    }
    if cells.len() > 1 {
        let names: Vec<&str> = cells.iter().filter_map(|cell| cell.id.split_once('[')).map(|(_, cell)| cell).collect();
        let _ = writeln!(text, "  {:10} [{}", "runs as", names.join(" ["));
    }
    let _ = writeln!(text, "\nrequirements it can assert:");
    for requirement in entry.requirements.iter().filter_map(|id| spec.ledger.get(id)) {
        let level = requirement.level_at(SpecVersion::Main).map_or("", |level| level.keyword());
        let _ = writeln!(text, "  {:32} {level:10} {}", requirement.id, requirement.about);
    }
    let _ = writeln!(text, "\n{}", source_of(file, case.at.line));
    text
}

/// The lines of a case: from its first line to the next that is not indented deeper.
fn source_of(file: &str, line: usize) -> String {
    let lines: Vec<&str> = file.lines().skip(line.saturating_sub(1)).collect();
    let Some((first, rest)) = lines.split_first() else { return String::new() };
    let margin = first.len() - first.trim_start().len();
    let more =
        rest.iter().take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > margin).count();
    lines[..=more].join("\n").trim_end().to_owned()
}
