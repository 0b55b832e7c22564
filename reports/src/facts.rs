//! What every format says about a run, computed once: classes of cases, groups of equal failures, counts.

use std::collections::{BTreeSet, HashMap};

use indexmap::IndexMap;
use plimsoll_engine::Verdict;
use plimsoll_engine::event::{CaseReport, Check, ExpectationOutcome, RequirementInfo};
use plimsoll_engine::summary::{Outcome, RequirementStanding, Summary};

use crate::{UNTESTED, text};

/// How a case counts, once the user's expectations are taken into account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Counts by its verdict.
    Plain(Verdict),
    /// Ended as the expectations file says, with something else than a pass.
    Expected(Verdict),
    /// The expectations file says something else, or its entry has expired: a failure.
    Surprise(ExpectationOutcome),
}

/// See [`Class`].
pub(crate) fn class(case: &CaseReport) -> Class {
    match case.expectation.as_ref().map(|e| e.outcome) {
        Some(ExpectationOutcome::Met) if case.verdict != Verdict::Pass => Class::Expected(case.verdict),
        Some(outcome @ (ExpectationOutcome::Unmet | ExpectationOutcome::Expired)) => Class::Surprise(outcome),
        _ => Class::Plain(case.verdict),
    }
}

/// True when the case counts as a failure.
pub(crate) fn is_failure(case: &CaseReport) -> bool {
    matches!(class(case), Class::Plain(Verdict::Fail) | Class::Surprise(_))
}

/// What is said about an expectation that did not come true.
pub(crate) fn surprise(case: &CaseReport) -> Option<String> {
    let expectation = case.expectation.as_ref()?;
    let (verdict, reason) = (expectation.verdict, text::sentence(&expectation.reason));
    match expectation.outcome {
        ExpectationOutcome::Met => None,
        ExpectationOutcome::Unmet => Some(format!(
            "the expectations file says {verdict} ({reason}), but the verdict is {}: update the entry",
            case.verdict
        )),
        ExpectationOutcome::Expired => {
            Some(format!("the entry in the expectations file has expired: {verdict} ({reason})"))
        }
    }
}

/// The assertions of a case that did not hold, the ones that decide its verdict first.
pub(crate) fn broken(case: &CaseReport) -> impl Iterator<Item = &Check> {
    let decides = |check: &&Check| check.verdict == case.verdict;
    let others = move |check: &&Check| check.verdict != Verdict::Pass && !decides(check);
    let decisive = case.checks.iter().filter(move |check| check.verdict != Verdict::Pass && decides(check));
    decisive.chain(case.checks.iter().filter(others))
}

/// The id of a case without the name of its suite.
pub(crate) fn short_id(case: &CaseReport) -> &str {
    case.id.strip_prefix(case.suite.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&case.id)
}

/// Cases that broke the very same requirements.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// The requirements that were broken, in order of appearance; empty for expectations that did not come true.
    pub(crate) requirements: Vec<&'a str>,
    /// The cases; the first stands for all.
    pub(crate) cases: Vec<&'a CaseReport>,
}

impl<'a> Group<'a> {
    /// The case that is shown in full.
    pub(crate) fn first(&self) -> &'a CaseReport {
        self.cases[0]
    }

    /// Everything but the first.
    pub(crate) fn rest(&self) -> &[&'a CaseReport] {
        &self.cases[1..]
    }
}

/// Number of requirements of one strength.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tier {
    /// Those that pass.
    pub(crate) pass: usize,
    /// All that bind the subject.
    pub(crate) all: usize,
}

/// A run with what follows from it.
pub(crate) struct Facts<'a> {
    /// The fold itself.
    pub(crate) summary: &'a Summary,
    /// Every requirement that binds the subject.
    pub(crate) standings: Vec<RequirementStanding<'a>>,
    infos: HashMap<&'a str, &'a RequirementInfo>,
}

