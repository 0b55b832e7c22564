//! Opening an upload, and pushing in a single POST (spec.md#pushing-blobs).

use super::{Api, Call, claim::Claim, mount};
use crate::{
    digest::{Algorithm, Digest, Hasher},
    errors::{Code, Refusal, StoreError},
    path::Name,
    receive,
    reply::{DIGEST, Reply},
    rules::{Rule, Rules},
    store::{Store, sink::Sink},
};
use http::{HeaderName, StatusCode, header::LOCATION};
use uuid::Uuid;

const CHUNK_MIN_LENGTH: HeaderName = HeaderName::from_static("oci-chunk-min-length");

/// The way by which the last bytes of a blob came; careless registries check some and not others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    SinglePost,
    /// POST, then PUT with everything.
    Put,
    /// The last chunk by PATCH.
    Patch,
    /// The last chunk by the closing PUT.
    LastChunk,
    /// By PATCH without Content-Range.
    Stream,
}

impl Way {
    /// The rule by which the digest is checked (dist.push.blob.baddigest.01).
    fn check(self) -> Rule {
        match self {
            Self::SinglePost => Rule::DigestCheckedSingle,
            Self::Put => Rule::DigestCheckedPut,
            Self::Patch => Rule::DigestCheckedChunked,
            Self::LastChunk => Rule::DigestCheckedLastChunk,
            Self::Stream => Rule::DigestCheckedStream,
        }
    }
}

/// POST: a mount, a whole blob, or a new session, by the parameters.
pub(super) async fn start(api: &Api, call: &mut Call, name: Name) -> Result<Reply, Refusal> {
    if call.query.get("mount").is_some() {
        return mount::mount(api, call, name).await;
    }
    if call.query.get("digest").is_some() {
        return single(api, call, name).await;
    }
    let algorithm = match call.query.get("digest-algorithm") {
        None => Algorithm::Sha256,
        Some(text) => Algorithm::from_name(text).ok_or_else(|| {
            Refusal::bad_request(Code::DigestInvalid, "the algorithm is not supported (hint: sha256 or sha512)")
        })?,
    };
    let reply = open(api, name, algorithm, api.rules.holds(Rule::SessionLocation)).await?;
    Ok(reply)
}

/// Opens a session: 202 with its location, which is relative so that it holds behind any proxy.
pub(super) async fn open(api: &Api, name: Name, algorithm: Algorithm, located: bool) -> Result<Reply, Refusal> {
    let repository = name.clone();
    let session = api.blocking(move |store| store.open_session(&repository)).await?;
    // Known beforehand, the algorithm saves reading everything again at the end (dist.push.blob.chunk.02).
    if let Ok(mut turn) = session.turn.try_lock() {
        turn.get_or_insert_with(|| Hasher::new(algorithm));
    }
    let place = api.rules.pick(Rule::SessionLocationTrue, location(&name, &session.id), nowhere(&name));
    let status = api.rules.pick(Rule::SessionStatus, StatusCode::ACCEPTED, StatusCode::OK);
    let reply = Reply::new(status).header_if(located, LOCATION, place);
    Ok(match api.config.chunk_min_length.filter(|_| api.rules.holds(Rule::ChunkMinimum)) {
        Some(minimum) => reply.header(CHUNK_MIN_LENGTH, minimum.to_string()),
        None => reply,
    })
}

/// Where the next request of a session goes.
pub(super) fn location(name: &Name, id: &str) -> String {
    format!("/v2/{name}/blobs/uploads/{id}")
}

/// Where no session is.
pub(super) fn nowhere(name: &Name) -> String {
    location(name, &Uuid::new_v4().to_string())
}

/// POST with everything in it (dist.push.blob.single.05).
async fn single(api: &Api, call: &mut Call, name: Name) -> Result<Reply, Refusal> {
    if api.rules.breaks(Rule::SingleFallback) {
        return Ok(Reply::new(StatusCode::ACCEPTED));
    }
    let claim = Claim::of(&call.query, &api.rules)?;
    let algorithm = claim.algorithm();
    let sink = api.blocking(move |store| Sink::create(store.files().temporary(), algorithm)).await?;
    let sink = receive::to_disk(&mut call.body, sink, api.intake()).await?;
    let digest = store(api, name.clone(), sink, claim, Way::SinglePost).await?;
    Ok(created(&name, &digest, Way::SinglePost, "", &api.rules))
}

