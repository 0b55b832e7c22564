//! The reference registry as a subject: inside this process, or as a process of its own that can be killed.

pub mod filling;

use std::path::PathBuf;
use std::time::Duration;

use plimsoll_registry::{Config, Freedom, Rule, Rules, Server};
use plimsoll_registry_runner::Exec;
use plimsoll_registry_runner::client::ClientOptions;
use plimsoll_registry_runner::content::Content;
use plimsoll_registry_runner::subject::Launcher;
use tempfile::TempDir;
use url::Url;

use crate::args::ReferenceArgs;
use crate::commands::run::on_interrupt;
use crate::error::CliError;
use crate::exit::Exit;
use crate::subject::Subject;

/// Requests in a second of the throttled variant: few enough that a whole run meets the limit.
const THROTTLE: u32 = 600;

/// A lawful way to be a registry. All of them conform; together they show every rule of the reference registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Everything offered, nothing unusual.
    Usual,
    /// Short pages, a smallest chunk, a warning on every answer, uploads that expire soon.
    Frugal,
    /// No deletion and no referrers API.
    Declining,
    /// Refuses requests beyond some hundred in a second.
    Throttled,
    /// Has the referrers API in a repository only when it is first asked for: what an upgrade looks like from outside.
    /// Not a lawful way to be a registry, because clients that push in between are not told.
    Upgraded,
    /// Only read: filled beforehand with what [`filling::content`] names.
    Filled,
    /// A process of its own, for the cases that start and kill it.
    Started,
}

impl Variant {
    /// All variants.
    pub const ALL: [Self; 7] =
        [Self::Usual, Self::Frugal, Self::Declining, Self::Throttled, Self::Upgraded, Self::Filled, Self::Started];
    /// Those that conform.
    pub const LAWFUL: [Self; 5] = [Self::Usual, Self::Frugal, Self::Declining, Self::Throttled, Self::Filled];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Frugal => "frugal",
            Self::Declining => "declining",
            Self::Throttled => "throttled",
            Self::Upgraded => "upgraded",
            Self::Filled => "filled",
            Self::Started => "started",
        }
    }

    fn apply(self, config: &mut Config) {
        match self {
            Self::Usual | Self::Filled | Self::Started => {}
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
    content: Option<Content>,
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
            let subject = Subject::start(exec(broken)?).await?;
            return Ok(Self { kind: Kind::Started(Box::new(subject)), content: None });
        }
        let mut reference = Self::with(|config| {
            config.rules = Rules::breaking(broken);
            variant.apply(config);
        })
        .await?;
        if variant == Variant::Filled {
            filling::push(&reference.url()?).await?;
            reference.content = Some(filling::content());
        }
        Ok(reference)
    }

    /// The same with one freedom taken.
    pub async fn taking(freedom: Freedom) -> Result<Self, CliError> {
        Self::with(|config| {
            config.freedoms.insert(freedom);
        })
        .await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Result<Self, CliError> {
        let root =
            scratch().map_err(|error| CliError::harness(format!("cannot make a temporary directory: {error}")))?;
        let mut config = Config::new(root.path());
        config.durable = false;
        change(&mut config);
        let server = start(config).await?;
        Ok(Self { kind: Kind::Embedded { server, root }, content: None })
    }

    /// What it was filled with; such a one is only read.
    pub fn content(&self) -> Option<&Content> {
        self.content.as_ref()
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
