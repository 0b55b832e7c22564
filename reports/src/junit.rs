//! JUnit XML. A CI system knows four results, Plimsoll eight words; the table is in [`result`].

use std::fmt::Write;

use junit_report::{Duration, OffsetDateTime, Report, TestCase, TestResult, TestSuite};
use plimsoll_engine::Verdict;
use plimsoll_engine::event::CaseReport;
use plimsoll_engine::summary::Summary;
use time::format_description::well_known::Rfc3339;

use crate::facts::{Class, Facts, broken, class, short_id, surprise};
use crate::transcript::{self, LONG};
use crate::{Error, text};

/// Renders the XML document.
pub(crate) fn render(summary: &Summary) -> Result<String, Error> {
    let facts = Facts::new(summary);
    let started = summary.run.as_ref().and_then(|run| OffsetDateTime::parse(&run.started, &Rfc3339).ok());
    let started = started.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut report = Report::new();
    if let Some(why) = facts.incomplete() {
        let error = TestCase::error("the run is complete", Duration::ZERO, "incomplete", &why);
        report.add_testsuite(suite("plimsoll", started, vec![error]));
    }
    for (name, cases) in summary.suites() {
        let mut test_cases = Vec::with_capacity(cases.len());
        for case in cases {
            test_cases.push(test_case(&facts, case)?);
        }
        report.add_testsuite(suite(name, started, test_cases));
    }
    let mut xml = Vec::new();
    report.write_xml(&mut xml)?;
    Ok(String::from_utf8_lossy(&xml).into_owned())
}

fn suite(name: &str, started: OffsetDateTime, cases: Vec<TestCase>) -> TestSuite {
    let mut suite = TestSuite::new(&text::name(name));
    suite.package = dotted(name);
    suite.set_timestamp(started);
    suite.add_testcases(cases);
    suite
}

fn dotted(suite: &str) -> String {
    text::name(suite).replace('/', ".")
}

fn test_case(facts: &Facts<'_>, case: &CaseReport) -> Result<TestCase, Error> {
    Ok(TestCase {
        name: text::name(short_id(case)),
        time: Duration::milliseconds(i64::try_from(case.duration_ms).unwrap_or(i64::MAX)),
        result: result(facts, case)?,
        classname: Some(dotted(&case.suite)),
        filepath: Some(text::name(&case.source.file)),
        system_out: Some(cdata(&about(facts, case)?)),
        system_err: transcripts(case).map(|text| cdata(&text)),
    })
}

/// pass, info, warn: success. fail and surprises: failure. blocked, error: error, because skipped would hide that
/// nobody knows. unsupported, skipped and what was expected: skipped, with the cause.
fn result(facts: &Facts<'_>, case: &CaseReport) -> Result<TestResult, Error> {
    let word = case.verdict.as_str();
    let reason = text::sentence(case.reason.as_deref().unwrap_or(case.verdict.about()));
    let type_ = |suffix: &str| if suffix.is_empty() { word.to_owned() } else { format!("{word} {suffix}") };
    Ok(match class(case) {
        Class::Expected(_) => {
            let reason = case.expectation.as_ref().map_or("", |e| e.reason.as_str());
            let message = format!("expected: {}", text::sentence(reason));
            TestResult::SkippedWithCause { type_: type_("expected"), message, cause: None }
        }
        Class::Surprise(_) => TestResult::Failure {
            type_: "expectation".to_owned(),
            message: surprise(case).unwrap_or_default(),
            cause: Some(cdata(&assertions(facts, case)?)),
        },
        Class::Plain(Verdict::Pass | Verdict::Info | Verdict::Warn) => TestResult::Success,
        Class::Plain(Verdict::Fail) => {
            TestResult::Failure { type_: type_(""), message: reason, cause: Some(cdata(&assertions(facts, case)?)) }
        }
        Class::Plain(Verdict::Blocked | Verdict::Error) => {
            TestResult::Error { type_: type_(""), message: reason, cause: Some(cdata(&assertions(facts, case)?)) }
        }
        Class::Plain(Verdict::Unsupported | Verdict::Skipped) => {
            let message = match &case.feature {
                Some(feature) => format!("{}: {reason}", text::name(feature)),
                None => reason,
            };
            TestResult::SkippedWithCause { type_: type_(""), message, cause: None }
        }
    })
}

/// Verdict, requirements, and what did not hold: JUnit has no better place for them.
fn about(facts: &Facts<'_>, case: &CaseReport) -> Result<String, Error> {
    let mut out = String::new();
    writeln!(out, "{}\nverdict: {}", text::sentence(&case.title), case.verdict)?;
    for id in &case.requirements {
        write!(out, "requirement: {} {}", text::name(id), facts.level(id))?;
        match facts.info(id) {
            Some(info) => writeln!(out, ": {}\n  {}", text::sentence(&info.about), text::line(&info.link, 300))?,
            None => writeln!(out)?,
        }
    }
    if matches!(case.verdict, Verdict::Warn | Verdict::Info) {
        out.push_str(&assertions(facts, case)?);
    }
    writeln!(out, "reproduce: {}", text::line(&case.reproduce, 1000))?;
    Ok(out)
}

fn assertions(facts: &Facts<'_>, case: &CaseReport) -> Result<String, Error> {
    let mut out = String::new();
    for check in broken(case).take(20) {
        let snippet = text::snippet(&check.source);
        let ids: Vec<String> =
            check.requirements.iter().map(|id| format!("{} {}", text::name(id), facts.level(id))).collect();
        let ids = if ids.is_empty() { "precondition".to_owned() } else { ids.join(", ") };
        writeln!(out, "{}: {ids}: {}", check.verdict, text::sentence(&check.what))?;
        writeln!(out, "  {}\n  {}\n  {}{}", snippet.place, snippet.text, snippet.pad, snippet.caret)?;
        for (label, value) in [("expected", &check.expected), ("seen", &check.seen)] {
            writeln!(out, "  {label}: {}", text::block(value, 20, 500).join("\n    "))?;
        }
    }
    Ok(out)
}

fn transcripts(case: &CaseReport) -> Option<String> {
    if case.verdict == Verdict::Pass || case.exchanges.is_empty() {
        return None;
    }
    const EXCHANGES: usize = 20;
    let skip = case.exchanges.len().saturating_sub(EXCHANGES);
    let mut parts: Vec<String> = case.exchanges.iter().skip(skip).map(|e| transcript::joined(e, LONG)).collect();
    if skip > 0 {
        parts.insert(0, format!("… {} before", text::count(skip, "exchange")));
    }
    Some(parts.join("\n\n"))
}

/// The writer puts text into a CDATA section as it is, so the end mark of the section must not occur in it.
fn cdata(text: &str) -> String {
    text.replace("]]>", "]]]]><![CDATA[>")
}
