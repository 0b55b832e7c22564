//! Fixtures: the content a case needs, described so that a seed makes it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::position::{At, OneOrMany};
use crate::template::Template;

/// Content made from the seed of the case. Exactly one of the kinds is given.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fixture {
    /// Kind: this many random bytes.
    pub random: Option<At<Template>>,
    /// Kind: random bytes in chunks of these sizes; `${name.chunk1}`, `${name.chunk1.range}` and so on name the parts.
    pub chunks: Option<OneOrMany<Template>>,
    /// Kind: exactly this text.
    pub text: Option<At<Template>>,
    /// Kind: this document, serialised without white space.
    pub json: Option<At<Value>>,
    /// Kind: a layer.
    pub layer: Option<At<LayerSpec>>,
    /// Kind: an image configuration.
    pub config: Option<At<ConfigSpec>>,
    /// Kind: an image manifest.
    pub manifest: Option<At<ManifestSpec>>,
    /// Kind: an image index.
    pub index: Option<At<IndexSpec>>,
    /// Digest algorithm of `${name.digest}` and of descriptors that point here: `sha256` (default) or `sha512`.
    pub algorithm: Option<At<Template>>,
    /// Media type, where the kind's own is not wanted.
    pub media_type: Option<At<Template>>,
}

/// A layer: a tar archive of seeded files.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LayerSpec {
    /// Number of files (default 2).
    pub files: Option<usize>,
    /// Size of each file in bytes (default 512).
    pub file_size: Option<usize>,
    /// How the archive is compressed (default `gzip`).
    #[serde(default)]
    pub compression: Compression,
}

/// Compression of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Plain tar.
    None,
    /// gzip, RFC 1952.
    #[default]
    Gzip,
    /// zstd, RFC 8878.
    Zstd,
}

/// An image configuration with the diff_ids of its layers.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigSpec {
    /// Names of layer fixtures, lowest first.
    #[serde(default)]
    pub layers: OneOrMany<String>,
    /// Further members of the document.
    #[serde(default)]
    pub extra: Map<String, Value>,
}

/// An image manifest.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ManifestSpec {
    /// Name of the fixture that is the config; without one the empty descriptor is used.
    pub config: Option<At<String>>,
    /// Names of the fixtures that are the layers.
    #[serde(default)]
    pub layers: OneOrMany<String>,
    /// `artifactType`.
    pub artifact_type: Option<At<Template>>,
    /// Name of the fixture that is the subject.
    pub subject: Option<At<String>>,
    /// `annotations`.
    #[serde(default)]
    pub annotations: IndexMap<String, At<Template>>,
    /// Further members of the document.
    #[serde(default)]
    pub extra: Map<String, Value>,
    /// Leave `mediaType` out.
    #[serde(default)]
    pub without_media_type: bool,
    /// Grow the document to exactly this many bytes.
    pub size: Option<At<Template>>,
    /// Write the document with odd but valid white space.
    #[serde(default)]
    pub pretty: bool,
}

/// An image index.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IndexSpec {
    /// Names of the fixtures it lists.
    #[serde(default)]
    pub manifests: OneOrMany<String>,
    /// `artifactType`.
    pub artifact_type: Option<At<Template>>,
    /// Name of the fixture that is the subject.
    pub subject: Option<At<String>>,
    /// `annotations`.
    #[serde(default)]
    pub annotations: IndexMap<String, At<Template>>,
    /// Further members of the document.
    #[serde(default)]
    pub extra: Map<String, Value>,
    /// Write the document with odd but valid white space.
    #[serde(default)]
    pub pretty: bool,
}

