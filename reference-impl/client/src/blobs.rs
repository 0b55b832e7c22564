//! Pushing blobs, in one request, in two, or by a mount.

use bytes::Bytes;
use reqwest::Method;
use url::Url;

use crate::remote::{Ask, Remote, Reply};
use crate::rules::Rule;
use crate::{Error, chunks, digest};

/// How blobs are pushed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// POST, then PUT.
    PostPut,
    /// POST, PATCH by so many bytes, PUT.
    Chunks(usize),
    /// One POST with the body.
    SinglePost,
}

pub(crate) const OCTETS: &str = "application/octet-stream";

fn uploads(remote: &Remote, repository: &str) -> Result<Url, Error> {
    remote.url(&format!("/v2/{repository}/blobs/uploads/"))
}

/// Pushes a blob, unless it is there.
pub(crate) async fn push(remote: &Remote, repository: &str, blob: &str, bytes: &Bytes, way: Way) -> Result<(), Error> {
    let there = remote.send(Ask::new(Method::HEAD, remote.url(&format!("/v2/{repository}/blobs/{blob}"))?)).await?;
    if there.status == 200 {
        return Ok(());
    }
    let mut url = uploads(remote, repository)?;
    match way {
        Way::PostPut => {
            let opened = remote.send(Ask::new(Method::POST, url)).await?.expect(202)?;
            put(remote, location(remote, &opened)?, blob, bytes).await
        }
        Way::Chunks(size) => {
            let algorithm = digest::algorithm(blob);
            if algorithm != "sha256" && remote.rules.holds(Rule::ChunkedAlgorithm) {
                url.query_pairs_mut().append_pair("digest-algorithm", algorithm);
            }
            let mut open = Ask::new(Method::POST, url);
            if remote.rules.breaks(Rule::ChunkedLength) {
                open = Ask { stream: true, ..open.body(Bytes::new()) };
            }
            let opened = remote.send(open).await?.expect(202)?;
            chunks::push(remote, &opened, blob, bytes, size).await
        }
        Way::SinglePost => {
            let named = if remote.rules.holds(Rule::SingleDigest) { blob.to_owned() } else { digest::digest(b"") };
            url.query_pairs_mut().append_pair("digest", &named);
            let request = Ask::new(Method::POST, url).header("content-type", OCTETS).body(bytes.clone());
            let answer = remote.send(Ask { stream: remote.rules.breaks(Rule::SingleLength), ..request }).await?;
            if answer.status == 202 && remote.rules.holds(Rule::SingleFallback) {
                return put(remote, location(remote, &answer)?, blob, bytes).await;
            }
            answer.expect(201).map(|_| ())
        }
    }
}

/// Takes a blob over from another repository; true if that went, else it was uploaded from what `fetch` gives.
pub(crate) async fn mount<F: Future<Output = Result<Bytes, Error>>>(
    remote: &Remote,
    repository: &str,
    from: &str,
    blob: &str,
    fetch: F,
) -> Result<bool, Error> {
    let mut url = uploads(remote, repository)?;
    url.query_pairs_mut().append_pair("mount", blob).append_pair("from", from);
    let answer = remote.send(Ask::new(Method::POST, url)).await?;
    if answer.status == 202 && remote.rules.holds(Rule::OlderRegistry) {
        let opened = match remote.rules.holds(Rule::MountSession) {
            true => answer,
            false => remote.send(Ask::new(Method::POST, uploads(remote, repository)?)).await?.expect(202)?,
        };
        put(remote, location(remote, &opened)?, blob, &fetch.await?).await?;
        return Ok(false);
    }
    let answer = answer.expect(201)?;
    let said = answer.field("docker-content-digest");
    // A digest in another algorithm says nothing about content that was never here.
    if let Some(said) = said
        && said != blob
        && (digest::algorithm(said) == digest::algorithm(blob) || remote.rules.breaks(Rule::MountDigest))
    {
        return Err(Error::new(format!("{said} was mounted in place of {blob}")));
    }
    Ok(true)
}

/// Where an upload goes on.
pub(crate) fn location(remote: &Remote, reply: &Reply) -> Result<Url, Error> {
    let mut url = reply.location()?;
    if remote.rules.breaks(Rule::LocationQuery) {
        url.set_query(None);
    }
    if remote.rules.breaks(Rule::LocationHost) {
        let path = url.path().to_owned();
        let query = url.query().map(str::to_owned);
        url = remote.url(&path)?;
        url.set_query(query.as_deref());
    }
    Ok(url)
}

async fn put(remote: &Remote, mut url: Url, blob: &str, bytes: &Bytes) -> Result<(), Error> {
    let session = url.clone();
    url.query_pairs_mut().append_pair("digest", blob);
    let request = Ask::new(Method::PUT, url).header("content-type", OCTETS).body(bytes.clone());
    let answer = match remote.send(request).await {
        Ok(reply) => reply.expect(201).map(|_| ()),
        Err(error) => Err(error),
    };
    if answer.is_err() {
        cancel(remote, session).await;
    }
    answer
}

/// Gives an upload up. That it fails is no matter.
pub(crate) async fn cancel(remote: &Remote, session: Url) {
    if remote.rules.holds(Rule::Cancel) {
        let _ = remote.send(Ask::new(Method::DELETE, session)).await;
    }
}
