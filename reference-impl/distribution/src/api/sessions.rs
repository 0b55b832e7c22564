//! Chunks, closing, status, and cancelling of an upload (spec.md#pushing-a-blob-in-chunks, #cancel-a-blob-upload).

use super::{Api, Call, claim::Claim, uploads, uploads::Way};
use crate::{
    digest::{Algorithm, Hasher},
    errors::{Code, Refusal},
    path::Name,
    range::ChunkRange,
    receive,
    reply::Reply,
    rules::{Rule, Rules},
    store::{sessions::Session, sink::Sink},
};
use http::{
    StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, LOCATION, RANGE},
};
use std::sync::{Arc, atomic::Ordering};

/// PATCH: one more chunk. Without Content-Range the body is appended as it streams in; the specification does not say
/// so, but every client that does not know its length beforehand depends on it.
pub(super) async fn append(api: &Api, call: &mut Call, name: Name, id: String) -> Result<Reply, Refusal> {
    let rules = &api.rules;
    let session = find(api, &name, &id).await?;
    let mut turn = session.turn.lock().await;
    still_open(&session)?;
    let chunk = chunk(call, &session, rules)?;
    let offset = session.offset();
    let place = match chunk {
        Some(chunk) if chunk.first != offset => match misplaced(chunk, offset, rules) {
            Some(position) => position,
            None => return Err(refuse_chunk(api, call, &session, &mut turn).await),
        },
        _ => offset,
    };
    fits_minimum(api, &session)?;
    let empty = http_body::Body::is_end_stream(&call.body);
    if empty && rules.breaks(Rule::EmptyChunkNot500) {
        return Err(Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "nothing to write"));
    }
    let place = if empty && rules.breaks(Rule::EmptyChunkHarmless) { 0 } else { place };
    let algorithm = turn.as_ref().map_or(Algorithm::Sha256, Hasher::algorithm);
    let hasher = turn.clone().filter(|_| place == offset);
    let sink = receive_chunk(api, call, &session, chunk, (place, hasher, algorithm)).await?;
    let length = sink.position - place;
    advance(api, &session, sink.position).await?;
    session.streamed.store(chunk.is_none(), Ordering::Relaxed);
    session
        .short
        .store(chunk.is_some() && api.config.chunk_min_length.is_some_and(|min| length < min), Ordering::Relaxed);
    *turn = Some(sink.hasher.clone());
    let received = if let Some(chunk) = chunk.filter(|_| rules.breaks(Rule::ChunkRangeCounted)) {
        chunk.last + 1
    } else if rules.breaks(Rule::ChunkRangeTotal) {
        length
    } else if rules.breaks(Rule::ChunkRangeGrows) && place > 0 {
        place
    } else {
        sink.position
    };
    let status = rules.pick(Rule::ChunkStatus, StatusCode::ACCEPTED, StatusCode::CREATED);
    Ok(Reply::new(rules.pick(Rule::ChunkStatusNot204, status, StatusCode::NO_CONTENT))
        .header_if(
            rules.holds(Rule::ChunkLocation),
            LOCATION,
            place_of(&name, &id, rules.holds(Rule::ChunkLocationTrue)),
        )
        .header_if(rules.holds(Rule::ChunkRange), RANGE, chunk_reply_range(received, rules)))
}

/// Where a session goes on, or, in a registry that lost it, where it does not.
fn place_of(name: &Name, id: &str, known: bool) -> String {
    if known { uploads::location(name, id) } else { uploads::nowhere(name) }
}

/// Where a misplaced chunk goes in a registry that does not mind; None refuses it (dist.push.blob.chunk.12).
fn misplaced(chunk: ChunkRange, offset: u64, rules: &Rules) -> Option<u64> {
    if chunk.first < offset {
        rules.breaks(Rule::ChunkOverlap).then_some(chunk.first)
    } else {
        let rule = if offset == 0 { Rule::ChunkFirst } else { Rule::ChunkGap };
        rules.breaks(rule).then_some(offset)
    }
}

/// 416 with what the client needs to go on; the session stays as it was.
async fn refuse_chunk(api: &Api, call: &mut Call, session: &Session, turn: &mut Option<Hasher>) -> Refusal {
    let rules = &api.rules;
    if rules.breaks(Rule::ChunkOrderNotStored)
        && let Err(failure) = append_anyway(api, call, session, turn).await
    {
        return failure;
    }
    if rules.breaks(Rule::ChunkOrderKeepsSession) {
        // What cannot be removed now is removed when it expires.
        let _ = api.store.remove_session(session);
    }
    out_of_order(
        session,
        rules.pick(Rule::ChunkOrderNot400, StatusCode::RANGE_NOT_SATISFIABLE, StatusCode::BAD_REQUEST),
    )
}

async fn append_anyway(
    api: &Api,
    call: &mut Call,
    session: &Session,
    turn: &mut Option<Hasher>,
) -> Result<(), Refusal> {
    let sink = receive_chunk(api, call, session, None, (session.offset(), turn.clone(), Algorithm::Sha256)).await?;
    advance(api, session, sink.position).await?;
    *turn = Some(sink.hasher.clone());
    Ok(())
}

