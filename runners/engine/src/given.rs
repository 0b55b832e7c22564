//! From the fixtures a case describes to their bytes.

use std::ops::Range;
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use indexmap::IndexMap;
use plimsoll_fixtures::{
    Algorithm, Blob, Compression, ConfigRecipe, Descriptor, IndexRecipe, LayerRecipe, ManifestRecipe, Seed,
};
use plimsoll_suite::given::{Compression as CompressionSpec, Fixture};
use plimsoll_suite::position::{At, Key};
use plimsoll_suite::template::Template;
use serde_json::Value;

use crate::scope::{NoValue, Scope, Variable};

/// Largest fixture in bytes. A registry can ask for chunks of any size; this is where we stop believing it.
pub const MAX_SIZE: usize = 64 << 20;

/// A fixture that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Media type and bytes.
    pub blob: Blob,
    /// Algorithm of its digest.
    pub algorithm: Algorithm,
    /// True for manifests and indexes, which are pushed as manifests.
    pub is_manifest: bool,
    /// Names of the fixtures it refers to, except its subject.
    pub refers_to: Vec<String>,
    /// True when it refers to the empty descriptor, which is pushed with it.
    pub refers_to_empty: bool,
    chunks: Vec<Range<usize>>,
    diff_id: Option<String>,
}

/// Why a fixture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GivenError {
    /// A placeholder has no value.
    #[error(transparent)]
    NoValue(#[from] NoValue),
    /// A size that is no number.
    #[error("fixture `{name}`: `{text}` is not a size in bytes")]
    NotASize {
        /// The fixture.
        name: String,
        /// What should be a size.
        text: String,
    },
    /// A size beyond [`MAX_SIZE`].
    #[error("fixture `{name}` would have {size} bytes, more than the {MAX_SIZE} this harness makes")]
    TooLarge {
        /// The fixture.
        name: String,
        /// Its size.
        size: usize,
    },
    /// The recipe cannot be followed.
    #[error("fixture `{name}`: {reason}")]
    Recipe {
        /// The fixture.
        name: String,
        /// Why not.
        reason: String,
    },
}

