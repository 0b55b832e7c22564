//! What is run, in which order, under which names.

mod common;

use std::collections::BTreeSet;

use common::{case, spec, spec_of, watching};
use plimsoll_engine::event::RequirementInfo;
use plimsoll_engine::plan::{Entry, Partition, Selection, plan, requirements};
use plimsoll_suite::Library;
use plimsoll_suite::ledger::{SpecVersion, Weight};
use serde_json::json;

const VERSIONS: [SpecVersion; 3] = [SpecVersion::V1_0, SpecVersion::V1_1, SpecVersion::Main];

fn ids(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.id.strip_prefix("mini/").unwrap_or(&entry.id)).collect()
}

fn selected(cases: &str, selection: &Selection) -> Vec<String> {
    ids(&plan(&spec(cases), SpecVersion::V1_1, selection)).into_iter().map(str::to_owned).collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn matrix(matrix: &str) -> Vec<String> {
    let steps = "[ { GET: '/', query: { a: '${a}', b: '${b}' }, expect: { status: { is: 200, req: mini.must } } } ]";
    let case = format!("  - {{ id: c, title: A promise, matrix: {matrix}, steps: {steps} }}\n");
    selected(&case, &Selection::default()).iter().map(|id| id.trim_start_matches("one/c").to_owned()).collect()
}

#[test]
fn a_matrix_becomes_every_combination_first_key_slowest() {
    assert_eq!(matrix("{ a: [sha256, sha512], b: [0, 1] }"), ["[sha256,0]", "[sha256,1]", "[sha512,0]", "[sha512,1]"]);
    let spec = spec(&case("c", "mini.must", ", matrix: { n: [1, two] }").replace("GET: /", "GET: '/${n}'"));
    let cells: Vec<_> = common::entries(&spec).into_iter().map(|entry| entry.cell["n"].clone()).collect();
    assert_eq!(cells, [json!(1), json!("two")]);
}

#[test]
fn content_that_is_named_becomes_cells_and_what_nobody_named_stays_one_entry() {
    let mut library = Library::embedded().unwrap();
    let cells = |library: &Library| -> Vec<String> {
        let all = plan(&library.specs["distribution"], SpecVersion::Main, &Selection::default());
        let about = |id: &&str| id.starts_with("distribution/given-content/tag-head");
        ids(&all)
            .into_iter()
            .filter(about)
            .map(|id| id.trim_start_matches("distribution/given-content/").to_owned())
            .collect()
    };
    assert_eq!(cells(&library), ["tag-head"]);
    let digest = library.digest();
    library.fill(&[("tags".to_owned(), words(&["v1", "v2"]))].into());
    assert_eq!(cells(&library), ["tag-head[v1]", "tag-head[v2]"]);
    assert_eq!(library.digest(), digest, "the suites are the same");
}

#[test]
fn names_of_cells_are_short_and_harmless() {
    let odd = "{ a: [\"it's; $(rm)\", '', 'a,b', 'x]y', [1, two], true, null, v1.0+x:y/z_w-, \
               aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa], b: [1] }";
    let names = matrix(odd);
    for name in &names {
        assert!(name.len() <= 40, "{name}");
        let inner = name.strip_prefix('[').and_then(|n| n.strip_suffix(",1]"));
        assert!(inner.is_some_and(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || "-._:/+~".contains(c))), "{name}");
    }
    assert_eq!(names[7], "[v1.0+x:y/z_w-,1]", "a harmless value is its own name");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

#[test]
fn no_two_cells_have_the_same_id() {
    // Number and text, and text that is cut to the same beginning.
    let same = "{ a: [1, '1', '1~2', true, 'true'], b: [x, x, x] }";
    let names = matrix(same);
    assert_eq!(names.len(), 15);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 15, "{names:?}");
    assert_eq!(names[..4], ["[1,x]", "[1,x~2]", "[1,x~3]", "[1~2,x]"]);
    // More long values than the four hexadecimal digits behind a cut name can tell apart for certain.
    let many: Vec<String> =
        (0..1500).map(|n| format!("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{n}")).collect();
    let names = matrix(&format!("{{ a: [{}], b: [1] }}", many.join(", ")));
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 1500);
}

#[test]
fn every_id_of_the_built_in_suites_is_unique_and_a_safe_word() {
    let library = Library::embedded().unwrap();
    // A ledger may be there before its suites.
    for spec in library.specs.values().filter(|spec| !spec.suites.is_empty()) {
        for version in VERSIONS {
            let entries = plan(spec, version, &Selection::default());
            let unique: BTreeSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
            assert_eq!(unique.len(), entries.len());
            assert!(!unique.is_empty());
            // It is put between single quotes in the command that repeats the case.
            assert!(unique.iter().all(|id| !id.contains(['\'', '\n', ' '])));
        }
    }
}