fn out_of_order(session: &Session, status: StatusCode) -> Refusal {
    let message = format!("the next byte is number {}", session.offset());
    Refusal::new(status, Code::BlobUploadInvalid, message)
        .with(LOCATION, &uploads::location(&session.repository, &session.id))
        .with(RANGE, &range(session.offset()))
}

/// PUT: the end of a session, maybe with the last chunk (dist.push.blob.chunk.17).
///
/// When it is refused, it is refused as a whole: the bytes it brought are dropped and the session is as before, so a
/// client may close it again with the right digest or the right bytes.
pub(super) async fn close(api: &Api, call: &mut Call, name: Name, id: String) -> Result<Reply, Refusal> {
    let rules = &api.rules;
    let session = match find(api, &name, &id).await {
        Err(refusal) if rules.breaks(Rule::ClosedPutHarmless) => return overwrite(api, call, name, refusal).await,
        found => found?,
    };
    let claim = Claim::of(&call.query, rules)?;
    let mut turn = session.turn.lock().await;
    still_open(&session)?;
    let chunk = chunk(call, &session, rules)?;
    let offset = session.offset();
    if chunk.is_some_and(|chunk| chunk.first != offset) && rules.holds(Rule::LastChunkOrder) {
        if rules.breaks(Rule::LastChunkNotStored) {
            append_anyway(api, call, &session, &mut turn).await?;
        }
        let wrong = StatusCode::BAD_REQUEST;
        return Err(out_of_order(
            &session,
            rules.pick(Rule::LastChunkOrderNot400, StatusCode::RANGE_NOT_SATISFIABLE, wrong),
        ));
    }
    let brings_bytes = !http_body::Body::is_end_stream(&call.body);
    if brings_bytes {
        fits_minimum(api, &session)?;
    }
    let forgetful = rules.breaks(Rule::CloseKeepsChunks) && brings_bytes && offset > 0;
    let place = if forgetful { 0 } else { offset };
    let hasher = turn.clone().filter(|_| !forgetful);
    let sink = if rules.breaks(Rule::CloseBody) && offset > 0 {
        resume(api, &session, (place, hasher, claim.algorithm())).await?
    } else {
        receive_chunk(api, call, &session, chunk, (place, hasher, claim.algorithm())).await?
    };
    still_open(&session)?;
    if rules.breaks(Rule::CloseRefusedForgotten) {
        *turn = Some(sink.hasher.clone());
    }
    let way = match (offset, sink.position > place) {
        (0, _) => Way::Put,
        (_, true) => Way::LastChunk,
        (_, false) if session.streamed.load(Ordering::Relaxed) => Way::Stream,
        (_, false) => Way::Patch,
    };
    let digest = uploads::store(api, name.clone(), sink, claim, way).await?;
    if rules.holds(Rule::SessionClosed) {
        let session = session.clone();
        api.blocking(move |store| store.remove_session(&session)).await?;
    }
    Ok(uploads::created(&name, &digest, way, &id, rules))
}

/// What a registry does that takes a PUT after the end for the first one.
async fn overwrite(api: &Api, call: &mut Call, name: Name, refusal: Refusal) -> Result<Reply, Refusal> {
    let Ok(Claim::Digest(digest)) = Claim::of(&call.query, &api.rules) else { return Err(refusal) };
    let sink = api.blocking(|store| Sink::create(store.files().temporary(), Algorithm::Sha256)).await?;
    let sink = receive::to_disk(&mut call.body, sink, api.intake()).await?;
    api.blocking(move |store| store.add_blob(&name, &digest, &sink.path)).await?;
    Err(refusal)
}

/// GET: 204 with what was received (dist.push.blob.chunk.19 and .20). It does not wait for a chunk that is on its way.
pub(super) async fn status(api: &Api, name: Name, id: String) -> Result<Reply, Refusal> {
    let rules = &api.rules;
    let session = find(api, &name, &id).await?;
    if rules.breaks(Rule::StatusFound) {
        return Err(unknown(&id));
    }
    let range = range(rules.pick(Rule::StatusRangeTrue, session.offset(), 0));
    let range = rules.pick(Rule::StatusRangeForm, range.clone(), format!("bytes={range}"));
    Ok(Reply::new(rules.pick(Rule::StatusCode204, StatusCode::NO_CONTENT, StatusCode::OK))
        .header_if(
            rules.holds(Rule::StatusLocation),
            LOCATION,
            place_of(&name, &id, rules.holds(Rule::StatusLocationTrue)),
        )
        .header_if(rules.holds(Rule::StatusRange), RANGE, range))
}

