//! The embedded reference registry as a subject.

use plimsoll_registry::{Config, Rule, Rules, Server};
use tempfile::TempDir;
use url::Url;

use crate::error::CliError;

/// A reference registry with a root that is removed with it.
pub struct Reference {
    server: Server,
    root: TempDir,
}

impl Reference {
    /// Starts one on a free loopback port. Its state is thrown away, so nothing is synced to disk.
    pub async fn start(broken: Option<Rule>) -> Result<Self, CliError> {
        let root = tempfile::Builder::new()
            .prefix("plimsoll-reference-")
            .tempdir()
            .map_err(|error| CliError::harness(format!("cannot make a temporary directory: {error}")))?;
        let mut config = Config::new(root.path());
        config.listen = ([127, 0, 0, 1], 0).into();
        config.rules = Rules::breaking(broken);
        config.durable = false;
        let server = Server::start(config)
            .await
            .map_err(|error| CliError::harness(format!("cannot start the reference registry: {error}")))?;
        Ok(Self { server, root })
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
