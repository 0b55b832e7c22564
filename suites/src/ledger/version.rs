//! Versions of a specification.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A version of a specification: a release such as `1.1`, or `main`, the text under way.
///
/// The order is that of history: releases by number, `main` after all of them. Nothing but the string is needed to
/// compare, so that the distribution, image and runtime specifications share the type although their releases differ;
/// which versions exist is the business of `versions` in each ledger. A release is named by two numbers: a third one
/// (`1.1.1`) corrects the wording and changes no requirement; it is accepted on reading, with or without a leading
/// `v`, and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum SpecVersion {
    /// A release: major and minor number.
    Release(u16, u16),
    /// What will be the next release.
    Main,
}

/// A version that is neither `main` nor a release number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version of a specification; hint: write a release such as \"1.1\", or main")]
pub struct ParseSpecVersionError(String);

impl SpecVersion {
    /// Release 1.0.
    pub const V1_0: Self = Self::Release(1, 0);
    /// Release 1.1.
    pub const V1_1: Self = Self::Release(1, 1);
}

impl FromStr for SpecVersion {
    type Err = ParseSpecVersionError;

    fn from_str(version: &str) -> Result<Self, Self::Err> {
        if version == "main" {
            return Ok(Self::Main);
        }
        let numbers: Option<Vec<u16>> = version
            .strip_prefix('v')
            .unwrap_or(version)
            .split('.')
            .map(|part| part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit())))
            .collect();
        match numbers.as_deref() {
            Some(&[major, minor] | &[major, minor, _]) => Ok(Self::Release(major, minor)),
            _ => Err(ParseSpecVersionError(version.to_owned())),
        }
    }
}

impl TryFrom<String> for SpecVersion {
    type Error = ParseSpecVersionError;

    fn try_from(version: String) -> Result<Self, Self::Error> {
        version.parse()
    }
}

impl From<SpecVersion> for String {
    fn from(version: SpecVersion) -> Self {
        version.to_string()
    }
}

impl fmt::Display for SpecVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release(major, minor) => f.pad(&format!("{major}.{minor}")),
            Self::Main => f.pad("main"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_history() {
        let parse = |version: &str| version.parse::<SpecVersion>().unwrap();
        assert!(parse("1.0") < parse("1.1"));
        assert!(parse("1.9") < parse("1.10"), "by number, not by letter");
        assert!(parse("2.0") < parse("main"));
        assert_eq!(parse("v1.1.1"), SpecVersion::V1_1);
        assert_eq!(parse("1.1").to_string(), "1.1");
    }

    #[test]
    fn anything_else_is_refused() {
        for version in ["", "1", "Main", "1.x", "1.+1", "1.0.0.0", "1.0-rc5", "v", "."] {
            assert!(version.parse::<SpecVersion>().is_err(), "{version}");
        }
    }
}
