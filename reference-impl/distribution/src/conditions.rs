//! Preconditions of RFC 9110 section 13. The entity tag of content is its digest.

use crate::{
    digest::Digest,
    reply::{DIGEST, Reply},
    rules::{Rule, Rules},
};
use http::{HeaderMap, HeaderName, StatusCode, header};

/// The entity tag of content.
pub(crate) fn entity_tag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// Whether a list of entity tags, or `*`, names what is there now. All tags of this registry are strong, and weak
/// comparison differs only for weak ones.
fn names(list: &str, current: Option<&Digest>) -> bool {
    let Some(current) = current else { return false };
    let tag = entity_tag(current);
    list.split(',').map(str::trim).any(|item| item == "*" || item.strip_prefix("W/").unwrap_or(item) == tag)
}

/// `If-None-Match` of a pull: 304 where the client has it already.
pub(crate) fn not_modified(headers: &HeaderMap, current: &Digest, rules: &Rules) -> Option<Reply> {
    let list = value(headers, header::IF_NONE_MATCH)?;
    let status = rules.pick(Rule::IfNoneMatchNot412, StatusCode::NOT_MODIFIED, StatusCode::PRECONDITION_FAILED);
    let known = names(&list, Some(current)) || rules.breaks(Rule::IfNoneMatch);
    known.then(|| Reply::new(status).header(header::ETAG, entity_tag(current)).header(DIGEST, current.as_str()))
}

/// What a client expects of the tag it is about to move; protects an index kept under a tag against lost updates
/// (dist.compat.tagschema.03).
#[derive(Debug, Default)]
pub(crate) struct Condition {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Condition {
    pub(crate) fn of(headers: &HeaderMap, rules: &Rules) -> Self {
        Self {
            if_match: value(headers, header::IF_MATCH).filter(|_| rules.holds(Rule::IfMatch)),
            if_none_match: value(headers, header::IF_NONE_MATCH).filter(|_| rules.holds(Rule::IfNoneMatchAny)),
        }
    }

    pub(crate) fn is_met(&self, current: Option<&Digest>) -> bool {
        self.if_match.as_deref().is_none_or(|list| names(list, current))
            && !self.if_none_match.as_deref().is_some_and(|list| names(list, current))
    }
}

/// The header as one list, however many fields it came in.
fn value(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let fields: Vec<_> = headers.get_all(name).iter().filter_map(|field| field.to_str().ok()).collect();
    (!fields.is_empty()).then(|| fields.join(", "))
}
