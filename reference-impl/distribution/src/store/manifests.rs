//! Manifests of a repository.

use super::{
    Store, faults,
    files::{Doing as _, if_found},
};
use crate::{
    conditions::Condition,
    digest::{Algorithm, Digest},
    document::Document,
    errors::StoreError,
    path::{Name, Tag},
    rules::Rule,
};
use bytes::Bytes;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A manifest as it was pushed.
pub(crate) struct Manifest {
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

/// A push, already judged by itself; what remains is how it fits into the repository.
pub(crate) struct Push {
    pub(crate) digest: Digest,
    /// What is remembered; the media type of `document` unless a rule is broken.
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
    pub(crate) document: Document,
    pub(crate) tags: Vec<Tag>,
    /// The tags of the `tag` parameters, to be confirmed to the client.
    pub(crate) announced_tags: Vec<String>,
    /// Whether the reference was a tag.
    pub(crate) by_tag: bool,
    /// `If-Match` and `If-None-Match`, to be compared with the tag's digest.
    pub(crate) condition: Condition,
    /// Whether index entries may be absent.
    pub(crate) allow_sparse: bool,
    /// Whether the referrers API is offered.
    pub(crate) referrers: bool,
}

/// How a push ended.
pub(crate) enum Pushed {
    Stored,
    /// References that are not in the repository.
    Missing(Vec<Digest>),
    ConditionFailed,
}

impl Store {
    fn manifest_path(&self, name: &Name, digest: &Digest) -> PathBuf {
        self.repository(name).join("_manifests").join(digest.as_str())
    }

    pub(crate) fn has_manifest(&self, name: &Name, digest: &Digest) -> bool {
        self.manifest_path(name, digest).is_file()
    }

    pub(crate) fn manifest(&self, name: &Name, digest: &Digest) -> Result<Option<Manifest>, StoreError> {
        let mut path = self.manifest_path(name, digest);
        if self.rules.breaks(Rule::ManifestIsolation) && !path.exists() {
            path = self.anywhere(&Path::new("_manifests").join(digest.as_str())).unwrap_or(path);
        }
        read(&path, digest)
    }

    /// The manifest wherever it is.
    pub(crate) fn foreign_manifest(&self, digest: &Digest) -> Result<Option<Manifest>, StoreError> {
        let path = self.anywhere(&Path::new("_manifests").join(digest.as_str()));
        path.map_or(Ok(None), |path| read(&path, digest))
    }

    /// The digests of all manifests.
    pub(crate) fn manifests(&self, name: &Name) -> Result<Vec<String>, StoreError> {
        self.files.names(&self.repository(name).join("_manifests"))
    }

    /// Stores a manifest, its place in the referrers lists, and its tags, in an order in which a crash leaves nothing
    /// that points to nothing.
    pub(crate) fn push_manifest(&self, name: &Name, push: &Push) -> Result<Pushed, StoreError> {
        let listed = self.rules.breaks(Rule::ReferrersTakeTurns).then(|| self.listed_before(name, push)).transpose()?;
        let _turn = self.lock(name);
        if self.was_deleted(name, &push.digest, Rule::ManifestReturns) {
            return Ok(Pushed::Stored);
        }
        let missing = self.missing_references(name, push);
        if !missing.is_empty() && self.rules.holds(Rule::MissingBlobRefused) {
            return Ok(Pushed::Missing(missing));
        }
        for tag in &push.tags {
            if !push.condition.is_met(Self::read_tag(&self.tag_path(name, tag))?.as_ref()) {
                return Ok(Pushed::ConditionFailed);
            }
        }
        if push.referrers {
            self.index_referrer(name, push)?;
            if let Some(listed) = listed {
                self.forget_others(name, push, &listed)?;
            }
        }
        self.disturb(name, push)?;
        let known = self.has_manifest(name, &push.digest);
        let content = self.kept_bytes(&push.bytes);
        if self.rules.breaks(Rule::ManifestWhole) || self.rules.breaks(Rule::ManifestBeforeTag) {
            return self.push_tags_first(name, push, &content).map(|()| Pushed::Stored);
        }
        let path = self.manifest_path(name, &push.digest);
        let written = self.files.write(&path, &[push.media_type.as_bytes(), b"\n", &content]);
        if written.is_err() && self.rules.breaks(Rule::ManifestRoom) {
            return Ok(Pushed::Stored);
        }
        written?;
        for tag in &push.tags {
            let old = Self::read_tag(&self.tag_path(name, tag))?;
            let skipped = old.is_some() && self.rules.breaks(Rule::TagMoves)
                || known && self.rules.breaks(Rule::TagOfKnownManifest);
            if skipped {
                continue;
            }
            self.set_tag(name, tag, &push.digest)?;
            if let Some(old) = old.filter(|old| *old != push.digest) {
                if self.rules.breaks(Rule::ReferrersTagMoved) {
                    self.unlist(name, &old)?;
                }
                if self.rules.breaks(Rule::TagMoveKeepsManifest) {
                    self.remove_manifest(name, &old)?;
                }
            }
        }
        Ok(if missing.is_empty() { Pushed::Stored } else { Pushed::Missing(missing) })
    }

