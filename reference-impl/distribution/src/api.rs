//! The endpoints.

mod accept;
mod blobs;
mod claim;
mod manifests;
mod manner;
mod mount;
mod referrers;
mod refused;
mod sessions;
mod tags;
mod uploads;

use self::manner::Manner;
use crate::{
    auth::{Guard, Wanted},
    config::Config,
    errors::{Code, Error, Refusal, StoreError},
    limits::{RateLimit, drain},
    path::{Name, Route},
    query::Query,
    receive::{self, Intake},
    reply::{Body, Reply, empty},
    rules::{Rule, Rules},
    store::Store,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{self, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, ETAG, EXPECT, WARNING},
    request::Parts,
};
use hyper::body::{Body as _, Incoming};
use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::task::spawn_blocking;

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");

/// Everything a request needs.
pub(crate) struct Api {
    pub(crate) config: Config,
    pub(crate) store: Arc<Store>,
    rules: Rules,
    guard: Guard,
    rate_limit: Option<RateLimit>,
    manner: Manner,
    /// Repositories whose referrers were asked for, see [`Config::referrers_late`].
    upgraded: Mutex<HashSet<Name>>,
    addr: SocketAddr,
}

/// One request.
struct Call {
    method: Method,
    headers: HeaderMap,
    query: Query,
    body: Incoming,
}

impl Call {
    fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }
}

impl Api {
    pub(crate) fn open(config: Config, addr: SocketAddr) -> Result<Self, Error> {
        let store = Arc::new(Store::open(&config.root, config.durable, config.rules)?);
        let rate_limit = config.rate_limit.map(RateLimit::new);
        Ok(Self {
            store,
            rules: config.rules,
            guard: Guard::new(&config),
            rate_limit,
            manner: Manner::new(&config.freedoms),
            upgraded: Mutex::default(),
            addr,
            config,
        })
    }

    /// Whether the referrers API is there for a repository. `asked`: by a request for referrers, which switches it on
    /// where it comes late.
    fn offers_referrers(&self, name: &Name, asked: bool) -> bool {
        let late = self.config.referrers_late;
        let mut upgraded = self.upgraded.lock().unwrap_or_else(PoisonError::into_inner);
        if late && asked {
            upgraded.insert(name.clone());
        }
        self.config.referrers && (!late || upgraded.contains(name))
    }

    /// Tells the operator about a failure that is not the client's.
    pub(crate) fn failed(&self, what: &str) {
        if let Some(tell) = self.config.on_failure {
            tell(what);
        }
    }

    /// How bodies of requests are taken in.
    pub(crate) fn intake(&self) -> Intake {
        Intake { idle: self.config.body_timeout, whole: self.rules.holds(Rule::BodyWhole) }
    }

