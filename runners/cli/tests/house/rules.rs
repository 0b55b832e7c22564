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
