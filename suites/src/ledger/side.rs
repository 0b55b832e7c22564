//! Whom a requirement obliges, and whom a suite judges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Requirement;

/// Whom a requirement obliges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Binds {
    /// The server.
    Registry,
    /// Whoever talks to it.
    Client,
    /// Either side.
    Both,
    /// A runtime: what it does, and the documents it writes.
    Runtime,
    /// What a runtime is given to read, whoever wrote it.
    Document,
    /// A platform that is not tested here.
    Platform,
}

impl Binds {
    /// Whom it obliges, in words: `{id} binds ...`.
    #[must_use]
    pub fn whom(self) -> &'static str {
        match self {
            Self::Registry => "the registry",
            Self::Client => "clients",
            Self::Both => "registry and client",
            Self::Runtime => "the runtime",
            Self::Document => "the document, whoever wrote it",
            Self::Platform => "another platform",
        }
    }
}

/// Who is judged by a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The server.
    #[default]
    Registry,
    /// Whoever talks to it. A ledger of registries has this other side, so that no file says it.
    #[serde(skip_deserializing)]
    Client,
    /// A program that runs containers.
    Runtime,
}

impl Side {
    /// The word for a subject of this side.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Client => "client",
            Self::Runtime => "runtime",
        }
    }

    /// True when the requirement obliges this side.
    #[must_use]
    pub fn is_bound_by(self, requirement: &Requirement) -> bool {
        match requirement.binds {
            Binds::Registry => self == Self::Registry,
            Binds::Client => self == Self::Client,
            Binds::Both => matches!(self, Self::Registry | Self::Client),
            Binds::Runtime => self == Self::Runtime,
            Binds::Document => self == Self::Runtime && requirement.through.is_some(),
            Binds::Platform => false,
        }
    }

    /// True when a ledger in which this side is judged can have requirements that bind so.
    pub(super) fn goes_with(self, binds: Binds) -> bool {
        let of_runtimes = matches!(binds, Binds::Runtime | Binds::Document | Binds::Platform);
        of_runtimes == (self == Self::Runtime)
    }

    // serde hands over a reference.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that `skip_serializing_if` wants")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