impl Made {
    fn plain(blob: Blob, algorithm: Algorithm) -> Self {
        Self {
            blob,
            algorithm,
            is_manifest: false,
            refers_to: Vec::new(),
            refers_to_empty: false,
            chunks: Vec::new(),
            diff_id: None,
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> Bytes {
        self.blob.bytes.clone()
    }

    /// The digest in the fixture's own algorithm.
    pub fn digest(&self) -> String {
        self.blob.digest(self.algorithm)
    }

    /// A descriptor of it.
    pub fn descriptor(&self) -> Descriptor {
        self.blob.descriptor(self.algorithm)
    }

    /// The value of a field, see [`Fixture::has_field`].
    pub(crate) fn field(&self, field: &str) -> Option<Option<Value>> {
        let value: Value = match field {
            "digest" => self.digest().into(),
            "hex" => self.digest().split_once(':')?.1.into(),
            "sha256" => self.blob.digest(Algorithm::Sha256).into(),
            "sha512" => self.blob.digest(Algorithm::Sha512).into(),
            "referrers-tag" => {
                // The algorithm is cut to 32 characters and what is encoded to 64; those we know have no others than a
                // tag may have.
                let digest = self.digest();
                let (algorithm, encoded) = digest.split_once(':')?;
                format!("{algorithm:.32}-{encoded:.64}").into()
            }
            "size" => self.blob.size().into(),
            "media-type" => self.blob.media_type.clone().into(),
            "base64url" => URL_SAFE_NO_PAD.encode(&self.blob.bytes).into(),
            "descriptor" => Value::from(&self.descriptor()),
            "diff-id" => self.diff_id.clone()?.into(),
            _ => {
                let (chunk, attribute) = field.split_once('.').unwrap_or((field, "bytes"));
                let range = self.chunk(chunk)?;
                match attribute {
                    "bytes" => return Some(None),
                    "range" => format!("{}-{}", range.start, range.end.saturating_sub(1)).into(),
                    "start" => range.start.into(),
                    "end" => range.end.saturating_sub(1).into(),
                    "size" => range.len().into(),
                    _ => return None,
                }
            }
        };
        Some(Some(value))
    }

    /// The bytes of `chunkN`.
    pub(crate) fn chunk_bytes(&self, field: &str) -> Option<Bytes> {
        let chunk = field.strip_suffix(".bytes").unwrap_or(field);
        self.chunk(chunk).map(|range| self.blob.bytes.slice(range))
    }

    fn chunk(&self, name: &str) -> Option<Range<usize>> {
        let number: usize = name.strip_prefix("chunk")?.parse().ok()?;
        self.chunks.get(number.checked_sub(1)?).cloned()
    }
}

/// Makes every fixture in order and sets it as a variable.
pub fn make(given: &IndexMap<Key, At<Fixture>>, seed: &Seed, scope: &mut Scope) -> Result<(), GivenError> {
    for (name, fixture) in given {
        let made = Maker { name, seed: seed.derive(name), scope }.make(fixture)?;
        scope.set(name.as_str(), Variable::Fixture(Arc::new(made)));
    }
    Ok(())
}

struct Maker<'a> {
    name: &'a str,
    seed: Seed,
    scope: &'a Scope,
}

impl Maker<'_> {
    fn make(&self, fixture: &Fixture) -> Result<Made, GivenError> {
        let algorithm = match &fixture.algorithm {
            None => Algorithm::Sha256,
            Some(template) => {
                let text = self.scope.text(template)?;
                Algorithm::parse(&text).ok_or_else(|| self.recipe(format!("`{text}` is not sha256 or sha512")))?
            }
        };
        let media_type = fixture.media_type.as_deref().map(|template| self.scope.text(template)).transpose()?;
        let mut made = if let Some(size) = &fixture.random {
            Made::plain(plimsoll_fixtures::random(&self.seed, self.size(size)?), algorithm)
        } else if let Some(sizes) = &fixture.chunks {
            let mut chunks = Vec::new();
            let mut end = 0usize;
            for size in sizes.iter() {
                let start = end;
                end = end.saturating_add(self.size(size)?);
                chunks.push(start..end);
            }
            self.limit(end)?;
            Made { chunks, ..Made::plain(plimsoll_fixtures::random(&self.seed, end), algorithm) }
        } else if let Some(text) = &fixture.text {
            let bytes = self.scope.bytes(text)?;
            Made::plain(Blob::new(plimsoll_fixtures::media_type::OCTET_STREAM, bytes), algorithm)
        } else if let Some(json) = &fixture.json {
            let bytes = self.scope.document(json)?.to_string().into_bytes();
            Made::plain(Blob::new(plimsoll_fixtures::media_type::JSON, bytes), algorithm)
        } else if let Some(spec) = &fixture.layer {
            let recipe = LayerRecipe {
                files: spec.files.unwrap_or(2),
                file_size: spec.file_size.unwrap_or(512),
                compression: match spec.compression {
                    CompressionSpec::None => Compression::None,
                    CompressionSpec::Gzip => Compression::Gzip,
                    CompressionSpec::Zstd => Compression::Zstd,
                },
                media_type: media_type.clone(),
            };
            // Each file has a header and is padded to whole blocks.
            self.limit(recipe.files.saturating_mul(recipe.file_size.saturating_add(1024)))?;
            let layer = recipe.build(&self.seed).map_err(|error| self.recipe(error))?;
            Made { diff_id: Some(layer.diff_id), ..Made::plain(layer.blob, algorithm) }
        } else if let Some(spec) = &fixture.config {
            let diff_ids = spec.layers.iter().map(|layer| self.diff_id(layer)).collect::<Result<_, _>>()?;
            let extra = self.members(&spec.extra)?;
            Made::plain(ConfigRecipe { diff_ids, extra, ..ConfigRecipe::default() }.build(), algorithm)
        } else if let Some(spec) = &fixture.manifest {
            self.manifest(spec, media_type.as_deref(), algorithm)?
        } else if let Some(spec) = &fixture.index {
            self.index(spec, media_type.as_deref(), algorithm)?
        } else {
            return Err(self.recipe("it has no kind"));
        };
        if let Some(media_type) = media_type {
            made.blob.media_type = media_type;
        }
        Ok(made)
    }

