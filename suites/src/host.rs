//! What requirements may need of the host on which they are tested.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::case::Capability;
use crate::diagnostic::{Diagnostic, nearest};
use crate::ledger::Unchecked;
use crate::position::At;

/// `requirements/host.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostFile {
    /// The capabilities, each with a sentence that says when a host has it.
    pub capabilities: Vec<At<Capability>>,
}

impl HostFile {
    /// The capability of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Capability> {
        self.capabilities.iter().map(|capability| &capability.value).find(|capability| capability.id.value == id)
    }

    /// Reports ids that are given twice.
    pub(crate) fn check(&self, path: &str, diagnostics: &mut Vec<Diagnostic>) {
        let mut seen = BTreeSet::new();
        for Capability { id, .. } in self.capabilities.iter().map(|capability| &capability.value) {
            if !seen.insert(&id.value) {
                let message = format!("the id `{id}` is used twice in this file");
                diagnostics.push(Diagnostic::new(path, id.at, message).hint("take one of them out"));
            }
        }
    }

    /// Reports what a ledger needs of the host and nobody declared.
    pub(crate) fn check_ledger(&self, path: &str, ledger: &Unchecked, diagnostics: &mut Vec<Diagnostic>) {
        for (at, requirement, id) in ledger.host() {
            if self.get(id).is_none() {
                let known = self.capabilities.iter().map(|capability| capability.id.value.as_str());
                let hint = nearest(id, known).unwrap_or_else(|| "requirements/host.yaml lists them".to_owned());
                let message = format!("{}: unknown capability `{id}` of a host", requirement.id);
                diagnostics.push(Diagnostic::new(path, at, message).hint(hint));
            }
        }
    }
}
