//! Answers to the challenges of a registry: Basic (RFC 7617) and Bearer with a token service.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::Value;
use url::Url;

use crate::client::Request;

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
    answers: Mutex<BTreeMap<Purpose, String>>,
}

/// What an answer is good for: a method on a repository of a host, with the repository a blob is mounted from.
type Purpose = (String, String, String, String);

/// A challenge of a `WWW-Authenticate` field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Scheme in lower case.
    pub scheme: String,
    /// Parameters, names in lower case.
    pub parameters: BTreeMap<String, String>,
}

impl Auth {
    pub(crate) const fn new(credentials: Option<Credentials>) -> Self {
        Self { credentials, answers: Mutex::new(BTreeMap::new()) }
    }

    /// An `Authorization` value that was accepted for the same purpose before.
    pub(crate) fn known(&self, request: &Request) -> Option<String> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(&purpose(request)).cloned()
    }

    /// An `Authorization` value for the challenges, if there is one to be had.
    pub(crate) async fn answer(&self, http: &reqwest::Client, request: &Request, fields: &[String]) -> Option<String> {
        let challenges: Vec<Challenge> = fields.iter().flat_map(|field| parse(field)).collect();
        let answer = match challenges.iter().find(|challenge| challenge.scheme == "bearer") {
            Some(bearer) => self.token(http, bearer).await.map(|token| format!("Bearer {token}")),
            None if challenges.iter().any(|challenge| challenge.scheme == "basic") => {
                self.credentials.as_ref().map(basic)
            }
            None => None,
        }?;
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(purpose(request), answer.clone());
        Some(answer)
    }

    /// Asks the token service. Without credentials the request goes out without any, which asks for an anonymous
    /// token.
    async fn token(&self, http: &reqwest::Client, challenge: &Challenge) -> Option<String> {
        let mut url = Url::parse(challenge.parameters.get("realm")?).ok()?;
        for name in ["service", "scope"] {
            if let Some(value) = challenge.parameters.get(name) {
                // Several scopes of one challenge stand in one parameter, separated by blanks.
                let values = if name == "scope" { value.split(' ').collect() } else { vec![value.as_str()] };
                for value in values {
                    url.query_pairs_mut().append_pair(name, value);
                }
            }
        }
        let mut request = http.get(url);
        if let Some(credentials) = &self.credentials {
            request = request.header("authorization", basic(credentials));
        }
        let response = request.send().await.ok()?;
        let body: Value = serde_json::from_slice(&response.bytes().await.ok()?).ok()?;
        // `token` and `access_token` mean the same; services send either or both.
        let token = ["token", "access_token"].iter().find_map(|name| body.get(*name)?.as_str())?;
        Some(token.to_owned())
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
    let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0));
    let verb = if request.method == Method::HEAD { Method::GET } else { request.method.clone() };
    (host, verb.to_string(), path[..end.unwrap_or(0)].to_owned(), from.unwrap_or_default())
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
    }
}
