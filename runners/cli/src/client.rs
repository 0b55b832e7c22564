//! Clients as subjects, and the reference client as a command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use plimsoll_client_runner::{Client, Profile, Target};
use plimsoll_engine::event::{Event, RunStarted, SCHEMA, Subject, Tool};
use plimsoll_engine::expectations::Expectations;
use plimsoll_engine::plan::{self, Entry, Selection};
use plimsoll_engine::run::{LeftOut, Options, Signal};
use plimsoll_engine::summary::Summary;
use plimsoll_suite::Library;
use plimsoll_suite::ledger::{Side, SpecVersion};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;
use url::Url;

use crate::args::RunArgs;
use crate::commands::run::{configuration, expectations, random, reported};
use crate::commands::{data, has_suites, library, nothing, selection, spec_of, version_of};
use crate::error::CliError;
use crate::exit::Exit;
use crate::host;
use crate::reference::{Reference, Variant};
use crate::session::{Sink, drive};

/// The suites for clients.
const SPEC: &str = "distribution-client";

/// `plimsoll client`: does what it is asked to do.
pub async fn act(args: plimsoll_client::ClientArgs) -> Result<Exit, CliError> {
    let lines = plimsoll_client::run(args).await.map_err(|error| {
        let refused = CliError { exit: Exit::Violations, ..CliError::usage(error.message) };
        match error.hint {
            Some(hint) => refused.hint(hint),
            None => refused,
        }
    })?;
    data(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    Ok(Exit::Conformant)
}

/// `plimsoll run --client`: certifies a client.
pub async fn run(args: &RunArgs, client: &str, stop: watch::Receiver<bool>) -> Result<Exit, CliError> {
    let profile = profile(client)?;
    let suites = library(args.select.suites.as_deref())?;
    let spec = spec_of(&suites, Some(args.select.spec.as_deref().unwrap_or(SPEC)))?;
    has_suites(&suites, &spec)?;
    if suites.specs[&spec].ledger.side() != Side::Client {
        return Err(CliError::usage(format!("the suites of {spec} are not for clients"))
            .hint(format!("leave --spec out, or write --spec {SPEC}")));
    }
    let version = version_of(&suites, &spec, args.select.spec_version)?;
    let known = args.how.expect.as_deref().map(|path| expectations(path, &suites, &spec)).transpose()?;
    let jobs = args.how.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from) * 2);
    let reference = Reference::start(Variant::Usual, None).await?;
    let folder = args.select.suites.as_ref().map(|folder| format!(" --suites '{}'", folder.display()));
    let seed = args.how.seed.unwrap_or_else(|| u64::from_le_bytes(random::<8>()) >> 16);
    let session = ClientSession {
        spec,
        version,
        selection: selection(&args.select),
        target: target(profile, reference.url()?, seed, args.how.timeout.unwrap_or(Duration::from_secs(30)))?,
        product: (args.subject.product.clone(), args.subject.product_version.clone()),
        jobs,
        deadline: args.how.deadline.unwrap_or(Duration::from_secs(60)),
        expectations: known.unwrap_or_default(),
        flags: format!(" --client '{client}'{}", folder.unwrap_or_default()),
        config: configuration(args, "embedded", jobs),
        suites,
    };
    let result = if session.plan().is_empty() {
        Err(nothing())
    } else {
        reported(args, async |sink| session.run(stop, sink).await).await
    };
    reference.stop().await;
    result
}

/// A client with this profile before a registry.
pub fn target(profile: Profile, upstream: Url, seed: u64, timeout: Duration) -> Result<Target, CliError> {
    let program = std::env::current_exe()
        .map_err(|error| CliError::harness(format!("cannot tell where this program is: {error}")))?;
    let run_tag = random::<4>().iter().fold("r".to_owned(), |tag, byte| format!("{tag}{byte:02x}"));
    Ok(Target { profile, program, arguments: Vec::new(), upstream, run_tag, seed, timeout })
}

/// The profile of that name, or in that file.
pub fn profile(name: &str) -> Result<Profile, CliError> {
    let (shown, text) = match Profile::built_in(name) {
        Some(text) => (format!("{name}.yaml"), text.to_owned()),
        None => {
            let known: Vec<&str> = Profile::names().collect();
            let hint = format!("give a file with a profile, or one that comes with the program: {}", known.join(", "));
            let text = std::fs::read_to_string(Path::new(name));
            let failed = |error| CliError::usage(format!("cannot read the profile {name}: {error}")).hint(hint);
            (PathBuf::from(name).display().to_string(), text.map_err(failed)?)
        }
    };
    Profile::read(&shown, &text).map_err(|mistake| CliError::mistake(&mistake, &text))
}

/// Everything that decides a run against a client.
pub struct ClientSession {
    /// The suites.
    pub suites: Arc<Library>,
    /// The folder of those for clients.
    pub spec: String,
    /// Version of the specification.
    pub version: SpecVersion,
    /// Which cases.
    pub selection: Selection,
    /// The client.
    pub target: Target,
    /// Name and version of the product, as the user tells them.
    pub product: (Option<String>, Option<String>),
    /// Cases at the same time.
    pub jobs: usize,
    /// Longest time for a case.
    pub deadline: Duration,
    /// Known deviations.
    pub expectations: Expectations,
    /// Flags that lead to the same client again, for the command that repeats a case.
    pub flags: String,
    /// Effective configuration, for the record.
    pub config: BTreeMap<String, String>,
}

impl ClientSession {
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
        let version = plimsoll_client_runner::version(&self.target)
            .await
            .map_err(|reason| CliError::harness(reason).hint("install the client, or put it where PATH leads"))?;
        let driver = Client::new(self.target.clone(), Arc::clone(&self.suites), &self.spec, self.version)
            .map_err(|error| CliError::harness(error.to_string()))?;
        let mut summary = Summary::default();
        let mut tell = |signal: &Signal| {
            if let Signal::Event(event) = signal {
                summary.apply(event);
            }
            sink(signal)
        };
        tell(&Signal::Event(Event::RunStarted(Box::new(self.started(&entries, version)))))?;
        let mut declined = BTreeMap::new();
        for feature in driver.features() {
            if !feature.supported {
                declined.insert(feature.id.clone(), feature.reason.clone());
            }
            tell(&Signal::Event(Event::FeatureProbed(feature)))?;
        }
        drive(driver, entries, self.options(declined), stop, &mut tell).await?;
        Ok(summary)
    }

    fn options(&self, declined: BTreeMap<String, String>) -> Options {
        let repeat = format!("plimsoll run{} --spec-version {} --seed {}", self.flags, self.version, self.target.seed);
        Options {
            jobs: self.jobs,
            deadline: self.deadline,
            declined,
            left_out: LeftOut::default(),
            capabilities: BTreeMap::new(),
            expectations: self.expectations.clone(),
            today: OffsetDateTime::now_utc().date().to_string(),
            texts: self.suites.texts.clone(),
            reproduce: Box::new(move |id| format!("{repeat} --case '{id}'")),
        }
    }

    fn started(&self, entries: &[Entry], version: Option<String>) -> RunStarted {
        let spec = &self.suites.specs[&self.spec];
        let profile = &self.target.profile;
        RunStarted {
            schema: SCHEMA,
            tool: Tool {
                name: "plimsoll".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                suites: self.suites.digest(),
            },
            subject: Subject {
                kind: "client".to_owned(),
                target: profile.name.clone(),
                name: Some(self.product.0.clone().unwrap_or_else(|| profile.name.clone())),
                version: self.product.1.clone().or(version),
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
