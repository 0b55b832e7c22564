//! The program as a child process, and small servers for it to talk to.

#![allow(dead_code, reason = "each test program uses another part")]
#![allow(unreachable_pub, reason = "a module of several test programs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// No run of these tests takes nearly as long; one that does hangs.
const LIMIT: Duration = Duration::from_secs(180);

/// What came out.
#[derive(Debug)]
pub struct Output {
    /// Exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Asserts that this is one message for a person, and no more.
    pub fn complains(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.stdout, "", "standard output is for data");
        assert!(self.stderr.starts_with("error: "), "{self:#?}");
        let before = self.stderr.split("\n\nerror: ").next().unwrap_or_default();
        assert!(!before.contains("\nerror: "), "one message, and with it at most mistakes at their place: {self:#?}");
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {self:#?}");
        }
        for never in ["panicked", "backtrace", "RUST_BACKTRACE", "Err(", "unwrap"] {
            assert!(!self.stderr.contains(never), "{never:?} in {self:#?}");
        }
    }
}

/// The program in this folder, with nothing of the environment that could configure it.
pub fn plimsoll(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments);
    bare(&mut command, folder);
    command
}

/// Takes away what is configured around the tests. Temporary files go into the folder, so that they can be counted.
pub fn bare(command: &mut Command, folder: &Path) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("HOME", folder).env("TMPDIR", folder).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
}

/// Runs the program to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    Running::start(plimsoll(folder, arguments)).wait()
}

/// The program while it runs.
pub struct Running {
    child: Child,
    stdout: thread::JoinHandle<String>,
    stderr: thread::JoinHandle<String>,
    lines: mpsc::Receiver<String>,
}

impl Running {
    /// Starts it.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        let stdout = thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            text
        });
        let (sender, lines) = mpsc::channel();
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            for line in err.lines() {
                let line = line.unwrap();
                text.push_str(&line);
                text.push('\n');
                // Nobody has to read along.
                let _ = sender.send(line);
            }
            text
        });
        Self { child, stdout, stderr, lines }
    }

    /// Waits for a line on standard error that contains this.
    pub fn wait_for_line(&self, part: &str) {
        loop {
            let line = self.lines.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("no line with {part:?}"));
            if line.contains(part) {
                return;
            }
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits for the end, for a limited time.
    pub fn wait(mut self) -> Output {
        let (sender, ended) = mpsc::channel::<()>();
        let pid = Pid::from_raw(self.child.id().try_into().unwrap());
        let guard = thread::spawn(move || {
            if ended.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = kill(pid, Signal::SIGKILL);
            }
        });
        let stdout = self.stdout.join().unwrap();
        let stderr = self.stderr.join().unwrap();
        let code = self.child.wait().unwrap().code();
        drop(sender);
        guard.join().unwrap();
        Output { code, stdout, stderr }
    }
}

/// A server that answers every request with what this returns for its first line, and its address. It lives as long as
/// the test program. `None` lets the client wait until one of the two goes away.
pub fn server(answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = std::sync::Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = std::sync::Arc::clone(&answer);
            thread::spawn(move || serve(&stream.unwrap(), &*answer));
        }
    });
    address
}

fn serve(mut stream: &TcpStream, answer: &dyn Fn(&str) -> Option<String>) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    let mut line = String::new();
    if reader.read_line(&mut first).is_err() {
        return;
    }
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    match answer(first.trim_end()) {
        // A client that is gone has nothing to be told.
        Some(text) => {
            let _ = stream.write_all(text.as_bytes());
        }
        None => {
            let _ = reader.read_to_string(&mut line);
        }
    }
}

/// An answer for [`server`].
pub fn answer(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// Writes a file below the folder, with the folders above it.
pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Names of what is in the folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
