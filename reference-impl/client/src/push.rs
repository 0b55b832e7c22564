//! Pushing from an image layout, copying between repositories, and the referrers tag.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use crate::blobs::{self, Way};
use crate::manifests::{self, INDEX, Manifest};
use crate::pull::fetch;
use crate::remote::{Ask, Remote, Reply};
use crate::rules::Rule;
use crate::{Error, digest, layout, reference};

/// Pushes what the layout holds under this name.
pub(crate) async fn push(
    remote: &Remote,
    dir: &Path,
    repository: &str,
    wanted: &str,
    way: Way,
) -> Result<Vec<String>, Error> {
    reference::check(repository, wanted, &remote.rules, Rule::PushedReference)?;
    let top = layout::find(dir, wanted)?;
    let read = |digest: &str| Manifest::read(layout::read(dir, digest)?, None, digest.to_owned());
    let first = read(&top)?;
    // Children before those who list them.
    let mut order = vec![first];
    let mut next = 0;
    while let Some(manifest) = order.get(next) {
        let children: Vec<Manifest> = manifest.children().iter().map(|child| read(child)).collect::<Result<_, _>>()?;
        order.extend(children);
        next += 1;
    }
    for manifest in order.iter().rev() {
        for blob in manifest.blobs() {
            blobs::push(remote, repository, &blob, &layout::read(dir, &blob)?, way).await?;
        }
    }
    finish(remote, repository, wanted, &order).await
}

/// Copies from one repository to another.
pub(crate) async fn copy(remote: &Remote, from: &str, repository: &str, wanted: &str) -> Result<Vec<String>, Error> {
    reference::check(repository, wanted, &remote.rules, Rule::PushedReference)?;
    let mut order = vec![manifests::pull(remote, from, wanted).await?];
    let mut next = 0;
    while let Some(manifest) = order.get(next) {
        for child in manifest.children() {
            order.push(manifests::pull(remote, from, &child).await?);
        }
        next += 1;
    }
    for blob in order.iter().rev().flat_map(Manifest::blobs) {
        blobs::mount(remote, repository, from, &blob, fetch(remote, from, &blob)).await?;
    }
    finish(remote, repository, wanted, &order).await
}

/// Pushes the manifests, the first one last and under the name that was asked for.
async fn finish(remote: &Remote, repository: &str, wanted: &str, order: &[Manifest]) -> Result<Vec<String>, Error> {
    let mut said = String::new();
    for (index, manifest) in order.iter().enumerate().rev() {
        let name = if index == 0 { wanted } else { &manifest.digest };
        let reply = manifests::push(remote, repository, name, manifest).await?;
        let believed = remote.rules.breaks(Rule::PushedHeader);
        // A registry whose digest is wrong is not believed in what it stored.
        let lossy = remote.rules.breaks(Rule::ManifestBlobs);
        let stored = reply.content_digest(&manifest.bytes, believed || lossy)?;
        said = stored.unwrap_or_else(|| manifest.digest.clone());
        subject(remote, repository, manifest, &reply).await?;
    }
    Ok(vec![said])
}

/// Where the registry did not say that it processed the subject, the client keeps the list of referrers.
async fn subject(remote: &Remote, repository: &str, manifest: &Manifest, reply: &Reply) -> Result<(), Error> {
    let rules = &remote.rules;
    let Some(subject) = manifest.document["subject"]["digest"].as_str() else { return Ok(()) };
    if reply.field("oci-subject").is_some() || rules.breaks(Rule::Fallback) {
        return Ok(());
    }
    if rules.breaks(Rule::ReferrersAssumed) {
        let url = remote.url(&format!("/v2/{repository}/referrers/{subject}"))?;
        return remote.send(Ask::new(Method::GET, url)).await.map(|_| ());
    }
    let tag = reference::referrers_tag(subject, rules);
    let found = manifests::ask(remote, repository, &tag).await?;
    let mut entries = Vec::new();
    if found.status != 404 || rules.breaks(Rule::FallbackFirst) {
        let index = manifests::checked(remote, &tag, found.expect(200)?)?;
        let is_index = index.media_type == INDEX;
        if !is_index && rules.holds(Rule::FallbackForeign) {
            return Err(Error::new(format!("the referrers tag {tag} holds no index, and was left alone"))
                .hint("the manifest was pushed, but nobody will find it by its subject"));
        }
        if rules.holds(Rule::FallbackKept) {
            entries = index.document["manifests"].as_array().cloned().unwrap_or_default();
        }
    }
    let own = digest_of(manifest);
    if entries.iter().any(|entry| entry["digest"] == own) && rules.holds(Rule::FallbackTwice) {
        return Ok(());
    }
    entries.push(entry(remote, manifest, own));
    list(remote, repository, &tag, entries).await
}

fn digest_of(manifest: &Manifest) -> String {
    match digest::is_of(&manifest.digest, &manifest.bytes) {
        true => manifest.digest.clone(),
        false => digest::digest(&manifest.bytes),
    }
}

/// What the referrers API would say of the manifest.
fn entry(remote: &Remote, manifest: &Manifest, digest: String) -> Value {
    let rules = &remote.rules;
    let mut entry = json!({ "mediaType": manifest.media_type, "digest": digest, "size": manifest.bytes.len() });
    let own = manifest.document["artifactType"].as_str().filter(|text| !text.is_empty());
    let config = manifest.document["config"]["mediaType"].as_str().filter(|_| rules.holds(Rule::FallbackConfig));
    if let Some(artifact_type) = own.or(config)
        && (rules.holds(Rule::FallbackType) || own.is_none())
    {
        entry["artifactType"] = artifact_type.into();
    }
    if manifest.document["annotations"].is_object() && rules.holds(Rule::FallbackAnnotations) {
        entry["annotations"] = manifest.document["annotations"].clone();
    }
    entry
}

/// Pushes the list of referrers.
pub(crate) async fn list(remote: &Remote, repository: &str, tag: &str, entries: Vec<Value>) -> Result<(), Error> {
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries }).to_string();
    let manifest = Manifest::read(index.into(), Some(INDEX), String::new())?;
    manifests::push(remote, repository, tag, &manifest).await.map(|_| ())
}
