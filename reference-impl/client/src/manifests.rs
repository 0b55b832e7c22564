//! Pulling and pushing manifests.

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use crate::Error;
use crate::digest;
use crate::reference::is_digest;
use crate::remote::{Ask, Remote, Reply};
use crate::rules::Rule;

pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const TYPES: [&str; 4] = [
    MANIFEST,
    INDEX,
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
/// Largest manifest that is taken. The specification wants at least 4 megabytes.
const LIMIT: usize = 16 << 20;

/// A manifest.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    pub(crate) bytes: Bytes,
    pub(crate) media_type: String,
    /// The digest to speak of it by.
    pub(crate) digest: String,
    pub(crate) document: Value,
}

impl Manifest {
    /// Reads a manifest, whose type is in it or was said elsewhere.
    pub(crate) fn read(bytes: Bytes, said: Option<&str>, digest: String) -> Result<Self, Error> {
        let document: Value =
            serde_json::from_slice(&bytes).map_err(|error| Error::new(format!("{digest} is no manifest: {error}")))?;
        let media_type = document["mediaType"].as_str().or(said).unwrap_or(MANIFEST).to_owned();
        Ok(Self { bytes, media_type, digest, document })
    }

    /// Digests of the blobs that belong to it.
    pub(crate) fn blobs(&self) -> Vec<String> {
        let layers = self.document["layers"].as_array().into_iter().flatten();
        let all = std::iter::once(&self.document["config"]).chain(layers);
        all.filter_map(|descriptor| descriptor["digest"].as_str()).map(str::to_owned).collect()
    }

    /// Digests of the manifests that an index lists.
    pub(crate) fn children(&self) -> Vec<String> {
        let entries = self.document["manifests"].as_array().into_iter().flatten();
        entries.filter_map(|entry| entry["digest"].as_str()).map(str::to_owned).collect()
    }
}

/// Asks for a manifest.
pub(crate) async fn ask(remote: &Remote, repository: &str, reference: &str) -> Result<Reply, Error> {
    let part = match reference.split_once(':') {
        Some((_, encoded)) if remote.rules.breaks(Rule::ReferenceForm) => encoded,
        _ => reference,
    };
    let mut request = Ask::new(Method::GET, remote.url(&format!("/v2/{repository}/manifests/{part}"))?);
    if remote.rules.holds(Rule::Accept) {
        request = request.header("accept", TYPES.join(", "));
    }
    remote.send(request).await
}

/// Pulls a manifest and looks whether it is the one that was asked for.
pub(crate) async fn pull(remote: &Remote, repository: &str, reference: &str) -> Result<Manifest, Error> {
    checked(remote, reference, ask(remote, repository, reference).await?.expect(200)?)
}

/// A manifest that was answered, if it may be one.
pub(crate) fn checked(remote: &Remote, reference: &str, reply: Reply) -> Result<Manifest, Error> {
    let rules = &remote.rules;
    limit(remote, &reply.body)?;
    if rules.breaks(Rule::OptionalDigest) && reply.field("docker-content-digest").is_none() {
        return Err(Error::new(format!("{reference}: there is no Docker-Content-Digest")));
    }
    let wanted = is_digest(reference).then_some(reference);
    if let Some(wanted) = wanted.filter(|_| rules.holds(Rule::ManifestDigest))
        && !digest::is_of(wanted, &reply.body)
    {
        return Err(Error::new(format!("what came for {wanted} is something else"))
            .hint("the registry or what stands before it is broken, or not to be trusted"));
    }
    // Who does not check does not check this either.
    let believed = rules.breaks(Rule::ManifestHeader) || rules.breaks(Rule::ManifestDigest);
    let said = reply.content_digest(&reply.body, believed)?;
    let digest = wanted.map(str::to_owned).or(said).unwrap_or_else(|| digest::digest(&reply.body));
    let whole = reply.field("content-type").unwrap_or_default();
    let essence = whole.split(';').next().unwrap_or_default().trim();
    let content_type = if rules.holds(Rule::TypeParameters) { essence } else { whole };
    let manifest = Manifest::read(reply.body.clone(), Some(content_type), digest)?;
    if !manifest.media_type.eq_ignore_ascii_case(content_type) && rules.holds(Rule::TypeDisagrees) {
        return Err(Error::new(format!(
            "{reference} is served as `{content_type}` but says of itself that it is `{}`",
            manifest.media_type
        )));
    }
    Ok(manifest)
}

/// Pushes a manifest and returns the answer.
pub(crate) async fn push(
    remote: &Remote,
    repository: &str,
    reference: &str,
    manifest: &Manifest,
) -> Result<Reply, Error> {
    let rules = &remote.rules;
    limit(remote, &manifest.bytes)?;
    let mut content_type = manifest.media_type.clone();
    if rules.breaks(Rule::PushedType) {
        content_type = "application/octet-stream".to_owned();
    }
    if rules.breaks(Rule::PushedParameters) {
        content_type.push_str("; charset=utf-8");
    }
    let mut bytes = manifest.bytes.clone();
    if rules.breaks(Rule::ManifestBlobs) && !manifest.document["layers"].is_null() {
        let mut document = manifest.document.clone();
        document["layers"] = Value::Array(Vec::new());
        bytes = document.to_string().into();
    }
    let url = remote.url(&format!("/v2/{repository}/manifests/{reference}"))?;
    let request = Ask::new(Method::PUT, url).header("content-type", content_type).body(bytes);
    let reply = remote.send(request).await?.expect(201)?;
    Ok(reply)
}

fn limit(remote: &Remote, bytes: &[u8]) -> Result<(), Error> {
    let most = if remote.rules.holds(Rule::ManifestLimit) { LIMIT } else { 1 << 20 };
    if bytes.len() > most {
        return Err(Error::new(format!("a manifest of {} bytes is more than this client takes", bytes.len())));
    }
    Ok(())
}
