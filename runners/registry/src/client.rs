//! One HTTP client with redirects, retries and decompression under our control, and with bounds on everything a
//! server may send.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION};
use url::Url;

use crate::auth::{Auth, Credentials};

/// Largest body that is read, in bytes. What is longer is cut and marked, and compares unequal to any content.
pub const MAX_BODY: usize = 72 << 20;
/// Longest chain of redirects.
const MAX_REDIRECTS: usize = 10;

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
    /// Send no credentials.
    pub anonymous: bool,
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
    /// Body, at most [`MAX_BODY`] bytes.
    pub body: Bytes,
    /// The server sent more than [`MAX_BODY`].
    pub cut: bool,
    /// URL of the answer, after redirects.
    pub url: Url,
}

impl Response {
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
    /// The request cannot be sent as it is.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
}

/// The client could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct SetupError(String);

/// The client.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    auth: Auth,
    timeout: Duration,
}

impl Client {
    /// Sets the client up.
    pub fn new(options: ClientOptions) -> Result<Self, SetupError> {
        let failed = |error: &dyn std::error::Error| SetupError(chain(error));
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        // The provider is process-wide in reqwest's builder; that another part of the process chose first is fine.
        let _ = rustls::crypto::CryptoProvider::install_default((*provider).clone());
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(options.timeout.min(Duration::from_secs(10)))
            .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &options.ca {
            let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|error| failed(&error))?;
            builder = builder.tls_certs_merge(certificates);
        }
        if options.insecure {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        let http = builder.build().map_err(|error| failed(&error))?;
        Ok(Self { http, auth: Auth::new(options.credentials), timeout: options.timeout })
    }

    /// Sends a request, answering challenges and following redirects of GET and HEAD.
    pub async fn send(&self, request: &Request) -> Result<Response, SendError> {
        tokio::time::timeout(self.timeout, self.send_authenticated(request))
            .await
            .unwrap_or(Err(SendError::Timeout(self.timeout)))
    }

    async fn send_authenticated(&self, request: &Request) -> Result<Response, SendError> {
        if request.anonymous {
            return self.follow(request, None).await;
        }
        let known = self.auth.known(request);
        let response = self.follow(request, known.as_deref()).await?;
        if response.status != 401 {
            return Ok(response);
        }
        let challenges = response.field("www-authenticate");
        match self.auth.answer(&self.http, request, &challenges).await {
            Some(authorization) => self.follow(request, Some(&authorization)).await,
            None => Ok(response),
        }
    }

    async fn follow(&self, request: &Request, authorization: Option<&str>) -> Result<Response, SendError> {
        let mut url = request.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            // RFC 9110 section 15.4 and the specification: no credentials to another host.
            let same_host = url.host_str() == request.url.host_str()
                && url.port_or_known_default() == request.url.port_or_known_default();
            let response = self.once(request, &url, authorization.filter(|_| same_host)).await?;
            let redirects = matches!(response.status, 301 | 302 | 303 | 307 | 308)
                && matches!(request.method, Method::GET | Method::HEAD);
            match response.field(LOCATION.as_str()).first().map(|location| url.join(location)) {
                Some(Ok(next)) if redirects => url = next,
                _ => return Ok(response),
            }
        }
        Err(SendError::Broken(format!("more than {MAX_REDIRECTS} redirects, the last to {url}")))
    }

    async fn once(&self, request: &Request, url: &Url, authorization: Option<&str>) -> Result<Response, SendError> {
        let idempotent = matches!(request.method, Method::GET | Method::HEAD);
        match self.exchange(request, url, authorization).await {
            // A kept connection can be closed by the server in the very moment it is used again.
            Err(SendError::Broken(_)) if idempotent => self.exchange(request, url, authorization).await,
            result => result,
        }
    }

    async fn exchange(&self, request: &Request, url: &Url, authorization: Option<&str>) -> Result<Response, SendError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let unsendable = |_| SendError::Unsendable(format!("header field {name}: {value:?}"));
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable(()))?;
            headers.append(name, HeaderValue::from_str(value).map_err(|_| unsendable(()))?);
        }
        if let Some(authorization) = authorization
            && let Ok(mut value) = HeaderValue::from_str(authorization)
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut builder = self.http.request(request.method.clone(), url.clone()).headers(headers);
        builder = match &request.body {
            Some(body) if request.stream => builder.body(stream(body.clone())),
            Some(body) => builder.body(body.clone()),
            None if matches!(request.method, Method::GET | Method::HEAD) => builder,
            None => builder.body(Bytes::new()).header("content-length", "0"),
        };
        let mut response = builder.send().await.map_err(|error| self.failure(url, &error))?;
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
        let mut body = BytesMut::new();
        let mut cut = false;
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(url, &error))? {
            let room = MAX_BODY - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                cut = true;
                break;
            }
        }
        Ok(Response {
            status: response.status().as_u16(),
            reason: response.status().canonical_reason().unwrap_or_default().to_owned(),
            headers,
            body: body.freeze(),
            cut,
            url: url.clone(),
        })
    }

    fn failure(&self, url: &Url, error: &reqwest::Error) -> SendError {
        if error.is_timeout() {
            SendError::Timeout(self.timeout)
        } else if error.is_connect() {
            let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0));
            SendError::Connect { host, reason: chain(error) }
        } else if error.is_builder() {
            SendError::Unsendable(chain(error))
        } else {
            SendError::Broken(chain(error))
        }
    }
}

/// Sends the bytes in pieces, so that no length is known beforehand.
fn stream(body: Bytes) -> reqwest::Body {
    const PIECE: usize = 64 << 10;
    let pieces: Vec<std::io::Result<Bytes>> =
        (0..body.len()).step_by(PIECE).map(|start| Ok(body.slice(start..(start + PIECE).min(body.len())))).collect();
    reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
}

/// The innermost reasons of an error, which say what happened.
fn chain(error: &dyn std::error::Error) -> String {
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
