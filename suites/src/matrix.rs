//! The values of a matrix key: listed, or named by the user.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::position::At;

/// What the user can name of a registry that is only read: lists for a matrix, by their placeholder `${content.NAME}`.
pub const CONTENT_LISTS: [&str; 4] = ["tags", "manifests", "blobs", "referrers"];
/// And what is one value for all.
pub const CONTENT_FIELDS: [&str; 1] = ["repository"];

/// The values of one key.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Written in the suite.
    Listed(Vec<At<Value>>),
    /// One of [`CONTENT_LISTS`]: what the user says the registry holds.
    Content(String),
}

impl Values {
    /// The values that are known. None of content that nobody named.
    pub fn known(&self) -> &[At<Value>] {
        match self {
            Self::Listed(values) => values,
            Self::Content(_) => &[],
        }
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;
        impl<'de> Visitor<'de> for ValuesVisitor {
            type Value = Values;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of values, or given content such as \"${content.tags}\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Values, E> {
                let name = text.strip_prefix("${content.").and_then(|rest| rest.strip_suffix('}'));
                match name.filter(|name| CONTENT_LISTS.contains(name)) {
                    Some(name) => Ok(Values::Content(name.to_owned())),
                    None => {
                        let lists = CONTENT_LISTS.map(|name| format!("${{content.{name}}}")).join(", ");
                        Err(E::custom(format!(
                            "`{text}` is no list of values; hint: list them, or write one of {lists}"
                        )))
                    }
                }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Values, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Values::Listed)
            }
        }
        deserializer.deserialize_any(ValuesVisitor)
    }
}

impl JsonSchema for Values {
    fn schema_name() -> Cow<'static, str> {
        "Values".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "a list of values, or what the user says the registry holds",
            "anyOf": [{ "type": "array" }, { "type": "string" }],
            "examples": ["[1, 2]", "${content.tags}"]
        })
    }
}
