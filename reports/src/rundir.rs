//! A run on disk: `run.json`, `events.jsonl`, `bodies/` and the reports.
//!
//! Nothing in the directory is ever half-written under its final name, except the last line of `events.jsonl`, which
//! readers tolerate.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use plimsoll_engine::event::Event;
use plimsoll_engine::summary::Summary;

use crate::{Error, Format, Reporter, render};

/// The start of the run, for people and programs that want no more.
const RUN: &str = "run.json";
/// All events, one a line.
pub(crate) const EVENTS: &str = "events.jsonl";
/// Bodies by the hex part of their digest.
const BODIES: &str = "bodies";
/// What temporary files are called.
const TEMPORARY: &str = ".plimsoll-";

/// Writes a run directory. Safe to share between threads for [`RunDir::store_body`].
pub struct RunDir {
    path: PathBuf,
    events: File,
    /// Length of the whole lines in `events`.
    written: u64,
    /// Events were lost; said once, then silent.
    broken: bool,
    temporary: AtomicU64,
}

impl RunDir {
    /// Makes the directory ready for a run. What an earlier run left there is removed, so that nothing old can be
    /// taken for this run; files of other names stay.
    ///
    /// # Errors
    /// When the directory cannot be written, holds something that is not a run, or is in use by another run.
    pub fn create(path: &Path) -> Result<Self, Error> {
        fs::create_dir_all(path).map_err(|e| Error::io("create the run directory", path, e))?;
        if let Some(found) = stranger(path)? {
            return Err(Error::NotARun { path: path.to_owned(), found });
        }
        let name = path.join(EVENTS);
        let io = |source| Error::io("open the event log", &name, source);
        let events = OpenOptions::new().create(true).append(true).open(&name).map_err(io)?;
        match events.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy { path: path.to_owned() }),
            // A file system without locks cannot protect from a second run; that is no reason not to run.
            Err(TryLockError::Error(_)) => {}
        }
        clean(path)?;
        events.set_len(0).map_err(io)?;
        let bodies = path.join(BODIES);
        fs::create_dir_all(&bodies).map_err(|e| Error::io("create the directory", &bodies, e))?;
        Ok(Self { path: path.to_owned(), events, written: 0, broken: false, temporary: AtomicU64::new(0) })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Stores a body under its digest (`sha256:` and 64 hexadecimal digits). One that is there already is left alone.
    ///
    /// # Errors
    /// When the digest is none, or the file cannot be written.
    pub fn store_body(&self, digest: &str, bytes: &[u8]) -> Result<(), Error> {
        let hex = digest.strip_prefix("sha256:").filter(|hex| is_hex_name(hex));
        let hex = hex.ok_or_else(|| Error::BadDigest { digest: crate::text::name(digest) })?;
        let path = self.path.join(BODIES).join(hex);
        if path.exists() {
            return Ok(());
        }
        self.write_whole("store the body", &path, |file| file.write_all(bytes))
    }

    /// Writes the reports of a run. Formats that are no file are passed over.
    ///
    /// # Errors
    /// At the first report that cannot be written; it then does not exist, and earlier ones are whole.
    pub fn finish(&self, summary: &Summary, formats: &[Format]) -> Result<(), Error> {
        for format in formats {
            let Some(name) = format.file_name() else { continue };
            let text = render(*format, summary)?;
            self.write_whole("write the report", &self.path.join(name), |file| file.write_all(text.as_bytes()))?;
        }
        Ok(())
    }

    /// Writes to a temporary file beside `path` and renames it when it is whole and on disk.
    fn write_whole(
        &self,
        doing: &'static str,
        path: &Path,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), Error> {
        let n = self.temporary.fetch_add(1, Ordering::Relaxed);
        let temporary = self.path.join(format!("{TEMPORARY}{n}.tmp"));
        let done = File::create(&temporary)
            .and_then(|mut file| write(&mut file).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&temporary, path));
        done.map_err(|error| {
            // Removing it is a courtesy; the error that counts is the first.
            let _ = fs::remove_file(&temporary);
            Error::io(doing, path, error)
        })
    }

    fn append(&mut self, event: &Event) -> Result<(), Error> {
        let mut line = serde_json::to_vec(event).map_err(|source| Error::Json { what: "an event", source })?;
        line.push(b'\n');
        if let Err(error) = self.events.write_all(&line) {
            self.broken = true;
            // Back to whole lines, as far as the disk allows; readers tolerate a cut last line.
            let _ = self.events.set_len(self.written);
            return Err(Error::io("append to the event log", &self.path.join(EVENTS), error));
        }
        self.written += line.len() as u64;
        Ok(())
    }
}

impl Reporter for RunDir {
    /// Appends the event. After a failure, which is reported once, later events are dropped: a log with a gap would
    /// tell a wrong story.
    fn event(&mut self, event: &Event) -> Result<(), Error> {
        if self.broken {
            return Ok(());
        }
        if let Event::RunStarted(run) = event {
            let mut json = serde_json::to_string_pretty(run)
                .map_err(|source| Error::Json { what: "the start of the run", source })?;
            json.push('\n');
            self.write_whole("write", &self.path.join(RUN), |file| file.write_all(json.as_bytes()))?;
        }
        self.append(event)
    }
}

fn is_hex_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_ours(name: &str) -> bool {
    let report = || Format::ALL.into_iter().filter_map(Format::file_name).any(|file| file == name);
    name == RUN || name == EVENTS || name == BODIES || name.starts_with(TEMPORARY) || report()
}

fn entries(path: &Path) -> Result<Vec<String>, Error> {
    let io = |source| Error::io("list the directory", path, source);
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(io)? {
        names.push(entry.map_err(io)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The name of something in the directory that shows that it is no run; `None` for an empty directory, the directory
/// of a run, and that of a run that was killed before it began.
fn stranger(path: &Path) -> Result<Option<String>, Error> {
    let names = entries(path)?;
    let run = fs::read(path.join(RUN)).ok().and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    if run.is_some_and(|run| run["schema"].is_u64() && run["tool"]["suites"].is_string()) {
        return Ok(None);
    }
    let empty_log = fs::metadata(path.join(EVENTS)).is_ok_and(|meta| meta.is_file() && meta.len() == 0);
    let begun = |name: &str| (empty_log && [EVENTS, BODIES].contains(&name)) || name.starts_with(TEMPORARY);
    Ok(names.into_iter().find(|name| !begun(name)))
}

/// Removes what runs write, and only that. The event log stays: it carries the lock.
fn clean(path: &Path) -> Result<(), Error> {
    for name in entries(path)?.into_iter().filter(|name| is_ours(name) && name != EVENTS) {
        let file = path.join(&name);
        let io = |source| Error::io("remove what an earlier run left:", &file, source);
        if name != BODIES || !fs::symlink_metadata(&file).map_err(io)?.is_dir() {
            fs::remove_file(&file).map_err(io)?;
            continue;
        }
        for body in entries(&file)?.into_iter().filter(|body| is_hex_name(body)) {
            fs::remove_file(file.join(body)).map_err(io)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_halfway_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let run = RunDir::create(dir.path()).unwrap();
        let target = dir.path().join("results.json");
        fs::write(&target, "old").unwrap();
        let error = run
            .write_whole("write the report", &target, |file| {
                file.write_all(b"half a rep")?;
                Err(io::ErrorKind::StorageFull.into())
            })
            .unwrap_err();
        assert!(matches!(error, Error::DiskFull { .. }), "{error}");
        assert!(error.to_string().contains("hint:"), "{error}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        assert_eq!(entries(dir.path()).unwrap(), [BODIES, EVENTS, "results.json"]);
    }
}
