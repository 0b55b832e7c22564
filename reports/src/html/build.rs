//! Builds the [`view`](super::view) of a run: every decision about size and order is made here, none in the template.

use std::collections::HashMap;

use plimsoll_engine::Verdict;
use plimsoll_engine::event::{CaseReport, Check, Exchange};
use plimsoll_engine::summary::RequirementStanding;

use super::view::{
    Assertion, Case, CaseLink, Feature, Finding, Report, Requirement, RequirementRef, Segment, Suite, Transcript,
};
use crate::facts::{Class, Facts, Group, WORDS, broken, class, is_failure, short_id, standing_word, surprise};
use crate::text;
use crate::transcript::{self, LONG, Limits};

/// Bytes of transcripts in the page; what comes later is cut to one line per exchange.
const TRANSCRIPTS: usize = 1_600_000;
/// Exchanges of one case that are shown.
const EXCHANGES: usize = 24;
/// Assertions of one case that are shown.
const CHECKS: usize = 12;
/// Cases that are linked from one place.
const LINKS: usize = 10;
/// Failures that are shown before the rest is folded.
const FINDINGS: usize = 15;
/// Failing cases that are unfolded from the start, when there are no more than these.
const OPEN: usize = 3;

/// Builds the whole view.
pub(super) fn report(facts: &Facts<'_>) -> Report {
    let summary = facts.summary;
    let run = summary.run.as_deref();
    let or_unknown = |s: Option<&str>| s.map_or_else(|| "unknown".to_owned(), text::name);
    let spec = run.map_or_else(
        || "The run did not start".to_owned(),
        |r| format!("{} {}", text::name(&r.spec_title), text::name(&r.spec_version)),
    );
    let target = or_unknown(run.map(|r| r.subject.target.as_str()));
    let product = run.map_or_else(String::new, |r| {
        [&r.subject.name, &r.subject.version].into_iter().flatten().map(|s| text::name(s)).collect::<Vec<_>>().join(" ")
    });
    let builder = Builder::new(facts);
    let (verdict, sentence) = facts.outcome(false);
    let verdict = verdict.as_str();
    let failures = facts.failures();
    let mut failures = failures.iter().map(|group| builder.finding(group));
    Report {
        title: format!("{target} · {spec}"),
        tool: run.map_or_else(
            || "plimsoll".to_owned(),
            |r| format!("{} {}", text::name(&r.tool.name), text::name(&r.tool.version)),
        ),
        spec,
        kind: text::name(facts.kind()),
        target,
        product,
        verdict,
        sentence,
        banner: facts.incomplete(),
        all: facts.standings.len(),
        counted: facts.counted(),
        meter: meter(facts),
        tiers: facts.tiers().iter().map(|(name, tier)| (*name, tier.pass, tier.all)).collect(),
        untested: facts.untested().into_iter().map(|(why, n)| (n, why)).collect(),
        findings: failures.by_ref().take(FINDINGS).collect(),
        more_findings: failures.collect(),
        warnings: facts
            .groups(|c| class(c) == Class::Plain(Verdict::Warn))
            .iter()
            .map(|g| builder.finding(g))
            .collect(),
        requirement_words: facts.requirement_counts(),
        requirements: facts.standings.iter().enumerate().map(|(i, s)| builder.requirement(i, s)).collect(),
        case_words: facts.case_counts(),
        cases: summary.cases.len(),
        suites: builder.suites(),
        features: features(facts),
        skipped: facts.skipped().into_iter().map(|(reason, cases)| (reason, cases.len())).collect(),
        leftovers: builder.leftovers(),
        about: about(facts),
        config: run
            .map_or_else(Vec::new, |r| r.config.iter().map(|(k, v)| (text::name(k), text::line(v, 400))).collect()),
        command: summary
            .cases
            .iter()
            .find(|c| is_failure(c))
            .or(summary.cases.first())
            .map_or_else(String::new, |c| text::line(&c.reproduce, 1000)),
    }
}

fn meter(facts: &Facts<'_>) -> Vec<Segment> {
    let all = facts.standings.len().max(1) as f64;
    let mut x = 0.0;
    let segment = |(word, count): (&'static str, usize)| {
        let width = count as f64 * 1000.0 / all;
        let segment = Segment { word, count, x: format!("{x:.2}"), width: format!("{width:.2}") };
        x += width;
        segment
    };
    facts.requirement_counts().into_iter().map(segment).collect()
}

