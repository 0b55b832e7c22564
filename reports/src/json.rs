//! `results.json`: the interface for programs. Strings are the subject's own; JSON escapes what needs it.

use plimsoll_engine::event::{CaseReport, Expectation, FeatureProbed, Subject, Tool};
use plimsoll_engine::summary::Summary;
use serde::Serialize;

use crate::facts::{Facts, standing_word};
use crate::{Error, RESULTS_SCHEMA, UNTESTED};

#[derive(Serialize)]
struct Results<'a> {
    schema: u32,
    tool: Option<&'a Tool>,
    subject: Option<&'a Subject>,
    spec: Option<&'a str>,
    spec_version: Option<&'a str>,
    seed: Option<u64>,
    started: Option<&'a str>,
    duration_ms: Option<u64>,
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    incomplete_reason: Option<String>,
    counts: indexmap::IndexMap<&'static str, usize>,
    requirement_counts: indexmap::IndexMap<&'static str, usize>,
    requirements: Vec<Requirement<'a>>,
    cases: Vec<Case<'a>>,
    features: &'a [FeatureProbed],
    leftovers: Vec<Leftover<'a>>,
}

#[derive(Serialize)]
struct Requirement<'a> {
    id: &'a str,
    level: &'a str,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    about: &'a str,
    section: &'a str,
    link: &'a str,
    cases: Vec<&'a str>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    suite: &'a str,
    title: &'a str,
    verdict: &'static str,
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature: Option<&'a str>,
    requirements: &'a [String],
    duration_ms: u64,
    reproduce: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expectation: Option<&'a Expectation>,
}

#[derive(Serialize)]
struct Leftover<'a> {
    case: &'a str,
    what: &'a str,
}

/// Renders `results.json`.
pub(crate) fn render(summary: &Summary) -> Result<String, Error> {
    let facts = Facts::new(summary);
    let run = summary.run.as_deref();
    let requirements = facts.standings.iter().map(|standing| Requirement {
        id: &standing.info.id,
        level: &standing.info.level,
        verdict: standing_word(standing),
        reason: facts.untested_reason(standing),
        about: &standing.info.about,
        section: &standing.info.section,
        link: &standing.info.link,
        cases: standing.cases.iter().map(|case| case.id.as_str()).collect(),
    });
    let mut requirement_counts: indexmap::IndexMap<&str, usize> =
        summary.counts().keys().map(|verdict| (verdict.as_str(), 0)).collect();
    requirement_counts.insert(UNTESTED, 0);
    requirement_counts.extend(facts.requirement_counts());
    let results = Results {
        schema: RESULTS_SCHEMA,
        tool: run.map(|run| &run.tool),
        subject: run.map(|run| &run.subject),
        spec: run.map(|run| run.spec.as_str()),
        spec_version: run.map(|run| run.spec_version.as_str()),
        seed: run.map(|run| run.seed),
        started: run.map(|run| run.started.as_str()),
        duration_ms: summary.finished.as_ref().map(|end| end.duration_ms),
        complete: summary.is_complete(),
        incomplete_reason: facts.incomplete(),
        counts: summary.counts().into_iter().map(|(verdict, n)| (verdict.as_str(), n)).collect(),
        requirement_counts,
        requirements: requirements.collect(),
        cases: summary.cases.iter().map(case).collect(),
        features: &summary.features,
        leftovers: summary.cases.iter().flat_map(leftovers).collect(),
    };
    let mut text = serde_json::to_string_pretty(&results)
        .map_err(|source| Error::Json { what: "the results of the run", source })?;
    text.push('\n');
    Ok(text)
}

fn case(case: &CaseReport) -> Case<'_> {
    Case {
        id: &case.id,
        suite: &case.suite,
        title: &case.title,
        verdict: case.verdict.as_str(),
        reason: case.reason.as_deref(),
        feature: case.feature.as_deref(),
        requirements: &case.requirements,
        duration_ms: case.duration_ms,
        reproduce: &case.reproduce,
        expectation: case.expectation.as_ref(),
    }
}

fn leftovers(case: &CaseReport) -> impl Iterator<Item = Leftover<'_>> {
    case.leftovers.iter().map(|what| Leftover { case: &case.id, what })
}
