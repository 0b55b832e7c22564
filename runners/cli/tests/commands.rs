//! The commands that only read: what they print, and their exit codes.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod program;

use std::path::Path;

use program::{Output, run};
use serde_json::Value;

fn plimsoll(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), arguments)
}

#[test]
fn list_shows_what_a_selection_leaves() {
    let all = plimsoll(&["list"]);
    let few = plimsoll(&["list", "--suite", "distribution/tags", "--level", "must"]);
    assert_eq!((all.code, few.code), (Some(0), Some(0)));
    assert!(few.stdout.lines().all(|line| line.starts_with("distribution/tags/")), "{few:#?}");
    assert!(few.stdout.lines().count() < all.stdout.lines().count());
    let parts: usize = (1..=3)
        .map(|n| plimsoll(&["list", "--suite", "distribution/tags", "--partition", &format!("hash:{n}/3")]))
        .map(|part| part.stdout.lines().count())
        .sum();
    assert_eq!(parts, plimsoll(&["list", "--suite", "distribution/tags"]).stdout.lines().count());
    assert_eq!(plimsoll(&["list", "--case", "none"]).code, Some(4));
}

#[test]
fn list_shows_requirements_and_features() {
    let requirements = plimsoll(&["list", "--requirements"]).stdout;
    let row = requirements.lines().find(|line| line.starts_with("dist.pull.blob.get.01\t")).unwrap();
    assert!(row.contains("\tMUST\t") && row.contains(" cases\t"), "{row}");
    assert!(plimsoll(&["list", "--capabilities"]).stdout.lines().any(|line| line.starts_with("owned\t")));
    assert!(plimsoll(&["list", "--features"]).stdout.lines().any(|line| line.starts_with("referrers\t")));
}

#[test]
fn coverage_finds_nothing_missing_and_notices_when_something_is() {
    for version in ["1.0", "1.1", "main"] {
        let table = plimsoll(&["coverage", "--spec-version", version]);
        assert_eq!(table.code, Some(0), "{table:#?}");
        assert!(table.stdout.contains(" asserted, ") && table.stdout.contains(", 0 missing, "), "{table:#?}");
    }
    let main = plimsoll(&["coverage", "--spec-version", "main"]).stdout;
    assert!(main.lines().any(|line| line.contains("untestable") && line.contains("cancel.03")), "{main}");
    assert!(
        main.contains("of OCI Distribution Specification main and 17 beside it: "),
        "what is not of the OCI: {main}"
    );

    let folder = tempfile::tempdir().unwrap();
    let suites = folder.path().join("distribution");
    std::fs::create_dir(&suites).unwrap();
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../suites/distribution");
    for name in ["tags.yaml", "features.yaml"] {
        std::fs::copy(built_in.join(name), suites.join(name)).unwrap();
    }
    std::fs::create_dir(folder.path().join("requirements")).unwrap();
    let ledger = built_in.join("../requirements/distribution.yaml");
    std::fs::copy(ledger, folder.path().join("requirements/distribution.yaml")).unwrap();
    let few = run(folder.path(), &["coverage", "--suites", ".", "--out", "out"]);
    assert_eq!(few.code, Some(1), "{few:#?}");
    let table: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out/coverage.json")).unwrap()).unwrap();
    let of = |id: &str| table["requirements"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap();
    assert_eq!(of("dist.tags.order.01")["coverage"], "asserted");
    assert_eq!(of("dist.pull.blob.get.01")["coverage"], "missing");
}

#[test]
fn explain_knows_requirements_and_cases() {
    let requirement = plimsoll(&["explain", "dist.tags.order.01"]).stdout;
    for part in ["in 1.1", "distribution/tags/order\n", "dist.tags.order.01/reverse", "#listing-tags"] {
        assert!(requirement.contains(part), "no {part:?} in {requirement}");
    }
    let case = plimsoll(&["explain", "distribution/tags/order"]).stdout;
    for part in ["suites/distribution/tags.yaml:", "dist.tags.order.01", "- id: order\n", "/tags/list"] {
        assert!(case.contains(part), "no {part:?} in {case}");
    }
    assert!(!case.contains("- id: order-of-digits"), "{case}");
    let duty = plimsoll(&["explain", "access.tls.02"]).stdout;
    assert!(duty.contains("distribution-client/tls/not-believed") && duty.contains("client --break"), "{duty}");
    let case = plimsoll(&["explain", "distribution-client/tls/not-believed"]).stdout;
    assert!(case.contains("Nothing is asked of a registry"), "{case}");
    plimsoll(&["explain", "dist.tags.order.1"])
        .complains(3, &["dist.tags.order.1", "did you mean `dist.tags.order.01`"]);
}

#[test]
fn report_renders_a_stored_run_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let first = run(folder.path(), &["run", "--suite", "distribution/tags", "--out", "out", "--format", "json"]);
    assert_eq!(first.code, Some(0), "{first:#?}");
    let again = run(folder.path(), &["report", "out", "--format", "json"]);
    assert_eq!((again.code, again.stdout), (Some(0), first.stdout));
    for format in ["terminal", "junit", "tap", "markdown", "html"] {
        let output = run(folder.path(), &["report", "out", "--format", format]);
        let signs = ["13 cases", "Held: MUST", "distribution/tags/order"];
        let shows_it = signs.iter().any(|sign| output.stdout.contains(sign));
        assert!(output.code == Some(0) && shows_it, "{format}: {output:#?}");
    }
    run(folder.path(), &["report", "nowhere"]).complains(3, &["nowhere", "check the path"]);
}