impl Fixture {
    /// The kinds that are given, by name; right is exactly one.
    pub fn kinds(&self) -> Vec<&'static str> {
        [
            ("random", self.random.is_some()),
            ("chunks", self.chunks.is_some()),
            ("text", self.text.is_some()),
            ("json", self.json.is_some()),
            ("layer", self.layer.is_some()),
            ("config", self.config.is_some()),
            ("manifest", self.manifest.is_some()),
            ("index", self.index.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }

    /// Names of the fixtures this one is made of, which must stand before it.
    pub fn parts(&self) -> Vec<&At<String>> {
        let mut parts = Vec::new();
        if let Some(config) = &self.config {
            parts.extend(config.layers.iter());
        }
        if let Some(manifest) = &self.manifest {
            parts.extend(manifest.config.iter().chain(manifest.layers.iter()).chain(manifest.subject.iter()));
        }
        if let Some(index) = &self.index {
            parts.extend(index.manifests.iter().chain(index.subject.iter()));
        }
        parts
    }

    /// Everything in it that is a number of bytes.
    pub fn sizes(&self) -> impl Iterator<Item = &At<Template>> {
        let padded = self.manifest.iter().filter_map(|manifest| manifest.size.as_ref());
        self.random.iter().chain(self.chunks.iter().flat_map(|chunks| chunks.iter())).chain(padded)
    }

    /// Fields that can be named after a dot, e.g. `digest` in `${blob.digest}`.
    pub fn has_field(&self, field: &str) -> bool {
        const COMMON: [&str; 9] =
            ["digest", "hex", "sha256", "sha512", "referrers-tag", "size", "media-type", "descriptor", "base64url"];
        if COMMON.contains(&field) {
            return true;
        }
        if self.layer.is_some() && field == "diff-id" {
            return true;
        }
        let Some(chunks) = &self.chunks else { return false };
        let (chunk, attribute) = field.split_once('.').unwrap_or((field, "bytes"));
        let number = chunk.strip_prefix("chunk").and_then(|n| n.parse::<usize>().ok());
        number.is_some_and(|n| (1..=chunks.len()).contains(&n))
            && matches!(attribute, "bytes" | "range" | "start" | "end" | "size")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{parse, typed};

    fn fixture(text: &str) -> Fixture {
        typed(&parse(text, &mut Vec::new()).unwrap()).unwrap()
    }

    #[test]
    fn the_kinds_of_a_fixture() {
        assert_eq!(fixture("{ random: 1, algorithm: sha512 }").kinds(), ["random"]);
        assert_eq!(fixture("{ text: a, json: [] }").kinds(), ["text", "json"]);
        assert_eq!(fixture("{ algorithm: sha512 }").kinds(), <[&str; 0]>::default());
        for kind in
            ["random: 1", "chunks: 1", "text: a", "json: 1", "layer: {}", "config: {}", "manifest: {}", "index: {}"]
        {
            assert_eq!(fixture(kind).kinds(), [kind.split(':').next().unwrap()]);
        }
    }

    #[test]
    fn the_parts_of_a_fixture() {
        let parts = |text: &str| fixture(text).parts().into_iter().map(|part| part.value.clone()).collect::<Vec<_>>();
        assert_eq!(parts("manifest: { subject: s, layers: [a, b], config: c }"), ["c", "a", "b", "s"]);
        assert_eq!(parts("config: { layers: a }"), ["a"]);
        assert_eq!(parts("index: { manifests: [a], subject: s }"), ["a", "s"]);
        assert_eq!(parts("random: 1"), <[&str; 0]>::default());
    }

    #[test]
    fn the_fields_of_a_fixture() {
        let blob = fixture("random: 1");
        assert!(blob.has_field("digest") && blob.has_field("descriptor"));
        assert!(!blob.has_field("diff-id") && !blob.has_field("chunk1") && !blob.has_field(""));
        assert!(fixture("layer: {}").has_field("diff-id"));
        let chunks = fixture("chunks: [10, 20]");
        for field in ["chunk1", "chunk2", "chunk2.range", "chunk1.start", "chunk1.end", "chunk1.size"] {
            assert!(chunks.has_field(field), "{field}");
        }
        for field in ["chunk0", "chunk3", "chunk", "chunk1.digest", "chunkx"] {
            assert!(!chunks.has_field(field), "{field}");
        }
    }
}