fn features(facts: &Facts<'_>) -> Vec<Feature> {
    let unsupported = facts.unsupported();
    let row = |f: &plimsoll_engine::event::FeatureProbed| Feature {
        id: text::name(&f.id),
        about: text::sentence(&f.about),
        supported: f.supported,
        reason: text::sentence(&f.reason),
        cases: unsupported.get(&text::name(&f.id)).map_or_else(String::new, |cases| text::count(cases.len(), "case")),
    };
    facts.summary.features.iter().map(row).collect()
}

fn about(facts: &Facts<'_>) -> Vec<(String, String)> {
    let Some(run) = facts.summary.run.as_deref() else { return Vec::new() };
    let mut rows = vec![
        ("started".to_owned(), text::name(&run.started)),
        ("seed".to_owned(), run.seed.to_string()),
        ("suites".to_owned(), text::name(&run.tool.suites)),
    ];
    if let Some(end) = &facts.summary.finished {
        rows.insert(1, ("duration".to_owned(), text::duration(end.duration_ms)));
    }
    rows.extend(run.host.iter().map(|(k, v)| (text::name(k), text::line(v, 400))));
    rows
}

struct Builder<'f, 'a> {
    facts: &'f Facts<'a>,
    cases: HashMap<&'a str, usize>,
    requirements: HashMap<&'a str, usize>,
    open: bool,
}

impl<'f, 'a> Builder<'f, 'a> {
    fn new(facts: &'f Facts<'a>) -> Self {
        let cases = facts.summary.cases.iter().enumerate().map(|(i, case)| (case.id.as_str(), i)).collect();
        let requirements = facts.standings.iter().enumerate().map(|(i, s)| (s.info.id.as_str(), i)).collect();
        let open = facts.summary.cases.iter().filter(|case| is_failure(case)).count() <= OPEN;
        Self { facts, cases, requirements, open }
    }

    fn link(&self, case: &CaseReport) -> CaseLink {
        CaseLink { index: self.cases.get(case.id.as_str()).copied().unwrap_or(0), id: text::name(&case.id) }
    }

    fn requirement_ref(&self, id: &str) -> RequirementRef {
        let info = self.facts.info(id);
        RequirementRef {
            id: text::name(id),
            level: text::name(self.facts.level(id)),
            about: info.map_or_else(String::new, |info| text::sentence(&info.about)),
            link: info.and_then(|info| text::link(&info.link)).map(str::to_owned),
            index: self.requirements.get(id).copied(),
        }
    }

    fn finding(&self, group: &Group<'_>) -> Finding {
        let case = group.first();
        let sentence = surprise(case).unwrap_or_else(|| match broken(case).next() {
            Some(check) => format!(
                "{}: expected {}, seen {}",
                text::line(&check.what, 80),
                text::line(&check.expected, 120),
                text::line(&check.seen, 120)
            ),
            None => text::sentence(case.reason.as_deref().unwrap_or("")),
        });
        Finding {
            tone: if is_failure(case) { Verdict::Fail.as_str() } else { case.verdict.as_str() },
            requirements: group.requirements.iter().take(4).map(|id| self.requirement_ref(id)).collect(),
            sentence,
            cases: group.cases.iter().take(LINKS).map(|case| self.link(case)).collect(),
            more: group.cases.len().saturating_sub(LINKS),
        }
    }

    fn requirement(&self, index: usize, standing: &RequirementStanding<'_>) -> Requirement {
        let info = standing.info;
        let mut cases = standing.cases.clone();
        cases.sort_by_key(|case| std::cmp::Reverse(case.verdict));
        Requirement {
            index,
            id: text::name(&info.id),
            level: text::name(&info.level),
            about: text::sentence(&info.about),
            section: text::name(&info.section),
            link: text::link(&info.link).map(str::to_owned),
            word: standing_word(standing),
            why: self.facts.untested_reason(standing).unwrap_or(""),
            cases: cases.iter().take(LINKS).map(|case| self.link(case)).collect(),
            more: cases.len().saturating_sub(LINKS),
        }
    }