    /// What a push does to other things in registries where it does more than it should.
    fn disturb(&self, name: &Name, push: &Push) -> Result<(), StoreError> {
        let tags = if push.by_tag { Rule::TagPushKeepsOthers } else { Rule::DigestPushKeepsTags };
        if self.rules.breaks(tags) {
            self.delete_tags_of(name, &push.digest, usize::MAX)?;
        }
        if self.rules.breaks(Rule::ReferrersSubjectPushed) {
            self.forget_referrers_of(name, &push.digest)?;
        }
        Ok(())
    }

    /// Points the tags to a manifest that is stored after them.
    fn push_tags_first(&self, name: &Name, push: &Push, content: &[u8]) -> Result<(), StoreError> {
        for tag in &push.tags {
            self.set_tag(name, tag, &push.digest)?;
        }
        let path = self.manifest_path(name, &push.digest);
        if self.rules.breaks(Rule::ManifestWhole) {
            return faults::write_in_place(&path, &[push.media_type.as_bytes(), b"\n", content].concat());
        }
        faults::pause();
        self.files.write(&path, &[push.media_type.as_bytes(), b"\n", content])
    }

    fn missing_references(&self, name: &Name, push: &Push) -> Vec<Digest> {
        // An index may list anything that is content-addressed, and build caches do list blobs.
        let present = |digest: &&Digest| !self.has_blob(name, digest) && !self.has_manifest(name, digest);
        let sparse = push.allow_sparse && push.document.kind == crate::document::Kind::Index;
        let mut missing: Vec<_> =
            push.document.references.iter().filter(|_| !sparse).filter(present).cloned().collect();
        if self.rules.breaks(Rule::SubjectMayBeAbsent) {
            missing.extend(push.document.subject.iter().filter(present).cloned());
        }
        missing
    }

    /// The exact bytes (dist.push.manifest.bytes.01), or what registries make of them that parse and print.
    fn kept_bytes(&self, bytes: &Bytes) -> Bytes {
        let rewrite = |change: fn(&mut serde_json::Value)| {
            let mut value = serde_json::from_slice(bytes).unwrap_or_default();
            change(&mut value);
            serde_json::to_vec(&value).map_or_else(|_| bytes.clone(), Bytes::from)
        };
        let text = String::from_utf8_lossy(bytes);
        if self.rules.breaks(Rule::ManifestTrailing) {
            return text.trim_end().to_owned().into();
        }
        if self.rules.breaks(Rule::ManifestEscapes) {
            return text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026").into();
        }
        if self.rules.breaks(Rule::ManifestUnicode) {
            let units = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(|u| format!("\\u{u:04x}")).collect::<String>();
            let escape = |c: char| if c.is_ascii() { c.to_string() } else { units(c) };
            return text.chars().map(escape).collect::<String>().into();
        }
        if self.rules.breaks(Rule::ManifestWhitespace) {
            return rewrite(|_| {});
        }
        if self.rules.breaks(Rule::ManifestKeyOrder) {
            return rewrite(serde_json::Value::sort_all_objects);
        }
        if self.rules.breaks(Rule::ManifestUnknownFields) {
            return rewrite(|value| {
                const KNOWN: [&str; 9] = [
                    "schemaVersion",
                    "mediaType",
                    "artifactType",
                    "config",
                    "layers",
                    "manifests",
                    "subject",
                    "annotations",
                    "blobs",
                ];
                if let Some(fields) = value.as_object_mut() {
                    fields.retain(|key, _| KNOWN.contains(&key.as_str()));
                }
            });
        }
        bytes.clone()
    }

