use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::position::{Key, OneOrMany};

fn tree(text: &str) -> At<Tree> {
    let mut mistakes = Vec::new();
    let tree = parse(text, &mut mistakes).unwrap();
    assert_eq!(mistakes, []);
    tree
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    typed(&tree(text))
}

#[test]
fn every_value_has_its_place() {
    let text = "ä: [1, two]\nlist:\n  - { ö: ü }\n  - last\n";
    let Tree::Map(members) = tree(text).value else { panic!("no mapping") };
    let covered = |at: Position| &text[at.offset..at.offset + at.len];
    let (key, value) = &members[0];
    assert_eq!((key.at.line, key.at.column, covered(key.at)), (1, 1, "ä"));
    // Columns count characters, offsets count bytes.
    assert_eq!((value.at.line, value.at.column, covered(value.at)), (1, 4, "[1, two]"));
    let Tree::List(list) = &members[1].1.value else { panic!("no list") };
    assert_eq!((list[0].at.line, list[0].at.column, covered(list[0].at)), (3, 5, "{ ö: ü }"));
    // A collection without brackets covers everything from its first to its last character.
    assert_eq!(covered(members[1].1.at), "- { ö: ü }\n  - last");
}

#[test]
fn quotes_make_text() {
    assert_eq!(tree("'1'").value, Tree::Text("1".to_owned()));
    assert_eq!(tree("\"null\"").value, Tree::Text("null".to_owned()));
    assert_eq!(tree("|\n  true\n").value, Tree::Text("true\n".to_owned()));
    assert_eq!(tree("a: 1 # comment\n# comment\n").value.kind(), "a mapping");
}

#[test]
fn the_first_of_two_equal_keys_stays() {
    let mut mistakes = Vec::new();
    let Tree::Map(members) = parse("a: 1\nb: 2\na: 3\n", &mut mistakes).unwrap().value else { panic!("no mapping") };
    assert_eq!(members.len(), 2);
    assert_eq!((mistakes[0].at.line, mistakes.len()), (3, 1));
}

#[test]
fn positions_of_bytes() {
    let text = "ab\nçd\n";
    assert_eq!(position_at(text, 0, 1).column, 1);
    let at = position_at(text, 5, 1);
    assert_eq!((at.line, at.column, at.offset), (2, 2, 5));
    // Inside a character: its beginning. Behind the end: the end.
    assert_eq!(position_at(text, 4, 1).column, 1);
    assert_eq!((position_at(text, 99, 1).line, position_at(text, 99, 1).offset), (3, 7));
}

#[derive(Debug, Deserialize, PartialEq)]
struct Typed {
    one: At<u64>,
    #[serde(default)]
    many: OneOrMany<String>,
    #[serde(default)]
    map: indexmap::IndexMap<Key, At<f64>>,
    by_number: Option<BTreeMap<u16, bool>>,
}

#[test]
fn types_keep_places() {
    let typed: Typed = read("one: 7\nmany: x\nmap: { a: 0.5, b: -1 }\nby_number: ~\n").unwrap();
    assert_eq!((typed.one.value, typed.one.at.line, typed.one.at.column), (7, 1, 6));
    assert_eq!((typed.many[0].as_str(), typed.many[0].at.line), ("x", 2));
    let key = typed.map.keys().nth(1).unwrap();
    assert_eq!((key.as_str(), key.at().column), ("b", 16));
    assert_eq!(typed.map.get("b").unwrap().value, -1.0, "found by its text alone");
    assert_eq!(typed.by_number, None);
    let typed: Typed = read("one: 7\nmany: [x, y]\n").unwrap();
    assert_eq!(typed.many.iter().map(|word| word.at.column).collect::<Vec<_>>(), [8, 11]);
}

#[test]
fn a_type_that_does_not_fit_is_reported_where_it_stands() {
    let mistake = read::<Typed>("one: 7\nmany: [x, [y]]\n").unwrap_err();
    assert_eq!((mistake.at.line, mistake.at.column), (2, 11));
    let mistake = read::<Typed>("one: x\n").unwrap_err();
    assert_eq!((mistake.at.line, mistake.at.column), (1, 6));
}

#[test]
fn other_sources_have_no_places() {
    let value: At<u64> = serde_json::from_str("7").unwrap();
    assert_eq!((value.value, value.at), (7, Position::default()));
}
