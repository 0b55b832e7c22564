//! Tokens of the built-in service: opaque, random, short-lived, and bound to scopes and to a service.

use super::{SERVICE, wanted::Wanted};
use crate::{
    path::Name,
    rules::{Rule, Rules},
    users::Action,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Most tokens kept; beyond it expired ones go, then all, and their holders buy new ones.
const MOST: usize = 100_000;
/// Length of a token: two UUIDs in hex.
const LENGTH: usize = 64;

/// An action in a repository that a token was asked for.
pub(super) type Asked = (String, Action);

/// What a token says about an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Granted,
    /// The service was asked for it and did not grant it.
    Withheld,
    /// The token was sold for something else.
    Elsewhere,
    /// No token, or none that is good here and now.
    Unknown,
}

struct Token {
    expires: Instant,
    service: String,
    granted: HashSet<Asked>,
    withheld: HashSet<Asked>,
}

pub(super) struct Tokens {
    lifetime: Duration,
    rules: Rules,
    sold: Mutex<HashMap<String, Token>>,
}

impl Tokens {
    pub(super) fn new(lifetime: Duration, rules: Rules) -> Self {
        Self { lifetime, rules, sold: Mutex::default() }
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Token>> {
        self.sold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sells a token for those of the scopes that are allowed.
    pub(super) fn sell(
        &self,
        asked: impl Iterator<Item = Asked>,
        service: &str,
        allowed: impl Fn(&Name, Action) -> bool,
    ) -> String {
        let allowed =
            |(name, action): &Asked| Name::parse(name, &self.rules).is_some_and(|name| allowed(&name, *action));
        let (granted, withheld) = asked.take(1000).partition(allowed);
        // Two version 4 UUIDs: 244 random bits of the system.
        let text = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let now = Instant::now();
        let mut sold = self.lock();
        if sold.len() >= MOST {
            sold.retain(|_, token| token.expires > now);
        }
        if sold.len() >= MOST {
            sold.clear();
        }
        sold.insert(
            text.clone(),
            Token { expires: now + self.lifetime, service: service.to_owned(), granted, withheld },
        );
        text
    }

    /// What the token is good for; without a repository any valid token is good.
    pub(super) fn standing(&self, token: Option<&str>, wanted: Option<Wanted<'_>>) -> Standing {
        let Some(text) = token else { return Standing::Unknown };
        let rules = &self.rules;
        let wanted = wanted.map(|wanted| (wanted.name.as_str(), wanted.action));
        if rules.breaks(Rule::TokenIssued) || rules.breaks(Rule::TokenSigned) && claims(text, wanted) {
            return Standing::Granted;
        }
        let known = match text.get(..LENGTH) {
            Some(start) if rules.breaks(Rule::TokenWhole) => start,
            _ => text,
        };
        let sold = self.lock();
        let Some(token) = sold.get(known).filter(|token| self.is_valid(token)) else { return Standing::Unknown };
        let Some(wanted) = wanted else { return Standing::Granted };
        let named = |scopes: &HashSet<Asked>| scopes.iter().any(|(name, action)| (name.as_str(), *action) == wanted);
        if named(&token.granted) || token.granted.iter().any(|sold| self.stretches(sold, wanted)) {
            Standing::Granted
        } else if named(&token.withheld) {
            Standing::Withheld
        } else {
            Standing::Elsewhere
        }
    }

    fn is_valid(&self, token: &Token) -> bool {
        (token.expires > Instant::now() || self.rules.breaks(Rule::TokenExpires))
            && (token.service == SERVICE || self.rules.breaks(Rule::TokenService))
    }

    /// Whether a careless registry takes what was sold for something else.
    fn stretches(&self, (name, action): &Asked, wanted: (&str, Action)) -> bool {
        let rules = &self.rules;
        let same = name == wanted.0;
        let below = wanted.0.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('/'));
        rules.breaks(Rule::TokenRepository) && *action == wanted.1
            || rules.breaks(Rule::TokenBelow) && below && *action == wanted.1
            || rules.breaks(Rule::TokenAction) && same && wanted.1 == Action::Push
            || rules.breaks(Rule::TokenDelete) && same && wanted.1 == Action::Delete
    }
}

/// Whether a token that nobody signed says that it is good for something: a JSON Web Token with `"alg": "none"`.
fn claims(token: &str, wanted: Option<(&str, Action)>) -> bool {
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let mut parts = token.split('.');
    let (Some(head), Some(body), Some(""), None) =
        (parts.next().and_then(json), parts.next().and_then(json), parts.next(), parts.next())
    else {
        return false;
    };
    let Some((name, action)) = wanted else { return head["alg"] == "none" };
    let access = body["access"].as_array().cloned().unwrap_or_default();
    let named = |access: &Value| access["actions"].as_array().is_some_and(|all| all.iter().any(|a| is(a, action)));
    head["alg"] == "none" && access.iter().any(|access| access["name"] == name && named(access))
}

fn is(name: &Value, action: Action) -> bool {
    name.as_str().and_then(Action::from_name) == Some(action)
}
