//! Judges a response against what a step expects.

use plimsoll_engine::Verdict;
use plimsoll_engine::matching::{self, Seen, judge as judge_matcher};
use plimsoll_engine::scope::{NoValue, Scope};
use plimsoll_engine::trial::{Assertion, End, Law, Trial};
use plimsoll_engine::words::words;
use plimsoll_suite::expect::{Choice, Expect, Expectations, Matcher};
use plimsoll_suite::position::{At, Position};

use crate::client::{MAX_BODY, Response};
use crate::redact::{self, REDACTED, Redactor};

/// What a response amounts to.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    /// Assertions in order.
    findings: Vec<Finding>,
    /// How the case ends here, if it does.
    pub(crate) end: Option<End>,
}

#[derive(Debug)]
struct Finding {
    requirements: Vec<String>,
    held: bool,
    what: String,
    expected: String,
    seen: String,
    at: Position,
}

impl Judgement {
    /// True when every assertion held.
    pub(crate) fn held(&self) -> bool {
        self.findings.iter().all(|finding| finding.held)
    }

    /// Adds an assertion that did not hold, for something no matcher sees.
    pub(crate) fn broken(&mut self, requirements: Vec<String>, what: &str, expected: &str, seen: &str, at: Position) {
        let (what, expected, seen) = (what.to_owned(), expected.to_owned(), seen.to_owned());
        self.findings.push(Finding { requirements, held: false, what, expected, seen, at });
    }

    /// Records everything in the trial and returns the worst verdict.
    pub(crate) fn record(self, trial: &Trial, law: Law<'_>, exchange: Option<usize>, redactor: &Redactor) -> Verdict {
        let verdicts = self.findings.into_iter().map(|finding| {
            let field = finding.what.strip_prefix("header ").and_then(|what| what.split(' ').next());
            let is_secret = !finding.held && field.is_some_and(redact::is_secret_field);
            trial.check(
                law,
                Assertion {
                    requirements: &finding.requirements,
                    held: finding.held,
                    what: finding.what,
                    expected: redactor.text(&finding.expected),
                    seen: if is_secret { REDACTED.to_owned() } else { redactor.text(&finding.seen) },
                    at: finding.at,
                    exchange,
                },
            )
        });
        verdicts.max().unwrap_or(Verdict::Pass)
    }
}

/// Judges a response. With alternatives, the first whose status and `when` match decides.
pub(crate) fn judge(
    expectations: &Expectations,
    response: &Response,
    scope: &Scope,
    judge_body: bool,
) -> Result<Judgement, NoValue> {
    let mut judgement = Judgement::default();
    let chosen = match expectations.0.as_slice() {
        [only] => {
            if let Some(status) = &only.status {
                let held = apply(&mut judgement, status, only, "status", Seen::Number(response.status.into()), scope)?;
                if !held {
                    judgement.end = Some(End::Judged);
                    return Ok(judgement);
                }
            }
            Some(only)
        }
        alternatives => choose(alternatives, response, scope, &mut judgement)?,
    };
    if let Some(expect) = chosen {
        judge_rest(&mut judgement, expect, response, scope, judge_body)?;
    }
    Ok(judgement)
}

fn choose<'e>(
    alternatives: &'e [At<Expect>],
    response: &Response,
    scope: &Scope,
    judgement: &mut Judgement,
) -> Result<Option<&'e At<Expect>>, NoValue> {
    let mut broken = None;
    for expect in alternatives {
        let status = Seen::Number(response.status.into());
        let status_fits = expect.status.as_ref().map_or(Ok(true), |m| Ok(judge_matcher(m, status, scope)?.is_empty()));
        if !status_fits? || !fields_fit(&expect.when, response, scope)? {
            continue;
        }
        if expect.otherwise.is_some() {
            broken = Some(expect);
            break;
        }
        if let Some(status) = &expect.status {
            apply(judgement, status, expect, "status", Seen::Number(response.status.into()), scope)?;
        }
        // What any other answer would have broken has held, unless the registry went its own way.
        if !matches!(expect.verdict.as_deref(), Some(Choice::Info | Choice::Unsupported)) {
            let held: Vec<String> =
                alternatives.iter().filter_map(|e| e.otherwise.as_ref()).flat_map(|ids| texts(ids)).collect();
            if !held.is_empty() {
                judgement.findings.push(Finding {
                    requirements: held,
                    held: true,
                    what: "status".to_owned(),
                    expected: lawful(alternatives),
                    seen: String::new(),
                    at: expect.at,
                });
            }
        }
        return Ok(Some(expect));
    }
    let requirements = broken.and_then(|expect| expect.otherwise.as_ref()).map(|ids| texts(ids)).unwrap_or_default();
    let at = broken.or(alternatives.last()).map(|expect| expect.at).unwrap_or_default();
    judgement.broken(requirements, "status", &lawful(alternatives), &response.status.to_string(), at);
    judgement.end = Some(End::Judged);
    Ok(None)
}

