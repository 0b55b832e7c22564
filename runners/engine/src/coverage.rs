//! How much of a specification its suites look at.

use std::collections::BTreeSet;

use plimsoll_suite::Spec;
use plimsoll_suite::case::Case;
use plimsoll_suite::expect::Expectations;
use plimsoll_suite::ledger::{SpecVersion, Weight};
use plimsoll_suite::position::At;
use serde::Serialize;

use crate::matching;
use crate::plan::{Selection, binding, plan};

/// What the suites do about a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// An obligation, and some answer makes a case fail or warn for it.
    Asserted,
    /// An obligation of which no test can tell whether it is kept, for the reason that the ledger gives.
    Untestable,
    /// An obligation that no answer is seen to break.
    Missing,
    /// A permission, and a case looks whether the subject makes use of it.
    Observed,
    /// A permission at which no case looks.
    Open,
}

/// One requirement that binds the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Id of the requirement.
    pub id: String,
    /// Its keyword in the version.
    pub level: &'static str,
    /// Anchor of its section.
    pub section: String,
    /// What it says.
    pub about: String,
    /// What the suites do about it.
    pub coverage: Coverage,
    /// Entries of the plan that name it.
    pub cases: usize,
    /// What it takes of the host to look at it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub host: Vec<String>,
    /// Why it cannot be tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The requirements that bind the subject in `version`: section by section, in the order of the ledger.
pub fn coverage(spec: &Spec, version: SpecVersion) -> Vec<Row> {
    let entries = plan(spec, version, &Selection::default());
    let asserted: BTreeSet<String> = entries.iter().flat_map(|entry| breakable(&entry.case)).collect();
    let rows = binding(&spec.ledger, version).map(|(requirement, level)| {
        let cases = entries.iter().filter(|entry| entry.requirements.contains(&requirement.id)).count();
        let coverage = match level.weight() {
            Weight::May if cases > 0 => Coverage::Observed,
            Weight::May => Coverage::Open,
            _ if asserted.contains(&requirement.id) => Coverage::Asserted,
            _ if requirement.untestable.is_some() => Coverage::Untestable,
            _ => Coverage::Missing,
        };
        Row {
            id: requirement.id.clone(),
            level: level.keyword(),
            section: requirement.section.clone(),
            about: requirement.about.clone(),
            coverage,
            cases,
            host: requirement.host().to_vec(),
            reason: requirement.untestable.clone(),
        }
    });
    let mut rows: Vec<Row> = rows.collect();
    // Statements without a keyword stand at the end of the ledger, and belong to the others of their section.
    let sections: Vec<String> = rows.iter().map(|row| row.section.clone()).collect();
    rows.sort_by_key(|row| sections.iter().position(|section| *section == row.section));
    rows
}

/// Requirements that some answer to the requests of a case breaks.
fn breakable(case: &Case) -> Vec<String> {
    let mut ids = Vec::new();
    if let Some(watch) = &case.watch {
        from_expectations(&watch.expect, &mut ids);
    }
    for (matcher, around) in case.client.iter().flat_map(|client| client.matchers()) {
        let own = matching::requirements(matcher);
        ids.extend(if own.is_empty() { texts(around) } else { own });
    }
    for step in &case.steps {
        ids.extend(step.pages.iter().flat_map(|pages| texts(&pages.req)));
        if let Some(expect) = &step.expect {
            from_expectations(expect, &mut ids);
        }
    }
    ids
}

fn from_expectations(expectations: &Expectations, ids: &mut Vec<String>) {
    let alone = expectations.0.len() == 1;
    for expect in &expectations.0 {
        ids.extend(expect.otherwise.iter().flat_map(|ids| texts(ids)));
        // Among alternatives the status chooses, and is never wrong.
        let status = expect.status.iter().filter(|_| alone);
        for matcher in status.chain(expect.headers.values()).chain(&expect.body) {
            let own = matching::requirements(matcher);
            ids.extend(if own.is_empty() { texts(&expect.req) } else { own });
        }
    }
}

fn texts(ids: &[At<String>]) -> Vec<String> {
    ids.iter().map(|id| id.value.clone()).collect()
}
