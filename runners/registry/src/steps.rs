//! Takes the steps of a case.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use plimsoll_engine::Verdict;
use plimsoll_engine::given;
use plimsoll_engine::json;
use plimsoll_engine::scope::{NoValue, Scope};
use plimsoll_engine::trial::{End, Law, Trial};
use plimsoll_fixtures::Algorithm;
use plimsoll_suite::case::{Action, Part, SaveFrom, Step};
use plimsoll_suite::position::At;
use plimsoll_suite::template::Template;
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::client::{Client, Request, Response, SendError};
use crate::judge::{self, Judgement};
use crate::raw::Raw;
use crate::redact::{self, Redactor};
use crate::{link, push, token, transcript};

/// Most pages that are followed.
const MAX_PAGES: usize = 2_000;
/// How often a request is sent again that is answered with 429.
const MAX_PATIENCE: usize = 20;
/// Longest time that is waited because of one 429.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Most bytes of all pages together.
const MAX_PAGES_SIZE: usize = 16 << 20;
/// Pause between two polls of a step with `within`.
const POLL: Duration = Duration::from_millis(50);

/// Sees every response of a case.
pub(crate) trait Observer: Sync {
    /// Called with each response.
    fn observe(&self, sighting: Sighting<'_>);
}

/// A response as an [`Observer`] sees it.
#[derive(Clone, Copy)]
pub(crate) struct Sighting<'a> {
    pub(crate) trial: &'a Trial,
    /// The exchange it is recorded as.
    pub(crate) exchange: usize,
    pub(crate) response: &'a Response,
    /// False for an answer to HEAD.
    pub(crate) has_body: bool,
    pub(crate) redactor: &'a Redactor,
}

/// What the steps of one case are taken with.
pub(crate) struct Walk<'a> {
    pub(crate) client: &'a Client,
    pub(crate) base: &'a Url,
    pub(crate) law: Law<'a>,
    pub(crate) trial: &'a Trial,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) scope: Scope,
    /// Tokens that the case has bought, and what else came with them.
    pub(crate) secrets: Vec<String>,
}

/// Why a step could not be taken.
pub(crate) enum Halt {
    NoValue(NoValue),
    End(End),
}

/// Why a page could not be joined.
enum NoPage {
    /// The server led the client astray.
    Wrong(String),
    /// There is no answer, which proves nothing.
    NoAnswer(String),
}

impl From<NoValue> for Halt {
    fn from(error: NoValue) -> Self {
        Self::NoValue(error)
    }
}

