//! Every matcher: when it holds, when not, and what it says then.

#![expect(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

use plimsoll_engine::matching::{Mismatch, Seen, judge, requirements};
use plimsoll_engine::scope::Scope;
use plimsoll_suite::expect::Matcher;
use plimsoll_suite::position::At;
use serde_json::{Value, json};

fn matcher(yaml: &str) -> Matcher {
    plimsoll_suite::document::<At<Matcher>>("matcher.yaml", yaml).unwrap().value
}

fn scope() -> Scope {
    let mut scope = Scope::default();
    scope.set_value("word", "green");
    scope.set_value("number", 7);
    scope.set_value("text-number", "7");
    scope
}

fn mismatches(yaml: &str, seen: Seen<'_>) -> Vec<Mismatch> {
    judge(&matcher(yaml), seen, &scope()).unwrap()
}

/// Something that was seen, as it can be written in a table.
enum Was {
    Nothing,
    Number(u64),
    /// `Content-Type`, as often as it was sent.
    Type(&'static [&'static str]),
    /// Another field.
    Field(&'static [&'static str]),
    Bytes(&'static [u8]),
    Json(Value),
}

fn holds(yaml: &str, was: &Was) -> bool {
    let values: Vec<String> = match was {
        Was::Type(values) | Was::Field(values) => values.iter().map(|v| (*v).to_owned()).collect(),
        _ => Vec::new(),
    };
    mismatches(
        yaml,
        match was {
            Was::Nothing => Seen::Absent,
            Was::Number(number) => Seen::Number(*number),
            Was::Type(_) => Seen::Field { name: "content-TYPE", values: &values },
            Was::Field(_) => Seen::Field { name: "X-Some", values: &values },
            Was::Bytes(bytes) => Seen::Bytes(bytes),
            Was::Json(value) => Seen::Json(value),
        },
    )
    .is_empty()
}

/// For each matcher what fits and what does not.
fn table(yaml: &str, good: &[Was], bad: &[Was]) {
    for (index, was) in good.iter().enumerate() {
        assert!(holds(yaml, was), "{yaml} must hold for good[{index}]");
    }
    for (index, was) in bad.iter().enumerate() {
        assert!(!holds(yaml, was), "{yaml} must not hold for bad[{index}]");
    }
}

const NOT_TEXT: Was = Was::Bytes(b"\xff\xfe");

#[test]
fn present() {
    let there = || [Was::Number(0), Was::Field(&[""]), Was::Bytes(b""), Was::Json(Value::Null), NOT_TEXT];
    table("present: true", &there(), &[Was::Nothing]);
    table("present: false", &[Was::Nothing], &there());
}

#[test]
fn is_compares_text_outside_of_json_and_types_inside() {
    table(
        "is: 202",
        &[Was::Number(202), Was::Field(&["202"]), Was::Bytes(b"202"), Was::Json(json!(202))],
        &[Was::Number(200), Was::Field(&["0202"]), Was::Field(&["202", "202"]), Was::Json(json!("202")), Was::Nothing],
    );
    table(
        "is: green",
        &[Was::Field(&["green"]), Was::Bytes(b"green"), Was::Json(json!("green"))],
        &[Was::Field(&["Green"]), Was::Field(&["green", "green"]), Was::Json(json!(["green"])), NOT_TEXT, Was::Nothing],
    );
    table("is: ''", &[Was::Bytes(b""), Was::Field(&[""])], &[Was::Nothing, Was::Json(Value::Null)]);
    table("is: { a: [1, null] }", &[Was::Json(json!({"a": [1, null]}))], &[Was::Json(json!({"a": [1]}))]);
    table("[1, 2]", &[Was::Json(json!([1, 2]))], &[Was::Json(json!([2, 1])), Was::Json(json!("[1,2]"))]);
    table("is: '${word}'", &[Was::Field(&["green"])], &[Was::Field(&["${word}"])]);
    // A placeholder keeps the type of what it stands for.
    table("is: '${number}'", &[Was::Json(json!(7)), Was::Field(&["7"])], &[Was::Json(json!("7"))]);
    table("is: '${text-number}'", &[Was::Json(json!("7")), Was::Number(7)], &[Was::Json(json!(7))]);
}

#[test]
fn media_types_are_compared_without_parameters_and_case() {
    table(
        "is: application/json",
        &[Was::Type(&["application/json"]), Was::Type(&["Application/JSON ; charset=utf-8"])],
        &[Was::Type(&["application/json2"]), Was::Type(&["text/json", "application/json"]), Was::Nothing],
    );
    table("is: application/json", &[], &[Was::Field(&["application/json; charset=utf-8"])]);
    // Where the parameters are the point, `matches` sees all of it.
    table("matches: '[^;]*'", &[Was::Type(&["a/b"])], &[Was::Type(&["a/b; c=d"])]);
}

