//! A small file system for one registry, which can be filled up.
//!
//! It is a tmpfs in a mount namespace of its own, that of a shell which waits for the end of its standard input. So nothing
//! of it can be seen outside, and nothing stays when the harness is killed. The registry is started in that namespace; the
//! harness reaches into it through `/proc/PID/root`.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// Bytes of the file system: enough for what a life writes and for the database some registries have.
const SIZE: &str = "64m";
/// `$1` is the size, `$2` the directory.
const HOLDER: &str = r#"mount -t tmpfs -o "size=$1,mode=0700" plimsoll "$2" && echo ready && read -r _"#;
/// One page, the smallest room there is on a tmpfs.
const PAGE: [u8; 4096] = [0; 4096];

/// The file system. It goes with this value.
#[derive(Debug)]
pub(crate) struct Disk {
    holder: Child,
    pid: u32,
    path: PathBuf,
    privileged: bool,
}

impl Disk {
    /// One that is empty, at a directory that is there.
    pub(crate) async fn new(path: &Path) -> io::Result<Self> {
        match Self::with(path, true).await {
            Ok(disk) => Ok(disk),
            // Who may not mount may do so as the root of a user namespace, where those are allowed.
            Err(_) => Self::with(path, false).await,
        }
    }

    async fn with(path: &Path, privileged: bool) -> io::Result<Self> {
        let mut command = Command::new("unshare");
        if !privileged {
            command.arg("--map-root-user");
        }
        let mut holder = command
            .args(["--mount", "--propagation", "private", "sh", "-c", HOLDER, "sh", SIZE])
            .arg(path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("cannot run unshare: {error}")))?;
        let mut said = String::new();
        if let Some(output) = holder.stdout.take() {
            BufReader::new(output).read_line(&mut said).await?;
        }
        let Some(pid) = holder.id().filter(|_| said == "ready\n") else {
            let output = holder.wait_with_output().await?;
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        };
        Ok(Self { holder, pid, path: path.to_owned(), privileged })
    }

    /// A command that runs another one where this file system is.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount=/proc/{}/ns/mnt", self.pid));
        if !self.privileged {
            command.arg(format!("--user=/proc/{}/ns/user", self.pid)).arg("--preserve-credentials");
        }
        command.arg("--wd=.").arg(program);
        command
    }

    /// Takes all the room there is but some pages.
    pub(crate) fn fill(&self, spared: u64) -> io::Result<()> {
        let mut ballast = File::options().create(true).append(true).open(self.ballast())?;
        loop {
            match ballast.write_all(&PAGE) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                Err(error) => return Err(error),
            }
        }
        let taken = ballast.metadata()?.len() / PAGE.len() as u64;
        ballast.set_len(taken.saturating_sub(spared) * PAGE.len() as u64)
    }

    /// Gives the room back.
    pub(crate) fn free(&self) -> io::Result<()> {
        std::fs::remove_file(self.ballast())
    }

    fn ballast(&self) -> PathBuf {
        let inside = self.path.strip_prefix("/").unwrap_or(&self.path);
        Path::new("/proc").join(self.pid.to_string()).join("root").join(inside).join("ballast")
    }

    /// Ends it and waits until it is gone.
    pub(crate) async fn close(mut self) {
        drop(self.holder.stdin.take());
        // It ends by itself, and dropping it kills it.
        let _ = self.holder.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_full_until_it_is_freed_and_nothing_of_it_is_seen_outside() {
        let folder = tempfile::tempdir().unwrap();
        let disk = match Disk::new(folder.path()).await {
            Ok(disk) => disk,
            // In a container nobody may. Everywhere else somebody may, so the test is none there only.
            Err(reason) => return eprintln!("skipped: {reason}"),
        };
        let write = async || {
            let mut command = disk.command("dd");
            let to = format!("of={}", folder.path().join("file").display());
            let command = command.args(["if=/dev/zero", "bs=4096", "count=1"]).arg(to).stderr(Stdio::null());
            command.status().await.unwrap().success()
        };
        assert!(write().await);
        disk.fill(0).unwrap();
        std::fs::remove_file(disk.ballast().with_file_name("file")).unwrap();
        disk.fill(0).unwrap();
        assert!(!write().await, "there is room still");
        disk.free().unwrap();
        assert!(write().await);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the files are in the other namespace");
        disk.close().await;
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(&*folder.path().to_string_lossy()));
    }
}
