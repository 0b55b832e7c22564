//! Manifests (spec.md#pulling-manifests, #pushing-manifests, #deleting-manifests, #deleting-tags).

use super::{Api, Call, accept, unknown};
use crate::{
    conditions::{Condition, entity_tag, not_modified},
    digest::{Algorithm, Digest},
    document::{DOCKER_MANIFEST, Document, Invalid, Kind, OCI_INDEX, OCI_MANIFEST},
    errors::{Code, Refusal, StoreError},
    freedoms::Freedom,
    path::{Name, Reference, Tag},
    receive,
    reply::{DIGEST, Reply},
    rules::{Rule, Rules},
    store::{
        Store,
        manifests::{Manifest, Push, Pushed},
    },
};
use bytes::Bytes;
use http::{
    HeaderName, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION},
};

const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");

/// Most `tag` parameters of one push; with tags of full length their header still fits into 8 KiB, where proxies stop.
const MAX_TAGS: usize = 60;

/// GET and HEAD of a manifest. `Accept` is not consulted: there is one representation, and a client that cannot use it
/// learns more from its type than from an error.
pub(super) async fn pull(api: &Api, call: &Call, name: Name, reference: Reference) -> Result<Reply, Refusal> {
    let rules = api.rules;
    if let Reference::MalformedDigest(text) = &reference {
        return Err(Refusal::bad_request(Code::DigestInvalid, format!("{text:?} is neither a digest nor a tag")));
    }
    let (repository, wanted) = (name.clone(), reference.clone());
    let found = api.blocking(move |store| Ok((find(store, &repository, &wanted, &rules)?, store.exists(&repository))));
    let (manifest, exists) = found.await?;
    let accepted = |manifest: &Manifest| accept::accepts(&call.headers, &manifest.media_type, &rules);
    let Some(manifest) = manifest.filter(accepted) else { return missing(&rules, call.is_head(), &reference, exists) };
    if let Some(reply) = not_modified(&call.headers, &manifest.digest, &rules) {
        return Ok(reply);
    }
    let digest = match api.manner.takes(Freedom::OtherAlgorithm) {
        true => Digest::of(Algorithm::Sha512, &manifest.bytes),
        false => manifest.digest.clone(),
    };
    if call.is_head() {
        head(&manifest, digest, &reference, &rules)
    } else {
        Ok(get(manifest, digest, &reference, &rules))
    }
}

fn find(store: &Store, name: &Name, reference: &Reference, rules: &Rules) -> Result<Option<Manifest>, StoreError> {
    let digest = match reference {
        Reference::Digest(digest) if rules.holds(Rule::ReferenceByDigest) => Some(digest.clone()),
        Reference::Tag(tag) if rules.holds(Rule::ReferenceByTag) => store.tag(name, tag)?,
        _ => None,
    };
    let Some(digest) = digest else { return guess(store, name, reference, rules) };
    match store.manifest(name, &digest)? {
        // Its tag was found in another repository, and so is it.
        None if rules.breaks(Rule::TagIsolation) => store.foreign_manifest(&digest),
        found => Ok(found),
    }
}

/// What a registry answers that takes an unknown tag for some default.
fn guess(store: &Store, name: &Name, reference: &Reference, rules: &Rules) -> Result<Option<Manifest>, StoreError> {
    if rules.holds(Rule::ManifestMissingTagNotGuessed) || !matches!(reference, Reference::Tag(_)) {
        return Ok(None);
    }
    let tags = store.tags_by_age(name)?;
    let Some(newest) = tags.last().and_then(|tag| Tag::parse(tag, rules)) else { return Ok(None) };
    let Some(digest) = store.tag(name, &newest)? else { return Ok(None) };
    store.manifest(name, &digest)
}

