//! Where a registry lives that the harness starts: a directory, a port, and a client to reach it.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::process::Command;
use url::Url;

use super::disk::Disk;
use super::{LaunchError, Launcher, Running, failed};
use crate::client::{Client, ClientOptions};

/// How the harness starts registries of its own.
#[derive(Clone)]
pub struct Exec {
    /// The command.
    pub launcher: Launcher,
    /// How to reach them: over TLS, if certificates are said anything about.
    pub client: ClientOptions,
    /// How often one is killed, in place of what a case says.
    pub kills: Option<u32>,
    /// Where their directories are made; that of the system where nothing is said.
    pub scratch: Option<PathBuf>,
    /// Where what they print is kept.
    pub log: Option<PathBuf>,
    /// Told how far a long activity is.
    pub say: fn(&str),
}

impl std::fmt::Debug for Exec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exec").field("launcher", &self.launcher).finish_non_exhaustive()
    }
}

/// The place of one registry. It goes with this value.
#[derive(Debug)]
pub struct Place {
    exec: Exec,
    home: TempDir,
    url: Url,
    client: Client,
    disk: Option<Disk>,
}

impl Place {
    /// An empty directory and a free port.
    pub fn new(exec: &Exec) -> Result<Self, LaunchError> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("plimsoll-subject-");
        let home = match &exec.scratch {
            Some(scratch) => builder.tempdir_in(scratch),
            None => builder.tempdir(),
        };
        let home = home.map_err(failed("make a directory for the registry"))?;
        // No authority that everybody trusts certifies a loopback address: who says nothing of certificates means HTTP.
        let scheme = if exec.client.ca.is_some() || exec.client.insecure { "https" } else { "http" };
        let url = Url::parse(&format!("{scheme}://127.0.0.1:{}/", Launcher::free_port()?));
        let url = url.map_err(|error| failed("write its address")(io::Error::other(error)))?;
        let client = Client::new(exec.client.clone(), &url);
        let client = client.map_err(|error| failed("make a client for it")(io::Error::other(error)))?;
        let place = Self { exec: exec.clone(), home, url, client, disk: None };
        std::fs::create_dir(place.root()).map_err(failed("make a directory for the registry"))?;
        Ok(place)
    }

    /// The same with a small disk.
    pub(crate) async fn on_small_disk(exec: &Exec) -> Result<Self, LaunchError> {
        let mut place = Self::new(exec)?;
        place.disk = Some(Disk::new(&place.root()).await.map_err(failed("make a small disk"))?);
        Ok(place)
    }

    /// Starts the registry, on what an earlier one left. Returns when it answers.
    pub async fn start(&self) -> Result<Running, LaunchError> {
        let shell = match &self.disk {
            Some(disk) => disk.command("sh"),
            None => Command::new("sh"),
        };
        self.exec.launcher.start(shell, (&self.root(), &self.log()), &self.url, &self.client).await
    }

    fn root(&self) -> PathBuf {
        self.home.path().join("root")
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("subject.log")
    }

    /// The small disk, if it has one.
    pub(crate) fn disk(&self) -> Option<&Disk> {
        self.disk.as_ref()
    }

    /// How it is started.
    pub fn exec(&self) -> &Exec {
        &self.exec
    }

    /// Its address.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// What reaches it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Adds what it printed to a file.
    pub fn keep_log(&self, to: Option<&Path>) {
        let copy = |to| -> io::Result<u64> {
            io::copy(&mut File::open(self.log())?, &mut OpenOptions::new().create(true).append(true).open(to)?)
        };
        // It is a help for people who look for a reason. Without it the verdict is the same.
        let _ = to.map(copy);
    }

    /// Ends what it is made of, and waits for it.
    pub(crate) async fn close(self) {
        if let Some(disk) = self.disk {
            disk.close().await;
        }
    }
}
