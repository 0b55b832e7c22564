use std::collections::HashMap;

use super::*;

fn ledger() -> Ledger {
    Ledger::load(include_str!("../../requirements/distribution.yaml")).unwrap()
}

fn load(entries: &str) -> Result<Ledger, LedgerError> {
    Ledger::load(&format!(
        "spec: t\ntitle: T\nsource: {{ file: t.md, version: main, versions: [\"1.0\", \"1.1\", main], commit: abc, \
         url: \"https://example.org/t.md\" }}\nrequirements:\n{entries}"
    ))
}

const ENTRY: &str = "  - { id: t.a.01, level: SHOULD, since: \"1.0\", raised: { main: [MAY, MUST NOT] }, section: s, \
                     line: 3, binds: both, about: a, fingerprint: \"0123456789abcdef\" }\n";

fn levels(id: &str) -> [Option<Level>; 3] {
    let ledger = ledger();
    let requirement = ledger.get(id).unwrap();
    [SpecVersion::V1_0, SpecVersion::V1_1, SpecVersion::Main].map(|version| requirement.level_at(version))
}

#[test]
fn levels_follow_the_version() {
    let (must, should, may) = (Some(Level::Must), Some(Level::Should), Some(Level::May));
    assert_eq!(levels("dist.pull.manifest.get.01"), [must, must, must]);
    assert_eq!(levels("dist.pull.manifest.digest.01"), [should, should, must]);
    assert_eq!(levels("dist.head.length.01"), [None, should, must]);
    assert_eq!(levels("dist.referrers.status.02"), [None, Some(Level::MustNot), Some(Level::MustNot)]);
    assert_eq!(levels("dist.push.manifest.tagparam.01"), [None, None, may]);
    assert_eq!(levels("dist.push.manifest.ctype.01"), [should, should, should]);
}

#[test]
fn the_strongest_keyword_decides() {
    let strongest = |levels: &[Level]| Level::strongest(levels.iter().copied()).unwrap();
    assert_eq!(strongest(&[Level::May, Level::Must]), Level::Must);
    assert_eq!(strongest(&[Level::Optional, Level::ShouldNot, Level::May]), Level::ShouldNot);
    assert_eq!(strongest(&[Level::Text, Level::MustNot]), Level::MustNot);
    assert_eq!(strongest(&[Level::Should, Level::Text]), Level::Text);
    assert_eq!(strongest(&[Level::Must, Level::MustNot]), Level::Must, "the first of equals");
    assert_eq!(Level::Text.weight(), Weight::Must);
    assert!(Weight::Must > Weight::Should && Weight::Should > Weight::May);
}

#[test]
fn raised_and_until() {
    let mut requirement = load(ENTRY).unwrap().requirements.remove(0);
    assert_eq!(requirement.level_at(SpecVersion::V1_1), Some(Level::Should));
    assert_eq!(requirement.level_at(SpecVersion::Main), Some(Level::MustNot));
    assert_eq!(requirement.levels_at(SpecVersion::Main), Some(&[Level::May, Level::MustNot][..]));
    requirement.until = Some(SpecVersion::V1_1);
    assert_eq!(requirement.level_at(SpecVersion::V1_0), Some(Level::Should));
    assert_eq!(requirement.level_at(SpecVersion::V1_1), None);
    assert_eq!(requirement.level_at(SpecVersion::Main), None);
}

#[test]
fn link_leads_to_the_section() {
    let link = ledger().get("dist.tags.n.01").unwrap().link();
    assert_eq!(link, "https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags");
}

#[test]
fn mistakes_are_named() {
    let message = |entries: &str| load(entries).unwrap_err().to_string();
    assert!(message(&ENTRY.repeat(2)).contains("t.a.01: the id is given twice"));
    assert!(message(&ENTRY.replace("\"1.0\"", "\"1.2\"")).contains("version 1.2 is not in source.versions"));
    assert!(message(&ENTRY.replace("\"1.0\"", "main")).contains("main is not later than since (main)"));
    assert!(message(&ENTRY.replace("line: 3", "line: []")).contains("counted from 1"));
    assert!(message(&ENTRY.replace("[MAY, MUST NOT]", "[]")).contains("empty list of levels"));
    assert!(message(&ENTRY.replace("abcdef", "ABCDEF")).contains("16 lower-case hex"));
    let wrong_level = message(&ENTRY.replace("SHOULD", "SHUOLD"));
    assert!(wrong_level.contains("SHUOLD") && wrong_level.contains("line 5"), "{wrong_level}");
    let unknown_key = message(&ENTRY.replace("about", "abuot"));
    assert!(unknown_key.contains("abuot"), "{unknown_key}");
}

#[test]
fn a_ledger_survives_writing_and_reading() {
    let ledger = ledger();
    assert_eq!(Ledger::load(&serde_saphyr::to_string(&ledger).unwrap()).unwrap(), ledger);
}