fn get(manifest: Manifest, digest: Digest, reference: &Reference, rules: &Rules) -> Reply {
    let status = rules.pick(Rule::ManifestGetStatus, StatusCode::OK, StatusCode::ACCEPTED);
    let named = rules.pick(Rule::ManifestGetDigestTrue, digest, Digest::of(Algorithm::Sha256, b"something else"));
    let reply = describe(Reply::new(status), &manifest, rules).header_if(
        rules.holds(Rule::ManifestGetDigest),
        DIGEST,
        digest_shown(&named, reference, rules),
    );
    if rules.breaks(Rule::ManifestGetBytes) {
        return reply.bytes([&manifest.bytes[..], b"\n"].concat());
    }
    let length = rules.pick(Rule::ManifestGetTruncated, manifest.bytes.len(), manifest.bytes.len().min(4096));
    reply.bytes(manifest.bytes.slice(..length))
}

fn head(manifest: &Manifest, digest: Digest, reference: &Reference, rules: &Rules) -> Result<Reply, Refusal> {
    if rules.breaks(Rule::HeadManifestStatus) {
        return Err(unknown(true, Code::ManifestUnknown, &reference.to_string()));
    }
    let named = rules.pick(Rule::HeadManifestDigestTrue, digest, Digest::of(Algorithm::Sha256, b"something else"));
    let length = rules.pick(Rule::HeadManifestLengthTrue, manifest.bytes.len(), 0);
    Ok(describe(Reply::new(StatusCode::OK), manifest, rules)
        .header_if(rules.holds(Rule::HeadManifestDigest), DIGEST, digest_shown(&named, reference, rules))
        .header_if(rules.holds(Rule::HeadManifestLength), CONTENT_LENGTH, length.to_string()))
}

fn digest_shown(digest: &Digest, reference: &Reference, rules: &Rules) -> String {
    match reference {
        Reference::Tag(tag) if rules.breaks(Rule::ManifestGetDigestByTag) => tag.to_string(),
        _ => digest.to_string(),
    }
}

/// Type and validator. The type is the one of the push, without parameters (dist.pull.manifest.ctype.01 and .03).
fn describe(reply: Reply, manifest: &Manifest, rules: &Rules) -> Reply {
    let media_type = rules.pick(Rule::ManifestTypeKept, manifest.media_type.as_str(), DOCKER_MANIFEST);
    let media_type = rules.pick(Rule::ManifestTypeNotGeneric, media_type, "application/json");
    let parameter = rules.pick(Rule::ManifestTypeBare, "", "; charset=utf-8");
    reply
        .header_if(rules.holds(Rule::ManifestTypePresent), CONTENT_TYPE, format!("{media_type}{parameter}"))
        .header(ETAG, entity_tag(&manifest.digest))
}

/// 404 (dist.pull.manifest.missing.01, dist.push.manifest.norepo.01, dist.head.missing.01). A reference that is neither tag nor
/// digest names nothing that could be there, and gets the same.
fn missing(rules: &Rules, head: bool, reference: &Reference, exists: bool) -> Result<Reply, Refusal> {
    let (ok, bad, error) = if exists {
        (Rule::ManifestMissingNot200, Rule::ManifestMissingNot400, Rule::ManifestMissingNot500)
    } else {
        (Rule::AbsentRepositoryNot200, Rule::AbsentRepositoryNot400, Rule::AbsentRepositoryNot500)
    };
    if head && rules.breaks(Rule::HeadManifestMissing) || !head && rules.breaks(ok) {
        return Ok(Reply::new(StatusCode::OK));
    }
    if rules.breaks(bad) {
        return Err(Refusal::bad_request(Code::ManifestUnknown, "no such manifest"));
    }
    if rules.breaks(error) {
        return Err(Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "no such file"));
    }
    Err(unknown(exists, Code::ManifestUnknown, &reference.to_string()))
}

