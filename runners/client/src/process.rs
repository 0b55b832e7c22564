//! The client as a process: with nothing of the user's, for a limited time, and gone when the case is.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use plimsoll_engine::event::{Exchange, Part};
use plimsoll_engine::trial::Trial;
use plimsoll_suite::client::Exit;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

/// Most bytes of output that are kept of each stream.
const KEPT: usize = 1 << 20;

/// What a client left behind when it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    /// Standard output, then standard error.
    pub(crate) output: Vec<u8>,
    /// Its place in the transcript.
    pub(crate) exchange: usize,
}

/// Ends the group of the process, whoever is still in it.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.0.and_then(|id| i32::try_from(id).ok()) {
            // A group that is gone has nobody to be told.
            let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}

/// Runs the command in a home of its own.
///
/// # Errors
/// When it cannot be started or does not end in time.
pub(crate) async fn run(
    words: &[String],
    environment: &BTreeMap<String, String>,
    home: &Path,
    limit: Duration,
    trial: &Trial,
) -> Result<Ended, String> {
    let [program, arguments @ ..] = words else { return Err("the profile has an empty command".to_owned()) };
    let mut command = Command::new(program);
    command.args(arguments).env_clear().current_dir(home).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    for name in ["HOME", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        command.env(name, home);
    }
    command.envs(environment);
    let begun = Instant::now();
    let mut child = command.spawn().map_err(|error| format!("cannot start {program}: {error}"))?;
    let group = Group(child.id());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let all = async {
        let (stdout, stderr, status) = tokio::join!(read(stdout), read(stderr), child.wait());
        status.map(|status| (stdout, stderr, status))
    };
    let ended = tokio::time::timeout(limit, all).await;
    drop(group);
    let (line, took) = (words.join(" "), u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    let show = |summary: String, output: &[u8], error: Option<String>| {
        let body = (!output.is_empty()).then(|| trial.body(&output.to_vec().into()));
        let sent = Part { head: vec![line.clone()], body: None };
        let received = error.is_none().then(|| Part { head: vec![summary.clone()], body });
        trial.exchange(Exchange {
            summary: format!("{program} -> {summary}"),
            sent,
            received,
            error,
            duration_ms: took,
        })
    };
    match ended {
        Err(_) => {
            let reason = format!("{program} did not end within {limit:?}");
            show("no end".to_owned(), &[], Some(reason.clone()));
            Err(reason)
        }
        Ok(Err(error)) => Err(format!("cannot wait for {program}: {error}")),
        Ok(Ok((mut output, stderr, status))) => {
            output.extend(stderr);
            let exit = match status.code() {
                Some(0) => Exit::Ok,
                Some(_) => Exit::Refused,
                None => Exit::Crashed,
            };
            let exchange = show(status.to_string(), &output, None);
            Ok(Ended { exit, output, exchange })
        }
    }
}

/// Reads to the end and keeps the beginning.
async fn read(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let Some(mut stream) = stream else { return Vec::new() };
    let mut kept = Vec::new();
    let mut piece = vec![0; 16 << 10];
    while let Ok(size) = stream.read(&mut piece).await
        && size > 0
    {
        let room = KEPT - kept.len();
        kept.extend_from_slice(&piece[..size.min(room)]);
    }
    kept
}

/// The last word that a command prints on its first line, such as a version; `None` when it prints nothing.
///
/// # Errors
/// When the command cannot be started or does not end in time.
pub(crate) async fn last_word(words: &[String], home: &Path, limit: Duration) -> Result<Option<String>, String> {
    let trial = Trial::new("", "");
    let ended = run(words, &BTreeMap::new(), home, limit, &trial).await?;
    let text = String::from_utf8_lossy(&ended.output).into_owned();
    Ok(text.lines().next().and_then(|line| line.split_whitespace().last()).map(str::to_owned))
}
