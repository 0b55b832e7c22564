//! Digests: their grammar (image-spec, descriptor.md#digests) and their computation.

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256, Sha512};
use std::fmt::{self, Write as _};

/// Longest digest that is taken; it becomes a file name.
const MAX_LENGTH: usize = 200;

/// The registered hash algorithms this registry computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha256,
    Sha512,
}

impl Algorithm {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Characters of the encoded part.
    fn encoded_length(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// A digest that obeys the grammar. One of an algorithm this registry does not compute is still a digest: nothing
/// can be stored under it, but it may be asked for, and it may be a subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Digest(String);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} is not a digest (hint: algorithm:encoded, with lower-case hex of the full length for sha256 and sha512)"
)]
pub(crate) struct Malformed(String);

impl Digest {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let fail = || Malformed(text.chars().take(MAX_LENGTH).collect());
        let (algorithm, encoded) = text.split_once(':').ok_or_else(fail)?;
        let component =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let well_formed = text.len() <= MAX_LENGTH
            && algorithm.split(['+', '.', '_', '-']).all(component)
            && !encoded.is_empty()
            && encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"=_-".contains(&b))
            && Algorithm::from_name(algorithm).is_none_or(|known| {
                encoded.len() == known.encoded_length()
                    && encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            });
        if well_formed { Ok(Self(text.to_owned())) } else { Err(fail()) }
    }

    pub(crate) fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// None for an algorithm this registry does not compute.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        self.0.split_once(':').and_then(|(name, _)| Algorithm::from_name(name))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag under which clients keep referrers when a registry has no referrers API (spec.md#referrers-tag-schema).
    pub(crate) fn referrers_tag(&self) -> String {
        let (algorithm, encoded) = self.0.split_once(':').unwrap_or_default();
        let cut = |part: &str, length: usize| {
            let allowed = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
            part.chars().take(length).map(allowed).collect::<String>()
        };
        format!("{}-{}", cut(algorithm, 32), cut(encoded, 64))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Hashes content as it arrives.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sha256(_) => Algorithm::Sha256,
            Self::Sha512(_) => Algorithm::Sha512,
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(state) => state.update(bytes),
            Self::Sha512(state) => state.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> Digest {
        let algorithm = self.algorithm();
        let mut text = String::with_capacity(8 + algorithm.encoded_length());
        text.push_str(algorithm.name());
        text.push(':');
        let mut hex = |bytes: &[u8]| {
            for byte in bytes {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
            }
        };
        match self {
            Self::Sha256(state) => hex(&state.finalize()),
            Self::Sha512(state) => hex(&state.finalize()),
        }
        Digest(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn computes() {
        assert_eq!(Digest::of(Algorithm::Sha256, b"").as_str(), EMPTY);
        let long = Digest::of(Algorithm::Sha512, b"");
        assert!(long.as_str().starts_with("sha512:cf83e1357eefb8bd") && long.as_str().len() == 7 + 128);
    }

    #[test]
    fn takes_the_grammar_and_nothing_else() {
        assert!(Digest::parse(EMPTY).unwrap().algorithm().is_some());
        for unknown in ["sha384:abc", "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8", "a.b_c-d:x=_-"]
        {
            assert_eq!(Digest::parse(unknown).unwrap().algorithm(), None, "{unknown}");
        }
        let upper = EMPTY.to_uppercase().replace("SHA", "sha");
        let short = &EMPTY[..70];
        let long = format!("{EMPTY}0");
        let huge = format!("x:{}", "a".repeat(MAX_LENGTH));
        let rest = [
            "",
            ":",
            "sha256",
            "sha256:",
            "sha256:../../etc/passwd",
            "sha256:a b",
            "SHA256:abc",
            "a++b:c",
            "+a:b",
            "a:b/c",
        ];
        for bad in rest.into_iter().chain([&*upper, short, &long, &huge]) {
            assert!(Digest::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fallback_tag_follows_the_table_of_the_specification() {
        let all_a = |name: &str, n: usize| Digest::parse(&format!("{name}:{}", "a".repeat(n))).unwrap().referrers_tag();
        assert_eq!(all_a("sha256", 64), format!("sha256-{}", "a".repeat(64)));
        assert_eq!(all_a("sha512", 128), format!("sha512-{}", "a".repeat(64)));
        let strange = "test+algorithm+using+algorithm+separators+and+lots+of+characters+to+excercise+overall+truncation:\
                       alsoSome=InTheEncodedSectionToShowHyphenReplacementAndLotsAndLotsOfCharactersToExcerci";
        assert_eq!(
            Digest::parse(strange).unwrap().referrers_tag(),
            "test-algorithm-using-algorithm-s-alsoSome-InTheEncodedSectionToShowHyphenReplacementAndLotsAndLot"
        );
    }
}
