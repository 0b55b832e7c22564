//! What is in a reference registry before it is only read: an image with three tags, its blobs, and a referrer.

use std::time::Duration;

use plimsoll_registry_runner::client::{Client, ClientOptions, Method, Request};
use plimsoll_registry_runner::content::Content;
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use crate::error::CliError;

const REPOSITORY: &str = "given/content";
const TAGS: [&str; 3] = ["latest", "v1", "v2"];
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The empty configuration, a layer, and the empty blob.
const BLOBS: [&[u8]; 3] = [b"{}", &[b'x'; 5000], b""];

/// What is in it, by name.
pub fn content() -> Content {
    let (image, referrer) = manifests();
    Content {
        repository: REPOSITORY.to_owned(),
        tags: TAGS.map(str::to_owned).to_vec(),
        manifests: vec![digest(image.as_bytes()), digest(referrer.as_bytes())],
        blobs: BLOBS.map(digest).to_vec(),
        referrers: vec![digest(image.as_bytes())],
    }
}

/// Pushes it.
pub(super) async fn push(registry: &Url) -> Result<(), CliError> {
    let failed = |what: String| CliError::harness(format!("cannot fill the reference registry: {what}"));
    let options = ClientOptions { ca: None, insecure: false, timeout: Duration::from_secs(20), credentials: None };
    let client = Client::new(options, registry).map_err(|error| failed(error.to_string()))?;
    let (image, referrer) = manifests();
    let mut requests: Vec<(Method, String, &[u8])> = Vec::new();
    for blob in BLOBS {
        requests.push((Method::POST, format!("blobs/uploads/?digest={}", digest(blob)), blob));
    }
    for reference in TAGS {
        requests.push((Method::PUT, format!("manifests/{reference}"), image.as_bytes()));
    }
    requests.push((Method::PUT, format!("manifests/{}", digest(referrer.as_bytes())), referrer.as_bytes()));
    for (method, path, body) in requests {
        let url = registry.join(&format!("/v2/{REPOSITORY}/{path}")).map_err(|error| failed(error.to_string()))?;
        let kind = if method == Method::PUT { MANIFEST } else { "application/octet-stream" };
        let request = Request {
            headers: vec![("Content-Type".to_owned(), kind.to_owned())],
            body: Some(body.to_vec().into()),
            ..Request::new(method, url)
        };
        client.send(&request).await.map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

/// The image and its referrer.
fn manifests() -> (String, String) {
    let descriptor =
        |kind: &str, bytes: &[u8]| json!({ "mediaType": kind, "digest": digest(bytes), "size": bytes.len() });
    let empty = descriptor("application/vnd.oci.empty.v1+json", BLOBS[0]);
    let layer = descriptor("application/octet-stream", BLOBS[1]);
    let image = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.example.given.v1",
        "config": empty, "layers": [layer] });
    let image = image.to_string();
    let referrer = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.example.sbom.v1",
        "config": empty, "layers": [empty], "subject": descriptor(MANIFEST, image.as_bytes()) });
    (image, referrer.to_string())
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
