//! A registry in a temporary directory and a client that hides nothing.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use plimsoll_registry::{Config, Server};
use reqwest::{Client, Method, header::HeaderMap};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use tempfile::TempDir;

pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub struct Registry {
    pub server: Server,
    pub root: TempDir,
    pub client: Api,
}

/// A registry with these changes to the defaults.
pub async fn registry(change: impl FnOnce(&mut Config)) -> Registry {
    let root = tempfile::tempdir().unwrap();
    let mut config = Config::new(root.path());
    config.durable = false;
    change(&mut config);
    let server = Server::start(config).await.unwrap();
    let client = Api::new(server.url());
    Registry { server, root, client }
}

impl std::ops::Deref for Registry {
    type Target = Api;
    fn deref(&self) -> &Api {
        &self.client
    }
}

#[derive(Clone)]
pub struct Api {
    pub url: String,
    pub client: Client,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn code(&self) -> String {
        self.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Asserts the status and returns the answer.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

impl Api {
    pub fn new(url: String) -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { url, client: Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap() }
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> reqwest::Result<Answer> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.url)).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Pushes a blob in one request and returns its digest.
    pub async fn blob(&self, name: &str, content: &[u8]) -> String {
        let digest = sha256(content);
        self.send("POST", &format!("/v2/{name}/blobs/uploads/?digest={digest}"), &[], content).await.is(201);
        digest
    }

    /// Opens a session and returns its location.
    pub async fn session(&self, name: &str) -> String {
        let answer = self.send("POST", &format!("/v2/{name}/blobs/uploads/"), &[], "").await.is(202);
        answer.header("location").to_owned()
    }

    /// Pushes a manifest by tag, or by digest with an empty tag; returns its digest and the answer.
    pub async fn manifest(&self, name: &str, tag: &str, manifest: &Value) -> (String, Answer) {
        let bytes = manifest.to_string();
        let digest = sha256(bytes.as_bytes());
        let reference = if tag.is_empty() { &digest } else { tag };
        let media_type = manifest["mediaType"].as_str().unwrap();
        let path = format!("/v2/{name}/manifests/{reference}");
        let answer = self.send("PUT", &path, &[("content-type", media_type)], bytes).await;
        (digest, answer)
    }
}

pub fn sha256(content: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(content)))
}

pub fn sha512(content: &[u8]) -> String {
    format!("sha512:{}", hex(&Sha512::digest(content)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": sha256(content), "size": content.len() })
}

/// An image manifest whose config is `{}`, which has to be pushed before.
pub fn image(extra: Value) -> Value {
    let config = descriptor("application/vnd.example.config+json", b"{}");
    let mut manifest = json!({ "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [] });
    for (key, value) in extra.as_object().unwrap() {
        manifest[key] = value.clone();
    }
    manifest
}

pub fn index(extra: Value) -> Value {
    let mut index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
    for (key, value) in extra.as_object().unwrap() {
        index[key] = value.clone();
    }
    index
}
