//! One run from the plan to the summary: what `run`, `mutants` and the tests share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::event::{Event, FeatureProbed, RunStarted, SCHEMA, Subject, Tool};
use plimsoll_engine::expectations::Expectations;
use plimsoll_engine::plan::{self, Entry, Selection};
use plimsoll_engine::run::{self, LeftOut, Options, Signal};
use plimsoll_engine::summary::Summary;
use plimsoll_registry_runner::{Registry, Target};
use plimsoll_suite::Library;
use plimsoll_suite::ledger::SpecVersion;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::{mpsc, watch};

use crate::commands::nothing;
use crate::error::CliError;
use crate::host;
use crate::reachable::reachable;

/// Everything that decides a run, against a registry or against something else.
#[derive(Clone)]
pub struct Session<T = Target> {
    /// The suites.
    pub suites: Arc<Library>,
    /// Specification, e.g. `distribution`.
    pub spec: String,
    /// Its version.
    pub version: SpecVersion,
    /// Which cases.
    pub selection: Selection,
    /// The subject, and how it is tested.
    pub target: T,
    /// Name and version of the product, as the user tells them.
    pub product: (Option<String>, Option<String>),
    /// Cases at the same time.
    pub jobs: usize,
    /// Longest time for a case.
    pub deadline: Duration,
    /// Globs over the ids of cases that the configuration leaves out, with the reason.
    pub left_out: Vec<(String, String)>,
    /// Known deviations.
    pub expectations: Expectations,
    /// Flags that lead to the same subject again, for the command that repeats a case.
    pub subject_flags: String,
    /// Effective configuration, without secrets, for the record.
    pub config: BTreeMap<String, String>,
    /// Look first whether the subject is there and lets us in. Not for one that is known to be there and to be faulty.
    pub look_first: bool,
}

/// Receives what comes out of a run.
pub type Sink<'a> = dyn FnMut(&Signal) -> Result<(), CliError> + Send + 'a;

/// A driver that is ready to run, with what it found out about its subject.
pub(crate) struct Ready<D> {
    pub(crate) driver: D,
    pub(crate) features: Vec<FeatureProbed>,
    /// Features the configuration leaves out, with the reason.
    pub(crate) left_out: BTreeMap<String, String>,
    pub(crate) capabilities: BTreeMap<String, Result<(), String>>,
}

impl<T> Session<T> {
    /// Everything there is for one version, without anything unusual.
    pub fn new(suites: Arc<Library>, spec: &str, version: SpecVersion, target: T) -> Self {
        Self {
            suites,
            spec: spec.to_owned(),
            version,
            selection: Selection::default(),
            target,
            product: (None, None),
            jobs: 8,
            deadline: Duration::from_secs(60),
            left_out: Vec::new(),
            expectations: Expectations::default(),
            subject_flags: String::new(),
            config: BTreeMap::new(),
            look_first: true,
        }
    }

    /// The plan.
    pub fn plan(&self) -> Vec<Entry> {
        self.suites.specs.get(&self.spec).map_or_else(Vec::new, |spec| plan::plan(spec, self.version, &self.selection))
    }

    /// Runs the entries once the driver is ready. The sink sees every signal in order; when it fails, the run is stopped
    /// and the error returned.
    pub(crate) async fn conduct<D: run::Driver>(
        &self,
        subject: Subject,
        seed: u64,
        entries: Vec<Entry>,
        ready: impl Future<Output = Result<Ready<D>, CliError>>,
        stop: watch::Receiver<bool>,
        sink: &mut Sink<'_>,
    ) -> Result<Summary, CliError> {
        let mut summary = Summary::default();
        let mut tell = |signal: &Signal| {
            if let Signal::Event(event) = signal {
                summary.apply(event);
            }
            sink(signal)
        };
        tell(&Signal::Event(Event::RunStarted(Box::new(self.started(subject, seed, &entries)))))?;
        let Ready { driver, features, left_out, capabilities } = ready.await?;
        let mut declined = BTreeMap::new();
        for feature in features {
            if !feature.supported {
                declined.insert(feature.id.clone(), format!("{}: {}", feature.about, feature.reason));
            }
            tell(&Signal::Event(Event::FeatureProbed(feature)))?;
        }
        let left_out = LeftOut { features: left_out, cases: self.left_out.clone() };
        let options = Options { declined, left_out, capabilities, ..self.options(seed, &entries) };
        drive(driver, entries, options, stop, &mut tell).await?;
        Ok(summary)
    }

