//! Mounting a blob from another repository (spec.md#mounting-a-blob-from-another-repository).

use super::{Api, Call, uploads};
use crate::{
    auth::Wanted,
    digest::{Algorithm, Digest},
    errors::{Code, Refusal},
    path::Name,
    reply::{DIGEST, Reply},
    rules::{Rule, Rules},
};
use http::{StatusCode, header::LOCATION};

/// POST with `mount`. Without `from` nothing is mounted: looking for the blob in repositories the client did not name
/// would tell it what they hold.
pub(super) async fn mount(api: &Api, call: &Call, name: Name) -> Result<Reply, Refusal> {
    let rules = &api.rules;
    let Ok(digest) = Digest::parse(call.query.get("mount").unwrap_or_default()) else {
        return Err(Refusal::bad_request(Code::DigestInvalid, "mount is not a digest"));
    };
    let Some(algorithm) = digest.algorithm() else {
        return Err(Refusal::bad_request(
            Code::DigestInvalid,
            "the algorithm is not supported (hint: sha256 or sha512)",
        ));
    };
    let cleaned = |from| rules.pick(Rule::MountSourceName, str::to_owned(from), clean(from));
    let from = call.query.get("from").and_then(|from| Name::parse(&cleaned(from), rules));
    // A source the client may not read answers as one that does not have the blob.
    let (from, forbidden) = match from {
        Some(from) if api.guard.allows(&call.headers, Wanted::mount_from(&from)) => (Some(from), None),
        from => (None, from),
    };
    if let Some(from) = forbidden.filter(|_| rules.breaks(Rule::HiddenMount)) {
        let wanted = digest.clone();
        if api.blocking(move |store| Ok(store.has_blob(&from, &wanted))).await? {
            return Err(Refusal::new(StatusCode::FORBIDDEN, Code::Denied, "the source may not be read"));
        }
    }
    let (target, wanted, lost) = (name.clone(), digest.clone(), rules.breaks(Rule::MountStored));
    let anywhere = rules.breaks(Rule::MountAnywhere);
    if let Some(from) = from.clone().filter(|_| rules.breaks(Rule::MountSourceAbsent))
        && !api.blocking(move |store| Ok(store.exists(&from))).await?
    {
        return Err(Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "no such file"));
    }
    let mounted = api.blocking(move |store| match from {
        None if anywhere => store.mount_from_anywhere(&target, &wanted),
        Some(from) if lost => Ok(store.has_blob(&from, &wanted)),
        Some(from) => store.mount_blob(&target, &wanted, &from),
        None => Ok(false),
    });
    if mounted.await? || rules.breaks(Rule::MountMissingNotCreated) {
        return Ok(created(&name, &digest, rules));
    }
    if rules.breaks(Rule::MountMissingNot404) {
        return Err(Refusal::not_found(Code::BlobUnknown, "there is nothing to mount"));
    }
    if rules.breaks(Rule::MountMissingSession) {
        return Ok(Reply::new(StatusCode::ACCEPTED).header(LOCATION, uploads::nowhere(&name)));
    }
    // Cannot be mounted, so it may be pushed (dist.push.blob.mount.04).
    uploads::open(api, name, algorithm, rules.holds(Rule::MountMissingLocation)).await
}

/// A name as a path without its `..`.
fn clean(name: &str) -> String {
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "." | "" => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn created(name: &Name, digest: &Digest, rules: &Rules) -> Reply {
    let place = format!("/v2/{name}/blobs/{digest}");
    let place = rules.pick(Rule::MountBlobLocation, place, format!("/v2/{name}/mounted/{digest}"));
    let named = rules.pick(Rule::MountDigestTrue, digest.clone(), Digest::of(Algorithm::Sha256, b"something else"));
    Reply::new(rules.pick(Rule::MountStatus, StatusCode::CREATED, StatusCode::OK))
        .header_if(rules.holds(Rule::MountLocation), LOCATION, place)
        .header(DIGEST, named.as_str())
}
