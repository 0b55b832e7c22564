//! Who is asking, and what they may do.
//!
//! The distribution specification leaves authentication to HTTP. Basic is RFC 7617. Bearer is the scheme registries share:
//! a 401 names a token service and a scope, the service sells a token for it, the request is repeated. Here the service is
//! part of the registry; its tokens are random, kept in memory, and good for the scopes they were sold for.

mod tokens;

use crate::{
    config::{Auth, Config},
    errors::{Code, Refusal},
    path::Name,
    query::Query,
    reply::Reply,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokens::{Standing, Tokens};

/// The name of this registry in challenges.
const SERVICE: &str = "plimsoll-registry";

/// What a request does to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Pull,
    Push,
    Delete,
}

impl Action {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "pull" => Some(Self::Pull),
            "push" => Some(Self::Push),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }

    /// What a client should ask the token service for. Pushing looks for blobs first.
    fn scope(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
            Self::Delete => "delete",
        }
    }
}

/// Checks credentials.
pub(crate) struct Guard {
    auth: Auth,
    tokens: Tokens,
    https: bool,
}

impl Guard {
    pub(crate) fn new(config: &Config) -> Self {
        Self { auth: config.auth.clone(), tokens: Tokens::new(config.token_lifetime), https: config.tls.is_some() }
    }

    /// Refuses a request that its credentials do not cover; without a repository any credentials do.
    pub(crate) fn check(
        &self,
        headers: &HeaderMap,
        host: &str,
        wanted: Option<(&Name, Action)>,
    ) -> Result<(), Refusal> {
        match &self.auth {
            Auth::None => Ok(()),
            Auth::Basic { user, password } => match basic(headers) {
                Some(given) if matches(&given, user, password) => Ok(()),
                _ => Err(unauthorized(&format!("Basic realm=\"{SERVICE}\", charset=\"UTF-8\""))),
            },
            Auth::Bearer { .. } => match (self.tokens.standing(bearer(headers), wanted), wanted) {
                (Standing::Granted, _) => Ok(()),
                // Asked for and withheld: another challenge would send the client in circles.
                (Standing::Withheld, _) => {
                    Err(Refusal::new(StatusCode::FORBIDDEN, Code::Denied, "this token was sold without that scope"))
                }
                (Standing::Unknown, None) => Err(unauthorized(&self.challenge(host))),
                (Standing::Unknown, Some((name, action))) => {
                    let scope = format!("repository:{name}:{}", action.scope());
                    let error = if bearer(headers).is_some() { ",error=\"insufficient_scope\"" } else { "" };
                    Err(unauthorized(&format!("{},scope=\"{scope}\"{error}", self.challenge(host))))
                }
            },
        }
    }

    /// Whether the credentials of a request also cover something it mentions, such as the source of a mount.
    pub(crate) fn allows(&self, headers: &HeaderMap, name: &Name, action: Action) -> bool {
        self.check(headers, "", Some((name, action))).is_ok()
    }

    fn challenge(&self, host: &str) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("Bearer realm=\"{scheme}://{host}/token\",service=\"{SERVICE}\"")
    }

    /// Sells a token. `form` is the query of a GET, or the body of an OAuth2 POST with the password grant.
    pub(crate) fn sell(&self, headers: &HeaderMap, form: &Query, oauth2: bool) -> Result<Reply, Refusal> {
        let Auth::Bearer { user, password, anonymous_pull } = &self.auth else {
            return Err(Refusal::not_found(Code::Unsupported, "this registry has no token service"));
        };
        let given = if oauth2 {
            if form.get("grant_type") != Some("password") {
                return Err(Refusal::bad_request(Code::Unsupported, "the only grant_type is password"));
            }
            form.get("username").zip(form.get("password")).map(|(user, word)| (user.to_owned(), word.to_owned()))
        } else {
            basic(headers)
        };
        let known = match given {
            Some(given) if matches(&given, user, password) => true,
            // Wrong credentials never pass for none.
            None if *anonymous_pull && !headers.contains_key(header::AUTHORIZATION) => false,
            _ => return Err(unauthorized(&format!("Basic realm=\"{SERVICE}\", charset=\"UTF-8\""))),
        };
        let asked = form.all("scope").flat_map(|scopes| scopes.split(' ')).filter_map(scope).flatten();
        let token = self.tokens.sell(asked, |action| known || action == Action::Pull);
        let answer = json!({ "token": token, "access_token": token, "expires_in": self.tokens.lifetime().as_secs() });
        let reply = Reply::new(StatusCode::OK).header(header::CONTENT_TYPE, "application/json");
        Ok(reply.header(header::CACHE_CONTROL, "no-store").json(&answer))
    }
}

/// Reads `repository:NAME:ACTION,ACTION`; the name may hold colons no more than the grammar lets it.
fn scope(text: &str) -> Option<impl Iterator<Item = (String, Action)> + use<>> {
    let (name, actions) = text.strip_prefix("repository:")?.rsplit_once(':')?;
    let name = name.to_owned();
    let actions: Vec<_> = actions.split(',').filter_map(Action::from_name).collect();
    Some(actions.into_iter().map(move |action| (name.clone(), action)))
}

fn unauthorized(challenge: &str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, Code::Unauthorized, "authentication required")
        .with(header::WWW_AUTHENTICATE, challenge)
}

/// The value of `Authorization` for a scheme, whose name is case-insensitive.
fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (given, value) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| value.trim())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    credentials(headers, "Bearer")
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let decoded = String::from_utf8(STANDARD.decode(credentials(headers, "Basic")?).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Compares hashes, so that the time it takes tells nothing about how much of a guess was right.
fn matches(given: &(String, String), user: &str, password: &str) -> bool {
    let hash = |text: &str| Sha256::digest(text.as_bytes());
    (hash(&given.0) == hash(user)) & (hash(&given.1) == hash(password))
}
