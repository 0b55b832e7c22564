use schemars::{Schema, json_schema};

use super::*;
use crate::yaml::parse;

fn schema() -> Schema {
    json_schema!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "pattern": "^[a-z]+$", "title": "a name" },
            "count": { "type": "integer", "minimum": 1 },
            "word": { "oneOf": [{ "const": "one" }, { "const": "two" }] },
            "list": { "type": "array", "items": { "$ref": "#/$defs/Inner" } },
            "either": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/Inner" }] },
            "by-name": { "type": "object", "propertyNames": { "type": "string", "pattern": "^/" } },
            "any": true
        },
        "required": ["name"],
        "additionalProperties": false,
        "$defs": { "Inner": {
            "type": "object",
            "properties": { "a": { "type": "boolean", "description": "Whether." } },
            "required": ["a"],
            "additionalProperties": false
        } }
    })
}

/// Messages about a text, and the keys that are left; nothing is left when the whole is of no use.
fn check_text(text: &str) -> (Vec<String>, Option<Vec<String>>) {
    let mut mistakes = Vec::new();
    let mut tree = parse(text, &mut mistakes).unwrap();
    let usable = check(&mut tree, &schema(), text, &mut mistakes);
    let messages = mistakes.into_iter().map(|mistake| format!("{}: {}", mistake.at.line, mistake.message)).collect();
    let Tree::Map(members) = tree.value else { return (messages, None) };
    (messages, usable.then(|| members.into_iter().map(|(key, _)| key.value).collect()))
}

#[test]
fn good_form_is_left_alone() {
    let text =
        "name: abc\ncount: 1\nword: two\nlist: [{ a: true }]\neither: { a: false }\nby-name: { /x: 1 }\nany: ~\n";
    let (messages, left) = check_text(text);
    assert_eq!(messages, <[&str; 0]>::default());
    assert_eq!(left.unwrap().len(), 7);
}

#[test]
fn every_mistake_is_found_and_taken_out() {
    let (messages, left) = check_text(
        "name: abc\ncount: 0\nword: three\nlist:\n  - { a: true }\n  - { a: yes }\n  - {}\neither: [1]\nby-name: { x: 1 }\n\
         any: { b: [1] }\nnmae: abc\n",
    );
    assert_eq!(
        messages,
        [
            "2: 0 is less than 1",
            "3: `three` is not a word that can stand here",
            "6: found text where `true` or `false` belongs",
            "7: the key `a` is missing here",
            "8: found a list where text or a mapping belongs",
            "9: `x` is not what belongs here",
            "11: unknown key `nmae`",
        ]
    );
    assert_eq!(left.unwrap(), ["name", "list", "by-name", "any"]);
}

#[test]
fn nothing_is_left_without_what_is_required() {
    assert_eq!(check_text("count: 1\n").1, None);
    assert_eq!(check_text("name: ABC\n"), (vec!["1: `ABC` is not a name".to_owned()], None));
    assert_eq!(check_text("- name\n").1, None);
}

#[test]
fn placeholders_are_found_in_their_value() {
    let text = "a: ${b}\nc: x${b}\n";
    let at = crate::yaml::position_at(text, 11, 5);
    assert_eq!(locate(text, at, "${b}").column, 5, "not the one on the first line");
    assert_eq!(locate(text, at, "${c}"), at);
}