    fn manifest(
        &self,
        spec: &plimsoll_suite::given::ManifestSpec,
        media_type: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Made, GivenError> {
        let mut recipe = ManifestRecipe::default();
        let mut refers_to = Vec::new();
        // The recipe's defaults are the smallest artifact: the empty descriptor as config and as the only layer.
        let mut refers_to_empty = true;
        if let Some(config) = &spec.config {
            recipe.config = self.descriptor(config)?;
            recipe.layers.clear();
            recipe.artifact_type = None;
            refers_to.push(config.value.clone());
            refers_to_empty = false;
        }
        if !spec.layers.is_empty() {
            recipe.layers = spec.layers.iter().map(|layer| self.descriptor(layer)).collect::<Result<_, _>>()?;
            refers_to.extend(spec.layers.iter().map(|layer| layer.value.clone()));
        }
        if let Some(artifact_type) = &spec.artifact_type {
            recipe.artifact_type = Some(self.scope.text(artifact_type)?);
        }
        if spec.without_media_type {
            recipe.media_type = None;
        } else if let Some(media_type) = media_type {
            recipe.media_type = Some(media_type.to_owned());
        }
        recipe.subject = spec.subject.as_ref().map(|subject| self.descriptor(subject)).transpose()?;
        recipe.annotations = self.annotations(&spec.annotations)?;
        recipe.extra = self.members(&spec.extra)?;
        recipe.pad_to = spec.size.as_ref().map(|size| self.size(size)).transpose()?;
        recipe.pretty = spec.pretty;
        let blob = recipe.build().map_err(|error| self.recipe(error))?;
        Ok(Made { is_manifest: true, refers_to, refers_to_empty, ..Made::plain(blob, algorithm) })
    }

    fn index(
        &self,
        spec: &plimsoll_suite::given::IndexSpec,
        media_type: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Made, GivenError> {
        let mut recipe = IndexRecipe {
            manifests: spec.manifests.iter().map(|entry| self.descriptor(entry)).collect::<Result<_, _>>()?,
            annotations: self.annotations(&spec.annotations)?,
            extra: self.members(&spec.extra)?,
            pretty: spec.pretty,
            ..IndexRecipe::default()
        };
        if let Some(artifact_type) = &spec.artifact_type {
            recipe.artifact_type = Some(self.scope.text(artifact_type)?);
        }
        if let Some(media_type) = media_type {
            recipe.media_type = Some(media_type.to_owned());
        }
        recipe.subject = spec.subject.as_ref().map(|subject| self.descriptor(subject)).transpose()?;
        let blob = recipe.build().map_err(|error| self.recipe(error))?;
        let refers_to = spec.manifests.iter().map(|entry| entry.value.clone()).collect();
        Ok(Made { is_manifest: true, refers_to, ..Made::plain(blob, algorithm) })
    }

    fn descriptor(&self, name: &str) -> Result<Descriptor, GivenError> {
        let made = self.scope.fixture(name).ok_or_else(|| self.recipe(format!("there is no fixture `{name}`")))?;
        Ok(made.descriptor())
    }

    fn diff_id(&self, name: &str) -> Result<String, GivenError> {
        let made = self.scope.fixture(name).ok_or_else(|| self.recipe(format!("there is no fixture `{name}`")))?;
        made.diff_id.clone().ok_or_else(|| self.recipe(format!("`{name}` is not a layer, so it has no diff_id")))
    }

    fn annotations(&self, given: &IndexMap<String, At<Template>>) -> Result<IndexMap<String, String>, GivenError> {
        given.iter().map(|(key, value)| Ok((key.clone(), self.scope.text(value)?))).collect()
    }

    fn members(&self, extra: &serde_json::Map<String, Value>) -> Result<serde_json::Map<String, Value>, GivenError> {
        extra.iter().map(|(key, value)| Ok((key.clone(), self.scope.document(value)?))).collect()
    }

    fn size(&self, template: &At<Template>) -> Result<usize, GivenError> {
        let text = self.scope.text(template)?;
        let not_a_size = || GivenError::NotASize { name: self.name.to_owned(), text: text.clone() };
        // Wider than any size we make, so that an absurd chunk size a registry announces is refused for its size.
        let size = text.parse::<u128>().map_err(|_| not_a_size())?;
        self.limit(usize::try_from(size).unwrap_or(usize::MAX))
    }

    fn limit(&self, size: usize) -> Result<usize, GivenError> {
        if size > MAX_SIZE {
            return Err(GivenError::TooLarge { name: self.name.to_owned(), size });
        }
        Ok(size)
    }

    fn recipe(&self, reason: impl ToString) -> GivenError {
        GivenError::Recipe { name: self.name.to_owned(), reason: reason.to_string() }
    }
}