/// DELETE: 204, and the session is gone (dist.push.blob.cancel.01).
pub(super) async fn cancel(api: &Api, name: Name, id: String) -> Result<Reply, Refusal> {
    let session = find(api, &name, &id).await?;
    if api.rules.breaks(Rule::CancelOnlyOne) {
        api.blocking(move |store| store.remove_sessions_of(&name)).await?;
    } else if api.rules.holds(Rule::CancelEffective) {
        api.blocking(move |store| store.remove_session(&session)).await?;
    }
    Ok(Reply::new(api.rules.pick(Rule::CancelStatus, StatusCode::NO_CONTENT, StatusCode::OK)))
}

async fn find(api: &Api, name: &Name, id: &str) -> Result<Arc<Session>, Refusal> {
    let (repository, wanted, timeout) = (name.clone(), id.to_owned(), api.config.upload_timeout);
    let found = api.blocking(move |store| store.session(&repository, &wanted, timeout)).await?;
    found.ok_or_else(|| {
        if api.rules.breaks(Rule::SessionUnknownNot500) {
            return Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "no such file");
        }
        unknown(id)
    })
}

fn unknown(id: &str) -> Refusal {
    Refusal::not_found(Code::BlobUploadUnknown, format!("there is no upload {id} in this repository"))
}

/// Another request may have closed the session while this one waited for its turn.
fn still_open(session: &Session) -> Result<(), Refusal> {
    if session.is_closed() { Err(unknown(&session.id)) } else { Ok(()) }
}

/// Where the body belongs, if the client says so. A Content-Range of another form is out of order as far as this server
/// can tell, so it gets the same 416: of the failures the specification lists for a chunk, that is the one that tells the
/// client how to go on.
fn chunk(call: &Call, session: &Session, rules: &Rules) -> Result<Option<ChunkRange>, Refusal> {
    if !call.headers.contains_key(CONTENT_RANGE) {
        return Ok(None);
    }
    let range = call.header(CONTENT_RANGE).and_then(ChunkRange::parse);
    if rules.breaks(Rule::ChunkRangeCounted) && range.is_some() {
        return Ok(range);
    }
    let Some(range) = range else { return Err(out_of_order(session, StatusCode::RANGE_NOT_SATISFIABLE)) };
    match call.header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length != range.length() => Err(wrong_length(range, length)),
        _ => Ok(Some(range)),
    }
}

fn wrong_length(range: ChunkRange, length: u64) -> Refusal {
    let message = format!("Content-Range names {} bytes, the body has {length}", range.length());
    Refusal::bad_request(Code::SizeInvalid, message)
}

/// Only the last chunk may be shorter than the announced minimum, and that it was not the last is known only now.
fn fits_minimum(api: &Api, session: &Session) -> Result<(), Refusal> {
    match api.config.chunk_min_length {
        Some(minimum) if session.short.load(Ordering::Relaxed) => {
            let message = format!("the chunk before had fewer than {minimum} bytes and was not the last");
            Err(Refusal::bad_request(Code::SizeInvalid, message))
        }
        _ => Ok(()),
    }
}

/// Where a chunk is written, what has seen the bytes before, and how to hash.
type Place = (u64, Option<Hasher>, Algorithm);

async fn resume(api: &Api, session: &Session, (position, hasher, algorithm): Place) -> Result<Sink, Refusal> {
    let path = session.data_path();
    let cut = api.rules.holds(Rule::RefusedBytesCut);
    let sink = api.blocking(move |_| Sink::resume(&path, position, hasher, algorithm, cut)).await;
    // Cancelled in between: the file is gone with the session.
    still_open(session)?;
    sink
}

async fn receive_chunk(
    api: &Api,
    call: &mut Call,
    session: &Session,
    chunk: Option<ChunkRange>,
    place: Place,
) -> Result<Sink, Refusal> {
    let start = place.0;
    if let Some(range) = chunk.filter(|_| api.rules.breaks(Rule::SessionStateLast)) {
        let (state, repository) = (session.state_path(), session.repository.clone());
        api.blocking(move |store| store.save_session(&state, &repository, start + range.length())).await?;
    }
    let sink = resume(api, session, place).await?;
    let sink = receive::to_disk(&mut call.body, sink, api.intake()).await?;
    match chunk.filter(|_| api.rules.holds(Rule::ChunkRangeCounted)) {
        Some(range) if sink.position - start != range.length() => Err(wrong_length(range, sink.position - start)),
        _ => Ok(sink),
    }
}

async fn advance(api: &Api, session: &Session, offset: u64) -> Result<(), Refusal> {
    let (state, id) = (session.state_path(), session.repository.clone());
    let saved = api.blocking(move |store| store.save_session(&state, &id, offset)).await;
    still_open(session)?;
    saved.map(|()| session.acknowledge(offset))
}

/// The range of the bytes received. The specification demands the header and its form even when there are none, and has
/// no way to write that; `0-0` is what registries answer and clients expect.
fn range(received: u64) -> String {
    format!("0-{}", received.saturating_sub(1))
}

fn chunk_reply_range(received: u64, rules: &Rules) -> String {
    let received = rules.pick(Rule::ChunkRangeInclusive, received, received + 1);
    let range = range(received);
    rules.pick(Rule::ChunkRangeForm, range.clone(), format!("bytes={range}"))
}
