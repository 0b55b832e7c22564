//! `official.yaml`: what the cases amount to in the words of the official conformance program.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::glob::glob_matches;
use crate::position::{At, OneOrMany};

/// The rows and the switches of the official program of one specification.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Official {
    /// Where the names come from, for people.
    pub program: String,
    /// The rows of its table of APIs.
    pub apis: Vec<At<Row>>,
    /// The rows of its table of data.
    pub data: Vec<At<Row>>,
    /// The switches of its configuration, in its order.
    pub switches: Vec<At<Switch>>,
}

/// One row of a table of results.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// The name of the row, exactly as the official program writes it.
    pub row: At<String>,
    /// Globs over the ids of the cases that decide about the row.
    #[serde(default)]
    pub cases: OneOrMany<String>,
    /// Features the row stands for: when one is declined, the row is skipped, whatever else passed.
    #[serde(default)]
    pub features: OneOrMany<String>,
    /// Why no case decides about the row.
    pub why: Option<String>,
}

/// One switch of the official configuration.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Switch {
    /// Its path in the file, such as `apis.blobs.delete`.
    pub key: At<String>,
    /// First version of the specification in which it is on.
    #[serde(default)]
    #[schemars(schema_with = "crate::schema::version")]
    pub since: Option<At<String>>,
    /// Features that are taken for absent when it is off.
    #[serde(default)]
    pub features: OneOrMany<String>,
    /// Globs over the ids of the cases that are left out when it is off.
    #[serde(default)]
    pub cases: OneOrMany<String>,
    /// Why nothing depends on it here.
    pub why: Option<String>,
}

/// True when one of the globs fits the id of an entry, with its cell or without.
pub fn fits(globs: &[At<String>], id: &str) -> bool {
    let bare = id.split('[').next().unwrap_or_default();
    globs.iter().any(|glob| glob_matches(glob, id) || glob_matches(glob, bare))
}
