//! The reference registry as a subject: inside this process, or as a process of its own that can be killed.

pub mod filling;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use plimsoll_registry::{Action, Auth, Config, Freedom, Grant, Rule, Rules, Server, TlsConfig, User, Users};
use plimsoll_registry_runner::auth::Credentials;
use plimsoll_registry_runner::client::ClientOptions;
use plimsoll_registry_runner::content::Content;
use plimsoll_registry_runner::subject::{Exec, Launcher};
use plimsoll_registry_runner::{Second, Target};
use plimsoll_suite::Library;
use plimsoll_suite::ledger::SpecVersion;
use tempfile::TempDir;
use url::Url;

use crate::args::ReferenceArgs;
use crate::commands::run::on_interrupt;
use crate::error::CliError;
use crate::exit::Exit;
use crate::session::Session;
use crate::subject::Subject;

/// Requests in a second of the throttled variant: few enough that a whole run meets the limit.
const THROTTLE: u32 = 600;

/// Where runs against a reference registry have their repositories.
pub const NAMESPACE: &str = "plimsoll";
/// Where the second user has some. It begins like the other one, as a careless look at rights would find out.
const OTHER_NAMESPACE: &str = "plimsoll-second";
/// Names and passwords of a registry that is thrown away.
const FIRST: (&str, &str) = ("first", "password of the first user");
const SECOND: (&str, &str) = ("second", "password of the second user");
/// Long enough for the few requests of a case on a slow machine, short enough to wait for its end.
const TOKEN_LIFETIME: Duration = Duration::from_secs(5);

fn credentials((user, password): (&str, &str)) -> Credentials {
    Credentials { user: user.to_owned(), password: password.to_owned() }
}

/// A lawful way to be a registry. All of them conform; together they show every rule of the reference registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Variant {
    /// Everything offered, nothing unusual.
    Usual,
    /// Two users, each with a namespace, who log in with short-lived tokens; anybody may pull in a third one.
    Guarded,
    /// Short pages, a smallest chunk, a warning on every answer, uploads that expire soon.
    Frugal,
    /// No deletion and no referrers API.
    Declining,
    /// Refuses requests beyond some hundred in a second.
    Throttled,
    /// Has the referrers API in a repository only when it is first asked for, as after an upgrade.
    ///
    /// Not a lawful way to be a registry, because clients that push in between are not told.
    Upgraded,
    /// Only read: filled beforehand with what [`filling::content`] names.
    Filled,
    /// A process of its own, for the cases that start and kill it.
    Started,
}

impl Variant {
    /// All variants.
    pub const ALL: [Self; 8] = [
        Self::Usual,
        Self::Guarded,
        Self::Frugal,
        Self::Declining,
        Self::Throttled,
        Self::Upgraded,
        Self::Filled,
        Self::Started,
    ];
    /// Those that conform.
    pub const LAWFUL: [Self; 6] =
        [Self::Usual, Self::Guarded, Self::Frugal, Self::Declining, Self::Throttled, Self::Filled];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Guarded => "guarded",
            Self::Frugal => "frugal",
            Self::Declining => "declining",
            Self::Throttled => "throttled",
            Self::Upgraded => "upgraded",
            Self::Filled => "filled",
            Self::Started => "started",
        }
    }

    /// What the first user logs in with, where one has to.
    pub fn credentials(self) -> Option<Credentials> {
        (self == Self::Guarded).then(|| credentials(FIRST))
    }

    /// The second user, where there is one.
    pub fn second(self) -> Option<Second> {
        let namespace = OTHER_NAMESPACE.to_owned();
        (self == Self::Guarded).then(|| Second { credentials: credentials(SECOND), namespace })
    }

    fn apply(self, config: &mut Config) {
        match self {
            Self::Usual | Self::Filled | Self::Started => {}
            Self::Guarded => {
                let user = |(name, password): (&str, &str), namespace: &str| User {
                    name: name.to_owned(),
                    password: password.to_owned(),
                    grants: vec![Grant::new(namespace, &Action::ALL)],
                };
                config.auth = Auth::Bearer(Users {
                    users: vec![user(FIRST, NAMESPACE), user(SECOND, OTHER_NAMESPACE)],
                    anonymous: vec![Grant::new("public", &[Action::Pull])],
                });
                config.token_lifetime = TOKEN_LIFETIME;
            }
            Self::Frugal => {
                config.referrers_page = 2;
                config.chunk_min_length = Some(100);
                config.warning = Some("this registry is thrown away soon".to_owned());
                config.upload_timeout = Duration::from_secs(30);
            }
            Self::Declining => {
                config.deletes = false;
                config.referrers = false;
            }
            Self::Throttled => config.rate_limit = Some(THROTTLE),
            Self::Upgraded => config.referrers_late = true,
        }
    }
}

/// A reference registry with a root that is removed with it.
pub struct Reference {
    kind: Kind,
    variant: Variant,
}

enum Kind {
    Embedded { server: Server, root: TempDir },
    Started(Box<Subject>),
}

impl Reference {
    /// Starts one on a free loopback port, with one rule broken if wanted. Its state is thrown away, so nothing is
    /// synced to disk.
    pub async fn start(variant: Variant, broken: Option<Rule>) -> Result<Self, CliError> {
        if variant == Variant::Started {
            let subject = Subject::start(&exec(broken)?).await?;
            return Ok(Self { kind: Kind::Started(Box::new(subject)), variant });
        }
        let reference = Self::with(variant, |config| config.rules = Rules::breaking(broken)).await?;
        if variant == Variant::Filled {
            filling::push(&reference.url()?).await?;
        }
        Ok(reference)
    }

