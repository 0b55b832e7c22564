//! `mutants.yaml`: the rules of a reference implementation that can be broken without any case noticing.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::position::At;

/// What is known about the mutants of one specification.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mutants {
    /// Mutants that survive for a reason.
    #[serde(default)]
    pub survivors: Vec<At<Survivor>>,
}

/// A mutant that no case can notice.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Survivor {
    /// Glob over the ids of rules: `*` stands for any text, `?` for one character.
    pub rule: At<String>,
    /// Why no case can notice it.
    pub reason: String,
}
