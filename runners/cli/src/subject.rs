//! The registry of a run: given, embedded, or started by a command.

use std::path::Path;

use plimsoll_registry_runner::subject::{Exec, LaunchError, Launcher, Place, Running};
use url::Url;

use crate::args::RunArgs;
use crate::commands::run::{client_options, registry_url};
use crate::error::CliError;
use crate::reference::{Reference, Variant, memory};

/// A registry that runs, with its directory, which goes with it.
pub struct Subject {
    running: Running,
    place: Place,
}

impl Subject {
    /// Starts it and waits until it answers.
    pub async fn start(exec: &Exec) -> Result<Self, CliError> {
        let place = Place::new(exec).map_err(|error| not_started(&error))?;
        let running = place.start().await.map_err(|error| not_started(&error))?;
        Ok(Self { running, place })
    }

    /// Its address.
    pub fn url(&self) -> &Url {
        self.place.url()
    }

    /// How it was started.
    pub fn exec(&self) -> &Exec {
        self.place.exec()
    }

    /// Ends it, keeps what it printed, and removes its directory.
    pub async fn stop(self, log: Option<&Path>) {
        self.running.kill().await;
        self.place.keep_log(log);
    }
}

fn not_started(error: &LaunchError) -> CliError {
    CliError::harness(format!("cannot start the registry: {error}")).hint(
        "the command of --exec has to stay in the foreground and serve at {listen}, over TLS if there is --ca or \
               --insecure and else over HTTP; try it in a shell",
    )
}

/// The registry of a run, which is ended with it if it was started for it.
pub enum Opened {
    /// It was there.
    Given(Url),
    /// The reference registry.
    Embedded(Reference),
    /// By the command of `--exec`.
    Started(Box<Subject>),
}

impl Opened {
    /// Starts what has to be started. What is known of it then stands in the arguments; what it prints goes to `log`.
    pub async fn open(args: &mut RunArgs, log: Option<&Path>) -> Result<Self, CliError> {
        if args.subject.kills.is_some() && args.subject.exec.is_none() {
            return Err(CliError::usage("there is nothing to kill: --kills goes with --exec")
                .hint("start the registry with --exec 'COMMAND {listen} {root}'"));
        }
        if let Some(exec) = exec(args, log)? {
            return Ok(Self::Started(Box::new(Subject::start(&exec).await?)));
        }
        if let Some(url) = &args.subject.registry {
            let url = registry_url(url)?;
            if args.subject.docker_login {
                crate::credentials::stored(&mut args.subject, &url)?;
            }
            return Ok(Self::Given(url));
        }
        let reference = Reference::start(args.subject.reference.unwrap_or(Variant::Usual), None).await?;
        if let Some(content) = reference.content() {
            (args.subject.read_only, args.subject.given) = (true, Some(content));
        }
        Ok(Self::Embedded(reference))
    }

    /// Where it is.
    pub fn url(&self) -> Result<Url, CliError> {
        match self {
            Self::Given(url) => Ok(url.clone()),
            Self::Embedded(reference) => reference.url(),
            Self::Started(subject) => Ok(subject.url().clone()),
        }
    }

    /// Which embedded one it is.
    pub fn embedded(&self) -> Option<Variant> {
        match self {
            Self::Embedded(reference) => Some(reference.variant()),
            Self::Given(_) | Self::Started(_) => None,
        }
    }

    /// How it was started, to start another one.
    pub fn exec(&self) -> Option<Exec> {
        match self {
            Self::Started(subject) => Some(subject.exec().clone()),
            Self::Given(_) | Self::Embedded(_) => None,
        }
    }

    /// Ends it, if it was started.
    pub async fn stop(self, log: Option<&Path>) {
        match self {
            Self::Given(_) => {}
            Self::Embedded(reference) => reference.stop().await,
            Self::Started(subject) => subject.stop(log).await,
        }
    }
}

/// How the registry of `--exec` is started.
fn exec(args: &RunArgs, log: Option<&Path>) -> Result<Option<Exec>, CliError> {
    let Some(command) = &args.subject.exec else { return Ok(None) };
    let launcher = Launcher::new(command).map_err(|error| {
        CliError::usage(format!("--exec: {error}"))
            .hint("write for example --exec 'my-registry --listen {listen} --data {root}'")
    })?;
    Ok(Some(Exec {
        launcher,
        client: client_options(args)?,
        kills: args.subject.kills,
        scratch: memory(),
        log: log.map(Path::to_owned),
        say: |line| anstream::eprintln!("{line}"),
    }))
}

/// A word for a shell.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
