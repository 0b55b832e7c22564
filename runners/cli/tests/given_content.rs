//! Registries that are only read: every case about given content notices something, and nothing is ever written.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed; helpers of tests too")]

mod program;

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use plimsoll::reference::{Reference, Variant, filling};
use plimsoll::session::Session;
use plimsoll_engine::Verdict;
use plimsoll_engine::plan::Selection;
use plimsoll_engine::run::Signal;
use plimsoll_registry::Rule;
use plimsoll_suite::Library;
use plimsoll_suite::ledger::SpecVersion;
use tokio::sync::watch;

/// A rule of the reference registry, and the case that notices when it is broken.
const NOTICED: &[(&str, &str)] = &[
    ("dist.pull.blob.get.01/bytes", "blob"),
    ("dist.pull.blob.get.01/empty", "blob"),
    ("dist.pull.blob.range.01/open-end", "blob"),
    ("dist.head.length.01/blob-zero", "blob-head"),
    ("dist.head.status.01/blob", "blob-head"),
    ("dist.pull.blob.range.01/no-content-range", "blob-first-byte"),
    ("dist.pull.blob.digest.01", "blob-digest-header"),
    ("dist.pull.manifest.get.01/bytes", "manifest"),
    ("dist.pull.manifest.ref.01/tag-only", "manifest"),
    ("dist.pull.manifest.ctype.01", "manifest-type"),
    ("dist.pull.manifest.ctype.03/json", "manifest-type"),
    ("dist.head.length.01/manifest-zero", "manifest-head"),
    ("dist.pull.manifest.digest.01", "manifest-digest-header"),
    ("dist.pull.manifest.ref.01/digest-only", "tag"),
    ("dist.head.status.01/manifest", "tag-head"),
    ("dist.tags.body.01/incomplete", "tag-listed"),
    ("dist.tags.body.01/name-wrong", "tags-document"),
    ("dist.tags.order.01/reverse", "tags-document"),
    ("dist.tags.n.02/ignored", "tags-one-at-a-time"),
    ("dist.x.last.exclusive/inclusive", "tags-after-last"),
    ("dist.upgrade.referrers.03/lost", "referrers"),
    ("dist.referrers.body.01/digest", "referrers"),
    ("dist.referrers.ctype.01/json", "referrers"),
    ("dist.pull.blob.missing.01/200", "missing-blob"),
    ("dist.head.missing.01/blob", "missing-blob"),
    ("dist.pull.manifest.missing.01/400", "missing-manifest"),
    ("dist.pull.manifest.missing.01/latest", "missing-tag"),
];

fn session(library: &Arc<Library>, reference: &Reference) -> Session {
    Session {
        selection: Selection { suites: vec!["distribution/given-content".to_owned()], ..Selection::default() },
        look_first: false,
        ..reference.session(library, "distribution", SpecVersion::Main).unwrap()
    }
}

#[tokio::test]
async fn every_case_about_given_content_notices_something() {
    let mut library = Library::embedded().unwrap();
    library.fill(&filling::content().lists());
    let library = Arc::new(library);
    let mut noticing = BTreeSet::new();
    let mut wrong = Vec::new();
    for (id, case) in NOTICED {
        let rule = *Rule::ALL.iter().find(|rule| rule.id() == *id).unwrap_or_else(|| panic!("no rule {id}"));
        let reference = Reference::start(Variant::Filled, Some(rule)).await.unwrap();
        let (_stop, stopped) = watch::channel(false);
        let summary = session(&library, &reference).run(stopped, &mut |_: &Signal| Ok(())).await.unwrap();
        reference.stop().await;
        let level = summary.run.as_ref().unwrap().requirements.iter().find(|row| row.id == rule.requirement());
        let enough = if level.unwrap().level.starts_with("SHOULD") { Verdict::Warn } else { Verdict::Fail };
        let bare = |id: &str| id.split('[').next().unwrap_or_default().replace("distribution/given-content/", "");
        let noticed: BTreeSet<String> =
            summary.cases.iter().filter(|case| case.verdict >= enough).map(|case| bare(&case.id)).collect();
        if !noticed.contains(*case) {
            wrong.push(format!("{id} is noticed by {noticed:?}, not by {case}"));
        }
        noticing.insert((*case).to_owned());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let suites = &library.specs["distribution"].suites;
    let suite = suites.iter().find(|file| *file.suite.name == "distribution/given-content").unwrap();
    let all: BTreeSet<String> = suite.suite.cases.iter().map(|case| case.id.value.clone()).collect();
    assert_eq!(all, noticing, "a case that notices nothing asserts nothing");
}

#[test]
fn nothing_but_get_and_head_is_ever_sent() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    // Lawful enough to let the run go on wherever it may.
    let registry = program::server(move |request| {
        requests.lock().unwrap().push(request.to_owned());
        let status = if request.contains(" /v2/ ") { "200 OK" } else { "202 Accepted" };
        Some(program::answer(status, "application/json", "{}"))
    });
    let folder = tempfile::tempdir().unwrap();
    let content = "repository: a/b\ntags: [v1]\nmanifests: [DIGEST]\nblobs: [DIGEST]\nreferrers: [DIGEST]\n";
    let content = content.replace("DIGEST", &format!("sha256:{}", "0".repeat(64)));
    fs::write(folder.path().join("content.yaml"), content).unwrap();
    let output = program::run(
        folder.path(),
        &[
            "run",
            "--registry",
            &registry,
            "--read-only",
            "--content",
            "content.yaml",
            "--spec-version",
            "main",
            "--format",
            "json",
        ],
    );
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    let seen = seen.lock().unwrap();
    let writes: Vec<&String> =
        seen.iter().filter(|request| !request.starts_with("GET ") && !request.starts_with("HEAD ")).collect();
    assert_eq!(writes, Vec::<&String>::new());
    assert!(seen.iter().any(|request| request.starts_with("GET /v2/a/b/manifests/v1 ")), "{seen:#?}");
    assert!(output.stdout.contains("nothing is written to a registry that is only read"), "the reason is said");
    assert!(output.stdout.contains("distribution/given-content/tag[v1]"));
}

#[test]
fn without_content_the_cases_about_it_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let output = program::run(folder.path(), &["run", "--suite", "distribution/given-content", "--format", "markdown"]);
    assert_eq!(output.code, Some(4), "{output:#?}");
    assert!(output.stdout.contains("--content"), "{}", output.stdout);
}
