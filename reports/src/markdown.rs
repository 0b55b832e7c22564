//! A summary for CI job pages and merge requests, which accept a limited size: failures first, the rest folded.

use std::fmt::{self, Write};

use plimsoll_engine::Verdict;
use plimsoll_engine::event::CaseReport;
use plimsoll_engine::summary::Summary;

use crate::facts::{Class, Facts, Group, broken, class, standing_word, surprise};
use crate::transcript::{self, Limits};
use crate::{Error, text};

/// Bytes; job pages of common CI systems take a megabyte, comments far less.
const MAX: usize = 200_000;
/// Bytes for details of failures, so that the tables after them still fit.
const MAX_FAILURES: usize = 140_000;
/// Rows per list.
const ROWS: usize = 60;
const TRANSCRIPT: Limits = Limits { key_headers: true, head: 12, body: 12, width: 300 };

/// A folded part after the failures, left out as a whole when there is no room.
type Section = fn(&Facts<'_>) -> Result<String, fmt::Error>;

/// Renders the document; never longer than [`MAX`].
pub(crate) fn render(summary: &Summary) -> Result<String, Error> {
    let facts = Facts::new(summary);
    let mut out = String::new();
    header(&mut out, &facts)?;
    failures(&mut out, &facts)?;
    let mut cut = Vec::new();
    let sections: [(&str, Section); 5] = [
        ("warnings", warnings),
        ("undecided cases", undecided),
        ("declined and skipped cases", declined),
        ("requirements", requirements),
        ("how to reproduce", reproduce),
    ];
    for (name, section) in sections {
        let section = section(&facts)?;
        if out.len() + section.len() > MAX - 500 { cut.push(name) } else { out.push_str(&section) }
    }
    if !cut.is_empty() {
        writeln!(
            out,
            "\n_Cut to keep this summary small: {}. They are in report.html and results.json._",
            cut.join(", ")
        )?;
    }
    Ok(out)
}

fn header(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    let Some(run) = &facts.summary.run else {
        return writeln!(out, "# Plimsoll\n\n> [!CAUTION]\n> **The run did not start.**");
    };
    writeln!(out, "# {} {}: {}\n", md(&run.spec_title), md(&run.spec_version), md(&run.subject.target))?;
    if let Some(why) = facts.incomplete() {
        writeln!(out, "> [!CAUTION]\n> **Incomplete run:** {}.\n", escape(&why))?;
    }
    let product: Vec<String> = [&run.subject.name, &run.subject.version].into_iter().flatten().map(|s| md(s)).collect();
    let product = if product.is_empty() { String::new() } else { format!(" ({})", product.join(" ")) };
    let took =
        facts.summary.finished.as_ref().map_or_else(|| "unknown".to_owned(), |end| text::duration(end.duration_ms));
    writeln!(
        out,
        "{} {}{product}, {} {}, duration {took}, seed `{}`\n",
        md(&run.subject.kind),
        code(&run.subject.target),
        md(&run.tool.name),
        md(&run.tool.version),
        run.seed
    )?;
    let (requirements, cases) = (facts.requirement_counts(), facts.case_counts());
    writeln!(out, "| | requirements | cases |\n|---|--:|--:|")?;
    for word in crate::facts::WORDS {
        let n = |counts: &[(&str, usize)]| counts.iter().find(|(w, _)| *w == word).map_or(0, |(_, n)| *n);
        let (r, c) = (n(&requirements), n(&cases));
        if r + c > 0 {
            let (strong, cases) = (
                if word == "fail" { "**" } else { "" },
                if word == crate::UNTESTED { String::new() } else { c.to_string() },
            );
            writeln!(out, "| {strong}{word}{strong} | {r} | {cases} |")?;
        }
    }
    writeln!(out, "| all | {} | {} |", facts.standings.len(), facts.summary.cases.len())?;
    let tiers: Vec<String> = facts.tiers().iter().map(|(name, t)| format!("{name} {}/{}", t.pass, t.all)).collect();
    writeln!(out, "\nHeld: {}.", tiers.join(", "))?;
    let expected = facts.expected().len();
    if expected > 0 {
        writeln!(out, "\n{} ended as the expectations file says.", text::count(expected, "case"))?;
    }
    let untested: Vec<String> = facts.untested().iter().map(|(reason, n)| format!("{n} ({reason})")).collect();
    if untested.is_empty() { Ok(()) } else { writeln!(out, "\nUntested: {}.", untested.join(", ")) }
}

fn failures(out: &mut String, facts: &Facts<'_>) -> fmt::Result {
    let groups = facts.failures();
    if groups.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {}\n", text::count(groups.len(), "failure"))?;
    let start = out.len();
    for (i, group) in groups.iter().enumerate() {
        let mut one = String::new();
        failure(&mut one, facts, group)?;
        if out.len() - start + one.len() > MAX_FAILURES {
            let cases: usize = groups[i..].iter().map(|g| g.cases.len()).sum();
            let (more, cases) = (text::count(groups.len() - i, "more failure"), text::count(cases, "case"));
            return writeln!(out, "\n**{more} in {cases} cut to keep this summary small; all are in report.html.**");
        }
        out.push_str(&one);
    }
    Ok(())
}

fn failure(out: &mut String, facts: &Facts<'_>, group: &Group<'_>) -> fmt::Result {
    let case = group.first();
    let ids: Vec<String> =
        group.requirements.iter().take(4).map(|id| format!("{} {}", code(id), md(facts.level(id)))).collect();
    let also = if group.rest().is_empty() {
        String::new()
    } else {
        format!(" and {}", text::count(group.rest().len(), "more case"))
    };
    let against = if surprise(case).is_some() { ", not as expected:" } else { "" };
    let what = if ids.is_empty() { String::new() } else { format!(" {}:", ids.join(", ")) };
    writeln!(out, "<details><summary><b>{}</b>{against}{what} {}{also}</summary>\n", case.verdict, code(&case.id))?;
    writeln!(out, "{}\n", md(&case.title))?;
    for info in group.requirements.iter().take(4).filter_map(|id| facts.info(id)) {
        let section = md(&info.section);
        let section = text::link(&info.link).map_or(section.clone(), |link| format!("[{section}]({link})"));
        writeln!(out, "- {} {}: {} ({section})", code(&info.id), md(&info.level), md(&info.about))?;
    }
    if let Some(surprise) = surprise(case) {
        writeln!(out, "\n{}", escape(&surprise))?;
    }
    if broken(case).next().is_none()
        && let Some(reason) = &case.reason
    {
        writeln!(out, "\n{}", md(reason))?;
    }
    let mut text = String::new();
    for check in broken(case).take(3) {
        let s = text::snippet(&check.source);
        writeln!(text, "{}\n  {}\n  {}{} {}", s.place, s.text, s.pad, s.caret, text::line(&check.what, 80))?;
        writeln!(text, "  expected: {}", text::block(&check.expected, 8, 300).join("\n            "))?;
        writeln!(text, "  seen:     {}\n", text::block(&check.seen, 8, 300).join("\n            "))?;
    }
    if let Some(judged) = transcript::judged(case) {
        writeln!(text, "{}", transcript::joined(&case.exchanges[judged], TRANSCRIPT))?;
    }
    fence(out, text.trim_end())?;
    writeln!(out, "Reproduce:\n")?;
    fence(out, &text::line(&case.reproduce, 1000))?;
    if !group.rest().is_empty() {
        writeln!(out, "The same in:\n")?;
        list(out, group.rest())?;
    }
    writeln!(out, "\n</details>\n")
}

fn list(out: &mut String, cases: &[&CaseReport]) -> fmt::Result {
    for case in cases.iter().take(ROWS) {
        writeln!(out, "- {}", code(&case.id))?;
    }
    if cases.len() > ROWS { writeln!(out, "- … and {} more", cases.len() - ROWS) } else { Ok(()) }
}

fn fold(title: &str, body: &str) -> String {
    if body.is_empty() {
        String::new()
    } else {
        format!("\n<details><summary>{title}</summary>\n\n{body}\n</details>\n")
    }
}

fn warnings(facts: &Facts<'_>) -> Result<String, fmt::Error> {
    let mut body = String::new();
    let groups = facts.groups(|case| matches!(class(case), Class::Plain(Verdict::Warn)));
    for group in groups.iter().take(ROWS) {
        let case = group.first();
        let ids: Vec<String> =
            group.requirements.iter().take(4).map(|id| format!("{} {}", code(id), md(facts.level(id)))).collect();
        let check = broken(case).next();
        let seen = check.map_or_else(
            || md(case.reason.as_deref().unwrap_or("")),
            |c| format!("{}: expected {}, seen {}", md(&c.what), code(&c.expected), code(&c.seen)),
        );
        writeln!(body, "- {}: {} ({}) {seen}", ids.join(", "), code(&case.id), text::count(group.cases.len(), "case"))?;
    }
    if groups.len() > ROWS {
        writeln!(body, "- … and {} more", groups.len() - ROWS)?;
    }
    Ok(fold(&text::count(groups.len(), "warning"), &body))
}

fn undecided(facts: &Facts<'_>) -> Result<String, fmt::Error> {
    let mut body = String::new();
    let cases: Vec<&CaseReport> = facts.plain(Verdict::Error).chain(facts.plain(Verdict::Blocked)).collect();
    for case in cases.iter().take(ROWS) {
        writeln!(
            body,
            "- {} {}: {}",
            case.verdict,
            code(&case.id),
            md(case.reason.as_deref().unwrap_or("no reason given"))
        )?;
    }
    if cases.len() > ROWS {
        writeln!(body, "- … and {} more", cases.len() - ROWS)?;
    }
    Ok(fold(&format!("{} undecided (error or blocked)", text::count(cases.len(), "case")), &body))
}

fn declined(facts: &Facts<'_>) -> Result<String, fmt::Error> {
    let mut body = String::new();
    for (feature, cases) in facts.unsupported().iter().take(ROWS) {
        writeln!(body, "- unsupported {}: {}", code(feature), text::count(cases.len(), "case"))?;
    }
    for (reason, cases) in facts.skipped().iter().take(ROWS) {
        writeln!(body, "- skipped, {}: {}", escape(reason), text::count(cases.len(), "case"))?;
    }
    for case in facts.expected().iter().take(ROWS) {
        let reason = case.expectation.as_ref().map_or("", |e| e.reason.as_str());
        writeln!(body, "- expected {}: {}: {}", case.verdict, code(&case.id), md(reason))?;
    }
    Ok(fold("Unsupported, skipped and expected", &body))
}

fn requirements(facts: &Facts<'_>) -> Result<String, fmt::Error> {
    let mut body = String::from("| requirement | level | verdict | about |\n|---|---|---|---|\n");
    for standing in &facts.standings {
        let info = standing.info;
        let word = standing_word(standing);
        let why = facts.untested_reason(standing).map_or_else(String::new, |why| format!(" ({why})"));
        writeln!(
            body,
            "| {} | {} | {word}{why} | {} |",
            code(&info.id),
            md(&info.level),
            escape(&text::line(&info.about, 160))
        )?;
    }
    Ok(fold(&format!("All {}", text::count(facts.standings.len(), "requirement")), &body))
}

fn reproduce(facts: &Facts<'_>) -> Result<String, fmt::Error> {
    let mut body = String::new();
    if let Some(run) = &facts.summary.run {
        writeln!(body, "Suites {}, started {}.\n", code(&run.tool.suites), md(&run.started))?;
        for (key, value) in run.config.iter().chain(&run.host).take(ROWS) {
            writeln!(body, "- {}: {}", md(key), code(value))?;
        }
    }
    Ok(fold("Configuration and host", &body))
}

/// Untrusted text as Markdown that shows it as it is.
fn md(text: &str) -> String {
    escape(&text::line(text, 300))
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", md(text))
}

/// Whatever Markdown, HTML, or the host of the page (mentions, issue numbers) gives a meaning to becomes an entity.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '!' | '&' | '@' | '$'
            | '"' => {
                out.extend(["&#", &u32::from(c).to_string(), ";"]);
            }
            c => out.push(c),
        }
    }
    // A colon as an entity keeps addresses from becoming links.
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A code block whose fence is longer than any run of backticks in it.
fn fence(out: &mut String, text: &str) -> fmt::Result {
    let mut longest = 2;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    writeln!(out, "\n{fence}text\n{text}\n{fence}\n")
}