#[test]
fn since_and_until_include_their_version() {
    let cases = [
        case("always", "mini.must", ""),
        case("since", "mini.must", ", since: '1.1'"),
        case("until", "mini.must", ", until: '1.1'"),
        case("only", "mini.must", ", since: '1.1', until: '1.1'"),
        case("main", "mini.must", ", since: main"),
    ];
    let spec = spec(&cases.concat());
    let of = |version| plan(&spec, version, &Selection::default());
    let expected: [&[&str]; 3] = [
        &["one/always", "one/until"],
        &["one/always", "one/since", "one/until", "one/only"],
        &["one/always", "one/since", "one/main"],
    ];
    for (version, expected) in VERSIONS.into_iter().zip(expected) {
        assert_eq!(ids(&of(version)), expected, "{version}");
    }
}

fn several() -> String {
    [
        watching("watch", "mini.may"),
        case("must", "mini.must", ", needs: push, matrix: { n: [1, 2] }").replace("GET: /", "GET: '/${n}'"),
        case("should", "mini.should", ", needs: [push, deletes]"),
        case("both", "[mini.should, mini.text]", ""),
    ]
    .concat()
}

#[test]
fn watching_cases_come_last_and_the_rest_keeps_its_order() {
    let suites = spec_of(&[("mini/b", &several()), ("mini/a", &several())]);
    let entries = common::entries(&suites);
    assert_eq!(
        ids(&entries),
        [
            "a/must[1]",
            "a/must[2]",
            "a/should",
            "a/both",
            "b/must[1]",
            "b/must[2]",
            "b/should",
            "b/both",
            "a/watch",
            "b/watch"
        ]
    );
}

#[test]
fn everything_that_is_selected_must_fit_and_values_of_one_kind_are_alternatives() {
    let all = ["one/must[1]", "one/must[2]", "one/should", "one/both", "one/watch"];
    let none: [&str; 0] = [];
    let check = |selection: Selection, expected: &[&str]| {
        assert_eq!(selected(&several(), &selection), words(expected), "{selection:?}");
    };
    let default = Selection::default;
    check(default(), &all);

    let cases = |globs: &[&str]| Selection { cases: words(globs), ..default() };
    check(cases(&["mini/one/must"]), &all[..2]);
    check(cases(&["mini/one/must[2]"]), &all[1..2]);
    check(cases(&["*must[?]"]), &all[..2]);
    check(cases(&["*/both", "*/watch"]), &all[3..]);
    check(cases(&["must"]), &none);

    let suites = |globs: &[&str]| Selection { suites: words(globs), ..default() };
    check(suites(&["mini/o*"]), &all);
    check(suites(&["one", "mini/two"]), &none);

    let requirements = |globs: &[&str]| Selection { requirements: words(globs), ..default() };
    check(requirements(&["mini.should"]), &all[2..4]);
    check(requirements(&["mini.te*", "mini.may"]), &all[3..]);

    let levels = |levels: &[Weight]| Selection { levels: levels.to_vec(), ..default() };
    check(levels(&[Weight::Must]), &["one/must[1]", "one/must[2]", "one/both"]);
    check(levels(&[Weight::Should]), &["one/should", "one/both"]);
    check(levels(&[Weight::May]), &["one/watch"]);
    check(levels(&[Weight::May, Weight::Should]), &["one/should", "one/both", "one/watch"]);

    let needs = |needs: &[&str]| Selection { needs: words(needs), ..default() };
    check(needs(&["deletes"]), &["one/should"]);
    check(needs(&["deletes", "push"]), &["one/must[1]", "one/must[2]", "one/should"]);

    check(Selection { cases: words(&["*must*"]), ..levels(&[Weight::Should]) }, &none);
    check(Selection { needs: words(&["push"]), ..requirements(&["mini.should"]) }, &["one/should"]);
}

#[test]
fn the_level_of_a_selection_is_the_one_in_force() {
    let spec = spec(&case("c", "mini.new", ""));
    let selection = |weight| Selection { levels: vec![weight], ..Selection::default() };
    let count = |version, weight| plan(&spec, version, &selection(weight)).len();
    let found = VERSIONS.map(|version| (count(version, Weight::Should), count(version, Weight::Must)));
    assert_eq!(found, [(0, 0), (1, 0), (0, 1)]);
}

#[test]
fn parts_are_cut_from_the_selection_and_watching_cases_are_in_all() {
    let cases: String = (0..10).map(|n| case(&format!("c{n}"), "mini.must", "")).collect();
    let cases = cases + &case("other", "mini.should", "") + &watching("watch", "mini.must");
    let part = |partition| {
        let selection =
            Selection { requirements: words(&["mini.must"]), partition: Some(partition), ..Selection::default() };
        selected(&cases, &selection)
    };
    assert_eq!(part(Partition::Slice { part: 2, of: 4 }), ["one/c1", "one/c5", "one/c9", "one/watch"]);
    for hash in [false, true] {
        let parts = (1..=3)
            .map(|n| part(if hash { Partition::Hash { part: n, of: 3 } } else { Partition::Slice { part: n, of: 3 } }));
        let parts: Vec<Vec<String>> = parts.collect();
        assert!(parts.iter().all(|part| part.iter().filter(|id| *id == "one/watch").count() == 1));
        let mut acting: Vec<String> = parts.concat().into_iter().filter(|id| id != "one/watch").collect();
        acting.sort();
        assert_eq!(acting, (0..10).map(|n| format!("one/c{n}")).collect::<Vec<_>>());
    }
}

