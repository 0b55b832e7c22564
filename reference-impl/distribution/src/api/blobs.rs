//! Pulling and deleting blobs (spec.md#pulling-blobs, #deleting-blobs).

use super::{Api, Call, unknown};
use crate::{
    conditions::{entity_tag, not_modified},
    digest::{Algorithm, Digest},
    errors::{Code, Refusal},
    path::Name,
    range::{self, Requested},
    reply::{Body, DIGEST, Reply},
    rules::{Rule, Rules},
    store::blobs::Blob,
};
use futures_util::TryStreamExt as _;
use http::{
    StatusCode,
    header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE},
};
use http_body::Frame;
use http_body_util::StreamBody;
use std::{
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::fs::FileExt as _,
};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::ReaderStream;

/// Blobs up to this many bytes are read at once instead of streamed.
const SMALL: u64 = 64 * 1024;
/// Bytes read from a file at a time.
const BUFFER: usize = 256 * 1024;

/// GET and HEAD of a blob.
pub(super) async fn pull(api: &Api, call: &Call, name: Name, digest: &str) -> Result<Reply, Refusal> {
    let rules = &api.rules;
    if digest.contains("../") && rules.breaks(Rule::BlobPathInside) {
        return outside();
    }
    let digest = Digest::parse(digest).map_err(|error| Refusal::bad_request(Code::DigestInvalid, error.to_string()))?;
    let (wanted, repository) = (digest.clone(), name.clone());
    let found = api.blocking(move |store| Ok((store.blob(&repository, &wanted)?, store.exists(&repository)))).await?;
    let blob = match found {
        (Some(blob), _) if rules.holds(Rule::BlobGetEmpty) || blob.size > 0 => blob,
        (_, exists) => return missing(rules, call.is_head(), &digest, exists),
    };
    if let Some(reply) = not_modified(&call.headers, &digest, rules) {
        return Ok(reply);
    }
    if call.is_head() && (rules.holds(Rule::RangeNotOfHead) || !call.headers.contains_key(RANGE)) {
        return head(rules, &digest, blob.size);
    }
    let named = rules.pick(Rule::BlobGetDigestTrue, digest.clone(), Digest::of(Algorithm::Sha256, b"something else"));
    let reply = |status| {
        Reply::new(status)
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(ACCEPT_RANGES, "bytes")
            .header(ETAG, entity_tag(&digest))
            .header_if(rules.holds(Rule::BlobGetDigest), DIGEST, named.as_str())
    };
    match requested(call, &digest, blob.size, rules) {
        Requested::Whole => {
            let status = rules.pick(Rule::BlobGetStatus, StatusCode::OK, StatusCode::ACCEPTED);
            whole(reply(status), blob, rules).await
        }
        Requested::Part { first, last } => {
            let status = rules.pick(Rule::RangeStatus, StatusCode::PARTIAL_CONTENT, StatusCode::OK);
            let total = rules.pick(Rule::RangeTotal, blob.size, last - first + 1);
            let place = format!("bytes {first}-{last}/{total}");
            let reply = reply(status).header_if(rules.holds(Rule::RangeContentRange), CONTENT_RANGE, place);
            part(reply, blob, first, last - first + 1).await
        }
        Requested::Unsatisfiable if rules.breaks(Rule::RangeUnsatisfiableNot200) => {
            whole(reply(StatusCode::OK), blob, rules).await
        }
        Requested::Unsatisfiable if rules.breaks(Rule::RangeUnsatisfiableNot206) => {
            Ok(reply(StatusCode::PARTIAL_CONTENT))
        }
        Requested::Unsatisfiable if rules.breaks(Rule::RangeUnsatisfiableNot500) => {
            Ok(reply(StatusCode::INTERNAL_SERVER_ERROR))
        }
        Requested::Failure => Ok(reply(StatusCode::INTERNAL_SERVER_ERROR)),
        Requested::Unsatisfiable => {
            let refusal =
                Refusal::plain(StatusCode::RANGE_NOT_SATISFIABLE, format!("the blob has {} bytes", blob.size));
            let total = rules.holds(Rule::RangeUnsatisfiableTotal);
            Err(if total { refusal.with(CONTENT_RANGE, &format!("bytes */{}", blob.size)) } else { refusal })
        }
    }
}

/// The range a GET asks for (dist.pull.blob.range.01). `If-Range` with another validator asks for the whole; dates never
/// match, since blobs have none.
fn requested(call: &Call, digest: &Digest, size: u64, rules: &Rules) -> Requested {
    let Some(header) = call.header(RANGE).filter(|_| rules.holds(Rule::RangeHonoured)) else { return Requested::Whole };
    let current = call.header(IF_RANGE).is_none_or(|validator| validator.trim() == entity_tag(digest));
    if current || rules.breaks(Rule::RangeIf) { range::requested(header, size, rules) } else { Requested::Whole }
}

