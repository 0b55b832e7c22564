//! The reference implementations speak of requirements that exist.

use std::fmt::Write as _;

use plimsoll_registry::{Freedom, Rule};
use plimsoll_suite::Library;
use plimsoll_suite::ledger::{Binds, SpecVersion};

/// What is wrong with ids that speak of requirements.
fn wrong<'a>(ids: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let library = Library::embedded().unwrap();
    let ledger = &library.specs["distribution"].ledger;
    let mut wrong = String::new();
    for (id, requirement) in ids {
        let what = match ledger.get(requirement) {
            None => "is not in the ledger",
            Some(row) if row.binds == Binds::Client => "binds clients only",
            Some(row) if row.level_at(SpecVersion::Main).is_none() => "was dropped",
            Some(_) => continue,
        };
        let _ = writeln!(wrong, "{id}: {requirement} {what}");
    }
    wrong
}

#[test]
fn every_rule_of_the_reference_registry_is_in_the_ledger() {
    assert_eq!(wrong(Rule::ALL.iter().map(|rule| (rule.id(), rule.requirement()))), "");
}

#[test]
fn every_freedom_of_the_reference_registry_is_in_the_ledger() {
    assert_eq!(wrong(Freedom::ALL.iter().map(|freedom| (freedom.id(), freedom.requirement()))), "");
}

#[test]
fn every_duty_of_the_reference_client_is_in_the_ledger() {
    use plimsoll_client::rules::Rule;
    let library = Library::embedded().unwrap();
    let ledger = &library.specs["distribution-client"].ledger;
    let fits = |rule: &Rule| {
        let requirement = ledger.get(rule.requirement());
        requirement.is_some_and(|found| ledger.side().is_bound_by(found) && found.level_at(SpecVersion::Main).is_some())
    };
    let wrong: Vec<&str> = Rule::ALL.iter().filter(|rule| !fits(rule)).map(|rule| rule.id()).collect();
    assert!(wrong.is_empty(), "no requirement of clients: {wrong:?}");
}

/// What no mutant shows may be an assertion that cannot fail.
#[test]
fn every_asserted_duty_of_clients_can_be_broken() {
    use plimsoll_client::rules::Rule;
    let library = Library::embedded().unwrap();
    let spec = &library.specs["distribution-client"];
    let asserted = plimsoll_engine::coverage::coverage(spec, SpecVersion::Main);
    let asserted = asserted.iter().filter(|row| row.cases > 0).map(|row| row.id.as_str());
    let unbroken: Vec<&str> = asserted.filter(|id| !Rule::ALL.iter().any(|rule| rule.requirement() == *id)).collect();
    assert!(unbroken.is_empty(), "no rule of the reference client serves {unbroken:?}");
}

/// `plimsoll mutants --spec SPEC --out DIR` writes DIR/mutants.md, which stands here as SPEC.md.
#[test]
fn the_kill_tables_are_current() {
    let registry: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    let client: Vec<&str> = plimsoll_client::rules::Rule::ALL.iter().map(|rule| rule.id()).collect();
    for (spec, rules) in [("distribution", registry), ("distribution-client", client)] {
        let path = super::root().join(format!("reports/kill-tables/{spec}.md"));
        let table = std::fs::read_to_string(&path).unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let rows: Vec<&str> = rows.map(|(id, _)| id).collect();
        assert!(rows == rules, "{} is not the table of the rules there are", path.display());
    }
}
