//! What a run amounts to: a fold over its events, counted by requirement as well as by case.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::Verdict;
use crate::event::{CaseReport, Event, ExpectationOutcome, FeatureProbed, RequirementInfo, RunFinished, RunStarted};

/// A run, folded. Feed it events in order; it can be read at any time.
#[derive(Debug, Default)]
pub struct Summary {
    /// The plan; `None` before the first event.
    pub run: Option<Box<RunStarted>>,
    /// Probed features, in order.
    pub features: Vec<FeatureProbed>,
    /// Finished cases: in the order in which they ended while the run is under way, then in the order of the plan.
    pub cases: Vec<CaseReport>,
    /// The end; `None` while the run is under way, or when it was killed.
    pub finished: Option<RunFinished>,
}

/// The standing of one requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct RequirementStanding<'a> {
    /// The row of the ledger.
    pub info: &'a RequirementInfo,
    /// The verdict; `None` when no case that was run came to an assertion of it, and none was kept from it either.
    pub verdict: Option<Verdict>,
    /// The cases that can assert it.
    pub cases: Vec<&'a CaseReport>,
}

/// What a run as a whole says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing speaks against the subject.
    Conformant,
    /// A requirement is violated, or left undecided because the subject failed a precondition.
    Violations,
    /// The harness could not decide, or did not finish.
    Undecided,
    /// Nothing was tested.
    Nothing,
}

impl Summary {
    /// Folds a whole sequence. The cases come in the order of the plan also when the run was killed before its end.
    pub fn of<'e>(events: impl IntoIterator<Item = &'e Event>) -> Self {
        let mut summary = Self::default();
        for event in events {
            summary.apply(event);
        }
        summary.sort();
        summary
    }

    /// Takes one more event.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::RunStarted(run) => self.run = Some(run.clone()),
            Event::FeatureProbed(feature) => self.features.push(feature.clone()),
            Event::CaseStarted { .. } => {}
            Event::CaseFinished(case) => self.cases.push((**case).clone()),
            Event::RunFinished(end) => {
                self.finished = Some(end.clone());
                self.sort();
            }
        }
    }

    /// Cases end in any order; people read them in the order of the plan.
    fn sort(&mut self) {
        let Some(run) = &self.run else { return };
        let order: BTreeMap<&str, usize> = run.plan.iter().enumerate().map(|(i, id)| (id.as_str(), i)).collect();
        self.cases.sort_by_key(|case| order.get(case.id.as_str()).copied().unwrap_or(usize::MAX));
    }

    /// True when the run came to its end.
    pub fn is_complete(&self) -> bool {
        self.finished.as_ref().is_some_and(|end| end.complete)
    }

    /// Number of cases by verdict; every verdict is present.
    pub fn counts(&self) -> IndexMap<Verdict, usize> {
        let mut counts: IndexMap<Verdict, usize> = Verdict::ALL.into_iter().map(|v| (v, 0)).collect();
        for case in &self.cases {
            *counts.entry(case.verdict).or_default() += 1;
        }
        counts
    }

    /// The cases by suite, in the order of the plan.
    pub fn suites(&self) -> IndexMap<&str, Vec<&CaseReport>> {
        let mut suites: IndexMap<&str, Vec<&CaseReport>> = IndexMap::new();
        for case in &self.cases {
            suites.entry(&case.suite).or_default().push(case);
        }
        suites
    }

    /// Every requirement that binds the subject, with its standing, in the order of the specification.
    pub fn requirements(&self) -> Vec<RequirementStanding<'_>> {
        let Some(run) = &self.run else { return Vec::new() };
        let mut by_requirement: BTreeMap<&str, Vec<&CaseReport>> = BTreeMap::new();
        for case in &self.cases {
            for id in &case.requirements {
                by_requirement.entry(id).or_default().push(case);
            }
        }
        run.requirements
            .iter()
            .map(|info| {
                let cases = by_requirement.remove(info.id.as_str()).unwrap_or_default();
                let verdict = standing(&info.id, &info.level, &cases);
                RequirementStanding { info, verdict, cases }
            })
            .collect()
    }

    /// What the run says, and with it the exit code. `strict` counts a broken SHOULD as a violation.
    pub fn outcome(&self, strict: bool) -> Outcome {
        let mut worst = None;
        for case in &self.cases {
            let counted = match case.expectation.as_ref().map(|e| e.outcome) {
                Some(ExpectationOutcome::Met) => Verdict::Pass,
                Some(ExpectationOutcome::Unmet | ExpectationOutcome::Expired) => Verdict::Fail,
                None => case.verdict,
            };
            worst = worst.max(Some(counted));
        }
        match worst {
            Some(Verdict::Fail | Verdict::Blocked) => Outcome::Violations,
            Some(Verdict::Warn) if strict => Outcome::Violations,
            Some(Verdict::Error) => Outcome::Undecided,
            _ if !self.is_complete() => Outcome::Undecided,
            None => Outcome::Nothing,
            _ if self.cases.iter().all(|c| matches!(c.verdict, Verdict::Skipped | Verdict::Unsupported)) => {
                Outcome::Nothing
            }
            _ => Outcome::Conformant,
        }
    }
}

/// The verdict on one requirement from the cases that can assert it.
///
/// Judged assertions decide, the worst one first. A case that was blocked or ended in an error before it came to one
/// leaves the requirement undecided, whatever other cases say. Only where no assertion was judged does it matter how the
/// cases ended otherwise, see [`unjudged`].
fn standing(id: &str, level: &str, cases: &[&CaseReport]) -> Option<Verdict> {
    let judged = cases
        .iter()
        .flat_map(|case| &case.checks)
        .filter(|check| check.requirements.iter().any(|r| r == id))
        .map(|check| if check.verdict == Verdict::Pass { Verdict::Pass } else { violation(level) })
        .max();
    let undecided =
        cases.iter().filter(|case| case.verdict.is_undecided() && !reached(id, case)).map(|case| case.verdict).max();
    judged.max(undecided).or_else(|| cases.iter().filter_map(|case| unjudged(case)).max())
}

/// What a case that never came to an assertion of a requirement says about it. It is not to be blamed for another one
/// that the case found broken, nor praised for a case that passed by an alternative.
fn unjudged(case: &CaseReport) -> Option<Verdict> {
    match case.verdict {
        Verdict::Unsupported | Verdict::Skipped | Verdict::Blocked | Verdict::Error => Some(case.verdict),
        Verdict::Pass => None,
        // Something else did not hold, and the case ended there. Without that, an alternative ended it.
        Verdict::Fail | Verdict::Warn | Verdict::Info => {
            case.checks.iter().any(|check| check.verdict != Verdict::Pass).then_some(Verdict::Blocked)
        }
    }
}

fn reached(id: &str, case: &CaseReport) -> bool {
    case.checks.iter().any(|check| check.requirements.iter().any(|r| r == id))
}

/// What it means when an assertion of this level does not hold.
pub(crate) fn violation(level: &str) -> Verdict {
    match level {
        "SHOULD" | "SHOULD NOT" | "RECOMMENDED" | "NOT RECOMMENDED" => Verdict::Warn,
        "MAY" | "OPTIONAL" => Verdict::Info,
        _ => Verdict::Fail,
    }
}
