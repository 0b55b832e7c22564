//! How a plan is run: deadlines, panics, stops, clean-up, expectations. The clock is paused: time passes only when
//! every task waits for it, so that a deadline takes no time and a slow machine changes nothing.

#![expect(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use common::{case, spec, watching};
use plimsoll_engine::Verdict;
use plimsoll_engine::event::{CaseReport, Event, ExpectationOutcome, RunFinished};
use plimsoll_engine::expectations::Expectations;
use plimsoll_engine::plan::Entry;
use plimsoll_engine::run::{Driver, LeftOut, Options, Signal, run};
use plimsoll_engine::trial::{Assertion, End, Law, Trial};
use plimsoll_suite::Spec;
use plimsoll_suite::ledger::SpecVersion;
use plimsoll_suite::position::Position;
use tokio::sync::{Barrier, Notify, mpsc, watch};

/// What the fake subject is; the name of a case says what happens in it.
struct Fake {
    spec: Spec,
    /// Names of cases whose clean-up ran, in order.
    cleaned: Mutex<Vec<String>>,
    running: AtomicUsize,
    most: AtomicUsize,
    together: Barrier,
    /// Told when a case named `stop` or `waits` has begun.
    begun: Notify,
    /// Stops the run during the clean-up of a case named `stops`.
    stopper: Mutex<Option<watch::Sender<bool>>>,
    /// Names of cases that are under way: neither ended nor dropped.
    alive: Names,
}

type Names = Arc<Mutex<BTreeSet<String>>>;

struct Alive(Names, String);

impl Alive {
    fn new(names: &Names, name: &str) -> Self {
        names.lock().unwrap().insert(name.to_owned());
        Self(Arc::clone(names), name.to_owned())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.lock().unwrap().remove(&self.1);
    }
}

fn name(entry: &Entry) -> &str {
    entry.id.rsplit('/').next().unwrap_or_default()
}

impl Fake {
    fn new(spec: &Spec, together: usize) -> Arc<Self> {
        Arc::new(Self {
            spec: spec.clone(),
            cleaned: Mutex::default(),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            together: Barrier::new(together),
            begun: Notify::new(),
            stopper: Mutex::default(),
            alive: Arc::default(),
        })
    }

    fn check(&self, trial: &Trial, requirement: &[&str], held: bool) -> Verdict {
        let requirements: Vec<String> = requirement.iter().map(|id| (*id).to_owned()).collect();
        let law = Law { ledger: &self.spec.ledger, version: SpecVersion::V1_1 };
        let (what, expected, seen) = ("status".to_owned(), "200".to_owned(), "500".to_owned());
        let at = Position { line: 4, column: 3, offset: 0, len: 1 };
        trial.check(law, Assertion { requirements: &requirements, held, what, expected, seen, at, exchange: None })
    }

    fn cleaned(&self) -> Vec<String> {
        self.cleaned.lock().unwrap().clone()
    }
}

impl Driver for Fake {
    async fn run(&self, entry: &Entry, trial: &Trial) -> End {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        let _alive = Alive::new(&self.alive, name(entry));
        trial.created(format!("thing of {}", name(entry)));
        let body = Bytes::from(entry.id.clone());
        trial.body(&body);
        let end = match name(entry).split('[').next().unwrap_or_default() {
            "hangs" => std::future::pending().await,
            "waits" => {
                self.begun.notify_one();
                std::future::pending().await
            }
            "fails-then-hangs" => {
                self.check(trial, &["mini.must"], false);
                std::future::pending().await
            }
            "panics" => {
                self.check(trial, &["mini.must"], true);
                panic!("on purpose");
            }
            "panics-with-the-record" => {
                let _record = trial.record();
                panic!("on purpose");
            }
            "together" => {
                self.together.wait().await;
                End::Judged
            }
            "fails" => {
                self.check(trial, &["mini.should"], false);
                self.check(trial, &["mini.must"], false);
                End::Judged
            }
            "warns" => {
                self.check(trial, &["mini.should"], false);
                self.check(trial, &["mini.may"], false);
                End::Judged
            }
            "blocks" => {
                self.check(trial, &[], false);
                End::Judged
            }
            "fails-and-is-blocked" => {
                self.check(trial, &["mini.must"], false);
                End::Blocked("no token".to_owned())
            }
            "skips" => End::Skipped("no kernel".to_owned()),
            "declines" => End::Chosen {
                verdict: Verdict::Unsupported,
                feature: Some("push".to_owned()),
                reason: "answered 405".to_owned(),
            },
            "observes" => End::Chosen { verdict: Verdict::Info, feature: None, reason: "answered 202".to_owned() },
            "warns-then-errs" => {
                self.check(trial, &["mini.should"], false);
                End::Error("no answer".to_owned())
            }
            "errs" => End::Error("no answer".to_owned()),
            _ => {
                self.check(trial, &["mini.must"], true);
                End::Judged
            }
        };
        self.running.fetch_sub(1, Ordering::SeqCst);
        end
    }

