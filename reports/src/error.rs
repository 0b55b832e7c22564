//! What can go wrong when a report is written or a run is read back.

use std::io;
use std::path::{Path, PathBuf};

/// An error of this crate. The message says what was tried, what happened and, where known, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that is no format.
    #[error("no report format is called `{given}`\nhint: the formats are {known}")]
    UnknownFormat {
        /// What was given.
        given: String,
        /// All formats, separated by commas.
        known: String,
    },
    /// Text could not be put together.
    #[error("could not put the text of a report together")]
    Text(#[from] std::fmt::Error),
    /// The HTML template failed.
    #[error("could not render the HTML report")]
    Template(#[from] askama::Error),
    /// The XML writer failed.
    #[error("could not render the JUnit report")]
    Junit(#[from] junit_report::Error),
    /// Something could not be written as JSON.
    #[error("could not write {what} as JSON")]
    Json {
        /// What.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A file operation failed.
    #[error("could not {doing} {path}: {source}{hint}", path = path.display())]
    Io {
        /// What was tried, e.g. `create the run directory`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What happened.
        source: io::Error,
        /// What to do; empty, or a line that starts with `hint:`.
        hint: &'static str,
    },
    /// The disk or the quota is full.
    #[error("no space left while trying to {doing} {path}; what was written before is intact\nhint: free some space \
             and repeat, or choose another directory for the run", path = path.display())]
    DiskFull {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
    },
    /// A directory that may not be overwritten.
    #[error("refusing to write a run into {path}: it holds `{found}` and is not the directory of an earlier run\n\
             hint: name a directory that is empty or does not exist", path = path.display())]
    NotARun {
        /// The directory.
        path: PathBuf,
        /// Name of something in it.
        found: String,
    },
    /// Another process writes there.
    #[error("another run is writing into {path}\nhint: wait for it, or name another directory", path = path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// A body with a name that is no digest.
    #[error("`{digest}` is not a sha256 digest, so no body can be stored under it")]
    BadDigest {
        /// What was given.
        digest: String,
    },
    /// A stored run of another version.
    #[error("{path} was written with event schema {found}; this program knows schema {known}\nhint: use the version \
             of plimsoll that made the run", path = path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Schema in the file.
        found: u64,
        /// Schema of this program.
        known: u32,
    },
    /// A stored run that is damaged.
    #[error("{path}:{line} is not an event: {source}\nhint: only the last line of a run that was killed may be \
             damaged; this file was changed afterwards", path = path.display())]
    BadEvent {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// A stored run that does not begin.
    #[error("{path} does not begin with the start of a run\nhint: name a run directory, or the events.jsonl in it", path = path.display())]
    NoStart {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    /// Wraps an I/O error; a full disk gets its own message.
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        let hint = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => return Self::DiskFull { doing, path },
            io::ErrorKind::PermissionDenied => "\nhint: name a directory you may write to",
            io::ErrorKind::ReadOnlyFilesystem => "\nhint: the file system is read-only; name another directory",
            io::ErrorKind::NotFound => "\nhint: check the path",
            io::ErrorKind::AlreadyExists => "\nhint: there is something of that name that is no directory",
            io::ErrorKind::NotADirectory => "\nhint: a part of the path is a file",
            _ => "",
        };
        Self::Io { doing, path, source, hint }
    }
}
