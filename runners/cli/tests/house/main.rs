//! The rules of the house, so that they hold without anybody having to remember them.
#![expect(clippy::unwrap_used, reason = "a test that cannot read the workspace has failed")]

mod dependencies;
mod files;
mod graph;
mod rules;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What cargo says of the members, read once. It needs no network: nothing outside the workspace can depend on a
/// member, so the members' own dependencies are all there is to know about links between them.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
});

/// The packages of the workspace.
fn packages() -> &'static [Value] {
    METADATA["packages"].as_array().unwrap()
}

/// The folder of a package, relative to the workspace.
fn folder(package: &Value) -> String {
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}