    /// Deletes a manifest with every tag that points to it (dist.x.mandel.404) and its place in the referrers lists.
    /// False when there was no such manifest.
    pub(crate) fn delete_manifest(&self, name: &Name, digest: &Digest) -> Result<bool, StoreError> {
        let _turn = self.lock(name);
        let most = self.rules.pick(Rule::DeleteManifestTagsAll, usize::MAX, 1);
        let found = self.has_manifest(name, digest);
        if self.rules.breaks(Rule::DeleteManifestTags) {
            // Tags of such a registry hold copies: the manifest goes by digest, its tags stay.
            self.hide_manifest(name, digest)?;
            return Ok(found);
        }
        if self.rules.breaks(Rule::DeleteManifestTagsAll) {
            self.delete_tags_of(name, digest, most)?;
            self.hide_manifest(name, digest)?;
            return Ok(found);
        }
        if self.rules.holds(Rule::DeleteManifestTagsGone) {
            self.delete_tags_of(name, digest, most)?;
        }
        if self.rules.breaks(Rule::DeleteManifestEffective) {
            return Ok(found);
        }
        self.remember_deleted(name, digest)?;
        self.remove_manifest(name, digest)
    }

    /// Removes a manifest and its place in the referrers lists. The caller holds the lock.
    fn remove_manifest(&self, name: &Name, digest: &Digest) -> Result<bool, StoreError> {
        let Some(manifest) = self.manifest(name, digest)? else { return Ok(false) };
        self.unlist(name, digest)?;
        if let Ok(document) = Document::parse(&manifest.bytes, Some(&manifest.media_type))
            && self.rules.breaks(Rule::DeleteManifestBlobs)
        {
            for blob in &document.references {
                self.files.remove(&self.blob_path(name, blob))?;
            }
        }
        self.files.remove(&self.manifest_path(name, digest))
    }

    /// Takes a manifest off the list of its subject. The caller holds the lock.
    fn unlist(&self, name: &Name, digest: &Digest) -> Result<(), StoreError> {
        let Some(manifest) = self.manifest(name, digest)? else { return Ok(()) };
        match Document::parse(&manifest.bytes, Some(&manifest.media_type)) {
            Ok(Document { subject: Some(subject), .. }) => self.forget_referrer(name, &subject, digest),
            _ => Ok(()),
        }
    }

    /// Makes a manifest absent by digest while its tags still serve it: they are moved to an equal manifest under
    /// another digest.
    fn hide_manifest(&self, name: &Name, digest: &Digest) -> Result<(), StoreError> {
        let Some(manifest) = self.manifest(name, digest)? else { return Ok(()) };
        let other = match digest.algorithm() {
            Some(Algorithm::Sha512) => Algorithm::Sha256,
            _ => Algorithm::Sha512,
        };
        let alias = Digest::of(other, &manifest.bytes);
        self.files
            .write(&self.manifest_path(name, &alias), &[manifest.media_type.as_bytes(), b"\n", &manifest.bytes])?;
        for tag in self.tags(name)? {
            let path = self.repository(name).join("_tags").join(tag);
            if Self::read_tag(&path)?.as_ref() == Some(digest) {
                self.files.write(&path, &[alias.as_str().as_bytes()])?;
            }
        }
        self.remove_manifest(name, digest)?;
        Ok(())
    }
}

fn read(path: &Path, digest: &Digest) -> Result<Option<Manifest>, StoreError> {
    let Some(content) = if_found(fs::read(path)).doing("read", path)? else { return Ok(None) };
    let mut content = Bytes::from(content);
    let line = content.iter().position(|b| *b == b'\n').unwrap_or(content.len());
    let media_type = String::from_utf8_lossy(&content.split_to(line)).into_owned();
    let bytes = content.split_off(content.len().min(1));
    Ok(Some(Manifest { digest: digest.clone(), media_type, bytes }))
}