    /// The same with one freedom taken.
    pub async fn taking(freedom: Freedom) -> Result<Self, CliError> {
        let take = |config: &mut Config| {
            config.freedoms.insert(freedom);
        };
        Self::with(Variant::Usual, take).await
    }

    async fn with(variant: Variant, change: impl FnOnce(&mut Config)) -> Result<Self, CliError> {
        let root =
            scratch().map_err(|error| CliError::harness(format!("cannot make a temporary directory: {error}")))?;
        let mut config = Config::new(root.path());
        config.durable = false;
        variant.apply(&mut config);
        change(&mut config);
        let server = start(config).await?;
        Ok(Self { kind: Kind::Embedded { server, root }, variant })
    }

    /// Which one it is.
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// What it was filled with; such a one is only read.
    pub fn content(&self) -> Option<Content> {
        (self.variant == Variant::Filled).then(filling::content)
    }

    /// Its address.
    pub fn url(&self) -> Result<Url, CliError> {
        match &self.kind {
            Kind::Embedded { server, .. } => {
                Url::parse(&server.url()).map_err(|error| CliError::harness(error.to_string()))
            }
            Kind::Started(subject) => Ok(subject.url().clone()),
        }
    }

    /// How to start another one like it, where that can be done.
    pub fn exec(&self) -> Option<Exec> {
        match &self.kind {
            Kind::Embedded { .. } => None,
            Kind::Started(subject) => Some(subject.exec().clone()),
        }
    }

    /// Everything of one version against it.
    pub fn session(&self, suites: &Arc<Library>, spec: &str, version: SpecVersion) -> Result<Session, CliError> {
        let (timeout, credentials) = (Duration::from_secs(20), self.variant.credentials());
        let content = self.content();
        let mut suites = Arc::clone(suites);
        if let Some(content) = &content {
            Arc::make_mut(&mut suites).fill(&content.lists());
        }
        let target = Target {
            url: self.url()?,
            client: ClientOptions { ca: None, insecure: false, timeout, credentials },
            namespace: NAMESPACE.to_owned(),
            run_tag: "reference".to_owned(),
            seed: 1,
            keep: true,
            owned: true,
            read_only: content.is_some(),
            content,
            left_out: BTreeMap::new(),
            second: self.variant.second(),
            exec: self.exec(),
        };
        Ok(Session::new(suites, spec, version, target))
    }

    /// Stops it and removes its root.
    pub async fn stop(self) {
        match self.kind {
            Kind::Embedded { server, root } => {
                server.shutdown().await;
                // What cannot be removed is in the temporary directory, which the system cleans.
                let _ = root.close();
            }
            Kind::Started(subject) => subject.stop(None).await,
        }
    }
}

async fn start(config: Config) -> Result<Server, CliError> {
    Server::start(config)
        .await
        .map_err(|error| CliError::harness(format!("cannot start the reference registry: {error}")))
}

/// This program itself as a reference registry.
fn exec(broken: Option<Rule>) -> Result<Exec, CliError> {
    let program = std::env::current_exe()
        .map_err(|error| CliError::harness(format!("cannot find this program to start it again: {error}")))?;
    let program = crate::subject::quoted(&program.display().to_string());
    let broken = broken.map(|rule| format!(" --break {}", rule.id())).unwrap_or_default();
    let command = format!("exec {program} reference-registry --listen {{listen}} --root {{root}}{broken}");
    Ok(Exec {
        launcher: Launcher::new(&command).map_err(|error| CliError::harness(error.to_string()))?,
        client: ClientOptions { ca: None, insecure: false, timeout: Duration::from_secs(10), credentials: None },
        kills: None,
        scratch: memory(),
        log: None,
        say: |_| {},
    })
}

/// `plimsoll reference-registry`: serves until it is told to stop.
pub async fn serve(args: ReferenceArgs) -> Result<Exit, CliError> {
    let broken: Result<Vec<Rule>, CliError> = args
        .broken
        .iter()
        .map(|id| Rule::from_id(id).ok_or_else(|| CliError::usage(format!("there is no rule `{id}`"))))
        .collect();
    let mut config = Config::new(args.root);
    config.listen = args.listen;
    config.rules = Rules::breaking(broken?);
    config.tls = args.tls_certificate.zip(args.tls_key).map(|(certificate, key)| TlsConfig { certificate, key });
    let mut stop = on_interrupt()?;
    let server = start(config).await?;
    // The sender lives as long as the process.
    let _ = stop.wait_for(|stop| *stop).await;
    server.shutdown().await;
    Ok(Exit::Conformant)
}

/// Where there is room in memory for a registry that is thrown away: thousands of small files that come and go are slow
/// on disks. The default of container engines, 64 MiB, is no room.
const MEMORY: &str = "/dev/shm";
/// Bytes that are room enough.
const ROOM: u64 = 1 << 30;

fn scratch() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("plimsoll-reference-");
    match memory().map(|memory| builder.tempdir_in(memory)) {
        Some(Ok(root)) => Ok(root),
        _ => builder.tempdir(),
    }
}

/// The place in memory, if there is room.
pub fn memory() -> Option<PathBuf> {
    let free = nix::sys::statvfs::statvfs(MEMORY).map_or(0, |fs| fs.blocks_available() * fs.fragment_size());
    // Who names a place for temporary files means it.
    (std::env::var_os("TMPDIR").is_none() && free >= ROOM).then(|| PathBuf::from(MEMORY))
}
