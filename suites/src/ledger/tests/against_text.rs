//! The ledgers against the texts they are about. These are not part of the repository: `PLIMSOLL_SPEC_TEXTS=DIR cargo test`
//! names a folder that has them as `runtime-spec/v1.3.0/config.md`, and as many versions as there are.

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

/// The keywords of RFC 2119 in a line, the longer ones first.
fn keywords(line: &str) -> Vec<&'static str> {
    const KEYWORDS: [&str; 11] = [
        "MUST NOT",
        "MUST",
        "SHALL NOT",
        "SHALL",
        "SHOULD NOT",
        "SHOULD",
        "NOT RECOMMENDED",
        "RECOMMENDED",
        "MAY",
        "REQUIRED",
        "OPTIONAL",
    ];
    let mut rest = line;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let keyword = KEYWORDS.iter().find(|keyword| rest.starts_with(*keyword));
        found.extend(keyword);
        let step = keyword.map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), |keyword| keyword.len());
        rest = &rest[step..];
    }
    found.sort_unstable();
    found
}

/// The keywords of rows, without what is none.
fn levels<'a>(rows: impl Iterator<Item = &'a Requirement>, version: SpecVersion) -> Vec<&'static str> {
    let levels = rows.filter_map(|row| row.levels_at(version)).flatten().filter(|level| level.is_keyword());
    let mut levels: Vec<&str> = levels.map(|level| level.keyword()).collect();
    levels.sort_unstable();
    levels
}

#[test]
fn every_keyword_of_the_runtime_specification_has_its_row() {
    let ledger = runtime();
    for (version, texts) in texts(&ledger) {
        for file in ledger.source.file.as_slice() {
            let text = texts.get(file);
            let rows = || ledger.requirements.iter().filter(|row| ledger.source.file_of(row) == file);
            // Over a whole file the count is exact in every version, also where a sentence was said in other words.
            let mut all: Vec<&str> = text.lines().flat_map(keywords).collect();
            all.sort_unstable();
            assert_eq!(levels(rows(), version), all, "{file} {version}");
            let mut lines: HashMap<String, usize> = HashMap::new();
            for (index, line) in text.lines().enumerate().filter(|(_, line)| !keywords(line).is_empty()) {
                let of_line = || rows().filter(|row| row.line.as_slice() == [index + 1]);
                if version == ledger.source.version {
                    let here = of_line().filter(|row| row.until.is_none());
                    assert_eq!(levels(here, version), keywords(line), "{file}:{}: {line}", index + 1);
                }
                *lines.entry(fingerprint(line)).or_default() += 1;
            }
            // A sentence that is in the text of a version is in force there.
            for (sentence, count) in lines {
                let same = rows().filter(|row| row.fingerprint == sentence);
                if same.clone().next().is_none() {
                    continue;
                }
                let mut places: Vec<_> =
                    same.filter(|row| row.levels_at(version).is_some()).map(|row| row.line.as_slice()).collect();
                places.dedup();
                assert!(places.len() >= count, "{file} {version}: a sentence {sentence} is not in force");
            }
        }
    }
}