impl Facts<'_> {
    /// What the run says of the subject, in one sentence without a full stop, and the word whose colour it has.
    ///
    /// Known deviations are deviations: an expectations file decides how a run ends for the user's script, but not what
    /// is said of the subject.
    pub(crate) fn outcome(&self, strict: bool) -> (Verdict, String) {
        let plain = |verdict| self.plain(verdict).count();
        let surprises = self.summary.cases.iter().filter(|case| matches!(class(case), Class::Surprise(_))).count();
        let known = self.expected().into_iter().filter(|case| case.verdict >= Verdict::Blocked).count();
        let violated = self.standings.iter().filter(|standing| standing.verdict == Some(Verdict::Fail)).count();
        let violations =
            format!("{} {} violated", text::count(violated, "requirement"), if violated == 1 { "is" } else { "are" });
        let undecided = plain(Verdict::Error) + plain(Verdict::Blocked);
        let warned = self.summary.cases.iter().filter(|case| case.verdict == Verdict::Warn).count();
        let recommended = "every tested MUST holds; recommendations do not";
        if plain(Verdict::Fail) > 0 {
            (Verdict::Fail, violations)
        } else if surprises > 0 {
            (Verdict::Fail, format!("{} against the expectations file", text::count(surprises, "result")))
        } else if undecided > 0 {
            (Verdict::Error, format!("{} could not be decided", text::count(undecided, "case")))
        } else if !self.summary.is_complete() {
            (Verdict::Error, "the run is not complete".to_owned())
        } else if self.summary.outcome(strict) == Outcome::Nothing {
            (Verdict::Error, "nothing was tested".to_owned())
        } else if known > 0 {
            (Verdict::Warn, format!("{violations}, as the expectations file says"))
        } else if warned > 0 {
            (if strict { Verdict::Fail } else { Verdict::Warn }, recommended.to_owned())
        } else {
            (Verdict::Pass, "everything that was tested holds".to_owned())
        }
    }
}

impl<'a> Facts<'a> {
    /// Computes what is needed in several places.
    pub(crate) fn new(summary: &'a Summary) -> Self {
        let standings = summary.requirements();
        let infos = standings.iter().map(|s| (s.info.id.as_str(), s.info)).collect();
        Self { summary, standings, infos }
    }

