//! Listing referrers (spec.md#listing-referrers).

use super::{Api, Call, next_link};
use crate::{
    digest::Digest,
    document::OCI_INDEX,
    errors::{Code, Refusal, StoreError},
    path::Name,
    query::encode,
    reply::Reply,
    rules::{Rule, Rules},
    store::Store,
};
use http::{
    HeaderName, StatusCode,
    header::{CONTENT_TYPE, LINK},
};
use serde_json::{Value, json};

const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

/// What a request asks for.
struct Listing {
    name: Name,
    subject: Digest,
    artifact_type: Option<String>,
    /// The last digest of the page before.
    last: Option<Digest>,
    /// Descriptors a page.
    most: usize,
}

/// What was found.
struct Found {
    descriptors: Vec<Value>,
    /// The last digest of the page, if there is more.
    next: Option<String>,
    subject_exists: bool,
}

/// GET of the referrers of a digest. Where nothing is known the list is empty: 404 would tell clients that there is no
/// such API and send them to the fallback tag (dist.referrers.status.02).
pub(super) async fn list(api: &Api, call: &Call, name: Name, digest: &str) -> Result<Reply, Refusal> {
    let rules = api.rules;
    if !api.offers_referrers(&name, true) {
        return Err(Refusal::not_found(Code::Unsupported, "this registry has no referrers API"));
    }
    let malformed = |text: &str| Refusal::bad_request(Code::DigestInvalid, format!("{text:?} is not a digest"));
    let subject = match Digest::parse(digest) {
        Ok(digest) => digest,
        Err(_) if rules.breaks(Rule::ReferrersDigestNot200) => return Ok(index(Vec::new(), None, &rules)),
        Err(_) if rules.breaks(Rule::ReferrersDigestNot404) => {
            return Err(Refusal::not_found(Code::ManifestUnknown, "no such manifest"));
        }
        Err(_) => return Err(malformed(digest)),
    };
    let last = match call.query.get("last") {
        Some(text) => Some(Digest::parse(text).map_err(|_| malformed(text))?),
        None => None,
    };
    let artifact_type = call.query.get("artifactType").filter(|text| !text.is_empty()).map(str::to_owned);
    let most = api.config.referrers_page;
    let listing = Listing { name, subject, artifact_type, last, most };
    let (listing, found) =
        api.blocking(move |store| find(store, &listing, &rules).map(|found| (listing, found))).await?;
    let lost = found.descriptors.is_empty() && rules.breaks(Rule::ReferrersEmptyFound)
        || !found.subject_exists && rules.breaks(Rule::ReferrersSubjectAbsent);
    if lost {
        return Err(Refusal::not_found(Code::ManifestUnknown, "no such manifest"));
    }
    if found.descriptors.is_empty() && rules.breaks(Rule::ReferrersStatus) {
        return Ok(Reply::new(StatusCode::NO_CONTENT));
    }
    let link = found.next.filter(|_| rules.holds(Rule::ReferrersLink)).map(|last| link(&listing, &last, &rules));
    let applied = listing.artifact_type.is_some() && rules.holds(Rule::ReferrersFilter);
    let mut reply = index(found.descriptors, listing.artifact_type.as_deref(), &rules);
    if let Some(link) = link {
        reply = reply.header(LINK, link);
    }
    Ok(reply.header_if(applied && rules.holds(Rule::ReferrersFilterHeader), FILTERS_APPLIED, "artifactType"))
}

