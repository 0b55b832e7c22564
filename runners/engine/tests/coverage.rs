//! Which requirements some answer breaks.

mod common;

use common::{case, spec, watching};
use plimsoll_engine::coverage::{Coverage, coverage};
use plimsoll_suite::Spec;
use plimsoll_suite::ledger::SpecVersion;

fn of(spec: &Spec, id: &str) -> Option<Coverage> {
    coverage(spec, SpecVersion::V1_1).into_iter().find(|row| row.id == id).map(|row| row.coverage)
}

fn expecting(expect: &str) -> Spec {
    spec(&format!("  - {{ id: c, title: A promise, steps: [ {{ GET: /, expect: {expect} }} ] }}\n"))
}

#[test]
fn an_obligation_is_asserted_where_an_answer_breaks_it() {
    for asserting in [
        "{ status: { is: 200, req: mini.must } }",
        "{ req: mini.must, headers: { A: b } }",
        "{ body: { json: { /a: { is: 1, req: mini.must } } } }",
        "[ { status: 200, headers: { A: { is: b, req: mini.must } } }, { status: 404 } ]",
        "[ { status: 200 }, { otherwise: mini.must } ]",
    ] {
        assert_eq!(of(&expecting(asserting), "mini.must"), Some(Coverage::Asserted), "{asserting}");
    }
    assert_eq!(of(&spec(&watching("c", "mini.must")), "mini.must"), Some(Coverage::Asserted));
    assert_eq!(of(&spec(&case("c", "mini.should", "")), "mini.should"), Some(Coverage::Asserted));
}

#[test]
fn an_obligation_that_nothing_breaks_is_missing() {
    for naming in [
        "{ status: { is: 200, req: mini.other } }",
        // Where the status chooses among alternatives, none is wrong.
        "[ { status: { is: 200, req: mini.must } }, { status: 404 }, { otherwise: mini.other } ]",
        // The matcher has requirements of its own.
        "{ req: mini.must, headers: { A: { is: b, req: mini.other } } }",
    ] {
        assert_eq!(of(&expecting(naming), "mini.must"), Some(Coverage::Missing), "{naming}");
    }
}

#[test]
fn the_ledger_says_what_cannot_be_tested() {
    let mut spec = spec(&case("c", "mini.must", ""));
    spec.ledger.requirements.iter_mut().for_each(|row| row.untestable = Some("because".to_owned()));
    assert_eq!(of(&spec, "mini.other"), Some(Coverage::Untestable));
    assert_eq!(of(&spec, "mini.may"), Some(Coverage::Open));
    assert_eq!(coverage(&spec, SpecVersion::V1_1)[1].reason.as_deref(), Some("because"));
}

#[test]
fn a_permission_is_observed_or_open() {
    let spec = spec(&case("c", "mini.may", ""));
    assert_eq!(of(&spec, "mini.may"), Some(Coverage::Observed));
    assert_eq!(of(&spec, "mini.both"), Some(Coverage::Open));
}

#[test]
fn what_does_not_bind_the_subject_in_the_version_is_left_out() {
    let spec = spec(&case("c", "mini.must", ""));
    assert_eq!(of(&spec, "mini.client"), None);
    let ids = |version| coverage(&spec, version).into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert!(!ids(SpecVersion::V1_0).contains(&"mini.new".to_owned()));
    assert!(ids(SpecVersion::V1_1).contains(&"mini.old".to_owned()));
    assert!(!ids(SpecVersion::Main).contains(&"mini.old".to_owned()));
}

#[test]
fn sections_stay_together() {
    let mut spec = spec(&case("c", "mini.must", ""));
    spec.ledger.requirements[1].section = "other".to_owned();
    let rows = coverage(&spec, SpecVersion::V1_1);
    let sections: Vec<&str> = rows.iter().map(|row| row.section.as_str()).collect();
    assert_eq!(sections.last(), Some(&"other"));
    assert_eq!(sections.iter().filter(|section| **section == "s").count(), sections.len() - 1);
}
