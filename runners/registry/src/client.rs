//! One HTTP client with redirects, retries and decompression under our control, and with bounds on everything a
//! server may send.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
pub use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION};
use rustls::ClientConfig;
use url::Url;

use plimsoll_suite::case::Identity;

use crate::auth::{Challenge, Credentials};
use crate::identities::Identities;
use crate::raw::{self, Raw};
use crate::redact::{self, Redactor};
use crate::trust;

/// Largest body that is read, in bytes. What is longer is cut and marked, and compares unequal to any content.
pub const MAX_BODY: usize = 72 << 20;
/// What is kept of a body that was cut: enough to recognise it, little enough for many of them at once.
pub(crate) const KEPT_OF_CUT: usize = 64 << 10;
const CONTENT_DIGEST: &str = "docker-content-digest";
/// Longest chain of redirects.
const MAX_REDIRECTS: usize = 10;
/// Most header fields of an answer. HTTP sets no limit, so beyond it nothing is proven against the server.
pub(crate) const MAX_FIELDS: usize = 500;
/// How long an idle connection is kept. Servers close theirs after some seconds, and a request that is no GET or HEAD
/// and meets that moment cannot be repeated.
const IDLE: Duration = Duration::from_secs(1);

/// What this client calls itself.
pub(crate) const USER_AGENT: &str = concat!("plimsoll/", env!("CARGO_PKG_VERSION"));

/// How to reach a registry.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Certificates (PEM) of authorities to trust beside those of the system.
    pub ca: Option<Vec<u8>>,
    /// Accept any certificate.
    pub insecure: bool,
    /// Longest time for one request, its redirects and its body.
    pub timeout: Duration,
    /// User and password.
    pub credentials: Option<Credentials>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Absolute URL.
    pub url: Url,
    /// Header fields, in order.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Option<Bytes>,
    /// Send the body in chunked transfer coding.
    pub stream: bool,
    /// Who sends it; the configured user unless said otherwise.
    pub identity: Option<Identity>,
    /// Send what a proper client would not, where it is something of that kind.
    pub raw: Option<Raw>,
}

impl Request {
    /// A request of the configured user without header fields and body.
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), body: None, stream: false, identity: None, raw: None }
    }

    /// An `Authorization` field that it brings along, which is then sent as it is.
    fn authorization(&self) -> Option<&str> {
        let field = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
        field.map(|(_, value)| value.as_str())
    }
}

/// A response with all of its body.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Reason phrase or the usual one.
    pub reason: String,
    /// Header fields in order, as text; bytes that are no text are replaced.
    pub headers: Vec<(String, String)>,
    /// Body, at most [`MAX_BODY`] bytes; only its beginning where it was `cut`.
    pub body: Bytes,
    /// The server sent more than [`MAX_BODY`].
    pub cut: bool,
    /// URL of the answer, after redirects.
    pub url: Url,
}

impl Response {
    /// What was received: an answer of hyper's kind without its body, and the body.
    pub(crate) fn of(status: reqwest::StatusCode, fields: &HeaderMap, (body, cut): (Bytes, bool), url: &Url) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            status: status.as_u16(),
            reason: status.canonical_reason().unwrap_or_default().to_owned(),
            headers: fields.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            body,
            cut,
            url: url.clone(),
        }
    }

    /// The values of a header field, in order.
    pub fn field(&self, name: &str) -> Vec<String> {
        self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone()).collect()
    }
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection: nothing listens, the name is unknown, or the certificate is not trusted.
    #[error("cannot connect to {host}: {reason}")]
    Connect {
        /// Host and port.
        host: String,
        /// Why not.
        reason: String,
    },
    /// The time is up.
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    /// The registry limits the rate of requests and does not stop refusing.
    #[error("answered 429 again and again, however long it was left alone; try fewer --jobs")]
    Throttled,
    /// The server broke the connection or what it sent is not HTTP.
    #[error("{0}")]
    Broken(String),
    /// More header fields, or longer ones, than this client reads.
    #[error("the head of the answer has more than {MAX_FIELDS} fields or 400 kB, which is not read")]
    HeadTooLarge,
    /// The registry asks for a token, and its token service gives none.
    #[error("no token from {realm}: {reason}")]
    NoToken {
        /// The token service.
        realm: String,
        /// Why not.
        reason: String,
    },
    /// The request cannot be sent as it is.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct SetupError(pub(crate) String);

impl SetupError {
    pub(crate) fn new(error: &dyn std::error::Error) -> Self {
        Self(chain(error))
    }
}

/// The client.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    /// For what reqwest would not send.
    tls: Arc<ClientConfig>,
    who: Identities,
    timeout: Duration,
    /// Nothing but GET and HEAD is sent.
    only_reads: bool,
}