fn find(store: &Store, listing: &Listing, rules: &Rules) -> Result<Found, StoreError> {
    let mut page = Vec::new();
    let mut next = None;
    for digest in store.referrer_candidates(&listing.name, &listing.subject)? {
        // Digests are unique and sorted, so a page that begins behind one neither drops nor repeats (dist.referrers.link.01),
        // unless the rule says otherwise.
        let seen = listing.last.as_ref().is_some_and(|last| {
            if rules.breaks(Rule::ReferrersLinkDistinct) { digest < *last } else { digest <= *last }
        });
        if seen {
            continue;
        }
        let Some(descriptor) = store.referrer(&listing.name, &listing.subject, &digest)? else { continue };
        if !wanted(store, listing, &digest, &descriptor, rules)? {
            continue;
        }
        if page.len() >= listing.most {
            next = page.last().map(|(digest, _): &(Digest, Value)| digest.to_string());
            if rules.breaks(Rule::ReferrersLinkComplete) {
                next = Some(digest.to_string());
            }
            break;
        }
        page.push((digest, descriptor));
    }
    let mut descriptors = Vec::new();
    for (digest, mut descriptor) in page {
        if rules.breaks(Rule::ReferrersDigest) {
            descriptor["digest"] = listing.subject.as_str().into();
        }
        if rules.breaks(Rule::ReferrersDuplicates) && store.is_tagged(&listing.name, &digest)? {
            descriptors.push(descriptor.clone());
        }
        descriptors.push(descriptor);
    }
    if descriptors.is_empty() && listing.artifact_type.is_some() && rules.breaks(Rule::ReferrersEmptyOfFilter) {
        return find(
            store,
            &Listing {
                name: listing.name.clone(),
                subject: listing.subject.clone(),
                artifact_type: None,
                last: None,
                most: listing.most,
            },
            rules,
        );
    }
    Ok(Found { descriptors, next, subject_exists: store.has_manifest(&listing.name, &listing.subject) })
}

/// The artifactType filter (dist.referrers.filter.01).
fn wanted(
    store: &Store,
    listing: &Listing,
    digest: &Digest,
    descriptor: &Value,
    rules: &Rules,
) -> Result<bool, StoreError> {
    let Some(filter) = listing.artifact_type.as_deref() else { return Ok(true) };
    if rules.breaks(Rule::ReferrersFilter) || rules.breaks(Rule::ReferrersFilterTrue) {
        return Ok(true);
    }
    if rules.breaks(Rule::ReferrersFilterConfig) && store.is_typed_by_config(&listing.name, digest)? {
        return Ok(false);
    }
    let own = descriptor.get("artifactType").and_then(Value::as_str);
    if rules.breaks(Rule::ReferrersFilterExact) {
        return Ok(own.is_some_and(|own| own.starts_with(filter)));
    }
    Ok(own == Some(filter))
}

fn link(listing: &Listing, last: &str, rules: &Rules) -> String {
    let filter = listing.artifact_type.as_deref().filter(|_| rules.holds(Rule::ReferrersFilterLink));
    let filter = filter.map_or(String::new(), |filter| format!("artifactType={}&", encode(filter)));
    let place = rules.pick(Rule::ReferrersLinkPath, format!("/v2/{}", listing.name), String::new());
    let target = format!("{place}/referrers/{}?{filter}last={}", listing.subject, encode(last));
    next_link(&target, rules.holds(Rule::ReferrersLinkRelation), rules.holds(Rule::ReferrersLinkForm))
}

/// The image index (dist.referrers.body.01, dist.referrers.ctype.01).
fn index(descriptors: Vec<Value>, filter: Option<&str>, rules: &Rules) -> Reply {
    let empty = descriptors.is_empty() && rules.breaks(Rule::ReferrersEmptyArray);
    let manifests = if empty { Value::Null } else { Value::Array(descriptors) };
    let mut body = json!({ "schemaVersion": rules.pick(Rule::ReferrersSchemaVersion, 2, 1), "mediaType": OCI_INDEX });
    body["manifests"] = manifests;
    if rules.breaks(Rule::ReferrersDocument) {
        body = body["manifests"].take();
    }
    let partial = filter.is_some() && rules.breaks(Rule::ReferrersStatusExact);
    let media_type = rules.pick(Rule::ReferrersType, OCI_INDEX, "application/json");
    Reply::new(if partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK })
        .header_if(rules.holds(Rule::ReferrersTypeBare), CONTENT_TYPE, media_type)
        .json(&body)
}
