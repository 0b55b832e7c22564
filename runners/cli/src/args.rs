//! The command line.

mod certify;
mod subject;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use plimsoll_engine::plan::Partition;
use plimsoll_reports::Format;
use plimsoll_suite::case::Span;
use plimsoll_suite::ledger::{SpecVersion, Weight};

pub use self::certify::{CertifyArgs, ProductArgs};
pub use self::subject::SubjectArgs;

/// Certifies registries against the OCI specifications (runtimes and image tools are to follow)
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, propagate_version = true, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, env = "PLIMSOLL_COLOR")]
    pub color: Color,
}

const EXIT_CODES: &str = "Exit codes:
  0  the subject conforms, or the command did what it was asked for
  1  a requirement is violated or undecided; a suite has mistakes; a mutant survived
  2  the harness could not decide or finish (unreachable, timed out, interrupted, disk full)
  3  a mistake in flags, configuration or suites
  4  nothing was selected, or nothing of it could be tested

Options of `run` that are not about the selection of cases can also be given as PLIMSOLL_NAME in the environment or
as `name:` in plimsoll.yaml; flags come first, then the environment, then the file.";

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the suites against a subject and report
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Run everything and write what the certification programme wants, or check such a bundle
    #[command(after_help = certify::EXAMPLES)]
    Certify(Box<CertifyArgs>),
    /// Show the cases that would run, or the requirements
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Say what a requirement or a case is about
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Show for every requirement whether a case asserts it
    #[command(after_help = COVERAGE_EXAMPLES)]
    Coverage(CoverageArgs),
    /// Look for mistakes in suites
    #[command(after_help = LINT_EXAMPLES)]
    Lint(LintArgs),
    /// Render a stored run again
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// Break the reference implementation rule by rule and see which case notices
    #[command(after_help = MUTANTS_EXAMPLES)]
    Mutants(MutantsArgs),
    /// Write the skeleton of something new
    #[command(subcommand)]
    New(NewCommand),
    /// Compare the ledger with a text of the specification, sentence by sentence
    #[command(after_help = DRIFT_EXAMPLES)]
    Drift(DriftArgs),
    /// Pull, push, copy, list and delete: a small registry client, which is the reference for tests of clients
    #[command(after_help = CLIENT_EXAMPLES)]
    Client(plimsoll_client::ClientArgs),
    /// Serve the reference registry, for the sake of those who start and kill it
    #[command(hide = true)]
    ReferenceRegistry(ReferenceArgs),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

const RUN_EXAMPLES: &str = "Examples:
  plimsoll run                                        the embedded reference registry
  plimsoll run --registry http://127.0.0.1:5000       a registry
  plimsoll run --registry https://r.example --user me --password-stdin < secret
  plimsoll run --registry URL --suite 'distribution/blob-*' --level must
  plimsoll run --registry URL --user me --other-user you --other-namespace yours    does it keep the two apart?
  plimsoll run --registry URL --expect known.yaml     with known deviations
  plimsoll run --registry URL --subject zot           with what is known about a product
  plimsoll run --registry URL --read-only --content there.yaml     nothing but GET and HEAD
  plimsoll run --client skopeo                        a client; also a file with a profile of your own
  plimsoll run --exec './start.sh {listen} {root}'    a registry that may be killed: crash consistency
  plimsoll run --registry URL --format markdown >> \"$GITHUB_STEP_SUMMARY\"";

const LIST_EXAMPLES: &str = "Examples:
  plimsoll list --suite 'distribution/tags*'          cases, with their titles
  plimsoll list --requirements --spec-version 1.0     what binds a registry, and how many cases look at it
  plimsoll list --features                            what a registry may lack
  plimsoll list --capabilities                        what the harness needs for some cases
  plimsoll list --subjects                            products about which something is known";

const EXPLAIN_EXAMPLES: &str = "Examples:
  plimsoll explain dist.push.blob.chunk.09            a requirement: levels, link, cases, ways to break it
  plimsoll explain distribution/tags/order            a case: requirements and source";

const COVERAGE_EXAMPLES: &str = "Examples:
  plimsoll coverage                                   what binds a registry in 1.1
  plimsoll coverage --spec-version main --out DIR     with DIR/coverage.json

Words:
  asserted    an obligation: some answer makes a case fail or warn for it
  untestable  an obligation of which no test from outside can tell; the ledger says why
  missing     an obligation that no answer is seen to break: the exit code is 1
  observed    a permission: a case looks whether use is made of it
  open        a permission that no case looks at";

const LINT_EXAMPLES: &str = "Example:
  plimsoll lint my-suites                             a folder with distribution/TOPIC.yaml in it";

