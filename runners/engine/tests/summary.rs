//! What a run amounts to: the standing of each requirement, and the outcome.

#![expect(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

use plimsoll_engine::Verdict::{self, Blocked, Error, Fail, Info, Pass, Skipped, Unsupported, Warn};
use plimsoll_engine::event::{
    CaseReport, Check, Event, Expectation, ExpectationOutcome, RequirementInfo, RunFinished, RunStarted, Source,
    Subject, Tool,
};
use plimsoll_engine::summary::{Outcome, Summary};

fn source() -> Source {
    Source { file: "f".to_owned(), line: 1, column: 1, length: 1, text: "t".to_owned() }
}

fn started(plan: &[&str]) -> Event {
    let info = |id: &str, level: &str| RequirementInfo {
        id: id.to_owned(),
        level: level.to_owned(),
        about: String::new(),
        section: String::new(),
        link: String::new(),
        cases: 0,
        beside: false,
    };
    Event::RunStarted(Box::new(RunStarted {
        schema: 1,
        tool: Tool { name: String::new(), version: String::new(), suites: String::new() },
        subject: Subject { kind: String::new(), target: String::new(), name: None, version: None },
        spec: String::new(),
        spec_title: String::new(),
        spec_version: String::new(),
        requirements: vec![info("a", "MUST"), info("b", "MUST"), info("should", "SHOULD NOT"), info("may", "MAY")],
        plan: plan.iter().map(|id| (*id).to_owned()).collect(),
        seed: 0,
        started: String::new(),
        host: Default::default(),
        config: Default::default(),
    }))
}

/// A case that can assert `requirements` and came to these checks.
fn case(verdict: Verdict, requirements: &[&str], checks: &[(&[&str], Verdict)]) -> CaseReport {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let checks = checks.iter().map(|(ids, verdict)| Check {
        requirements: words(ids),
        level: None,
        verdict: *verdict,
        what: String::new(),
        expected: String::new(),
        seen: String::new(),
        source: source(),
        exchange: None,
    });
    CaseReport {
        id: "c".to_owned(),
        suite: "s".to_owned(),
        title: String::new(),
        source: source(),
        verdict,
        reason: None,
        feature: None,
        requirements: words(requirements),
        checks: checks.collect(),
        exchanges: Vec::new(),
        duration_ms: 0,
        reproduce: String::new(),
        leftovers: Vec::new(),
        expectation: None,
    }
}

fn named(id: &str, verdict: Verdict) -> CaseReport {
    CaseReport { id: id.to_owned(), ..case(verdict, &[], &[]) }
}

fn ended(complete: bool) -> Event {
    Event::RunFinished(RunFinished { complete, reason: None, duration_ms: 0 })
}

fn summary(cases: &[CaseReport]) -> Summary {
    let reports = cases.iter().map(|case| Event::CaseFinished(Box::new(case.clone())));
    Summary::of(&std::iter::once(started(&[])).chain(reports).chain([ended(true)]).collect::<Vec<_>>())
}

/// The standing of `a`, `b`, `should` and `may`.
fn standings(cases: &[CaseReport]) -> [Option<Verdict>; 4] {
    let summary = summary(cases);
    let standings = summary.requirements();
    ["a", "b", "should", "may"].map(|id| standings.iter().find(|s| s.info.id == id).unwrap().verdict)
}

fn standing_of_b(cases: &[CaseReport]) -> Option<Verdict> {
    standings(cases)[1]
}

const AB: &[&str] = &["a", "b"];

#[test]
fn judged_assertions_decide_and_the_worst_one_wins() {
    let good = case(Pass, AB, &[(&["a"], Pass), (&["b"], Pass)]);
    let bad = case(Fail, AB, &[(&["a"], Pass), (&["b"], Fail), (&["b"], Pass)]);
    assert_eq!(standings(std::slice::from_ref(&good)), [Some(Pass), Some(Pass), None, None]);
    assert_eq!(standings(&[good.clone(), bad.clone()]), [Some(Pass), Some(Fail), None, None]);
    assert_eq!(standings(&[bad, good]), [Some(Pass), Some(Fail), None, None]);
}