    async fn clean_up(&self, entry: &Entry, trial: &Trial) {
        // A panic here shows as a leftover.
        assert!(!self.alive.lock().unwrap().contains(name(entry)), "the case is gone before its clean-up begins");
        self.cleaned.lock().unwrap().push(name(entry).to_owned());
        match name(entry) {
            "clean-up-hangs" => {
                trial.created("second thing");
                std::future::pending::<()>().await;
            }
            "stops" => {
                self.stopper.lock().unwrap().as_ref().unwrap().send_replace(true);
            }
            "clean-up-panics" => panic!("on purpose"),
            _ => trial.record().created.clear(),
        }
    }
}

struct Outcome {
    signals: Vec<Signal>,
    finished: RunFinished,
}

impl Outcome {
    fn reports(&self) -> BTreeMap<&str, &CaseReport> {
        let reports = self.signals.iter().filter_map(|signal| match signal {
            Signal::Event(Event::CaseFinished(report)) => Some((report.id.rsplit('/').next().unwrap(), &**report)),
            _ => None,
        });
        reports.collect()
    }

    fn of(&self, name: &str) -> (Verdict, Option<&str>) {
        let report = self.reports()[name];
        (report.verdict, report.reason.as_deref())
    }

    fn words(&self) -> Vec<String> {
        let words = self.signals.iter().map(|signal| match signal {
            Signal::Event(Event::CaseStarted { id }) => format!("start {}", id.rsplit('/').next().unwrap()),
            Signal::Event(Event::CaseFinished(report)) => format!("end {}", report.id.rsplit('/').next().unwrap()),
            Signal::Event(Event::RunFinished(end)) => format!("finished {}", end.complete),
            Signal::Event(_) => "other".to_owned(),
            Signal::Body { digest, .. } => format!("body {}", &digest[..10]),
        });
        words.collect()
    }
}

fn options(jobs: usize) -> Options {
    Options {
        jobs,
        deadline: Duration::from_secs(60),
        declined: BTreeMap::new(),
        left_out: LeftOut::default(),
        capabilities: BTreeMap::new(),
        expectations: Expectations::default(),
        today: "2026-11-23".to_owned(),
        texts: BTreeMap::from([("mini/one.yaml".to_owned(), "a\nb\nc\n  the line\n".to_owned())]),
        reproduce: Box::new(|id| format!("again {id}")),
    }
}

fn of(names: &[&str]) -> Spec {
    spec(&names.iter().map(|name| case(name, "mini.must", "")).collect::<String>())
}

async fn go(driver: &Arc<Fake>, spec: &Spec, options: Options) -> Outcome {
    let (_sender, stop) = watch::channel(false);
    go_until(driver, spec, options, stop).await
}

async fn go_until(driver: &Arc<Fake>, spec: &Spec, options: Options, stop: watch::Receiver<bool>) -> Outcome {
    let (sender, mut receiver) = mpsc::channel(1);
    let run = tokio::spawn(run(Arc::clone(driver), common::entries(spec), options, sender, stop));
    let mut signals = Vec::new();
    while let Some(signal) = receiver.recv().await {
        signals.push(signal);
    }
    Outcome { signals, finished: run.await.unwrap() }
}

async fn all(names: &[&str]) -> (Arc<Fake>, Outcome) {
    let spec = of(names);
    let driver = Fake::new(&spec, 1);
    let outcome = go(&driver, &spec, options(1)).await;
    (driver, outcome)
}