    fn options(&self, seed: u64, entries: &[Entry]) -> Options {
        let again = format!("plimsoll run{} --spec-version {} --seed {}", self.subject_flags, self.version, seed);
        let watching = entries.iter().filter(|entry| entry.case.watch.is_some());
        let watching: Vec<String> = watching.map(|entry| entry.id.clone()).collect();
        Options {
            jobs: self.jobs,
            deadline: self.deadline,
            declined: BTreeMap::new(),
            left_out: LeftOut::default(),
            capabilities: BTreeMap::new(),
            expectations: self.expectations.clone(),
            today: OffsetDateTime::now_utc().date().to_string(),
            texts: self.suites.texts.clone(),
            reproduce: Box::new(move |id| {
                // A case that watches the others needs the others.
                if watching.iter().any(|w| w == id) { again.clone() } else { format!("{again} --case '{id}'") }
            }),
        }
    }

    fn started(&self, subject: Subject, seed: u64, entries: &[Entry]) -> RunStarted {
        let spec = &self.suites.specs[&self.spec];
        RunStarted {
            schema: SCHEMA,
            tool: Tool {
                name: "plimsoll".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                suites: self.suites.digest(),
            },
            subject,
            spec: self.spec.clone(),
            spec_title: spec.ledger.title.clone(),
            spec_version: self.version.to_string(),
            requirements: plan::requirements(&spec.ledger, self.version, entries),
            plan: entries.iter().map(|entry| entry.id.clone()).collect(),
            seed,
            started: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            host: host::card(),
            config: self.config.clone(),
        }
    }
}

impl Session {
    /// Runs the plan against a registry. The sink sees every signal in order; when it fails, the run is stopped and the
    /// error returned.
    pub async fn run(&self, stop: watch::Receiver<bool>, sink: &mut Sink<'_>) -> Result<Summary, CliError> {
        let entries = self.plan();
        if entries.is_empty() {
            return Err(nothing());
        }
        let mut driver = Registry::new(self.target.clone(), Arc::clone(&self.suites), &self.spec, self.version)
            .map_err(|error| CliError::usage(error.to_string()).hint("look at the file given with --ca"))?;
        if self.look_first {
            tokio::select! {
                reached = reachable(&driver, &self.target, &entries) => reached?,
                () = stopped(stop.clone()) => return Err(not_begun()),
            }
        }
        let mut target = self.target.url.clone();
        // Only URLs without a host refuse this, and those never get here.
        let _ = target.set_username("");
        let _ = target.set_password(None);
        let (name, version) = self.product.clone();
        let subject = Subject { kind: "registry".to_owned(), target: target.to_string(), name, version };
        let (watched, stopping) = (entries.clone(), stop.clone());
        let ready = async move {
            let features = tokio::select! {
                probed = driver.probe() => probed,
                () = stopped(stopping) => return Err(not_begun()),
            };
            driver.watch(&watched);
            let (left_out, capabilities) = (driver.left_out().clone(), driver.capabilities().await);
            Ok(Ready { driver, features, left_out, capabilities })
        };
        self.conduct(subject, self.target.seed, entries, ready, stop, sink).await
    }
}

/// Runs the entries. The sink sees every signal in order; when it fails, the run is stopped and the error returned.
async fn drive<D: run::Driver>(
    driver: D,
    entries: Vec<Entry>,
    options: Options,
    mut stop: watch::Receiver<bool>,
    sink: &mut Sink<'_>,
) -> Result<(), CliError> {
    let (signals, mut received) = mpsc::channel(256);
    let (halt, halted) = watch::channel(*stop.borrow());
    let run = tokio::spawn(run::run(Arc::new(driver), entries, options, signals, halted));
    let mut failure = None;
    loop {
        tokio::select! {
            signal = received.recv() => {
                let Some(signal) = signal else { break };
                if failure.is_none() && let Err(error) = sink(&signal) {
                    failure = Some(error);
                    halt.send_replace(true);
                }
            }
            Ok(_) = stop.wait_for(|stop| *stop), if !*halt.borrow() => {
                halt.send_replace(true);
            }
        }
    }
    run.await.map_err(|error| CliError::harness(format!("the run broke off: {error}")))?;
    failure.map_or(Ok(()), Err)
}

/// Waits for a stop, for ever where none can come any more.
async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn not_begun() -> CliError {
    CliError::harness("interrupted before the first case").hint("nothing was tested, and there are no reports")
}
