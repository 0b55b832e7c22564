//! What came out of a run, worst first, for a person who reads it from the bottom of a terminal upwards.

use std::fmt::{self, Write};

use indexmap::IndexMap;
use plimsoll_engine::Verdict;
use plimsoll_engine::event::CaseReport;
use plimsoll_engine::summary::Summary;

use super::{Options, failure};
use crate::facts::{Facts, class};
use crate::palette::{COMMAND, QUIET, STRONG, paint, verdict};
use crate::{Error, UNTESTED, text};

/// Groups of failures that are shown in full; further ones get a few lines each.
const FULL: usize = 10;
/// Groups that are shown at all.
const BRIEF: usize = 50;
/// Lines per list of anything else.
const LIST: usize = 15;

/// The summary text, with ANSI styles.
pub(crate) fn render(summary: &Summary, options: &Options) -> Result<String, Error> {
    let facts = Facts::new(summary);
    let mut out = String::new();
    header(&mut out, &facts)?;
    failures(&mut out, &facts)?;
    warnings(&mut out, &facts)?;
    undecided(&mut out, &facts)?;
    observations(&mut out, &facts)?;
    expected(&mut out, &facts)?;
    unsupported(&mut out, &facts)?;
    by_reason(&mut out, Verdict::Skipped, &facts.skipped())?;
    leftovers(&mut out, &facts)?;
    counts(&mut out, &facts)?;
    footer(&mut out, &facts, options)?;
    Ok(out)
}

fn header(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    let Some(run) = &facts.summary.run else {
        return writeln!(out, "{}", paint(verdict(Verdict::Error), "The run did not start."));
    };
    let tool = format!("{} {}", text::name(&run.tool.name), text::name(&run.tool.version));
    let spec = format!("{} {}", text::name(&run.spec_title), text::name(&run.spec_version));
    writeln!(out, "{}  {spec}", paint(STRONG, tool))?;
    let product: Vec<String> =
        [&run.subject.name, &run.subject.version].into_iter().flatten().map(|s| text::name(s)).collect();
    let product = if product.is_empty() { String::new() } else { format!(" ({})", product.join(" ")) };
    writeln!(out, "{}  {}{product}", text::name(&run.subject.kind), paint(STRONG, text::name(&run.subject.target)))?;
    incomplete(out, facts)
}

fn incomplete(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    match facts.incomplete() {
        Some(why) => writeln!(out, "\n{} {why}", paint(verdict(Verdict::Error).invert(), " INCOMPLETE ")),
        None => Ok(()),
    }
}

fn heading(out: &mut String, style: anstyle::Style, title: &str) -> fmt::Result {
    writeln!(out, "\n{}\n", paint(style, format!("── {title} ──")))
}

fn failures(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    let groups = facts.failures();
    if groups.is_empty() {
        return Ok(());
    }
    let cases: usize = groups.iter().map(|group| group.cases.len()).sum();
    let style = verdict(Verdict::Fail);
    heading(out, style, &format!("{} in {}", text::count(groups.len(), "failure"), text::count(cases, "case")))?;
    for (i, group) in groups.iter().take(FULL).enumerate() {
        if i > 0 {
            writeln!(out, "\n{}\n", paint(QUIET, "·".repeat(60)))?;
        }
        failure::full(out, facts, group)?;
    }
    if groups.len() > FULL {
        writeln!(
            out,
            "\n{}\n",
            paint(style, format!("── and {} in short ──", text::count(groups.len() - FULL, "failure")))
        )?;
        for group in groups.iter().skip(FULL).take(BRIEF) {
            failure::brief(out, facts, group)?;
        }
    }
    if groups.len() > FULL + BRIEF {
        let more = text::count(groups.len() - FULL - BRIEF, "more failure");
        writeln!(out, "  … and {more}: every one is in report.html and results.json")?;
    }
    Ok(())
}

fn warnings(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    let groups = facts.groups(|case| class(case) == crate::facts::Class::Plain(Verdict::Warn));
    if groups.is_empty() {
        return Ok(());
    }
    heading(
        out,
        verdict(Verdict::Warn),
        &format!("{} ({})", text::count(groups.len(), "warning"), Verdict::Warn.about()),
    )?;
    for group in groups.iter().take(LIST) {
        failure::brief(out, facts, group)?;
    }
    more(out, groups.len())
}

/// Blocked cases and errors, with equal reasons together.
fn undecided(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    for word in [Verdict::Error, Verdict::Blocked] {
        let mut reasons: IndexMap<String, Vec<&CaseReport>> = IndexMap::new();
        for case in facts.plain(word) {
            let reason = case.reason.as_deref().unwrap_or("no reason given");
            reasons.entry(text::sentence(reason)).or_default().push(case);
        }
        by_reason(out, word, &reasons)?;
    }
    Ok(())
}

/// A list of cases under their reasons.
fn by_reason(out: &mut String, word: Verdict, reasons: &IndexMap<String, Vec<&CaseReport>>) -> fmt::Result {
    const CASES: usize = 4;
    if reasons.is_empty() {
        return Ok(());
    }
    let cases = reasons.values().map(Vec::len).sum();
    heading(out, verdict(word), &format!("{word}: {} ({})", text::count(cases, "case"), word.about()))?;
    for (reason, cases) in reasons.iter().take(LIST) {
        writeln!(out, "  {reason}")?;
        for case in cases.iter().take(CASES) {
            writeln!(out, "    {}", paint(QUIET, text::name(&case.id)))?;
        }
        if cases.len() > CASES {
            writeln!(out, "    {}", paint(QUIET, format!("… and {} more", cases.len() - CASES)))?;
        }
    }
    more(out, reasons.len())
}

