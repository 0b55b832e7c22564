//! JSON Schema of the suite language, for editors and for the loader. It is derived from the types that read the
//! files, so that it cannot say anything else than they do; [`crate::form`] judges files by it.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::case::{FeatureFile, Suite};
use crate::host::HostFile;
use crate::ledger::Ledger;
use crate::mutants::Mutants;
use crate::official::Official;

/// Name and schema of every kind of file.
pub fn all() -> [(&'static str, Schema); 6] {
    [
        ("suite.schema.json", of::<Suite>()),
        ("features.schema.json", of::<FeatureFile>()),
        ("ledger.schema.json", of::<Ledger>()),
        ("host.schema.json", of::<HostFile>()),
        ("mutants.schema.json", of::<Mutants>()),
        ("official.schema.json", of::<Official>()),
    ]
}

/// The schema of one kind of file.
pub(crate) fn of<T: JsonSchema>() -> Schema {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    // The name of a Rust type tells nobody anything.
    schema.remove("title");
    WithoutNull.transform(&mut schema);
    schema
}

/// Takes `null` out: a key that may be left out may not be there without a value, which is most often a mistake.
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(object) = schema.as_object_mut() {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
                choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
                if let [Value::Object(only)] = choices.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    for (key, value) in only {
                        object.entry(key).or_insert(value);
                    }
                }
            }
            // What is left out has no value that would be worth showing.
            object.remove("default");
        }
        transform_subschemas(self, schema);
    }
}

/// A slug.
pub(crate) fn slug(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "title": "a slug (lower-case letters, digits and hyphens after a letter)",
        "type": "string",
        "pattern": "^[a-z]([a-z0-9-]*[a-z0-9])?$",
        "examples": ["last-chunk-on-put"]
    })
}

/// A list of slugs.
pub(crate) fn slugs(generator: &mut SchemaGenerator) -> Schema {
    let slug = slug(generator);
    json_schema!({ "type": "array", "items": slug })
}

/// A version of a specification.
pub(crate) fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "title": "a version of the specification",
        "type": "string",
        "pattern": r"^([0-9]+\.[0-9]+|main)$",
        "examples": ["1.1", "main"]
    })
}

/// A JSON pointer.
pub(crate) fn pointer(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "title": "a JSON pointer (RFC 6901), which is empty or begins with a slash",
        "type": "string",
        "pattern": "^(/.*)?$",
        "examples": ["/manifests/0/digest"]
    })
}

/// A regular expression.
pub(crate) fn pattern(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "title": "a regular expression", "type": "string", "format": "regex" })
}