const REPORT_EXAMPLES: &str = "Examples:
  plimsoll report plimsoll-run                        on the terminal
  plimsoll report plimsoll-run --format junit > junit.xml";

const MUTANTS_EXAMPLES: &str = "Examples:
  plimsoll mutants --out kill-table                   all rules; takes some minutes
  plimsoll mutants --rule 'dist.tags.*'               some of them
  plimsoll mutants --spec distribution-client         duties of clients, broken in the reference client
  plimsoll mutants --suites my-suites --rule ID       does my case notice?";

const DRIFT_EXAMPLES: &str = "Example:
  plimsoll drift distribution-spec/spec.md            which requirements need another look in this text
  plimsoll drift --spec runtime runtime-spec/         the same, where the text has several files";

const CLIENT_EXAMPLES: &str = "Examples:
  plimsoll client --registry http://127.0.0.1:5000 pull team/app v1 layout
  plimsoll client --registry http://127.0.0.1:5000 push layout team/app v2
  plimsoll client --registry http://127.0.0.1:5000 referrers team/app sha256:...";

const COMPLETIONS_EXAMPLES: &str = "Example:
  plimsoll completions bash > /etc/bash_completion.d/plimsoll";

/// Which cases.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectArgs {
    /// Specification [default: distribution]
    #[arg(long, env = "PLIMSOLL_SPEC")]
    pub spec: Option<String>,
    /// Version of the specification, such as 1.1 or main [default: its newest release]
    #[arg(long, env = "PLIMSOLL_SPEC_VERSION", value_name = "VERSION")]
    pub spec_version: Option<SpecVersion>,
    /// Only cases whose id fits the glob (`*` spans `/`); repeatable
    #[arg(long, value_name = "GLOB")]
    pub case: Vec<String>,
    /// Only suites whose name fits the glob; repeatable
    #[arg(long, value_name = "GLOB")]
    pub suite: Vec<String>,
    /// Only cases that can assert a requirement that fits the glob; repeatable
    #[arg(long, value_name = "GLOB")]
    pub req: Vec<String>,
    /// Only cases that can assert something of this level; repeatable
    #[arg(long, value_enum)]
    pub level: Vec<LevelArg>,
    /// Only cases that need this feature; repeatable
    #[arg(long, value_name = "FEATURE")]
    pub needs: Vec<String>,
    /// Only a part of the plan: slice:1/4 (even) or hash:1/4 (stable); cases that watch the others are in every part
    #[arg(long, env = "PLIMSOLL_PARTITION", value_name = "PART")]
    pub partition: Option<Partition>,
    /// Suites of this folder instead of the built-in ones
    #[arg(long, env = "PLIMSOLL_SUITES", value_name = "DIR")]
    pub suites: Option<PathBuf>,
}

/// Level of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LevelArg {
    /// MUST, MUST NOT, REQUIRED and what is normative without a keyword
    Must,
    /// SHOULD, SHOULD NOT, RECOMMENDED
    Should,
    /// MAY, OPTIONAL
    May,
}

impl From<LevelArg> for Weight {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Must => Self::Must,
            LevelArg::Should => Self::Should,
            LevelArg::May => Self::May,
        }
    }
}

#[derive(Debug, Clone, Default, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// Test a client instead: a profile that comes with the program (plimsoll, skopeo) or a file with one
    #[arg(long, env = "PLIMSOLL_CLIENT", value_name = "PROFILE", conflicts_with_all = ["registry", "user", "namespace", "exec"])]
    pub client: Option<String>,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub how: HowArgs,
}

/// How a run goes and where its results go.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run and results")]
pub struct HowArgs {
    /// Directory of the run: events, bodies and every report [default: plimsoll-run]
    #[arg(long, env = "PLIMSOLL_OUT", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to print at the end: terminal, json, junit, tap, markdown, html; repeatable [default: terminal]
    #[arg(long, env = "PLIMSOLL_FORMAT", value_name = "FORMAT", value_delimiter = ',')]
    pub format: Vec<Format>,
    /// Known deviations: a YAML file of case globs with verdict and reason
    #[arg(long, env = "PLIMSOLL_EXPECT", value_name = "FILE")]
    pub expect: Option<PathBuf>,
    /// A broken SHOULD fails the run, too
    #[arg(long, env = "PLIMSOLL_STRICT")]
    pub strict: bool,
    #[command(flatten)]
    pub pace: PaceArgs,
}

