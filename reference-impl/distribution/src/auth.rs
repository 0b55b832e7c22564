//! Who is asking, and what they may do.
//!
//! The distribution specification leaves authentication to HTTP. Basic is RFC 7617. Bearer is the scheme registries share:
//! a 401 names a token service and a scope, the service sells a token for it, the request is repeated. Here the service is
//! part of the registry; its tokens are random, kept in memory, and good for the scopes they were sold for.
//!
//! A refusal is the same whether or not there is anything to refuse: rights are looked at before content.

mod tokens;
mod wanted;

use crate::{
    config::{Auth, Config},
    errors::{Code, Refusal},
    query::Query,
    reply::Reply,
    rules::{Rule, Rules},
    users::{Action, Users, Who},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use tokens::{Asked, Standing, Tokens};
pub(crate) use wanted::Wanted;

/// The name of this registry in challenges.
const SERVICE: &str = "plimsoll-registry";

/// Checks credentials.
pub(crate) struct Guard {
    auth: Auth,
    rules: Rules,
    tokens: Tokens,
    https: bool,
}

impl Guard {
    pub(crate) fn new(config: &Config) -> Self {
        let tokens = Tokens::new(config.token_lifetime, config.rules);
        Self { auth: config.auth.clone(), rules: config.rules, tokens, https: config.tls.is_some() }
    }

    /// Refuses a request that its credentials do not cover; without a repository any credentials do.
    pub(crate) fn check(&self, headers: &HeaderMap, host: &str, wanted: Option<Wanted<'_>>) -> Result<(), Refusal> {
        match &self.auth {
            Auth::None => Ok(()),
            Auth::Basic(users) => self.check_basic(users, headers, wanted),
            Auth::Bearer(_) => self.check_bearer(headers, host, wanted),
        }
    }

    fn check_basic(&self, users: &Users, headers: &HeaderMap, wanted: Option<Wanted<'_>>) -> Result<(), Refusal> {
        let challenge = || self.unauthorized(&format!("Basic realm=\"{SERVICE}\", charset=\"UTF-8\""));
        let who = self.basic_user(users, headers).ok_or_else(challenge)?;
        let allowed = match (&who, wanted) {
            // Who may do something somewhere need not log in to hear that this is a registry.
            (Who::Nobody, None) => !users.anonymous.is_empty(),
            (Who::User(_), None) => true,
            (who, Some(wanted)) => {
                users.allows(*who, wanted.name, wanted.action, &self.rules)
                    || self.careless(wanted, matches!(who, Who::User(_)))
            }
        };
        match who {
            _ if allowed => Ok(()),
            Who::Nobody => Err(challenge()),
            Who::User(_) => Err(Refusal::new(StatusCode::FORBIDDEN, Code::Denied, "this user may not do that there")),
        }
    }

    fn check_bearer(&self, headers: &HeaderMap, host: &str, wanted: Option<Wanted<'_>>) -> Result<(), Refusal> {
        let given = bearer(headers);
        let standing = self.tokens.standing(given, wanted);
        let known = matches!(standing, Standing::Granted | Standing::Withheld | Standing::Elsewhere);
        if wanted.is_some_and(|wanted| self.careless(wanted, known)) {
            return Ok(());
        }
        let scope = wanted.map(|wanted| format!(",scope=\"repository:{}:{}\"", wanted.name, wanted.action.scope()));
        let challenge = |error: &str| {
            self.unauthorized(&format!("{}{}{error}", self.challenge(host), scope.as_deref().unwrap_or_default()))
        };
        match standing {
            Standing::Granted => Ok(()),
            // Asked for and withheld: another challenge would send the client in circles.
            Standing::Withheld => {
                Err(Refusal::new(StatusCode::FORBIDDEN, Code::Denied, "this token was sold without that scope"))
            }
            Standing::Elsewhere => Err(challenge(",error=\"insufficient_scope\"")),
            Standing::Unknown if given.is_none() => Err(challenge("")),
            Standing::Unknown if self.rules.breaks(Rule::TokenInvalidStatus) => {
                Err(Refusal::bad_request(Code::Denied, "this token is no good"))
            }
            Standing::Unknown => Err(challenge(",error=\"invalid_token\"")),
        }
    }

    /// Whether an endpoint does not look closely enough at who is asking.
    fn careless(&self, wanted: Wanted<'_>, logged_in: bool) -> bool {
        wanted.anybody.is_some_and(|rule| self.rules.breaks(rule)) || logged_in && self.rules.breaks(wanted.any_user)
    }

    /// Whether the credentials of a request also cover something it mentions, such as the source of a mount.
    pub(crate) fn allows(&self, headers: &HeaderMap, wanted: Wanted<'_>) -> bool {
        self.check(headers, "", Some(wanted)).is_ok()
    }

    /// Who sends Basic credentials; none for ones that are wrong, which never pass for none at all.
    fn basic_user<'a>(&self, users: &'a Users, headers: &HeaderMap) -> Option<Who<'a>> {
        match basic(headers) {
            Some((name, password)) => users.find(&name, &password, &self.rules).map(Who::User),
            None => (!headers.contains_key(header::AUTHORIZATION)).then_some(Who::Nobody),
        }
    }

    fn challenge(&self, host: &str) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("Bearer realm=\"{scheme}://{host}/token\",service=\"{SERVICE}\"")
    }

    fn unauthorized(&self, challenge: &str) -> Refusal {
        let refusal = Refusal::new(StatusCode::UNAUTHORIZED, Code::Unauthorized, "authentication required");
        let challenged = self.rules.holds(Rule::ChallengeSent);
        if challenged { refusal.with(header::WWW_AUTHENTICATE, challenge) } else { refusal }
    }

    /// Sells a token. `form` is the query of a GET, or the body of an OAuth2 POST with the password grant.
    pub(crate) fn sell(&self, headers: &HeaderMap, form: &Query, oauth2: bool) -> Result<Reply, Refusal> {
        let Auth::Bearer(users) = &self.auth else {
            return Err(Refusal::not_found(Code::Unsupported, "this registry has no token service"));
        };
        let rules = &self.rules;
        let who = if oauth2 {
            if form.get("grant_type") != Some("password") {
                return Err(Refusal::bad_request(Code::Unsupported, "the only grant_type is password"));
            }
            let given = form.get("username").zip(form.get("password"));
            given.and_then(|(name, password)| users.find(name, password, rules)).map(Who::User)
        } else {
            self.basic_user(users, headers)
        };
        let who = match who {
            Some(Who::Nobody) if users.anonymous.is_empty() => None,
            who => who,
        };
        let Some(who) = who else {
            return Err(self.unauthorized(&format!("Basic realm=\"{SERVICE}\", charset=\"UTF-8\"")));
        };
        let asked = form.all("scope").flat_map(|scopes| scopes.split(' ')).filter_map(scope).flatten();
        let service = form.get("service").unwrap_or(SERVICE);
        let token = self.tokens.sell(asked, service, |name, action| {
            let generous = match who {
                Who::Nobody => rules.breaks(Rule::TokenSoldToNobody),
                Who::User(_) => rules.breaks(Rule::TokenSoldChecked),
            };
            generous || users.allows(who, name, action, rules)
        });
        let answer = json!({ "token": token, "access_token": token, "expires_in": self.tokens.lifetime().as_secs() });
        let reply = Reply::new(StatusCode::OK).header(header::CONTENT_TYPE, "application/json");
        Ok(reply.header(header::CACHE_CONTROL, "no-store").json(&answer))
    }
}

/// Reads `repository:NAME:ACTION,ACTION`; the name may hold colons no more than the grammar lets it.
fn scope(text: &str) -> Option<impl Iterator<Item = Asked> + use<>> {
    let (name, actions) = text.strip_prefix("repository:")?.rsplit_once(':')?;
    let name = name.to_owned();
    let actions: Vec<_> = actions.split(',').filter_map(Action::from_name).collect();
    Some(actions.into_iter().map(move |action| (name.clone(), action)))
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