    /// The row of the ledger.
    pub(crate) fn info(&self, id: &str) -> Option<&'a RequirementInfo> {
        self.infos.get(id).copied()
    }

    /// The level in force of a requirement; `?` for one that is not in the run's list.
    pub(crate) fn level(&self, id: &str) -> &'a str {
        self.info(id).map_or("?", |info| info.level.as_str())
    }

    /// A sentence that says that, and why, the run is not complete.
    pub(crate) fn incomplete(&self) -> Option<String> {
        if self.summary.is_complete() {
            return None;
        }
        let why = match self.summary.finished.as_ref() {
            Some(end) => end.reason.as_deref().unwrap_or("the run was interrupted"),
            None => "the run was killed before it could end",
        };
        let planned = self.summary.run.as_ref().map_or(0, |run| run.plan.len());
        let ran = self.summary.cases.len();
        Some(format!("{}; {ran} of {} ran, the rest was not tested", text::sentence(why), text::count(planned, "case")))
    }

    /// `registry`, or `subject` when the run did not even start.
    pub(crate) fn kind(&self) -> &'a str {
        self.summary.run.as_ref().map_or("subject", |run| run.subject.kind.as_str())
    }

    /// Cases of which `pick` holds, grouped by what they broke.
    pub(crate) fn groups(&self, pick: impl Fn(&CaseReport) -> bool) -> Vec<Group<'a>> {
        let mut groups: IndexMap<(Vec<&str>, &str), Group<'a>> = IndexMap::new();
        for case in self.summary.cases.iter().filter(|case| pick(case)) {
            let mut requirements: Vec<&str> = Vec::new();
            for id in broken(case).flat_map(|check| &check.requirements) {
                if !requirements.contains(&id.as_str()) {
                    requirements.push(id);
                }
            }
            let set: BTreeSet<&str> = requirements.iter().copied().collect();
            // Without a broken requirement only the cells of one case are alike.
            let family = if set.is_empty() { case.id.split('[').next().unwrap_or(&case.id) } else { "" };
            let key = (set.into_iter().collect(), family);
            groups.entry(key).or_insert_with(|| Group { requirements, cases: Vec::new() }).cases.push(case);
        }
        groups.into_values().collect()
    }

    /// Failures: broken MUSTs first, then expectations that did not come true.
    pub(crate) fn failures(&self) -> Vec<Group<'a>> {
        let mut groups = self.groups(|case| class(case) == Class::Plain(Verdict::Fail));
        groups.extend(self.groups(|case| matches!(class(case), Class::Surprise(_))));
        groups
    }

    /// Cases of one verdict that nobody expected to end so.
    pub(crate) fn plain(&self, verdict: Verdict) -> impl Iterator<Item = &'a CaseReport> {
        self.summary.cases.iter().filter(move |case| class(case) == Class::Plain(verdict))
    }

    /// Cases that ended as the expectations file says.
    pub(crate) fn expected(&self) -> Vec<&'a CaseReport> {
        self.summary.cases.iter().filter(|case| matches!(class(case), Class::Expected(_))).collect()
    }

    /// Unsupported cases by feature.
    pub(crate) fn unsupported(&self) -> IndexMap<String, Vec<&'a CaseReport>> {
        let mut by_feature: IndexMap<String, Vec<&CaseReport>> = IndexMap::new();
        for case in self.plain(Verdict::Unsupported) {
            let feature = case.feature.as_deref().unwrap_or("(no feature named)");
            by_feature.entry(text::name(feature)).or_default().push(case);
        }
        by_feature
    }

    /// Skipped cases by reason.
    pub(crate) fn skipped(&self) -> IndexMap<String, Vec<&'a CaseReport>> {
        let mut by_reason: IndexMap<String, Vec<&CaseReport>> = IndexMap::new();
        for case in self.plain(Verdict::Skipped) {
            let reason = text::sentence(case.reason.as_deref().unwrap_or("no reason given"));
            let key = match &case.feature {
                Some(id) => format!("{}: {reason}", text::name(id)),
                None => reason,
            };
            by_reason.entry(key).or_default().push(case);
        }
        by_reason
    }

    /// Requirements by word, in the order of [`WORDS`]; words without any are left out.
    pub(crate) fn requirement_counts(&self) -> Vec<(&'static str, usize)> {
        let count = |word| self.standings.iter().filter(|s| standing_word(s) == word).count();
        WORDS.into_iter().map(|word| (word, count(word))).filter(|(_, n)| *n > 0).collect()
    }

    /// What is counted: `118 requirements that bind a registry`, and those that are not of the specification.
    pub(crate) fn counted(&self) -> String {
        let beside = self.standings.iter().filter(|standing| standing.info.beside).count();
        let more = if beside > 0 { format!(", and {beside} beside the specification") } else { String::new() };
        let own = text::count(self.standings.len() - beside, "requirement");
        format!("{own} that bind a {}{more}", text::name(self.kind()))
    }

    /// Cases by word, in the order of [`WORDS`]; words without any are left out.
    pub(crate) fn case_counts(&self) -> Vec<(&'static str, usize)> {
        let counts = self.summary.counts();
        let count = |word| counts.iter().find(|(v, _)| v.as_str() == word).map_or(0, |(_, n)| *n);
        WORDS.into_iter().map(|word| (word, count(word))).filter(|(_, n)| *n > 0).collect()
    }

    /// Requirements by strength: MUST, SHOULD, MAY, and TEXT for what is normative without a keyword; those that are not
    /// of the specification by themselves.
    pub(crate) fn tiers(&self) -> IndexMap<&'static str, Tier> {
        let mut tiers: IndexMap<&str, Tier> = ["MUST", "SHOULD", "MAY", "TEXT"].map(|t| (t, Tier::default())).into();
        for standing in &self.standings {
            let tier = tiers.entry(if standing.info.beside { BESIDE } else { tier(&standing.info.level) }).or_default();
            tier.all += 1;
            tier.pass += usize::from(standing.verdict == Some(Verdict::Pass));
        }
        tiers.retain(|_, tier| tier.all > 0);
        tiers
    }

    /// Why requirements were not tested, with their number.
    pub(crate) fn untested(&self) -> IndexMap<&'static str, usize> {
        let mut reasons = IndexMap::new();
        for reason in self.standings.iter().filter_map(|s| self.untested_reason(s)) {
            *reasons.entry(reason).or_default() += 1;
        }
        reasons
    }

    /// Why one requirement was not tested; `None` if it was.
    pub(crate) fn untested_reason(&self, standing: &RequirementStanding<'_>) -> Option<&'static str> {
        match standing.verdict {
            Some(_) => None,
            None if standing.info.cases == 0 => Some("no selected case asserts it"),
            None if !self.summary.is_complete() => Some("the run ended before its cases"),
            None if !standing.cases.is_empty() => Some("its cases ended before they came to it"),
            None => Some("none of its cases was run"),
        }
    }
}

/// The name of the tier of what is not of the specification.
pub(crate) const BESIDE: &str = "not OCI";

/// All words a requirement can have, in the order people want to read them.
pub(crate) const WORDS: [&str; 9] =
    ["pass", "fail", "warn", "error", "blocked", "info", "unsupported", "skipped", UNTESTED];

/// The word for a requirement.
pub(crate) fn standing_word(standing: &RequirementStanding<'_>) -> &'static str {
    standing.verdict.map_or(UNTESTED, Verdict::as_str)
}

fn tier(level: &str) -> &'static str {
    match level {
        "SHOULD" | "SHOULD NOT" | "LOWER" | "RECOMMENDED" | "NOT RECOMMENDED" => "SHOULD",
        "MAY" | "OPTIONAL" => "MAY",
        "TEXT" => "TEXT",
        _ => "MUST",
    }
}
