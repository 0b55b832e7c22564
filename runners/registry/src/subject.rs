//! A registry that the harness starts itself, supervises and ends.
//!
//! A small shell stands between the two. It puts the command into a session and process group of its own, and kills the
//! whole group when its standard input ends: because the harness wants it, or because the harness is no more, however that
//! came about.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use url::Url;

use crate::client::{Client, Request};
pub use place::{Exec, Place};

pub(crate) mod disk;
mod place;

/// `$1` is the command, `$2` the log. Standard input goes to a reader in the background under another number, because a
/// shell gives `/dev/null` to what it puts there. Standard output goes to the command alone, as number 4: it ends when the
/// last process of the registry has, which a child that nobody waits for may do later than the one that is waited for.
const KEEPER: &str = r#"
exec 3<&0
setsid sh -c "$1" 4>&1 >>"$2" 2>&1 </dev/null 3<&- & subject=$!
{ read -r _ <&3; kill -s KILL -- -$subject; } >/dev/null 2>&1 & reader=$!
exec >/dev/null
wait $subject; status=$?
kill -s KILL -- -$subject $reader 2>/dev/null
exit $status
"#;
/// How long a registry may take until it answers.
const START: Duration = Duration::from_secs(30);
/// Pause between two looks whether it does.
const POLL: Duration = Duration::from_millis(10);
/// Ports that the system does not give to outgoing connections: one of those could take the place of the registry while
/// it is down, or even connect to itself.
const PORTS: std::ops::Range<u16> = 15_000..32_000;
/// How much of what the registry said last is shown, in bytes.
const LAST_WORDS: u64 = 2_000;

/// The command that starts a registry.
#[derive(Debug, Clone)]
pub struct Launcher {
    command: String,
}

/// Why there is no registry.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The command does not say where.
    #[error("the command has no `{0}`, so that it cannot know where")]
    Placeholder(&'static str),
    /// Files, ports or processes could not be had.
    #[error("cannot {what}: {source}")]
    Host {
        /// What was tried.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// It ended before it answered.
    #[error("it ended ({status}) before GET /v2/ was answered{words}")]
    Ended {
        /// The exit status.
        status: String,
        /// What it said last.
        words: String,
    },
    /// It does not answer.
    #[error("GET /v2/ was not answered within {START:?}{words}")]
    Silent {
        /// What it said last.
        words: String,
    },
}

fn failed(what: &'static str) -> impl Fn(io::Error) -> LaunchError {
    move |source| LaunchError::Host { what, source }
}

impl Launcher {
    /// A launcher for a shell command with the placeholders `{listen}` (address and port) and `{root}` (a directory).
    pub fn new(command: &str) -> Result<Self, LaunchError> {
        match ["{listen}", "{root}"].into_iter().find(|placeholder| !command.contains(placeholder)) {
            Some(missing) => Err(LaunchError::Placeholder(missing)),
            None => Ok(Self { command: command.to_owned() }),
        }
    }

    /// Where a registry may listen. No port is given twice in turn: it is not in use before the registry has started, and
    /// not while it is down.
    fn free_port() -> Result<u16, LaunchError> {
        static GIVEN: AtomicU32 = AtomicU32::new(0);
        // Another process that chooses at the same moment begins elsewhere.
        let span = u32::from(PORTS.end - PORTS.start);
        let first = std::process::id().wrapping_mul(2_654_435_761) % span;
        for _ in 0..span {
            let next = GIVEN.fetch_add(1, Ordering::Relaxed) % span;
            let port = PORTS.start + u16::try_from((first + next * 7) % span).unwrap_or_default();
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(port);
            }
        }
        Err(failed("find a free port")(io::ErrorKind::AddrInUse.into()))
    }

    /// Starts the registry at an address, with its directory in `root` and its output in `log`, by a shell that may run
    /// elsewhere. Returns when it answers.
    async fn start(
        &self,
        mut shell: Command,
        (root, log): (&Path, &Path),
        url: &Url,
        client: &Client,
    ) -> Result<Running, LaunchError> {
        let command = self.command.replace("{listen}", url.authority()).replace("{root}", &root.to_string_lossy());
        let keeper = shell
            .args(["-c", KEEPER, "sh", &command])
            .arg(log)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C is for the harness, which then ends the registry when it has cleaned up.
            .process_group(0)
            .spawn()
            .map_err(failed("start a shell"))?;
        let mut running = Running { keeper };
        let deadline = Instant::now() + START;
        loop {
            if let Some(status) = running.keeper.try_wait().map_err(failed("look after the registry"))? {
                return Err(LaunchError::Ended { status: status.to_string(), words: last_words(log) });
            }
            let request = Request::new(Method::GET, url.join("v2/").unwrap_or_else(|_| url.clone()));
            if client.send(&request).await.is_ok_and(|response| response.status < 500) {
                return Ok(running);
            }
            if Instant::now() > deadline {
                running.kill().await;
                return Err(LaunchError::Silent { words: last_words(log) });
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// The end of the log, for messages.
fn last_words(log: &Path) -> String {
    let read = || -> io::Result<String> {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LAST_WORDS)))?;
        let mut bytes = Vec::new();
        file.take(LAST_WORDS).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    match read() {
        Ok(words) if !words.is_empty() => format!("; it said last:\n{words}"),
        _ => "; it said nothing".to_owned(),
    }
}

/// A registry that runs. Dropping it kills it without waiting.
#[derive(Debug)]
pub struct Running {
    keeper: Child,
}

impl Running {
    /// SIGKILL to all its processes; returns when it is gone.
    pub async fn kill(mut self) {
        drop(self.keeper.stdin.take());
        let ended = async {
            if let Some(mut open) = self.keeper.stdout.take() {
                let _ = open.read_to_end(&mut Vec::new()).await;
            }
            self.keeper.wait().await
        };
        // A process that is stuck in the system cannot be waited for.
        let _ = tokio::time::timeout(Duration::from_secs(10), ended).await;
    }
}

#[cfg(test)]
mod tests;
