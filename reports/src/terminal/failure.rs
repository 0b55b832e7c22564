//! One group of failures as a person wants to see it: the promise, the suite line, what was seen, how to repeat it.

use std::fmt::{self, Write};

use plimsoll_engine::Verdict;
use plimsoll_engine::event::{CaseReport, Check, Exchange};

use crate::facts::{Facts, Group, broken, surprise};
use crate::palette::{COMMAND, EXPECTED, QUIET, SEEN, STRONG, paint, verdict};
use crate::text::{self, snippet};
use crate::transcript::{self, SHORT, Voice};

/// Broken assertions of one case that are shown.
const CHECKS: usize = 3;
/// Other cases of a group that are listed.
const OTHERS: usize = 12;
/// Requirements of a group that are explained.
const REQUIREMENTS: usize = 4;

/// Everything about the first case of the group, and the names of the others.
pub(super) fn full(out: &mut String, facts: &Facts<'_>, group: &Group<'_>) -> fmt::Result {
    let case = group.first();
    headline(out, facts, group)?;
    writeln!(out, "\n  {}", paint(STRONG, text::name(&case.id)))?;
    writeln!(out, "  {}", text::sentence(&case.title))?;
    if let Some(surprise) = surprise(case) {
        writeln!(out, "  {}", paint(SEEN, surprise))?;
    }
    let mut shown = 0;
    for check in broken(case).take(CHECKS) {
        assertion(out, check)?;
        shown += 1;
    }
    if shown == 0
        && let Some(reason) = &case.reason
    {
        writeln!(out, "  {}", text::sentence(reason))?;
    }
    let more = broken(case).count() - shown;
    if more > 0 {
        writeln!(out, "  … and {} that did not hold", text::count(more, "more assertion"))?;
    }
    if case.verdict != Verdict::Pass {
        exchanges(out, case)?;
    }
    writeln!(out, "\n  reproduce: {}", paint(COMMAND, text::line(&case.reproduce, 1000)))?;
    others(out, group)
}

/// A few lines for a group, for when there are too many to show in full.
pub(super) fn brief(out: &mut String, facts: &Facts<'_>, group: &Group<'_>) -> fmt::Result {
    let case = group.first();
    let word = paint(verdict(case.verdict), case.verdict);
    let requirements: Vec<String> = group
        .requirements
        .iter()
        .take(REQUIREMENTS)
        .map(|id| format!("{} {}", text::name(id), paint(QUIET, facts.level(id))))
        .collect();
    writeln!(out, "  {word} {}", text::name(&case.id))?;
    // What was promised; without it "answered 202" says nothing to somebody who does not know the suites.
    writeln!(out, "       {}", text::line(&case.title, 160))?;
    if !requirements.is_empty() {
        writeln!(out, "       {}", requirements.join(", "))?;
    }
    if let Some(surprise) = surprise(case) {
        writeln!(out, "       {surprise}")?;
    } else if let Some(check) = broken(case).next() {
        let (expected, seen) = (text::line(&check.expected, 80), text::line(&check.seen, 80));
        writeln!(out, "       {}: expected {expected}, seen {seen}", text::line(&check.what, 60))?;
    } else if let Some(reason) = &case.reason {
        writeln!(out, "       {}", text::line(reason, 160))?;
    }
    if !group.rest().is_empty() {
        writeln!(out, "       {}", paint(QUIET, format!("and {}", text::count(group.rest().len(), "more case"))))?;
    }
    Ok(())
}

/// A few lines for something the specification leaves open: nothing was expected, so only what is there is said.
pub(super) fn observation(out: &mut String, group: &Group<'_>) -> fmt::Result {
    let case = group.first();
    writeln!(out, "  {} {}", paint(verdict(case.verdict), case.verdict), text::name(&case.id))?;
    writeln!(out, "       {}", text::line(&case.title, 160))?;
    if let Some(check) = broken(case).next() {
        writeln!(out, "       not so here: {}: {}", text::line(&check.what, 60), text::line(&check.seen, 48))?;
    } else if let Some(reason) = &case.reason {
        writeln!(out, "       {}", text::line(reason, 160))?;
    }
    match group.rest().len() {
        0 => Ok(()),
        more => writeln!(out, "       {}", paint(QUIET, format!("and {}", text::count(more, "more case")))),
    }
}

