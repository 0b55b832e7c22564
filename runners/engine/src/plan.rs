//! The plan: which cases are run, in which order, each cell of a matrix as one entry.

use std::sync::Arc;

use indexmap::IndexMap;
use plimsoll_suite::Spec;
use plimsoll_suite::case::Case;
use plimsoll_suite::expect::Expectations;
pub use plimsoll_suite::glob::glob_matches;
use plimsoll_suite::ledger::{Ledger, Level, Requirement, SpecVersion, Weight};
use plimsoll_suite::position::At;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::event::RequirementInfo;
use crate::matching;
use crate::scope::text_of;

/// One entry of the plan: a case in one cell of its matrix.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `suite/case` or `suite/case[cell]`.
    pub id: String,
    /// The suite.
    pub suite: String,
    /// File of the suite, relative to the suites folder.
    pub path: String,
    /// The same as the user finds it.
    pub shown: String,
    /// The case.
    pub case: Arc<At<Case>>,
    /// Values of the matrix.
    pub cell: IndexMap<String, Value>,
    /// Every requirement the case can assert, in order.
    pub requirements: Vec<String>,
}

/// Which entries are wanted. Everything that is given must fit; several values of one kind are alternatives.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Globs over [`Entry::id`]; `*` also spans `/`. A glob that fits the id without its cell selects all cells.
    pub cases: Vec<String>,
    /// Globs over [`Entry::suite`].
    pub suites: Vec<String>,
    /// Globs over requirement ids.
    pub requirements: Vec<String>,
    /// Only cases that can assert something of these weights.
    pub levels: Vec<Weight>,
    /// Only cases that need one of these features.
    pub needs: Vec<String>,
    /// Only this part of what is left. Cases that watch the others are in every part.
    pub partition: Option<Partition>,
}

/// A part of a plan, for running it on several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    /// Every `of`-th entry, beginning with number `part` (from 1): parts of equal size.
    Slice {
        /// Which part, from 1.
        part: u64,
        /// Of how many.
        of: u64,
    },
    /// Entries whose id falls into the part by its hash: an entry stays in its part when others come and go.
    Hash {
        /// Which part, from 1.
        part: u64,
        /// Of how many.
        of: u64,
    },
}

impl std::str::FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (kind, numbers) = text.split_once(':')?;
            let (part, of) = numbers.split_once('/')?;
            let (part, of): (u64, u64) = (part.parse().ok()?, of.parse().ok()?);
            if part == 0 || part > of {
                return None;
            }
            match kind {
                "slice" => Some(Self::Slice { part, of }),
                "hash" => Some(Self::Hash { part, of }),
                _ => None,
            }
        };
        parse().ok_or_else(|| format!("`{text}` is not a partition; write slice:1/4 or hash:1/4"))
    }
}

impl Partition {
    fn holds(self, index: usize, id: &str) -> bool {
        match self {
            Self::Slice { part, of } => index as u64 % of == part - 1,
            Self::Hash { part, of } => stable_hash(id) % of == part - 1,
        }
    }
}

/// A hash of text that is the same in every version of this program.
pub(crate) fn stable_hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(bytes)
}

/// The entries of one specification at one version, before anything is known about the subject.
pub fn plan(spec: &Spec, version: SpecVersion, selection: &Selection) -> Vec<Entry> {
    let mut entries = Vec::new();
    for file in &spec.suites {
        for case in &file.suite.cases {
            if !in_force(case, version) {
                continue;
            }
            let case = Arc::new(case.clone());
            let requirements = requirements_of(&case);
            for (label, cell) in cells(&case) {
                let id = format!("{}/{}{label}", file.suite.name, case.id);
                entries.push(Entry {
                    id,
                    suite: file.suite.name.value.clone(),
                    path: file.path.clone(),
                    shown: file.shown.clone(),
                    case: Arc::clone(&case),
                    cell,
                    requirements: requirements.clone(),
                });
            }
        }
    }
    entries.retain(|entry| selection.holds(entry, &spec.ledger, version));
    if let Some(partition) = selection.partition {
        let mut index = 0;
        entries.retain(|entry| {
            // A case that watches sees only its own run: in one part alone it would miss the answers of the others.
            if entry.case.watch.is_some() {
                return true;
            }
            let holds = partition.holds(index, &entry.id);
            index += 1;
            holds
        });
    }
    // A case that watches the others can only be concluded after them.
    entries.sort_by_key(|entry| entry.case.watch.is_some());
    entries
}

impl Selection {
    fn holds(&self, entry: &Entry, ledger: &Ledger, version: SpecVersion) -> bool {
        let any = |globs: &[String], texts: &[&str]| {
            globs.is_empty() || globs.iter().any(|glob| texts.iter().any(|text| glob_matches(glob, text)))
        };
        let bare = entry.id.split('[').next().unwrap_or_default();
        let requirements: Vec<&str> = entry.requirements.iter().map(String::as_str).collect();
        let weight = |id: &str| ledger.get(id).and_then(|r| r.level_at(version)).map(Level::weight);
        any(&self.cases, &[&entry.id, bare])
            && any(&self.suites, &[&entry.suite])
            && any(&self.requirements, &requirements)
            && (self.levels.is_empty()
                || requirements.iter().any(|id| weight(id).is_some_and(|weight| self.levels.contains(&weight))))
            && (self.needs.is_empty() || entry.case.needs.iter().any(|need| self.needs.contains(&need.value)))
    }
}

