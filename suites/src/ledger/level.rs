//! Requirement levels: the keywords of RFC 2119, and what they weigh.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A keyword of RFC 2119, or `TEXT` or `LOWER` for a statement that is normative without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    /// Absolute obligation.
    Must,
    /// Absolute prohibition.
    #[serde(rename = "MUST NOT")]
    MustNot,
    /// The same as MUST.
    Required,
    /// The same as MUST.
    Shall,
    /// The same as MUST NOT.
    #[serde(rename = "SHALL NOT")]
    ShallNot,
    /// Normative without a keyword, for example a status code in a table. Counts like MUST.
    Text,
    /// To be done unless there is a good reason.
    Should,
    /// An imperative in lower case, which is no keyword. Counts like SHOULD.
    Lower,
    /// Not to be done unless there is a good reason.
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    /// The same as SHOULD.
    Recommended,
    /// The same as SHOULD NOT.
    #[serde(rename = "NOT RECOMMENDED")]
    NotRecommended,
    /// Left to the implementation.
    May,
    /// The same as MAY.
    Optional,
}

/// How a failed assertion of a level counts; the greater is the heavier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// An observation.
    May,
    /// A warning.
    Should,
    /// A failure.
    Must,
}

impl Level {
    /// How a failed assertion of this level counts.
    #[must_use]
    pub const fn weight(self) -> Weight {
        match self {
            Self::Must | Self::MustNot | Self::Required | Self::Shall | Self::ShallNot | Self::Text => Weight::Must,
            Self::Should | Self::Lower | Self::ShouldNot | Self::Recommended | Self::NotRecommended => Weight::Should,
            Self::May | Self::Optional => Weight::May,
        }
    }

    /// The keyword as the specification writes it.
    #[must_use]
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::MustNot => "MUST NOT",
            Self::Required => "REQUIRED",
            Self::Shall => "SHALL",
            Self::ShallNot => "SHALL NOT",
            Self::Text => "TEXT",
            Self::Should => "SHOULD",
            Self::Lower => "LOWER",
            Self::ShouldNot => "SHOULD NOT",
            Self::Recommended => "RECOMMENDED",
            Self::NotRecommended => "NOT RECOMMENDED",
            Self::May => "MAY",
            Self::Optional => "OPTIONAL",
        }
    }

    /// False for what is normative without a keyword of RFC 2119.
    #[must_use]
    pub const fn is_keyword(self) -> bool {
        !matches!(self, Self::Text | Self::Lower)
    }

    /// The level that decides for a statement with several: the heaviest, a keyword before TEXT and LOWER, then the first.
    pub(super) fn strongest(levels: impl Iterator<Item = Self>) -> Option<Self> {
        // min_by_key keeps the first of equals, max_by_key would keep the last.
        levels.min_by_key(|level| (std::cmp::Reverse(level.weight()), !level.is_keyword()))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}
