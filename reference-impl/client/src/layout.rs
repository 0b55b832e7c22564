//! Image layouts on disk.

use std::path::Path;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{Error, digest};

const REF_NAME: &str = "org.opencontainers.image.ref.name";

fn blob_path(dir: &Path, digest: &str) -> Result<std::path::PathBuf, Error> {
    if !crate::reference::is_digest(digest) {
        return Err(Error::new(format!("`{digest}` is no digest")));
    }
    Ok(dir.join("blobs").join(digest.replacen(':', "/", 1)))
}

/// Reads a blob and checks it.
pub(crate) fn read(dir: &Path, digest: &str) -> Result<Bytes, Error> {
    let path = blob_path(dir, digest)?;
    let bytes = std::fs::read(&path).map_err(|error| Error::io("read", &path, &error))?;
    if !digest::is_of(digest, &bytes) {
        return Err(Error::new(format!("{} is not what its name says", path.display())));
    }
    Ok(bytes.into())
}

/// Writes a blob.
pub(crate) fn write(dir: &Path, digest: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = blob_path(dir, digest)?;
    put(&path, bytes)
}

/// Writes the index of a layout with one entry.
pub(crate) fn finish(dir: &Path, reference: &str, mut descriptor: Value) -> Result<(), Error> {
    if !crate::reference::is_digest(reference) {
        descriptor["annotations"] = json!({ REF_NAME: reference });
    }
    let index = json!({ "schemaVersion": 2, "mediaType": crate::manifests::INDEX, "manifests": [descriptor] });
    put(&dir.join("index.json"), index.to_string().as_bytes())?;
    put(&dir.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#)
}

/// The digest of what the layout holds under this name.
pub(crate) fn find(dir: &Path, reference: &str) -> Result<String, Error> {
    let path = dir.join("index.json");
    let text = std::fs::read(&path).map_err(|error| Error::io("read", &path, &error))?;
    let index: Value =
        serde_json::from_slice(&text).map_err(|error| Error::new(format!("{} is no JSON: {error}", path.display())))?;
    let entries = index["manifests"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = |entry: &&Value| entry["annotations"][REF_NAME] == reference || entry["digest"] == reference;
    let entry = entries.iter().find(named).or_else(|| entries.first().filter(|_| entries.len() == 1));
    let digest = entry.and_then(|entry| entry["digest"].as_str()).map(str::to_owned);
    digest.ok_or_else(|| Error::new(format!("{} holds no `{reference}`", dir.display())))
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::io("write", path, &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, bytes).map_err(failed)
}
