//! A ledger as it is written, which may contradict itself.

use std::collections::{HashMap, HashSet};
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
    #[serde(default)]
    subject: Side,
    source: At<Source>,
    requirements: Vec<At<Requirement>>,
}

impl Unchecked {
    /// All that makes the ledger unusable, with its place.
    pub(crate) fn problems(&self) -> Vec<(Position, String)> {
        let mut problems = Vec::new();
        let Source { version, versions, earlier, .. } = &*self.source;
        if !versions.is_sorted_by(|a, b| a < b) {
            problems.push((self.source.at, "source.versions: not in order, oldest first".to_owned()));
        }
        if !versions.contains(version) {
            problems.push((self.source.at, format!("source.version: {version} is not in source.versions")));
        }
        if let Some(unknown) = earlier.keys().find(|earlier| !versions.contains(earlier)) {
            problems.push((self.source.at, format!("source.earlier: {unknown} is not in source.versions")));
        }
        let rows = self.by_id();
        let mut seen = HashSet::new();
        for requirement in &self.requirements {
            let mut complain = |what: String| problems.push((requirement.at, format!("{}: {what}", requirement.id)));
            if !seen.insert(requirement.id.as_str()) {
                complain("the id is given twice".to_owned());
            }
            self.of_versions(requirement, &mut complain);
            self.of_text(requirement, &mut complain);
            self.of_subject(requirement, &rows, &mut complain);
        }
        problems
    }

    /// Capabilities of the host that requirements name, with the places of these.
    pub(crate) fn host(&self) -> impl Iterator<Item = (Position, &Requirement, &str)> {
        let of = |row: &'_ At<Requirement>| row.at;
        self.requirements.iter().flat_map(move |row| row.host().iter().map(move |id| (of(row), &**row, id.as_str())))
    }

    fn by_id(&self) -> HashMap<&str, &Requirement> {
        self.requirements.iter().map(|requirement| (requirement.id.as_str(), &**requirement)).collect()
    }

    fn of_text(&self, requirement: &Requirement, complain: &mut impl FnMut(String)) {
        if requirement.line.as_slice().is_empty() || requirement.line.as_slice().contains(&0) {
            complain("lines are counted from 1, and there is at least one".to_owned());
        }
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if requirement.fingerprint.len() != FINGERPRINT_LENGTH || !requirement.fingerprint.chars().all(hex) {
            complain("the fingerprint is not 16 lower-case hex digits".to_owned());
        }
        match (self.source.file.as_slice(), requirement.section.split_once('#')) {
            ([], _) => complain("it stands in no file".to_owned()),
            ([_], None) => {}
            ([_], Some(_)) => complain("the section is an anchor alone where there is one file".to_owned()),
            (files, Some((file, _))) if files.iter().any(|known| known == file) => {}
            (_, Some((file, _))) => complain(format!("`{file}` is not in source.file")),
            (_, None) => complain("the section is FILE#ANCHOR where there are several files".to_owned()),
        }
        let version = self.source.version_of(requirement);
        if self.source.page(version).is_none() {
            complain(format!("it stands in the text of {version}, which source.earlier does not have"));
        }
    }

    fn of_versions(&self, requirement: &Requirement, complain: &mut impl FnMut(String)) {
        let raised = requirement.raised.keys();
        for version in raised.clone().chain(&requirement.until).chain([&requirement.since]) {
            if !self.source.versions.contains(version) {
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
    }

    fn of_subject(
        &self,
        requirement: &Requirement,
        rows: &HashMap<&str, &Requirement>,
        complain: &mut impl FnMut(String),
    ) {
        if !self.subject.goes_with(requirement.binds) {
            complain(format!("it binds {}, in a ledger about a {}", requirement.binds.whom(), self.subject.noun()));
        }
        if requirement.client.is_some() && requirement.binds != Binds::Both {
            complain("`client` only makes sense where the requirement binds both".to_owned());
        }
        if requirement.client.is_some() && requirement.level_at(requirement.since).is_none() {
            complain("`client` leaves no keyword for the registry".to_owned());
        }
        if requirement.through.is_some() && requirement.binds != Binds::Document {
            complain("`through` only makes sense where the requirement binds the document".to_owned());
        }
        for id in requirement.through() {
            match rows.get(id.as_str()) {
                None => complain(format!("through: there is no `{id}`")),
                Some(other) if other.binds != Binds::Runtime => {
                    complain(format!("through: `{id}` does not bind the runtime"));
                }
                // Then one level is enough.
                Some(other) if other.since > requirement.since || other.until.is_some() || !other.raised.is_empty() => {
                    complain(format!("through: `{id}` is not the same in all versions that have the requirement"));
                }
                Some(_) => {}
            }
        }
    }
}

impl From<Unchecked> for Ledger {
    fn from(mut unchecked: Unchecked) -> Self {
        let rows = unchecked.by_id();
        let level = |id: &String| rows.get(id.as_str()).and_then(|row| row.level_at(row.since));
        let judged = unchecked.requirements.iter().map(|row| Level::strongest(row.through().iter().filter_map(level)));
        let judged: Vec<Option<Level>> = judged.collect();
        let source = unchecked.source.value;
        let url = |version| Arc::from(source.page(version).unwrap_or(&source.url));
        let pages: HashMap<_, Arc<str>> = source.versions.iter().map(|version| (*version, url(*version))).collect();
        for (requirement, judged) in unchecked.requirements.iter_mut().zip(judged) {
            let version = source.version_of(requirement);
            requirement.value.page = pages.get(&version).map(Arc::clone).unwrap_or_default();
            requirement.value.judged = judged;
        }
        let requirements = unchecked.requirements.into_iter().map(|requirement| requirement.value).collect();
        let Unchecked { spec, title, subject, .. } = unchecked;
        Self { spec, title, subject, source, requirements }
    }
}
