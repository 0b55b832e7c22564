//! Where content lives.
//!
//! ```text
//! ROOT/lock                                         held while a registry runs
//! ROOT/tmp/<uuid>                                   being written; emptied at start
//! ROOT/uploads/<uuid>/{state,data}                  upload sessions
//! ROOT/repositories/<name>/_blobs/<digest>          the bytes of a blob
//! ROOT/repositories/<name>/_manifests/<digest>      media type, newline, the bytes of a manifest
//! ROOT/repositories/<name>/_tags/<tag>              a digest
//! ROOT/repositories/<name>/_referrers/<subject>/<digest>   the descriptor the referrers API lists
//! ```
//!
//! A repository holds its own files, so content of one is invisible in another by construction, and deleting needs no
//! reference counts: a mount is a hard link. No component of a repository name may begin with an underscore, so names
//! and these folders cannot meet. A file appears by a rename and is complete from then on; readers take no locks.

pub(crate) mod blobs;
mod faults;
pub(crate) mod files;
mod graves;
pub(crate) mod manifests;
pub(crate) mod referrers;
pub(crate) mod sessions;
pub(crate) mod sink;
pub(crate) mod tags;

use crate::{
    errors::StoreError,
    path::Name,
    rules::{Rule, Rules},
};
use faults::Faults;
use files::Files;
use sessions::Sessions;
use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Writers of manifests, tags and referrers of one repository take turns. The locks are striped: a fixed number
/// serves any number of repositories, and two that share one merely wait for each other.
const STRIPES: usize = 64;

/// The file store. Its methods block; callers are on a thread that may.
pub(crate) struct Store {
    files: Files,
    rules: Rules,
    sessions: Sessions,
    faults: Faults,
    stripes: [Mutex<()>; STRIPES],
}

impl Store {
    /// Opens the store under `root`, creating it if need be.
    pub(crate) fn open(root: &Path, durable: bool, rules: Rules) -> Result<Self, StoreError> {
        let files = Files::open(root, durable)?;
        let stripes = std::array::from_fn(|_| Mutex::new(()));
        let store = Self { files, rules, sessions: Sessions::default(), faults: Faults::default(), stripes };
        if rules.breaks(Rule::RefusedForgotten) {
            store.everywhere(Path::new("_blobs")).iter().for_each(|folder| faults::recover(folder));
        }
        Ok(store)
    }

    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// Whether anything was ever pushed there. Deleting everything does not make a repository unknown again.
    pub(crate) fn exists(&self, name: &Name) -> bool {
        let folder = self.repository(name);
        folder.join("_blobs").is_dir() || folder.join("_manifests").is_dir()
    }

    fn repository(&self, name: &Name) -> PathBuf {
        let flat = name.as_str().replace('/', "-");
        self.files.root().join("repositories").join(self.rules.pick(Rule::NamesSeparate, name.as_str(), &flat))
    }

    fn lock(&self, name: &Name) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let stripe = (hasher.finish() % STRIPES as u64) as usize;
        // The lock guards no data, so a panic of another holder left nothing half-done in memory.
        self.stripes[stripe].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds `leaf` in every repository that has it. Only registries with broken isolation look across repositories.
    fn everywhere(&self, leaf: &Path) -> Vec<PathBuf> {
        let mut folders = vec![self.files.root().join("repositories")];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            let candidate = folder.join(leaf);
            if candidate.exists() {
                found.push(candidate);
            }
            for child in self.files.names(&folder).unwrap_or_default() {
                if !child.starts_with('_') {
                    folders.push(folder.join(child));
                }
            }
        }
        found
    }

    /// The names of all repositories that hold blobs.
    pub(crate) fn repositories(&self) -> Vec<String> {
        let root = self.files.root().join("repositories");
        let name = |folder: PathBuf| Some(folder.parent()?.strip_prefix(&root).ok()?.to_str()?.to_owned());
        let mut names: Vec<String> = self.everywhere(Path::new("_blobs")).into_iter().filter_map(name).collect();
        names.sort_unstable();
        names
    }

    /// The first of [`Self::everywhere`].
    fn anywhere(&self, leaf: &Path) -> Option<PathBuf> {
        self.everywhere(leaf).into_iter().next()
    }
}
