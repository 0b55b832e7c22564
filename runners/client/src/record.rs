//! What the client did, request by request.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;
use plimsoll_engine::event::{Exchange, Part};
use plimsoll_engine::trial::Trial;
use plimsoll_suite::client::{Host, Over};
use serde_json::{Value, json};

/// A request as it came, with what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) host: Host,
    pub(crate) over: Over,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What its chunk amounts to, for PATCH with a `Content-Range`.
    pub(crate) chunk: Option<Value>,
    /// Milliseconds since the answer to the same request before.
    pub(crate) waited: Option<u64>,
    /// The answer.
    pub(crate) reply: Option<Reply>,
    begun: Instant,
    ended: Option<Instant>,
}

/// An answer to the client.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Break off after so many bytes.
    pub(crate) cut: Option<usize>,
}

impl Seen {
    pub(crate) fn new(host: Host, over: Over, parts: &http::request::Parts, body: Bytes) -> Self {
        Self {
            host,
            over,
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers.clone(),
            body,
            chunk: None,
            waited: None,
            reply: None,
            begun: Instant::now(),
            ended: None,
        }
    }

    /// Method and path, which globs describe.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The values of a header field.
    pub(crate) fn field(&self, name: &str) -> Vec<String> {
        values(&self.headers, name)
    }

    /// The values of a query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Vec<String> {
        let pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs.filter(|(own, _)| own == name).map(|(_, value)| value.into_owned()).collect()
    }

    /// Shows it in the transcript and returns its index there.
    pub(crate) fn show(&self, trial: &Trial) -> usize {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let line = format!("{}{query}", self.line());
        let to = if self.host == Host::Elsewhere { " (at the other host)" } else { "" };
        let over = if self.over == Over::Tls { " by TLS" } else { "" };
        let status = self.reply.as_ref().map_or("no answer".to_owned(), |reply| reply.status.to_string());
        let head = |first: String, fields: &HeaderMap| {
            let fields = fields.iter().map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                match name == http::header::AUTHORIZATION {
                    // The scheme is what matters.
                    true => format!("{name}: {} <redacted>", value.split(' ').next().unwrap_or_default()),
                    false => format!("{name}: {value}"),
                }
            });
            std::iter::once(first).chain(fields).collect()
        };
        let body = |bytes: &Bytes| (!bytes.is_empty()).then(|| trial.body(bytes));
        trial.exchange(Exchange {
            summary: format!("{line} -> {status}{to}{over}"),
            sent: Part { head: head(line, &self.headers), body: body(&self.body) },
            received: self
                .reply
                .as_ref()
                .map(|reply| Part { head: head(status, &reply.headers), body: body(&reply.body) }),
            error: self.reply.as_ref().and_then(|reply| reply.cut).map(|cut| format!("cut after {cut} bytes")),
            duration_ms: self.ended.map_or(0, |ended| millis(ended - self.begun)),
        })
    }
}

/// The values of a field, as text.
pub(crate) fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Everything that was seen in one case.
#[derive(Debug, Default)]
pub(crate) struct Record {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    seen: Vec<Seen>,
    /// Bytes that each upload has received, by the path of its session.
    received: BTreeMap<String, u64>,
    /// The smallest chunk that was announced.
    least: u64,
}

impl Record {
    /// Remembers a request and returns its number.
    pub(crate) fn begin(&self, mut seen: Seen) -> usize {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let line = seen.line();
        let before = inner.seen.iter().rev().find(|earlier| earlier.line() == line && earlier.host == seen.host);
        seen.waited = before.and_then(|earlier| earlier.ended).map(|ended| millis(seen.begun - ended));
        if seen.method == "PATCH"
            && let Some(range) = seen.field("content-range").first()
        {
            let offset = inner.received.get(&seen.path).copied().unwrap_or(0);
            seen.chunk = Some(chunk(range, seen.body.len() as u64, offset, inner.least));
        }
        inner.seen.push(seen);
        inner.seen.len() - 1
    }

    /// Remembers the answer to a request.
    pub(crate) fn end(&self, number: usize, reply: &Reply) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(least) = values(&reply.headers, "oci-chunk-min-length").first() {
            inner.least = least.parse().unwrap_or(0);
        }
        let Some(seen) = inner.seen.get_mut(number) else { return };
        seen.reply = Some(reply.clone());
        seen.ended = Some(Instant::now());
        if seen.method == "PATCH" && reply.status == 202 {
            let (path, size) = (seen.path.clone(), seen.body.len() as u64);
            *inner.received.entry(path).or_default() += size;
        }
    }

    /// What was seen.
    pub(crate) fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner).seen)
    }
}

/// What a chunk amounts to. The two numbers are taken from wherever they stand: how the range is written is another
/// question.
fn chunk(range: &str, size: u64, offset: u64, least: u64) -> Value {
    let mut numbers = range.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
    let mut facts = json!({ "size": size, "missing": least.saturating_sub(size) });
    if let (Some(start), Some(end)) = (numbers.next(), numbers.next()) {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        facts["start"] = start.into();
        facts["end"] = end.into();
        facts["excess"] = (signed(end).saturating_sub(signed(start)) + 1 - signed(size)).into();
        facts["gap"] = signed(start).saturating_sub(signed(offset)).into();
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_in_numbers() {
        let facts = json!({ "size": 10, "missing": 0, "start": 10, "end": 19, "excess": 0, "gap": 0 });
        assert_eq!(chunk("10-19", 10, 10, 5), facts);
        assert_eq!(chunk("bytes 10-20/*", 10, 0, 12)["excess"], 1);
        assert_eq!(chunk("0-9", 10, 10, 12)["gap"], -10);
        assert_eq!(chunk("0-9", 10, 0, 12)["missing"], 2);
        assert_eq!(chunk("all", 10, 0, 0), json!({ "size": 10, "missing": 0 }));
    }
}
