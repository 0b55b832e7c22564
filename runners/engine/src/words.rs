//! Matchers in words.

use plimsoll_suite::expect::{Matcher, Test};

use crate::matching::types_in_words;

/// A matcher in words, for people.
pub fn words(matcher: &Matcher) -> String {
    let words: Vec<String> = matcher
        .tests
        .iter()
        .map(|test| match test {
            Test::Is(value) => value.to_string(),
            Test::IsNot(value) => format!("not {value}"),
            Test::OneOf(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                format!("one of {}", values.join(", "))
            }
            Test::Type(types) => types_in_words(types),
            Test::Matches(pattern) => format!("/{pattern}/"),
            Test::Present(true) => "present".to_owned(),
            Test::Present(false) => "absent".to_owned(),
            Test::AbsentOr(value) => format!("absent or {value}"),
            Test::Equals(template) => format!("the bytes of {}", template.source()),
            Test::DigestOf(template) => format!("a digest of {}", template.source()),
            Test::HasDigest(template) => format!("bytes with the digest {}", template.source()),
            Test::Json(pointers) => {
                format!("JSON with {}", pointers.keys().map(|p| format!("{p:?}")).collect::<Vec<_>>().join(", "))
            }
            Test::Contains(_) => "contains what is listed".to_owned(),
            Test::Lacks(_) => "lacks what is listed".to_owned(),
            Test::Ordered(_) => "ordered".to_owned(),
            Test::AtMost(limit) => format!("at most {limit}"),
            Test::Length(length) => format!("a length of {length}"),
            Test::Each(_) => "each element fits".to_owned(),
        })
        .collect();
    words.join(" and ")
}