impl Client {
    /// Sets the client up for the registry at `home`, the only host that gets to see the credentials and the tokens.
    pub fn new(options: ClientOptions, home: &Url) -> Result<Self, SetupError> {
        let tls = trust::tls(&options)?;
        let mut negotiating = tls.clone();
        negotiating.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(options.timeout.min(Duration::from_secs(10)))
            .pool_idle_timeout(IDLE)
            .http1_max_headers(MAX_FIELDS)
            .user_agent(USER_AGENT)
            .tls_backend_preconfigured(negotiating)
            .build()
            .map_err(|error| SetupError::new(&error))?;
        let who = Identities::new(options.credentials, home);
        Ok(Self { http, tls: Arc::new(tls), who, timeout: options.timeout, only_reads: false })
    }

    /// The same client, which refuses to send anything but GET and HEAD if `only` is set. The last guard of a registry
    /// that is not the user's: whatever the cases want, no write leaves this machine.
    #[must_use]
    pub fn only_reading(self, only: bool) -> Self {
        Self { only_reads: only, ..self }
    }

    /// The same with a second user.
    #[must_use]
    pub fn with_second(mut self, credentials: &Credentials, home: &Url) -> Self {
        self.who.add_second(credentials, home);
        self
    }

    /// The request that asks the token service of a challenge for a token, on behalf of somebody.
    pub(crate) fn token_request(
        &self,
        identity: Option<Identity>,
        challenge: &Challenge,
        service: Option<&str>,
        scope: &str,
    ) -> Result<Request, SendError> {
        self.who.of(identity).token_request(challenge, service, scope).map(|request| Request { identity, ..request })
    }

    /// Sends a request, answering challenges and following redirects. Where the last answer lacks
    /// `Docker-Content-Digest`, that of the registry's redirect stands in.
    pub async fn send(&self, request: &Request) -> Result<Response, SendError> {
        if self.only_reads && !matches!(request.method, Method::GET | Method::HEAD) {
            let method = &request.method;
            return Err(SendError::Unsendable(format!("{method} would write, and this registry is only read")));
        }
        tokio::time::timeout(self.timeout, self.send_authenticated(request))
            .await
            .unwrap_or(Err(SendError::Timeout(self.timeout)))
    }

    /// Hides the secrets that an exchange with this request may show, and these.
    pub(crate) fn redactor(&self, request: &Request, more: &[String]) -> Redactor {
        Redactor::new(self.who.secrets(request).chain(more.iter().cloned()).collect())
    }

    async fn send_authenticated(&self, request: &Request) -> Result<Response, SendError> {
        let given = request.authorization();
        if given.is_some() || request.identity == Some(Identity::Anonymous) {
            return self.follow(request, given).await;
        }
        let auth = self.who.of(request.identity);
        let known = auth.known(request);
        let response = self.follow(request, known.as_deref()).await?;
        // A challenge of another host, to which a redirect led, is none of ours: its token service would get to see the
        // credentials of this one.
        if response.status != 401 || response.url.origin() != request.url.origin() {
            return Ok(response);
        }
        let challenges = response.field("www-authenticate");
        match auth.answer(&self.http, request, &challenges).await? {
            Some(authorization) => self.follow(request, Some(&authorization)).await,
            None => Ok(response),
        }
    }

    async fn follow(&self, request: &Request, authorization: Option<&str>) -> Result<Response, SendError> {
        let mut url = request.url.clone();
        let mut digest = Vec::new();
        for _ in 0..=MAX_REDIRECTS {
            // RFC 9110 section 15.4 and the specification: no credentials to another host, and none in the clear either.
            let same = url.origin() == request.url.origin();
            let mut response = self.once(request, &url, authorization.filter(|_| same)).await?;
            let redirects = match response.status {
                _ if request.raw.is_some() => false,
                // Only these two keep method and body.
                307 | 308 => true,
                301..=303 => matches!(request.method, Method::GET | Method::HEAD),
                _ => false,
            };
            match response.field(LOCATION.as_str()).first().map(|location| url.join(location)) {
                Some(Ok(next)) if redirects => {
                    if same {
                        digest = response.field(CONTENT_DIGEST);
                    }
                    url = next;
                }
                _ => {
                    // An object store cannot send it; the registry says it with the redirect.
                    if response.field(CONTENT_DIGEST).is_empty() {
                        response.headers.extend(digest.into_iter().map(|value| (CONTENT_DIGEST.to_owned(), value)));
                    }
                    return Ok(response);
                }
            }
            if !matches!(url.scheme(), "http" | "https") {
                let target = redact::url(&url);
                return Err(SendError::Broken(format!("a redirect to {target}, which is no URL of HTTP")));
            }
        }
        let last = redact::url(&url);
        Err(SendError::Broken(format!("more than {MAX_REDIRECTS} redirects, the last to {last}")))
    }

