//! Request paths, and the names in them.
//!
//! Repository names contain slashes, so an endpoint is recognised by how the path ends. Segments are split before they
//! are percent-decoded: `%2F` is a character of a name (and no name has that character), never a separator. What
//! leaves this module obeys a grammar without `..`, slashes in tags, or NUL, and may become a file name.

use crate::{
    digest::Digest,
    errors::{Code, Refusal},
    rules::{Rule, Rules},
};
use http::StatusCode;
use percent_encoding::percent_decode_str;
use std::fmt;

/// Longest repository name. Many clients limit host and name together to 255 characters (spec.md#pulling-manifests).
const MAX_NAME: usize = 255;

/// A repository name (dist.pull.manifest.name.01).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn parse(text: &str, rules: &Rules) -> Option<Self> {
        let component: fn(&str) -> bool =
            if rules.breaks(Rule::NameSeparators) { is_loose_component } else { is_component };
        let case = |c: &str| if rules.breaks(Rule::NameLowerCase) { c.to_ascii_lowercase() } else { c.to_owned() };
        let fits = text.len() <= MAX_NAME && text.split('/').all(|c| component(&case(c)));
        fits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without its last part.
    pub(crate) fn above(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(above, _)| Self(above.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(text: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let edges = bytes.first().is_some_and(alphanumeric) && bytes.last().is_some_and(alphanumeric);
    edges
        && bytes
            .split(alphanumeric)
            .all(|separator| matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|b| *b == b'-'))
}

/// What a registry accepts that checks characters but not separators.
fn is_loose_component(text: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().next().is_some_and(alphanumeric) && text.bytes().all(|b| alphanumeric(b) || b"._-".contains(&b))
}

/// A tag (dist.pull.manifest.tag.01).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tag(String);

impl Tag {
    pub(crate) fn parse(text: &str, rules: &Rules) -> Option<Self> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let first = if rules.breaks(Rule::TagFirstCharacter) { |b| b".-".contains(&b) } else { |_: u8| false };
        let rest: fn(u8) -> bool = if rules.breaks(Rule::ReferenceCharset) {
            |b| b.is_ascii_graphic() && b != b'/' && b != b':'
        } else {
            |b| b".-".contains(&b)
        };
        let limit = rules.pick(Rule::TagLength, 128, 200);
        let fits = text.len() <= limit
            && text.bytes().next().is_some_and(|b| word(b) || first(b))
            && text.bytes().all(|b| word(b) || rest(b))
            && !matches!(text, "." | "..")
            && (rules.holds(Rule::FallbackTagStored) || !is_referrers_tag(text));
        fits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_referrers_tag(text: &str) -> bool {
    text.starts_with("sha256-") || text.starts_with("sha512-")
}

/// The last part of a manifest path: a digest, a tag, and no third form (dist.pull.manifest.ref.02).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Digest(Digest),
    Tag(Tag),
    /// Contains a colon, so it can only have been meant as a digest, but is none.
    MalformedDigest(String),
    /// Neither.
    Malformed(String),
}

impl Reference {
    pub(crate) fn parse(text: &str, rules: &Rules) -> Self {
        if let Ok(digest) = Digest::parse(text) {
            return Self::Digest(digest);
        }
        if let Some(tag) = Tag::parse(text, rules) {
            return Self::Tag(tag);
        }
        if !text.contains(':') {
            return Self::Malformed(text.to_owned());
        }
        let as_tag = text.len() <= 200 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:".contains(&b));
        if rules.breaks(Rule::PushMalformedDigest) && as_tag {
            return Self::Tag(Tag(text.to_owned()));
        }
        Self::MalformedDigest(text.to_owned())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(digest) => digest.fmt(f),
            Self::Tag(tag) => tag.fmt(f),
            Self::MalformedDigest(text) | Self::Malformed(text) => f.write_str(text),
        }
    }
}

/// An endpoint of the API (spec.md#endpoints) with the names in it. Digests stay text: what a malformed one means
/// differs from endpoint to endpoint.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Ping,
    Token,
    Blob(Name, String),
    Uploads(Name),
    Session(Name, String),
    Manifest(Name, Reference),
    Tags(Name),
    Referrers(Name, String),
}

impl Route {
    pub(crate) fn parse(path: &str, rules: &Rules) -> Result<Self, Refusal> {
        if path == "/token" {
            return Ok(Self::Token);
        }
        let nothing = || Refusal::new(StatusCode::NOT_FOUND, Code::Unsupported, format!("there is no endpoint {path}"));
        let rest = match path {
            "/v2" | "/v2/" => return Ok(Self::Ping),
            _ => path.strip_prefix("/v2/").ok_or_else(nothing)?,
        };
        let segments = rest
            .split('/')
            .map(|segment| decode(segment, rules))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, Code::NameInvalid, "the path is not UTF-8"))?;
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        if FAILURES.iter().any(|(rule, fails)| rules.breaks(*rule) && fails(rest, &parts)) {
            return Err(Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "no such file"));
        }
        let name = |parts: &[&str]| {
            // Joined only after each segment was checked for slashes, which decoding may have brought in.
            let joined = parts.join("/");
            let clean = !parts.is_empty() && parts.iter().all(|part| !part.contains('/'));
            clean.then(|| Name::parse(&joined, rules)).flatten().ok_or_else(|| {
                Refusal::new(StatusCode::BAD_REQUEST, Code::NameInvalid, format!("{joined:?} is not a repository name"))
            })
        };
        // The longer endings come first: the `uploads` of `/v2/a/blobs/uploads/` is no digest.
        match parts.as_slice() {
            [repository @ .., "blobs", "uploads"] | [repository @ .., "blobs", "uploads", ""] => {
                Ok(Self::Uploads(name(repository)?))
            }
            [repository @ .., "blobs", "uploads", id] => Ok(Self::Session(name(repository)?, (*id).to_owned())),
            [repository @ .., "blobs", digest] => Ok(Self::Blob(name(repository)?, (*digest).to_owned())),
            [repository @ .., "manifests", reference] => {
                Ok(Self::Manifest(name(repository)?, Reference::parse(reference, rules)))
            }
            [repository @ .., "tags", "list"] => Ok(Self::Tags(name(repository)?)),
            [repository @ .., "referrers", digest] => Ok(Self::Referrers(name(repository)?, (*digest).to_owned())),
            _ => Err(nothing()),
        }
    }
}