#[test]
fn is_not_one_of_and_absent_or() {
    table("is-not: 5", &[Was::Number(4), Was::Json(json!("5")), Was::Nothing], &[Was::Number(5), Was::Field(&["5"])]);
    table(
        "one-of: [200, 404]",
        &[Was::Number(404), Was::Field(&["200"]), Was::Json(json!(200))],
        &[Was::Number(201), Was::Json(json!([200, 404])), Was::Json(json!("200")), Was::Nothing, NOT_TEXT],
    );
    table(
        "absent-or: '${word}'",
        &[Was::Nothing, Was::Field(&["green"])],
        &[Was::Field(&["red"]), Was::Field(&["green", "red"]), Was::Json(Value::Null)],
    );
}

#[test]
fn matches_describes_the_whole_text() {
    table(
        "matches: 'a|b+'",
        &[Was::Field(&["a"]), Was::Bytes(b"bbb"), Was::Json(json!("b"))],
        &[
            Was::Field(&["ab"]),
            Was::Bytes(b"a\n"),
            Was::Json(json!(["a"])),
            Was::Field(&["a", "b"]),
            Was::Nothing,
            NOT_TEXT,
        ],
    );
    table(
        "matches: '[0-9]+'",
        &[Was::Number(12), Was::Json(json!(12))],
        &[Was::Json(json!(-1)), Was::Json(json!(true))],
    );
    // A field that is sent twice is one text, joined (RFC 9110 section 5.3).
    table("matches: 'a, b'", &[Was::Field(&["a", "b"])], &[Was::Field(&["b", "a"])]);
}

#[test]
fn equals_compares_bytes() {
    table(
        "equals: 'x${word}'",
        &[Was::Bytes(b"xgreen"), Was::Field(&["xgreen"]), Was::Json(json!("xgreen"))],
        &[Was::Bytes(b"xgreen\n"), Was::Bytes(b""), Was::Nothing, Was::Json(json!({})), NOT_TEXT],
    );
    let wrong = &mismatches("equals: abc", Seen::Bytes(b"abd"))[0];
    assert_eq!(wrong.seen, "3 bytes: abd");
    assert!(wrong.expected.starts_with("3 bytes, sha256:ba7816bf"), "{}", wrong.expected);
}

// Of "abc" (FIPS 180-4, appendix).
const SHA256: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA512: &str = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                      2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
const OTHER: &str = "sha256:aa7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const UPPER: &str = "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";

#[test]
fn has_digest_is_for_bytes_of_which_only_the_digest_is_known() {
    let held = |yaml: &str, bytes: &[u8]| judge(&matcher(yaml), Seen::Bytes(bytes), &scope()).unwrap().is_empty();
    assert!(held(&format!("has-digest: '{SHA256}'"), b"abc"));
    assert!(held(&format!("has-digest: '{SHA512}'"), b"abc"));
    for wrong in [OTHER, UPPER, "sha256", "blake3:0123456789abcdef0123456789abcdef"] {
        assert!(!held(&format!("has-digest: '{wrong}'"), b"abc"), "{wrong}");
    }
    assert!(!held(&format!("has-digest: '{SHA256}'"), b"abcd"));
}

#[test]
fn digest_of_takes_every_algorithm() {
    table(
        "digest-of: abc",
        &[
            Was::Field(&[SHA256]),
            Was::Json(json!(SHA512)),
            Was::Field(&["blake3:0123456789abcdef0123456789abcdef"]),
            Was::Field(&["multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8"]),
            // That it is there is for `present` to say.
            Was::Nothing,
        ],
        &[
            Was::Field(&[OTHER]),
            Was::Field(&[UPPER]),
            Was::Field(&[SHA256, SHA256]),
            Was::Field(&["sha256"]),
            Was::Field(&["blake3:0123"]),
            Was::Field(&["blake3:                                "]),
            Was::Field(&["<a href=x>:0123456789abcdef0123456789abcdef"]),
            Was::Field(&["Blake3:0123456789abcdef0123456789abcdef"]),
            Was::Json(json!([SHA256])),
            NOT_TEXT,
        ],
    );
}

