//! A small specification for the tests of this crate: a ledger with one requirement of each level, and its features.

#![allow(dead_code, reason = "each test program uses another part")]
#![allow(unreachable_pub, reason = "a module of several test programs")]

use std::collections::BTreeMap;

use plimsoll_engine::plan::{self, Entry, Selection};
use plimsoll_suite::ledger::SpecVersion;
use plimsoll_suite::{Library, Spec};

const HEAD: &str = "spec: mini\ntitle: Mini\nsource: { file: spec.md, version: main, versions: [\"1.0\", \"1.1\", main], \
                    commit: abc, url: \"https://example.org/spec.md\", \
                    earlier: { \"1.1\": \"https://example.org/1.1.md\" } }\nrequirements:\n";

const REQUIREMENTS: [(&str, &str); 9] = [
    ("mini.must", "level: MUST, since: \"1.0\", binds: registry"),
    ("mini.other", "level: MUST, since: \"1.0\", binds: registry"),
    ("mini.should", "level: SHOULD, since: \"1.0\", binds: registry"),
    ("mini.may", "level: MAY, since: \"1.0\", binds: registry"),
    ("mini.text", "level: TEXT, since: \"1.0\", binds: registry"),
    ("mini.client", "level: MUST, since: \"1.0\", binds: client"),
    ("mini.both", "level: [MAY, MUST], client: MUST, since: \"1.0\", binds: both"),
    ("mini.new", "level: SHOULD, since: \"1.1\", raised: { main: MUST }, binds: registry"),
    ("mini.old", "level: MUST, since: \"1.0\", until: main, binds: registry"),
];

const FEATURES: &str = "features:
  - id: push
    about: content can be pushed
    probe: [ { GET: /, expect: { status: 200 } } ]
  - id: deletes
    about: content can be deleted
    probe: [ { GET: /, expect: { status: 200 } } ]
capabilities:
  - { id: owned, about: the subject may be attacked }
  - { id: other, about: there is a second user }
  - { id: new, about: something that no harness has yet }
";

/// The ledger with one suite of these cases.
pub fn spec(cases: &str) -> Spec {
    spec_of(&[("mini/one", cases)])
}

/// The ledger with these suites.
pub fn spec_of(suites: &[(&str, &str)]) -> Spec {
    let mut ledger = HEAD.to_owned();
    for (id, rest) in REQUIREMENTS {
        let line =
            format!("  - {{ id: {id}, {rest}, section: s, line: 3, about: a, fingerprint: \"0123456789abcdef\" }}\n");
        ledger.push_str(&line);
    }
    let mut texts = BTreeMap::from([
        ("requirements/mini.yaml".to_owned(), ledger),
        ("mini/features.yaml".to_owned(), FEATURES.to_owned()),
    ]);
    for (name, cases) in suites {
        texts.insert(format!("{name}.yaml"), format!("suite: {name}\nabout: A test.\ncases:\n{cases}"));
    }
    let library = Library::from_files(texts).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)));
    library.specs["mini"].clone()
}

/// A case that asserts `req`, with further keys.
pub fn case(id: &str, req: &str, more: &str) -> String {
    format!(
        "  - {{ id: {id}, title: A promise, steps: [ {{ GET: /, expect: {{ status: {{ is: 200, req: {req} }} }} }} ] {more} }}\n"
    )
}

/// A case that watches the others for `req`.
pub fn watching(id: &str, req: &str) -> String {
    format!(
        "  - {{ id: {id}, title: A promise, watch: {{ expect: {{ headers: {{ Warning: {{ is: x, req: {req} }} }} }} }} }}\n"
    )
}

/// The whole plan at 1.1.
pub fn entries(spec: &Spec) -> Vec<Entry> {
    plan::plan(spec, SpecVersion::V1_1, &Selection::default())
}
