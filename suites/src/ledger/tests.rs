mod against_text;

use std::collections::HashMap;

use super::*;

fn ledger() -> Ledger {
    Ledger::load(include_str!("../../requirements/distribution.yaml")).unwrap()
}

fn runtime() -> Ledger {
    Ledger::load(include_str!("../../requirements/runtime.yaml")).unwrap()
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
    for ledger in [ledger(), runtime()] {
        assert_eq!(Ledger::load(&serde_saphyr::to_string(&ledger).unwrap()).unwrap(), ledger);
    }
}

/// The text of a supplement is a page of this project, which need not be asked for.
#[test]
fn access_is_what_its_page_says() {
    let access = Ledger::load(include_str!("../../requirements/distribution/access.yaml")).unwrap();
    let page = include_str!("../../../docs/access.md");
    for (requirement, drift) in drift(&access, SpecVersion::Main, &Texts::of("docs/access.md", page)) {
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
    assert_eq!(
        drift(&both, SpecVersion::Main, &Texts::default()).len(),
        ledger().requirements.len(),
        "supplements stand in other texts"
    );
    let wrong = both.supplement(access).unwrap_err();
    assert!(wrong[0].contains("access.http.01: the id is given twice"), "{wrong:?}");
}

#[test]
fn the_ledgers_are_in_order() {
    for ledger in [ledger(), runtime()] {
        let mut groups: Vec<&str> = Vec::new();
        let mut numbers: HashMap<&str, Vec<String>> = HashMap::new();
        for Requirement { id, about, section, .. } in &ledger.requirements {
            let (topic, last) = id.rsplit_once('.').unwrap();
            // `dist.pull.blob.get.01` is of the group `dist.pull`.
            let group = id.match_indices('.').nth(1).map_or(topic, |(end, _)| &id[..end]);
            let by_name = group == "dist.x";
            if !by_name && groups.last() != Some(&group) {
                assert!(!groups.contains(&group), "{id}: the group {group} is in two places");
                groups.push(group);
            }
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.'), "{id}");
            if !by_name {
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
}

#[test]
fn drift_tells_moved_from_changed() {
    let line = |n: usize, level: &str| format!("Line {n} {level} hold.\n");
    let text: String = (1..=6).map(|n| line(n, "MUST")).collect();
    let at = |lines: &str, numbers: &[usize]| {
        let words: Vec<&str> = numbers.iter().map(|n| text.lines().nth(n - 1).unwrap()).collect();
        load(&ENTRY.replace("line: 3", lines).replace("0123456789abcdef", &fingerprint(&words.join("\n")))).unwrap()
    };
    let of = |ledger: &Ledger, text: &str| drift(ledger, SpecVersion::Main, &Texts::of("t.md", text))[0].1;
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

#[test]
fn a_document_matters_to_a_runtime_only_through_other_rows() {
    let ledger = runtime();
    let bound = |id: &str| ledger.side().is_bound_by(ledger.get(id).unwrap());
    let level = |id: &str| ledger.get(id).unwrap().level_at(SpecVersion::Release(1, 3));
    assert!(bound("rt.create.01") && bound("lin.ns.01") && bound("cfg.host.01"));
    assert!(!bound("cfg.ann.07") && !bound("vm.kern.01") && !bound("cfg.root.07"));
    assert_eq!(level("cfg.host.01"), Some(Level::Must), "that of rt.create.05");
    assert_eq!(ledger.get("cfg.host.01").unwrap().level.as_slice(), [Level::Optional], "that of the text");
    assert_eq!(level("cfg.ann.07"), Some(Level::Should));
    assert_eq!(level("cfg.lproc.31"), Some(Level::Lower));
    assert_eq!(Level::Lower.weight(), Weight::Should);
}

#[test]
fn what_turned_round_has_two_rows() {
    let ledger = runtime();
    let versions = [(1, 0), (1, 1), (1, 2), (1, 3)].map(|(major, minor)| SpecVersion::Release(major, minor));
    let levels = |id: &str| versions.map(|version| ledger.get(id).unwrap().level_at(version).map(Level::weight));
    let (must, should) = (Some(Weight::Must), Some(Weight::Should));
    assert_eq!(levels("rt.life.16"), [None, None, None, must], "a poststart hook that fails is an error");
    assert_eq!(levels("rt.life.21"), [must, must, must, None], "a warning");
    assert_eq!(levels("cfg.hpre.01"), [None, must, must, must], "prestart hooks in create");
    assert_eq!(levels("cfg.hpre.05"), [must, None, None, None], "in start");
    assert_eq!(levels("cfg.lproc.04"), [None, should, should, should], "unknown capabilities are no reason to fail");
    assert_eq!(levels("cfg.lproc.30"), [must, None, None, None], "an error");
    assert_eq!(levels("cfg.mounts.14"), [must, must, None, None], "destinations are absolute");
    assert_eq!(levels("cfg.mounts.06"), [None, None, must, must], "or relative to /");
    assert_eq!(levels("lin.pids.03"), [None, None, None, should], "0 is a limit");
}

#[test]
fn several_texts() {
    let ledger = runtime();
    let link = |id: &str| ledger.get(id).unwrap().link();
    let site = "https://github.com/opencontainers/runtime-spec/blob";
    assert_eq!(link("cfg.hooks.33"), format!("{site}/v1.3.0/config.md#configHooks"));
    assert_eq!(link("rt.life.21"), format!("{site}/v1.2.1/runtime.md#runtimeLifecycle"), "the last text that had it");
    let folder = tempfile::tempdir().unwrap();
    let read = || Texts::read(&ledger.source, folder.path()).map_err(|error| error.to_string());
    assert!(read().unwrap_err().contains("runtime.md or bundle.md"));
    std::fs::write(folder.path().join("config.md"), "text").unwrap();
    assert_eq!(read().unwrap(), Texts::of("config.md", "text"));
    let file = Texts::read(&ledger.source, &folder.path().join("config.md")).unwrap_err().to_string();
    assert!(file.contains("no folder") && file.contains("9 files"), "{file}");
}

#[test]
fn mistakes_of_ledgers_of_runtimes_are_named() {
    let message = |from: &str, to: &str| {
        let head = "spec: t\ntitle: T\nsubject: runtime\nsource: { file: [a.md, b.md], version: \"1.1\", versions: \
                    [\"1.0\", \"1.1\"], commit: abc, url: \"https://example.org\" }\nrequirements:\n";
        let row = |id: &str, rest: &str| {
            format!(
                "  - {{ id: {id}, level: MUST, since: \"1.0\", section: a.md#s, line: 3, about: a, \
                 fingerprint: \"0123456789abcdef\", {rest} }}\n"
            )
        };
        let rows = row("t.a.01", "binds: runtime") + &row("t.a.02", "binds: document, through: t.a.01");
        let text = format!("{head}{rows}");
        assert!(text.contains(from), "{from}");
        Ledger::load(&text.replace(from, to)).map(|_| ()).map_err(|error| error.to_string())
    };
    assert!(message("title", "title").is_ok());
    for (from, to, expected) in [
        ("binds: runtime", "binds: client", "t.a.01: it binds clients, in a ledger about a runtime"),
        ("subject: runtime\n", "", "it binds the runtime, in a ledger about a registry"),
        ("through: t.a.01", "through: t.a.03", "t.a.02: through: there is no `t.a.03`"),
        ("through: t.a.01", "through: t.a.02", "through: `t.a.02` does not bind the runtime"),
        ("binds: runtime", "binds: runtime, through: t.a.01", "`through` only makes sense"),
        ("binds: runtime", "binds: runtime, raised: { \"1.1\": MAY }", "`t.a.01` is not the same in all versions"),
        (
            "binds: runtime",
            "binds: runtime, until: \"1.1\"",
            "stands in the text of 1.0, which source.earlier does not",
        ),
        ("a.md#s", "c.md#s", "`c.md` is not in source.file"),
        ("a.md#s", "s", "the section is FILE#ANCHOR"),
        ("[a.md, b.md]", "a.md", "the section is an anchor alone"),
        ("subject: runtime", "subject: client", "client"),
    ] {
        let found = message(from, to).unwrap_err();
        assert!(found.contains(expected), "{expected}: {found}");
    }
}
