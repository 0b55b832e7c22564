//! Accept, which this registry does not look at, and how others misread it.

use crate::rules::{Rule, Rules};
use http::{HeaderMap, header::ACCEPT};

/// Whether a manifest of that type is served to a client that accepts this: always, unless a rule is broken.
pub(super) fn accepts(headers: &HeaderMap, media_type: &str, rules: &Rules) -> bool {
    let fields: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|field| field.to_str().ok()).collect();
    let names = |field: &&str| field.contains(media_type);
    let Some(first) = fields.first() else { return rules.holds(Rule::ManifestGetNoAccept) };
    let whole = fields.join(",");
    let first_type = whole.split(',').next().unwrap_or_default();
    (rules.holds(Rule::ManifestGetNoAccept) || fields.iter().any(names))
        && (rules.holds(Rule::AcceptFields) || names(first))
        && (rules.holds(Rule::AcceptList) || names(&first_type))
        && (rules.holds(Rule::AcceptQuality) || !whole.contains(&format!("{media_type};q")))
        && (rules.holds(Rule::AcceptWildcard) || whole != "*/*")
}
