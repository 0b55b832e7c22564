//! Pushing a blob in chunks.

use std::ops::Range;

use bytes::Bytes;
use reqwest::Method;
use url::Url;

use crate::blobs::{OCTETS, cancel, location};
use crate::remote::{Ask, Remote, Reply};
use crate::rules::Rule;
use crate::{Error, digest};

/// How often the state of an upload is asked for before it is given up.
const RESUMES: usize = 3;

/// Pushes all chunks into an open session and closes it.
pub(crate) async fn push(remote: &Remote, opened: &Reply, blob: &str, bytes: &Bytes, size: usize) -> Result<(), Error> {
    let first = location(remote, opened)?;
    let least = opened.field("oci-chunk-min-length").and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let size = if remote.rules.holds(Rule::ChunkMinimum) { size.max(least) } else { size };
    let mut session = first.clone();
    let pushed = all(remote, &mut session, bytes, size).await;
    let closed = match pushed {
        Ok(()) if remote.rules.breaks(Rule::ChunkedClose) => return Ok(()),
        Ok(()) => close(remote, session.clone(), blob, bytes, size).await,
        Err(error) => Err(error),
    };
    if closed.is_err() {
        cancel(remote, session).await;
    }
    closed
}

async fn all(remote: &Remote, session: &mut Url, bytes: &Bytes, size: usize) -> Result<(), Error> {
    let mut ranges: Vec<Range<usize>> =
        (0..bytes.len()).step_by(size.max(1)).map(|start| start..(start + size).min(bytes.len())).collect();
    if remote.rules.breaks(Rule::ChunkOrder) && ranges.len() > 2 {
        let second = ranges.remove(1);
        ranges.push(second);
    }
    let first = session.clone();
    let mut resumes = 0;
    let mut index = 0;
    while let Some(range) = ranges.get(index).cloned() {
        let target = if remote.rules.holds(Rule::ChunkLocation) { session.clone() } else { first.clone() };
        let answer = send(remote, target, bytes, range).await?;
        if answer.status != 416 || resumes == RESUMES {
            *session = location(remote, &answer.expect(202)?)?;
            index += 1;
            continue;
        }
        resumes += 1;
        let state = remote.send(Ask::new(Method::GET, session.clone())).await?.expect(204)?;
        if remote.rules.holds(Rule::ChunkResume) {
            *session = location(remote, &state)?;
        }
        // Without a range nothing has arrived.
        let end = state.field("range").and_then(|range| range.rsplit_once('-')?.1.trim().parse::<usize>().ok());
        let next = end.map_or(0, |end| end + 1);
        index = ranges.iter().position(|range| range.start == next).ok_or_else(|| {
            Error::new(format!("the registry has {next} bytes of the upload, which is no whole number of chunks"))
        })?;
    }
    Ok(())
}

async fn send(remote: &Remote, url: Url, bytes: &Bytes, range: Range<usize>) -> Result<Reply, Error> {
    let rules = &remote.rules;
    let start = range.start + usize::from(rules.breaks(Rule::ChunkStart));
    let end = range.end - usize::from(rules.holds(Rule::ChunkEnd));
    let written = match rules.holds(Rule::ChunkForm) {
        true => format!("{start}-{end}"),
        false => format!("bytes {start}-{end}/*"),
    };
    let request = Ask::new(Method::PATCH, url)
        .header("content-type", OCTETS)
        .header("content-range", written)
        .body(bytes.slice(range));
    remote.send(request).await
}

async fn close(remote: &Remote, mut url: Url, blob: &str, bytes: &Bytes, size: usize) -> Result<(), Error> {
    let last = bytes.len().checked_sub(1).map_or(0, |end| end / size.max(1) * size.max(1));
    let named = match remote.rules.holds(Rule::ChunkedDigest) {
        true => blob.to_owned(),
        false => digest::digest(&bytes[last..]),
    };
    url.query_pairs_mut().append_pair("digest", &named);
    remote.send(Ask::new(Method::PUT, url)).await?.expect(201).map(|_| ())
}
