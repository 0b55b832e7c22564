//! A registry, the program, and what it said.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use plimsoll_registry::{Auth, Config, Server, Users};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub(crate) const USER: &str = "alice";
pub(crate) const PASSWORD: &str = "correct-horse-battery-staple";

pub(crate) fn basic() -> Auth {
    Auth::Basic(Users::one(USER, PASSWORD))
}

pub(crate) fn bearer(anonymous_pull: bool) -> Auth {
    let users = Users::one(USER, PASSWORD);
    Auth::Bearer(if anonymous_pull { users.with_anonymous_pull() } else { users })
}

/// A reference registry with its state.
pub(crate) struct Registry {
    pub(crate) server: Server,
    _root: TempDir,
}

pub(crate) async fn registry(change: impl FnOnce(&mut Config)) -> Registry {
    let root = tempfile::tempdir().unwrap();
    let mut config = Config::new(root.path());
    config.durable = false;
    change(&mut config);
    Registry { server: Server::start(config).await.unwrap(), _root: root }
}

/// What a run of the program left.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) dir: TempDir,
}

impl Ran {
    /// Asserts the exit code, and that standard error has all of these in it.
    #[track_caller]
    pub(crate) fn is(&self, code: i32, parts: &[&str]) {
        let said = format!("{}\n{}", self.stdout, self.stderr);
        assert_eq!(self.code, code, "{said}");
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not in {}", self.stderr);
        }
        assert!(!said.contains("panicked") && !said.contains("backtrace"), "{said}");
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    /// The verdicts of all cases.
    pub(crate) fn verdicts(&self) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(self.out().join("results.json")).unwrap();
        let results: Value = serde_json::from_str(&text).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        results["cases"].as_array().unwrap().iter().map(|case| (text(&case["id"]), text(&case["verdict"]))).collect()
    }

    /// The names and contents of all files that were written.
    pub(crate) fn files(&self) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).unwrap();
                    files.push((path, String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
        }
        files
    }
}

/// Runs `plimsoll run` in an empty folder with these arguments, and the password on standard input if there is one.
pub(crate) async fn plimsoll(args: &[&str], password: Option<&str>) -> Ran {
    plimsoll_with(args, password, &[]).await
}

/// The same with more in its environment.
pub(crate) async fn plimsoll_with(args: &[&str], password: Option<&str>, environment: &[(&str, &str)]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.current_dir(&dir).args(["run", "--out", "out", "--timeout", "20s"]).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PLIMSOLL_")) {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied());
    let mut child = command.spawn().unwrap();
    // A program that does not want to know the password is gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(password.unwrap_or_default().as_bytes());
    let stdout = reading(child.stdout.take().unwrap());
    let stderr = reading(child.stderr.take().unwrap());
    let Ok(read) = tokio::time::timeout(Duration::from_secs(300), async { (stdout.await, stderr.await) }).await else {
        child.kill().unwrap();
        panic!("the run hangs");
    };
    let code = child.wait().unwrap().code().unwrap();
    Ran { code, stdout: read.0.unwrap(), stderr: read.1.unwrap(), dir }
}

fn reading(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Runs it as the user who may do everything.
pub(crate) async fn as_alice(url: &str, args: &[&str]) -> Ran {
    let login = ["--registry", url, "--user", USER, "--password-stdin"];
    plimsoll(&[&login, args].concat(), Some(PASSWORD)).await
}
