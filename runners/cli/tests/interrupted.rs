//! A run that does not come to its end: interrupted, or with nowhere left to write. What is left behind never looks like
//! a whole run, and nothing is left in the subject.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed; helpers of tests too")]

mod program;

use std::path::Path;
use std::process::Command;
use std::sync::mpsc;

use nix::sys::signal::Signal;
use plimsoll_reports::{Error, read_run, read_summary};
use program::{Running, answer, bare, names, plimsoll, server, write};

/// A case that ends at once, one that ends only when it is cut off, and one that would come after it.
fn suite(endless: &str) -> String {
    let case = |id: &str, step: &str| {
        format!(
            "  - id: {id}\n    title: A promise\n    steps:\n      - {step}\n        expect: {{ status: {{ is: 200, req: dist.x.ping }} }}\n"
        )
    };
    let cases = [case("first", "GET: /v2/"), case("endless", endless), case("last", "GET: /v2/")];
    format!("suite: distribution/mine\nabout: A suite.\ncases:\n{}", cases.concat())
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The reports of a run that was cut off after its first case.
fn assert_incomplete(out: &Path) {
    let results = json(&out.join("results.json"));
    assert_eq!(results["complete"], false);
    assert!(results["incomplete_reason"].as_str().unwrap().contains("1 of 3 cases ran"), "{results:#}");
    assert_eq!(results["cases"].as_array().unwrap().len(), 1);
    let html = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("Incomplete run.") && html.trim_end().ends_with("</html>"));
    let summary = read_summary(out).unwrap();
    assert!(!summary.is_complete());
    assert_eq!(summary.cases[0].id, "distribution/mine/first");
    assert!(!names(out).iter().any(|name| name.starts_with('.')), "no temporary file is left: {:?}", names(out));
}

#[test]
fn ctrl_c_ends_a_run_of_the_embedded_registry_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // The repository will never be there, and the case asks for it again and again.
    let poll = "GET: /v2/${repo}/tags/list\n        within: 3600s";
    write(folder.path(), "suites/distribution/mine.yaml", &suite(poll));
    let arguments = ["run", "--jobs", "1", "--deadline", "3600s", "--suites", "suites", "--out", "out"];
    let running = Running::start(plimsoll(folder.path(), &arguments));
    running.wait_for_line("1/3");
    running.signal(Signal::SIGINT);
    let output = running.wait();
    assert_eq!(output.code, Some(2), "{output:#?}");
    assert_eq!(output.stderr.matches("interrupted: cleaning up").count(), 1, "{output:#?}");
    assert!(output.stdout.contains("1 of 3 cases ran, the rest was not tested"), "{output:#?}");
    assert!(!output.stdout.contains("Everything that was tested holds"), "{output:#?}");
    assert_incomplete(&folder.path().join("out"));
    assert_eq!(names(folder.path()), ["out", "suites"], "the state of the embedded registry is gone");
}

#[test]
fn a_termination_is_an_interrupt() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "suites/distribution/mine.yaml", &suite("GET: /v2/endless"));
    let (sender, asked) = mpsc::channel();
    let registry = server(move |line| match line.contains("/v2/endless") {
        true => {
            sender.send(()).unwrap();
            None
        }
        false if line.contains(" /v2/ ") => Some(answer("200 OK", "application/json", "{}")),
        false => Some(answer("404 Not Found", "application/json", "{}")),
    });
    let arguments = ["run", "--jobs", "1", "--timeout", "3600s", "--deadline", "3600s", "--suites", "suites"];
    let arguments = [&arguments[..], &["--registry", &registry, "--out", "out"]].concat();
    let running = Running::start(plimsoll(folder.path(), &arguments));
    asked.recv().unwrap();
    running.signal(Signal::SIGTERM);
    let output = running.wait();
    assert_eq!(output.code, Some(2), "{output:#?}");
    assert!(output.stderr.contains("interrupted: cleaning up"), "{output:#?}");
    assert_incomplete(&folder.path().join("out"));
}

