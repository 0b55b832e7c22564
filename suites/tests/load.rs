//! Folders of suites.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use plimsoll_suite::diagnostic::Diagnostic;
use plimsoll_suite::document;
use plimsoll_suite::{Library, LoadError};
use tempfile::TempDir;

const SUITE: &str = "suite: distribution/mine
about: One of mine.
cases:
  - id: ping
    title: The registry is there
    steps:
      - GET: /v2/
        expect: { req: dist.x.endpoints, status: 200 }
";

const LEDGER: &str = "spec: distribution
title: Another specification
source: { file: a, version: main, versions: [main], commit: abc, url: \"https://example.org/a\" }
requirements:
  - { id: a.b.01, level: MUST, since: main, section: a, line: 1, binds: registry, about: b, fingerprint: \"0123456789abcdef\" }
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn load(files: &[(&str, &str)]) -> Result<Library, LoadError> {
    Library::from_folder(folder(files).path())
}

fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    match load(files) {
        Err(LoadError::Mistakes(mistakes)) => mistakes.diagnostics.iter().map(below).collect(),
        other => panic!("{other:?}"),
    }
}

/// A mistake without the folder, which is a temporary one.
fn below(mistake: &Diagnostic) -> String {
    let shown = mistake.to_string();
    let start = ["distribution/", "requirements/"].iter().filter_map(|part| shown.find(part)).min().unwrap();
    assert!(start > 0, "the file is shown as the user finds it: {shown}");
    shown[start..].to_owned()
}

#[test]
fn a_folder_needs_nothing_but_a_suite() {
    let library = load(&[("distribution/mine.yaml", SUITE)]).unwrap();
    let spec = &library.specs["distribution"];
    assert_eq!(spec.suites.len(), 1, "the embedded suites are not mixed in");
    let embedded = Library::embedded().unwrap();
    assert_eq!(spec.ledger, embedded.specs["distribution"].ledger);
    assert_eq!(spec.features, embedded.specs["distribution"].features);
    assert_eq!(spec.mutants, embedded.specs["distribution"].mutants);
}

#[test]
fn what_a_folder_has_comes_first() {
    let suite = SUITE.replace("dist.x.endpoints", "a.b.01").replace("ping\n", "ping\n    needs: mine\n");
    let features = "features:\n  - id: mine\n    about: It is mine\n    probe: []\n";
    let mutants = "survivors:\n  - rule: a.b.*\n    reason: No case can notice it.\n";
    let library = load(&[
        ("requirements/distribution.yaml", LEDGER),
        ("distribution/features.yaml", features),
        ("distribution/mutants.yaml", mutants),
        ("distribution/mine.yml", &suite),
        ("distribution/README.md", "not: [yaml"),
        ("src/other.yaml", "not: [yaml"),
    ])
    .unwrap();
    let spec = &library.specs["distribution"];
    assert_eq!(spec.ledger.title, "Another specification");
    assert_eq!(spec.features.features.len(), 1);
    let survivor = &spec.mutants.survivors[0];
    assert_eq!((survivor.rule.as_str(), survivor.rule.at.line), ("a.b.*", 2));
    assert_eq!(survivor.reason, "No case can notice it.");
}

#[test]
fn a_ledger_in_a_folder_adds_to_the_one_named_like_the_folder() {
    let suite = SUITE.replace("dist.x.endpoints", "a.more.01");
    let more = LEDGER.replace("a.b.01", "a.more.01").replace("example.org/a", "example.org/more");
    let files = |more: &'static str| {
        [
            ("requirements/distribution.yaml", LEDGER.to_owned()),
            ("requirements/distribution/more.yaml", more.to_owned()),
            ("distribution/features.yaml", "features: []\n".to_owned()),
            ("distribution/mine.yaml", suite.clone()),
        ]
    };
    let more: &'static str = more.leak();
    let texts = files(more);
    let library = load(&texts.each_ref().map(|(path, text)| (*path, text.as_str()))).unwrap();
    let ledger = &library.specs["distribution"].ledger;
    assert_eq!(ledger.title, "Another specification");
    assert_eq!(ledger.get("a.more.01").unwrap().link(), "https://example.org/more#a");
    assert!(ledger.get("access.read.01").is_none(), "what adds to another ledger is not mixed in");

    for (from, to, expected) in [
        ("a.more.01", "a.b.01", "a.b.01: the id is given twice"),
        ("versions: [main]", "versions: [\"1.0\", main]", "source.versions: not those of the ledger"),
        ("spec: distribution", "spec: image", "spec: `image` is not `distribution`"),
    ] {
        let texts = files(more.replace(from, to).leak());
        let found = mistakes(&texts.each_ref().map(|(path, text)| (*path, text.as_str())));
        assert!(found.iter().any(|mistake| mistake.contains(expected)), "{expected}: {found:?}");
    }
}

