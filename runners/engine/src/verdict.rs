//! The words a case or a requirement can end with.

use serde::{Deserialize, Serialize};

/// What is known about a case, or about a requirement, after a run.
///
/// The order is from best to worst: a parent (suite, specification, run) takes the greatest word of its children, so
/// that it never looks better than the worst of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every assertion held.
    Pass,
    /// An observation about something the specification leaves open (MAY, OPTIONAL).
    Info,
    /// The subject lawfully declines a feature.
    Unsupported,
    /// The host or the configuration rules the case out.
    Skipped,
    /// Only SHOULD-level assertions did not hold.
    Warn,
    /// A precondition failed, so that nothing is known about the promise itself.
    Blocked,
    /// The harness could not decide: its own fault, or a time-out that proves nothing.
    Error,
    /// A MUST-level assertion did not hold.
    Fail,
}

impl Verdict {
    /// All verdicts, best first.
    pub const ALL: [Self; 8] =
        [Self::Pass, Self::Info, Self::Unsupported, Self::Skipped, Self::Warn, Self::Blocked, Self::Error, Self::Fail];

    /// The word as it is written in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Info => "info",
            Self::Unsupported => "unsupported",
            Self::Skipped => "skipped",
            Self::Warn => "warn",
            Self::Blocked => "blocked",
            Self::Error => "error",
            Self::Fail => "fail",
        }
    }

    /// One line that explains the word to somebody who meets it for the first time.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Pass => "every assertion held",
            Self::Info => "a fact about something the specification leaves open",
            Self::Unsupported => "the subject lawfully declines the feature",
            Self::Skipped => "ruled out by the host or by the configuration",
            Self::Warn => "a SHOULD did not hold",
            Self::Blocked => "a precondition failed before the promise could be looked at",
            Self::Error => "the harness could not decide",
            Self::Fail => "a MUST did not hold",
        }
    }

    /// True for the verdicts that leave the promise undecided although the subject was asked.
    pub const fn is_undecided(self) -> bool {
        matches!(self, Self::Blocked | Self::Error)
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_sorted_from_best_to_worst_and_words_match_their_serialisation() {
        assert!(Verdict::ALL.is_sorted());
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.as_str());
        }
    }
}