/// Seed, speed and patience of a run, and the file with what is not said here.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Run and results")]
pub struct PaceArgs {
    /// Seed of all content [default: random]
    #[arg(long, env = "PLIMSOLL_SEED")]
    pub seed: Option<u64>,
    /// Cases at the same time [default: 4 for each processor, at most 16]
    #[arg(long, short, env = "PLIMSOLL_JOBS", value_name = "N", value_parser = at_least_one)]
    pub jobs: Option<usize>,
    /// Longest time for one request (`500ms`, `30s`) [default: 15s]
    #[arg(long, env = "PLIMSOLL_TIMEOUT", value_name = "TIME", value_parser = time)]
    pub timeout: Option<Duration>,
    /// Longest time for one case [default: 60s]
    #[arg(long, env = "PLIMSOLL_DEADLINE", value_name = "TIME", value_parser = time)]
    pub deadline: Option<Duration>,
    /// Configuration file [default: plimsoll.yaml, if there is one]
    #[arg(long, env = "PLIMSOLL_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub select: SelectArgs,
    /// List the requirements that bind the subject, and how many cases assert each
    #[arg(long, conflicts_with = "features")]
    pub requirements: bool,
    /// List the features a subject may lack
    #[arg(long)]
    pub features: bool,
    /// List what cases require of the harness where it runs
    #[arg(long, conflicts_with_all = ["requirements", "features"])]
    pub capabilities: bool,
    /// List the products about which something is known, for --subject
    #[arg(long, conflicts_with_all = ["requirements", "features", "capabilities"])]
    pub subjects: bool,
}

#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// Id of a requirement or a case
    pub id: String,
    #[command(flatten)]
    pub select: SelectArgs,
}

#[derive(Debug, Clone, Args)]
pub struct CoverageArgs {
    /// Specification [default: distribution]
    #[arg(long, env = "PLIMSOLL_SPEC")]
    pub spec: Option<String>,
    /// Version of the specification, such as 1.1 or main [default: its newest release]
    #[arg(long, env = "PLIMSOLL_SPEC_VERSION", value_name = "VERSION")]
    pub spec_version: Option<SpecVersion>,
    /// Directory for coverage.json
    #[arg(long, env = "PLIMSOLL_OUT", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Suites of this folder instead of the built-in ones
    #[arg(long, env = "PLIMSOLL_SUITES", value_name = "DIR")]
    pub suites: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub struct LintArgs {
    /// Folder of suites
    pub dir: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// Directory of the run
    pub run: PathBuf,
    /// terminal, json, junit, tap, markdown or html
    #[arg(long, default_value = "terminal")]
    pub format: Format,
}

#[derive(Debug, Clone, Args)]
pub struct MutantsArgs {
    /// Specification [default: distribution]
    #[arg(long)]
    pub spec: Option<String>,
    /// Only rules whose id fits the glob; repeatable
    #[arg(long, value_name = "GLOB")]
    pub rule: Vec<String>,
    /// Directory for mutants.json and the same as a table, mutants.md
    #[arg(long, env = "PLIMSOLL_OUT", value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Suites of this folder instead of the built-in ones
    #[arg(long, env = "PLIMSOLL_SUITES", value_name = "DIR")]
    pub suites: Option<PathBuf>,
    /// Mutants at the same time [default: number of processors]
    #[arg(long, short, env = "PLIMSOLL_JOBS", value_name = "N", value_parser = at_least_one)]
    pub jobs: Option<usize>,
}

#[derive(Debug, Subcommand)]
pub enum NewCommand {
    /// Write the skeleton of a case into the suites of a folder
    Case {
        /// SUITE/ID, e.g. distribution/blob-upload/my-case
        id: String,
        /// Requirement the case is about
        #[arg(long, value_name = "ID")]
        req: String,
        /// Folder of the suites
        #[arg(long, env = "PLIMSOLL_SUITES", value_name = "DIR", default_value = "suites")]
        suites: PathBuf,
    },
}

#[derive(Debug, Clone, Args)]
pub struct ReferenceArgs {
    /// Where to listen
    #[arg(long)]
    pub listen: std::net::SocketAddr,
    /// The state directory
    #[arg(long)]
    pub root: PathBuf,
    /// Serve TLS with this certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// Its private key, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
    /// Rules to break
    #[arg(long = "break", value_name = "ID")]
    pub broken: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub struct DriftArgs {
    /// The text of the specification, or the folder of its files
    pub text: PathBuf,
    /// Specification [default: distribution]
    #[arg(long)]
    pub spec: Option<String>,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("`{text}` is not a number from 1 on"))
}

/// Reads `500ms`, `30s` or `2m`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let Span(time) = text.parse()?;
    if time.is_zero() {
        return Err("nothing happens in no time; write for example 500ms or 30s".to_owned());
    }
    Ok(time)
}