#[test]
fn suites_may_stand_in_folders_of_their_own() {
    let suite = SUITE.replace("distribution/mine", "distribution/ours/mine");
    assert_eq!(load(&[("distribution/ours/mine.yaml", &suite)]).unwrap().specs["distribution"].suites.len(), 1);
}

#[test]
fn a_folder_without_suites_is_a_mistake_of_its_own() {
    let error = load(&[("distribution/features.yaml", "features: []\n")]).unwrap_err();
    assert!(matches!(error, LoadError::Empty { .. }), "{error}");
    assert!(error.to_string().contains("hint: it should have"), "{error}");
    let error = Library::from_folder(Path::new("/no/such/folder")).unwrap_err();
    assert!(matches!(error, LoadError::Read { .. }) && error.to_string().contains("/no/such/folder"), "{error}");
}

/// What is missing in a file that could not be read is not reported a second time where it is used.
#[test]
fn one_mistake_is_reported_once() {
    let found = mistakes(&[("requirements/distribution.yaml", "spec: 1\n"), ("distribution/mine.yaml", SUITE)]);
    assert!(found.iter().all(|mistake| mistake.starts_with("requirements/distribution.yaml:")), "{found:?}");
    let suite = SUITE.replace("ping\n", "ping\n    needs: mine\n");
    let found = mistakes(&[("distribution/features.yaml", "features: 1\n"), ("distribution/mine.yaml", &suite)]);
    assert_eq!(found.len(), 1, "{found:?}");
    let found =
        mistakes(&[("distribution/mutants.yaml", "survivors: { rule: x }\n"), ("distribution/mine.yaml", SUITE)]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn mistakes_are_sorted_and_counted() {
    let bad = SUITE.replace("dist.x.endpoints", "dist.x.nothing");
    let files = [("distribution/b.yaml", bad.as_str()), ("distribution/a.yaml", bad.as_str())];
    let found = mistakes(&files);
    let places: Vec<&str> = found.iter().map(|mistake| mistake.split(": ").next().unwrap()).collect();
    let expected =
        ["distribution/a.yaml:1:8", "distribution/a.yaml:8:24", "distribution/b.yaml:1:8", "distribution/b.yaml:8:24"];
    assert_eq!(places, expected);
    let Err(LoadError::Mistakes(mistakes)) = load(&files) else { panic!("no mistakes") };
    assert_eq!(mistakes.summary(), "4 mistakes in 2 suite files");
}

#[test]
fn the_digest_is_that_of_every_byte() {
    let digest = |text: &str| load(&[("distribution/mine.yaml", text)]).unwrap().digest();
    assert_eq!(digest(SUITE), digest(SUITE));
    assert_ne!(digest(SUITE), digest(&format!("{SUITE}# comment\n")));
    assert!(digest(SUITE).starts_with("sha256:") && digest(SUITE).len() == 71);
}

/// Configurations are read without a schema; their mistakes are shown in the same words.
#[test]
fn documents_of_other_kinds() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Document {
        name: String,
        #[serde(default)]
        count: u8,
        list: Option<Vec<String>>,
    }
    let read = |text: &str| document::<Document>("plimsoll.yaml", text);
    let good = Document { name: "1.10".to_owned(), count: 3, list: None };
    assert_eq!(read("\u{feff}name: 1.10\ncount: 3\nlist:\n").unwrap(), good, "text is what is written");
    let mistake = |text: &str| read(text).unwrap_err().to_string();
    assert_eq!(mistake("nmae: a"), "plimsoll.yaml:1:1: unknown key `nmae` (hint: did you mean `name`?)");
    assert_eq!(mistake("count: 1").split(" (").next().unwrap(), "plimsoll.yaml:1:1: the key `name` is missing");
    assert_eq!(mistake("name: a\ncount: x"), "plimsoll.yaml:2:8: found text where a whole number belongs");
    assert!(mistake("name: a\ncount: 300").starts_with("plimsoll.yaml:2:8: "));
    assert_eq!(mistake("name: [a]"), "plimsoll.yaml:1:7: found a list where text belongs");
    assert_eq!(mistake("name: a\nlist: { a: b }"), "plimsoll.yaml:2:7: found a mapping where a list belongs");
    assert_eq!(mistake("- a"), "plimsoll.yaml:1:1: found a list where a mapping belongs");
    assert!(mistake("name: a\nname: b").starts_with("plimsoll.yaml:2:1: the key `name` is given twice"));
    assert!(mistake("name: {").starts_with("plimsoll.yaml:1:7: "));
}
