//! A bundle says what its events say, and nothing can be changed about it unnoticed.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed; helpers of tests too")]

mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use plimsoll::commands::certify::verify::check;
use plimsoll_suite::Library;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const PRODUCT: &str = "vendor: V\nname: N\nversion: 1.2.3\nwebsite_url: https://v.example\n\
                       documentation_url: https://v.example/docs\ntype: distribution\ndescription: D\n";

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::embedded().unwrap());

/// A bundle of the reference registry.
static BUNDLE: LazyLock<(TempDir, program::Output)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("PRODUCT.yaml"), PRODUCT).unwrap();
    fs::write(folder.path().join("setup.md"), "Start it with `serve`.\n").unwrap();
    let args = ["certify", "--out", "bundle", "--product-file", "PRODUCT.yaml", "--setup", "setup.md", "--seed", "7"];
    let output = program::run(folder.path(), &args);
    (folder, output)
});

fn bundle() -> PathBuf {
    assert_eq!(BUNDLE.1.code, Some(0), "{:#?}", BUNDLE.1);
    BUNDLE.0.path().join("bundle")
}

/// A copy that may be changed.
fn copy() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("bundle");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(bundle()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    (folder, copy)
}

fn edit(bundle: &Path, name: &str, change: impl FnOnce(String) -> String) {
    let path = bundle.join(name);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(text.clone());
    assert_ne!(text, changed, "the test changes nothing in {name}");
    fs::write(path, changed).unwrap();
}

/// What a forger would do who knows how sums are made.
fn sum_up(bundle: &Path) {
    let mut lines = Vec::new();
    for entry in fs::read_dir(bundle).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != "SHA256SUMS" {
            let sum: String =
                Sha256::digest(fs::read(entry.path()).unwrap()).iter().map(|b| format!("{b:02x}")).collect();
            lines.push(format!("{sum}  {name}\n"));
        }
    }
    fs::write(bundle.join("SHA256SUMS"), lines.concat()).unwrap();
}

fn findings(bundle: &Path) -> Vec<String> {
    check(bundle, &LIBRARY).unwrap().findings
}

#[test]
fn a_bundle_is_whole_and_holds() {
    let bundle = bundle();
    let mut names: Vec<String> =
        fs::read_dir(&bundle).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let wanted = [
        "PRODUCT.yaml",
        "README.md",
        "SETUP.md",
        "SHA256SUMS",
        "events.jsonl",
        "junit.xml",
        "report.html",
        "results.json",
        "results.yaml",
    ];
    assert_eq!(names, wanted);
    assert_eq!(findings(&bundle), [""; 0]);
    // Nothing else is left beside it.
    let beside: Vec<_> = fs::read_dir(BUNDLE.0.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside.len(), 3, "{beside:?}");
    let readme = fs::read_to_string(bundle.join("README.md")).unwrap();
    for part in ["# N 1.2.3", "Start it with `serve`.", "plimsoll certify", "--seed 7", "suites `sha256:", "kernel"] {
        assert!(readme.contains(part), "{part}: {readme}");
    }
    let results = fs::read_to_string(bundle.join("results.yaml")).unwrap();
    let rows = |from: &str, to: &str| {
        let table = results.split(from).nth(1).unwrap().split(to).next().unwrap();
        table.lines().filter(|line| line.starts_with("  ")).count()
    };
    assert_eq!(rows("\napis:\n", "\ndata:\n"), 28);
    assert_eq!(rows("\ndata:\n", "\u{0}"), 25);
    // Declined without a word in the official program's table, were it not for the note.
    assert!(results.contains("Blob anonymous mount: Skip # 1 of 1 cases left open"), "{results}");
    assert!(results.contains("Blob mount: Pass"), "{results}");
    assert!(results.contains("Blob upload cancel: Disabled"), "{results}");
}

