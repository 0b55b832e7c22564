//! Answers to the challenges of a registry: Basic (RFC 7617) and Bearer with a token service.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::client::{Request, SendError, chain, read_body};
use crate::redact;

/// User and password.
#[derive(Clone)]
pub struct Credentials {
    /// User.
    pub user: String,
    /// Password or token.
    pub password: String,
}

/// Never shows the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Credentials and the answers that worked, by what they are good for.
#[derive(Debug)]
pub struct Auth {
    credentials: Option<Credentials>,
    /// The registry. Nobody else is told anything, but for its token service.
    home: Url,
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    by_purpose: BTreeMap<Purpose, String>,
    /// The registry was content with Basic, which is good for everything.
    basic: bool,
}

/// What an answer is good for: a right in a repository, with the repository a blob is mounted from.
type Purpose = (Right, String, String);

/// What a request asks for. Scopes are sold for these and not for methods, so that one token serves a whole upload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Right {
    Read,
    Write,
    Other(String),
}

/// Largest answer of a token service that is read, in bytes.
const MAX_TOKEN_BODY: usize = 256 << 10;

/// A challenge of a `WWW-Authenticate` field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Scheme in lower case.
    pub scheme: String,
    /// Parameters, names in lower case.
    pub parameters: BTreeMap<String, String>,
}

impl Auth {
    pub(crate) fn new(credentials: Option<Credentials>, home: &Url) -> Self {
        Self { credentials, home: home.clone(), answers: Mutex::default() }
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An `Authorization` value that was accepted for the same purpose before.
    pub(crate) fn known(&self, request: &Request) -> Option<String> {
        if request.url.origin() != self.home.origin() {
            return None;
        }
        let answers = self.answers();
        let basic = || self.credentials.as_ref().filter(|_| answers.basic).map(basic);
        answers.by_purpose.get(&purpose(request)).cloned().or_else(basic)
    }

    /// Everything secret that the server may have learned from this request.
    pub(crate) fn secrets(&self, request: &Request) -> Vec<String> {
        let value = |authorization: String| authorization.split_once(' ').map(|(_, value)| value.to_owned());
        let own = self.credentials.iter().flat_map(|c| [Some(c.password.clone()), value(basic(c))]);
        own.chain([self.known(request).and_then(value)]).flatten().collect()
    }

    /// An `Authorization` value for the challenges, if there is one to be had.
    pub(crate) async fn answer(
        &self,
        http: &reqwest::Client,
        request: &Request,
        fields: &[String],
    ) -> Result<Option<String>, SendError> {
        if request.url.origin() != self.home.origin() {
            return Ok(None);
        }
        let challenges: Vec<Challenge> = fields.iter().flat_map(|field| parse(field)).collect();
        let takes_basic = challenges.iter().any(|challenge| challenge.scheme == "basic");
        if let Some(bearer) = challenges.iter().find(|challenge| challenge.scheme == "bearer") {
            let purpose = purpose(request);
            match self.token(http, bearer, &purpose).await {
                Ok(Some(token)) => {
                    let answer = format!("Bearer {token}");
                    self.answers().by_purpose.insert(purpose, answer.clone());
                    return Ok(Some(answer));
                }
                Err(error) if !takes_basic => return Err(error),
                _ => {}
            }
        }
        let answer = self.credentials.as_ref().filter(|_| takes_basic).map(basic);
        self.answers().basic |= answer.is_some();
        Ok(answer)
    }

    /// Asks the token service. Without credentials the request goes out without any, which asks for an anonymous
    /// token. `None` when the service refuses: then the challenge is the registry's last word.
    async fn token(
        &self,
        http: &reqwest::Client,
        challenge: &Challenge,
        purpose: &Purpose,
    ) -> Result<Option<String>, SendError> {
        let mut url = self.service(challenge, None)?;
        let realm = url.to_string();
        let failed = |reason: String| SendError::NoToken { realm: shown(&realm), reason };
        // Several scopes of one challenge stand in one parameter, separated by blanks. The right to read the source of a
        // mount is for the client to ask for: the challenge need not name it.
        let asked = challenge.parameters.get("scope").map(String::as_str).unwrap_or_default();
        let source = Some(format!("repository:{}:pull", purpose.2)).filter(|_| !purpose.2.is_empty());
        for scope in asked.split_whitespace().chain(source.as_deref().filter(|source| !asked.contains(source))) {
            url.query_pairs_mut().append_pair("scope", scope);
        }
        let mut request = http.get(url);
        if let Some(credentials) = &self.credentials {
            request = request.header("authorization", basic(credentials));
        }
        let unreachable = |error: reqwest::Error| failed(chain(&error.without_url()));
        let response = request.send().await.map_err(unreachable)?;
        match response.status().as_u16() {
            200..=299 => {}
            401 | 403 => return Ok(None),
            status => return Err(failed(format!("it answers {status}"))),
        }
        let (body, cut) = read_body(response, MAX_TOKEN_BODY).await.map_err(unreachable)?;
        if cut {
            return Err(failed(format!("its answer has more than {MAX_TOKEN_BODY} bytes")));
        }
        let body: Value =
            serde_json::from_slice(&body).map_err(|error| failed(format!("its answer is no JSON ({error})")))?;
        match token_in(&body) {
            Some(token) if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Ok(Some(token.to_owned()))
            }
            Some(_) => Err(failed("its token cannot be sent in a header field".to_owned())),
            None => Err(failed("its answer holds neither `token` nor `access_token`".to_owned())),
        }
    }
}

