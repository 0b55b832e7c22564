//! A ledger as it is written, which may contradict itself.

use std::collections::HashSet;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::FINGERPRINT_LENGTH;
use super::{Binds, Ledger, Level, OneOrMany, Requirement, Side, Source};
use crate::position::{At, Position};

/// See [`Ledger`].
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unchecked {
    spec: String,
    title: String,
    source: At<Source>,
    requirements: Vec<At<Requirement>>,
}

impl Unchecked {
    /// All that makes the ledger unusable, with its place.
    pub(crate) fn problems(&self) -> Vec<(Position, String)> {
        let mut problems = Vec::new();
        let versions = &self.source.versions;
        if !versions.is_sorted_by(|a, b| a < b) {
            problems.push((self.source.at, "source.versions: not in order, oldest first".to_owned()));
        }
        if !versions.contains(&self.source.version) {
            let problem = format!("source.version: {} is not in source.versions", self.source.version);
            problems.push((self.source.at, problem));
        }
        let mut seen = HashSet::new();
        for requirement in &self.requirements {
            let mut complain = |what: String| problems.push((requirement.at, format!("{}: {what}", requirement.id)));
            if !seen.insert(requirement.id.as_str()) {
                complain("the id is given twice".to_owned());
            }
            let raised = requirement.raised.keys();
            for version in raised.clone().chain(&requirement.until).chain([&requirement.since]) {
                if !versions.contains(version) {
                    complain(format!("version {version} is not in source.versions"));
                }
            }
            for version in raised.chain(&requirement.until) {
                if *version <= requirement.since {
                    complain(format!("{version} is not later than since ({})", requirement.since));
                }
            }
            let levels = requirement.raised.values().chain([&requirement.level]);
            if levels.map(OneOrMany::as_slice).any(<[Level]>::is_empty) {
                complain("an empty list of levels".to_owned());
            }
            if requirement.client.is_some() && requirement.binds != Binds::Both {
                complain("`client` only makes sense where the requirement binds both".to_owned());
            }
            if requirement.client.is_some() && requirement.level_at(requirement.since).is_none() {
                complain("`client` leaves no keyword for the registry".to_owned());
            }
            if requirement.line.as_slice().is_empty() || requirement.line.as_slice().contains(&0) {
                complain("lines are counted from 1, and there is at least one".to_owned());
            }
            let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            if requirement.fingerprint.len() != FINGERPRINT_LENGTH || !requirement.fingerprint.chars().all(hex) {
                complain("the fingerprint is not 16 lower-case hex digits".to_owned());
            }
        }
        problems
    }
}

impl From<Unchecked> for Ledger {
    fn from(unchecked: Unchecked) -> Self {
        let Unchecked { spec, title, source, requirements } = unchecked;
        let page: Arc<str> = Arc::from(source.url.as_str());
        let placed = requirements.into_iter().map(|requirement| {
            let mut requirement = requirement.value;
            requirement.page = Arc::clone(&page);
            requirement
        });
        Self { spec, title, requirements: placed.collect(), source: source.value, side: Side::Registry }
    }
}