fn head(rules: &Rules, digest: &Digest, size: u64) -> Result<Reply, Refusal> {
    if rules.breaks(Rule::HeadBlobStatus) {
        return Err(unknown(true, Code::BlobUnknown, digest.as_str()));
    }
    let named = rules.pick(Rule::HeadBlobDigestTrue, digest.clone(), Digest::of(Algorithm::Sha256, b"something else"));
    let size = rules.pick(Rule::HeadBlobLengthTrue, size, 0);
    Ok(Reply::new(rules.pick(Rule::HeadBlobNot204, StatusCode::OK, StatusCode::NO_CONTENT))
        .header(CONTENT_TYPE, "application/octet-stream")
        .header(ACCEPT_RANGES, "bytes")
        .header(ETAG, entity_tag(digest))
        .header_if(rules.holds(Rule::HeadBlobDigest), DIGEST, named.as_str())
        .header_if(rules.holds(Rule::HeadBlobLength), CONTENT_LENGTH, size.to_string()))
}

/// 404 (dist.pull.blob.missing.01, dist.head.missing.01).
fn missing(rules: &Rules, head: bool, digest: &Digest, exists: bool) -> Result<Reply, Refusal> {
    if head && rules.breaks(Rule::HeadBlobMissing) || !head && rules.breaks(Rule::BlobMissingNot200) {
        return Ok(Reply::new(StatusCode::OK).header(DIGEST, digest.as_str()));
    }
    if rules.breaks(Rule::BlobMissingNot400) {
        return Err(Refusal::bad_request(Code::BlobUnknown, "no such blob"));
    }
    if rules.breaks(Rule::BlobMissingNot500) {
        return Err(Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "no such file"));
    }
    Err(unknown(exists, Code::BlobUnknown, digest.as_str()))
}

async fn whole(reply: Reply, blob: Blob, rules: &Rules) -> Result<Reply, Refusal> {
    const DAMAGES: [Rule; 5] =
        [Rule::BlobGetBytes, Rule::BlobGetTruncated, Rule::BlobGetZeros, Rule::BlobGetLarge, Rule::BlobNotEncoded];
    if DAMAGES.iter().any(|rule| rules.breaks(*rule)) {
        return damaged(reply, blob, rules);
    }
    let size = blob.size;
    part(reply, blob, 0, size).await
}

/// Some bytes of a blob.
async fn part(reply: Reply, blob: Blob, first: u64, length: u64) -> Result<Reply, Refusal> {
    if length <= SMALL {
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; length as usize];
            blob.file.read_exact_at(&mut bytes, first).map(|()| bytes)
        });
        let bytes = read.await.map_err(|error| Refusal::lost(&error))?.map_err(|error| unreadable(&error))?;
        return Ok(reply.bytes(bytes));
    }
    let mut file = blob.file;
    file.seek(SeekFrom::Start(first)).map_err(|error| unreadable(&error))?;
    let mut file = tokio::fs::File::from_std(file);
    file.set_max_buf_size(BUFFER);
    let frames = ReaderStream::with_capacity(file.take(length), BUFFER).map_ok(Frame::data);
    let body: Body = Body::new(StreamBody::new(frames));
    Ok(reply.header(CONTENT_LENGTH, length.to_string()).body(body))
}

fn unreadable(error: &io::Error) -> Refusal {
    let mut refusal = Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "the blob cannot be read");
    refusal.cause = Some(format!("could not read a blob: {error}"));
    refusal
}

/// The whole as a registry with a bad disk serves it.
fn damaged(reply: Reply, mut blob: Blob, rules: &Rules) -> Result<Reply, Refusal> {
    let mut bytes = Vec::new();
    blob.file.read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if rules.breaks(Rule::BlobGetTruncated) {
        bytes.pop();
    } else if rules.breaks(Rule::BlobGetZeros) {
        bytes.truncate(bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
    } else if rules.breaks(Rule::BlobGetLarge) {
        bytes.truncate(1 << 20);
    } else if rules.breaks(Rule::BlobGetBytes)
        && let Some(last) = bytes.last_mut()
    {
        *last ^= 1;
    }
    let coded = rules.breaks(Rule::BlobNotEncoded) && bytes.starts_with(&[0x1f, 0x8b]);
    Ok(reply.header_if(coded, CONTENT_ENCODING, "gzip").bytes(bytes))
}

/// A file that is none of this registry's business, as one serves it that takes a digest for a path.
fn outside() -> Result<Reply, Refusal> {
    let bytes = std::fs::read("/etc/passwd").map_err(|error| unreadable(&error))?;
    Ok(Reply::new(StatusCode::OK).bytes(bytes))
}

/// DELETE of a blob: 202 or 404 (dist.delete.blob.01 and .02).
pub(super) async fn delete(api: &Api, name: Name, digest: &str) -> Result<Reply, Refusal> {
    let rules = &api.rules;
    let digest = Digest::parse(digest).map_err(|error| Refusal::bad_request(Code::DigestInvalid, error.to_string()))?;
    let wanted = digest.clone();
    let (found, exists) =
        api.blocking(move |store| Ok((store.delete_blob(&name, &wanted)?, store.exists(&name)))).await?;
    if !found && rules.breaks(Rule::DeleteBlobAbsentNot500) {
        return Err(Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "no such file"));
    }
    if !found && rules.holds(Rule::DeleteBlobAbsent) {
        return Err(unknown(exists, Code::BlobUnknown, digest.as_str()));
    }
    let status = rules.pick(Rule::DeleteBlobStatus, StatusCode::ACCEPTED, StatusCode::OK);
    Ok(Reply::new(rules.pick(Rule::DeleteBlobStatusNot204, status, StatusCode::NO_CONTENT)))
}
