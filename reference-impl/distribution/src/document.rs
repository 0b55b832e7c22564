//! What a registry has to understand of a manifest: what it refers to, and what it attaches to.

use crate::{
    digest::Digest,
    rules::{Rule, Rules},
};
use serde_json::{Map, Value, json};

pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// Which fields of a manifest mean something to a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Image,
    Index,
    /// A type this registry does not know. It is stored as it is; only `subject` is read.
    Other,
}

impl Kind {
    fn of(media_type: &str) -> Self {
        match media_type {
            OCI_MANIFEST | DOCKER_MANIFEST => Self::Image,
            OCI_INDEX | DOCKER_LIST => Self::Index,
            _ => Self::Other,
        }
    }
}

/// A manifest that was understood.
#[derive(Debug)]
pub(crate) struct Document {
    /// Without parameters.
    pub(crate) media_type: String,
    pub(crate) kind: Kind,
    pub(crate) subject: Option<Digest>,
    /// What has to be in the repository.
    pub(crate) references: Vec<Digest>,
    artifact_type: Option<String>,
    config_type: Option<String>,
    annotations: Option<Map<String, Value>>,
}

/// Why a body is no manifest; becomes the message of MANIFEST_INVALID.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Invalid(String);

fn invalid<T>(reason: impl Into<String>) -> Result<T, Invalid> {
    Err(Invalid(reason.into()))
}

impl Document {
    /// Reads a manifest that was pushed with this Content-Type, parameters removed.
    pub(crate) fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self, Invalid> {
        let value: Value = serde_json::from_slice(bytes).or_else(|error| invalid(format!("not JSON: {error}")))?;
        let Value::Object(fields) = value else { return invalid("not a JSON object") };
        let media_type = media_type(&fields, content_type)?;
        let kind = Kind::of(&media_type);
        let mut document = Self {
            kind,
            subject: None,
            references: Vec::new(),
            artifact_type: text(&fields, "artifactType")?,
            config_type: None,
            annotations: object(&fields, "annotations")?,
            media_type,
        };
        if kind != Kind::Other {
            if fields.get("schemaVersion").and_then(Value::as_u64) != Some(2) {
                return invalid("schemaVersion is not 2");
            }
            let present = |key: &str| fields.get(key).is_some_and(|value| !value.is_null());
            // A document that reads as an image to one tool and as an index to another (CVE-2021-41190).
            if present("manifests") && (present("config") || present("layers")) {
                return invalid("a manifest cannot have both manifests and config or layers");
            }
        }
        match kind {
            Kind::Image => document.read_image(&fields)?,
            Kind::Index => document.read_index(&fields)?,
            Kind::Other => document.config_type = config_type(&fields),
        }
        document.subject = match fields.get("subject") {
            None | Some(Value::Null) => None,
            Some(subject) => Some(descriptor(subject, "subject")?.digest),
        };
        Ok(document)
    }

    fn read_image(&mut self, fields: &Map<String, Value>) -> Result<(), Invalid> {
        let Some(config) = fields.get("config") else { return invalid("config is missing") };
        let config = descriptor(config, "config")?;
        self.config_type = Some(config.media_type);
        self.references.push(config.digest);
        for layer in array(fields, "layers")? {
            let layer = descriptor(layer, "layers[]")?;
            // These are fetched from elsewhere and need not be here (image-spec, layer.md#non-distributable-layers).
            // Inline `data` is no such excuse: it is a copy for convenience, and pullers may still ask for the blob.
            let elsewhere = layer.has_urls
                || layer.media_type.contains(".nondistributable.")
                || layer.media_type.contains(".foreign.");
            if !elsewhere {
                self.references.push(layer.digest);
            }
        }
        Ok(())
    }

    fn read_index(&mut self, fields: &Map<String, Value>) -> Result<(), Invalid> {
        if !fields.contains_key("manifests") {
            return invalid("manifests is missing");
        }
        for manifest in array(fields, "manifests")? {
            let manifest = descriptor(manifest, "manifests[]")?;
            if !manifest.has_urls {
                self.references.push(manifest.digest);
            }
        }
        Ok(())
    }

    /// The descriptor the referrers API lists (spec.md#listing-referrers).
    pub(crate) fn descriptor(&self, digest: &Digest, size: usize, rules: &Rules) -> Value {
        let index = self.kind == Kind::Index;
        let media_type = rules.pick(Rule::ReferrersDescriptorType, self.media_type.as_str(), OCI_MANIFEST);
        let size = rules.pick(Rule::ReferrersSize, size, size + 1);
        let mut descriptor = json!({ "mediaType": media_type, "digest": digest, "size": size });
        let hidden =
            rules.breaks(Rule::ReferrersArtifactType) || index && rules.breaks(Rule::ReferrersArtifactTypeOfIndex);
        if let Some(artifact_type) = self.listed_artifact_type(rules).filter(|_| !hidden) {
            let lower = artifact_type.to_ascii_lowercase();
            descriptor["artifactType"] = rules.pick(Rule::ReferrersArtifactTypeCase, artifact_type, &lower).into();
        }
        let hidden =
            rules.breaks(Rule::ReferrersAnnotations) || index && rules.breaks(Rule::ReferrersAnnotationsOfIndex);
        if let Some(annotations) = self.annotations.as_ref().filter(|_| !hidden) {
            let mut annotations = annotations.clone();
            if rules.breaks(Rule::ReferrersAnnotationsAll) {
                annotations.retain(|key, _| key.starts_with("org.opencontainers."));
            }
            if rules.breaks(Rule::ReferrersAnnotationsEmpty) {
                annotations.retain(|_, value| value != "");
            }
            descriptor["annotations"] = annotations.into();
        }
        descriptor
    }

