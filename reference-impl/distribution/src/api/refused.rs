//! What goes out when the credentials of a request do not cover it.
//!
//! A refusal comes before anything is looked up or read, so it is the same whether or not there is anything there, and
//! what was refused does not happen. Everything else in this file is what careless registries do.

use super::{Api, Call, manifests};
use crate::{
    auth::Wanted,
    digest::Digest,
    errors::{Code, Refusal},
    path::{Reference, Route},
    reply::{DIGEST, Reply},
    rules::Rule,
};
use http::{Method, StatusCode, header};
use serde_json::json;

/// Refuses a request.
pub(super) async fn refuse(api: &Api, call: &mut Call, route: Route, refusal: Refusal) -> Result<Reply, Refusal> {
    let rules = api.rules;
    if let Route::Manifest(name, reference) = &route {
        let (name, reference) = (name.clone(), reference.clone());
        // Whether it went well is not told either.
        let _ = match call.method {
            Method::PUT if rules.breaks(Rule::RefusedPushDropped) => manifests::push(api, call, name, reference).await,
            Method::DELETE if rules.breaks(Rule::RefusedDeleteDropped) => manifests::delete(api, name, reference).await,
            _ => Ok(Reply::new(refusal.status)),
        };
    }
    let reads = matches!(call.method, Method::GET | Method::HEAD);
    if reads && rules.breaks(Rule::RefusalStatus) && Wanted::of(&route, &call.method, &call.headers).is_some() {
        return Ok(Reply::new(StatusCode::OK));
    }
    let hidden = [Rule::HiddenTag, Rule::HiddenManifest, Rule::HiddenBlob, Rule::HiddenRepository];
    let tells = hidden.into_iter().chain([Rule::HiddenCode, Rule::HiddenDigest]).any(|rule| rules.breaks(rule));
    if !reads || !tells {
        return Err(refusal);
    }
    let (found, rule) = look(api, route).await?;
    let missing = rule.filter(|rule| found.is_none() && rules.breaks(*rule)).is_some();
    let mut refusal = if missing { Refusal::not_found(Code::NameUnknown, "there is no such thing") } else { refusal };
    if found.is_some() && rules.breaks(Rule::HiddenCode) {
        refusal.code = Some(Code::Unsupported);
    }
    match found {
        Some(digest) if rules.breaks(Rule::HiddenDigest) => Err(refusal.with(DIGEST, &digest)),
        _ => Err(refusal),
    }
}

/// The digest of what was asked for, if it is there (empty for what has none), and the rule by which that is hidden.
async fn look(api: &Api, route: Route) -> Result<(Option<String>, Option<Rule>), Refusal> {
    api.blocking(move |store| {
        let known = |digest: &Digest, there: bool| there.then(|| digest.to_string());
        Ok(match &route {
            Route::Manifest(name, Reference::Tag(tag)) => {
                (store.tag(name, tag)?.map(|digest| digest.to_string()), Some(Rule::HiddenTag))
            }
            Route::Manifest(name, Reference::Digest(digest)) => {
                (known(digest, store.has_manifest(name, digest)), Some(Rule::HiddenManifest))
            }
            Route::Blob(name, digest) => match Digest::parse(digest) {
                Ok(digest) => (known(&digest, store.has_blob(name, &digest)), Some(Rule::HiddenBlob)),
                Err(_) => (None, None),
            },
            Route::Tags(name) => (store.exists(name).then(String::new), Some(Rule::HiddenRepository)),
            _ => (None, None),
        })
    })
    .await
}

/// The list of all repositories, which is no part of the specification, as registries offer it that show it to whoever
/// has logged in.
pub(super) async fn catalog(api: &Api) -> Result<Reply, Refusal> {
    let names = api.blocking(|store| Ok(store.repositories())).await?;
    let reply = Reply::new(StatusCode::OK).header(header::CONTENT_TYPE, "application/json");
    Ok(reply.json(&json!({ "repositories": names })))
}
