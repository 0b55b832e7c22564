//! One registry over HTTP: redirects, patience and warnings. Credentials and certificates are below.

mod auth;
mod challenge;
mod tls;

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, LOCATION, RETRY_AFTER, WARNING};
use reqwest::{Method, StatusCode};
use url::Url;

use crate::Error;
use crate::digest;
use crate::rules::{Rule, Rules};

/// Longest chain of redirects.
const MAX_REDIRECTS: usize = 10;
/// How often a request is sent again that was answered with 429.
const PATIENCE: usize = 5;
/// Longest time that is waited because of one 429, in seconds.
const LONGEST_PAUSE: u64 = 60;
/// Most bytes of one answer.
const MAX_BODY: usize = 1 << 30;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Bytes>,
    /// Send the body without a length.
    pub(crate) stream: bool,
}

impl Ask {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: None, stream: false }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: Bytes) -> Self {
        self.body = Some(body);
        self
    }
}

/// An answer with its whole body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    /// The connection ended before the body did.
    pub(crate) cut: bool,
    headers: reqwest::header::HeaderMap,
    url: Url,
    what: String,
}

impl Reply {
    /// A header field as text.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// `Location`, resolved.
    pub(crate) fn location(&self) -> Result<Url, Error> {
        let location = self.field(LOCATION.as_str()).and_then(|location| self.url.join(location).ok());
        location.ok_or_else(|| Error::new(format!("{}: the answer has no usable Location", self.what)))
    }

    /// The target of `Link: <...>; rel="next"`.
    pub(crate) fn next_page(&self) -> Option<Url> {
        let links = self.headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
        let next = links.flat_map(|value| value.split(',')).find(|link| {
            let relation = link.split(';').skip(1).map(str::trim);
            relation.into_iter().any(|parameter| matches!(parameter, "rel=next" | "rel=\"next\""))
        })?;
        let target = next.trim().strip_prefix('<')?.split('>').next()?;
        self.url.join(target).ok()
    }

    /// The answer if it has this status, else an error with what the registry says about it.
    pub(crate) fn expect(self, status: u16) -> Result<Self, Error> {
        if self.status == status {
            return Ok(self);
        }
        let said: String = String::from_utf8_lossy(&self.body).chars().filter(|c| !c.is_control()).take(200).collect();
        Err(Error::new(format!("{} is answered with {}: {said}", self.what, self.status)))
    }

    /// Docker-Content-Digest, if it was sent and is one of these bytes.
    pub(crate) fn content_digest(&self, bytes: &[u8], believed: bool) -> Result<Option<String>, Error> {
        let Some(said) = self.field("docker-content-digest") else { return Ok(None) };
        // In an algorithm that is not known it says nothing.
        let known = digest::digest_in(digest::algorithm(said), bytes).is_some();
        if believed || digest::is_of(said, bytes) {
            return Ok(Some(said.to_owned()));
        }
        if known {
            Err(Error::new(format!("{}: Docker-Content-Digest is not that of the content", self.what)))
        } else {
            Ok(None)
        }
    }
}

/// The registry.
#[derive(Debug)]
pub(crate) struct Remote {
    http: reqwest::Client,
    base: Url,
    credentials: Option<(String, String)>,
    authorization: Mutex<Option<String>>,
    warned: Mutex<HashSet<String>>,
    pub(crate) rules: Rules,
}

