//! Tags of a repository.

use super::{
    Store, faults,
    files::{Doing as _, if_found},
};
use crate::{
    digest::Digest,
    errors::StoreError,
    path::{Name, Tag},
    rules::Rule,
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

impl Store {
    pub(super) fn tag_path(&self, name: &Name, tag: &Tag) -> PathBuf {
        let lower = tag.as_str().to_ascii_lowercase();
        self.repository(name).join("_tags").join(self.rules.pick(Rule::TagCase, tag.as_str(), &lower))
    }

    /// The digest a tag points to.
    pub(crate) fn tag(&self, name: &Name, tag: &Tag) -> Result<Option<Digest>, StoreError> {
        let mut path = self.faults.place(self.tag_path(name, tag));
        if self.rules.breaks(Rule::TagIsolation) && !path.exists() {
            path = self.anywhere(&Path::new("_tags").join(tag.as_str())).unwrap_or(path);
        }
        if self.rules.breaks(Rule::TagReadFresh) {
            return self.faults.remembered(path, Self::read_tag);
        }
        Self::read_tag(&path)
    }

    pub(super) fn read_tag(path: &Path) -> Result<Option<Digest>, StoreError> {
        let text = if_found(fs::read_to_string(path)).doing("read", path)?;
        // Only this store writes tag files, and whole; anything else in one is as good as no tag.
        Ok(text.and_then(|text| Digest::parse(&text).ok()))
    }

    /// Tags in ASCII order (dist.tags.order.01).
    pub(crate) fn tags(&self, name: &Name) -> Result<Vec<String>, StoreError> {
        let folder = self.repository(name).join("_tags");
        let mut tags = self.files.names(&folder)?;
        tags.retain(|tag| !self.faults.is_going(&folder.join(tag)));
        tags.sort_unstable();
        Ok(tags)
    }

    /// Tags by the time of their last push.
    pub(crate) fn tags_by_age(&self, name: &Name) -> Result<Vec<String>, StoreError> {
        let mut tags = self.tags(name)?;
        let folder = self.repository(name).join("_tags");
        let pushed =
            |tag: &String| fs::metadata(folder.join(tag)).and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        // Reversed first, so that tags of one tick of the clock do not come out sorted.
        tags.reverse();
        tags.sort_by_key(pushed);
        Ok(tags)
    }

    /// The tags of all repositories.
    pub(crate) fn tags_of_all(&self) -> Result<Vec<String>, StoreError> {
        let mut tags = Vec::new();
        for folder in self.everywhere(Path::new("_tags")) {
            tags.extend(self.files.names(&folder)?);
        }
        tags.sort_unstable();
        tags.dedup();
        Ok(tags)
    }

    /// Points a tag to a digest. The caller holds the lock.
    pub(super) fn set_tag(&self, name: &Name, tag: &Tag, digest: &Digest) -> Result<(), StoreError> {
        let path = self.tag_path(name, tag);
        self.faults.is_back(&path);
        if self.rules.breaks(Rule::TagWhole) {
            return faults::write_in_place(&path, digest.as_str().as_bytes());
        }
        let written = self.files.write(&path, &[digest.as_str().as_bytes()]);
        if written.is_err() && self.rules.breaks(Rule::TagRoom) {
            // It was going to be written over anyway.
            let _ = std::fs::File::create(&path);
        }
        written
    }

    /// False when there was no such tag.
    pub(crate) fn delete_tag(&self, name: &Name, tag: &Tag) -> Result<bool, StoreError> {
        let _turn = self.lock(name);
        let path = self.tag_path(name, tag);
        if self.rules.breaks(Rule::DeleteTagEffective) {
            return Ok(path.exists());
        }
        if self.rules.breaks(Rule::DeleteTagListed) {
            // The name stays, pointing nowhere.
            let found = Self::read_tag(&path)?.is_some();
            if found {
                self.files.write(&path, &[b"deleted"])?;
            }
            return Ok(found);
        }
        if self.rules.breaks(Rule::DeleteTagWhole) {
            for other in
                self.tags(name)?.iter().filter(|other| other.starts_with(tag.as_str()) && *other != tag.as_str())
            {
                self.files.remove(&path.with_file_name(other))?;
            }
        }
        if self.rules.breaks(Rule::DeleteTagWritten) {
            let found = path.exists() && !self.faults.is_going(&path);
            self.faults.remove_later(path);
            return Ok(found);
        }
        let found = self.files.remove(&path)?;
        if self.rules.breaks(Rule::TagDeletedOnce) {
            // What is to be deleted is remembered by its name, whoever pushes it meanwhile.
            faults::later(move || drop(fs::remove_file(path)));
        }
        Ok(found)
    }

    /// Removes the tags that point to a digest. The caller holds the lock.
    pub(super) fn delete_tags_of(&self, name: &Name, digest: &Digest, most: usize) -> Result<(), StoreError> {
        let folder = self.repository(name).join("_tags");
        let mut left = most;
        for tag in self.tags(name)? {
            let path = folder.join(tag);
            if left > 0 && Self::read_tag(&path)?.as_ref() == Some(digest) {
                self.files.remove(&path)?;
                left -= 1;
            }
        }
        Ok(())
    }
}
