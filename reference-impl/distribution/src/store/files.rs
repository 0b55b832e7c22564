//! Files that appear whole or not at all, and stay.
//!
//! The order is always: write under a temporary name, flush the file, rename, flush the directory. A process that is
//! killed in between leaves a temporary file and nothing else; a machine that loses power after an acknowledgement
//! still has the content. `durable: false` leaves the flushing out, for roots that are thrown away.

use crate::errors::StoreError;
use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};
use uuid::Uuid;

/// Names the failed action in the error of a file operation.
pub(super) trait Doing<T> {
    fn doing(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError { action, path: path.to_owned(), source })
    }
}

/// None where the file is absent.
pub(super) fn if_found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Keeps a second registry out: it would empty the folder the first one is writing to. One that is just stopping is
/// waited for.
fn lock(path: &Path) -> Result<File, StoreError> {
    let file = File::create(path).doing("create", path)?;
    let mut patience = 40;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if patience > 0 => std::thread::sleep(Duration::from_millis(50)),
            Err(TryLockError::WouldBlock) => {
                let source = io::Error::new(ErrorKind::ResourceBusy, "another registry uses this directory");
                return Err(source).doing("lock", path);
            }
            Err(TryLockError::Error(source)) => return Err(source).doing("lock", path),
        }
        patience -= 1;
    }
}

pub(crate) struct Files {
    root: PathBuf,
    durable: bool,
    /// Held as long as this value lives; the system frees it with the process.
    _lock: File,
}

impl Files {
    pub(super) fn open(root: &Path, durable: bool) -> Result<Self, StoreError> {
        fs::create_dir_all(root).doing("create", root)?;
        let root = root.canonicalize().doing("resolve", root)?;
        let files = Self { _lock: lock(&root.join("lock"))?, root, durable };
        let temporary = files.root.join("tmp");
        if_found(fs::remove_dir_all(&temporary)).doing("empty", &temporary)?;
        for folder in ["tmp", "uploads", "repositories"] {
            files.folder(&files.root.join(folder))?;
        }
        Ok(files)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path nobody else uses, on the file system of the store.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("tmp").join(Uuid::new_v4().to_string())
    }

    /// Creates a folder and those above it.
    pub(super) fn folder(&self, path: &Path) -> Result<(), StoreError> {
        if path.is_dir() {
            return Ok(());
        }
        let parent = path.parent().unwrap_or(&self.root);
        self.folder(parent)?;
        match fs::create_dir(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error).doing("create", path),
            _ => self.flush(parent),
        }
    }

    /// Writes a small file; it replaces what was there.
    pub(super) fn write(&self, target: &Path, parts: &[&[u8]]) -> Result<(), StoreError> {
        let temporary = self.write_temporary(parts)?;
        self.publish(&temporary, target)
    }

    /// As [`Self::write`], but without surviving a loss of power; the folder exists.
    pub(super) fn write_volatile(&self, target: &Path, parts: &[&[u8]]) -> Result<(), StoreError> {
        let temporary = self.write_temporary(parts)?;
        fs::rename(&temporary, target).doing("rename into place", target)
    }

    fn write_temporary(&self, parts: &[&[u8]]) -> Result<PathBuf, StoreError> {
        let temporary = self.temporary();
        let mut file = File::create_new(&temporary).doing("create", &temporary)?;
        for part in parts {
            file.write_all(part).doing("write", &temporary)?;
        }
        Ok(temporary)
    }

    /// Gives a finished file its name; it replaces what was there.
    pub(super) fn publish(&self, finished: &Path, target: &Path) -> Result<(), StoreError> {
        self.flush(finished)?;
        let folder = target.parent().unwrap_or(&self.root);
        self.folder(folder)?;
        fs::rename(finished, target).doing("rename into place", target)?;
        self.flush(folder)
    }

    /// Gives a published file a second name in another place.
    pub(super) fn link(&self, from: &Path, target: &Path) -> Result<(), StoreError> {
        let folder = target.parent().unwrap_or(&self.root);
        self.folder(folder)?;
        match fs::hard_link(from, target) {
            Ok(()) => self.flush(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.flush(folder),
            // Too many links to one file, or a file system that has none: a copy is as good, only larger.
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let temporary = self.temporary();
                fs::copy(from, &temporary).doing("copy", from)?;
                self.publish(&temporary, target)
            }
            Err(error) => Err(error).doing("link", from),
        }
    }

    /// Whether there was something to remove.
    pub(super) fn remove(&self, path: &Path) -> Result<bool, StoreError> {
        let found = if_found(fs::remove_file(path)).doing("remove", path)?.is_some();
        if let (true, Some(folder)) = (found, path.parent()) {
            self.flush(folder)?;
        }
        Ok(found)
    }

    /// The names in a folder, unsorted; none if the folder is absent.
    pub(super) fn names(&self, folder: &Path) -> Result<Vec<String>, StoreError> {
        let Some(entries) = if_found(fs::read_dir(folder)).doing("list", folder)? else { return Ok(Vec::new()) };
        entries
            .filter_map(|entry| match entry {
                Ok(entry) => entry.file_name().into_string().ok().map(Ok),
                Err(error) => Some(Err(error)),
            })
            .collect::<io::Result<_>>()
            .doing("list", folder)
    }

    fn flush(&self, path: &Path) -> Result<(), StoreError> {
        if !self.durable {
            return Ok(());
        }
        File::open(path).and_then(|file| file.sync_all()).doing("flush", path)
    }
}
