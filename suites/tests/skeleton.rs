//! What `plimsoll new case` writes has no mistakes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::LazyLock;

use plimsoll_suite::ledger::{Binds, Ledger};
use plimsoll_suite::skeleton::{SkeletonError, skeleton};
use plimsoll_suite::{Library, Spec};

const MUST: &str = "dist.pull.blob.get.01";

static EMBEDDED: LazyLock<Library> = LazyLock::new(|| Library::embedded().unwrap());

fn spec() -> &'static Spec {
    &EMBEDDED.specs["distribution"]
}

/// Reads a suite beside the ledger and the features of Plimsoll; says what is wrong with it.
fn lint(path: &str, text: &str) -> Result<Spec, String> {
    let mut texts = EMBEDDED.texts.clone();
    texts.retain(|path, _| path.starts_with("requirements/") || path.ends_with("/features.yaml"));
    texts.insert(path.to_owned(), text.to_owned());
    match Library::from_files(texts) {
        Ok(mut library) => Ok(library.specs.remove("distribution").unwrap()),
        Err(mistakes) => Err(mistakes.render(false)),
    }
}

fn new(existing: Option<&str>) -> Result<String, SkeletonError> {
    skeleton(&spec().ledger, MUST, "distribution/my-topic", "my-case", existing)
}

#[test]
fn a_new_file() {
    let text = new(None).unwrap();
    assert!(
        text.starts_with("# yaml-language-server: $schema=../schema/suite.schema.json\nsuite: distribution/my-topic\n")
    );
    let requirement = spec().ledger.get(MUST).unwrap().clone();
    for part in [MUST, "MUST", requirement.about.as_str(), requirement.section.as_str(), &requirement.link()] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let spec = lint("distribution/my-topic.yaml", &text).unwrap();
    assert_eq!(spec.suites[0].suite.cases[0].id.value, "my-case");
    assert_eq!(new(Some("  \n")).unwrap(), text, "an empty file is as good as none");
}

/// Whatever the requirement: its levels, its versions, its note.
#[test]
fn every_requirement_that_binds_a_registry() {
    let ledger = &spec().ledger;
    let mut text = String::new();
    let mut count = 0;
    for (index, requirement) in ledger.requirements.iter().enumerate() {
        let new = skeleton(ledger, &requirement.id, "distribution/deep/topic", &format!("case-{index}"), None);
        if requirement.binds == Binds::Client {
            assert_eq!(new, Err(SkeletonError::Unbound(requirement.id.clone(), Binds::Client)));
        } else if let Some(reason) = &requirement.untestable {
            assert_eq!(new, Err(SkeletonError::Untestable(requirement.id.clone(), reason.clone())));
        } else {
            let new = new.unwrap();
            text += if count == 0 { &new } else { new.split_once("cases:\n").unwrap().1 };
            count += 1;
        }
    }
    assert!(text.starts_with("# yaml-language-server: $schema=../../schema/suite.schema.json\n"));
    let spec = lint("distribution/deep/topic.yaml", &text).unwrap();
    assert_eq!(spec.suites[0].suite.cases.len(), count);
    let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 120 && !line.contains("://")).collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn versions_follow_the_requirement() {
    let ledger = "spec: distribution\ntitle: T\nsource: { file: a, version: main, versions: [\"1.0\", \"1.1\", main], commit: abc, \
                  url: \"https://example.org/a\", earlier: { \"1.1\": \"https://example.org/b\" } }\nrequirements:\n  - { id: a.b.01, level: [MAY, SHOULD], since: \"1.1\", \
                  raised: { main: MUST NOT }, until: main, section: s, line: 1, binds: both, about: a, note: 'It is: so', \
                  fingerprint: \"0123456789abcdef\" }\n";
    let ledger = Ledger::load(&ledger.replace("raised: { main: MUST NOT }, ", "")).unwrap();
    let text = skeleton(&ledger, "a.b.01", "distribution/a", "b", None).unwrap();
    assert!(text.contains("# a.b.01 (MAY, SHOULD since 1.1)\n"), "{text}");
    assert!(text.contains("    since: \"1.1\"\n    until: \"1.1\"\n"), "{text}");
    assert!(text.contains("# Note: It is: so\n"), "{text}");
    let raised =
        spec().ledger.requirements.iter().find(|r| !r.raised.is_empty() && r.binds == Binds::Registry).unwrap().clone();
    let text = skeleton(&spec().ledger, &raised.id, "distribution/a", "b", None).unwrap();
    let (version, level) = raised.raised.iter().next().unwrap();
    assert!(text.contains(&format!("; {} since {version}", level.as_slice()[0])), "{text}");
}

