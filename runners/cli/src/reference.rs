//! The embedded reference registry as a subject.

pub mod filling;

use std::time::Duration;

use plimsoll_registry::{Config, Freedom, Rule, Rules, Server};
use plimsoll_registry_runner::content::Content;
use tempfile::TempDir;
use url::Url;

use crate::error::CliError;

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
}

impl Variant {
    /// All variants.
    pub const ALL: [Self; 6] =
        [Self::Usual, Self::Frugal, Self::Declining, Self::Throttled, Self::Upgraded, Self::Filled];
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
        }
    }

    fn apply(self, config: &mut Config) {
        match self {
            Self::Usual | Self::Filled => {}
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
    server: Server,
    root: TempDir,
    content: Option<Content>,
}

impl Reference {
    /// Starts one on a free loopback port, with one rule broken if wanted. Its state is thrown away, so nothing is
    /// synced to disk.
    pub async fn start(variant: Variant, broken: Option<Rule>) -> Result<Self, CliError> {
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
        let server = Server::start(config)
            .await
            .map_err(|error| CliError::harness(format!("cannot start the reference registry: {error}")))?;
        Ok(Self { server, root, content: None })
    }

    /// What it was filled with; such a one is only read.
    pub fn content(&self) -> Option<&Content> {
        self.content.as_ref()
    }

    /// Its address.
    pub fn url(&self) -> Result<Url, CliError> {
        Url::parse(&self.server.url()).map_err(|error| CliError::harness(error.to_string()))
    }

    /// Stops it and removes its root.
    pub async fn stop(self) {
        self.server.shutdown().await;
        // What cannot be removed is in the temporary directory, which the system cleans.
        let _ = self.root.close();
    }
}

/// Where there is room in memory for a registry that is thrown away: thousands of small files that come and go are slow
/// on disks. The default of container engines, 64 MiB, is no room.
const MEMORY: &str = "/dev/shm";
/// Bytes that are room enough.
const ROOM: u64 = 1 << 30;

fn scratch() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("plimsoll-reference-");
    let free = nix::sys::statvfs::statvfs(MEMORY).map_or(0, |fs| fs.blocks_available() * fs.fragment_size());
    // Who names a place for temporary files means it.
    if std::env::var_os("TMPDIR").is_none()
        && free >= ROOM
        && let Ok(root) = builder.tempdir_in(MEMORY)
    {
        return Ok(root);
    }
    builder.tempdir()
}
