//! The arguments of `plimsoll certify`.

use std::path::PathBuf;

use clap::Args;
use plimsoll_suite::ledger::SpecVersion;

use super::{HowArgs, PaceArgs, RunArgs, SelectArgs, SubjectArgs};

pub(super) const EXAMPLES: &str = "Examples:
  plimsoll certify --out bundle --registry https://r.example --product-file PRODUCT.yaml
  plimsoll certify --out bundle --official-config oci-conformance.yaml --product-file PRODUCT.yaml
  plimsoll certify --verify bundle";

#[derive(Debug, Clone, Default, Args)]
pub struct CertifyArgs {
    /// Directory of the bundle; it must not exist yet, or be empty
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    pub out: Option<PathBuf>,
    /// Check a bundle instead of making one
    #[arg(long, value_name = "DIR", exclusive = true)]
    pub verify: Option<PathBuf>,
    /// Version of the specification: 1.0, 1.1 or main [default: 1.1]
    #[arg(long, env = "PLIMSOLL_SPEC_VERSION", value_name = "VERSION")]
    pub spec_version: Option<SpecVersion>,
    /// Markdown file that says how the product was set up, for the bundle
    #[arg(long, value_name = "FILE")]
    pub setup: Option<PathBuf>,
    #[command(flatten)]
    pub product: ProductArgs,
    #[command(flatten)]
    pub subject: SubjectArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
}

/// What PRODUCT.yaml says, beside the name and version of the subject. Flags come before the file.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Product")]
pub struct ProductArgs {
    /// File with the data of the product, in the form of PRODUCT.yaml
    #[arg(long, value_name = "FILE")]
    pub product_file: Option<PathBuf>,
    /// Who makes it
    #[arg(long)]
    pub vendor: Option<String>,
    /// Address of its site
    #[arg(long, value_name = "URL")]
    pub website_url: Option<String>,
    /// Address of its source, where that is public
    #[arg(long, value_name = "URL")]
    pub repo_url: Option<String>,
    /// Address of its documentation
    #[arg(long, value_name = "URL")]
    pub documentation_url: Option<String>,
    /// Address of its logo (SVG, AI or EPS)
    #[arg(long, value_name = "URL")]
    pub product_logo_url: Option<String>,
    /// `distribution`, `hosted platform` or `installer`
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// What it is, in a sentence
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
}

impl CertifyArgs {
    /// The arguments of the run that is certified: everything of one version, and no excuses.
    pub fn run(&self) -> RunArgs {
        RunArgs {
            client: None,
            subject: self.subject.clone(),
            select: SelectArgs { spec_version: self.spec_version, ..SelectArgs::default() },
            how: HowArgs { pace: self.pace.clone(), ..HowArgs::default() },
        }
    }
}
