//! README.md of a bundle: what was certified, and how to see it for oneself.

use std::fmt::Write as _;

use plimsoll_engine::event::RunStarted;
use plimsoll_engine::summary::{Outcome, Summary};
use plimsoll_reports::official::{Line, tables};
use plimsoll_suite::official::Official;

use super::product::Product;
use crate::subject::quoted;

/// Renders it. It follows from the events, the product and the set-up, so that it can be rendered again.
pub(super) fn readme(summary: &Summary, product: &Product, setup: Option<&str>, official: &Official) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, summary, product, setup, official);
    out
}

fn write(
    out: &mut String,
    summary: &Summary,
    product: &Product,
    setup: Option<&str>,
    official: &Official,
) -> std::fmt::Result {
    let Some(run) = &summary.run else { return Ok(()) };
    let (name, version) = (&product.name, &product.version);
    writeln!(out, "# {name} {version}\n\n{}\n", product.description)?;
    writeln!(
        out,
        "By {} ({}), held against {} {}.",
        product.vendor, product.website_url, run.spec_title, run.spec_version
    )?;
    writeln!(out, "\n## Result\n\n{}\n", words(summary))?;
    for (verdict, count) in summary.counts().into_iter().filter(|(_, count)| *count > 0) {
        writeln!(out, "- {count} cases: {verdict}")?;
    }
    writeln!(out, "\n## How to reproduce\n\n### The product\n")?;
    match setup {
        Some(setup) => writeln!(out, "{}", setup.trim_end())?,
        None => {
            writeln!(out, "How it was set up is not described here. Its documentation: {}", product.documentation_url)?;
        }
    }
    writeln!(out, "\n### The run\n\nWith plimsoll {} in the folder of this bundle:\n", run.tool.version)?;
    writeln!(out, "    {}", command(run))?;
    if let Some(repository) = run.config.get("content-repository") {
        writeln!(out, "\nwhere `content.yaml` is\n\n    repository: {repository}")?;
        for list in ["tags", "manifests", "blobs", "referrers"] {
            if let Some(items) = run.config.get(&format!("content-{list}")) {
                writeln!(out, "    {list}: [\"{}\"]", items.split(' ').collect::<Vec<_>>().join("\", \""))?;
            }
        }
    }
    if let Some(off) = run.config.get("switched-off") {
        let off = off.split(' ').map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        writeln!(out, "\nwhere `oci-conformance.yaml` switches off: {off}")?;
    }
    writeln!(out, "\nThe seed makes the content the same; `plimsoll certify --verify .` checks this bundle.")?;
    writeln!(out, "\n### What it was made with\n")?;
    writeln!(out, "- {} {}, suites `{}`", run.tool.name, run.tool.version, run.tool.suites)?;
    writeln!(out, "- seed {}, begun {}", run.seed, run.started)?;
    writeln!(out, "- subject: {}", run.subject.target)?;
    let host: Vec<String> = run.host.iter().map(|(name, value)| format!("{name} {value}")).collect();
    writeln!(out, "- host: {}", host.join(", "))?;
    for (name, value) in &run.config {
        writeln!(out, "- {name}: {value}")?;
    }
    rows(out, summary, official)?;
    writeln!(
        out,
        "\n## Files\n\n\
         - `results.yaml`: the rows above in the form of the official program\n\
         - `report.html`, `junit.xml`, `results.json`: every requirement and every case, with what was sent and received\n\
         - `events.jsonl`: what all of them were made from\n\
         - `SHA256SUMS`: the sums of the files, for `sha256sum --check`"
    )
}

/// The rows, and where a word says less than the official program would.
fn rows(out: &mut String, summary: &Summary, official: &Official) -> std::fmt::Result {
    writeln!(
        out,
        "\n## In the official program's words\n\n\
         Rows and words are those of {}.\n\
         That program gives a row the best word that any of its tests earned. Here a row is skipped as soon as a feature\n\
         it stands for is declined, and fails by every case it has.",
        official.program
    )?;
    let (apis, data) = tables(official, summary);
    for (title, lines) in [("API", apis), ("Data", data)] {
        writeln!(out, "\n| {title} | | |\n|---|---|---|")?;
        for Line { name, status, note } in lines {
            writeln!(out, "| {name} | {status} | {} |", note.unwrap_or_default())?;
        }
    }
    Ok(())
}

fn words(summary: &Summary) -> &'static str {
    match summary.outcome(false) {
        Outcome::Conformant => "Conformant: nothing that must hold was found broken.",
        Outcome::Violations => "Not conformant: something that must hold is broken, or could not be looked at.",
        Outcome::Undecided => "Undecided: the harness could not judge every case.",
        Outcome::Nothing => "Nothing was tested.",
    }
}

/// The command that makes such a bundle again.
fn command(run: &RunStarted) -> String {
    let mut words = vec!["plimsoll certify --out ../again --product-file PRODUCT.yaml".to_owned()];
    let config = |name: &str| run.config.get(name).map(String::as_str);
    match (config("exec"), config("registry")) {
        (Some(exec), _) => words.push(format!("--exec {}", quoted(exec))),
        (None, Some("embedded")) => {}
        (None, _) => words.push(format!("--registry {}", run.subject.target)),
    }
    for name in ["kills", "namespace", "ca", "subject", "timeout", "deadline", "jobs"] {
        words.extend(config(name).map(|value| format!("--{name} '{value}'")));
    }
    for name in ["insecure", "keep", "read-only", "i-own-this-registry"] {
        words.extend(config(name).map(|_| format!("--{name}")));
    }
    words.extend(
        config("user").filter(|user| *user != "anonymous").map(|user| format!("--user '{user}' --password-stdin")),
    );
    words.extend(config("content-repository").map(|_| "--content content.yaml".to_owned()));
    words.extend(config("switched-off").map(|_| "--official-config oci-conformance.yaml".to_owned()));
    words.push(format!("--spec-version {} --seed {}", run.spec_version, run.seed));
    words.join(" ")
}