    /// The type of its own if it has one; else that of its config; an index has no config and then gets none
    /// (dist.referrers.at.01 to 03). Empty counts as missing.
    fn listed_artifact_type(&self, rules: &Rules) -> Option<&str> {
        let own = self.artifact_type.as_deref();
        let empty_kept = self.kind != Kind::Index && rules.breaks(Rule::ReferrersArtifactTypeEmpty);
        if let Some(own) = own.filter(|own| !own.is_empty() || empty_kept) {
            return Some(own);
        }
        match self.kind {
            Kind::Index if rules.breaks(Rule::ReferrersArtifactTypeOmitted) => Some(""),
            Kind::Index if rules.breaks(Rule::ReferrersArtifactTypeNotInvented) => Some(&self.media_type),
            Kind::Index => None,
            Kind::Image | Kind::Other if rules.breaks(Rule::ReferrersArtifactTypeConfig) => None,
            Kind::Image | Kind::Other => self.config_type.as_deref(),
        }
    }

    /// Whether the listed type comes from the config.
    pub(crate) fn is_typed_by_config(&self) -> bool {
        self.artifact_type.as_deref().unwrap_or_default().is_empty()
    }
}

/// What of a descriptor matters here.
struct Descriptor {
    media_type: String,
    digest: Digest,
    has_urls: bool,
}

fn descriptor(value: &Value, place: &str) -> Result<Descriptor, Invalid> {
    let Value::Object(fields) = value else { return invalid(format!("{place} is not a descriptor")) };
    let at = |error: Invalid| Invalid(format!("{place}: {error}"));
    let Some(media_type) = text(fields, "mediaType").map_err(at)?.filter(|t| is_media_type(t)) else {
        return invalid(format!("{place} has no mediaType of the form type/subtype"));
    };
    let Some(digest) = text(fields, "digest").map_err(at)? else { return invalid(format!("{place} has no digest")) };
    let digest = Digest::parse(&digest).or_else(|error| invalid(format!("{place}: {error}")))?;
    // image-spec: an int64 that is not negative.
    if fields.get("size").and_then(Value::as_i64).is_none_or(|size| size < 0) {
        return invalid(format!("{place} has no size in bytes"));
    }
    Ok(Descriptor { media_type, digest, has_urls: array(fields, "urls").is_ok_and(|urls| !urls.is_empty()) })
}

/// The type of a manifest: its Content-Type, which its mediaType may not contradict (dist.push.manifest.ctype.03). With
/// neither, the fields decide.
fn media_type(fields: &Map<String, Value>, content_type: Option<&str>) -> Result<String, Invalid> {
    let own = text(fields, "mediaType")?;
    let media_type = match (content_type, own.as_deref()) {
        (Some(header), Some(own)) if !header.eq_ignore_ascii_case(own) => {
            return invalid(format!("Content-Type is {header} but mediaType is {own}"));
        }
        (Some(header), _) => header,
        (None, Some(own)) => own,
        (None, None) if fields.contains_key("manifests") => OCI_INDEX,
        (None, None) if fields.contains_key("config") => OCI_MANIFEST,
        (None, None) => return invalid("neither Content-Type nor mediaType tell what this is"),
    };
    if is_media_type(media_type) {
        Ok(media_type.to_owned())
    } else {
        invalid(format!("{media_type:?} is no media type"))
    }
}

/// The type of a config in a document whose fields are not known to mean anything; nothing is demanded of it.
fn config_type(fields: &Map<String, Value>) -> Option<String> {
    fields.get("config")?.get("mediaType")?.as_str().map(str::to_owned)
}

fn is_media_type(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= 127
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| part(kind) && part(subtype))
}

fn text(fields: &Map<String, Value>, key: &str) -> Result<Option<String>, Invalid> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => invalid(format!("{key} is not a string")),
    }
}

fn object(fields: &Map<String, Value>, key: &str) -> Result<Option<Map<String, Value>>, Invalid> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) if map.values().all(Value::is_string) => Ok(Some(map.clone())),
        Some(_) => invalid(format!("{key} is not an object of strings")),
    }
}

/// Go writes an empty list as null.
fn array<'a>(fields: &'a Map<String, Value>, key: &str) -> Result<&'a [Value], Invalid> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => invalid(format!("{key} is not an array")),
    }
}