#[test]
fn each_requirement_of_an_assertion_is_broken_by_its_own_weight() {
    let all: &[&str] = &["a", "should", "may"];
    let bad = case(Fail, all, &[(all, Fail)]);
    assert_eq!(standings(&[bad]), [Some(Fail), None, Some(Warn), Some(Info)]);
    let held = case(Pass, all, &[(all, Pass)]);
    assert_eq!(standings(&[held]), [Some(Pass), None, Some(Pass), Some(Pass)]);
}

#[test]
fn what_a_failed_case_never_came_to_is_blocked_and_not_failed() {
    for (verdict, requirement) in [(Fail, "a"), (Warn, "should"), (Info, "may")] {
        let stopped = case(verdict, &[requirement, "b"], &[(&[requirement], verdict)]);
        assert_eq!(standing_of_b(std::slice::from_ref(&stopped)), Some(Blocked), "{verdict}");
        let other = case(Pass, &["b"], &[(&["b"], Pass)]);
        assert_eq!(standing_of_b(&[stopped.clone(), other]), Some(Pass), "another case looked at it");
        let declined = case(Unsupported, &["b"], &[]);
        assert_eq!(standing_of_b(&[declined, stopped]), Some(Blocked));
    }
}

#[test]
fn an_alternative_that_ends_a_case_leaves_the_rest_untested() {
    assert_eq!(standings(&[case(Pass, AB, &[(&["a"], Pass)])]), [Some(Pass), None, None, None]);
    assert_eq!(standings(&[case(Info, AB, &[(&["a"], Pass)])]), [Some(Pass), None, None, None]);
    let declined = case(Unsupported, AB, &[(&["a"], Pass)]);
    assert_eq!(standings(&[declined]), [Some(Pass), Some(Unsupported), None, None]);
}

#[test]
fn declined_and_skipped_cases_count_only_where_nothing_was_judged() {
    let (declined, skipped) = (case(Unsupported, AB, &[]), case(Skipped, AB, &[]));
    assert_eq!(standing_of_b(std::slice::from_ref(&declined)), Some(Unsupported));
    assert_eq!(standing_of_b(&[declined.clone(), skipped.clone()]), Some(Skipped));
    for other in [declined, skipped] {
        let good = case(Pass, &["b"], &[(&["b"], Pass)]);
        assert_eq!(standing_of_b(&[good.clone(), other.clone()]), Some(Pass));
        let bad = case(Fail, &["b"], &[(&["b"], Fail)]);
        assert_eq!(standing_of_b(&[bad, other]), Some(Fail));
    }
}

#[test]
fn a_case_that_could_not_be_decided_leaves_the_requirement_undecided() {
    let good = case(Pass, &["b"], &[(&["b"], Pass)]);
    let bad = case(Fail, &["b"], &[(&["b"], Fail)]);
    for undecided in [Blocked, Error] {
        let before = case(undecided, AB, &[(&["a"], Pass)]);
        assert_eq!(standings(std::slice::from_ref(&before)), [Some(Pass), Some(undecided), None, None]);
        assert_eq!(standing_of_b(&[good.clone(), before.clone()]), Some(undecided));
        assert_eq!(standing_of_b(&[bad.clone(), before]), Some(Fail), "never hides a fail");
        let after = case(undecided, AB, &[(&["b"], Pass)]);
        assert_eq!(standing_of_b(&[after]), Some(Pass), "it was reached before");
    }
}

#[test]
fn a_requirement_lists_its_cases_and_one_without_has_no_verdict() {
    let summary = summary(&[case(Pass, &["a"], &[(&["a"], Pass)]), case(Fail, &["a"], &[(&["a"], Fail)])]);
    let standings = summary.requirements();
    let ids: Vec<&str> = standings.iter().map(|s| s.info.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "should", "may"], "in the order of the specification");
    assert_eq!((standings[0].cases.len(), standings[1].cases.len()), (2, 0));
    assert_eq!(standings[1].verdict, None);
}