/// PUT of a manifest.
pub(super) async fn push(api: &Api, call: &mut Call, name: Name, reference: Reference) -> Result<Reply, Refusal> {
    let rules = &api.rules;
    let algorithm = algorithm(&reference, rules)?;
    let tags = tags(call, &reference, rules)?;
    let bytes = read(api, call).await?;
    let actual = Digest::of(algorithm, &bytes);
    let digest = match &reference {
        Reference::Digest(claimed) => claimed.clone(),
        _ => actual.clone(),
    };
    let matches = digest == actual || rules.breaks(Rule::ManifestDigestChecked);
    let mut push = judge(api, call, bytes, &digest, &reference, tags)?;
    push.referrers = api.offers_referrers(&name, false);
    if !matches && rules.holds(Rule::ManifestDigestMismatchStored) {
        return Err(Refusal::bad_request(Code::DigestInvalid, format!("the manifest has the digest {actual}")));
    }
    let reply = created(api, &name, &push);
    let lost = rules.breaks(Rule::ManifestPutStored);
    let pushed =
        api.blocking(move |store| if lost { Ok(Pushed::Stored) } else { store.push_manifest(&name, &push) }).await?;
    match pushed {
        Pushed::Stored if matches => Ok(reply),
        Pushed::Stored => {
            Err(Refusal::bad_request(Code::DigestInvalid, format!("the manifest has the digest {actual}")))
        }
        Pushed::Missing(missing) => Err(missing_references(&missing, rules)),
        Pushed::ConditionFailed => {
            Err(Refusal::plain(StatusCode::PRECONDITION_FAILED, "the tag does not point where the request expects"))
        }
    }
}

/// The algorithm to address a push by; refuses references that nothing can be stored under (dist.push.manifest.ref.01).
fn algorithm(reference: &Reference, rules: &Rules) -> Result<Algorithm, Refusal> {
    match reference {
        Reference::Tag(_) => Ok(Algorithm::Sha256),
        Reference::Digest(digest) => digest.algorithm().filter(|_| rules.holds(Rule::PushByDigest)).ok_or_else(|| {
            Refusal::bad_request(Code::DigestInvalid, "the algorithm is not supported (hint: sha256 or sha512)")
        }),
        Reference::MalformedDigest(text) => {
            Err(Refusal::bad_request(Code::DigestInvalid, format!("{text:?} is neither a digest nor a tag")))
        }
        Reference::Malformed(text) => {
            Err(Refusal::bad_request(Code::ManifestInvalid, format!("{text:?} is neither a digest nor a tag")))
        }
    }
}