#[test]
fn an_entry_stays_in_its_part_when_others_come_and_go() {
    let cases: Vec<String> = (0..20).map(|n| case(&format!("c{n}"), "mini.must", "")).collect();
    let selection = Selection { partition: Some(Partition::Hash { part: 1, of: 2 }), ..Selection::default() };
    let all = selected(&cases.concat(), &selection);
    let fewer = selected(&cases[7..].concat(), &selection);
    assert!(all.len() < 20 && !fewer.is_empty());
    let stayed: Vec<String> = all.into_iter().filter(|id| (7..20).any(|n| *id == format!("one/c{n}"))).collect();
    assert_eq!(fewer, stayed);
}

#[test]
fn an_entry_knows_every_requirement_it_can_assert() {
    let cases = "
  - id: c
    title: A promise
    steps:
      - GET: /
        pages: { join: /tags, req: mini.old }
        expect:
          - status: { is: 200, req: mini.must }
            when: { Link: { present: true } }
            req: mini.should
            headers: { A: { is: 1, req: mini.may } }
            body: { json: { /a: { each: { is: 1, req: [mini.text, mini.must] } } } }
          - status: 404
            verdict: pass
          - otherwise: mini.both
";
    let entries = common::entries(&spec(cases));
    let expected = ["mini.old", "mini.should", "mini.must", "mini.may", "mini.text", "mini.both"];
    assert_eq!(entries[0].requirements, expected);
}

fn info<'a>(infos: &'a [RequirementInfo], id: &str) -> Option<(&'a str, usize)> {
    infos.iter().find(|info| info.id == id).map(|info| (info.level.as_str(), info.cases))
}

#[test]
fn requirements_are_listed_as_they_bind_the_subject_with_the_number_of_their_cases() {
    let spec = spec(&several());
    let infos = |version, selection: &Selection| requirements(&spec.ledger, version, &plan(&spec, version, selection));

    let all = infos(SpecVersion::V1_1, &Selection::default());
    let order: Vec<&str> = all.iter().map(|info| info.id.as_str()).collect();
    let expected =
        ["mini.must", "mini.other", "mini.should", "mini.may", "mini.text", "mini.both", "mini.new", "mini.old"];
    assert_eq!(order, expected, "in the order of the text, without what binds clients");
    assert_eq!(info(&all, "mini.must"), Some(("MUST", 2)), "cells count");
    assert_eq!(info(&all, "mini.should"), Some(("SHOULD", 2)));
    assert_eq!(info(&all, "mini.text"), Some(("TEXT", 1)));
    assert_eq!(info(&all, "mini.may"), Some(("MAY", 1)), "it is only watched");
    assert_eq!(info(&all, "mini.both"), Some(("MAY", 0)), "the MUST is for clients");
    let link =
        |id: &str| if id == "mini.old" { "https://example.org/1.1.md#s" } else { "https://example.org/spec.md#s" };
    assert!(all.iter().all(|info| info.link == link(&info.id)), "what was dropped is in the text that had it");
    assert!(all.iter().all(|info| !info.beside), "and is of the specification nevertheless");

    let at = |version| infos(version, &Selection::default());
    let levels = |id| VERSIONS.map(|version| info(&at(version), id).map(|(level, _)| level.to_owned()));
    assert_eq!(levels("mini.new"), [None, Some("SHOULD".to_owned()), Some("MUST".to_owned())]);
    assert_eq!(levels("mini.old"), [Some("MUST".to_owned()), Some("MUST".to_owned()), None]);

    // What is not selected is listed all the same: it is not tested, and a report must say so.
    let some = infos(SpecVersion::V1_1, &Selection { needs: words(&["deletes"]), ..Selection::default() });
    assert_eq!(some.len(), all.len());
    assert_eq!((info(&some, "mini.should"), info(&some, "mini.must")), (Some(("SHOULD", 1)), Some(("MUST", 0))));
    let part = Selection { partition: Some(Partition::Slice { part: 1, of: 2 }), ..Selection::default() };
    let part = infos(SpecVersion::V1_1, &part);
    let counts =
        ["mini.must", "mini.should", "mini.text", "mini.may"].map(|id| info(&part, id).map(|(_, cases)| cases));
    assert_eq!(counts, [Some(1), Some(1), Some(0), Some(1)]);
}
