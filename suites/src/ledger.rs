//! The requirement ledger: every statement of a specification that a subject can be held to.
//!
//! Suites, the rules of the reference implementations and reports name a requirement by its id; what the id means, how
//! much weight it has in which version and where it stands is here and nowhere else. One file of
//! `suites/requirements/` is one ledger; the comment at its head explains the keys.

mod level;
mod one_or_many;
mod side;
mod source;
mod text;
mod unchecked;
mod version;

pub use level::{Level, Weight};
pub use one_or_many::OneOrMany;
pub use side::{Binds, Side};
pub use source::{Source, Texts};
pub use text::{Drift, drift, fingerprint, fingerprint_in, normalise};
pub(crate) use unchecked::Unchecked;
pub use version::{ParseSpecVersionError, SpecVersion};

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Why a ledger was not accepted: it is not YAML, not of the shape of a ledger, or contradicts itself.
#[derive(Debug, thiserror::Error)]
#[error("the ledger cannot be read: {0}")]
pub struct LedgerError(#[source] Box<serde_saphyr::Error>);

/// All requirements of one specification, in the order of the text.
///
/// One that was read, by [`Ledger::load`] or as a part of something else, is sound: ids are unique, versions known and in
/// order, fingerprints well-formed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Short name of the specification; the name of the folder of its suites.
    pub spec: String,
    /// Its title, for reports.
    pub title: String,
    /// Who is judged, in what was read; [`Ledger::of_clients`] is the other side of a ledger of registries.
    #[serde(default, skip_serializing_if = "Side::is_default")]
    pub subject: Side,
    /// The text that the entries point into.
    pub source: Source,
    /// The entries.
    pub requirements: Vec<Requirement>,
}

/// One statement that a subject can be held to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Stable name, such as `dist.pull.blob.get.01`.
    pub id: String,
    /// Keyword of the text, or all of them; from `since` on.
    pub level: OneOrMany<Level>,
    /// First version in which the whole statement holds.
    pub since: SpecVersion,
    /// Levels that replace `level` from a later version on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub raised: BTreeMap<SpecVersion, OneOrMany<Level>>,
    /// First version that no longer has the statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<SpecVersion>,
    /// Anchor of the heading under which it stands, after `FILE#` where the source has several files.
    pub section: String,
    /// Line or lines of the source, counted from 1; with `until`, of the newest version that still had it.
    pub line: OneOrMany<usize>,
    /// Whom it obliges.
    pub binds: Binds,
    /// Keywords of `level` that bind only the client, where the requirement obliges both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<OneOrMany<Level>>,
    /// Requirements by which a runtime has to do with one that binds the document, and by whose level it is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<OneOrMany<String>>,
    /// What has to hold, in the words of this project.
    pub about: String,
    /// How versions differ, or which of several keywords binds whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What a host needs so that a test can tell whether it holds: ids of `requirements/host.yaml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<OneOrMany<String>>,
    /// Why no test from outside can tell whether it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untestable: Option<String>,
    /// [`fingerprint`] of the line or lines.
    pub fingerprint: String,
    /// Address of the text in which it stands; filled in when the ledger is read.
    #[serde(skip)]
    page: Arc<str>,
    /// The level of `through`; filled in when the ledger is read.
    #[serde(skip)]
    judged: Option<Level>,
}

/// What stands behind the name of a specification in that of the folder of its suites for clients.
pub(crate) const CLIENTS: &str = "-client";

impl Ledger {
    /// Whose duties are judged by it.
    #[must_use]
    pub fn side(&self) -> Side {
        self.subject
    }

    /// The folder of the suites that are judged by it.
    #[must_use]
    pub fn folder(&self) -> String {
        match self.subject {
            Side::Registry | Side::Runtime => self.spec.clone(),
            Side::Client => format!("{}{CLIENTS}", self.spec),
        }
    }