/// The tags to set: the reference, or the `tag` parameters of a push by digest (dist.push.manifest.tagparam.01). One that is no
/// tag spoils the request before anything is stored.
fn tags(call: &Call, reference: &Reference, rules: &Rules) -> Result<Vec<Tag>, Refusal> {
    if let Reference::Tag(tag) = reference {
        return Ok(vec![tag.clone()]);
    }
    let invalid =
        |text: &str| Refusal::bad_request(Code::ManifestInvalid, format!("the parameter {text:?} is not a tag"));
    let mut tags = Vec::new();
    for text in call.query.all("tag") {
        let tag = Tag::parse(text, rules).ok_or_else(|| invalid(text))?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let most = rules.pick(Rule::TagParameterTen, MAX_TAGS, 5);
    if tags.len() > most {
        let message = format!("one request takes at most {most} tags");
        return Err(Refusal::plain(StatusCode::URI_TOO_LONG, message));
    }
    Ok(tags)
}

/// The body, unless it is over the limit (dist.push.manifest.limit.01 and .02).
async fn read(api: &Api, call: &mut Call) -> Result<Bytes, Refusal> {
    let rules = &api.rules;
    let limit = rules.pick(Rule::LimitFourMegabytes, api.config.manifest_limit, 1024 * 1024);
    let limit = rules.pick(Rule::LimitEnforced, limit, 1 << 30);
    let announced = call.header(CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    let body = if announced.is_some_and(|length| length > limit) {
        None
    } else {
        receive::to_memory(&mut call.body, limit, api.intake()).await?
    };
    body.ok_or_else(|| {
        let status = rules.pick(Rule::LimitStatus, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::BAD_REQUEST);
        let status = rules.pick(Rule::LimitStatusNot500, status, StatusCode::INTERNAL_SERVER_ERROR);
        Refusal::new(status, Code::SizeInvalid, format!("a manifest has at most {limit} bytes"))
    })
}

/// Understands a manifest. Parameters of its Content-Type are ignored (dist.push.manifest.ctype.02).
fn judge(
    api: &Api,
    call: &Call,
    bytes: Bytes,
    digest: &Digest,
    reference: &Reference,
    mut tags: Vec<Tag>,
) -> Result<Push, Refusal> {
    let rules = &api.rules;
    let header = call.header(CONTENT_TYPE).map(str::trim).filter(|header| !header.is_empty());
    let bare = header.and_then(|header| header.split(';').next()).map(str::trim_end);
    if bare != header && rules.breaks(Rule::PushTypeParameters) {
        return Err(Refusal::bad_request(Code::ManifestInvalid, "the Content-Type is not supported"));
    }
    let document = Document::parse(&bytes, bare).map_err(|error| invalid(&error, rules))?;
    let limit = rules.pick(Rule::LimitOfLayers, usize::MAX, 100);
    if document.references.len() > limit || rules.breaks(Rule::ManifestRepeats) && repeats(&document.references) {
        return Err(Refusal::bad_request(Code::ManifestInvalid, "there are too many layers, or the same twice"));
    }
    let media_type = match header.filter(|_| rules.breaks(Rule::PushTypeParametersDropped)) {
        Some(header) => header.to_owned(),
        None => guessed(&document, &bytes, rules).unwrap_or(&document.media_type).to_owned(),
    };
    let by_tag = matches!(reference, Reference::Tag(_));
    let announced_tags = tags.iter().filter(|_| !by_tag).map(Tag::to_string).collect();
    if rules.breaks(Rule::TagParameterStored) {
        tags.truncate(1);
    }
    Ok(Push {
        digest: digest.clone(),
        media_type,
        bytes,
        document,
        tags,
        by_tag,
        condition: Condition::of(&call.headers, rules),
        announced_tags,
        allow_sparse: api.config.allow_sparse,
        referrers: api.config.referrers,
    })
}

fn invalid(error: &Invalid, rules: &Rules) -> Refusal {
    let text = error.to_string();
    let fails = rules.breaks(Rule::ManifestNot500) && text.contains("not JSON")
        || rules.breaks(Rule::ManifestDeepNot500) && text.contains("recursion")
        || rules.breaks(Rule::ManifestDescriptorNot500) && (text.contains("size") || text.contains("digest"));
    if fails {
        return Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "the manifest cannot be read");
    }
    Refusal::bad_request(Code::ManifestInvalid, text)
}

fn repeats(digests: &[Digest]) -> bool {
    digests.iter().enumerate().any(|(index, digest)| digests[..index].contains(digest))
}

/// The type a registry gives a document whose own it does not know.
fn guessed(document: &Document, bytes: &[u8], rules: &Rules) -> Option<&'static str> {
    if rules.holds(Rule::ManifestTypeGuessed) || document.kind != Kind::Other {
        return None;
    }
    let fields: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let index = fields.get("manifests").map(|_| OCI_INDEX);
    index.or_else(|| fields.get("config").map(|_| OCI_MANIFEST))
}

/// 404, which is the status the specification lists for this endpoint, with MANIFEST_BLOB_UNKNOWN
/// (dist.push.manifest.unknown.02).
fn missing_references(missing: &[Digest], rules: &Rules) -> Refusal {
    let list = missing.iter().take(10).map(Digest::as_str).collect::<Vec<_>>().join(", ");
    let code = rules.pick(Rule::MissingBlobCode, Code::ManifestBlobUnknown, Code::ManifestInvalid);
    let code = rules.pick(Rule::MissingBlobCodeExact, code, Code::BlobUnknown);
    Refusal::not_found(code, format!("not in this repository: {list}"))
}