#[tokio::test(start_paused = true)]
async fn what_the_configuration_leaves_out_is_skipped_and_not_run() {
    let cases = case("feature", "mini.must", ", needs: push")
        + &case("glob", "mini.must", "")
        + &case("passes", "mini.must", "");
    let spec = spec(&cases);
    let driver = Fake::new(&spec, 1);
    let left_out = LeftOut {
        features: BTreeMap::from([("push".to_owned(), "nothing is pushed".to_owned())]),
        cases: vec![("*/glo?".to_owned(), "switched off".to_owned())],
    };
    // Being left out comes first: nobody asked whether the subject has it.
    let declined = BTreeMap::from([("push".to_owned(), "declined".to_owned())]);
    let outcome = go(&driver, &spec, Options { left_out, declined, ..options(1) }).await;
    assert_eq!(outcome.of("feature"), (Verdict::Skipped, Some("nothing is pushed")));
    assert_eq!(outcome.of("glob"), (Verdict::Skipped, Some("switched off")));
    assert_eq!(outcome.of("passes").0, Verdict::Pass);
}

#[tokio::test(start_paused = true)]
async fn verdicts_are_the_worst_of_checks_and_end() {
    let names = [
        "passes",
        "fails",
        "warns",
        "blocks",
        "fails-and-is-blocked",
        "skips",
        "declines",
        "observes",
        "errs",
        "warns-then-errs",
    ];
    let (driver, outcome) = all(&names).await;
    let status = Some("status: expected 200, saw 500");
    assert_eq!(outcome.of("passes"), (Verdict::Pass, None));
    assert_eq!(outcome.of("fails"), (Verdict::Fail, status));
    assert_eq!(outcome.of("warns"), (Verdict::Warn, status));
    assert_eq!(outcome.of("blocks"), (Verdict::Blocked, status));
    assert_eq!(outcome.of("fails-and-is-blocked"), (Verdict::Fail, status), "blocked never hides a fail");
    assert_eq!(outcome.of("skips"), (Verdict::Skipped, Some("no kernel")));
    assert_eq!(outcome.of("declines"), (Verdict::Unsupported, Some("answered 405")));
    assert_eq!(outcome.of("observes"), (Verdict::Info, Some("answered 202")));
    assert_eq!(outcome.of("errs"), (Verdict::Error, Some("no answer")));
    assert_eq!(outcome.of("warns-then-errs"), (Verdict::Error, Some("no answer")));
    let reports = outcome.reports();
    assert_eq!(reports["declines"].feature.as_deref(), Some("push"));
    let fails = reports["fails"];
    assert_eq!((fails.suite.as_str(), fails.reproduce.as_str()), ("mini/one", "again mini/one/fails"));
    assert_eq!((fails.source.line, fails.checks[0].source.text.as_str()), (5, "  the line"));
    assert_eq!(fails.requirements, ["mini.must"]);
    assert_eq!(driver.cleaned(), names);
    assert!(reports.values().all(|report| report.leftovers.is_empty()));
    assert_eq!(
        outcome.finished,
        RunFinished { duration_ms: outcome.finished.duration_ms, complete: true, reason: None }
    );
}

#[tokio::test(start_paused = true)]
async fn a_case_that_never_ends_is_cut_off_and_cleaned_up() {
    let (driver, outcome) = all(&["hangs", "passes", "fails-then-hangs"]).await;
    assert_eq!(outcome.of("hangs"), (Verdict::Error, Some("not finished within 60s")));
    assert_eq!(outcome.of("passes"), (Verdict::Pass, None));
    assert_eq!(outcome.of("fails-then-hangs").0, Verdict::Fail, "what was seen before still counts");
    assert_eq!(driver.cleaned(), ["hangs", "passes", "fails-then-hangs"]);
    assert!(outcome.reports().values().all(|report| report.leftovers.is_empty()));
    assert!(outcome.finished.complete);
}

