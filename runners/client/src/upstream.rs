//! What the registry holds before the client comes, and what the client finds on its disk.

use std::io;
use std::path::Path;

use bytes::Bytes;
use plimsoll_engine::scope::Scope;
use plimsoll_fixtures::{Algorithm, Blob};
use plimsoll_suite::client::Upstream;
use plimsoll_suite::position::At;
use serde_json::{Value, json};
use url::Url;

/// Pushes what a case wants to be there.
pub(crate) async fn prepare(
    http: &reqwest::Client,
    base: &Url,
    scope: &Scope,
    repository: &str,
    wanted: &[At<Upstream>],
) -> Result<(), String> {
    for upstream in wanted {
        let repository = match &upstream.to {
            Some(to) => scope.text(to).map_err(|error| error.to_string())?,
            None => repository.to_owned(),
        };
        let tags: Result<Vec<String>, _> = upstream.tag.iter().map(|tag| scope.text(tag)).collect();
        let tags = tags.map_err(|error| error.to_string())?;
        for name in upstream.push.iter() {
            push(http, base, scope, &repository, name, &tags)
                .await
                .map_err(|reason| format!("pushing `{name}`: {reason}"))?;
        }
    }
    Ok(())
}

/// A fixture with all it refers to, which comes first.
fn parts(scope: &Scope, name: &str) -> Vec<String> {
    let mut order = Vec::new();
    if let Some(made) = scope.fixture(name) {
        order = made.refers_to.iter().flat_map(|part| parts(scope, part)).collect();
    }
    order.push(name.to_owned());
    order
}

async fn push(
    http: &reqwest::Client,
    base: &Url,
    scope: &Scope,
    repository: &str,
    name: &str,
    tags: &[String],
) -> Result<(), String> {
    for part in parts(scope, name) {
        let made = scope.fixture(&part).ok_or_else(|| format!("there is no fixture `{part}`"))?;
        if made.refers_to_empty {
            blob(http, base, repository, &Blob::empty_json(), Algorithm::Sha256).await?;
        }
        if !made.is_manifest {
            blob(http, base, repository, &made.blob, made.algorithm).await?;
            continue;
        }
        let named = if part == name && !tags.is_empty() { tags.to_vec() } else { vec![made.digest()] };
        for reference in named {
            let url = join(base, &format!("/v2/{repository}/manifests/{reference}"))?;
            let request = http.put(url).header("content-type", &made.blob.media_type).body(made.bytes());
            expect(request, 201).await?;
        }
    }
    Ok(())
}

async fn blob(
    http: &reqwest::Client,
    base: &Url,
    repository: &str,
    blob: &Blob,
    algorithm: Algorithm,
) -> Result<(), String> {
    let opened = expect(http.post(join(base, &format!("/v2/{repository}/blobs/uploads/"))?), 202).await?;
    let location = opened.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut url = join(base, location)?;
    url.query_pairs_mut().append_pair("digest", &blob.digest(algorithm));
    expect(http.put(url).body(blob.bytes.clone()), 201).await.map(|_| ())
}

fn join(base: &Url, path: &str) -> Result<Url, String> {
    base.join(path).map_err(|error| format!("{path}: {error}"))
}

async fn expect(request: reqwest::RequestBuilder, status: u16) -> Result<reqwest::Response, String> {
    let response = request.send().await.map_err(|error| error.to_string())?;
    match response.status().as_u16() {
        same if same == status => Ok(response),
        other => Err(format!("the registry behind the script answers {other} instead of {status}")),
    }
}

/// Writes fixtures as an image layout whose index lists the named ones, the first under this tag.
pub(crate) fn layout(dir: &Path, scope: &Scope, names: &[At<String>], tag: Option<&str>) -> io::Result<()> {
    let mut entries: Vec<Value> = Vec::new();
    for name in names {
        for part in parts(scope, name) {
            let Some(made) = scope.fixture(&part) else { continue };
            write_blob(dir, &made.digest(), &made.bytes())?;
            if made.refers_to_empty {
                let empty = Blob::empty_json();
                write_blob(dir, &empty.digest(Algorithm::Sha256), &empty.bytes)?;
            }
            if part == name.value {
                let mut entry = Value::from(&made.descriptor());
                if let Some(tag) = tag.filter(|_| entries.is_empty()) {
                    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
                }
                entries.push(entry);
            }
        }
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": plimsoll_fixtures::media_type::IMAGE_INDEX,
        "manifests": entries
    });
    std::fs::write(dir.join("index.json"), index.to_string())?;
    std::fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
}

fn write_blob(dir: &Path, digest: &str, bytes: &Bytes) -> io::Result<()> {
    let path = dir.join("blobs").join(digest.replacen(':', "/", 1));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes)
}