#[test]
fn cases_are_in_the_order_of_the_plan_also_after_a_kill() {
    let finished = |id| Event::CaseFinished(Box::new(named(id, Pass)));
    let mut events = vec![started(&["x", "y", "z"]), finished("z"), finished("stranger"), finished("x")];
    let order = |summary: &Summary| summary.cases.iter().map(|case| case.id.clone()).collect::<Vec<_>>();
    let killed = Summary::of(&events);
    assert_eq!(order(&killed), ["x", "z", "stranger"]);
    assert!(!killed.is_complete() && killed.finished.is_none());
    events.push(ended(true));
    let whole = Summary::of(&events);
    assert_eq!(order(&whole), ["x", "z", "stranger"]);
    assert!(whole.is_complete());
    assert!(Summary::of(&[]).requirements().is_empty());
}

#[test]
fn counts_have_every_word_and_suites_their_cases() {
    let mut other = named("x", Fail);
    other.suite = "t".to_owned();
    let summary = summary(&[named("a", Pass), other, named("b", Fail)]);
    let counts = summary.counts();
    assert_eq!(counts.keys().copied().collect::<Vec<_>>(), Verdict::ALL);
    assert_eq!((counts[&Pass], counts[&Fail], counts[&Error]), (1, 2, 0));
    let suites = summary.suites();
    assert_eq!((suites["s"].len(), suites["t"].len()), (2, 1));
}

fn outcome(verdicts: &[Verdict]) -> [Outcome; 2] {
    let summary = summary(&verdicts.iter().map(|verdict| named("c", *verdict)).collect::<Vec<_>>());
    [summary.outcome(false), summary.outcome(true)]
}

#[test]
fn the_outcome_of_every_pair_of_verdicts() {
    use Outcome::{Conformant, Nothing, Undecided, Violations};
    assert_eq!(outcome(&[]), [Nothing; 2]);
    for one in Verdict::ALL {
        for two in Verdict::ALL {
            let both = [one, two];
            let has = |verdict| both.contains(&verdict);
            let none = both.iter().all(|v| matches!(v, Skipped | Unsupported));
            let [calm, strict] = outcome(&both);
            let expected = match () {
                () if has(Fail) => Violations,
                () if has(Error) => Undecided,
                () if has(Blocked) => Violations,
                () if none => Nothing,
                () => Conformant,
            };
            assert_eq!(calm, expected, "{both:?}");
            let warned = has(Warn) && expected == Conformant;
            assert_eq!(strict, if warned { Violations } else { expected }, "{both:?} with --strict");
        }
    }
}

#[test]
fn what_was_not_finished_is_not_conformant() {
    let of = |end: Option<Event>, verdict| {
        let events = [started(&["c"]), Event::CaseFinished(Box::new(named("c", verdict)))].into_iter().chain(end);
        Summary::of(&events.collect::<Vec<_>>()).outcome(true)
    };
    for end in [None, Some(ended(false))] {
        assert_eq!(of(end.clone(), Pass), Outcome::Undecided);
        assert_eq!(of(end.clone(), Skipped), Outcome::Undecided);
        assert_eq!(of(end, Fail), Outcome::Violations, "what is known is known");
    }
    assert_eq!(Summary::of(&[started(&[]), ended(false)]).outcome(false), Outcome::Undecided);
}

#[test]
fn expectations_replace_the_verdict() {
    let of = |expected, came, outcome| {
        let mut report = named("c", came);
        report.expectation = Some(Expectation { verdict: expected, reason: String::new(), outcome });
        summary(&[report, named("d", Pass)]).outcome(true)
    };
    for known in [Fail, Warn, Blocked, Error] {
        assert_eq!(of(known, known, ExpectationOutcome::Met), Outcome::Conformant, "{known}");
    }
    assert_eq!(of(Fail, Pass, ExpectationOutcome::Unmet), Outcome::Violations);
    assert_eq!(of(Fail, Fail, ExpectationOutcome::Expired), Outcome::Violations);
}
