//! What is done to requests and answers on the way.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use plimsoll_engine::matching::{Seen as Look, judge};
use plimsoll_engine::plan::glob_matches;
use plimsoll_engine::scope::{NoValue, Scope};
use plimsoll_suite::client::{Change, Form, Intervention};
use plimsoll_suite::position::At;

use crate::record::{Reply, Seen};

/// The query parameter that a client has to send back.
pub(crate) const STATE: &str = "_state";

/// The script of a case, with all placeholders filled in.
#[derive(Debug)]
pub(crate) struct Script {
    entries: Vec<Entry>,
    scope: Scope,
}

#[derive(Debug)]
struct Entry {
    source: At<Intervention>,
    request: String,
    fits: AtomicUsize,
}

/// What is to be done with one request.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    /// The answer, without asking the registry.
    pub(crate) answer: Option<Reply>,
    /// Send the client to the other host.
    pub(crate) redirect: Option<u16>,
    /// Query parameters that do not reach the registry.
    pub(crate) strip: Vec<&'a str>,
    changes: Vec<&'a Change>,
}

impl Script {
    pub(crate) fn new(source: &[At<Intervention>], scope: &Scope) -> Result<Self, NoValue> {
        let mut entries = Vec::new();
        for source in source {
            let request = scope.text(&source.request)?;
            entries.push(Entry { source: source.clone(), request, fits: AtomicUsize::new(0) });
        }
        Ok(Self { entries, scope: scope.clone() })
    }

    /// What is to be done with a request.
    pub(crate) fn plan(&self, seen: &Seen) -> Result<Plan<'_>, NoValue> {
        let mut plan = Plan::default();
        for entry in &self.entries {
            let intervention = &entry.source.value;
            if intervention.host != seen.host
                || !glob_matches(&entry.request, &seen.line())
                || !self.fits(entry, seen)?
            {
                continue;
            }
            let number = entry.fits.fetch_add(1, Ordering::Relaxed) + 1;
            if intervention.nth.is_some_and(|nth| nth != number) {
                continue;
            }
            plan.strip.extend(intervention.strip.iter().map(|name| name.as_str()));
            plan.changes.extend(intervention.change.as_deref());
            if let Some(status) = &intervention.redirect {
                let status = self.scope.text(status)?;
                // The lint lets no other word through that does not come from a matrix.
                plan.redirect = Some(status.parse().unwrap_or(307));
            }
            if let Some(answer) = &intervention.answer {
                let mut headers = HeaderMap::new();
                for (name, value) in &answer.headers {
                    set(&mut headers, name, &self.scope.text(value)?);
                }
                let body = answer.body.as_ref().map(|body| self.scope.bytes(body)).transpose()?.unwrap_or_default();
                plan.answer = Some(Reply { status: answer.status, headers, body, cut: None });
            }
            if plan.answer.is_some() || plan.redirect.is_some() {
                break;
            }
        }
        Ok(plan)
    }

    fn fits(&self, entry: &Entry, seen: &Seen) -> Result<bool, NoValue> {
        for (name, matcher) in &entry.source.when {
            let values = seen.field(name);
            let look = if values.is_empty() { Look::Absent } else { Look::Field { name, values: &values } };
            if !judge(matcher, look, &self.scope)?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Changes an answer of the registry. `bases` are the roots of the registry and of the other host.
    pub(crate) fn change(&self, plan: &Plan<'_>, reply: &mut Reply, bases: [&str; 2]) -> Result<(), NoValue> {
        for change in &plan.changes {
            if let Some(body) = &change.body {
                reply.body = self.scope.bytes(body)?;
                set(&mut reply.headers, "content-length", &reply.body.len().to_string());
            }
            if change.flip && !reply.body.is_empty() {
                let mut bytes = reply.body.to_vec();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                reply.body = bytes.into();
            }
            if change.cut {
                reply.cut = Some(reply.body.len() / 2);
            }
            if let Some(location) = reply.headers.get(http::header::LOCATION).and_then(|value| value.to_str().ok()) {
                let form = change.location.as_ref().map(|form| self.scope.text(form)).transpose()?;
                let mut location = match form.and_then(|form| form.parse().ok()) {
                    None => location.to_owned(),
                    Some(form) => written(location, form, bases),
                };
                if let Some(state) = &change.state {
                    let sign = if location.contains('?') { '&' } else { '?' };
                    location = format!("{location}{sign}{STATE}={}", self.scope.text(state)?);
                }
                set(&mut reply.headers, "location", &location);
            }
            for name in change.drop.iter() {
                reply.headers.remove(name.as_str());
            }
            for (name, value) in &change.headers {
                set(&mut reply.headers, name, &self.scope.text(value)?);
            }
        }
        Ok(())
    }
}

/// A location in the form that is wanted.
fn written(location: &str, form: Form, [registry, elsewhere]: [&str; 2]) -> String {
    let path = location.split_once("://").map_or(location, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    match form {
        Form::Relative => path.to_owned(),
        Form::Absolute => format!("{registry}{path}"),
        Form::Elsewhere => format!("{elsewhere}{path}"),
    }
}

/// A redirect to the same path of the other host.
pub(crate) fn redirect(status: u16, seen: &Seen, elsewhere: &str) -> Reply {
    let query = if seen.query.is_empty() { String::new() } else { format!("?{}", seen.query) };
    let mut headers = HeaderMap::new();
    set(&mut headers, "location", &format!("{elsewhere}{}{query}", seen.path));
    Reply { status, headers, body: Bytes::new(), cut: None }
}

/// An answer that says what the harness could not do.
pub(crate) fn broken(reason: &str) -> Reply {
    let body = Bytes::from(format!("plimsoll: {reason}\n"));
    Reply { status: StatusCode::BAD_GATEWAY.as_u16(), headers: HeaderMap::new(), body, cut: None }
}

/// Sets a field; a name or value that HTTP does not allow is left out.
fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}