/// Makes received bytes a blob if they are what was claimed. Otherwise they stay where they are, unreadable.
pub(super) async fn store(api: &Api, name: Name, sink: Sink, claim: Claim, way: Way) -> Result<Digest, Refusal> {
    let rules = api.rules;
    if sink.position == 0 && rules.breaks(Rule::PutEmpty) {
        return Err(Refusal::bad_request(Code::SizeInvalid, "the blob is empty"));
    }
    let (claimed, again) = (claim.clone(), claim.clone());
    let (kept, path) = (name.clone(), sink.path.clone());
    let Some(digest) = claim.settle(sink.hasher.clone().finish(), rules.breaks(way.check())) else {
        if let (true, Claim::Digest(digest)) = (rules.breaks(Rule::DigestMismatchStored), claimed) {
            api.blocking(move |store| add_copy(store, &name, &digest, &sink)).await?;
        }
        if let (true, Claim::Digest(digest)) = (rules.breaks(Rule::RefusedForgotten), again) {
            api.blocking(move |store| store.keep_refused(&kept, &digest, &path)).await?;
        }
        let status = rules.pick(Rule::DigestMismatchNot500, StatusCode::BAD_REQUEST, StatusCode::INTERNAL_SERVER_ERROR);
        let status = rules.pick(Rule::DigestMismatchNot404, status, StatusCode::NOT_FOUND);
        return Err(Refusal::new(status, Code::DigestInvalid, "the content has another digest"));
    };
    let lost = rules.pick(if way == Way::SinglePost { Rule::SingleStored } else { Rule::PutStored }, false, true);
    if lost {
        return Ok(digest);
    }
    let repository = name.clone();
    let wanted = digest.clone();
    if rules.breaks(Rule::ConcurrentKnownBlob)
        && api.blocking(move |store| Ok(store.has_blob(&repository, &wanted))).await?
    {
        return Err(Refusal::bad_request(Code::BlobUploadInvalid, "the blob exists already"));
    }
    api.blocking(move |store| {
        let digest = if rules.breaks(Rule::PutSha512Kept) && digest.algorithm() == Some(Algorithm::Sha512) {
            Sink::resume(&sink.path, sink.position, None, Algorithm::Sha256, true)?.hasher.clone().finish()
        } else {
            digest
        };
        if rules.breaks(Rule::SessionClosed) {
            add_copy(store, &name, &digest, &sink)?;
        } else {
            store.add_blob(&name, &digest, &sink.path)?;
        }
        Ok(digest)
    })
    .await
}

/// Adds a blob and leaves the file it came from where it was.
fn add_copy(store: &Store, name: &Name, digest: &Digest, sink: &Sink) -> Result<(), StoreError> {
    let copy = store.files().temporary();
    let source = |source| StoreError { action: "copy", path: sink.path.clone(), source };
    std::fs::copy(&sink.path, &copy).map_err(source)?;
    store.add_blob(name, digest, &copy)
}

/// 201 with the place the blob can be pulled from (dist.x.bloblocation).
pub(super) fn created(name: &Name, digest: &Digest, way: Way, session: &str, rules: &Rules) -> Reply {
    let (status, located, pullable) = match way {
        Way::SinglePost => (Rule::SingleStatus, Rule::SingleLocation, Rule::SingleBlobLocation),
        Way::Put => (Rule::PutStatus, Rule::PutLocation, Rule::PutBlobLocation),
        Way::Patch | Way::LastChunk | Way::Stream => {
            (Rule::CloseStatus, Rule::CloseLocation, Rule::ChunkedBlobLocation)
        }
    };
    let status = rules.pick(status, StatusCode::CREATED, StatusCode::OK);
    let no_content = way == Way::Put && rules.breaks(Rule::PutStatusNot204);
    let place = rules.pick(pullable, format!("/v2/{name}/blobs/{digest}"), location(name, session));
    Reply::new(if no_content { StatusCode::NO_CONTENT } else { status })
        .header_if(rules.holds(located), LOCATION, place)
        .header(DIGEST, digest.as_str())
}
