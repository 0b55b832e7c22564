//! Placeholders.

#![expect(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

use std::collections::BTreeMap;
use std::sync::Arc;

use plimsoll_engine::given;
use plimsoll_engine::scope::{Scope, Variable};
use plimsoll_fixtures::Seed;
use plimsoll_suite::template::Template;
use serde_json::json;

fn scope() -> Scope {
    let mut scope = Scope::default();
    scope.set_value("repo", "a/b");
    scope.set_value("number", 12);
    scope.set_value("list", json!(["x", 1]));
    let facts = BTreeMap::from([("limit".to_owned(), json!(4)), ("name".to_owned(), json!("n"))]);
    scope.set("subject", Variable::Fields(Arc::new(facts)));
    let fixtures = plimsoll_suite::document("given.yaml", "{ blob: { text: abc }, raw: { random: 9 } }").unwrap();
    given::make(&fixtures, &Seed::new(3), &mut scope).unwrap();
    scope
}

fn text(template: &str) -> Result<String, String> {
    scope().text(&Template::parse(template).unwrap()).map_err(|error| error.to_string())
}

#[test]
fn text_takes_every_kind_of_value() {
    assert_eq!(text("").unwrap(), "");
    assert_eq!(text("/v2/${repo}/x?n=${number}&l=${subject.limit}").unwrap(), "/v2/a/b/x?n=12&l=4");
    assert_eq!(text("${blob}${blob}").unwrap(), "abcabc");
    assert_eq!(text("${list}").unwrap(), r#"["x",1]"#);
    assert_eq!(text("$${repo}$ {").unwrap(), "$a/b$ {");
}

#[test]
fn what_has_no_value_is_named() {
    for name in ["gone", "gone.field", "repo.field", "subject", "subject.other", "blob.other"] {
        assert_eq!(text(&format!("x${{{name}}}")).unwrap_err(), format!("`${{{name}}}` has no value here"));
        assert_eq!(text(&format!("${{{name}}}")).unwrap_err(), format!("`${{{name}}}` has no value here"));
        assert!(scope().document(&json!({"a": [format!("${{{name}}}")]})).is_err(), "{name}");
    }
}

#[test]
fn bytes_pass_unchanged() {
    let scope = scope();
    let raw = scope.fixture("raw").unwrap().bytes();
    assert_eq!(scope.bytes(&Template::parse("${raw}").unwrap()).unwrap(), raw);
    assert_eq!(scope.bytes(&Template::parse("<${raw}${number}").unwrap()).unwrap(), [b"<", &raw[..], b"12"].concat());
}

#[test]
fn a_document_keeps_types_and_order() {
    let document = json!({
        "z": "${number}", "a": ["${list}", "n=${number}", true, null, 1.5],
        "d": {"e": "${blob.descriptor}", "f": "${blob}", "g": "${subject.name}"},
        "broken": "${", "${repo}": "names stay",
    });
    let made = scope().document(&document).unwrap();
    let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let expected = json!({
        "z": 12, "a": [["x", 1], "n=12", true, null, 1.5],
        "d": {
            "e": {"mediaType": "application/octet-stream", "digest": digest, "size": 3}, "f": "abc", "g": "n",
        },
        "broken": "${", "${repo}": "names stay",
    });
    assert_eq!(made.to_string(), expected.to_string(), "the order of the members, too");
}

#[test]
fn a_name_can_be_set_again() {
    let mut scope = scope();
    assert_eq!(scope.saved("repo").unwrap(), "a/b");
    scope.set_value("repo", "c");
    assert_eq!(scope.saved("repo").unwrap(), "c");
    assert_eq!((scope.saved("blob"), scope.saved("subject"), scope.saved("gone")), (None, None, None));
    assert!(scope.fixture("repo").is_none() && scope.fixture("blob").is_some());
}
