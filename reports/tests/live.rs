//! The live reporter on something that is no terminal, and the run directory.

#![allow(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

mod common;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use plimsoll_engine::event::Event;
use plimsoll_reports::{Error, Format, Options, Reporter, RunDir, Terminal, read_run, read_summary, render};

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        anstream::adapter::strip_bytes(&self.0.lock().unwrap()).into_vec().try_into().unwrap()
    }
}

#[test]
fn without_a_terminal_there_is_a_line_per_failure_and_per_tenth_and_the_summary_at_the_end() {
    let (out, err) = (Shared::default(), Shared::default());
    let options = Options { run_dir: Some("runs/today".into()), ..Options::default() };
    let mut terminal = Terminal::with(options, Box::new(out.clone()), Box::new(err.clone()), false);
    let events = common::events();
    let (last, before) = events.split_last().unwrap();
    for event in before {
        terminal.event(event).unwrap();
    }
    assert_eq!(out.text(), "", "standard output is for the summary");
    insta::assert_snapshot!("live.plain", err.text());
    terminal.event(last).unwrap();
    assert!(out.text().contains("run directory: runs/today"), "{}", out.text());
}

fn write(dir: &Path, events: &[Event]) -> RunDir {
    let mut run = RunDir::create(dir).unwrap();
    for event in events {
        run.event(event).unwrap();
    }
    run
}

const REPORTS: [Format; 5] = [Format::Json, Format::Junit, Format::Tap, Format::Markdown, Format::Html];

#[test]
fn a_stored_run_gives_the_same_reports_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a/run");
    let events = common::hostile();
    let run = write(&path, &events);
    run.finish(&common::summary(&events), &Format::ALL).unwrap();
    drop(run);
    assert_eq!(read_run(&path).unwrap(), events);
    assert_eq!(read_run(&path.join("events.jsonl")).unwrap(), events);
    let summary = read_summary(&path).unwrap();
    for format in REPORTS {
        let stored = fs::read_to_string(path.join(format.file_name().unwrap())).unwrap();
        assert_eq!(stored, render(format, &summary).unwrap(), "{format}");
    }
    let start: serde_json::Value = serde_json::from_slice(&fs::read(path.join("run.json")).unwrap()).unwrap();
    assert_eq!(start["seed"], 42);
}

#[test]
fn nothing_of_an_earlier_run_survives_but_foreign_files_do() {
    let dir = tempfile::tempdir().unwrap();
    let events = common::events();
    let digest = format!("sha256:{}", "a1".repeat(32));
    let run = write(dir.path(), &events);
    run.store_body(&digest, b"old").unwrap();
    run.finish(&common::summary(&events), &REPORTS).unwrap();
    drop(run);
    fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    let run = RunDir::create(dir.path()).unwrap();
    let mut left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["bodies", "events.jsonl", "notes.txt"]);
    assert_eq!(fs::read_dir(dir.path().join("bodies")).unwrap().count(), 0);
    assert_eq!(fs::metadata(dir.path().join("events.jsonl")).unwrap().len(), 0);
    run.store_body(&digest, b"new").unwrap();
    assert_eq!(fs::read(dir.path().join("bodies").join("a1".repeat(32))).unwrap(), b"new");
    for bad in ["sha256:../../x", "sha256:A1", "a1", &digest[..70]] {
        assert!(matches!(run.store_body(bad, b""), Err(Error::BadDigest { .. })), "{bad}");
    }
}

#[test]
fn a_directory_that_is_no_run_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("junit.xml"), "of another tool").unwrap();
    let error = RunDir::create(dir.path()).err().unwrap();
    assert!(matches!(&error, Error::NotARun { found, .. } if found == "junit.xml"), "{error}");
    assert!(error.to_string().contains("hint:"));
    assert_eq!(fs::read_to_string(dir.path().join("junit.xml")).unwrap(), "of another tool");
    let error = RunDir::create(&dir.path().join("junit.xml/run")).err().unwrap();
    assert!(error.to_string().contains("hint:"), "{error}");
}

#[test]
fn a_killed_run_can_be_replaced_and_two_runs_cannot_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    drop(RunDir::create(dir.path()).unwrap());
    let first = RunDir::create(dir.path()).unwrap();
    assert!(matches!(RunDir::create(dir.path()), Err(Error::Busy { .. })));
    drop(first);
    RunDir::create(dir.path()).unwrap();
}

#[test]
fn a_cut_last_line_is_tolerated_and_any_other_damage_is_not() {
    let dir = tempfile::tempdir().unwrap();
    drop(write(dir.path(), &common::events()));
    let file = dir.path().join("events.jsonl");
    let whole = fs::read_to_string(&file).unwrap();

    let end = whole.trim_end().rfind('\n').unwrap();
    fs::write(&file, &whole[..end - 10]).unwrap();
    let summary = read_summary(dir.path()).unwrap();
    assert!(!summary.is_complete());
    assert_eq!(summary.cases.len(), 12);

    fs::write(&file, whole.replacen("case-started", "case-storted", 1)).unwrap();
    assert!(matches!(read_run(dir.path()), Err(Error::BadEvent { line: 4, .. })));

    fs::write(&file, whole.replacen("\"schema\":1", "\"schema\":77", 1)).unwrap();
    let error = read_run(dir.path()).unwrap_err();
    assert!(matches!(error, Error::Schema { found: 77, known: 1, .. }), "{error}");

    for text in ["", "{}\n", "what\n", &whole[..40]] {
        fs::write(&file, text).unwrap();
        assert!(matches!(read_run(dir.path()), Err(Error::NoStart { .. })), "{text}");
    }
    assert!(matches!(read_run(&dir.path().join("nothing")), Err(Error::Io { .. })));
}
