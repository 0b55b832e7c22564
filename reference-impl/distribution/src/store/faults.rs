//! How careless registries write: in place, in the wrong order, later than they say, without looking who else does. Only
//! registries with a broken rule come here.
//!
//! The pauses make wide what is narrow elsewhere, so that nobody has to wait for bad luck.

use super::files::Doing as _;
use crate::{digest::Digest, errors::StoreError};
use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Between two halves of what should be one.
const PAUSE: Duration = Duration::from_millis(20);
/// Between an acknowledgement and what it says.
const LATER: Duration = Duration::from_millis(100);

/// Gives others the time to come in between.
pub(super) fn pause() {
    thread::sleep(PAUSE);
}

/// Does something when it is no longer expected.
pub(super) fn later(work: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        thread::sleep(LATER);
        work();
    });
}

/// What broken registries keep in memory.
#[derive(Default)]
pub(super) struct Faults {
    /// Files that somebody is writing.
    busy: Mutex<HashSet<PathBuf>>,
    /// Upload sessions that are being opened, by repository.
    opening: Mutex<HashMap<String, String>>,
    /// Tags as they were read, and when.
    tags: Mutex<HashMap<PathBuf, (Instant, Option<Digest>)>>,
    /// What was acknowledged and is not done: where the content is meanwhile, none for a file that is to go.
    behind: Arc<Mutex<HashMap<PathBuf, Option<PathBuf>>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    /// Refuses to write what somebody else is writing.
    pub(super) fn alone<T>(
        &self,
        target: &Path,
        write: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if !locked(&self.busy).insert(target.to_owned()) {
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, "somebody else writes it")).doing("write", target);
        }
        pause();
        let written = write();
        locked(&self.busy).remove(target);
        written
    }

    /// The session that somebody is opening in the repository at this moment, or a new one.
    pub(super) fn session_id(&self, repository: &str) -> String {
        let mine = Uuid::new_v4().to_string();
        let id = locked(&self.opening).entry(repository.to_owned()).or_insert_with(|| mine.clone()).clone();
        pause();
        if id == mine {
            locked(&self.opening).remove(repository);
        }
        id
    }

    /// What was read of a tag a moment ago, or is now.
    pub(super) fn remembered(
        &self,
        path: PathBuf,
        read: impl FnOnce(&Path) -> Result<Option<Digest>, StoreError>,
    ) -> Result<Option<Digest>, StoreError> {
        if let Some((at, tag)) = locked(&self.tags).get(&path)
            && at.elapsed() < PAUSE
        {
            return Ok(tag.clone());
        }
        let tag = read(&path)?;
        locked(&self.tags).insert(path, (Instant::now(), tag.clone()));
        Ok(tag)
    }

    /// Where the content of a file is; a place with nothing at it when the file is to go.
    pub(super) fn place(&self, target: PathBuf) -> PathBuf {
        match locked(&self.behind).get(&target) {
            Some(Some(waiting)) => waiting.clone(),
            Some(None) => PathBuf::new(),
            None => target,
        }
    }

    /// Whether a file is to go.
    pub(super) fn is_going(&self, target: &Path) -> bool {
        matches!(locked(&self.behind).get(target), Some(None))
    }

    /// Forgets that a file is to go, because it was written again.
    pub(super) fn is_back(&self, target: &Path) {
        locked(&self.behind).remove(target);
    }

    /// Gives a waiting file its name, later.
    pub(super) fn publish_later(&self, waiting: PathBuf, target: PathBuf) {
        self.put_off(target, Some(waiting));
    }

    /// Removes a file, later.
    pub(super) fn remove_later(&self, target: PathBuf) {
        self.put_off(target, None);
    }

    fn put_off(&self, target: PathBuf, waiting: Option<PathBuf>) {
        locked(&self.behind).insert(target.clone(), waiting);
        let behind = self.behind.clone();
        later(move || {
            let mut behind = locked(&behind);
            // Failing is in the nature of such a registry.
            let _ = match behind.remove(&target) {
                Some(Some(waiting)) => {
                    let folder = target.parent().map_or(Ok(()), fs::create_dir_all);
                    folder.and_then(|()| fs::rename(waiting, &target))
                }
                Some(None) => fs::remove_file(&target),
                None => Ok(()),
            };
        });
    }
}

/// Writes over what is there, in two halves.
pub(super) fn write_in_place(target: &Path, content: &[u8]) -> Result<(), StoreError> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).doing("create", folder)?;
    }
    let mut file = File::create(target).doing("write", target)?;
    let (first, second) = content.split_at(content.len() / 2);
    file.write_all(first).doing("write", target)?;
    pause();
    file.write_all(second).doing("write", target)
}

/// Moves a file by writing its content over what is there.
pub(super) fn move_in_place(from: &Path, target: &Path) -> Result<(), StoreError> {
    let mut content = Vec::new();
    File::open(from).and_then(|mut file| file.read_to_end(&mut content)).doing("read", from)?;
    write_in_place(target, &content)
}

/// Where bytes are kept that were refused.
pub(super) fn refused(folder: &Path, digest: &Digest) -> PathBuf {
    folder.join(format!("{REFUSED}{digest}"))
}

/// Makes content of bytes that were refused.
pub(super) fn recover(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if let Some(digest) = entry.file_name().to_str().and_then(|name| name.strip_prefix(REFUSED)) {
            // Failing is in the nature of such a registry.
            let _ = fs::rename(entry.path(), folder.join(digest));
        }
    }
}

const REFUSED: &str = ".refused-";
