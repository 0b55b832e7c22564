//! Digests of content.

use sha2::{Digest as _, Sha256, Sha512};

/// The digest of the bytes in this algorithm; `None` for an algorithm that is not known.
pub(crate) fn digest_in(algorithm: &str, bytes: &[u8]) -> Option<String> {
    let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match algorithm {
        "sha256" => Some(format!("sha256:{}", hex(&Sha256::digest(bytes)))),
        "sha512" => Some(format!("sha512:{}", hex(&Sha512::digest(bytes)))),
        _ => None,
    }
}

/// The usual digest of the bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    digest_in("sha256", bytes).unwrap_or_default()
}

/// The algorithm of a digest.
pub(crate) fn algorithm(digest: &str) -> &str {
    digest.split(':').next().unwrap_or_default()
}

/// True when the digest is one of the bytes. What is in an unknown algorithm cannot be trusted.
pub(crate) fn is_of(digest: &str, bytes: &[u8]) -> bool {
    digest_in(algorithm(digest), bytes).as_deref() == Some(digest)
}
