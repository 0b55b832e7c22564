//! The record of a case: levels, positions, excerpts.

#![expect(clippy::unwrap_used, reason = "a test may panic; helpers of tests too")]

mod common;

use std::sync::Arc;

use plimsoll_engine::Verdict;
use plimsoll_engine::event::Check;
use plimsoll_engine::trial::{Assertion, Law, Trial, body, source};
use plimsoll_suite::Spec;
use plimsoll_suite::ledger::SpecVersion;
use plimsoll_suite::position::Position;

fn check(spec: &Spec, version: SpecVersion, requirements: &[&str], held: bool) -> (Verdict, Check) {
    let trial = Trial::new("mini/one.yaml", "first\nsecond line\n");
    let requirements: Vec<String> = requirements.iter().map(|id| (*id).to_owned()).collect();
    let assertion = Assertion {
        requirements: &requirements,
        held,
        what: "status".to_owned(),
        expected: "200".to_owned(),
        seen: "500".to_owned(),
        at: Position { line: 2, column: 8, offset: 13, len: 4 },
        exchange: Some(3),
    };
    let verdict = trial.check(Law { ledger: &spec.ledger, version }, assertion);
    let check = trial.record().checks.pop().unwrap();
    assert_eq!(check.verdict, verdict);
    (verdict, check)
}

fn mini() -> Spec {
    common::spec(&common::case("c", "mini.must", ""))
}

#[test]
fn a_broken_assertion_weighs_as_its_strongest_requirement_in_force() {
    let spec = mini();
    let of = |ids: &[&str]| {
        let (verdict, check) = check(&spec, SpecVersion::V1_1, ids, false);
        (verdict, check.level)
    };
    let level = |level: &str| Some(level.to_owned());
    assert_eq!(of(&["mini.must"]), (Verdict::Fail, level("MUST")));
    assert_eq!(of(&["mini.text"]), (Verdict::Fail, level("TEXT")), "normative without a keyword");
    assert_eq!(of(&["mini.should"]), (Verdict::Warn, level("SHOULD")));
    assert_eq!(of(&["mini.may"]), (Verdict::Info, level("MAY")));
    assert_eq!(of(&["mini.both"]), (Verdict::Info, level("MAY")), "its MUST is for clients");
    assert_eq!(of(&["mini.may", "mini.should"]), (Verdict::Warn, level("SHOULD")));
    assert_eq!(of(&["mini.may", "mini.must", "mini.should"]), (Verdict::Fail, level("MUST")));
    assert_eq!(of(&[]), (Verdict::Blocked, None), "a precondition");
}

#[test]
fn an_assertion_that_holds_is_a_pass_whatever_its_level() {
    let spec = mini();
    for ids in [&["mini.must"][..], &["mini.should"], &["mini.may"], &[], &["mini.new"]] {
        assert_eq!(check(&spec, SpecVersion::V1_0, ids, true).0, Verdict::Pass, "{ids:?}");
    }
}

#[test]
fn another_version_is_another_law() {
    let spec = mini();
    let of = |version, ids: &[&str]| {
        let (verdict, check) = check(&spec, version, ids, false);
        (verdict, check.requirements)
    };
    let new = || vec!["mini.new".to_owned()];
    assert_eq!(of(SpecVersion::V1_0, &["mini.new"]), (Verdict::Info, vec![]), "not in force yet: nobody is to blame");
    assert_eq!(of(SpecVersion::V1_1, &["mini.new"]), (Verdict::Warn, new()));
    assert_eq!(of(SpecVersion::Main, &["mini.new"]), (Verdict::Fail, new()), "raised");
    assert_eq!(of(SpecVersion::Main, &["mini.old"]), (Verdict::Info, vec![]), "dropped");
    assert_eq!(of(SpecVersion::Main, &["mini.old", "mini.new"]), (Verdict::Fail, new()));
}

#[test]
fn an_assertion_is_recorded_with_its_line() {
    let (_, check) = check(&mini(), SpecVersion::V1_1, &["mini.must"], false);
    assert_eq!((check.what.as_str(), check.expected.as_str(), check.seen.as_str()), ("status", "200", "500"));
    assert_eq!(check.exchange, Some(3));
    let source = check.source;
    assert_eq!((source.file.as_str(), source.line, source.column, source.length), ("mini/one.yaml", 2, 8, 4));
    assert_eq!(source.text, "second line");
}

#[test]
fn a_position_never_points_outside_of_its_line() {
    let text = "ab\näöü: x\n";
    let at = |line, column, offset, len| source("f", text, Position { line, column, offset, len });
    assert_eq!(at(2, 1, 3, 6).length, 3, "characters, not bytes");
    assert_eq!(at(2, 6, 11, 500).length, 1, "no more than is there");
    assert_eq!(at(1, 1, 0, 9).length, 2, "no further than the line");
    assert_eq!(at(2, 2, 4, 1).length, 1, "in the middle of a character");
    for (line, column) in [(0, 0), (9, 9), (1, 99)] {
        let source = at(line, column, 999, 9);
        assert_eq!(source.length, 1);
        assert!(["", "ab"].contains(&source.text.as_str()));
    }
}

#[test]
fn a_record_survives_a_panic_that_held_it() {
    let trial = Arc::new(Trial::new("f", ""));
    trial.created("thing");
    let poison = Arc::clone(&trial);
    std::thread::spawn(move || {
        let _record = poison.record();
        panic!("on purpose");
    })
    .join()
    .unwrap_err();
    trial.created("another");
    assert_eq!(trial.record().created, ["thing", "another"]);
}

#[test]
fn bodies_are_kept_whole_and_shown_short() {
    let short = body(b"line\r\n\tx");
    assert_eq!((short.excerpt.as_str(), short.size, short.truncated), ("line\r\n\tx", 8, false));
    assert_eq!(short.digest, plimsoll_fixtures::Algorithm::Sha256.digest(b"line\r\n\tx"));
    let empty = body(b"");
    assert_eq!((empty.excerpt.as_str(), empty.size, empty.truncated), ("", 0, false));

    // 4096 bytes end in the middle of the last character.
    let long = "a".repeat(4095) + "ä" + "b";
    let cut = body(long.as_bytes());
    assert_eq!((cut.excerpt.len(), cut.size, cut.truncated), (4095, 4098, true));

    for binary in [&b"\xff\xfe"[..], b"a\0b", b"a\x07", "a".repeat(4094).as_bytes()] {
        let shown = body(binary);
        let is_text = binary.len() > 10;
        assert_eq!(shown.excerpt.is_empty(), !is_text);
        assert_eq!(shown.truncated, !is_text);
    }
    // A character that is broken off at the very end of the body is no text.
    assert!(body(b"abc\xc3").excerpt.is_empty());

    let trial = Trial::new("f", "");
    let bytes = bytes::Bytes::from_static(b"abc");
    let kept = trial.body(&bytes);
    assert_eq!(trial.record().bodies, [(kept.digest, bytes)]);
}