#[test]
fn an_interrupt_before_the_first_case_leaves_no_reports() {
    for stalls in [" /v2/ ", " /v2/plimsoll/"] {
        let folder = tempfile::tempdir().unwrap();
        let (sender, asked) = mpsc::channel();
        let registry = server(move |line| match line.contains(stalls) {
            true => {
                // More than one request may come, and one signal is enough.
                let _ = sender.send(());
                None
            }
            false => Some(answer("200 OK", "application/json", "{}")),
        });
        let arguments = ["run", "--timeout", "3600s", "--registry", &registry, "--out", "out"];
        let running = Running::start(plimsoll(folder.path(), &arguments));
        asked.recv().unwrap();
        running.signal(Signal::SIGINT);
        let output = running.wait();
        assert_eq!(output.code, Some(2), "{output:#?}");
        assert!(output.stderr.contains("error: interrupted before the first case"), "{output:#?}");
        assert_eq!(output.stdout, "");
        let left = names(folder.path());
        assert!(left.is_empty() || left == ["out"], "{left:?}");
        if let [out] = left.as_slice() {
            assert_eq!(names(&folder.path().join(out)), ["bodies", "events.jsonl", "run.json"]);
            assert!(!read_summary(&folder.path().join(out)).unwrap().is_complete());
        }
    }
}

/// Runs the program with a small file system at `disk`, which only it sees, and prints what is left there. `None` where
/// the machine does not let us.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn with_disk(folder: &Path, mount: &str) -> Option<program::Output> {
    let script = format!(
        "mkdir disk && mount -t tmpfs -o {mount} none disk || exit 77
        \"$PLIMSOLL\" run --seed 1 --out disk/out --format json > stdout; code=$?
        ls -A disk disk/out; test -e disk/out/events.jsonl && cat disk/out/events.jsonl > events.jsonl; exit $code"
    );
    for flags in ["-m", "-rm"] {
        let mut command = Command::new("unshare");
        command.args([flags, "sh", "-c", &script]);
        bare(&mut command, folder);
        command.env("PLIMSOLL", env!("CARGO_BIN_EXE_plimsoll"));
        let Ok(probe) = Command::new("unshare").args([flags, "true"]).output() else { break };
        if probe.status.success() {
            let output = Running::start(command).wait();
            if output.code != Some(77) {
                return Some(output);
            }
            let _ = std::fs::remove_dir(folder.join("disk"));
        }
    }
    eprintln!("skipped: this machine does not let a test mount a file system");
    None
}

#[test]
fn a_disk_that_becomes_full() {
    let folder = tempfile::tempdir().unwrap();
    // Enough for the start of the run and some of its cases.
    let Some(output) = with_disk(folder.path(), "size=400k") else { return };
    assert_eq!(output.code, Some(2), "{output:#?}");
    assert!(output.stderr.contains("error: no space left while trying to"), "{output:#?}");
    assert!(output.stderr.contains("hint: free some space"), "{output:#?}");
    assert_eq!(output.stderr.matches("error: ").count(), 1, "{output:#?}");
    assert!(!output.stderr.contains("panicked"), "{output:#?}");
    for report in ["results.json", "report.html", "junit.xml", "summary.md", ".plimsoll"] {
        assert!(!output.stdout.contains(report), "{output:#?}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("stdout")).unwrap(), "", "no report on standard output");
    // What is there can be read, and says that it is not all.
    let summary = read_summary(&folder.path().join("events.jsonl")).unwrap();
    assert!(!summary.is_complete() && summary.finished.is_none());
    assert!(!summary.cases.is_empty(), "it became full in the middle");
}

#[test]
fn a_disk_that_is_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let Some(output) = with_disk(folder.path(), "ro") else { return };
    assert_eq!(output.code, Some(2), "{output:#?}");
    let message = "error: could not create the run directory disk/out: Read-only file system";
    assert!(output.stderr.contains(message), "{output:#?}");
    assert!(output.stderr.contains("hint: the file system is read-only; name another directory"), "{output:#?}");
}

#[test]
fn a_killed_run_is_read_up_to_where_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let output = program::run(folder.path(), &["run", "--case", "distribution/api/*", "--seed", "1", "--out", "out"]);
    assert_eq!(output.code, Some(0), "{output:#?}");
    let log = folder.path().join("out/events.jsonl");
    let whole = std::fs::read(&log).unwrap();
    let events = read_run(&log).unwrap().len();
    // A kill may come after any byte.
    let start = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for end in (start..whole.len()).step_by(whole.len() / 50) {
        std::fs::write(&log, &whole[..end]).unwrap();
        let lines = whole[..end].iter().filter(|byte| **byte == b'\n').count();
        // A line that lacks only its line feed is whole.
        let read = read_run(&log).unwrap().len();
        assert!(read == lines || read == lines + 1, "{read} events of {lines} lines");
        assert!(read < events);
        assert!(!read_summary(&log).unwrap().is_complete());
    }
    std::fs::write(&log, &whole[..start - 2]).unwrap();
    assert!(matches!(read_run(&log), Err(Error::NoStart { .. })));
    let output = program::run(folder.path(), &["report", "out"]);
    output.complains(3, &["does not begin with the start of a run", "hint: "]);
}