#[test]
fn what_was_edited_added_or_taken_away_is_found() {
    let (_folder, bundle) = copy();
    edit(&bundle, "results.yaml", |text| text.replace("Blob anonymous mount: Skip", "Blob anonymous mount: Pass"));
    fs::remove_file(bundle.join("junit.xml")).unwrap();
    fs::write(bundle.join("badge.svg"), "<svg/>").unwrap();
    let found = findings(&bundle);
    for finding in
        ["results.yaml was edited", "junit.xml is missing", "badge.svg was added", "results.yaml is not what follows"]
    {
        assert!(found.iter().any(|found| found.starts_with(finding)), "{finding}: {found:#?}");
    }
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn sums_that_fit_do_not_help_a_forger() {
    for (name, from, to, finding) in [
        ("results.yaml", "anonymous mount: Skip", "anonymous mount: Pass", "results.yaml is not what follows"),
        ("README.md", "Conformant:", "Very conformant:", "README.md is not what follows"),
        ("report.html", "</html>", "<!-- all tests passed --></html>", "report.html is not what follows"),
        ("PRODUCT.yaml", "1.2.3", "1.2.4", "PRODUCT.yaml is about N 1.2.4, the run is not"),
        ("PRODUCT.yaml", "vendor: \"V\"\n", "", "PRODUCT.yaml: `vendor` is missing"),
        ("events.jsonl", "\"complete\":true", "\"complete\":false", "events.jsonl: the run did not come to its end"),
    ] {
        let (_folder, bundle) = copy();
        edit(&bundle, name, |text| text.replace(from, to));
        sum_up(&bundle);
        let found = findings(&bundle);
        assert!(found.iter().any(|found| found.starts_with(finding)), "{name}: {found:#?}");
    }
}

#[test]
fn a_case_that_was_not_run_or_not_judged_is_missed() {
    let left_out = |text: String| {
        let out = |line: &&str| !(line.contains("\"case-finished\"") && line.contains("\"distribution/api/ping\""));
        text.lines().filter(out).map(|line| format!("{line}\n")).collect::<String>()
    };
    let twice = |text: String| {
        let line = text.lines().find(|line| line.contains("\"case-finished\"")).unwrap().to_owned();
        let (before, end) = text.trim_end().rsplit_once('\n').unwrap();
        format!("{before}\n{line}\n{end}\n")
    };
    let praised = |text: String| {
        let change = |line: &str| match line.contains("\"case-finished\"") && line.contains("\"distribution/api/ping\"")
        {
            true => {
                let (before, checks) = line.split_once("\"checks\":[").unwrap();
                format!("{before}\"checks\":[{}\n", checks.replacen("\"verdict\":\"pass\"", "\"verdict\":\"fail\"", 1))
            }
            false => format!("{line}\n"),
        };
        text.lines().map(change).collect::<String>()
    };
    let others = |text: String| text.replace("\"suites\":\"sha256:", "\"suites\":\"sha256:0");
    type Change<'a> = &'a dyn Fn(String) -> String;
    for (change, finding) in [
        (&left_out as Change<'_>, "events.jsonl: 1 cases of version 1.1 were not run: distribution/api/ping"),
        (&twice, "events.jsonl: distribution/"),
        (&praised, "events.jsonl: distribution/api/ping is called pass, but one of its assertions did not hold"),
        (&others, "the suites are not those of this program"),
    ] {
        let (_folder, bundle) = copy();
        edit(&bundle, "events.jsonl", change);
        sum_up(&bundle);
        let found = findings(&bundle);
        assert!(found.iter().any(|found| found.starts_with(finding)), "{finding}: {found:#?}");
    }
}

#[test]
fn nothing_is_run_for_a_product_that_is_not_known_or_a_place_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let output = program::run(folder.path(), &["certify", "--out", "bundle", "--vendor", "V"]);
    output.complains(3, &["not complete", "`name` is missing (--product)", "`description` is missing", "hint:"]);
    assert!(!folder.path().join("bundle").exists());
    fs::write(folder.path().join("PRODUCT.yaml"), PRODUCT).unwrap();
    fs::create_dir(folder.path().join("taken")).unwrap();
    fs::write(folder.path().join("taken/mine"), "").unwrap();
    let output = program::run(folder.path(), &["certify", "--out", "taken", "--product-file", "PRODUCT.yaml"]);
    output.complains(3, &["taken is not empty: it holds mine", "hint:"]);
    // An address where nothing listens: no bundle, and nothing half of one.
    let nowhere = ["certify", "--out", "bundle", "--product-file", "PRODUCT.yaml", "--registry", "http://127.0.0.1:1"];
    assert_eq!(program::run(folder.path(), &nowhere).code, Some(2));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "PRODUCT.yaml and taken");
    program::run(folder.path(), &["certify", "--verify", "taken"]).complains(3, &["SHA256SUMS", "hint:"]);
}