/// The text of a supplement is a page of this project, which need not be asked for.
#[test]
fn access_is_what_its_page_says() {
    let access = Ledger::load(include_str!("../../requirements/distribution/access.yaml")).unwrap();
    let page = include_str!("../../../docs/access.md");
    for (requirement, drift) in drift(&access, page) {
        let expected = fingerprint_in(requirement, page).unwrap_or_default();
        assert_eq!(drift, Drift::Unchanged, "{}: its line has the fingerprint {expected}", requirement.id);
        let line = page.lines().nth(requirement.line.as_slice()[0] - 1).unwrap();
        assert!(line.contains(requirement.level.as_slice()[0].keyword()), "{}: {line}", requirement.id);
    }
    let statements = page.lines().filter(|line| line.starts_with("- ")).count();
    assert_eq!(statements, access.requirements.len(), "each statement is a row");
    assert!(access.requirements.iter().all(|requirement| requirement.id.starts_with("access.")), "not of the OCI");
    let mut both = ledger();
    both.supplement(access.clone()).unwrap();
    assert_eq!(both.get("access.read.01").unwrap().link(), format!("{}#rights", access.source.url));
    assert_eq!(drift(&both, "").len(), ledger().requirements.len(), "supplements stand in other texts");
    let wrong = both.supplement(access).unwrap_err();
    assert!(wrong[0].contains("access.http.01: the id is given twice"), "{wrong:?}");
}

#[test]
fn the_ledger_is_in_order() {
    let ledger = ledger();
    let mut groups: Vec<&str> = Vec::new();
    let mut numbers: HashMap<&str, Vec<String>> = HashMap::new();
    for Requirement { id, about, section, .. } in &ledger.requirements {
        let (topic, last) = id.rsplit_once('.').unwrap();
        let group = topic.split('.').nth(1).unwrap();
        if groups.last() != Some(&group) {
            assert!(!groups.contains(&group), "{id}: the group {group} is in two places");
            groups.push(group);
        }
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.'), "{id}");
        if group != "x" {
            numbers.entry(topic).or_default().push(last.to_owned());
        }
        assert!(about.chars().count() <= 160 && !about.ends_with('.'), "{id}: `about` is one line, not a sentence");
        assert!(!section.is_empty() && !section.starts_with('#'), "{id}");
    }
    // A statement that is found later takes the next number, wherever it stands in the text.
    for (topic, mut found) in numbers {
        found.sort();
        let expected: Vec<String> = (1..=found.len()).map(|number| format!("{number:02}")).collect();
        assert_eq!(found, expected, "{topic}: numbers count up without gaps");
    }
}

/// Needs a copy of the text, which is not part of the repository: `PLIMSOLL_SPEC_TEXT=.../spec.md cargo test`.
#[test]
fn fingerprints_match_the_text() {
    let Some(path) = std::env::var_os("PLIMSOLL_SPEC_TEXT") else { return };
    let text = std::fs::read_to_string(&path).unwrap();
    let ledger = ledger();
    let drifted: Vec<_> = drift(&ledger, &text).into_iter().filter(|(_, drift)| *drift != Drift::Unchanged).collect();
    assert!(drifted.is_empty(), "{:#?}", drifted.iter().map(|(r, d)| (&r.id, d)).collect::<Vec<_>>());
    let anchors: Vec<String> = text.lines().filter(|line| line.starts_with('#')).map(anchor).collect();
    for Requirement { id, section, .. } in &ledger.requirements {
        assert!(anchors.contains(section), "{id}: no heading has the anchor {section}");
    }
}

/// The anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn drift_tells_moved_from_changed() {
    let line = |n: usize, level: &str| format!("Line {n} {level} hold.\n");
    let text: String = (1..=6).map(|n| line(n, "MUST")).collect();
    let at = |lines: &str, numbers: &[usize]| {
        let words: Vec<&str> = numbers.iter().map(|n| text.lines().nth(n - 1).unwrap()).collect();
        load(&ENTRY.replace("line: 3", lines).replace("0123456789abcdef", &fingerprint(&words.join("\n")))).unwrap()
    };
    let of = |ledger: &Ledger, text: &str| drift(ledger, text)[0].1;
    for ledger in [at("line: 3", &[3]), at("line: [3, 5]", &[3, 5])] {
        assert_eq!(of(&ledger, &text), Drift::Unchanged);
        assert_eq!(of(&ledger, &format!("new\nnew\n{text}")), Drift::Moved { line: 5 });
        assert_eq!(of(&ledger, text.split_once('\n').unwrap().1), Drift::Moved { line: 2 });
        assert_eq!(of(&ledger, &text.replace("3 MUST", "3 SHOULD")), Drift::Changed);
        assert_eq!(of(&ledger, ""), Drift::Changed);
        let entry = &ledger.requirements[0];
        assert_eq!(fingerprint_in(entry, &text), Some(entry.fingerprint.clone()));
        assert_eq!(fingerprint_in(entry, "too\nshort"), None);
    }
}

#[test]
fn keywords_for_the_client_do_not_weigh_on_the_registry() {
    let ledger = Ledger::load(include_str!("../../requirements/distribution.yaml")).unwrap();
    let redirect = ledger.get("dist.api.redirect.01").unwrap();
    assert_eq!(redirect.level_at(SpecVersion::Main), Some(Level::May));
    assert_eq!(redirect.levels_at(SpecVersion::Main), Some(&[Level::May, Level::Should, Level::MustNot][..]));
    let both = ledger
        .requirements
        .iter()
        .filter(|r| r.binds == Binds::Both && r.levels_at(SpecVersion::Main).is_some_and(|l| l.len() > 1));
    assert!(both.clone().all(|r| r.client.is_some()), "{:?}", both.map(|r| &r.id).collect::<Vec<_>>());
}