/// 201 (dist.push.manifest.status.01).
fn created(api: &Api, name: &Name, push: &Push) -> Reply {
    let rules = &api.rules;
    let something_else = Digest::of(Algorithm::Sha256, b"something else");
    let own = rules.pick(Rule::ManifestPutDigestOwn, push.digest.clone(), Digest::of(Algorithm::Sha256, &push.bytes));
    let named = rules.pick(Rule::ManifestPutDigestTrue, own, something_else);
    let status = rules.pick(Rule::ManifestPutStatus, StatusCode::CREATED, StatusCode::OK);
    let status = rules.pick(Rule::ManifestPutStatusNot202, status, StatusCode::ACCEPTED);
    let place = format!("/v2/{name}/manifests/{}", push.digest);
    let place = rules.pick(Rule::ManifestPutLocationPullable, place, format!("/v2/{name}/pushed/{}", push.digest));
    let mut reply = Reply::new(status)
        .header_if(rules.holds(Rule::ManifestPutLocation), LOCATION, place)
        .header(DIGEST, named.as_str());
    if let Some(subject) = push.document.subject.as_ref().filter(|_| push.referrers) {
        let told = rules.holds(Rule::SubjectHeader);
        reply = reply.header_if(told, OCI_SUBJECT, rules.pick(Rule::SubjectHeaderTrue, subject, &push.digest).as_str());
    }
    if !push.announced_tags.is_empty() && rules.holds(Rule::TagParameterHeader) {
        let told = rules.pick(Rule::TagParameterHeaderAll, push.announced_tags.len(), 1);
        reply = reply.header(OCI_TAG, push.announced_tags[..told].join(", "));
    }
    reply
}

/// DELETE of a tag or of a manifest: 202 or 404.
pub(super) async fn delete(api: &Api, name: Name, reference: Reference) -> Result<Reply, Refusal> {
    let rules = api.rules;
    let (repository, wanted) = (name.clone(), reference.clone());
    let deleted = api.blocking(move |store| {
        let found = match &wanted {
            Reference::Digest(digest) => store.delete_manifest(&repository, digest)?,
            Reference::Tag(tag) => {
                let digest = store.tag(&repository, tag)?;
                let found = store.delete_tag(&repository, tag)?;
                if let Some(digest) = digest.filter(|_| found && rules.breaks(Rule::DeleteTagOnly)) {
                    store.delete_manifest(&repository, &digest)?;
                }
                found
            }
            Reference::MalformedDigest(_) | Reference::Malformed(_) => false,
        };
        Ok((found, store.exists(&repository)))
    });
    let (found, exists) = deleted.await?;
    if let Reference::MalformedDigest(text) = &reference {
        return Err(Refusal::bad_request(Code::DigestInvalid, format!("{text:?} is neither a digest nor a tag")));
    }
    if !exists && rules.breaks(Rule::DeleteManifestNoRepositoryNot500) {
        return Err(Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "no such file"));
    }
    let pretended = if exists { Rule::DeleteManifestAbsent } else { Rule::DeleteManifestNoRepository };
    if !found && rules.holds(pretended) {
        return Err(unknown(exists, Code::ManifestUnknown, &reference.to_string()));
    }
    let (ok, no_content) = match reference {
        Reference::Tag(_) => (Rule::DeleteTagStatus, Rule::DeleteTagStatusNot204),
        _ => (Rule::DeleteManifestStatus, Rule::DeleteManifestStatusNot204),
    };
    let status = rules.pick(ok, StatusCode::ACCEPTED, StatusCode::OK);
    Ok(Reply::new(rules.pick(no_content, status, StatusCode::NO_CONTENT)))
}
