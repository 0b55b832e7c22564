//! Blobs of a repository.

use super::{
    Store, faults,
    files::{Doing as _, if_found},
};
use crate::{digest::Digest, errors::StoreError, path::Name, rules::Rule};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// A blob that can be read.
pub(crate) struct Blob {
    pub(crate) file: File,
    /// Bytes.
    pub(crate) size: u64,
}

impl Store {
    pub(super) fn blob_path(&self, name: &Name, digest: &Digest) -> PathBuf {
        self.repository(name).join("_blobs").join(digest.as_str())
    }

    /// Opens a blob. The open file stays readable when the blob is deleted meanwhile.
    pub(crate) fn blob(&self, name: &Name, digest: &Digest) -> Result<Option<Blob>, StoreError> {
        let mut path = self.faults.place(self.blob_path(name, digest));
        if self.rules.breaks(Rule::BlobIsolation) && !path.exists() {
            path = self.anywhere(&Path::new("_blobs").join(digest.as_str())).unwrap_or(path);
        }
        if self.rules.breaks(Rule::BlobNested) {
            let above = name.above().map(|name| self.blob_path(&name, digest));
            path = above.filter(|above| !path.exists() && above.exists()).unwrap_or(path);
        }
        let Some(file) = if_found(File::open(&path)).doing("open", &path)? else { return Ok(None) };
        let size = file.metadata().doing("inspect", &path)?.len();
        Ok(Some(Blob { file, size }))
    }

    pub(crate) fn has_blob(&self, name: &Name, digest: &Digest) -> bool {
        self.faults.place(self.blob_path(name, digest)).is_file()
    }

    /// Makes a finished file a blob. Pushing the same content twice, even at once, replaces it by its equal
    /// (dist.x.dedupe).
    pub(crate) fn add_blob(&self, name: &Name, digest: &Digest, finished: &Path) -> Result<(), StoreError> {
        if self.was_deleted(name, digest, Rule::BlobReturns) {
            return Ok(());
        }
        let target = self.blob_path(name, digest);
        if self.rules.breaks(Rule::BlobWhole) {
            return faults::move_in_place(finished, &target);
        }
        if self.rules.breaks(Rule::BlobWritten) {
            let waiting = self.files.temporary();
            fs::rename(finished, &waiting).doing("rename", finished)?;
            self.faults.publish_later(waiting, target);
            return Ok(());
        }
        if self.rules.breaks(Rule::ConcurrentPushes) {
            return self.faults.alone(&target, || self.files.publish(finished, &target));
        }
        self.files.publish(finished, &target)
    }

    /// Keeps bytes that were refused where a restart makes a blob of them.
    pub(crate) fn keep_refused(&self, name: &Name, digest: &Digest, finished: &Path) -> Result<(), StoreError> {
        let folder = self.repository(name).join("_blobs");
        fs::create_dir_all(&folder).doing("create", &folder)?;
        fs::copy(finished, faults::refused(&folder, digest)).doing("copy", finished).map(|_| ())
    }

    /// Makes a blob of `from` one of `name`; false when `from` lacks it.
    pub(crate) fn mount_blob(&self, name: &Name, digest: &Digest, from: &Name) -> Result<bool, StoreError> {
        let (source, target) = (self.blob_path(from, digest), self.blob_path(name, digest));
        if !source.is_file() {
            return Ok(self.was_deleted(from, digest, Rule::MountDeleted));
        }
        if self.rules.breaks(Rule::MountOnlyOne) {
            for other in self.files.names(source.parent().unwrap_or(&source))? {
                self.files.link(&source.with_file_name(&other), &target.with_file_name(&other))?;
            }
        }
        let careless = self.rules.breaks(Rule::MountLinked);
        if careless {
            faults::pause();
        }
        match self.files.link(&source, &target) {
            // Deleted between the look and the link.
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Ok(careless),
            Err(error) => Err(error),
            Ok(()) => {
                let rule = if source == target { Rule::MountSelf } else { Rule::MountKeepsSource };
                if self.rules.breaks(rule) {
                    self.files.remove(&source)?;
                }
                Ok(true)
            }
        }
    }

    /// The same from whichever repository has it.
    pub(crate) fn mount_from_anywhere(&self, name: &Name, digest: &Digest) -> Result<bool, StoreError> {
        match self.anywhere(&Path::new("_blobs").join(digest.as_str())) {
            Some(source) => self.files.link(&source, &self.blob_path(name, digest)).map(|()| true),
            None => Ok(false),
        }
    }

    /// False when there was no such blob. A blob that a manifest refers to may go too: the specification names no
    /// condition, and refusing would make deletion depend on an order clients cannot know.
    pub(crate) fn delete_blob(&self, name: &Name, digest: &Digest) -> Result<bool, StoreError> {
        // Not while a manifest push is looking whether its blobs are there.
        let _turn = self.lock(name);
        if self.rules.breaks(Rule::BlobDeleted) {
            return Ok(self.has_blob(name, digest));
        }
        self.remember_deleted(name, digest)?;
        let path = self.blob_path(name, digest);
        let found = self.files.remove(&path)?;
        if self.rules.breaks(Rule::BlobDeletedOnce) {
            // What is to be deleted is remembered by its name, whoever pushes it meanwhile.
            faults::later(move || drop(fs::remove_file(path)));
        }
        if self.rules.breaks(Rule::BlobSurvivesForeignDelete) {
            for path in self.everywhere(&Path::new("_blobs").join(digest.as_str())) {
                self.files.remove(&path)?;
            }
        }
        Ok(found)
    }
}