fn in_force(case: &Case, version: SpecVersion) -> bool {
    let parse = |text: &Option<At<String>>| text.as_ref().and_then(|text| text.parse::<SpecVersion>().ok());
    parse(&case.since).is_none_or(|since| since <= version) && parse(&case.until).is_none_or(|until| version <= until)
}

/// Every combination of the matrix with its label; one empty combination where there is no matrix.
fn cells(case: &Case) -> Vec<(String, IndexMap<String, Value>)> {
    let mut cells: Vec<(Vec<String>, IndexMap<String, Value>)> = vec![(Vec::new(), IndexMap::new())];
    for (key, values) in &case.matrix {
        let values = values.known();
        // Of content that nobody named, so that the case shows in the plan, and why it is skipped.
        if values.is_empty() {
            continue;
        }
        let labels = labels(values);
        cells = cells
            .into_iter()
            .flat_map(|(words, cell)| {
                values.iter().zip(&labels).map(move |(value, label)| {
                    let (mut words, mut cell) = (words.clone(), cell.clone());
                    words.push(label.clone());
                    cell.insert(key.to_string(), value.value.clone());
                    (words, cell)
                })
            })
            .collect();
    }
    let label = |words: Vec<String>| if words.is_empty() { String::new() } else { format!("[{}]", words.join(",")) };
    cells.into_iter().map(|(words, cell)| (label(words), cell)).collect()
}

/// The labels of the values of one key. No two are equal, so that no two cells share an id, and with it a seed and a
/// repository: values that look alike (`1` and `"1"`) are numbered.
fn labels(values: &[At<Value>]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for value in values {
        let plain = label(value);
        let numbered = (2..).map(|number| format!("{plain}~{number}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|label| !labels.contains(label));
        labels.push(free.unwrap_or(plain));
    }
    labels
}

/// A value as a part of an id: short, and without what shells and terminals trip over.
fn label(value: &Value) -> String {
    let text = text_of(value);
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "-._:/+".contains(c) { c } else { '_' }).collect();
    if plain == text && (1..=40).contains(&text.len()) {
        return plain;
    }
    let short: String = plain.chars().take(24).collect();
    format!("{short}~{:04x}", stable_hash(&text) & 0xffff)
}

/// Every requirement the case can assert, without repetition, in order of appearance.
fn requirements_of(case: &Case) -> Vec<String> {
    let mut ids = Vec::new();
    if let Some(watch) = &case.watch {
        from_expectations(&watch.expect, &mut ids);
    }
    for (matcher, around) in case.client.iter().flat_map(|client| client.matchers()) {
        ids.extend(around.iter().map(|id| id.value.clone()));
        ids.extend(matching::requirements(matcher));
    }
    if let Some(activity) = &case.activity {
        ids.extend(activity.findings.values().flat_map(|req| req.iter().map(|id| id.value.clone())));
    }
    for step in &case.steps {
        ids.extend(step.pages.iter().flat_map(|pages| pages.req.iter().map(|id| id.value.clone())));
        if let Some(expect) = &step.expect {
            from_expectations(expect, &mut ids);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    ids
}

fn from_expectations(expectations: &Expectations, ids: &mut Vec<String>) {
    for expect in &expectations.0 {
        ids.extend(expect.req.iter().map(|id| id.value.clone()));
        ids.extend(expect.otherwise.iter().flat_map(|ids| ids.iter().map(|id| id.value.clone())));
        for matcher in expect.status.iter().chain(expect.headers.values()).chain(&expect.body) {
            ids.extend(matching::requirements(matcher));
        }
    }
}

/// The rows of the ledger that bind the subject at this version, with the number of entries that can assert each.
pub fn requirements(ledger: &Ledger, version: SpecVersion, entries: &[Entry]) -> Vec<RequirementInfo> {
    binding(ledger, version)
        .map(|(requirement, level)| RequirementInfo {
            id: requirement.id.clone(),
            level: level.keyword().to_owned(),
            about: requirement.about.clone(),
            section: requirement.section.clone(),
            link: requirement.link(),
            cases: entries.iter().filter(|entry| entry.requirements.contains(&requirement.id)).count(),
            beside: !requirement.stands_in(&ledger.source),
        })
        .collect()
}

/// The rows of the ledger that bind the subject at this version, each with its level.
pub(crate) fn binding(ledger: &Ledger, version: SpecVersion) -> impl Iterator<Item = (&Requirement, Level)> {
    let rows = ledger.requirements.iter().filter(|requirement| ledger.side().is_bound_by(requirement));
    rows.filter_map(move |requirement| Some((requirement, requirement.level_at(version)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_cover_everything_once() {
        let ids: Vec<String> = (0..100).map(|n| format!("suite/case-{n}")).collect();
        for kind in ["slice", "hash"] {
            for (index, id) in ids.iter().enumerate() {
                let holders = (1..=4)
                    .filter(|part| format!("{kind}:{part}/4").parse::<Partition>().unwrap().holds(index, id))
                    .count();
                assert_eq!(holders, 1, "{kind} {id}");
            }
        }
        for wrong in ["", "slice", "slice:0/4", "slice:5/4", "round:1/4", "hash:1"] {
            assert!(wrong.parse::<Partition>().unwrap_err().contains("slice:1/4"), "{wrong}");
        }
    }
}
