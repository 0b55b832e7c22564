//! The record of one entry while it runs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use plimsoll_suite::ledger::{Ledger, SpecVersion};
use plimsoll_suite::position::Position;

use crate::Verdict;
use crate::event::{Body, Check, Exchange, Source};
use crate::summary::violation;

/// What is needed to weigh an assertion.
#[derive(Debug, Clone, Copy)]
pub struct Law<'a> {
    /// The requirements.
    pub ledger: &'a Ledger,
    /// The version the subject is held against.
    pub version: SpecVersion,
}

/// How a case ended, where its checks alone do not say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// All steps were taken, or a check that did not hold made the rest pointless.
    Judged,
    /// An alternative ended the case with this verdict.
    Chosen {
        /// `pass`, `info` or `unsupported`.
        verdict: Verdict,
        /// Feature that is declined.
        feature: Option<String>,
        /// What the subject did.
        reason: String,
    },
    /// Something failed that the promise only stands on.
    Blocked(String),
    /// The host or the configuration rules it out.
    Skipped(String),
    /// The harness could not decide.
    Error(String),
}

/// Collects checks and transcripts. It outlives the future that runs the case, so that a case that is cut off by its
/// deadline still shows how far it came.
#[derive(Debug)]
pub struct Trial {
    file: String,
    text: String,
    record: Mutex<Record>,
}

/// What was recorded.
#[derive(Debug, Default)]
pub struct Record {
    /// Assertions in order.
    pub checks: Vec<Check>,
    /// Exchanges in order.
    pub exchanges: Vec<Exchange>,
    /// Bodies by digest.
    pub bodies: Vec<(String, Bytes)>,
    /// What is to be removed when the case ends, first thing last.
    pub created: Vec<String>,
    /// What could not be removed.
    pub leftovers: Vec<String>,
}

impl Trial {
    /// An empty record of a case in this file.
    pub fn new(file: &str, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.to_owned(), record: Mutex::default() }
    }

    /// The record. A case that panicked while it held the lock leaves a record that is good up to there.
    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A position in the suite with the line it is on.
    pub fn source(&self, at: Position) -> Source {
        source(&self.file, &self.text, at)
    }

    /// Records what was sent and received; the index is for [`Assertion::exchange`].
    pub fn exchange(&self, exchange: Exchange) -> usize {
        let mut record = self.record();
        record.exchanges.push(exchange);
        record.exchanges.len() - 1
    }

    /// Makes the transcript entry of a body and keeps its bytes, unless the subject has sent more than can be kept.
    pub fn body(&self, bytes: &Bytes) -> Body {
        let body = body(bytes);
        let mut record = self.record();
        let kept: usize = record.bodies.iter().map(|(_, bytes)| bytes.len()).sum();
        if kept + bytes.len() <= MAX_KEPT {
            record.bodies.push((body.digest.clone(), bytes.clone()));
        }
        drop(record);
        body
    }

    /// Remembers something to remove at the end, such as a URL.
    pub fn created(&self, what: impl Into<String>) {
        self.record().created.push(what.into());
    }

    /// Records an assertion and says what it means: `pass` when it held.
    pub fn check(&self, law: Law<'_>, assertion: Assertion<'_>) -> Verdict {
        let levels: Vec<_> = assertion
            .requirements
            .iter()
            .filter_map(|id| law.ledger.get(id)?.level_at(law.version).map(|level| (id.clone(), level)))
            .collect();
        let strongest = levels.iter().max_by_key(|(_, level)| level.weight()).map(|(_, level)| *level);
        let verdict = match (assertion.held, assertion.requirements.is_empty(), strongest) {
            (true, _, _) => Verdict::Pass,
            (false, true, _) => Verdict::Blocked,
            (false, false, Some(level)) => violation(level.keyword()),
            // Demanded by another version than the one in force.
            (false, false, None) => Verdict::Info,
        };
        self.record().checks.push(Check {
            requirements: levels.into_iter().map(|(id, _)| id).collect(),
            level: strongest.map(|level| level.keyword().to_owned()),
            verdict,
            what: assertion.what,
            expected: assertion.expected,
            seen: assertion.seen,
            source: self.source(assertion.at),
            exchange: assertion.exchange,
        });
        verdict
    }
}

/// An assertion that was judged, for [`Trial::check`].
#[derive(Debug)]
pub struct Assertion<'a> {
    /// Requirement ids; none for a precondition.
    pub requirements: &'a [String],
    /// Whether it held.
    pub held: bool,
    /// What was looked at.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Where it stands.
    pub at: Position,
    /// Index of the exchange.
    pub exchange: Option<usize>,
}

/// Most bytes of bodies that are kept of one case. Beyond it a transcript has digest and excerpt only.
const MAX_KEPT: usize = 32 << 20;
/// Longest excerpt of a body in a transcript, in bytes.
const EXCERPT: usize = 4096;

/// The transcript entry of a body.
pub fn body(bytes: &[u8]) -> Body {
    let head = &bytes[..bytes.len().min(EXCERPT)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // A character that the cut split is no reason to call the text binary.
        Err(error) if bytes.len() > EXCERPT && error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => "",
    };
    let is_text = !text.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1b}'));
    let excerpt = if is_text { text.to_owned() } else { String::new() };
    Body {
        digest: plimsoll_fixtures::Algorithm::Sha256.digest(bytes),
        size: bytes.len() as u64,
        truncated: excerpt.len() < bytes.len(),
        excerpt,
    }
}

/// A position with the line it is on.
pub fn source(file: &str, text: &str, at: Position) -> Source {
    let line = text.lines().nth(at.line.saturating_sub(1)).unwrap_or_default();
    let rest = line.chars().count().saturating_sub(at.column.saturating_sub(1));
    let start = at.offset.min(text.len());
    let end = (at.offset + at.len).min(text.len());
    let covered = text.get(start..end).unwrap_or_default().lines().next().unwrap_or_default().trim_end();
    Source {
        file: file.to_owned(),
        line: at.line,
        column: at.column,
        length: covered.chars().count().clamp(1, rest.max(1)),
        text: line.to_owned(),
    }
}
