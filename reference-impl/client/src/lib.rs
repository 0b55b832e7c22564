//! A reference client of OCI registries: it pulls, pushes, copies, lists and deletes, and keeps the duties that the
//! distribution specification lays on clients. Each duty can be broken on purpose, see [`rules`].

mod blobs;
mod chunks;
mod delete;
mod digest;
mod layout;
mod list;
mod manifests;
mod pull;
mod push;
mod reference;
mod remote;
pub mod rules;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use url::Url;

use crate::remote::Remote;
use crate::rules::{Rule, Rules};

/// What the client is asked to do.
#[derive(Debug, Clone, Args)]
pub struct ClientArgs {
    /// The command.
    #[command(subcommand)]
    pub command: ClientCommand,
    /// Root of the registry
    #[arg(long, global = true, default_value = "http://127.0.0.1:5000", value_name = "URL")]
    pub registry: Url,
    /// User, for registries that ask; the password is in PLIMSOLL_CLIENT_PASSWORD
    #[arg(long, global = true)]
    pub user: Option<String>,
    /// Authorities to trust in place of those of the system, in PEM
    #[arg(long, global = true, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Break a duty on purpose, for testing tests; repeatable
    #[arg(long = "break", global = true, value_name = "ID", hide = true)]
    pub broken: Vec<String>,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub enum ClientCommand {
    /// Pull a manifest with all that belongs to it into an image layout
    Pull {
        /// Name of the repository
        repository: String,
        /// Tag or digest
        reference: String,
        /// Folder of the layout
        dir: PathBuf,
    },
    /// Push what an image layout holds under this tag or digest
    Push {
        /// Folder of the layout
        dir: PathBuf,
        /// Name of the repository
        repository: String,
        /// Tag or digest
        reference: String,
        /// Push blobs in chunks of so many bytes
        #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
        chunk_size: Option<u64>,
        /// Push blobs in a single request where the registry takes that
        #[arg(long, conflicts_with = "chunk_size")]
        single_post: bool,
    },
    /// Copy from another repository of the same registry
    Copy {
        /// Name of the repository that has it
        from: String,
        /// Name of the repository that gets it
        repository: String,
        /// Tag or digest
        reference: String,
    },
    /// List all tags
    Tags {
        /// Name of the repository
        repository: String,
        /// Ask for so many at once
        #[arg(long)]
        page_size: Option<u32>,
    },
    /// List what refers to a manifest
    Referrers {
        /// Name of the repository
        repository: String,
        /// Digest of the manifest
        digest: String,
        /// Only those of this type
        #[arg(long)]
        artifact_type: Option<String>,
    },
    /// Delete a manifest or a tag
    Delete {
        /// Name of the repository
        repository: String,
        /// Tag or digest
        reference: String,
    },
}

/// What was tried, what happened, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What was tried and what happened.
    pub message: String,
    /// What to do.
    pub hint: Option<&'static str>,
}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    pub(crate) fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    pub(crate) fn io(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(format!("cannot {what} {}: {error}", path.display()))
    }
}

/// Does what is asked for, and returns the lines that are its result.
///
/// # Errors
/// When the registry refuses, or what it sends is not what was asked for.
pub async fn run(args: ClientArgs) -> Result<Vec<String>, Error> {
    let mut broken = Vec::new();
    for id in &args.broken {
        broken.push(Rule::from_id(id).ok_or_else(|| Error::new(format!("there is no rule `{id}`")))?);
    }
    let password = std::env::var("PLIMSOLL_CLIENT_PASSWORD").unwrap_or_default();
    let credentials = args.user.map(|user| (user, password));
    let remote = Remote::new(args.registry, credentials, args.ca.as_deref(), Rules::breaking(broken))?;
    match args.command {
        ClientCommand::Pull { repository, reference, dir } => pull::pull(&remote, &repository, &reference, &dir).await,
        ClientCommand::Push { dir, repository, reference, chunk_size, single_post } => {
            let way = match (chunk_size, single_post) {
                (Some(size), _) => blobs::Way::Chunks(usize::try_from(size).unwrap_or(usize::MAX)),
                (None, true) => blobs::Way::SinglePost,
                (None, false) => blobs::Way::PostPut,
            };
            push::push(&remote, &dir, &repository, &reference, way).await
        }
        ClientCommand::Copy { from, repository, reference } => {
            push::copy(&remote, &from, &repository, &reference).await
        }
        ClientCommand::Tags { repository, page_size } => list::tags(&remote, &repository, page_size).await,
        ClientCommand::Referrers { repository, digest, artifact_type } => {
            list::referrers(&remote, &repository, &digest, artifact_type.as_deref()).await
        }
        ClientCommand::Delete { repository, reference } => delete::delete(&remote, &repository, &reference).await,
    }
}

#[expect(clippy::print_stderr, reason = "warnings of registries are for the user, and this is a client of its own")]
pub(crate) fn say(line: &str) {
    eprintln!("{line}");
}
