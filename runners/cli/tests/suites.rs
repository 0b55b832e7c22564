//! The suites as tests: one trial for every entry of the plan, against the reference registry. `cargo test` and
//! nextest list, filter and time them by the id of the entry.
//!
//! Cases that watch the answers of others have something to see only in a whole run, and lawful freedoms show only in
//! registries that make use of them: for these there is one trial for each variant of the reference registry.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use plimsoll::reference::{Reference, Variant};
use plimsoll_engine::event::{CaseReport, Event};
use plimsoll_engine::expectations::Expectations;
use plimsoll_engine::plan::{Entry, Selection, glob_matches, plan};
use plimsoll_engine::run::{self, LeftOut, Signal};
use plimsoll_engine::{Verdict, summary::Summary};
use plimsoll_registry::Freedom;
use plimsoll_registry_runner::Registry;
use plimsoll_suite::Library;
use plimsoll_suite::ledger::SpecVersion;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

const SPEC: &str = "distribution";

fn main() {
    let arguments = Arguments::from_args();
    let library = Arc::new(Library::embedded().unwrap());
    let shared = Arc::new(Shared::new(Arc::clone(&library)));
    let mut trials = Vec::new();
    for entry in plan(&library.specs[SPEC], SpecVersion::Main, &Selection::default()) {
        if entry.case.watch.is_some() {
            continue;
        }
        let shared = Arc::clone(&shared);
        trials.push(Trial::test(entry.id.clone(), move || shared.entry(entry)));
    }
    for variant in Variant::LAWFUL {
        // Waiting for a rate limit three times shows no more than once.
        let versions = [SpecVersion::Main, SpecVersion::V1_1, SpecVersion::V1_0];
        for version in versions.into_iter().take(if variant == Variant::Throttled { 1 } else { 3 }) {
            let shared = Arc::clone(&shared);
            let name = format!("whole-run/{}/{version}", variant.name());
            trials.push(Trial::test(name, move || shared.whole_run(variant, version)));
        }
    }
    for freedom in Freedom::ALL {
        let shared = Arc::clone(&shared);
        trials.push(Trial::test(format!("freedom/{}", freedom.id()), move || shared.freedom(*freedom)));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// What the trials of one process have in common.
struct Shared {
    runtime: Runtime,
    suites: Arc<Library>,
    /// Reference registries with their features probed, started by the first trial that needs them.
    usual: OnceLock<Probed>,
    guarded: OnceLock<Probed>,
}

struct Probed {
    driver: Arc<Registry>,
    /// Features that it declines.
    declined: BTreeMap<String, String>,
    _reference: Reference,
}

impl Shared {
    fn new(library: Arc<Library>) -> Self {
        Self { runtime: Runtime::new().unwrap(), suites: library, usual: OnceLock::new(), guarded: OnceLock::new() }
    }

    /// The registry for an entry: one with two users where it takes two.
    fn probed(&self, entry: &Entry) -> &Probed {
        let second = entry.case.requires.iter().any(|capability| *capability.value == *"second-identity");
        let (place, variant) = if second { (&self.guarded, Variant::Guarded) } else { (&self.usual, Variant::Usual) };
        place.get_or_init(|| {
            self.runtime.block_on(async {
                let reference = Reference::start(variant, None).await.unwrap();
                let target = reference.session(&self.suites, SPEC, SpecVersion::Main).unwrap().target;
                let mut driver = Registry::new(target, Arc::clone(&self.suites), SPEC, SpecVersion::Main).unwrap();
                let features = driver.probe().await;
                let declined = features.into_iter().filter(|f| !f.supported).map(|f| (f.id, f.reason)).collect();
                Probed { driver: Arc::new(driver), declined, _reference: reference }
            })
        })
    }

    fn entry(&self, entry: Entry) -> Result<(), Failed> {
        let probed = self.probed(&entry);
        let options = run::Options {
            jobs: 1,
            deadline: Duration::from_secs(60),
            declined: probed.declined.clone(),
            left_out: LeftOut::default(),
            capabilities: self.runtime.block_on(probed.driver.capabilities()),
            expectations: Expectations::default(),
            today: "2026-01-01".to_owned(),
            texts: self.suites.texts.clone(),
            reproduce: Box::new(|id| format!("plimsoll run --spec-version main --seed 1 --case '{id}'")),
        };
        let case = self.runtime.block_on(async {
            let (signals, mut received) = mpsc::channel(16);
            let (_stop, stopped) = watch::channel(false);
            tokio::spawn(run::run(Arc::clone(&probed.driver), vec![entry], options, signals, stopped));
            let mut report = None;
            while let Some(signal) = received.recv().await {
                if let Signal::Event(Event::CaseFinished(case)) = signal {
                    report = Some(case);
                }
            }
            report
        });
        conforms(case.iter().map(AsRef::as_ref), |_| false)
    }

    fn whole_run(&self, variant: Variant, version: SpecVersion) -> Result<(), Failed> {
        let summary = self.run(version, async || Reference::start(variant, None).await.unwrap());
        // A registry should offer all categories of endpoints, and is told so once for each that it does not.
        let told = |case: &CaseReport| glob_matches("distribution/api/*-category-*", &case.id);
        conforms(&whole(&summary)?.cases, |case| variant == Variant::Declining && told(case))
    }

    /// A registry that takes a freedom breaks nothing. What it does in spite of a SHOULD may be held against it, and only
    /// by cases about that.
    fn freedom(&self, freedom: Freedom) -> Result<(), Failed> {
        let summary = self.run(SpecVersion::Main, async || Reference::taking(freedom).await.unwrap());
        let about = |case: &CaseReport| {
            let warned = case.checks.iter().filter(|check| check.verdict > Verdict::Skipped);
            warned.into_iter().all(|check| check.requirements.iter().any(|id| id == freedom.requirement()))
        };
        conforms(&whole(&summary)?.cases, about)
    }

    fn run(&self, version: SpecVersion, start: impl AsyncFnOnce() -> Reference) -> Summary {
        self.runtime.block_on(async {
            let reference = start().await;
            let session = reference.session(&self.suites, SPEC, version).unwrap();
            let (_stop, stopped) = watch::channel(false);
            let summary = session.run(stopped, &mut |_: &Signal| Ok(())).await.unwrap();
            reference.stop().await;
            summary
        })
    }
}

fn whole(summary: &Summary) -> Result<&Summary, Failed> {
    if summary.is_complete() { Ok(summary) } else { Err("the run did not come to its end".into()) }
}

/// The reference registry gives no reason for anything worse than a fact about it, save for warnings where it chose to
/// do less than it should.
fn conforms<'a>(
    cases: impl IntoIterator<Item = &'a CaseReport>,
    warned: impl Fn(&CaseReport) -> bool,
) -> Result<(), Failed> {
    let mut seen = 0;
    let mut bad = Vec::new();
    for case in cases {
        seen += 1;
        if case.verdict > Verdict::Skipped && !(case.verdict == Verdict::Warn && warned(case)) {
            let reason = case.reason.as_deref().unwrap_or_default();
            bad.push(format!("{} {}: {reason}\n  {}", case.verdict, case.id, case.reproduce));
        }
    }
    match (seen, bad.is_empty()) {
        (0, _) => Err("no case was run".into()),
        (_, true) => Ok(()),
        (_, false) => Err(bad.join("\n").into()),
    }
}
