//! Which manifests of a repository have a given subject.

use super::{
    Store, faults,
    files::{Doing as _, if_found},
    manifests::Push,
};
use crate::{
    digest::Digest,
    document::{Document, Kind},
    errors::StoreError,
    path::{Name, Tag},
    rules::Rule,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

impl Store {
    fn referrers_folder(&self, name: &Name, subject: &Digest) -> PathBuf {
        self.repository(name).join("_referrers").join(subject.as_str())
    }

    /// Enters a manifest that is about to be stored (dist.upgrade.referrers.03). The caller holds the lock.
    pub(super) fn index_referrer(&self, name: &Name, push: &Push) -> Result<(), StoreError> {
        let Some(subject) = &push.document.subject else { return Ok(()) };
        let rules = &self.rules;
        let overlooked = rules.breaks(Rule::ReferrersIndexed)
            || rules.breaks(Rule::ReferrersIndexes) && push.document.kind == Kind::Index
            || rules.breaks(Rule::ReferrersSha512) && subject.as_str().starts_with("sha512:")
            || rules.breaks(Rule::ReferrersEarly) && !self.has_manifest(name, subject)
            || rules.breaks(Rule::ReferrersTagged) && push.by_tag
            || self.was_deleted(name, &push.digest, Rule::ReferrersReturned);
        if overlooked {
            return Ok(());
        }
        let folder = self.referrers_folder(name, subject);
        if rules.breaks(Rule::ReferrersSeveral) {
            for other in self.files.names(&folder)? {
                self.files.remove(&folder.join(other))?;
            }
        }
        let descriptor = push.document.descriptor(&push.digest, push.bytes.len(), rules);
        if rules.breaks(Rule::ReferrersWritten) {
            let waiting = self.files.temporary();
            fs::write(&waiting, descriptor.to_string()).doing("write", &waiting)?;
            self.faults.publish_later(waiting, folder.join(push.digest.as_str()));
            return Ok(());
        }
        self.files.write(&folder.join(push.digest.as_str()), &[descriptor.to_string().as_bytes()])
    }

    /// The list of a subject as it is before anybody's turn.
    pub(super) fn listed_before(&self, name: &Name, push: &Push) -> Result<Vec<String>, StoreError> {
        let Some(subject) = &push.document.subject else { return Ok(Vec::new()) };
        let listed = self.files.names(&self.referrers_folder(name, subject))?;
        faults::pause();
        Ok(listed)
    }

    /// Writes the list back as it was, with the manifest added.
    pub(super) fn forget_others(&self, name: &Name, push: &Push, listed: &[String]) -> Result<(), StoreError> {
        let Some(subject) = &push.document.subject else { return Ok(()) };
        let folder = self.referrers_folder(name, subject);
        for other in self.files.names(&folder)? {
            if other != push.digest.as_str() && !listed.contains(&other) {
                self.files.remove(&folder.join(other))?;
            }
        }
        Ok(())
    }

    pub(super) fn forget_referrer(&self, name: &Name, subject: &Digest, digest: &Digest) -> Result<(), StoreError> {
        if self.rules.holds(Rule::ReferrersDeleted) {
            self.files.remove(&self.referrers_folder(name, subject).join(digest.as_str()))?;
        }
        if self.rules.breaks(Rule::ReferrersForeignDelete) {
            for path in self.everywhere(&Path::new("_referrers").join(subject.as_str()).join(digest.as_str())) {
                self.files.remove(&path)?;
            }
        }
        Ok(())
    }

    /// Empties the list of a subject, which only faulty registries do.
    pub(super) fn forget_referrers_of(&self, name: &Name, subject: &Digest) -> Result<(), StoreError> {
        let folder = self.referrers_folder(name, subject);
        for digest in self.files.names(&folder)? {
            self.files.remove(&folder.join(digest))?;
        }
        Ok(())
    }

    /// The digests that may be referrers, in an order that is the same on every page.
    pub(crate) fn referrer_candidates(&self, name: &Name, subject: &Digest) -> Result<BTreeSet<Digest>, StoreError> {
        if self.was_deleted(name, subject, Rule::ReferrersSubjectDeleted) {
            return Ok(BTreeSet::new());
        }
        let mut folders = vec![self.referrers_folder(name, subject)];
        if self.rules.breaks(Rule::ReferrersChain) {
            let direct = self.files.names(&folders[0])?;
            folders.extend(direct.iter().map(|digest| self.repository(name).join("_referrers").join(digest)));
        }
        if self.rules.breaks(Rule::ReferrersIsolation) {
            folders.extend(self.everywhere(&Path::new("_referrers").join(subject.as_str())));
        }
        if self.rules.breaks(Rule::ReferrersSubject) {
            let all = self.repository(name).join("_referrers");
            folders.extend(self.files.names(&all)?.into_iter().map(|other| all.join(other)));
        }
        let mut digests = BTreeSet::new();
        for folder in folders {
            digests.extend(self.files.names(&folder)?.iter().filter_map(|name| Digest::parse(name).ok()));
        }
        digests.extend(self.fallback_candidates(name, subject)?);
        Ok(digests)
    }

    /// What an index under the subject's fallback tag lists. Clients keep such an index where there is no referrers API,
    /// so it names manifests that were pushed before this registry offered one (dist.upgrade.referrers.01).
    fn fallback_candidates(&self, name: &Name, subject: &Digest) -> Result<Vec<Digest>, StoreError> {
        if self.rules.breaks(Rule::UpgradeFallbackTag) {
            return Ok(Vec::new());
        }
        let Some(tag) = Tag::parse(&subject.referrers_tag(), &self.rules) else { return Ok(Vec::new()) };
        let Some(digest) = self.tag(name, &tag)? else { return Ok(Vec::new()) };
        let Some(index) = self.manifest(name, &digest)? else { return Ok(Vec::new()) };
        let document = Document::parse(&index.bytes, Some(&index.media_type));
        Ok(document.ok().filter(|d| d.kind == Kind::Index).map(|d| d.references).unwrap_or_default())
    }

    /// The descriptor of one candidate; None if it is no referrer, or is gone (dist.x.referrers.scope).
    pub(crate) fn referrer(&self, name: &Name, subject: &Digest, digest: &Digest) -> Result<Option<Value>, StoreError> {
        let path = self.referrers_folder(name, subject).join(digest.as_str());
        let phantoms = self.rules.breaks(Rule::ReferrersDeleted);
        if !phantoms && self.rules.holds(Rule::ReferrersIsolation) && !self.has_manifest(name, digest) {
            return Ok(None);
        }
        if let Some(entry) = if_found(fs::read(&path)).doing("read", &path)? {
            return Ok(serde_json::from_slice(&entry).ok());
        }
        if self.rules.breaks(Rule::ReferrersIsolation)
            && let Some(foreign) = self.anywhere(&Path::new("_referrers").join(subject.as_str()).join(digest.as_str()))
        {
            let entry = fs::read(&foreign).doing("read", &foreign)?;
            return Ok(serde_json::from_slice(&entry).ok());
        }
        // Named by a fallback tag only: the manifest itself has to confirm it.
        let Some(manifest) = self.manifest(name, digest)? else { return Ok(None) };
        let document = Document::parse(&manifest.bytes, Some(&manifest.media_type)).ok();
        let lax = self.rules.breaks(Rule::ReferrersSubject) || self.rules.breaks(Rule::ReferrersChain);
        let confirmed = |d: &Document| d.subject.as_ref() == Some(subject) || lax;
        Ok(document.filter(confirmed).map(|d| d.descriptor(digest, manifest.bytes.len(), &self.rules)))
    }

    /// Whether the type under which a referrer is listed comes from its config.
    pub(crate) fn is_typed_by_config(&self, name: &Name, digest: &Digest) -> Result<bool, StoreError> {
        let Some(manifest) = self.manifest(name, digest)? else { return Ok(false) };
        Ok(Document::parse(&manifest.bytes, Some(&manifest.media_type)).is_ok_and(|d| d.is_typed_by_config()))
    }

    /// Whether any tag points to the digest.
    pub(crate) fn is_tagged(&self, name: &Name, digest: &Digest) -> Result<bool, StoreError> {
        let folder = self.repository(name).join("_tags");
        for tag in self.tags(name)? {
            if Self::read_tag(&folder.join(tag))?.as_ref() == Some(digest) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
