//! What is tested, and how it is reached.

use std::path::PathBuf;

use clap::Args;
use plimsoll_engine::expectations::Expectations;
use plimsoll_registry_runner::content::Content;

use crate::reference::Variant;

/// The registry.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Subject")]
pub struct SubjectArgs {
    /// URL of the registry to test [default: the embedded reference registry]
    #[arg(long, env = "PLIMSOLL_REGISTRY", value_name = "URL")]
    pub registry: Option<String>,
    /// Start the registry with this shell command, in which `{listen}` is where to listen and `{root}` a directory of its
    /// own; the run ends it, and may kill it in between. With --ca or --insecure it is spoken to over TLS
    #[arg(long, env = "PLIMSOLL_EXEC", value_name = "COMMAND", conflicts_with_all = ["registry", "reference"])]
    pub exec: Option<String>,
    /// With --exec: how often the registry is killed under load [default: what the case says, 50]
    #[arg(long, env = "PLIMSOLL_KILLS", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub kills: Option<u32>,
    /// Which embedded reference registry [default: usual]
    #[arg(long, env = "PLIMSOLL_REFERENCE", value_name = "VARIANT", conflicts_with = "registry")]
    pub reference: Option<Variant>,
    /// User name
    #[arg(long, env = "PLIMSOLL_USER")]
    pub user: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Password; only from the environment, because command lines are public
    #[arg(skip)]
    pub password: Option<String>,
    /// Log in with what `docker login` or `podman login` stored for the registry, credential helpers included
    #[arg(long, env = "PLIMSOLL_DOCKER_LOGIN", requires = "registry", conflicts_with = "user")]
    pub docker_login: bool,
    /// Name of a second user, whose password is in PLIMSOLL_OTHER_PASSWORD: does the registry keep the two apart?
    #[arg(long, env = "PLIMSOLL_OTHER_USER", value_name = "NAME", requires = "other_namespace")]
    pub other_user: Option<String>,
    /// Where only the second user may do anything: first components of repositories
    #[arg(long, env = "PLIMSOLL_OTHER_NAMESPACE", value_name = "NAME", requires = "other_user")]
    pub other_namespace: Option<String>,
    /// Password of the second user; only from the environment, because command lines are public
    #[arg(skip)]
    pub other_password: Option<String>,
    /// Trust the certificate authorities in this PEM file, too
    #[arg(long, env = "PLIMSOLL_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Accept any certificate
    #[arg(long, env = "PLIMSOLL_INSECURE")]
    pub insecure: bool,
    /// First components of every repository the run makes
    #[arg(long, env = "PLIMSOLL_NAMESPACE", value_name = "NAME")]
    pub namespace: Option<String>,
    /// Leave what the run pushes in the registry
    #[arg(long, env = "PLIMSOLL_KEEP")]
    pub keep: bool,
    /// Send nothing but GET and HEAD; everything that pushes is skipped
    #[arg(long, env = "PLIMSOLL_READ_ONLY")]
    pub read_only: bool,
    /// Content that is in the registry, to be pulled: a YAML file with repository, tags, manifests, blobs, referrers
    #[arg(long, env = "PLIMSOLL_CONTENT", value_name = "FILE")]
    pub content: Option<PathBuf>,
    /// What is known about a product: a name of `plimsoll list --subjects`, or a file
    #[arg(long, env = "PLIMSOLL_SUBJECT", value_name = "NAME")]
    pub subject: Option<String>,
    /// Configuration of the official conformance program, for what is given nowhere else: its file and OCI_* variables
    #[arg(long, value_name = "FILE")]
    pub official_config: Option<Option<PathBuf>>,
    /// Also run what attacks the registry; for one on loopback this goes without saying
    #[arg(long, env = "PLIMSOLL_I_OWN_THIS_REGISTRY")]
    pub i_own_this_registry: bool,
    /// Name of the product, for the report
    #[arg(long, env = "PLIMSOLL_PRODUCT", value_name = "NAME")]
    pub product: Option<String>,
    /// Version of the product, for the report
    #[arg(long, env = "PLIMSOLL_PRODUCT_VERSION", value_name = "VERSION")]
    pub product_version: Option<String>,
    /// The content itself, once it is read.
    #[arg(skip)]
    pub given: Option<Content>,
    /// What the profile of the subject expects.
    #[arg(skip)]
    pub known: Expectations,
    /// Switches of the official program that are off.
    #[arg(skip)]
    pub switched_off: Vec<String>,
}