#[tokio::test(start_paused = true)]
async fn a_panic_stays_in_its_case() {
    let (driver, outcome) = all(&["panics", "panics-with-the-record", "passes"]).await;
    for name in ["panics", "panics-with-the-record"] {
        let (verdict, reason) = outcome.of(name);
        assert_eq!(verdict, Verdict::Error, "{name}");
        assert!(reason.unwrap().starts_with("the harness failed"), "{reason:?}");
    }
    assert_eq!(outcome.reports()["panics"].checks.len(), 1, "what was recorded before is kept");
    assert_eq!(outcome.of("passes").0, Verdict::Pass);
    assert_eq!(driver.cleaned().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_that_hangs_or_panics_leaves_the_names_of_what_is_left() {
    let (_, outcome) = all(&["clean-up-hangs", "clean-up-panics", "passes"]).await;
    let reports = outcome.reports();
    assert_eq!(reports["clean-up-hangs"].leftovers, ["thing of clean-up-hangs", "second thing"]);
    assert_eq!(reports["clean-up-panics"].leftovers, ["thing of clean-up-panics"]);
    assert!(reports.values().all(|report| report.verdict == Verdict::Pass), "the case is not to blame");
    assert!(outcome.finished.complete);
}

#[tokio::test(start_paused = true)]
async fn jobs_run_together_but_not_more_of_them() {
    let cells = case("together", "mini.must", ", matrix: { n: [1, 2, 3, 4, 5, 6] }").replace("GET: /", "GET: '/${n}'");
    let spec = spec(&cells);
    // Each waits until three are there. Were fewer run at a time, all would wait for their deadline.
    let driver = Fake::new(&spec, 3);
    let outcome = go(&driver, &spec, options(3)).await;
    assert_eq!(outcome.reports().len(), 6);
    for report in outcome.reports().values() {
        assert_eq!((report.verdict, report.leftovers.len()), (Verdict::Pass, 0), "{}", report.id);
    }
    assert_eq!(driver.most.load(Ordering::SeqCst), 3);

    let driver = Fake::new(&spec, 1);
    assert_eq!(go(&driver, &spec, options(0)).await.reports().len(), 6, "no job at all is one");
    assert_eq!(driver.most.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_cuts_off_what_runs_cleans_up_and_begins_nothing() {
    let spec = of(&["passes", "waits", "fails"]);
    let driver = Fake::new(&spec, 1);
    let (sender, stop) = watch::channel(false);
    let stopper = tokio::spawn({
        let driver = Arc::clone(&driver);
        async move {
            driver.begun.notified().await;
            sender.send_replace(true);
            sender
        }
    });
    let outcome = go_until(&driver, &spec, options(1), stop).await;
    stopper.await.unwrap();
    assert_eq!(outcome.words(), ["start passes", "end passes", "start waits", "finished false"]);
    assert_eq!(outcome.finished.reason.as_deref(), Some("interrupted"));
    assert_eq!(driver.cleaned(), ["passes", "waits"]);
    assert!(driver.alive.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_start_runs_nothing_and_one_after_the_last_case_changes_nothing() {
    let spec = of(&["passes", "stops"]);
    let driver = Fake::new(&spec, 1);
    let (sender, stop) = watch::channel(true);
    let outcome = go_until(&driver, &spec, options(1), stop.clone()).await;
    assert_eq!(outcome.words(), ["finished false"]);
    assert!(driver.cleaned().is_empty());

    sender.send_replace(false);
    *driver.stopper.lock().unwrap() = Some(sender);
    let outcome = go_until(&driver, &spec, options(1), stop.clone()).await;
    assert_eq!(outcome.words()[3], "end stops");
    assert!(*stop.borrow());
    assert!(outcome.finished.complete, "everything that was planned has a report");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_lost_a_case_is_not_complete() {
    let spec = of(&["passes", "fails"]);
    let driver = Fake::new(&spec, 1);
    let reproduce = Box::new(|id: &str| {
        assert!(!id.ends_with("fails"), "on purpose");
        String::new()
    });
    let outcome = go(&driver, &spec, Options { reproduce, ..options(1) }).await;
    assert_eq!(outcome.finished.reason.as_deref(), Some("1 of 2 cases were lost"));
    assert!(!outcome.finished.complete);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_nobody_listens_to_ends() {
    let spec = of(&["passes", "fails"]);
    let driver = Fake::new(&spec, 1);
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    let (_stop, stopped) = watch::channel(false);
    assert!(run(Arc::clone(&driver), common::entries(&spec), options(2), sender, stopped).await.complete);
    assert_eq!(driver.cleaned().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_declined_feature_makes_the_case_unsupported_without_running_it() {
    let cases =
        case("passes", "mini.must", ", needs: [deletes, push]") + &case("other", "mini.must", ", needs: deletes");
    let spec = spec(&cases);
    let driver = Fake::new(&spec, 1);
    let declined = BTreeMap::from([("push".to_owned(), "POST answered 405".to_owned())]);
    let outcome = go(&driver, &spec, Options { declined, ..options(1) }).await;
    assert_eq!(outcome.of("passes"), (Verdict::Unsupported, Some("POST answered 405")));
    let report = outcome.reports()["passes"];
    assert_eq!((report.feature.as_deref(), report.checks.len()), (Some("push"), 0));
    assert_eq!(outcome.of("other").0, Verdict::Pass);
    assert_eq!(driver.cleaned(), ["other"]);
}

#[tokio::test(start_paused = true)]
async fn a_capability_that_is_not_there_makes_the_case_skipped_without_running_it() {
    let cases = case("passes", "mini.must", ", requires: [owned, other]")
        + &case("fails", "mini.must", ", requires: new, needs: push")
        + &case("other", "mini.must", ", requires: owned");
    let spec = spec(&cases);
    let driver = Fake::new(&spec, 1);
    let capabilities = BTreeMap::from([("owned".into(), Ok(())), ("other".into(), Err("no such user".to_owned()))]);
    let declined = BTreeMap::from([("push".to_owned(), "POST answered 405".to_owned())]);
    let outcome = go(&driver, &spec, Options { capabilities, declined, ..options(1) }).await;
    assert_eq!(outcome.of("passes"), (Verdict::Skipped, Some("requires `other`: no such user")));
    assert_eq!(outcome.of("fails"), (Verdict::Skipped, Some("requires `new`: this harness does not have it")));
    assert_eq!(outcome.of("other").0, Verdict::Pass);
    assert_eq!(driver.cleaned(), ["other"]);
}

#[tokio::test(start_paused = true)]
async fn expectations_are_compared_with_what_came() {
    let spec = of(&["fails", "passes", "warns", "errs"]);
    let driver = Fake::new(&spec, 1);
    let expectations = Expectations::read(
        "known.yaml",
        "expectations:
  - { case: mini/one/fails, verdict: fail, reason: known, expires: \"2026-11-23\" }
  - { case: \"*/passes\", verdict: fail, reason: fixed meanwhile }
  - { case: \"*/warns\", verdict: warn, reason: old, expires: \"2026-11-22\" }
",
    )
    .unwrap();
    let outcome = go(&driver, &spec, Options { expectations, ..options(1) }).await;
    let reports = outcome.reports();
    let outcome = |name: &str| reports[name].expectation.as_ref().map(|e| e.outcome);
    assert_eq!(outcome("fails"), Some(ExpectationOutcome::Met), "the last day is good");
    assert_eq!(outcome("passes"), Some(ExpectationOutcome::Unmet));
    assert_eq!(outcome("warns"), Some(ExpectationOutcome::Expired));
    assert_eq!(outcome("errs"), None);
}

#[tokio::test(start_paused = true)]
async fn bodies_are_kept_only_where_somebody_will_look_and_come_before_their_report() {
    let names = ["passes", "fails", "skips", "declines", "observes"];
    let (_, outcome) = all(&names).await;
    let words = outcome.words();
    let bodies: Vec<&str> = words
        .iter()
        .zip(&words[1..])
        .filter(|(word, _)| word.starts_with("body"))
        .map(|(_, next)| next.as_str())
        .collect();
    assert_eq!(bodies, ["end fails", "end observes"]);
    let found = outcome.signals.iter().find_map(|signal| match signal {
        Signal::Body { digest, bytes } => Some((digest.clone(), bytes.clone())),
        Signal::Event(_) => None,
    });
    let (digest, bytes) = found.unwrap();
    assert_eq!(&bytes[..], b"mini/one/fails");
    assert_eq!(digest, plimsoll_fixtures::Algorithm::Sha256.digest(&bytes));
}

#[tokio::test(start_paused = true)]
async fn watching_cases_begin_when_all_others_have_ended() {
    let cases = watching("passes", "mini.must") + &case("fails", "mini.must", "") + &case("hangs", "mini.must", "");
    let spec = spec(&cases);
    // Not even a free job lets it begin earlier.
    let outcome = go(&Fake::new(&spec, 1), &spec, options(8)).await;
    let words = outcome.words();
    let at = |word: &str| words.iter().position(|w| w == word).unwrap();
    assert!(at("start passes") > at("end fails") && at("start passes") > at("end hangs"), "{words:?}");
}
