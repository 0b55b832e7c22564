//! Pulling into an image layout.

use std::path::Path;

use reqwest::Method;
use serde_json::json;

use crate::manifests::{self, Manifest};
use crate::remote::{Ask, Remote};
use crate::rules::Rule;
use crate::{Error, digest, layout, reference};

/// Pulls a manifest with all that belongs to it.
pub(crate) async fn pull(remote: &Remote, repository: &str, wanted: &str, dir: &Path) -> Result<Vec<String>, Error> {
    reference::check(repository, wanted, &remote.rules, Rule::PulledReference)?;
    if remote.rules.breaks(Rule::LegacyHeader) {
        let ping = remote.send(Ask::new(Method::GET, remote.url("/v2/")?)).await?;
        if ping.field("docker-distribution-api-version").is_none() {
            return Err(Error::new("this is no registry: it does not send Docker-Distribution-API-Version"));
        }
    }
    let first = manifests::pull(remote, repository, wanted).await?;
    let line = format!("{} {}", first.digest, first.media_type);
    let descriptor = json!({ "mediaType": first.media_type, "digest": first.digest, "size": first.bytes.len() });
    let mut open = vec![first];
    // An index may list an index, but nothing can contain itself, so this ends.
    while let Some(manifest) = open.pop() {
        keep(remote, repository, &manifest, dir).await?;
        for child in manifest.children() {
            open.push(manifests::pull(remote, repository, &child).await?);
        }
    }
    layout::finish(dir, wanted, descriptor)?;
    Ok(vec![line])
}

async fn keep(remote: &Remote, repository: &str, manifest: &Manifest, dir: &Path) -> Result<(), Error> {
    for blob in manifest.blobs() {
        let bytes = fetch(remote, repository, &blob).await?;
        layout::write(dir, &blob, &bytes)?;
    }
    layout::write(dir, &manifest.digest, &manifest.bytes)
}

/// Pulls a blob and looks whether it is the one that was asked for.
pub(crate) async fn fetch(remote: &Remote, repository: &str, blob: &str) -> Result<bytes::Bytes, Error> {
    let url = remote.url(&format!("/v2/{repository}/blobs/{blob}"))?;
    let reply = remote.send(Ask::new(Method::GET, url)).await?.expect(200)?;
    let blind = remote.rules.breaks(Rule::BlobDigest);
    if !blind && !reply.cut && !digest::is_of(blob, &reply.body) {
        return Err(Error::new(format!("what came for {blob} is something else"))
            .hint("the registry or what stands before it is broken, or not to be trusted"));
    }
    Ok(reply.body)
}
