//! The ledgers against the texts they are about. These are not part of the repository: `PLIMSOLL_SPEC_TEXTS=DIR cargo test`
//! names a folder that has them as `runtime-spec/v1.3.0/config.md`, and as many versions as there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::*;

/// The texts of every version that is at hand, oldest first.
fn texts(ledger: &Ledger) -> Vec<(SpecVersion, Texts)> {
    let Some(folder) = std::env::var_os("PLIMSOLL_SPEC_TEXTS") else { return Vec::new() };
    let folder = PathBuf::from(folder).join(format!("{}-spec", ledger.spec));
    let versions = std::fs::read_dir(&folder).unwrap().filter_map(|entry| {
        let entry = entry.unwrap();
        let version = entry.file_name().to_str()?.parse().ok()?;
        let version = Some(version).filter(|version| ledger.source.versions.contains(version))?;
        Some((version, Texts::read(&ledger.source, &entry.path()).unwrap()))
    });
    let mut versions: Vec<_> = versions.collect();
    versions.sort_by_key(|(version, _)| *version);
    let read = versions.iter().any(|(version, _)| *version == ledger.source.version);
    assert!(read, "{} has no text of {}", folder.display(), ledger.source.version);
    versions
}

#[test]
fn fingerprints_match_the_texts() {
    for ledger in [ledger(), runtime()] {
        for (version, texts) in texts(&ledger) {
            let found = drift(&ledger, version, &texts);
            let drifted: Vec<_> = found.iter().filter(|(_, drift)| *drift != Drift::Unchanged).collect();
            let drifted: Vec<_> = drifted.iter().map(|(row, drift)| (&row.id, drift)).collect();
            assert!(drifted.is_empty(), "{} {version}: {drifted:#?}", ledger.spec);
            for (row, _) in found {
                let file = ledger.source.file_of(row);
                let anchor = row.section.rsplit('#').next().unwrap();
                let mut headings = texts.get(file).lines().filter(|line| line.starts_with('#'));
                assert!(headings.any(|heading| is_anchor(anchor, heading)), "{}: no heading {}", row.id, row.section);
            }
        }
    }
}

/// True for the anchor that a heading names, or the one that GitHub gives it.
fn is_anchor(anchor: &str, heading: &str) -> bool {
    if heading.contains(&format!("<a name=\"{anchor}\"")) {
        return true;
    }
    let words = heading.rsplit('>').next().unwrap_or(heading).trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>() == anchor
}

const KEYWORDS: [Level; 11] = [
    Level::MustNot,
    Level::Must,
    Level::ShallNot,
    Level::Shall,
    Level::ShouldNot,
    Level::Should,
    Level::NotRecommended,
    Level::Recommended,
    Level::May,
    Level::Required,
    Level::Optional,
];

/// How often each keyword of RFC 2119 is in a text.
fn keywords(mut text: &str) -> BTreeMap<&'static str, usize> {
    let mut found = BTreeMap::new();
    while let Some(first) = text.chars().next() {
        // Those with a NOT come first.
        let keyword = KEYWORDS.iter().map(|level| level.keyword()).find(|keyword| text.starts_with(keyword));
        if let Some(keyword) = keyword {
            *found.entry(keyword).or_default() += 1;
        }
        text = &text[keyword.map_or(first.len_utf8(), str::len)..];
    }
    found
}

/// How often each keyword is in rows.
fn levels<'a>(rows: impl Iterator<Item = &'a Requirement>, version: SpecVersion) -> BTreeMap<&'static str, usize> {
    let mut found = BTreeMap::new();
    for level in rows.filter_map(|row| row.levels_at(version)).flatten().filter(|level| level.is_keyword()) {
        *found.entry(level.keyword()).or_default() += 1;
    }
    found
}

/// The rows of a file.
fn of_file<'a>(ledger: &'a Ledger, file: &'a str) -> impl Iterator<Item = &'a Requirement> + Clone {
    ledger.requirements.iter().filter(move |row| ledger.source.file_of(row) == file)
}

#[test]
fn every_keyword_of_the_runtime_specification_has_its_row() {
    let ledger = runtime();
    for (version, texts) in texts(&ledger) {
        for file in ledger.source.file.as_slice() {
            let rows = of_file(&ledger, file);
            let lines = texts.get(file).lines().enumerate().filter(|_| version == ledger.source.version);
            for (index, line) in lines {
                let here = rows.clone().filter(|row| row.until.is_none() && row.line.as_slice() == [index + 1]);
                assert_eq!(levels(here, version), keywords(line), "{file}:{}: {line}", index + 1);
            }
            // Earlier versions have other lines, but a statement that was only said in other words is one there, too.
            assert_eq!(levels(rows, version), keywords(texts.get(file)), "rows, then text: {file} {version}");
        }
    }
}

#[test]
fn a_sentence_is_in_force_in_every_version_that_has_it() {
    let ledger = runtime();
    for (version, texts) in texts(&ledger) {
        for file in ledger.source.file.as_slice() {
            let mut lines: HashMap<String, (usize, &str)> = HashMap::new();
            for line in texts.get(file).lines().filter(|line| !keywords(line).is_empty()) {
                lines.entry(fingerprint(line)).or_insert((0, line)).0 += 1;
            }
            for (sentence, (count, line)) in lines {
                let same = of_file(&ledger, file).filter(|row| row.fingerprint == sentence);
                let known = same.clone().next().is_some();
                let in_force = same.filter(|row| row.levels_at(version).is_some());
                // Some sentences occur several times, and a sentence may be several rows.
                let places: BTreeSet<usize> = in_force.map(|row| row.line.as_slice()[0]).collect();
                assert!(!known || places.len() >= count, "{file} {version}: not in force, or not each time: {line}");
            }
        }
    }
}