#[test]
fn a_file_that_is_there_is_kept_byte_for_byte() {
    let spec = spec();
    let mut texts = EMBEDDED.texts.clone();
    for file in &spec.suites {
        let existing = &EMBEDDED.texts[&file.path];
        let text = skeleton(&spec.ledger, MUST, &file.suite.name, "my-case", Some(existing)).unwrap();
        assert!(text.starts_with(existing.as_str()));
        // The comment of a case belongs to it; an empty line stands before.
        assert!(text[existing.len()..].starts_with("\n  # dist.pull.blob.get.01"), "{}", &text[existing.len()..]);
        texts.insert(file.path.clone(), text);
    }
    let more = Library::from_files(texts).unwrap();
    for (file, before) in more.specs["distribution"].suites.iter().zip(&spec.suites) {
        assert_eq!(file.suite.cases.len(), before.suite.cases.len() + 1);
    }
}

#[test]
fn other_ways_to_indent_and_to_end_a_line() {
    let text = new(None).unwrap();
    let unindented: String =
        text.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect();
    let unindented = unindented.replace("id: my-case", "id: first");
    let more = new(Some(unindented.trim_end())).unwrap();
    assert!(more.contains("\n\n# dist.pull.blob.get.01") && more.contains("\n- id: my-case\n"), "{more}");
    assert_eq!(lint("distribution/my-topic.yaml", &more).unwrap().suites[0].suite.cases.len(), 2);
    let windows = text.replace('\n', "\r\n").replace("id: my-case", "id: first");
    let more = new(Some(&windows)).unwrap();
    assert_eq!(more.matches('\n').count(), more.matches("\r\n").count());
    assert_eq!(lint("distribution/my-topic.yaml", &more).unwrap().suites[0].suite.cases.len(), 2);
}

#[test]
fn what_cannot_be() {
    let ledger = &spec().ledger;
    let of = |requirement: &str, suite: &str, id: &str| skeleton(ledger, requirement, suite, id, None).unwrap_err();
    let unknown = of("dist.pull.blob.gte.01", "distribution/a", "b");
    assert_eq!(unknown.to_string(), "unknown requirement `dist.pull.blob.gte.01`");
    assert_eq!(unknown.hint().unwrap(), "did you mean `dist.pull.blob.get.01`?");
    assert!(of("x", "distribution/a", "b").hint().unwrap().contains("list --requirements"));
    assert!(matches!(of("dist.legacy.header.01", "distribution/a", "b"), SkeletonError::Unbound(_, Binds::Client)));
    for id in ["", "7", "Upper", "a b", "a-", "ä", "a/b"] {
        assert_eq!(of(MUST, "distribution/a", id), SkeletonError::NotASlug(id.to_owned()));
    }
    for suite in ["", "a", "distribution", "distribution/", "image/a", "distributions/a"] {
        assert!(matches!(of(MUST, suite, "b"), SkeletonError::Outside { .. }), "{suite}");
    }
    assert_eq!(of(MUST, "distribution/../a", "b"), SkeletonError::NotASlug("..".to_owned()));
    assert_eq!(of(MUST, "distribution//a", "b"), SkeletonError::NotASlug(String::new()));
    assert!(matches!(of(MUST, "distribution/features", "b"), SkeletonError::Reserved(_)));
    assert!(matches!(of(MUST, "distribution/mutants", "b"), SkeletonError::Reserved(_)));
}

#[test]
fn what_cannot_be_added_to() {
    let text = new(None).unwrap();
    let taken = new(Some(&text)).unwrap_err();
    assert_eq!(taken, SkeletonError::Taken { id: "my-case".to_owned(), line: 8 });
    let was = text.replace("id: my-case", "id: first\n    was: [my-case]");
    assert!(matches!(new(Some(&was)), Err(SkeletonError::Taken { line: 9, .. })));
    let first = text.replace("id: my-case", "id: first");
    let Err(SkeletonError::Unreadable(diagnostic)) = new(Some(&first.replace("title", "tilte"))) else {
        panic!("read")
    };
    assert!(diagnostic.at.line > 0 && diagnostic.message.contains("tilte"), "{diagnostic}");
    assert!(matches!(new(Some("a: [")), Err(SkeletonError::Unreadable(_))));
    let flow = "suite: distribution/my-topic\nabout: a\ncases: [{ id: a, title: b, steps: [] }]\n";
    assert_eq!(new(Some(flow)), Err(SkeletonError::NotAtTheEnd));
    let empty = "suite: distribution/my-topic\nabout: a\ncases: []\n";
    assert_eq!(new(Some(empty)), Err(SkeletonError::NotAtTheEnd));
    let (head, cases) = first.split_once("cases:").unwrap();
    let about = head.lines().last().unwrap();
    let last = format!("{}cases:{cases}{about}\n", head.replace(about, ""));
    assert!(matches!(new(Some(&last)), Err(SkeletonError::NotAtTheEnd | SkeletonError::Unreadable(_))));
}