/// A segment without its escapes; None if it is not UTF-8.
fn decode(segment: &str, rules: &Rules) -> Option<String> {
    let lossy = rules.breaks(Rule::PathTextNot500);
    let once = |text: &str| match percent_decode_str(text).decode_utf8() {
        Err(_) if lossy => Some(percent_decode_str(text).decode_utf8_lossy().into_owned()),
        decoded => decoded.ok().map(|text| text.into_owned()),
    };
    let decoded = once(segment)?;
    if rules.holds(Rule::PathDecodedOnce) { Some(decoded) } else { once(&decoded) }
}

/// Whether a careless server fails on a path: the path as it came, and its decoded parts.
type Fails = fn(&str, &[&str]) -> bool;

/// Paths that servers fail on which hand them to the file system or to a decoder without a look.
const FAILURES: [(Rule, Fails); 6] = [
    (Rule::PathNulNot500, |_, parts| parts.iter().any(|part| part.contains('\0'))),
    (Rule::PathTextNot500, |_, parts| parts.iter().any(|part| part.contains('\u{fffd}'))),
    (Rule::PathEscapeNot500, |path, _| {
        let digits = |part: &str| part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
        path.split('%').skip(1).any(|part| !digits(part))
    }),
    (Rule::PathDotsNot500, |_, parts| parts.contains(&"..")),
    (Rule::PathLongNot500, |_, parts| parts.iter().any(|part| part.len() > 255)),
    (Rule::PathEmptyNot500, |_, parts| parts.iter().rev().skip(1).any(|part| part.is_empty())),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &str) -> Result<Route, Refusal> {
        Route::parse(path, &Rules::all())
    }

    fn name(text: &str) -> Option<Name> {
        Name::parse(text, &Rules::all())
    }

    #[test]
    fn names() {
        for good in
            ["a", "a/b", "a.b", "a_b", "a__b", "a---b", "0/1-2/3", "library/ubuntu", "blobs/uploads", &"a".repeat(255)]
        {
            assert!(name(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "A",
            "a/",
            "/a",
            "a//b",
            "..",
            "a/../b",
            "a..b",
            "a___b",
            "_a",
            "a-",
            "-a",
            "a.-b",
            "é",
            &"a".repeat(256),
        ] {
            assert!(name(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn references() {
        let reference = |text: &str| Reference::parse(text, &Rules::all());
        for tag in ["latest", "_", "1.0-rc_1", "A", &"a".repeat(128)] {
            assert!(matches!(reference(tag), Reference::Tag(_)), "{tag}");
        }
        for bad in ["", ".a", "-a", "a+b", "..", "a b", &"a".repeat(129)] {
            assert!(matches!(reference(bad), Reference::Malformed(_)), "{bad}");
        }
        assert!(matches!(reference("sha256:abc"), Reference::MalformedDigest(_)));
        assert!(matches!(reference("sha999:abc"), Reference::Digest(_)));
    }

    #[test]
    fn endpoints_are_recognised_from_the_end() {
        let n = |text: &str| name(text).unwrap();
        assert_eq!(route("/v2/").unwrap(), Route::Ping);
        assert_eq!(route("/v2/a/blobs/uploads/").unwrap(), Route::Uploads(n("a")));
        assert_eq!(route("/v2/a/b/blobs/uploads/x").unwrap(), Route::Session(n("a/b"), "x".into()));
        assert_eq!(route("/v2/blobs/uploads/tags/list").unwrap(), Route::Tags(n("blobs/uploads")));
        assert_eq!(route("/v2/a/blobs/sha256%3Aab").unwrap(), Route::Blob(n("a"), "sha256:ab".into()));
        assert_eq!(route("/v2/manifests/manifests/manifests").unwrap(), {
            Route::Manifest(n("manifests"), Reference::parse("manifests", &Rules::all()))
        });
    }

    #[test]
    fn hostile_paths_are_refused() {
        for bad in
            ["/v2/../tags/list", "/v2/%2e%2e/tags/list", "/v2/a%2Fb/tags/list", "/v2/tags/list", "/v2/a%00/tags/list"]
        {
            assert!(route(bad).is_err(), "{bad}");
        }
        for bad in ["/", "/v1/", "/v2x/a/tags/list", "/v2/a/tags", "/v2/_catalog"] {
            assert!(route(bad).is_err(), "{bad}");
        }
        assert!(matches!(route("/v2/a/manifests/%2e%2e").unwrap(), Route::Manifest(_, Reference::Malformed(_))));
    }
}