    /// Answers one request.
    pub(crate) async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let host = self.host(&parts);
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let mut call = Call { method: parts.method, headers: parts.headers, query, body };
        let outcome = if call.headers.contains_key(EXPECT) && self.rules.breaks(Rule::ExpectContinue) {
            Err(Refusal::plain(StatusCode::EXPECTATION_FAILED, "not expected"))
        } else {
            self.answer(parts.uri.path(), &host, &mut call).await
        };
        // A client that waits for 100 Continue has sent nothing yet, and is not asked to now.
        if !call.body.is_end_stream() && !call.headers.contains_key(EXPECT) {
            drain(&mut call.body).await;
        }
        let response = match outcome {
            Ok(reply) => reply.into_response(),
            Err(refusal) => {
                if let Some(cause) = &refusal.cause {
                    self.failed(cause);
                }
                refusal.into_response(&self.rules)
            }
        };
        let mut response = self.manner.after(parts.uri.path(), &host, &call, response).await;
        if call.method == Method::HEAD {
            forget_body(&mut response, &self.rules);
        }
        if self.rules.breaks(Rule::PathLineBreak) {
            break_lines(parts.uri.path(), response.headers_mut());
        }
        self.warn(&mut response);
        response
    }

    async fn answer(&self, path: &str, host: &str, call: &mut Call) -> Result<Reply, Refusal> {
        if let Some(limit) = &self.rate_limit {
            limit.take(self.rules.holds(Rule::RetryAfter))?;
        }
        if path == "/v2/_catalog" && self.rules.breaks(Rule::CatalogHidden) {
            self.guard.check(&call.headers, host, None)?;
            return refused::catalog(self).await;
        }
        let route = Route::parse(path, &self.rules)?;
        self.check_method(&route, &call.method)?;
        if route != Route::Token
            && let Err(refusal) = self.guard.check(&call.headers, host, Wanted::of(&route, &call.method, &call.headers))
        {
            return refused::refuse(self, call, route, refusal).await;
        }
        if let Some(reply) = self.manner.before(&route, call)? {
            return Ok(reply);
        }
        let method = call.method.clone();
        match (route, method) {
            (Route::Ping, _) => Ok(self.ping()),
            (Route::Token, _) => self.token(call).await,
            (Route::Blob(name, digest), Method::DELETE) => blobs::delete(self, name, &digest).await,
            (Route::Blob(name, digest), _) => blobs::pull(self, call, name, &digest).await,
            (Route::Uploads(name), _) => uploads::start(self, call, name).await,
            (Route::Session(name, id), Method::PATCH) => sessions::append(self, call, name, id).await,
            (Route::Session(name, id), Method::PUT) => sessions::close(self, call, name, id).await,
            (Route::Session(name, id), Method::DELETE) => sessions::cancel(self, name, id).await,
            (Route::Session(name, id), _) => sessions::status(self, name, id).await,
            (Route::Manifest(name, reference), Method::PUT) => manifests::push(self, call, name, reference).await,
            (Route::Manifest(name, reference), Method::DELETE) => manifests::delete(self, name, reference).await,
            (Route::Manifest(name, reference), _) => manifests::pull(self, call, name, reference).await,
            (Route::Tags(name), _) => tags::list(self, call, name).await,
            (Route::Referrers(name, digest), _) => referrers::list(self, call, name, &digest).await,
        }
    }

    /// GET /v2/ (dist.x.ping).
    fn ping(&self) -> Reply {
        if self.rules.breaks(Rule::PingAnswers) {
            return Reply::new(StatusCode::INTERNAL_SERVER_ERROR);
        }
        let status = self.rules.pick(Rule::PingExists, StatusCode::OK, StatusCode::NOT_FOUND);
        Reply::new(status).header(API_VERSION, "registry/2.0").header(CONTENT_TYPE, "application/json").bytes("{}")
    }

    async fn token(&self, call: &mut Call) -> Result<Reply, Refusal> {
        if call.method != Method::POST {
            return self.guard.sell(&call.headers, &call.query, false);
        }
        let body = receive::to_memory(&mut call.body, 64 * 1024, self.intake()).await?;
        let Some(body) = body else {
            return Err(Refusal::plain(StatusCode::PAYLOAD_TOO_LARGE, "a token request has at most 64 KiB"));
        };
        self.guard.sell(&call.headers, &Query::parse_form(&String::from_utf8_lossy(&body)), true)
    }

    fn check_method(&self, route: &Route, method: &Method) -> Result<(), Refusal> {
        let deletes = self.config.deletes;
        let allowed: &[&str] = match route {
            Route::Ping | Route::Tags(_) | Route::Referrers(..) => &["GET", "HEAD"],
            Route::Token => &["GET", "POST"],
            Route::Uploads(_) => &["POST"],
            Route::Session(..) => &["GET", "HEAD", "PATCH", "PUT", "DELETE"],
            Route::Blob(..) if self.rules.breaks(Rule::HeadBlobAllowed) => &["GET", "DELETE"],
            Route::Blob(..) if deletes => &["GET", "HEAD", "DELETE"],
            Route::Blob(..) => &["GET", "HEAD"],
            Route::Manifest(..) if deletes => &["GET", "HEAD", "PUT", "DELETE"],
            Route::Manifest(..) => &["GET", "HEAD", "PUT"],
        };
        if allowed.contains(&method.as_str()) {
            return Ok(());
        }
        if *method == Method::DELETE {
            self.pretend_deletion(route)?;
        }
        if self.rules.breaks(Rule::MethodStatus) {
            return Err(Refusal::plain(StatusCode::INTERNAL_SERVER_ERROR, "no handler"));
        }
        let refusal = Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            Code::Unsupported,
            format!("{method} is not offered here (hint: deletion may have been switched off by the operator)"),
        );
        Err(if self.rules.holds(Rule::MethodAllow) { refusal.with(ALLOW, &allowed.join(", ")) } else { refusal })
    }

    /// Disabled deletion is 405 (dist.delete.tag.02, dist.delete.manifest.03, dist.delete.blob.03), unless such a rule is
    /// broken.
    fn pretend_deletion(&self, route: &Route) -> Result<(), Refusal> {
        use crate::path::Reference::{Digest, Tag};
        match route {
            Route::Manifest(_, Tag(_)) if self.rules.breaks(Rule::DeleteTagDisabled) => {
                Err(Refusal::not_found(Code::ManifestUnknown, "no such tag"))
            }
            Route::Manifest(_, Digest(_)) if self.rules.breaks(Rule::DeleteManifestDisabled) => {
                Err(Refusal::plain(StatusCode::ACCEPTED, ""))
            }
            Route::Blob(..) if self.rules.breaks(Rule::DeleteBlobDisabled) => {
                Err(Refusal::not_found(Code::BlobUnknown, "no such blob"))
            }
            _ => Ok(()),
        }
    }

    /// Runs a part that blocks on files.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let store = self.store.clone();
        Ok(spawn_blocking(move || work(&store)).await.map_err(|error| Refusal::lost(&error))??)
    }

    /// The address the client used, to be repeated in a challenge; only if it cannot break out of the quotes there.
    fn host(&self, parts: &Parts) -> String {
        let given = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let given = given.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
        let safe = |host: &&str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
        given.filter(safe).map_or_else(|| self.addr.to_string(), str::to_owned)
    }

    /// Adds `Warning` (dist.warning.02 and .03).
    fn warn(&self, response: &mut Response<Body>) {
        let faulty = [
            Rule::WarningCode,
            Rule::WarningAgent,
            Rule::WarningNoDate,
            Rule::WarningQuoted,
            Rule::WarningOnErrors,
            Rule::WarningLength,
        ];
        let error = response.status().is_client_error();
        let broken = faulty.into_iter().find(|rule| self.rules.breaks(*rule));
        let broken = broken.filter(|rule| error || *rule != Rule::WarningOnErrors);
        let text = match (&self.config.warning, broken) {
            (Some(text), _) => text.as_str(),
            (None, Some(_)) => "This registry is deprecated.",
            (None, None) => return,
        };
        let line = match broken {
            Some(Rule::WarningQuoted) => format!("299 - {text}"),
            Some(Rule::WarningCode | Rule::WarningOnErrors) => format!("199 - \"{text}\""),
            Some(Rule::WarningAgent) => format!("299 plimsoll-registry \"{text}\""),
            Some(Rule::WarningNoDate) => format!("299 - \"{text}\" \"Wed, 21 Oct 2015 07:28:00 GMT\""),
            Some(Rule::WarningLength) => format!("299 - \"{}\"", "It is deprecated. ".repeat(120)),
            _ => format!("299 - \"{text}\""),
        };
        let Ok(value) = HeaderValue::from_str(&line) else { return };
        for _ in 0..self.rules.pick(Rule::WarningLength, 1, 2) {
            response.headers_mut().append(WARNING, value.clone());
        }
    }
}

