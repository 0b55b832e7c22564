//! What the template shows, as plain data.

use crate::text::Snippet;

/// The page.
pub(super) struct Report {
    pub(super) title: String,
    pub(super) tool: String,
    pub(super) spec: String,
    pub(super) kind: String,
    pub(super) target: String,
    pub(super) product: String,
    pub(super) verdict: &'static str,
    pub(super) sentence: String,
    pub(super) banner: Option<String>,
    pub(super) all: usize,
    /// What is counted, in words.
    pub(super) counted: String,
    pub(super) meter: Vec<Segment>,
    pub(super) tiers: Vec<(&'static str, usize, usize)>,
    pub(super) untested: Vec<(usize, &'static str)>,
    pub(super) findings: Vec<Finding>,
    /// Further failures, folded so that the tables are not a long way down.
    pub(super) more_findings: Vec<Finding>,
    pub(super) warnings: Vec<Finding>,
    pub(super) requirement_words: Vec<(&'static str, usize)>,
    pub(super) requirements: Vec<Requirement>,
    pub(super) case_words: Vec<(&'static str, usize)>,
    pub(super) cases: usize,
    pub(super) suites: Vec<Suite>,
    pub(super) features: Vec<Feature>,
    pub(super) skipped: Vec<(String, usize)>,
    pub(super) leftovers: Vec<(CaseLink, String)>,
    pub(super) about: Vec<(String, String)>,
    pub(super) config: Vec<(String, String)>,
    pub(super) command: String,
}

/// A part of the summary meter; `x` and `width` in thousandths.
pub(super) struct Segment {
    pub(super) word: &'static str,
    pub(super) count: usize,
    pub(super) x: String,
    pub(super) width: String,
}

pub(super) struct CaseLink {
    pub(super) index: usize,
    pub(super) id: String,
}

pub(super) struct Finding {
    /// The verdict whose colour fits: a surprise is a failure whatever its verdict.
    pub(super) tone: &'static str,
    pub(super) requirements: Vec<RequirementRef>,
    pub(super) sentence: String,
    pub(super) cases: Vec<CaseLink>,
    pub(super) more: usize,
}

pub(super) struct RequirementRef {
    pub(super) id: String,
    pub(super) level: String,
    pub(super) about: String,
    pub(super) link: Option<String>,
    pub(super) index: Option<usize>,
}

pub(super) struct Requirement {
    pub(super) index: usize,
    pub(super) id: String,
    pub(super) level: String,
    pub(super) about: String,
    pub(super) section: String,
    pub(super) link: Option<String>,
    pub(super) word: &'static str,
    pub(super) why: &'static str,
    pub(super) cases: Vec<CaseLink>,
    pub(super) more: usize,
}

pub(super) struct Suite {
    pub(super) name: String,
    pub(super) words: Vec<(&'static str, usize)>,
    pub(super) cases: Vec<Case>,
}

pub(super) struct Case {
    pub(super) index: usize,
    pub(super) word: &'static str,
    pub(super) tag: &'static str,
    pub(super) open: bool,
    pub(super) id: String,
    pub(super) full_id: String,
    pub(super) title: String,
    pub(super) duration: String,
    pub(super) place: String,
    pub(super) reason: Option<String>,
    pub(super) expectation: Option<String>,
    pub(super) requirements: Vec<RequirementRef>,
    pub(super) held: usize,
    pub(super) checks: Vec<Assertion>,
    pub(super) more_checks: usize,
    pub(super) exchanges: Vec<Transcript>,
    pub(super) before: usize,
    pub(super) reproduce: String,
}

pub(super) struct Assertion {
    pub(super) word: &'static str,
    pub(super) requirements: String,
    pub(super) what: String,
    pub(super) expected: String,
    pub(super) seen: String,
    pub(super) snippet: Snippet,
}

pub(super) struct Transcript {
    pub(super) summary: String,
    pub(super) duration: String,
    pub(super) judged: bool,
    pub(super) lines: Vec<(&'static str, String)>,
}

pub(super) struct Feature {
    pub(super) id: String,
    pub(super) about: String,
    pub(super) supported: bool,
    pub(super) reason: String,
    pub(super) cases: String,
}
