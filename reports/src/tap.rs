//! TAP version 14: one line per case, with a YAML diagnostic where there is something to say.

use std::fmt::{self, Write};

use plimsoll_engine::Verdict;
use plimsoll_engine::event::CaseReport;
use plimsoll_engine::summary::Summary;

use crate::facts::{Class, Facts, broken, class, surprise};
use crate::{Error, text};

/// Renders the TAP stream.
pub(crate) fn render(summary: &Summary) -> Result<String, Error> {
    let facts = Facts::new(summary);
    let mut out = String::from("TAP version 14\n");
    if let Some(run) = &summary.run {
        let (title, version) = (text::name(&run.spec_title), text::name(&run.spec_version));
        writeln!(out, "# {title} {version}, {} {}", text::name(&run.subject.kind), text::name(&run.subject.target))?;
    }
    // The plan is what was to be run: after an interruption too few test points are a failure by themselves.
    let planned = summary.run.as_ref().map_or(0, |run| run.plan.len()).max(summary.cases.len());
    match planned {
        0 => writeln!(out, "1..0 # SKIP nothing was run")?,
        n => writeln!(out, "1..{n}")?,
    }
    for (i, case) in summary.cases.iter().enumerate() {
        point(&mut out, &facts, i + 1, case)?;
    }
    if let Some(why) = facts.incomplete() {
        writeln!(out, "Bail out! incomplete: {}", escape(&why))?;
    }
    Ok(out)
}

fn point(out: &mut String, facts: &Facts<'_>, number: usize, case: &CaseReport) -> fmt::Result {
    let reason = text::sentence(case.reason.as_deref().unwrap_or(case.verdict.about()));
    let (ok, directive) = match class(case) {
        Class::Plain(Verdict::Pass | Verdict::Info | Verdict::Warn) => (true, String::new()),
        Class::Plain(Verdict::Unsupported | Verdict::Skipped) => {
            let feature = case.feature.as_deref().map_or_else(String::new, |f| format!(" {}", text::name(f)));
            (true, format!(" # SKIP {}{}: {}", case.verdict, escape(&feature), escape(&reason)))
        }
        Class::Expected(_) => {
            let reason = case.expectation.as_ref().map_or("", |e| e.reason.as_str());
            (false, format!(" # TODO expected: {}", escape(&text::sentence(reason))))
        }
        Class::Plain(_) | Class::Surprise(_) => (false, String::new()),
    };
    let ok = if ok { "ok" } else { "not ok" };
    writeln!(out, "{ok} {number} - {}{directive}", escape(&text::name(&case.id)))?;
    if class(case) == Class::Plain(Verdict::Pass) { Ok(()) } else { diagnostic(out, facts, case) }
}

fn diagnostic(out: &mut String, facts: &Facts<'_>, case: &CaseReport) -> fmt::Result {
    writeln!(out, "  ---")?;
    writeln!(out, "  title: {}", quoted(&text::sentence(&case.title)))?;
    writeln!(out, "  verdict: {}", case.verdict)?;
    if let Some(reason) = &case.reason {
        writeln!(out, "  reason: {}", quoted(&text::sentence(reason)))?;
    }
    if let Some(surprise) = surprise(case) {
        writeln!(out, "  expectation: {}", quoted(&surprise))?;
    }
    if broken(case).next().is_some() {
        writeln!(out, "  assertions:")?;
    }
    for check in broken(case).take(10) {
        let ids: Vec<String> =
            check.requirements.iter().map(|id| quoted(&format!("{} {}", text::name(id), facts.level(id)))).collect();
        writeln!(out, "    - requirements: [{}]", ids.join(", "))?;
        writeln!(out, "      at: {}", quoted(&text::snippet(&check.source).place))?;
        writeln!(out, "      what: {}", quoted(&text::sentence(&check.what)))?;
        writeln!(out, "      expected: {}", quoted(&text::sentence(&check.expected)))?;
        writeln!(out, "      seen: {}", quoted(&text::sentence(&check.seen)))?;
    }
    if !case.exchanges.is_empty() {
        writeln!(out, "  exchanges:")?;
    }
    for exchange in case.exchanges.iter().rev().take(10).rev() {
        writeln!(out, "    - {}", quoted(&text::line(&exchange.summary, 300)))?;
    }
    writeln!(out, "  duration_ms: {}", case.duration_ms)?;
    writeln!(out, "  reproduce: {}", quoted(&text::line(&case.reproduce, 1000)))?;
    writeln!(out, "  ...")
}

/// In a test line a number sign begins a directive; a backslash escapes it, and itself.
fn escape(text: &str) -> String {
    text.replace('\\', r"\\").replace('#', r"\#")
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
