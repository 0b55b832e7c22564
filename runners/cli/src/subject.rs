//! The registry that `--exec` starts.

use std::path::Path;

use plimsoll_registry_runner::Exec;
use plimsoll_registry_runner::client::Client;
use plimsoll_registry_runner::subject::{self, LaunchError, Launcher, Running};
use tempfile::TempDir;
use url::Url;

use crate::error::CliError;

/// A registry that runs, with its directory, which goes with it.
pub struct Subject {
    running: Running,
    home: TempDir,
    url: Url,
    exec: Exec,
}

impl Subject {
    /// Starts it and waits until it answers.
    pub async fn start(exec: Exec) -> Result<Self, CliError> {
        let home = exec
            .home()
            .map_err(|error| CliError::harness(format!("cannot make a directory for the registry: {error}")))?;
        let port = Launcher::free_port().map_err(|error| not_started(&error))?;
        let url = subject::url(port).map_err(|error| not_started(&error))?;
        let client = Client::new(exec.client.clone(), &url).map_err(|error| CliError::usage(error.to_string()))?;
        let running = exec.launcher.start(home.path(), port, &client).await.map_err(|error| not_started(&error))?;
        Ok(Self { running, home, url, exec })
    }

    /// Its address.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// How it was started.
    pub fn exec(&self) -> &Exec {
        &self.exec
    }

    /// Ends it, keeps what it printed, and removes its directory.
    pub async fn stop(self, log: Option<&Path>) {
        self.running.kill().await;
        if let Some(log) = log {
            Exec { log: Some(log.to_owned()), ..self.exec }.keep_log(self.home.path());
        }
        // What cannot be removed is in the temporary directory, which the system cleans.
        let _ = self.home.close();
    }
}

fn not_started(error: &LaunchError) -> CliError {
    CliError::harness(format!("cannot start the registry: {error}"))
        .hint("the command of --exec has to stay in the foreground and serve HTTP at {listen}; try it in a shell")
}

/// A word for a shell.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