#[test]
fn drift_counts_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("spec.md"), "Nothing of the specification.\n").unwrap();
    let output = run(folder.path(), &["drift", "spec.md"]);
    assert_eq!(output.code, Some(1), "{output:#?}");
    assert!(output.stdout.contains("changed  dist.pull.blob.get.01"), "{output:#?}");
    run(folder.path(), &["drift", "none.md"]).complains(3, &["none.md"]);
}

/// The runtime specification has a ledger before it has suites.
#[test]
fn a_specification_without_suites_can_be_read() {
    let table = plimsoll(&["coverage", "--spec", "runtime"]);
    assert_eq!(table.code, Some(1), "{table:#?}");
    let last = table.stdout.lines().last().unwrap();
    assert!(last.contains("of OCI Runtime Specification 1.3: 0 asserted, ") && !last.contains(" 0 missing"), "{last}");
    assert!(!table.stdout.contains("vm.kern.01"), "what binds another platform is not missing");
    let rows = plimsoll(&["list", "--requirements", "--spec", "runtime", "--spec-version", "1.0"]).stdout;
    assert!(rows.contains("\ncfg.hpre.05\tMUST\t") && !rows.contains("\ncfg.hpre.01\t"), "as it was in 1.0: {rows}");
    assert!(plimsoll(&["list", "--capabilities", "--spec", "runtime"]).stdout.contains("\ncgroup-v2\t"));

    let explained = plimsoll(&["explain", "lin.mem.04"]).stdout;
    let parts = [
        "swap-accounting: The memory controller",
        "rt.create.05 (MUST): create applies",
        "config-linux.md#configLinuxMemory",
    ];
    assert!(parts.iter().all(|part| explained.contains(part)), "{explained}");
    assert!(plimsoll(&["explain", "rt.create.01"]).stdout.contains("blob/v1.3.0/runtime.md#runtimeCreate"));

    for command in [&["run"][..], &["mutants"]] {
        let arguments = [command, &["--spec", "runtime"]].concat();
        plimsoll(&arguments)
            .complains(4, &["no suites for the OCI Runtime Specification yet", "coverage --spec runtime"]);
    }
    let new = ["new", "case", "runtime/a/b", "--req", "rt.create.01", "--suites", "mine"];
    plimsoll(&new).complains(3, &["no steps for a runtime yet"]);
}

#[test]
fn drift_of_several_files() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["drift", "--spec", "runtime", "."]).complains(3, &["none of its files is runtime.md"]);
    std::fs::write(folder.path().join("bundle.md"), "Nothing of the specification.\n").unwrap();
    let output = run(folder.path(), &["drift", "--spec", "runtime", "."]);
    assert_eq!(output.code, Some(1), "{output:#?}");
    assert!(output.stdout.contains("changed  rt.create.01"), "a file that is not there is empty: {output:#?}");
    assert!(!output.stdout.contains("rt.life.21"), "what was dropped is not looked for");
    run(folder.path(), &["drift", "--spec", "runtime", "bundle.md"]).complains(3, &["no folder", "9 files"]);
}

#[test]
fn completions_are_there_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = plimsoll(&["completions", shell]);
        assert!(output.code == Some(0) && output.stdout.contains("plimsoll"), "{shell}");
    }
}

#[test]
fn the_command_that_repeats_a_case_names_what_was_tested_and_with_what() {
    let folder = tempfile::tempdir().unwrap();
    let suites = folder.path().join("own/distribution");
    std::fs::create_dir_all(&suites).unwrap();
    // A promise that nobody makes, so that there is something to repeat.
    let suite = "suite: distribution/own\nabout: One.\ncases:\n  - id: teapot\n    title: It is a teapot\n    steps:\n      - \
                 GET: /v2/\n        expect: { status: { is: 418, req: dist.api.ping.02 } }\n";
    let requirement = plimsoll(&["list", "--requirements"]).stdout;
    let id = requirement.lines().find(|line| line.contains("\tMUST\t")).unwrap().split('\t').next().unwrap();
    std::fs::write(suites.join("own.yaml"), suite.replace("dist.api.ping.02", id)).unwrap();
    let failed = run(folder.path(), &["run", "--suites", "own", "--seed", "7", "--namespace", "team/x"]);
    assert_eq!(failed.code, Some(1), "{failed:#?}");
    let line = failed.stdout.lines().find_map(|line| line.trim().strip_prefix("reproduce: plimsoll ")).unwrap();
    let words: Vec<String> = line.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect();
    for part in [["--suites", "own"], ["--seed", "7"], ["--namespace", "team/x"], ["--case", "distribution/own/teapot"]]
    {
        assert!(words.windows(2).any(|pair| pair == part), "no {part:?} in {line}");
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(run(folder.path(), &words).code, Some(1));
}

#[test]
fn the_same_seed_sends_the_same_content() {
    let sent = |seed: &str| -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["run", "--case", "distribution/tags/*", "--seed", seed, "--out", "out", "--jobs", "1"];
        assert_eq!(run(folder.path(), &arguments).code, Some(0));
        let events = std::fs::read_to_string(folder.path().join("out/events.jsonl")).unwrap();
        let mut digests = Vec::new();
        for event in events.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()) {
            for exchange in event["exchanges"].as_array().into_iter().flatten() {
                digests.extend(exchange["sent"]["body"]["digest"].as_str().map(str::to_owned));
            }
        }
        digests.sort();
        digests
    };
    let first = sent("42");
    assert!(first.len() > 20, "{first:?}");
    assert_eq!(first, sent("42"));
    assert_ne!(first, sent("43"));
}