fn headline(out: &mut String, facts: &Facts<'_>, group: &Group<'_>) -> fmt::Result {
    let case = group.first();
    let style = verdict(if surprise(case).is_some() { Verdict::Fail } else { case.verdict });
    let word = paint(style, if surprise(case).is_some() { "expectation" } else { case.verdict.as_str() });
    if group.requirements.is_empty() {
        return match surprise(case) {
            Some(_) => writeln!(out, "{word}  not what the expectations file says"),
            None => writeln!(out, "{word}  without a requirement"),
        };
    }
    for id in group.requirements.iter().take(REQUIREMENTS) {
        writeln!(out, "{word}  {}  {}", paint(STRONG, text::name(id)), paint(style, facts.level(id)))?;
        if let Some(info) = facts.info(id) {
            writeln!(out, "      {}", text::sentence(&info.about))?;
            writeln!(out, "      {}", paint(QUIET, text::line(&info.link, 300)))?;
        }
    }
    match group.requirements.len().saturating_sub(REQUIREMENTS) {
        0 => Ok(()),
        more => writeln!(out, "      … and {}", text::count(more, "more requirement")),
    }
}

/// The suite line with a caret, and below it what was expected and what came.
fn assertion(out: &mut String, check: &Check) -> fmt::Result {
    let snippet = snippet(&check.source);
    let gutter = " ".repeat(snippet.number.len());
    let bar = paint(QUIET, "|");
    let caret_style = verdict(if check.verdict == Verdict::Pass { Verdict::Info } else { check.verdict });
    let caret = paint(caret_style, format!("{} {}", snippet.caret, text::line(&check.what, 60)));
    writeln!(out, "  {gutter}{} {}", paint(QUIET, "-->"), snippet.place)?;
    writeln!(out, "  {gutter} {bar}")?;
    writeln!(out, "  {} {bar} {}", paint(QUIET, &snippet.number), snippet.text)?;
    writeln!(out, "  {gutter} {bar} {}{caret}", snippet.pad)?;
    value(out, &gutter, "expected", EXPECTED, &check.expected)?;
    value(out, &gutter, "seen    ", SEEN, &check.seen)
}

fn value(out: &mut String, gutter: &str, label: &str, style: anstyle::Style, value: &str) -> fmt::Result {
    let equals = paint(QUIET, "=");
    let mut label = label;
    for line in text::block(value, 5, 200) {
        writeln!(out, "  {gutter} {equals} {label} {}", paint(style, line))?;
        label = "        ";
    }
    Ok(())
}

/// The judged exchange in full; the ones before it as a line each, because they explain how it came to this.
fn exchanges(out: &mut String, case: &CaseReport) -> fmt::Result {
    const BEFORE: usize = 5;
    let Some(judged) = transcript::judged(case) else { return Ok(()) };
    writeln!(out)?;
    // A step that waits for something asks the same again and again.
    let repeated: Vec<&[Exchange]> = case.exchanges[..judged].chunk_by(|a, b| a.summary == b.summary).collect();
    let (left_out, shown) = repeated.split_at(repeated.len().saturating_sub(BEFORE));
    if !left_out.is_empty() {
        let left_out = text::count(left_out.iter().map(|same| same.len()).sum(), "exchange");
        writeln!(out, "  {}", paint(QUIET, format!("… {left_out} before")))?;
    }
    for same in shown {
        let times = if same.len() > 1 { format!(" ({} times)", same.len()) } else { String::new() };
        writeln!(out, "  {}", paint(QUIET, format!("{}{times}", text::line(&same[0].summary, SHORT.width))))?;
    }
    for (voice, line) in transcript::lines(&case.exchanges[judged], SHORT) {
        let style = if voice == Voice::Trouble { verdict(Verdict::Error) } else { anstyle::Style::new() };
        writeln!(out, "  {} {}", paint(QUIET, voice.mark()), paint(style, line))?;
    }
    Ok(())
}

/// The other cases, with what they saw where that differs.
fn others(out: &mut String, group: &Group<'_>) -> fmt::Result {
    let rest = group.rest();
    if rest.is_empty() {
        return Ok(());
    }
    let seen = |case: &CaseReport| broken(case).next().map(|check| text::line(&check.seen, 80));
    let usual = seen(group.first());
    writeln!(out, "\n  the same in {}:", text::count(rest.len(), "more case"))?;
    for case in rest.iter().take(OTHERS) {
        match seen(case) {
            Some(seen) if Some(&seen) != usual.as_ref() => {
                writeln!(out, "    {}  {}", text::name(&case.id), paint(QUIET, format!("seen {seen}")))?;
            }
            _ => writeln!(out, "    {}", text::name(&case.id))?,
        }
    }
    if rest.len() > OTHERS {
        writeln!(out, "    … and {} more", rest.len() - OTHERS)?;
    }
    Ok(())
}
