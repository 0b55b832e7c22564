//! The reference implementations speak of requirements that exist.

use plimsoll_registry::Rule;
use plimsoll_suite::Library;
use plimsoll_suite::ledger::{Binds, SpecVersion};

#[test]
fn every_rule_of_the_reference_registry_is_in_the_ledger() {
    let library = Library::embedded().unwrap();
    let ledger = &library.specs["distribution"].ledger;
    let mut wrong = Vec::new();
    for rule in Rule::ALL {
        match ledger.get(rule.requirement()) {
            None => wrong.push(format!("{}: the ledger has no {}", rule.id(), rule.requirement())),
            Some(requirement) if requirement.binds == Binds::Client => {
                wrong.push(format!("{}: {} binds clients only", rule.id(), requirement.id));
            }
            Some(requirement) if requirement.level_at(SpecVersion::Main).is_none() => {
                wrong.push(format!("{}: {} was dropped", rule.id(), requirement.id));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
