//! Names of repositories, tags and digests, as the specification has them.

use crate::Error;
use crate::rules::{Rule, Rules};

/// What the last part of a manifest URL may be.
pub(crate) fn check(repository: &str, reference: &str, rules: &Rules, otherwise: Rule) -> Result<(), Error> {
    if !is_name(repository) && rules.holds(Rule::NameGrammar) {
        return Err(Error::new(format!("`{repository}` is not the name of a repository"))
            .hint("lower-case letters and digits, with single separators between them"));
    }
    let long = is_tag_charset(reference) && reference.len() > 128;
    if is_digest(reference) || (is_tag_charset(reference) && !long) || (long && rules.breaks(Rule::TagLength)) {
        return Ok(());
    }
    if !long && rules.breaks(otherwise) {
        return Ok(());
    }
    Err(Error::new(format!("`{reference}` is neither a tag nor a digest")).hint(
        "a tag has up to 128 letters, digits, dots, dashes and underscores, and begins with none of the first two",
    ))
}

fn is_tag_charset(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(word) && text.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

/// True for `algorithm:encoded`.
pub(crate) fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, encoded)| {
        let known = match algorithm {
            "sha256" => Some(64),
            "sha512" => Some(128),
            _ => None,
        };
        known.map_or(encoded.len() >= 32, |length| encoded.len() == length)
            && !algorithm.is_empty()
            && encoded.chars().all(|c| c.is_ascii_alphanumeric() || "=_-".contains(c))
    })
}

fn is_name(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let part = |part: &str| {
        let mut separators = part.split(edge).filter(|run| !run.is_empty());
        part.starts_with(edge)
            && part.ends_with(edge)
            && separators.all(|run| matches!(run, "." | "_" | "__") || run.bytes().all(|byte| byte == b'-'))
    };
    text.split('/').all(part)
}

/// The tag that stands in for the referrers API.
pub(crate) fn referrers_tag(digest: &str, rules: &Rules) -> String {
    let (algorithm, encoded) = digest.split_once(':').unwrap_or((digest, ""));
    let tag = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let cut = |text: &str, length: usize| text.chars().take(length).map(tag).collect::<String>();
    let length = if rules.holds(Rule::ReferrersTagLength) { 64 } else { 100 };
    let separator = if rules.holds(Rule::ReferrersTag) { '-' } else { '.' };
    format!("{}{separator}{}", cut(algorithm, 32), cut(encoded, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammar_is_that_of_the_specification() {
        let fits =
            |name: &str, reference: &str| check(name, reference, &Rules::default(), Rule::PulledReference).is_ok();
        for name in ["a", "a/b-c/d__e", "a---b", "0.1_2"] {
            assert!(fits(name, "v1"), "{name}");
        }
        for name in ["", "A", "a//b", "a-", "a..b", "a___b", "/a", "a._b"] {
            assert!(!fits(name, "v1"), "{name}");
        }
        let long = "x".repeat(128);
        for reference in ["_", "V1.0-x_y", &long, &format!("sha256:{}", "a".repeat(64))] {
            assert!(fits("a", reference), "{reference}");
        }
        for reference in ["", ".v", "-v", "v/1", &format!("{long}x"), "sha256:abc", "v1@sha256"] {
            assert!(!fits("a", reference), "{reference}");
        }
    }

    #[test]
    fn the_referrers_tag_is_cut_and_has_no_foreign_characters() {
        let odd = format!("test+algorithm+using+algorithm+separators+and+lots:also=Some{}", "x".repeat(80));
        let tag = referrers_tag(&odd, &Rules::default());
        assert!(tag.starts_with("test-algorithm-using-algorithm-s-also-Some"), "{tag}");
        assert_eq!(tag.len(), 32 + 1 + 64);
    }
}
