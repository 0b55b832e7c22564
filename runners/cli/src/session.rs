//! One run from the plan to the summary: what `run`, `mutants` and the tests share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::event::{Event, RunStarted, SCHEMA, Subject, Tool};
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

/// Everything that decides a run.
#[derive(Clone)]
pub struct Session {
    /// The suites.
    pub suites: Arc<Library>,
    /// Specification, e.g. `distribution`.
    pub spec: String,
    /// Its version.
    pub version: SpecVersion,
    /// Which cases.
    pub selection: Selection,
    /// The registry.
    pub target: Target,
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
    /// Look first whether there is a registry that lets us in. Not for one that is known to be there and to be faulty.
    pub look_first: bool,
}

/// Receives what comes out of a run.
pub type Sink<'a> = dyn FnMut(&Signal) -> Result<(), CliError> + Send + 'a;

impl Session {
    /// The plan.
    pub fn plan(&self) -> Vec<Entry> {
        self.suites.specs.get(&self.spec).map_or_else(Vec::new, |spec| plan::plan(spec, self.version, &self.selection))
    }

    /// Runs the plan. The sink sees every signal in order; when it fails, the run is stopped and the error returned.
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

        let mut summary = Summary::default();
        let mut tell = |signal: &Signal| {
            if let Signal::Event(event) = signal {
                summary.apply(event);
            }
            sink(signal)
        };
        tell(&Signal::Event(Event::RunStarted(Box::new(self.started(&entries)))))?;
        let mut declined = BTreeMap::new();
        let probed = tokio::select! {
            probed = driver.probe() => probed,
            () = stopped(stop.clone()) => return Err(not_begun()),
        };
        for feature in probed {
            if !feature.supported {
                declined.insert(feature.id.clone(), format!("{}: {}", feature.about, feature.reason));
            }
            tell(&Signal::Event(Event::FeatureProbed(feature)))?;
        }
        driver.watch(&entries);
        let left_out = LeftOut { features: driver.left_out().clone(), cases: self.left_out.clone() };
        let options = Options { left_out, ..self.options(declined, driver.capabilities()) };
        drive(driver, entries, options, stop, &mut tell).await?;
        Ok(summary)
    }

    fn options(
        &self,
        declined: BTreeMap<String, String>,
        capabilities: BTreeMap<String, Result<(), String>>,
    ) -> Options {
        let repeat = format!("--spec-version {} --seed {}", self.version, self.target.seed);
        let flags = self.subject_flags.clone();
        let watched: Vec<String> =
            self.plan().iter().filter(|entry| entry.case.watch.is_some()).map(|entry| entry.id.clone()).collect();
        Options {
            jobs: self.jobs,
            deadline: self.deadline,
            declined,
            left_out: LeftOut::default(),
            capabilities,
            expectations: self.expectations.clone(),
            today: OffsetDateTime::now_utc().date().to_string(),
            texts: self.suites.texts.clone(),
            reproduce: Box::new(move |id| {
                // A case that watches the others needs the others.
                let case = if watched.iter().any(|w| w == id) { String::new() } else { format!(" --case '{id}'") };
                format!("plimsoll run{flags} {repeat}{case}")
            }),
        }
    }

    fn started(&self, entries: &[Entry]) -> RunStarted {
        let spec = &self.suites.specs[&self.spec];
        let mut target = self.target.url.clone();
        // Only URLs without a host refuse this, and those never get here.
        let _ = target.set_username("");
        let _ = target.set_password(None);
        RunStarted {
            schema: SCHEMA,
            tool: Tool {
                name: "plimsoll".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                suites: self.suites.digest(),
            },
            subject: Subject {
                kind: "registry".to_owned(),
                target: target.to_string(),
                name: self.product.0.clone(),
                version: self.product.1.clone(),
            },
            spec: self.spec.clone(),
            spec_title: spec.ledger.title.clone(),
            spec_version: self.version.to_string(),
            requirements: plan::requirements(&spec.ledger, self.version, entries),
            plan: entries.iter().map(|entry| entry.id.clone()).collect(),
            seed: self.target.seed,
            started: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            host: host::card(),
            config: self.config.clone(),
        }
    }
}

/// Runs the entries. The sink sees every signal in order; when it fails, the run is stopped and the error returned.
pub(crate) async fn drive<D: run::Driver>(
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
