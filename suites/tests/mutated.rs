//! Whatever stands in a file, it is a suite or a list of mistakes that can be shown.

use std::collections::BTreeMap;
use std::path::Path;

use plimsoll_suite::Library;
use proptest::prelude::*;
use proptest::sample::Index;

/// Real text that is short enough for many rounds.
const REAL: [&str; 4] =
    ["distribution/warnings.yaml", "distribution/proxy.yaml", "distribution/features.yaml", "distribution/tags.yaml"];

/// Enough of a ledger to be beside a suite; the real one takes most of the time of a round.
const LEDGER: &str = "spec: distribution
title: A specification
source: { file: a, version: main, versions: [\"1.0\", \"1.1\", main], commit: abc, url: \"https://example.org/a\" }
requirements:
  - { id: dist.warning.02, level: MUST, since: \"1.0\", section: a, line: 1, binds: registry, about: b, fingerprint: \"0123456789abcdef\" }
";

/// Pieces that mean something to YAML or to suites.
const PIECES: [&str; 24] = [
    "${",
    "}",
    "{",
    "[",
    "]",
    ": ",
    "- ",
    "\n",
    "\t",
    "\"",
    "'",
    "#",
    "&a ",
    "*a",
    "!t ",
    "|\n",
    "? ",
    "---\n",
    "<<: ",
    "\u{feff}",
    "é",
    "\0",
    "\r",
    "${repo.x}",
];

#[derive(Debug, Clone)]
enum Change {
    Truncate(Index),
    Byte(Index, u8),
    Insert(Index, usize),
    Remove(Index),
    Swap(Index, Index),
    Twice(Index),
    Indent(Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        1 => any::<Index>().prop_map(Change::Truncate),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        4 => (any::<Index>(), 0..PIECES.len()).prop_map(|(at, piece)| Change::Insert(at, piece)),
        2 => any::<Index>().prop_map(Change::Remove),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Change::Swap(a, b)),
        1 => any::<Index>().prop_map(Change::Twice),
        2 => (any::<Index>(), 0..5_usize).prop_map(|(line, spaces)| Change::Indent(line, spaces)),
    ]
}

fn apply(text: &str, change: &Change) -> String {
    let in_lines = |edit: &dyn Fn(&mut Vec<String>)| {
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        if !lines.is_empty() {
            edit(&mut lines);
        }
        lines.concat()
    };
    let in_bytes = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = text.as_bytes().to_vec();
        if !bytes.is_empty() {
            edit(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    match change {
        Change::Truncate(at) => in_bytes(&|bytes| bytes.truncate(at.index(bytes.len()))),
        Change::Byte(at, byte) => in_bytes(&|bytes| {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }),
        Change::Insert(at, piece) => in_bytes(&|bytes| {
            let at = at.index(bytes.len());
            bytes.splice(at..at, PIECES[*piece].bytes());
        }),
        Change::Remove(line) => in_lines(&|lines| drop(lines.remove(line.index(lines.len())))),
        Change::Swap(a, b) => in_lines(&|lines| {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
        }),
        Change::Twice(line) => in_lines(&|lines| {
            let line = line.index(lines.len());
            lines.insert(line, lines[line].clone());
        }),
        Change::Indent(line, spaces) => in_lines(&|lines| {
            let line = line.index(lines.len());
            lines[line] = format!("{}{}", " ".repeat(*spaces), lines[line].trim_start_matches(' '));
        }),
    }
}

/// Every mistake can be shown, and points into the file.
fn show(texts: BTreeMap<String, String>) {
    let Err(mistakes) = Library::from_files(texts) else { return };
    assert!(!mistakes.diagnostics.is_empty());
    for diagnostic in &mistakes.diagnostics {
        let text = &mistakes.texts[&diagnostic.file];
        assert!(diagnostic.at.line >= 1 && diagnostic.at.column >= 1, "{diagnostic}");
        assert!(diagnostic.at.line <= text.lines().count().max(1), "{diagnostic}");
        assert!(text.is_char_boundary(diagnostic.at.offset), "{diagnostic}");
        assert!(diagnostic.render(text, false).contains(&diagnostic.file), "{diagnostic}");
        assert!(!diagnostic.render(text, true).is_empty());
    }
    assert!(!mistakes.render(false).is_empty() && !mistakes.summary().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn real_files_with_changes(which in 0..REAL.len(), changes in proptest::collection::vec(change(), 1..6)) {
        let path = REAL[which];
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let text = changes.iter().fold(text, |text, change| apply(&text, change));
        show(BTreeMap::from([("requirements/distribution.yaml".to_owned(), LEDGER.to_owned()), (path.to_owned(), text)]));
    }

    #[test]
    fn a_ledger_with_changes(changes in proptest::collection::vec(change(), 1..6)) {
        let text = changes.iter().fold(LEDGER.to_owned(), |text, change| apply(&text, change));
        show(BTreeMap::from([("requirements/distribution.yaml".to_owned(), text)]));
    }

    #[test]
    fn any_text(text in "\\PC{0,200}|[ -~\\n]{0,200}|([a-z]{1,3}: ?[\\[{]?[a-z0-9$]*[\\]}]?\\n){0,8}") {
        show(BTreeMap::from([
            ("requirements/distribution.yaml".to_owned(), LEDGER.to_owned()),
            ("distribution/a.yaml".to_owned(), text),
        ]));
    }
}