#[test]
fn contains_and_lacks() {
    let has = || {
        [
            Was::Bytes(b"a green leaf"),
            Was::Field(&["red, green ,blue"]),
            Was::Field(&["red", "green"]),
            Was::Json(json!("evergreen")),
            Was::Json(json!(["red", "green"])),
            Was::Json(json!({"green": null})),
            // Text beside bytes that are none.
            Was::Bytes(b"\xffgreen\xfe"),
        ]
    };
    let has_not = || {
        [
            Was::Nothing,
            Was::Bytes(b"gree n"),
            Was::Field(&["greenish", "red"]),
            Was::Json(json!(["evergreen"])),
            Was::Json(json!({"colour": "green"})),
            Was::Json(Value::Null),
            NOT_TEXT,
        ]
    };
    table("contains: '${word}'", &has(), &has_not());
    table("lacks: '${word}'", &has_not(), &has());
    let list = json!([{"name": "x", "size": 3, "more": [1]}, 5, "5"]);
    table(
        "contains: [ { name: x, size: 3 }, 5 ]",
        &[Was::Json(list.clone())],
        &[Was::Json(json!([{"name": "x", "size": "3"}, 5])), Was::Json(json!([{"name": "x", "size": 3}, "5"]))],
    );
    let wrong = mismatches("contains: [ { name: z }, 5, 6 ]", Seen::Json(&list));
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0].expected, r#"to contain {"name":"z"}, 6"#);
    let wrong = mismatches("lacks: [ 5, 6, { name: x } ]", Seen::Json(&list));
    let expected: Vec<&str> = wrong.iter().map(|w| w.expected.as_str()).collect();
    assert_eq!(expected, ["not to contain 5", r#"not to contain {"name":"x"}"#]);
}

#[test]
fn ordered_allows_both_orders_and_no_mixture() {
    table(
        "ordered: ascii-or-lexical",
        &[
            Was::Json(json!([])),
            Was::Json(json!(["a"])),
            Was::Json(json!(["B", "a", "b"])),
            Was::Json(json!(["a", "B", "c"])),
        ],
        &[
            Was::Json(json!(["b", "a"])),
            Was::Json(json!(["a", "B", "C", "b"])),
            Was::Json(json!([1, 2])),
            Was::Json(json!("ab")),
            Was::Json(Value::Null),
            Was::Bytes(b"[\"a\"]"),
            Was::Nothing,
        ],
    );
}

#[test]
fn at_most_and_length_count_numbers_lists_and_text() {
    table(
        "at-most: 3",
        &[
            Was::Number(3),
            Was::Json(json!(0)),
            Was::Json(json!([1, 2, 3])),
            Was::Bytes(b"\xff\xff\xff"),
            Was::Field(&["999"]),
        ],
        &[
            Was::Number(4),
            Was::Json(json!("abcd")),
            Was::Json(json!({"a":1,"b":1,"c":1,"d":1})),
            Was::Json(Value::Null),
            Was::Nothing,
        ],
    );
    table(
        "length: '${text-number}'",
        &[Was::Field(&["ab", "cde"]), Was::Json(json!("1234567")), Was::Bytes(b"1234567")],
        &[Was::Number(7), Was::Json(json!(7)), Was::Json(json!([7])), Was::Nothing],
    );
    table("length: 0", &[Was::Json(json!([])), Was::Json(json!({})), Was::Bytes(b"")], &[Was::Nothing]);
    // A limit that is none is not shown as another one.
    let wrong = &mismatches("at-most: '${word}'", Seen::Number(1))[0];
    assert_eq!(wrong.expected, "at most \"green\"");
}

#[test]
fn each_judges_every_element_and_says_which() {
    let list = json!(["a", 5, "b", ["a"]]);
    let found = mismatches("each: { matches: '[ab]', req: mini.must }", Seen::Json(&list));
    let places: Vec<(&str, &str)> = found.iter().map(|m| (m.place.as_str(), m.seen.as_str())).collect();
    assert_eq!(places, [("/1", "5"), ("/3", "[\"a\"]")]);
    assert_eq!(found[0].requirements, ["mini.must"]);
    table(
        "each: { matches: '[ab]' }",
        &[Was::Json(json!([])), Was::Field(&["a", "b"])],
        &[Was::Field(&["a", "c"]), Was::Json(json!({})), Was::Bytes(b"[]"), Was::Nothing],
    );
    // The elements of what is no list were not looked at: what is demanded of them is not taken for kept.
    let found = mismatches("{ each: { is: x, req: mini.must }, req: mini.should }", Seen::Json(&json!("x")));
    assert_eq!(
        (found[0].expected.as_str(), found[0].requirements.as_slice()),
        ("a list", &["mini.should".to_owned(), "mini.must".to_owned()][..])
    );
}

#[test]
fn json_pointers_lead_to_matchers_and_into_the_place_of_a_mismatch() {
    let yaml = "{ json: { '': { present: true }, /a/0: 1, '/m~1n': x, /none: { present: false }, \
                /list: { each: { json: { /size: { at-most: 3 } } } } } }";
    assert_eq!(mismatches(yaml, Seen::Bytes(br#"{"a":[1],"m/n":"x","list":[{"size":3}]}"#)), []);
    let found = mismatches(yaml, Seen::Bytes(br#"{"a":[2],"none":null,"list":[{"size":3},{"size":4},{}]}"#));
    let places: Vec<(&str, &str, &str)> =
        found.iter().map(|m| (m.place.as_str(), m.expected.as_str(), m.seen.as_str())).collect();
    assert_eq!(
        places,
        [
            ("/a/0", "1", "2"),
            ("/m~1n", "\"x\"", "nothing"),
            ("/none", "to be absent", "null"),
            ("/list/1/size", "at most 3", "4"),
            ("/list/2/size", "at most 3", "nothing"),
        ]
    );
}

#[test]
fn what_is_no_json_breaks_everything_that_was_asked_inside() {
    let yaml = "{ req: mini.outer, json: { /a: { is: 1, req: mini.a }, /b: { each: { is: 1, req: mini.b } }, /c: 1 } }";
    assert_eq!(requirements(&matcher(yaml)), ["mini.outer", "mini.a", "mini.b"]);
    for (bytes, why) in [
        (&b"{\"a\":1,\"a\":1}"[..], "given twice"),
        (b"{\"a\":\"\xff\"}", "UTF-8"),
        (b"{\"a\":1", "EOF"),
        (b"<html>", "expected value"),
        (b"", "EOF"),
    ] {
        let found = mismatches(yaml, Seen::Bytes(bytes));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].expected, "JSON");
        assert!(found[0].seen.contains(why), "{}", found[0].seen);
        assert_eq!(found[0].requirements, ["mini.outer", "mini.a", "mini.b"]);
    }
    table("json: { '': 5 }", &[Was::Number(5), Was::Field(&["5"]), Was::Bytes(b" 5\n")], &[Was::Field(&["x"])]);
    // Where there is nothing, nothing is below it either, not even at the root.
    table("json: { '': { present: true } }", &[Was::Json(Value::Null)], &[Was::Nothing, Was::Bytes(b"")]);
    table("json: { '': { present: false }, /a: { present: false } }", &[Was::Nothing], &[Was::Json(Value::Null)]);
}

#[test]
fn the_innermost_requirements_win_and_every_test_counts() {
    let yaml = "{ matches: 'a.*', length: 2, req: [mini.must, mini.may] }";
    let found = mismatches(yaml, Seen::Bytes(b"bbb"));
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|m| m.requirements == ["mini.must", "mini.may"] && m.place.is_empty()));
    let yaml = "{ req: mini.outer, json: { /a: { is: 1, req: mini.inner }, /b: 1 } }";
    let found = mismatches(yaml, Seen::Bytes(b"{}"));
    assert_eq!(found[0].requirements, ["mini.inner"]);
    assert_eq!(found[1].requirements, ["mini.outer"]);
    assert_eq!(mismatches("is: 1", Seen::Number(2))[0].requirements, [""; 0]);
}

#[test]
fn long_and_odd_things_are_shown_short() {
    let long = "ä".repeat(1000);
    let seen = &mismatches("is: 1", Seen::Json(&json!(long)))[0].seen;
    assert!(seen.ends_with("... (2002 bytes)") && seen.chars().count() < 330, "{seen}");
    let seen = |bytes: &[u8]| mismatches("is: 1", Seen::Bytes(bytes))[0].seen.clone();
    assert!(seen(b"\xff").starts_with("1 bytes, sha256:"));
    assert!(seen(b"\x1b[31m").starts_with("5 bytes, sha256:"), "what acts on a terminal is not shown");
    assert!(seen(long.as_bytes()).starts_with("2000 bytes, sha256:"));
    let values = ["a\"".to_owned(), "b".to_owned()];
    assert_eq!(mismatches("is: 1", Seen::Field { name: "x", values: &values })[0].seen, r#""a\", b""#);
}

#[test]
fn a_placeholder_without_a_value_is_no_mismatch() {
    for yaml in
        ["is: '${gone}'", "one-of: ['${gone}']", "equals: '${gone}'", "digest-of: '${gone}'", "lacks: '${gone}'"]
    {
        let error = judge(&matcher(yaml), Seen::Number(1), &scope()).unwrap_err();
        assert_eq!(error.to_string(), "`${gone}` has no value here", "{yaml}");
    }
}