    /// The same ledger for judging clients: requirements that bind both sides have the levels that they have for clients.
    #[must_use]
    pub fn of_clients(&self) -> Self {
        let mut ledger = Self { subject: Side::Client, ..self.clone() };
        for requirement in &mut ledger.requirements {
            if let Some(levels) = requirement.client.take() {
                requirement.level = levels;
            }
        }
        ledger
    }

    /// Reads a ledger.
    ///
    /// # Errors
    /// [`LedgerError`] with the position of what cannot be read, or with everything that contradicts itself.
    pub fn load(yaml: &str) -> Result<Self, LedgerError> {
        serde_saphyr::from_str(yaml).map_err(|error| LedgerError(Box::new(error)))
    }

    /// Adds the rows of a ledger of the same subject that stand in another text.
    ///
    /// # Errors
    /// Nothing is added, and every reason named, when the two do not go together.
    pub fn supplement(&mut self, other: Self) -> Result<(), Vec<String>> {
        let mut problems = Vec::new();
        if other.spec != self.spec {
            problems.push(format!("spec: `{}` is not `{}`, whose ledger it supplements", other.spec, self.spec));
        }
        if other.source.versions != self.source.versions {
            problems.push("source.versions: not those of the ledger that it supplements".to_owned());
        }
        let twice = other.requirements.iter().filter(|requirement| self.get(&requirement.id).is_some());
        problems.extend(twice.map(|requirement| format!("{}: the id is given twice", requirement.id)));
        if problems.is_empty() {
            self.requirements.extend(other.requirements);
            Ok(())
        } else {
            Err(problems)
        }
    }

    /// The requirement of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.requirements.iter().find(|requirement| requirement.id == id)
    }
}

impl<'de> Deserialize<'de> for Ledger {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let unchecked = Unchecked::deserialize(deserializer)?;
        let problems: Vec<String> = unchecked.problems().into_iter().map(|(_, problem)| problem).collect();
        if problems.is_empty() { Ok(unchecked.into()) } else { Err(D::Error::custom(problems.join("; "))) }
    }
}

impl Requirement {
    /// The level at which the requirement is to be judged in `version`: that of the requirements it is judged through,
    /// else its strongest keyword, without those that bind only the client where it obliges both. `None` where it is not
    /// in force.
    #[must_use]
    pub fn level_at(&self, version: SpecVersion) -> Option<Level> {
        let levels = self.levels_at(version)?.iter().copied();
        let client = self.client.as_ref().map_or(&[][..], OneOrMany::as_slice);
        self.judged.or_else(|| Level::strongest(levels.filter(|level| !client.contains(level))))
    }

    /// Ids of the requirements by which a runtime has to do with it.
    #[must_use]
    pub fn through(&self) -> &[String] {
        self.through.as_ref().map_or(&[], OneOrMany::as_slice)
    }

    /// What a host needs so that a test can tell whether it holds.
    #[must_use]
    pub fn host(&self) -> &[String] {
        self.host.as_ref().map_or(&[], OneOrMany::as_slice)
    }

    /// All keywords that the requirement has in `version`, in the order of the text.
    #[must_use]
    pub fn levels_at(&self, version: SpecVersion) -> Option<&[Level]> {
        if version < self.since || self.until.is_some_and(|until| version >= until) {
            return None;
        }
        let levels = self.raised.range(..=version).next_back().map_or(&self.level, |(_, levels)| levels);
        Some(levels.as_slice())
    }

    /// True for a requirement of that text, false for one of a [supplement](Ledger::supplement).
    #[must_use]
    pub fn stands_in(&self, source: &Source) -> bool {
        *self.page == *source.url || source.earlier.values().any(|url| *self.page == **url)
    }

    /// Address of the section in which the requirement stands.
    #[must_use]
    pub fn link(&self) -> String {
        let joint = if self.section.contains('#') { '/' } else { '#' };
        format!("{}{joint}{}", self.page, self.section)
    }
}

#[cfg(test)]
mod tests;