    fn leftovers(&self) -> Vec<(CaseLink, String)> {
        let all = self.facts.summary.cases.iter().flat_map(|c| c.leftovers.iter().map(move |what| (c, what)));
        all.take(100).map(|(case, what)| (self.link(case), text::line(what, 200))).collect()
    }

    fn suites(&self) -> Vec<Suite> {
        let mut budget = TRANSCRIPTS;
        let mut suites = Vec::new();
        for (name, cases) in self.facts.summary.suites() {
            let count = |word| cases.iter().filter(|c| c.verdict.as_str() == word).count();
            let words = WORDS.into_iter().map(|word| (word, count(word))).filter(|(_, n)| *n > 0).collect();
            let cases = cases.iter().map(|case| self.case(case, &mut budget)).collect();
            suites.push(Suite { name: text::name(name), words, cases });
        }
        suites
    }

    fn case(&self, case: &CaseReport, budget: &mut usize) -> Case {
        let tag = match class(case) {
            Class::Plain(_) => "",
            Class::Expected(_) => "expected",
            Class::Surprise(_) => "not as expected",
        };
        let pass = case.verdict == Verdict::Pass;
        let expected = case.expectation.as_ref().filter(|_| tag == "expected");
        let expected = expected.map(|e| format!("expected {}: {}", e.verdict, text::sentence(&e.reason)));
        let skip = case.exchanges.len().saturating_sub(EXCHANGES);
        let judged = if pass { None } else { transcript::judged(case) };
        let exchanges = case.exchanges.iter().enumerate().skip(skip);
        Case {
            index: self.link(case).index,
            word: case.verdict.as_str(),
            tag,
            open: self.open && is_failure(case),
            id: text::name(short_id(case)),
            full_id: text::name(&case.id),
            title: text::sentence(&case.title),
            duration: text::duration(case.duration_ms),
            place: format!("{}:{}:{}", text::name(&case.source.file), case.source.line, case.source.column),
            reason: case.reason.as_deref().map(text::sentence),
            expectation: surprise(case).or(expected),
            requirements: case.requirements.iter().take(24).map(|id| self.requirement_ref(id)).collect(),
            held: case.checks.iter().filter(|check| check.verdict == Verdict::Pass).count(),
            checks: broken(case).take(CHECKS).map(|check| self.assertion(check)).collect(),
            more_checks: broken(case).count().saturating_sub(CHECKS),
            exchanges: exchanges.map(|(i, e)| exchange(e, !pass, judged == Some(i), budget)).collect(),
            before: skip,
            reproduce: text::line(&case.reproduce, 1000),
        }
    }

    fn assertion(&self, check: &Check) -> Assertion {
        let level = |id: &String| format!("{} {}", text::name(id), self.facts.level(id));
        let ids: Vec<String> = check.requirements.iter().take(6).map(level).collect();
        Assertion {
            word: check.verdict.as_str(),
            requirements: if ids.is_empty() { "precondition".to_owned() } else { ids.join(", ") },
            what: text::line(&check.what, 120),
            expected: text::block(&check.expected, 20, 400).join("\n"),
            seen: text::block(&check.seen, 20, 400).join("\n"),
            snippet: text::snippet(&check.source),
        }
    }
}

/// One exchange; its text is left out for a passing case, and when the page has no room left.
fn exchange(exchange: &Exchange, full: bool, judged: bool, budget: &mut usize) -> Transcript {
    let limits = if judged { LONG } else { Limits { key_headers: true, head: 10, body: 8, width: 200 } };
    let mut lines = Vec::new();
    if full {
        lines = transcript::lines(exchange, limits).into_iter().map(|(voice, line)| (voice.mark(), line)).collect();
        let size: usize = lines.iter().map(|(_, line)| page_size(line)).sum();
        if size > *budget {
            lines.clear();
        }
        *budget = budget.saturating_sub(size);
    }
    Transcript {
        summary: text::line(&exchange.summary, 160),
        duration: text::duration(exchange.duration_ms),
        judged,
        lines,
    }
}

/// Bytes a line takes in the page: its markup, and entities for what is escaped.
fn page_size(line: &str) -> usize {
    line.len() + 30 + 4 * line.bytes().filter(|b| b"\"'<>&".contains(b)).count()
}