    async fn once(&self, request: &Request, url: &Url, authorization: Option<&str>) -> Result<Response, SendError> {
        if let Some(raw) = &request.raw {
            return raw::exchange(request, raw, authorization, &self.tls).await;
        }
        let idempotent = matches!(request.method, Method::GET | Method::HEAD);
        let mut dropped = false;
        match self.exchange(request, url, authorization, &mut dropped).await {
            // A kept connection can be closed by the server in the very moment it is used again. What was not answered
            // with a single byte is sent again, unless it may have had its effect and would be wrong the second time.
            Err(SendError::Broken(_)) if idempotent || (dropped && request.method != Method::PATCH) => {
                self.exchange(request, url, authorization, &mut dropped).await
            }
            result => result,
        }
    }

    /// Sends once. `dropped` becomes true when the connection went away before any answer.
    async fn exchange(
        &self,
        request: &Request,
        url: &Url,
        authorization: Option<&str>,
        dropped: &mut bool,
    ) -> Result<Response, SendError> {
        let mut headers = HeaderMap::new();
        // Credentials come with `authorization`, so that they go where they may and nowhere else.
        let fields = request.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
        for (name, value) in fields {
            let shown = redact::text(value);
            let unsendable = |_| SendError::Unsendable(format!("header field {name}: {shown:?}"));
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable(()))?;
            headers.append(name, HeaderValue::from_str(value).map_err(|_| unsendable(()))?);
        }
        if let Some(authorization) = authorization
            && let Ok(mut value) = HeaderValue::from_str(authorization)
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut bare = url.clone();
        // The HTTP library would make credentials of a user in a URL, which can only come from the server here. URLs
        // without a host refuse this, and are refused themselves below.
        let _ = bare.set_username("");
        let _ = bare.set_password(None);
        let mut builder = self.http.request(request.method.clone(), bare).headers(headers);
        builder = match &request.body {
            Some(body) if request.stream => builder.body(stream(body.clone())),
            Some(body) => builder.body(body.clone()),
            None if matches!(request.method, Method::GET | Method::HEAD) => builder,
            None => builder.body(Bytes::new()).header("content-length", "0"),
        };
        let response = builder.send().await.map_err(|error| {
            *dropped = is_dropped(&error);
            self.failure(url, error)
        })?;
        let (status, fields) = (response.status(), response.headers().clone());
        let body = read_body(response, MAX_BODY).await.map_err(|error| self.failure(url, error))?;
        Ok(Response::of(status, &fields, body, url))
    }

    fn failure(&self, url: &Url, error: reqwest::Error) -> SendError {
        // The URL may hold secrets, and every message names what was asked for anyway.
        let error = error.without_url();
        if error.is_connect() {
            let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0));
            SendError::Connect { host, reason: chain(&error) }
        } else if error.is_timeout() {
            SendError::Timeout(self.timeout)
        } else if error.is_builder() {
            SendError::Unsendable(chain(&error))
        } else if cause::<hyper::Error>(&error).is_some_and(hyper::Error::is_parse_too_large) {
            SendError::HeadTooLarge
        } else {
            SendError::Broken(chain(&error))
        }
    }
}

/// True when the server closed or reset the connection without a byte of an answer.
fn is_dropped(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    let closed = cause::<hyper::Error>(error).is_some_and(|error| error.is_incomplete_message() || error.is_canceled());
    let reset = cause::<std::io::Error>(error)
        .is_some_and(|error| matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset));
    closed || reset
}

/// Reads a body of at most `limit` bytes; true when there was more, in which case only its beginning is returned.
pub(crate) async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<(Bytes, bool), reqwest::Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok((Bytes::copy_from_slice(&body[..body.len().min(KEPT_OF_CUT)]), true));
        }
    }
    Ok((body.freeze(), false))
}

/// The error of the HTTP implementation inside.
fn cause<E: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref() {
            return Some(error);
        }
        next = error.source();
    }
    None
}

/// Sends the bytes in pieces, so that no length is known beforehand.
fn stream(body: Bytes) -> reqwest::Body {
    const PIECE: usize = 64 << 10;
    let pieces: Vec<std::io::Result<Bytes>> =
        (0..body.len()).step_by(PIECE).map(|start| Ok(body.slice(start..(start + PIECE).min(body.len())))).collect();
    reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
}

/// The innermost reasons of an error, which say what happened.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut reasons = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        let text = error.to_string();
        if reasons.last() != Some(&text) {
            reasons.push(text);
        }
        next = error.source();
    }
    if reasons.is_empty() { error.to_string() } else { reasons.join(": ") }
}