impl Auth {
    /// The address of the token service of a challenge; for another service than it names, if wanted.
    fn service(&self, challenge: &Challenge, other: Option<&str>) -> Result<Url, SendError> {
        let realm = challenge.parameters.get("realm").map(String::as_str).unwrap_or_default();
        let failed = |reason: String| SendError::NoToken { realm: shown(realm), reason };
        let mut url = Url::parse(realm).map_err(|error| failed(format!("the realm is no URL ({error})")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(failed("the realm is no URL of HTTP".to_owned()));
        }
        if self.credentials.is_some() && self.home.scheme() == "https" && url.scheme() == "http" {
            return Err(failed(
                "the registry is encrypted and its token service is not; no password goes there".into(),
            ));
        }
        if let Some(service) = other.or(challenge.parameters.get("service").map(String::as_str)) {
            url.query_pairs_mut().append_pair("service", service);
        }
        Ok(url)
    }

    /// The request by which a token with this scope is bought.
    pub(crate) fn token_request(
        &self,
        challenge: &Challenge,
        service: Option<&str>,
        scope: &str,
    ) -> Result<Request, SendError> {
        let mut url = self.service(challenge, service)?;
        url.query_pairs_mut().append_pair("scope", scope);
        let mut request = Request::new(Method::GET, url);
        request.headers.extend(self.credentials.as_ref().map(|own| ("Authorization".to_owned(), basic(own))));
        Ok(request)
    }
}

/// A token in the answer of a token service. `token` and `access_token` mean the same; services send either or both.
pub(crate) fn token_in(body: &Value) -> Option<&str> {
    ["token", "access_token"].iter().find_map(|name| body.get(*name)?.as_str())
}

/// A realm for people.
fn shown(realm: &str) -> String {
    const LONGEST: usize = 200;
    let text = redact::text(realm);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None if text.is_empty() => "a service without an address".to_owned(),
        None => text,
    }
}

fn basic(credentials: &Credentials) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", credentials.user, credentials.password)))
}

fn purpose(request: &Request) -> Purpose {
    let url = &request.url;
    let path = url.path().strip_prefix("/v2/").unwrap_or_default();
    let end = ["/blobs/", "/manifests/", "/tags/", "/referrers/"].iter().filter_map(|part| path.find(part)).min();
    let from = url.query_pairs().find(|(name, _)| name == "from").map(|(_, from)| from.into_owned());
    let right = match request.method {
        Method::GET | Method::HEAD => Right::Read,
        Method::POST | Method::PUT | Method::PATCH => Right::Write,
        _ => Right::Other(request.method.to_string()),
    };
    (right, path[..end.unwrap_or(0)].to_owned(), from.unwrap_or_default())
}

/// Reads one field, which may hold several challenges; values may be quoted or not.
pub fn parse(field: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    for item in split(field) {
        let (before, value) = item.split_once('=').map_or((item.as_str(), None), |(b, v)| (b, Some(v)));
        let mut words: Vec<&str> = before.split_whitespace().collect();
        let name = if value.is_some() { words.pop() } else { None };
        if let Some(scheme) = words.first() {
            challenges.push(Challenge { scheme: scheme.to_ascii_lowercase(), parameters: BTreeMap::new() });
        }
        if let (Some(challenge), Some(name), Some(value)) = (challenges.last_mut(), name, value) {
            let value = value.trim().trim_matches('"').replace("\\\"", "\"");
            challenge.parameters.insert(name.to_ascii_lowercase(), value);
        }
    }
    challenges
}

/// Splits at commas outside quotes.
fn split(field: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut quoted = false;
    let mut escaped = false;
    for c in field.chars() {
        if c == ',' && !quoted {
            items.push(String::new());
            continue;
        }
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = c == '\\' && !escaped;
        if let Some(last) = items.last_mut() {
            last.push(c);
        }
    }
    items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_way_of_writing_a_challenge() {
        let field = r#"Bearer realm="https://auth.example/token",service=reg,scope="repository:a/b:pull,push", Basic realm="x""#;
        let challenges = parse(field);
        assert_eq!(challenges.len(), 2);
        assert_eq!(challenges[0].scheme, "bearer");
        assert_eq!(challenges[0].parameters["scope"], "repository:a/b:pull,push");
        assert_eq!(challenges[0].parameters["service"], "reg");
        assert_eq!(challenges[1].scheme, "basic");
        assert_eq!(parse("Negotiate")[0].scheme, "negotiate");
        assert_eq!(parse("").len(), 0);
        let odd = parse(r#"BEARER  Realm = http://h/t , Service="a \"b\", c",, Basic"#);
        assert_eq!(odd[0].scheme, "bearer");
        assert_eq!(odd[0].parameters["realm"], "http://h/t");
        assert_eq!(odd[0].parameters["service"], r#"a "b", c"#);
        assert_eq!(odd[1].scheme, "basic");
    }

    #[test]
    fn an_answer_is_good_for_a_right_in_a_repository() {
        let purpose = |method, path: &str| {
            let url = Url::parse("http://h").unwrap().join(path).unwrap();
            super::purpose(&Request::new(method, url))
        };
        let write = purpose(Method::POST, "/v2/a/b/blobs/uploads/");
        assert_eq!(write, purpose(Method::PATCH, "/v2/a/b/blobs/uploads/x?state=1"));
        assert_eq!(write, purpose(Method::PUT, "/v2/a/b/manifests/v1"));
        assert_ne!(write, purpose(Method::POST, "/v2/a/b/blobs/uploads/?mount=sha256:0&from=c"));
        assert_ne!(write, purpose(Method::POST, "/v2/a/blobs/uploads/"));
        assert_ne!(write, purpose(Method::GET, "/v2/a/b/manifests/v1"));
        assert_ne!(write, purpose(Method::DELETE, "/v2/a/b/manifests/v1"));
        assert_eq!(purpose(Method::HEAD, "/v2/a/tags/list"), purpose(Method::GET, "/v2/a/referrers/sha256:0"));
    }
}