/// The statuses that are right, in words.
fn lawful(alternatives: &[At<Expect>]) -> String {
    let lawful = alternatives.iter().filter(|expect| expect.otherwise.is_none());
    let mut expected: Vec<String> = lawful.filter_map(|expect| expect.status.as_ref()).map(|m| words(m)).collect();
    expected.dedup();
    expected.join(", or ")
}

/// True when the response has header fields that match.
pub(crate) fn fields_fit(
    fields: &indexmap::IndexMap<String, At<Matcher>>,
    response: &Response,
    scope: &Scope,
) -> Result<bool, NoValue> {
    for (name, matcher) in fields {
        if !judge_matcher(matcher, field(name, &response.field(name)), scope)?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn judge_rest(
    judgement: &mut Judgement,
    expect: &At<Expect>,
    response: &Response,
    scope: &Scope,
    judge_body: bool,
) -> Result<(), NoValue> {
    for (name, matcher) in &expect.headers {
        let values = response.field(name);
        apply(judgement, matcher, expect, &format!("header {name}"), field(name, &values), scope)?;
    }
    if let Some(matcher) = &expect.body
        && judge_body
    {
        if response.cut {
            let expected = "a body that ends";
            let seen = format!("more than {MAX_BODY} bytes");
            judgement.broken(requirements(matcher, expect), "body", expected, &seen, matcher.at);
        } else {
            apply(judgement, matcher, expect, "body", Seen::Bytes(&response.body), scope)?;
        }
    }
    if let Some(choice) = &expect.verdict {
        let verdict = match choice.value {
            Choice::Pass => Verdict::Pass,
            Choice::Info => Verdict::Info,
            Choice::Unsupported => Verdict::Unsupported,
        };
        let feature = expect.feature.as_ref().map(|feature| feature.value.clone());
        let reason = format!("answered {} {}", response.status, response.reason).trim_end().to_owned();
        judgement.end = Some(End::Chosen { verdict, feature, reason });
    }
    Ok(())
}

fn field<'a>(name: &'a str, values: &'a [String]) -> Seen<'a> {
    if values.is_empty() { Seen::Absent } else { Seen::Field { name, values } }
}

/// Judges one matcher and adds what it found; true when it held.
fn apply(
    judgement: &mut Judgement,
    matcher: &At<Matcher>,
    expect: &Expect,
    what: &str,
    seen: Seen<'_>,
    scope: &Scope,
) -> Result<bool, NoValue> {
    let mismatches = judge_matcher(matcher, seen, scope)?;
    let held = mismatches.is_empty();
    let mut good = requirements(matcher, expect);
    for mismatch in mismatches {
        let broken = if mismatch.requirements.is_empty() { texts(&expect.req) } else { mismatch.requirements };
        good.retain(|id| !broken.contains(id));
        let place = if mismatch.place.is_empty() { String::new() } else { format!(" at {}", mismatch.place) };
        judgement.findings.push(Finding {
            requirements: broken,
            held: false,
            what: format!("{what}{place}"),
            expected: mismatch.expected,
            seen: mismatch.seen,
            at: matcher.at,
        });
    }
    if held || !good.is_empty() {
        judgement.findings.push(Finding {
            requirements: good,
            held: true,
            what: what.to_owned(),
            expected: words(matcher),
            seen: String::new(),
            at: matcher.at,
        });
    }
    Ok(held)
}

/// Every requirement a matcher can break: its own and those inside it, else those of the expectation.
fn requirements(matcher: &Matcher, expect: &Expect) -> Vec<String> {
    let own = matching::requirements(matcher);
    if own.is_empty() { texts(&expect.req) } else { own }
}

fn texts(ids: &[At<String>]) -> Vec<String> {
    ids.iter().map(|id| id.value.clone()).collect()
}

/// The requirements of a status that could not even be looked at, because there was no answer.
pub(crate) fn status_requirements(expectations: Option<&Expectations>) -> (Vec<String>, Position, String) {
    let Some(expectations) = expectations else { return (Vec::new(), Position::default(), "an answer".to_owned()) };
    match expectations.0.as_slice() {
        [only] => match &only.status {
            Some(status) => (requirements(status, only), status.at, words(status)),
            None => (texts(&only.req), only.at, "an answer".to_owned()),
        },
        alternatives => {
            let last = alternatives.last();
            let ids = last.and_then(|expect| expect.otherwise.as_ref()).map(|ids| texts(ids)).unwrap_or_default();
            (ids, last.map(|expect| expect.at).unwrap_or_default(), "an answer".to_owned())
        }
    }
}
