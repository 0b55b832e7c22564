//! The words of the official program, and where ours are stricter.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed; helpers of tests too")]

mod common;

use plimsoll_engine::Verdict;
use plimsoll_engine::event::{FeatureProbed, RunStarted};
use plimsoll_engine::summary::Summary;
use plimsoll_reports::official::{render, tables};
use plimsoll_suite::document;
use plimsoll_suite::official::Official;

const ROWS: &str = "program: test
apis:
  - { row: Mount, cases: s/mount-*, features: mount }
  - { row: Get, cases: s/get-* }
  - { row: Nothing, why: Nobody looks. }
data:
  - { row: Later, cases: s/later }
switches:
  - { key: apis.get, cases: s/get-* }
  - { key: apis.blobs.mount, since: main, features: mount }
  - { key: apis.blobs.other, why: Nobody looks. }
  - { key: data.later, cases: s/later }
";

fn official() -> Official {
    document("official.yaml", ROWS).unwrap()
}

fn run() -> Box<RunStarted> {
    let mut run = Box::new(common::started(&[]));
    run.plan = vec!["s/mount-a".to_owned(), "s/get-a".to_owned()];
    run.config.clear();
    run
}

fn summary(cases: &[(&str, Verdict)]) -> Summary {
    let case = |(id, verdict): &(&str, Verdict)| {
        let mut case = common::case("s", id, "A promise", *verdict, &[]);
        case.feature = (*verdict == Verdict::Unsupported && id.starts_with("mount")).then(|| "mount".to_owned());
        case
    };
    Summary { run: Some(run()), cases: cases.iter().map(case).collect(), ..Summary::default() }
}

/// The words of the rows `Mount` and `Get`.
fn words(cases: &[(&str, Verdict)]) -> [String; 2] {
    let (apis, _) = tables(&official(), &summary(cases));
    [apis[0].status.to_string(), apis[1].status.to_string()]
}

#[test]
fn a_row_has_the_worst_word_of_its_cases() {
    use Verdict::{Blocked, Error, Fail, Info, Pass, Skipped, Unsupported, Warn};
    for (verdicts, word) in [
        (&[Pass, Warn, Info][..], "Pass"),
        (&[Pass, Fail], "FAIL"),
        (&[Pass, Blocked], "FAIL"),
        (&[Fail, Error], "Error"),
        (&[Pass, Unsupported], "Pass"),
        (&[Unsupported, Skipped], "Skip"),
        (&[Info], "Skip"),
        (&[Skipped], "Disabled"),
        (&[], "Unknown"),
    ] {
        let cases: Vec<(&str, Verdict)> = verdicts.iter().map(|verdict| ("get-x", *verdict)).collect();
        assert_eq!(words(&cases)[1], word, "{verdicts:?}");
    }
}

#[test]
fn what_is_declined_is_skipped_whatever_else_passed() {
    let [mount, _] = words(&[("mount-a", Verdict::Pass), ("mount-b", Verdict::Unsupported)]);
    assert_eq!(mount, "Skip", "the official program says Pass here");
    let mut summary = summary(&[("mount-a", Verdict::Pass)]);
    assert_eq!(tables(&official(), &summary).0[0].status.to_string(), "Pass");
    let (id, about, reason) = ("mount".to_owned(), String::new(), String::new());
    summary.features.push(FeatureProbed { id, about, supported: false, reason });
    let (apis, _) = tables(&official(), &summary);
    assert_eq!(apis[0].status.to_string(), "Skip");
    assert!(apis[0].note.as_ref().unwrap().contains("the official program may say Pass"));
}

#[test]
fn the_file_has_the_form_of_the_official_one() {
    let mut summary = summary(&[("mount-a", Verdict::Pass), ("get-a", Verdict::Fail)]);
    let run = summary.run.as_mut().unwrap();
    run.subject.target = "http://r.example:5000/".to_owned();
    run.spec_version = "1.1".to_owned();
    run.config.insert("switched-off".to_owned(), "apis.get".to_owned());
    run.config.insert("user".to_owned(), "somebody".to_owned());
    run.config.insert("content-tags".to_owned(), "a b".to_owned());
    let text = render(&official(), &summary).unwrap();
    let end = text.split("  resultsDir").nth(1).unwrap();
    for part in [
        "config:\n  registry: \"r.example:5000\"\n  tls: \"disabled\"\n",
        "  username: \"***\"\n  password: \"***\"\n",
        "  apis:\n    get: false\n    blobs:\n      mount: false\n      other: true\n  data:\n    later: true\n",
        "  roData:\n    tags: [\"a\", \"b\"]\n    manifests: []\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("somebody"), "{text}");
    let rows = "apis:\n  Mount: Pass\n  Get: FAIL # s/get-a\n  Nothing: Unknown # Nobody looks.\ndata:\n  \
                Later: Disabled # version 1.1 has nothing of it that is tested\n";
    assert!(end.ends_with(rows), "{end}");
    let read: serde_json::Map<String, serde_json::Value> = document("results.yaml", &text).unwrap();
    assert_eq!(read["apis"]["Get"], "FAIL");
}

#[test]
fn a_switch_that_is_off_disables_its_row() {
    let mut summary = summary(&[("mount-a", Verdict::Pass)]);
    summary.run.as_mut().unwrap().config.insert("switched-off".to_owned(), "apis.blobs.mount".to_owned());
    let (apis, _) = tables(&official(), &summary);
    assert_eq!(
        (apis[0].status.to_string().as_str(), apis[0].note.as_deref()),
        ("Disabled", Some("apis.blobs.mount is switched off"))
    );
}
