//! `plimsoll mutants` tells killed from surviving, and what is known from what is new.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod program;

use std::path::Path;

use program::{Output, run};
use serde_json::Value;

/// A suite that notices when the tag list answers 206, and nothing else.
const SUITE: &str = r#"
suite: distribution/own
about: One case.
cases:
  - id: tag-list
    title: The tag list answers 200
    needs: push
    given: { image: { manifest: { annotations: { nonce: "${repo}" } } } }
    steps:
      - push: image
        tag: v1
      - GET: /v2/${repo}/tags/list
        expect: { status: { is: 200, req: dist.tags.status.01 } }
"#;
const NOTICED: &str = "dist.tags.status.01/status";
const UNNOTICED: &str = "dist.tags.order.01/reverse";

fn mutants(folder: &Path, survivors: &str, rule: &str) -> (Output, Value) {
    let suites = folder.join("suites/distribution");
    std::fs::create_dir_all(&suites).unwrap();
    std::fs::write(suites.join("own.yaml"), SUITE).unwrap();
    std::fs::write(suites.join("mutants.yaml"), survivors).unwrap();
    let output = run(folder, &["mutants", "--suites", "suites", "--rule", rule, "--out", "out"]);
    let table = std::fs::read(folder.join("out/mutants.json")).unwrap();
    (output, serde_json::from_slice(&table).unwrap())
}

#[test]
fn a_noticed_mutant_is_killed_by_the_case_that_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (output, table) = mutants(folder.path(), "survivors: []", NOTICED);
    assert_eq!(output.code, Some(0), "{output:#?}");
    assert_eq!(table["mutants"][0]["id"], NOTICED);
    assert_eq!(table["mutants"][0]["killed"], true);
    assert_eq!(table["mutants"][0]["by"], serde_json::json!(["distribution/own/tag-list"]));
    let page = std::fs::read_to_string(folder.path().join("out/mutants.md")).unwrap();
    assert!(page.contains("1 of 1 mutants") && page.contains(&format!("| `{NOTICED}` |")), "{page}");
    assert!(page.contains("| distribution/own/tag-list |"), "{page}");
}

#[test]
fn a_survivor_fails_unless_it_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let (output, table) = mutants(folder.path(), "survivors: []", UNNOTICED);
    assert_eq!(output.code, Some(1), "{output:#?}");
    assert!(output.stdout.contains("SURVIVED"), "{output:#?}");
    assert_eq!(table["mutants"][0]["killed"], false);

    let known = format!("survivors:\n  - rule: {UNNOTICED}\n    reason: it is the only case\n");
    let (output, table) = mutants(folder.path(), &known, UNNOTICED);
    assert_eq!(output.code, Some(0), "{output:#?}");
    assert_eq!(table["mutants"][0]["reason"], "it is the only case");
}

#[test]
fn a_known_survivor_that_is_killed_fails() {
    let folder = tempfile::tempdir().unwrap();
    let known = format!("survivors:\n  - rule: {NOTICED}\n    reason: none\n");
    let (output, _) = mutants(folder.path(), &known, NOTICED);
    assert_eq!(output.code, Some(1), "{output:#?}");
    assert!(output.stdout.contains("KILLED"), "{output:#?}");
}

#[test]
fn a_reason_for_a_rule_that_does_not_exist_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let suites = folder.path().join("suites/distribution");
    std::fs::create_dir_all(&suites).unwrap();
    std::fs::write(suites.join("own.yaml"), SUITE).unwrap();
    std::fs::write(suites.join("mutants.yaml"), "survivors:\n  - { rule: dist.gone.01, reason: none }\n").unwrap();
    let output = run(folder.path(), &["mutants", "--suites", "suites", "--rule", NOTICED]);
    output.complains(3, &["dist.gone.01", "mutants.yaml:2"]);
}
