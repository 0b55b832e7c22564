//! The one event type. Every output of Plimsoll, live or replayed, is a fold over a sequence of these.
//!
//! The types are what `events.jsonl` stores, one event a line. A field that is added or changes its meaning raises
//! [`SCHEMA`]; a reader refuses a file with a schema it does not know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Verdict;

/// Version of the event schema in this file.
pub const SCHEMA: u32 = 1;

/// Something that happened in a run. The order of events is: one `RunStarted`, any number of `FeatureProbed`, then
/// `CaseStarted` and `CaseFinished` interleaved, one `RunFinished`. A file without `RunFinished` is of a run that was
/// killed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// First event: what is about to be run, against what.
    RunStarted(Box<RunStarted>),
    /// A feature of the subject was probed.
    FeatureProbed(FeatureProbed),
    /// A case begins.
    CaseStarted {
        /// Plan id, see [`CaseReport::id`].
        id: String,
    },
    /// A case ended, with everything that is known about it.
    CaseFinished(Box<CaseReport>),
    /// Last event.
    RunFinished(RunFinished),
}

/// The run as it was planned. Self-contained: a report needs nothing but the events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// [`SCHEMA`] of the writer.
    pub schema: u32,
    /// The harness.
    pub tool: Tool,
    /// What is tested.
    pub subject: Subject,
    /// Specification: `distribution`, `image` or `runtime`.
    pub spec: String,
    /// Title of the specification, for people.
    pub spec_title: String,
    /// Version of the specification the subject is held against, e.g. `1.1`.
    pub spec_version: String,
    /// Every requirement of that version that binds this kind of subject, in the order of the specification.
    pub requirements: Vec<RequirementInfo>,
    /// Plan ids in the order of the plan.
    pub plan: Vec<String>,
    /// Seed of all generated content.
    pub seed: u64,
    /// Start of the run, RFC 3339, UTC.
    pub started: String,
    /// Facts about the machine the harness ran on.
    pub host: BTreeMap<String, String>,
    /// The effective configuration, secrets redacted.
    pub config: BTreeMap<String, String>,
}

/// The harness that made the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// `plimsoll`.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// `sha256:` digest over the suites and ledgers, equal for two runs of the very same cases.
    pub suites: String,
}

/// The thing that is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// `registry`, `runtime` or `image-tool`.
    pub kind: String,
    /// How it is reached: a URL (without credentials) or a path.
    pub target: String,
    /// Product name, where the user or the subject tells it.
    pub name: Option<String>,
    /// Product version, where the user or the subject tells it.
    pub version: Option<String>,
}

/// A row of the ledger as it applies to this run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequirementInfo {
    /// Id in the ledger, e.g. `dist.pull.blob.get.01`.
    pub id: String,
    /// Keyword in force at the version of the run: `MUST`, `MUST NOT`, `SHOULD`, `SHOULD NOT`, `MAY`, `OPTIONAL`, or
    /// `TEXT` for what is normative without a keyword.
    pub level: String,
    /// Paraphrase.
    pub about: String,
    /// Anchor of the section.
    pub section: String,
    /// Link to the section.
    pub link: String,
    /// Number of selected cases that can assert it (0: not tested).
    pub cases: usize,
    /// It stands in another text than the specification.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub beside: bool,
}

/// Whether the subject has a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureProbed {
    /// Id in the feature list of the suites.
    pub id: String,
    /// One line about the feature.
    pub about: String,
    /// False: the subject lawfully declines it, and cases that need it end as `unsupported`.
    pub supported: bool,
    /// How that was decided.
    pub reason: String,
}

/// All that is known about one case (one cell of its matrix).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseReport {
    /// `suite/case` or `suite/case[cell]`, e.g. `distribution/blob-upload/post-then-put[sha512,0]`.
    pub id: String,
    /// Suite, e.g. `distribution/blob-upload`.
    pub suite: String,
    /// Sentence that states the promise.
    pub title: String,
    /// Where the case stands.
    pub source: Source,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not a pass; `None` for a pass.
    pub reason: Option<String>,
    /// The feature that is missing, for `unsupported` and `skipped`.
    pub feature: Option<String>,
    /// Ids of all requirements the case can assert.
    pub requirements: Vec<String>,
    /// The assertions that were reached, in order.
    pub checks: Vec<Check>,
    /// What was sent and what came back, in order.
    pub exchanges: Vec<Exchange>,
    /// Duration in milliseconds.
    pub duration_ms: u64,
    /// The command that repeats just this case with the same content.
    pub reproduce: String,
    /// What the case created and could not remove again.
    pub leftovers: Vec<String>,
    /// The entry of the expectations file that covers this case.
    pub expectation: Option<Expectation>,
}

/// A position in a suite file, with enough text to show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Path relative to the suites folder, e.g. `distribution/blob-upload.yaml`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Length in characters of what is meant.
    pub length: usize,
    /// The whole line.
    pub text: String,
}

/// One assertion that was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Requirement ids; empty for a precondition.
    pub requirements: Vec<String>,
    /// Strongest level in force among them, as in [`RequirementInfo::level`].
    pub level: Option<String>,
    /// `pass` when it held; otherwise what its failure means: `fail`, `warn`, `info`, or `blocked` for a precondition.
    pub verdict: Verdict,
    /// What was looked at, e.g. `status` or `header Location`.
    pub what: String,
    /// What was expected, for people.
    pub expected: String,
    /// What was seen, for people.
    pub seen: String,
    /// Where the assertion stands in the suite.
    pub source: Source,
    /// Index in [`CaseReport::exchanges`] of what was judged.
    pub exchange: Option<usize>,
}

/// One request and its answer, or one command and its output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// One line, e.g. `PUT /v2/r/blobs/uploads/… -> 201 Created`.
    pub summary: String,
    /// What was sent.
    pub sent: Part,
    /// What came back, if anything did.
    pub received: Option<Part>,
    /// Why nothing, or not everything, came back.
    pub error: Option<String>,
    /// Duration in milliseconds.
    pub duration_ms: u64,
}

/// One direction of an exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Request or status line and header fields (or the command line), secrets redacted.
    pub head: Vec<String>,
    /// The body, if there is one.
    pub body: Option<Body>,
}

/// A body in a transcript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// `sha256:` digest of the bytes that were seen; their name in the run directory's `bodies/`.
    pub digest: String,
    /// Number of bytes that were seen.
    pub size: u64,
    /// The beginning as text; empty when it is not text.
    pub excerpt: String,
    /// True when the excerpt is not all of it.
    pub truncated: bool,
}

/// How a verdict compares with what the user's expectations file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expectation {
    /// The verdict that is expected.
    pub verdict: Verdict,
    /// Why, in the words of the file: a sentence or a link.
    pub reason: String,
    /// Whether it came so.
    pub outcome: ExpectationOutcome,
}

/// See [`Expectation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectationOutcome {
    /// The verdict is the expected one: it does not count against the subject.
    Met,
    /// Another verdict came: the entry is out of date, which is a failure.
    Unmet,
    /// The entry is past its expiry date, which is a failure.
    Expired,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFinished {
    /// False when the run was interrupted: whatever is missing was not tested.
    pub complete: bool,
    /// Why it is not complete.
    pub reason: Option<String>,
    /// Duration in milliseconds.
    pub duration_ms: u64,
}