impl Remote {
    /// The registry with that root. `credentials` are user and password, `ca` a file of the authorities to trust in place
    /// of those of the system.
    pub(crate) fn new(
        base: Url,
        credentials: Option<(String, String)>,
        ca: Option<&Path>,
        rules: Rules,
    ) -> Result<Self, Error> {
        tls::install();
        let builder = match ca {
            Some(ca) => reqwest::Client::builder().tls_backend_preconfigured(tls::config(ca, &rules)?),
            None => reqwest::Client::builder(),
        };
        let http = builder
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .user_agent(concat!("plimsoll-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::new(format!("the HTTP client cannot be set up: {error}")))?;
        let (authorization, warned) = (Mutex::default(), Mutex::default());
        Ok(Self { http, base, credentials, authorization, warned, rules })
    }

    /// The URL of a path in the API.
    pub(crate) fn url(&self, path: &str) -> Result<Url, Error> {
        let joined = self.base.join(path);
        let mut url = joined.map_err(|error| Error::new(format!("{path} is no path of a registry: {error}")))?;
        let pull = path.contains("/manifests/") || (path.contains("/blobs/") && !path.ends_with("/uploads/"));
        if pull && self.rules.breaks(Rule::Namespace) {
            let host = self.base.host_str().unwrap_or_default().to_owned();
            url.query_pairs_mut().append_pair("ns", &host);
        }
        Ok(url)
    }

    /// Sends a request: answers a challenge, waits where it is asked to, follows redirects, shows warnings.
    pub(crate) async fn send(&self, ask: Ask) -> Result<Reply, Error> {
        for _ in 0..PATIENCE {
            let reply = self.authorized(&ask).await?;
            if reply.status != 429 {
                return Ok(reply);
            }
            let asked = reply.field(RETRY_AFTER.as_str()).and_then(|value| value.trim().parse::<u64>().ok());
            if self.rules.holds(Rule::RetryAfter) {
                tokio::time::sleep(Duration::from_secs(asked.unwrap_or(1).min(LONGEST_PAUSE))).await;
            }
        }
        Err(Error::new(format!("{} {} is answered with 429 again and again", ask.method, ask.url.path())))
    }

    async fn follow(&self, ask: &Ask, authorization: Option<&str>) -> Result<Reply, Error> {
        let mut url = ask.url.clone();
        for redirects in 0..=MAX_REDIRECTS {
            let reply = self.once(ask, &url, self.entrusted(&url, redirects == 0, authorization)).await?;
            self.warn(&reply)?;
            let redirects = match reply.status.as_u16() {
                307 | 308 => true,
                // These do not keep the method of any other request.
                301..=303 => matches!(ask.method, Method::GET | Method::HEAD),
                _ => false,
            };
            let absolute = reply.field(LOCATION.as_str()).is_some_and(|location| location.contains("://"));
            let blind = self.rules.breaks(Rule::RedirectFollowed)
                || (self.rules.breaks(Rule::RedirectRelative) && !absolute)
                || (self.rules.breaks(Rule::RedirectStatus) && reply.status == 307);
            if !redirects || blind {
                return Ok(reply);
            }
            url = reply.location()?;
        }
        Err(Error::new(format!("{} {}: more than {MAX_REDIRECTS} redirects", ask.method, ask.url.path())))
    }

    async fn once(&self, ask: &Ask, url: &Url, authorization: Option<&str>) -> Result<Reply, Error> {
        let what = format!("{} {}", ask.method, url.path());
        let failed = |error: reqwest::Error| {
            let mut reason = error.without_url().to_string();
            if reason.is_empty() {
                reason.push_str("no answer");
            }
            Error::new(format!("{what}: {reason}"))
        };
        let mut answer = self.request(ask, url, authorization).send().await;
        if url.scheme() == "https" && answer.is_err() && self.rules.breaks(Rule::TlsGivenUp) {
            let plain = Url::parse(&url.as_str().replacen("https:", "http:", 1)).unwrap_or_else(|_| url.clone());
            answer = self.request(ask, &plain, authorization).send().await;
        }
        let mut response = answer.map_err(&failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let (mut body, mut cut) = (BytesMut::new(), false);
        loop {
            match response.chunk().await {
                Ok(Some(part)) if body.len() + part.len() <= MAX_BODY => body.extend_from_slice(&part),
                Ok(Some(_)) => return Err(Error::new(format!("{what}: an answer of more than {MAX_BODY} bytes"))),
                Ok(None) => break,
                Err(_) if self.rules.breaks(Rule::BlobWhole) => {
                    cut = true;
                    break;
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(Reply { status, headers, body: body.freeze(), cut, url: url.clone(), what })
    }

    fn request(&self, ask: &Ask, url: &Url, authorization: Option<&str>) -> reqwest::RequestBuilder {
        let mut request = self.http.request(ask.method.clone(), self.with_token(url, authorization));
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        let bare = self.rules.breaks(Rule::BearerForm);
        if let Some(authorization) = authorization.filter(|value| !(bare && value.starts_with("Bearer "))) {
            request = request.header(AUTHORIZATION, authorization);
        }
        match &ask.body {
            Some(body) if ask.stream => {
                let whole = futures_util::stream::iter([Ok::<_, std::io::Error>(body.clone())]);
                request.body(reqwest::Body::wrap_stream(whole))
            }
            Some(body) => request.body(body.clone()),
            None if matches!(ask.method, Method::GET | Method::HEAD) => request,
            None => request.header(CONTENT_LENGTH, "0").body(Bytes::new()),
        }
    }

    /// Shows each warning once, and does nothing else about it.
    fn warn(&self, reply: &Reply) -> Result<(), Error> {
        for value in reply.headers.get_all(WARNING).iter().filter_map(|value| value.to_str().ok()) {
            let Some(text) = value.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).map(|(text, _)| text)
            else {
                continue;
            };
            let text: String = text.replace('\\', "").chars().filter(|c| !c.is_control()).collect();
            let new = self.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(text.clone());
            if self.rules.holds(Rule::WarningShown) && (new || self.rules.breaks(Rule::WarningOnce)) {
                crate::say(&format!("warning: {text}"));
            }
            if self.rules.breaks(Rule::WarningOnly) {
                return Err(Error::new(format!("the registry warns: {text}")));
            }
        }
        Ok(())
    }
}
