//! What was deleted, which only faulty registries remember.

use super::Store;
use crate::{digest::Digest, errors::StoreError, path::Name, rules::Rule};
use std::path::PathBuf;

/// Rules that are broken by a registry that does not forget.
const MEMORIES: [Rule; 5] = [
    Rule::BlobReturns,
    Rule::ManifestReturns,
    Rule::MountDeleted,
    Rule::ReferrersReturned,
    Rule::ReferrersSubjectDeleted,
];

impl Store {
    fn grave(&self, name: &Name, digest: &Digest) -> PathBuf {
        self.repository(name).join("_deleted").join(digest.as_str())
    }

    pub(super) fn remember_deleted(&self, name: &Name, digest: &Digest) -> Result<(), StoreError> {
        let remembers = MEMORIES.iter().any(|rule| self.rules.breaks(*rule));
        if remembers { self.files.write(&self.grave(name, digest), &[]) } else { Ok(()) }
    }

    /// Whether something of that digest was deleted before, in a registry that minds because it breaks `rule`.
    pub(super) fn was_deleted(&self, name: &Name, digest: &Digest, rule: Rule) -> bool {
        self.rules.breaks(rule) && self.grave(name, digest).exists()
    }
}
