//! Clients as subjects, and the reference client as a command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use plimsoll_client_runner::{Client, Profile, Target};
use plimsoll_engine::event::Subject;
use plimsoll_engine::summary::Summary;
use plimsoll_suite::ledger::Side;
use tokio::sync::watch;
use url::Url;

use crate::args::RunArgs;
use crate::commands::run::{configuration, expectations, random, reported};
use crate::commands::{data, has_suites, library, nothing, selection, spec_of, version_of};
use crate::error::CliError;
use crate::exit::Exit;
use crate::reference::{Reference, Variant};
use crate::session::{Ready, Session, Sink};

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
    let jobs = args.how.pace.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from) * 2);
    let reference = Reference::start(Variant::Usual, None).await?;
    let folder = args.select.suites.as_ref().map(|folder| format!(" --suites '{}'", folder.display()));
    let seed = args.how.pace.seed.unwrap_or_else(|| u64::from_le_bytes(random::<8>()) >> 16);
    let target = target(profile, reference.url()?, seed, args.how.pace.timeout.unwrap_or(Duration::from_secs(30)))?;
    let session = Session {
        selection: selection(&args.select),
        product: (args.subject.product.clone(), args.subject.product_version.clone()),
        jobs,
        deadline: args.how.pace.deadline.unwrap_or(Duration::from_secs(60)),
        expectations: known.unwrap_or_default(),
        subject_flags: format!(" --client '{client}'{}", folder.unwrap_or_default()),
        config: configuration(args, "embedded", jobs),
        ..Session::new(suites, &spec, version, target)
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

impl Session<Target> {
    /// Runs the plan against a client. The sink sees every signal in order; when it fails, the run is stopped and the
    /// error returned.
    pub async fn run(&self, stop: watch::Receiver<bool>, sink: &mut Sink<'_>) -> Result<Summary, CliError> {
        let entries = self.plan();
        if entries.is_empty() {
            return Err(nothing());
        }
        let profile = &self.target.profile;
        let version = plimsoll_client_runner::version(&self.target)
            .await
            .map_err(|reason| CliError::harness(reason).hint("install the client, or put it where PATH leads"))?;
        let driver = Client::new(self.target.clone(), Arc::clone(&self.suites), &self.spec, self.version)
            .map_err(|error| CliError::harness(error.to_string()))?;
        let subject = Subject {
            kind: "client".to_owned(),
            target: profile.name.clone(),
            name: Some(self.product.0.clone().unwrap_or_else(|| profile.name.clone())),
            version: self.product.1.clone().or(version),
        };
        let (features, none) = (driver.features(), BTreeMap::new());
        let ready = Ready { driver, features, left_out: none, capabilities: BTreeMap::new() };
        self.conduct(subject, self.target.seed, entries, std::future::ready(Ok(ready)), stop, sink).await
    }
}