/// Turns the answer to a GET into that to a HEAD: same header, no body. What a handler said about the length stands.
fn forget_body(response: &mut Response<Body>, rules: &Rules) {
    if rules.breaks(Rule::HeadType) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    }
    if rules.breaks(Rule::HeadValidator) {
        response.headers_mut().insert(ETAG, HeaderValue::from_static("\"head\""));
    }
    let length = response.body().size_hint().exact().filter(|length| *length > 0);
    if let Some(length) = length.filter(|_| !response.headers().contains_key(CONTENT_LENGTH)) {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    *response.body_mut() = empty();
}

/// What becomes of an escaped line break in a server that writes a path into its header as it is.
fn break_lines(path: &str, headers: &mut HeaderMap) {
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let field = path.split_once("\r\n").and_then(|(_, injected)| injected.split_once(": "));
    let Some((name, value)) = field else { return };
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

/// The refusal of everything in a repository that does not exist, or of one thing in one that does.
fn unknown(repository_exists: bool, code: Code, what: &str) -> Refusal {
    if repository_exists {
        Refusal::not_found(code, format!("{what} is not in this repository"))
    } else {
        Refusal::not_found(Code::NameUnknown, "there is no such repository")
    }
}

/// `Link` to the next page (RFC 5988), relative to the server.
fn next_link(target: &str, with_relation: bool, with_brackets: bool) -> String {
    let target = if with_brackets { format!("<{target}>") } else { target.to_owned() };
    if with_relation { format!("{target}; rel=\"next\"") } else { target }
}
