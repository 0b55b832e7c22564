//! Transcripts as text: what was sent and what came back, cut to what a reader of the format can use.

use plimsoll_engine::event::{Body, CaseReport, Exchange, Part};

use crate::text;

/// How much of an exchange is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Only the header fields that usually matter.
    pub(crate) key_headers: bool,
    /// Lines of head, per direction.
    pub(crate) head: usize,
    /// Lines of body, per direction.
    pub(crate) body: usize,
    /// Characters per line.
    pub(crate) width: usize,
}

/// For a terminal: what fits beside other failures.
pub(crate) const SHORT: Limits = Limits { key_headers: true, head: 7, body: 4, width: 140 };
/// For files, where only size matters.
pub(crate) const LONG: Limits = Limits { key_headers: false, head: 40, body: 40, width: 500 };

/// Who speaks in a line of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The harness.
    Sent,
    /// The subject.
    Received,
    /// The harness, about what went wrong on the way.
    Trouble,
}

impl Voice {
    /// The mark before the line.
    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Self::Sent => ">",
            Self::Received => "<",
            Self::Trouble => "!",
        }
    }
}

/// The lines of one exchange.
pub(crate) fn lines(exchange: &Exchange, limits: Limits) -> Vec<(Voice, String)> {
    let mut out = Vec::new();
    part(&mut out, Voice::Sent, &exchange.sent, limits);
    if let Some(received) = &exchange.received {
        part(&mut out, Voice::Received, received, limits);
    }
    if let Some(error) = &exchange.error {
        out.push((Voice::Trouble, text::line(error, limits.width)));
    }
    out
}

/// The lines of one exchange as one text.
pub(crate) fn joined(exchange: &Exchange, limits: Limits) -> String {
    let lines = lines(exchange, limits);
    lines.iter().map(|(voice, line)| format!("{} {line}", voice.mark())).collect::<Vec<_>>().join("\n")
}

/// The exchange a case's first broken assertion looked at; the last one if none did.
pub(crate) fn judged(case: &CaseReport) -> Option<usize> {
    let broken = crate::facts::broken(case).find_map(|check| check.exchange);
    broken.filter(|i| *i < case.exchanges.len()).or_else(|| case.exchanges.len().checked_sub(1))
}

fn part(out: &mut Vec<(Voice, String)>, voice: Voice, part: &Part, limits: Limits) {
    let mut shown = 0;
    let mut hidden = 0;
    for (i, head) in part.head.iter().enumerate() {
        if i > 0 && limits.key_headers && !is_key(head) {
            continue;
        }
        if shown < limits.head {
            out.push((voice, text::line(head, limits.width)));
            shown += 1;
        } else {
            hidden += 1;
        }
    }
    if hidden > 0 {
        out.push((voice, format!("… ({} not shown)", text::count(hidden, "more line"))));
    }
    if let Some(body) = &part.body {
        out.extend(body_lines(body, limits).into_iter().map(|line| (voice, line)));
    }
}

fn body_lines(body: &Body, limits: Limits) -> Vec<String> {
    let bytes = text::count(usize::try_from(body.size).unwrap_or(usize::MAX), "byte");
    let digest = text::line(&body.digest, 80);
    if body.size == 0 {
        return vec!["(empty body)".to_owned()];
    }
    if body.excerpt.is_empty() {
        return vec![format!("({bytes}, not text, {digest})")];
    }
    let mut lines = text::block(&body.excerpt, limits.body, limits.width);
    if body.truncated {
        lines.push(format!("… ({bytes} in all, {digest})"));
    }
    lines
}

/// True for a header field that usually decides, and for whatever is no header field (output of a command).
fn is_key(line: &str) -> bool {
    const KEY: [&str; 14] = [
        "accept",
        "allow",
        "authorization",
        "content-length",
        "content-range",
        "content-type",
        "docker-content-digest",
        "link",
        "location",
        "range",
        "retry-after",
        "transfer-encoding",
        "warning",
        "www-authenticate",
    ];
    let Some((name, _)) = line.split_once(':') else { return true };
    let name = name.trim().to_ascii_lowercase();
    name.contains(' ') || name.starts_with("oci-") || KEY.contains(&name.as_str())
}