fn observations(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    let groups = facts.groups(|case| class(case) == crate::facts::Class::Plain(Verdict::Info));
    if groups.is_empty() {
        return Ok(());
    }
    let title = format!("{} ({})", text::count(groups.len(), "observation"), Verdict::Info.about());
    heading(out, verdict(Verdict::Info), &title)?;
    for group in groups.iter().take(LIST) {
        failure::observation(out, group)?;
    }
    more(out, groups.len())
}

fn expected(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    let cases = facts.expected();
    if cases.is_empty() {
        return Ok(());
    }
    heading(out, QUIET, &format!("{} expected by the expectations file", text::count(cases.len(), "case")))?;
    for case in cases.iter().take(LIST) {
        let reason = case.expectation.as_ref().map_or("", |e| e.reason.as_str());
        writeln!(out, "  {} {}", paint(verdict(case.verdict), case.verdict), text::name(&case.id))?;
        writeln!(out, "       {}", paint(QUIET, text::line(reason, 160)))?;
    }
    more(out, cases.len())
}

fn unsupported(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    let features = facts.unsupported();
    if features.is_empty() {
        return Ok(());
    }
    heading(
        out,
        QUIET,
        &format!("{} unsupported (the subject lawfully declines them)", text::count(features.len(), "feature")),
    )?;
    for (feature, cases) in &features {
        let probed = facts.summary.features.iter().find(|f| f.id == *feature);
        let why = probed.map(|f| f.reason.as_str()).or(cases[0].reason.as_deref()).unwrap_or("");
        let n = text::count(cases.len(), "case");
        writeln!(out, "  {}  {}  {}", paint(STRONG, feature), text::line(why, 160), paint(QUIET, n))?;
    }
    Ok(())
}

fn leftovers(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    let cases: Vec<&CaseReport> = facts.summary.cases.iter().filter(|case| !case.leftovers.is_empty()).collect();
    if cases.is_empty() {
        return Ok(());
    }
    heading(out, verdict(Verdict::Warn), &format!("left behind by {}", text::count(cases.len(), "case")))?;
    for case in cases.iter().take(LIST) {
        let first: Vec<String> = case.leftovers.iter().take(3).map(|what| text::name(what)).collect();
        let rest = case.leftovers.len() - first.len();
        let rest = if rest > 0 { format!(", … and {rest} more") } else { String::new() };
        writeln!(out, "  {}  {}{rest}", paint(QUIET, text::name(&case.id)), first.join(", "))?;
    }
    more(out, cases.len())
}

fn more(out: &mut String, all: usize) -> fmt::Result {
    if all > LIST { writeln!(out, "  … and {} more in report.html", all - LIST) } else { Ok(()) }
}

fn words(counts: &[(&'static str, usize)]) -> String {
    let style = |word: &str| Verdict::ALL.into_iter().find(|v| v.as_str() == word).map_or(QUIET, verdict);
    counts.iter().map(|(word, n)| paint(style(word), format!("{n} {word}"))).collect::<Vec<_>>().join(", ")
}

fn counts(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    heading(out, STRONG, "result")?;
    writeln!(out, "of the {}:", facts.counted())?;
    writeln!(out, "  {}", words(&facts.requirement_counts()))?;
    let tiers: Vec<String> = facts.tiers().iter().map(|(name, t)| format!("{name} {}/{}", t.pass, t.all)).collect();
    writeln!(out, "  held: {}", tiers.join("   "))?;
    let untested = facts.untested();
    if !untested.is_empty() {
        let reasons: Vec<String> = untested.iter().map(|(reason, n)| format!("{n} ({reason})")).collect();
        writeln!(out, "  {UNTESTED}: {}", reasons.join(", "))?;
    }
    writeln!(out, "{}: {}", text::count(facts.summary.cases.len(), "case"), words(&facts.case_counts()))?;
    let (expected, surprises) =
        (facts.expected().len(), facts.groups(|c| matches!(class(c), crate::facts::Class::Surprise(_))));
    if expected > 0 || !surprises.is_empty() {
        let surprises: usize = surprises.iter().map(|g| g.cases.len()).sum();
        writeln!(out, "  of these {expected} as the expectations file says, {surprises} against it")?;
    }
    Ok(())
}

fn footer(out: &mut String, facts: &Facts<'_>, options: &Options) -> fmt::Result {
    let took = facts.summary.finished.as_ref().map(|end| format!("took {}", text::duration(end.duration_ms)));
    let seed = facts.summary.run.as_ref().map(|run| format!("seed {}", run.seed));
    let line: Vec<String> = [took, seed].into_iter().flatten().collect();
    writeln!(out, "{}", paint(QUIET, line.join(", ")))?;
    if let Some(dir) = &options.run_dir {
        writeln!(out, "run directory: {}", paint(COMMAND, text::line(&dir.display().to_string(), 1000)))?;
    }
    incomplete(out, facts)?;
    let (word, sentence) = facts.outcome(options.strict);
    writeln!(out, "\n{}", paint(verdict(word), format!("{}.", text::capitalised(&sentence))))
}
