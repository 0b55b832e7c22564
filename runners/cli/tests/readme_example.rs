//! The example that suites/README.md teaches with: the case passes on the reference registry and kills its mutant.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Output};

const CASE: &str = "distribution/my-topic/blob-that-was-never-pushed";
const RULE: &str = "dist.head.missing.01/blob";

fn plimsoll(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll")).current_dir(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_example_of_the_readme_works() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../suites/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    for part in [CASE, RULE] {
        assert!(readme.contains(part), "the README no longer speaks of {part}");
    }
    let (_, rest) = readme.split_once("```yaml suite\n").unwrap();
    let (suite, _) = rest.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("mine/distribution")).unwrap();
    std::fs::write(folder.path().join("mine/distribution/my-topic.yaml"), suite).unwrap();

    let run = plimsoll(folder.path(), &["run", "--suites", "mine", "--case", CASE, "--format", "tap"]);
    assert!(run.status.success(), "{}", said(&run));
    assert!(String::from_utf8_lossy(&run.stdout).contains(CASE), "{}", said(&run));

    let mutants = plimsoll(folder.path(), &["mutants", "--suites", "mine", "--rule", RULE]);
    let killed = String::from_utf8_lossy(&mutants.stdout)
        .lines()
        .any(|line| line.starts_with("killed") && line.contains(RULE) && line.contains(CASE));
    assert!(mutants.status.success() && killed, "{}", said(&mutants));
}
