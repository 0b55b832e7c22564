//! The matcher `type`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use plimsoll_engine::matching::{Seen, judge};
use plimsoll_engine::scope::Scope;
use plimsoll_suite::expect::{Matcher, Test, Type};
use plimsoll_suite::position::{At, OneOrMany};
use serde_json::{Value, json};

const ALL: [Type; 8] =
    [Type::Absent, Type::String, Type::Number, Type::Integer, Type::Boolean, Type::Array, Type::Object, Type::Null];

fn matcher(types: &[Type]) -> Matcher {
    let types = types.iter().map(|&value| At { value, at: Default::default() });
    Matcher { tests: vec![Test::Type(OneOrMany(types.collect()))], ..Matcher::default() }
}

fn fits(types: &[Type], seen: Seen<'_>) -> bool {
    judge(&matcher(types), seen, &Scope::default()).unwrap().is_empty()
}

/// The words of all types that something is of.
fn types(seen: Seen<'_>) -> Vec<&'static str> {
    ALL.into_iter().filter(|&kind| fits(&[kind], seen)).map(Type::word).collect()
}

#[test]
fn values_of_a_document_have_the_types_of_json() {
    let of = |value: Value| types(Seen::Json(&value));
    assert_eq!(of(json!("1")), ["string"]);
    assert_eq!(of(json!(1)), ["number", "integer"]);
    assert_eq!(of(json!(-1)), ["number", "integer"]);
    assert_eq!(of(json!(1.0)), ["number", "integer"], "JSON does not tell it from 1");
    assert_eq!(of(json!(1.5)), ["number"]);
    assert_eq!(of(json!(false)), ["boolean"]);
    assert_eq!(of(json!([])), ["array"]);
    assert_eq!(of(json!({})), ["object"]);
    assert_eq!(of(json!(null)), ["null"]);
}

#[test]
fn what_is_no_document_has_a_type_too() {
    let values = ["1".to_owned()];
    assert_eq!(types(Seen::Absent), ["absent"]);
    assert_eq!(types(Seen::Field { name: "Content-Length", values: &values }), ["string"]);
    assert_eq!(types(Seen::Number(200)), ["number", "integer"]);
    assert_eq!(types(Seen::Bytes(b"{}")), ["string"]);
}

#[test]
fn a_list_of_types_means_one_of_them() {
    let either = [Type::Absent, Type::String];
    assert!(fits(&either, Seen::Absent));
    assert!(fits(&either, Seen::Json(&json!("a"))));
    assert!(!fits(&either, Seen::Json(&json!(null))), "null is there");
}

#[test]
fn a_mismatch_says_what_was_expected() {
    let expected =
        |types: &[Type]| judge(&matcher(types), Seen::Json(&json!(1.5)), &Scope::default()).unwrap().remove(0);
    let mismatch = expected(&[Type::Absent, Type::String]);
    assert_eq!((mismatch.expected.as_str(), mismatch.seen.as_str()), ("a value of type absent or string", "1.5"));
    assert_eq!(expected(&[Type::Absent]).expected, "nothing");
}
