//! What a client says its content hashes to.

use crate::{
    digest::{Algorithm, Digest},
    errors::{Code, Refusal},
    query::Query,
    rules::{Rule, Rules},
};

/// The digest a push names. All but the first form exist only in registries that check carelessly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Digest(Digest),
    /// The beginning of a digest.
    Prefix(String),
    /// No digest at all.
    Nothing,
    /// One to check and another one to store under.
    Renamed(Digest, Digest),
}

impl Claim {
    /// Reads the `digest` parameter of a push. One that is missing, malformed, given twice, or of an algorithm this
    /// registry cannot check is refused before any byte is read (dist.push.blob.baddigest.01).
    pub(super) fn of(query: &Query, rules: &Rules) -> Result<Self, Refusal> {
        let mut values = query.all("digest");
        match (values.next(), values.next()) {
            (None, _) if rules.breaks(Rule::DigestMissing) => Ok(Self::Nothing),
            (None, _) => Err(Refusal::bad_request(Code::DigestInvalid, "the digest parameter is missing")),
            (Some(first), Some(second)) if rules.breaks(Rule::DigestOnce) => {
                match (Self::parse(first, rules)?, Self::parse(second, rules)?) {
                    (Self::Digest(first), Self::Digest(second)) => Ok(Self::Renamed(first, second)),
                    (claim, _) => Ok(claim),
                }
            }
            (Some(_), Some(_)) => {
                Err(Refusal::bad_request(Code::DigestInvalid, "there is more than one digest parameter"))
            }
            (Some(text), None) => Self::parse(text, rules),
        }
    }

    fn parse(text: &str, rules: &Rules) -> Result<Self, Refusal> {
        if rules.breaks(Rule::DigestShort)
            && text.strip_prefix("sha256:").is_some_and(|hex| (8..64).contains(&hex.len()) && is_hex(hex))
        {
            return Ok(Self::Prefix(text.to_owned()));
        }
        let lower = text.to_ascii_lowercase();
        let text = rules.pick(Rule::DigestUpperCase, text, &lower);
        let digest =
            Digest::parse(text).map_err(|error| Refusal::bad_request(Code::DigestInvalid, error.to_string()))?;
        if digest.algorithm().is_none() && rules.holds(Rule::DigestUnknownAlgorithm) {
            return Err(Refusal::bad_request(
                Code::DigestInvalid,
                "the algorithm is not supported (hint: sha256 or sha512)",
            ));
        }
        Ok(Self::Digest(digest))
    }

    /// The algorithm to hash with.
    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Digest(digest) | Self::Renamed(digest, _) => digest.algorithm().unwrap_or(Algorithm::Sha256),
            Self::Prefix(_) | Self::Nothing => Algorithm::Sha256,
        }
    }

    /// The digest to store under, if the content is what was claimed; `unchecked` skips the comparison.
    pub(super) fn settle(self, actual: Digest, unchecked: bool) -> Option<Digest> {
        match self {
            Self::Digest(claimed) => {
                (claimed == actual || unchecked || claimed.algorithm().is_none()).then_some(claimed)
            }
            Self::Prefix(prefix) => actual.as_str().starts_with(&prefix).then_some(actual),
            Self::Nothing => Some(actual),
            Self::Renamed(claimed, name) => (claimed == actual).then_some(name),
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