impl Walk<'_> {
    /// Takes the steps until the case ends.
    pub(crate) async fn take(&mut self, steps: &[At<Step>]) -> End {
        for (index, step) in steps.iter().enumerate() {
            match self.step(step).await {
                Ok(None) => {}
                Ok(Some(end)) | Err(Halt::End(end)) => return end,
                Err(Halt::NoValue(error)) => return End::Error(format!("step {}: {error}", index + 1)),
            }
        }
        End::Judged
    }

    async fn step(&mut self, step: &At<Step>) -> Result<Option<End>, Halt> {
        match step.actions().first() {
            Some(Action::Push(names)) => push::push(self, step, names).await.map(|()| None),
            Some(Action::Token(scope)) => token::token(self, step, scope).await,
            Some(Action::Request { method, target }) => self.request_step(step, method, target).await,
            None => Ok(None),
        }
    }

    async fn request_step(
        &mut self,
        step: &At<Step>,
        method: &str,
        target: &At<Template>,
    ) -> Result<Option<End>, Halt> {
        let request = self.request(step, method, target)?;
        let deadline = step.within.as_ref().map(|within| Instant::now() + within.0);
        loop {
            let (result, exchange) = self.send(&request).await;
            let again = deadline.is_some_and(|deadline| Instant::now() + POLL < deadline);
            let response = match result {
                Ok(response) => response,
                // Who was cut short owes no answer; what came of it is for the next steps to see.
                Err(SendError::Broken(_)) if step.break_off.is_some() => return Ok(None),
                Err(error) => return Ok(Some(self.no_answer(step, &error, exchange, &request))),
            };
            let judgement = self.judge(step, &request, &response).await?;
            if !judgement.0.held() && again {
                tokio::time::sleep(POLL).await;
                continue;
            }
            return self.settle(step, &request, exchange, judgement);
        }
    }

    /// Records what was judged, and keeps what the step wants to keep unless the case ends here.
    pub(crate) fn settle(
        &mut self,
        step: &At<Step>,
        request: &Request,
        exchange: usize,
        (mut judgement, response): (Judgement, Response),
    ) -> Result<Option<End>, Halt> {
        let end = judgement.end.take();
        let verdict = judgement.record(self.trial, self.law, Some(exchange), &self.redactor(request));
        if end.is_some() {
            return Ok(end);
        }
        self.save(step, &response, verdict)
    }

    /// Hides the secrets that an exchange with this request may show.
    pub(crate) fn redactor(&self, request: &Request) -> Redactor {
        self.client.redactor(request, &self.secrets)
    }

    /// Judges the response, all its pages taken together where the step asks for that.
    pub(crate) async fn judge(
        &self,
        step: &At<Step>,
        request: &Request,
        response: &Response,
    ) -> Result<(Judgement, Response), Halt> {
        let mut response = response.clone();
        let mut broken = None;
        if let Some(pages) = &step.pages
            && response.status == 200
        {
            broken = match self.join_pages(request, &mut response, &pages.join).await {
                Ok(()) => None,
                Err(NoPage::Wrong(reason)) => Some(reason),
                Err(NoPage::NoAnswer(reason)) => return Err(Halt::End(End::Error(reason))),
            };
        }
        let has_body = request.method != Method::HEAD;
        let mut judgement = match &step.expect {
            Some(expectations) => judge::judge(expectations, &response, &self.scope, has_body)?,
            None => Judgement::default(),
        };
        if let (Some(reason), Some(pages)) = (broken, &step.pages) {
            let ids = pages.req.iter().map(|id| id.value.clone()).collect();
            judgement.broken(ids, "pages", "links that lead through every page once", &reason, pages.at);
        }
        Ok((judgement, response))
    }

    /// Follows `Link: rel=next` and puts all pages into the body of the first.
    async fn join_pages(&self, request: &Request, first: &mut Response, pointer: &str) -> Result<(), NoPage> {
        let Ok(mut document) = json::strict(&first.body) else { return Ok(()) };
        let digest = |url: &Url| Sha256::digest(url.as_str());
        let mut seen = HashSet::from([digest(&first.url)]);
        let mut size = first.body.len();
        let mut page = first.clone();
        while let Some(target) = link::next(&page.field("link")) {
            let shown = redact::text(&target);
            let wrong = |reason: &str| NoPage::Wrong(format!("the link <{shown}> {reason}"));
            let url = page.url.join(&target).map_err(|error| wrong(&format!("is no URL: {error}")))?;
            if !matches!(url.scheme(), "http" | "https") {
                return Err(wrong("is no URL of HTTP"));
            }
            if !seen.insert(digest(&url)) {
                return Err(wrong("leads back to a page that was read before"));
            }
            if seen.len() > MAX_PAGES {
                return Err(NoPage::Wrong(format!("more than {MAX_PAGES} pages")));
            }
            let request = Request { url, raw: None, ..request.clone() };
            let (result, _) = self.send(&request).await;
            page = result.map_err(|error| match error {
                SendError::Broken(_) => wrong(&format!("gets a broken answer ({error})")),
                _ => NoPage::NoAnswer(format!("the page at <{shown}>: {error}")),
            })?;
            if page.status != 200 {
                return Err(wrong(&format!("leads to the answer {}", page.status)));
            }
            size += page.body.len();
            if page.cut || size > MAX_PAGES_SIZE {
                return Err(NoPage::Wrong(format!("pages of more than {MAX_PAGES_SIZE} bytes")));
            }
            let more =
                json::strict(&page.body).map_err(|error| wrong(&format!("leads to what is no JSON: {error}")))?;
            let more = more.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
            if let Some(list) = document.pointer_mut(pointer).and_then(Value::as_array_mut) {
                list.extend(more);
            }
        }
        if seen.len() > 1 {
            first.body = document.to_string().into();
        }
        Ok(())
    }

    /// The end of a case whose request got no answer.
    pub(crate) fn no_answer(&self, step: &At<Step>, error: &SendError, exchange: usize, request: &Request) -> End {
        let redactor = self.redactor(request);
        match error {
            // A server that breaks off did answer, only not as it must; a silent one proves nothing.
            SendError::Broken(reason) => {
                let (requirements, at, expected) = judge::status_requirements(step.expect.as_ref());
                let mut judgement = Judgement::default();
                let at = if at.line == 0 { step.at } else { at };
                judgement.broken(requirements, "answer", &expected, &format!("a broken answer ({reason})"), at);
                judgement.record(self.trial, self.law, Some(exchange), &redactor);
                End::Judged
            }
            other => End::Error(redactor.text(&other.to_string())),
        }
    }

    fn save(&mut self, step: &At<Step>, response: &Response, verdict: Verdict) -> Result<Option<End>, Halt> {
        for (name, save) in &step.save {
            let found = match &save.from {
                SaveFrom::Header(header) if header.eq_ignore_ascii_case("location") => response
                    .field(header)
                    .first()
                    .and_then(|location| response.url.join(location).ok())
                    .map(|url| Value::from(url.to_string())),
                SaveFrom::Header(header) => response.field(header).first().map(|value| Value::from(value.as_str())),
                SaveFrom::Json(pointer) => {
                    json::strict(&response.body).ok().and_then(|document| document.pointer(pointer).cloned())
                }
                SaveFrom::Part(Part::Status) => Some(response.status.into()),
                SaveFrom::Part(Part::Body) => Some(String::from_utf8_lossy(&response.body).into()),
                SaveFrom::Part(Part::Token) => token::bought(response).map(Value::from),
            };
            let found = match &save.find {
                Some(pattern) => found.and_then(|value| find(pattern, &value)),
                None => found,
            };
            let instead = save.or.as_ref().map(|value| self.scope.document(value)).transpose()?;
            match found.or(instead) {
                Some(value) => self.scope.set_value(name.as_str(), value),
                // What is missing was asserted above and broken, or it is the ground the next steps stand on.
                None if verdict == Verdict::Pass => {
                    return Ok(Some(End::Blocked(format!("the answer has nothing to save as `{name}`"))));
                }
                None => return Ok(Some(End::Judged)),
            }
        }
        Ok(None)
    }

    /// Sends a request, records it, and shows the response to whoever watches. A registry that asks for patience
    /// (429) gets it: a rate limit says nothing about the promise of the case.
    pub(crate) async fn send(&self, request: &Request) -> (Result<Response, SendError>, usize) {
        for _ in 0..MAX_PATIENCE {
            let started = Instant::now();
            let result = self.client.send(request).await;
            let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            let redactor = self.redactor(request);
            let exchange = transcript::record(self.trial, request, &result, millis, &redactor);
            if let Ok(response) = &result {
                let has_body = request.method != Method::HEAD;
                let sighting = Sighting { trial: self.trial, exchange, response, has_body, redactor: &redactor };
                self.observer.observe(sighting);
                if let Some(pause) = asked_pause(response) {
                    tokio::time::sleep(pause).await;
                    continue;
                }
                self.remember(request, response);
            }
            return (result, exchange);
        }
        let last = self.trial.record().exchanges.len().saturating_sub(1);
        (Err(SendError::Throttled), last)
    }

    /// Sends a request of which there are too many for a transcript.
    pub(crate) async fn send_quietly(&self, request: &Request) -> Result<Response, SendError> {
        for _ in 0..MAX_PATIENCE {
            let response = self.client.send(request).await?;
            match asked_pause(&response) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => {
                    self.remember(request, &response);
                    return Ok(response);
                }
            }
        }
        Err(SendError::Throttled)
    }

    /// Remembers what the request created, for the clean-up, which begins with what came last.
    fn remember(&self, request: &Request, response: &Response) {
        if !(200..300).contains(&response.status) {
            return;
        }
        let path = request.url.path();
        let bare = request.url.as_str().split('?').next().unwrap_or_default();
        // By the place in the path: names of repositories may contain the words of the API.
        let is_manifest = path.rsplit('/').nth(1) == Some("manifests");
        if request.method == Method::PUT && is_manifest {
            self.trial.created(bare);
            // Deletion of tags is often refused where that of manifests is not, and takes the tags along.
            let digest = Algorithm::Sha256.digest(request.body.as_deref().unwrap_or_default());
            if let (Some((collection, reference)), false) = (bare.rsplit_once('/'), path.contains(':'))
                && !reference.is_empty()
            {
                self.trial.created(format!("{collection}/{digest}"));
            }
            return;
        }
        let Some((repository, session)) = path.rsplit_once("/blobs/uploads/") else { return };
        let parameter = |names: [&str; 2]| request.url.query_pairs().find(|(name, _)| names.contains(&name.as_ref()));
        match (response.status, parameter(["digest", "mount"])) {
            (201, Some((_, digest))) => {
                self.trial.record().created.retain(|url| session.is_empty() || !url.contains(path));
                self.trial.created(format!("{}{repository}/blobs/{digest}", self.base.origin().ascii_serialization()));
            }
            (202, _) => {
                let location = response.field("location").first().and_then(|location| response.url.join(location).ok());
                if let Some(location) = location {
                    // The newest location of a session is the one that is good.
                    self.trial
                        .record()
                        .created
                        .retain(|url| url.split('?').next() != location.as_str().split('?').next());
                    self.trial.created(location);
                }
            }
            _ => {}
        }
    }

    fn request(&self, step: &At<Step>, method: &str, target: &At<Template>) -> Result<Request, Halt> {
        let target = self.scope.text(target)?;
        let unsendable = |reason: String| Halt::End(End::Error(format!("the request cannot be sent: {reason}")));
        let shown = redact::text(&target);
        let mut url = match self.base.join(&target) {
            Err(_) if step.as_written => self.base.clone(),
            joined => joined.map_err(|error| unsendable(format!("{shown}: {error}")))?,
        };
        // Suites know no addresses: one that leads elsewhere came from the subject.
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Halt::End(End::Blocked(format!("the subject gave {shown}, which is no URL of HTTP"))));
        }
        for (name, values) in &step.query {
            for value in values.iter() {
                url.query_pairs_mut().append_pair(name, &self.scope.text(value)?);
            }
        }
        let mut headers = Vec::new();
        for (name, value) in &step.headers {
            headers.push((name.clone(), self.scope.text(value)?));
        }
        let body = step.body.as_ref().map(|body| self.scope.bytes(body)).transpose()?;
        let has = |name: &str| step.headers.keys().any(|key| key.eq_ignore_ascii_case(name));
        if body.is_some() && !has("content-type") {
            headers.push(("Content-Type".to_owned(), "application/octet-stream".to_owned()));
        }
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| unsendable(error.to_string()))?;
        let raw = self.raw(step, &url, target)?;
        Ok(Request { method, url, headers, body, stream: step.stream, identity: step.identity, raw })
    }

    /// What a proper client would not send.
    fn raw(&self, step: &At<Step>, url: &Url, target: String) -> Result<Option<Raw>, Halt> {
        let query = (!step.query.is_empty()).then(|| url.query()).flatten();
        let target = match query {
            Some(query) if !target.contains('?') => format!("{target}?{query}"),
            _ => target,
        };
        let break_off = step.break_off.as_ref().map(|after| self.scope.text(after)).transpose()?;
        let break_off = break_off.map(|after| {
            after
                .trim()
                .parse()
                .map_err(|_| Halt::End(End::Error(format!("{after} is no number of bytes to break off after"))))
        });
        let raw = Raw { target: step.as_written.then_some(target), break_off: break_off.transpose()? };
        Ok((raw != Raw::default()).then_some(raw))
    }
}

/// What a regular expression finds in a text: its first group or, without groups, all of it.
fn find(pattern: &str, value: &Value) -> Option<Value> {
    let pattern = regex::Regex::new(pattern).ok()?;
    let captures = pattern.captures(value.as_str()?)?;
    captures.get(usize::from(captures.len() > 1)).map(|found| found.as_str().into())
}

/// How long a registry wants to be left alone: RFC 6585 section 4, RFC 9110 section 10.2.3. A date is not waited for.
pub(crate) fn asked_pause(response: &Response) -> Option<Duration> {
    let seconds = response.field("retry-after").first().and_then(|value| value.trim().parse().ok()).unwrap_or(1);
    (response.status == 429).then(|| Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

/// The end of a case whose fixtures could not be made.
pub(crate) fn not_made(error: &given::GivenError) -> End {
    match error {
        // A registry may ask for chunks that nobody wants to send; that is not its fault before the specification.
        given::GivenError::TooLarge { .. } => End::Skipped(error.to_string()),
        _ => End::Error(error.to_string()),
    }
}
