use serde_json::json;

use super::*;
use crate::yaml::{parse, typed};

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let mut mistakes = Vec::new();
    typed(&parse(text, &mut mistakes).unwrap()).unwrap()
}

fn tests(text: &str) -> Vec<Test> {
    read::<Matcher>(text).tests
}

#[test]
fn a_bare_value_is_short_for_is() {
    assert_eq!(tests("202"), [Test::Is(json!(202))]);
    assert_eq!(tests("-1"), [Test::Is(json!(-1))]);
    assert_eq!(tests("0.5"), [Test::Is(json!(0.5))]);
    assert_eq!(tests("yes"), [Test::Is(json!("yes"))]);
    assert_eq!(tests("true"), [Test::Is(json!(true))]);
    assert_eq!(tests("[a, 1]"), [Test::Is(json!(["a", 1]))]);
}

#[test]
fn null_is_a_value_to_compare_with() {
    assert_eq!(tests("is: null"), [Test::Is(Value::Null)]);
    assert_eq!(tests("is-not: null"), [Test::IsNot(Value::Null)]);
    assert_eq!(tests("absent-or: null"), [Test::AbsentOr(Value::Null)]);
    assert_eq!(tests("req: a.b.01"), []);
}

#[test]
fn every_test_has_its_key() {
    let all = "present: true\nis: 1\nis-not: 2\none-of: [1]\ntype: string\nmatches: a\nabsent-or: 1\nequals: x\njson: {}\n\
               contains: a\nlacks: b\nordered: ascii-or-lexical\nat-most: 1\nlength: 1\neach: 1\ndigest-of: x\n";
    assert_eq!(tests(all).len(), all.lines().count());
}

#[test]
fn types_are_one_or_several_words() {
    let types = |text: &str| match tests(text).remove(0) {
        Test::Type(types) => types.iter().map(|kind| kind.word()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(types("type: object"), ["object"]);
    assert_eq!(types("type: [absent, string]"), ["absent", "string"]);
    assert_eq!(types("type: [\"null\", number, integer, boolean, array]").len(), 5);
}

#[test]
fn expectations_are_one_or_several() {
    let one: Expectations = read("{ status: 200, req: a.b.01 }");
    assert_eq!((one.0.len(), one.0[0].at.line, one.0[0].at.column), (1, 1, 1));
    let two: Expectations = read("- { status: 200 }\n- otherwise: a.b.01\n");
    assert_eq!((two.0.len(), two.0[1].at.line, two.0[1].at.column), (2, 2, 3));
    assert_eq!(two.0[1].otherwise.as_ref().unwrap()[0].value, "a.b.01");
}

#[test]
fn requirements_know_their_place() {
    let matcher: Matcher = read("{ is: 1, req: [a.b.01, c.d.02] }");
    assert_eq!(
        matcher.req.iter().map(|id| (id.as_str(), id.at.column)).collect::<Vec<_>>(),
        [("a.b.01", 16), ("c.d.02", 24)]
    );
}
