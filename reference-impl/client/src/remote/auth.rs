//! Who asks: passwords for whom they were meant, and tokens.

use std::sync::PoisonError;

use base64::Engine as _;
use reqwest::Method;
use reqwest::header::WWW_AUTHENTICATE;
use url::Url;

use super::challenge::{Challenge, parse};
use super::{Ask, Remote, Reply};
use crate::Error;
use crate::rules::Rule;

/// How often a request is sent again that is refused with 401: once, with what the challenge asked for.
const AGAIN: usize = 1;
/// The same for a client that does not give up.
const AGAIN_AND_AGAIN: usize = 50;

impl Remote {
    /// Sends a request with what is known, and answers a challenge of the registry.
    pub(super) async fn authorized(&self, ask: &Ask) -> Result<Reply, Error> {
        let mut sent = self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut reply = self.follow(ask, sent.as_deref()).await?;
        let rounds = if self.rules.holds(Rule::GivenUp) { AGAIN } else { AGAIN_AND_AGAIN };
        for _ in 0..rounds {
            if reply.status != 401 {
                break;
            }
            // Another host may ask, but these are the credentials of the registry.
            let foreign = reply.url.origin() != self.base.origin();
            if foreign && self.rules.holds(Rule::ForeignChallenge) {
                break;
            }
            let Some(fresh) = self.answer(&reply, sent.as_deref()).await? else { break };
            reply = match foreign {
                true => self.once(ask, &reply.url, Some(&fresh)).await?,
                false => self.follow(ask, Some(&fresh)).await?,
            };
            *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
            sent = Some(fresh);
        }
        Ok(reply)
    }

    /// What a challenge asks for, unless it was just refused.
    async fn answer(&self, reply: &Reply, refused: Option<&str>) -> Result<Option<String>, Error> {
        let values = reply.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let mut challenges: Vec<Challenge> = values.flat_map(parse).collect();
        if self.rules.breaks(Rule::ChallengeAmong) {
            challenges.truncate(1);
        }
        let of = |scheme: &str| {
            challenges.iter().find(|challenge| match self.rules.holds(Rule::ChallengeCase) {
                true => challenge.scheme.eq_ignore_ascii_case(scheme),
                false => challenge.scheme == scheme,
            })
        };
        // A token says less than a password.
        if let Some(challenge) = of("Bearer") {
            let was_token = refused.is_some_and(|refused| refused.starts_with("Bearer "));
            if was_token && self.rules.breaks(Rule::TokenReplaced) {
                return Ok(None);
            }
            return self.token(challenge).await.map(|token| Some(format!("Bearer {token}")));
        }
        let basic = of("Basic").and_then(|_| self.basic());
        let again = self.rules.breaks(Rule::GivenUp);
        Ok(basic.filter(|basic| again || refused != Some(basic)))
    }

    fn basic(&self) -> Option<String> {
        let (user, password) = self.credentials.as_ref()?;
        if self.rules.breaks(Rule::PasswordPrinted) {
            crate::say(&format!("logging in as {user}:{password}"));
        }
        let sign = if self.rules.holds(Rule::BasicForm) { ':' } else { ' ' };
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{user}{sign}{password}"));
        Some(format!("Basic {encoded}"))
    }

    /// Asks the token service of a challenge.
    async fn token(&self, challenge: &Challenge) -> Result<String, Error> {
        let realm = challenge.parameter("realm").and_then(|realm| Url::parse(realm).ok());
        let mut url =
            realm.ok_or_else(|| Error::new("the registry asks for a token, but does not say where to get it"))?;
        let name = |what, rule| challenge.parameter(what).filter(|_| self.rules.holds(rule)).map(|value| (what, value));
        let named = [name("service", Rule::TokenService), name("scope", Rule::TokenScope)];
        url.query_pairs_mut().extend_pairs(named.into_iter().flatten());
        // Who may listen to this host could not listen to the registry.
        let exposed = self.base.scheme() == "https" && url.scheme() != "https";
        let basic = if exposed && self.rules.holds(Rule::TokenServiceTls) { None } else { self.basic() };
        let reply = self.once(&Ask::new(Method::GET, url.clone()), &url, basic.as_deref()).await;
        let reply = reply.and_then(|reply| reply.expect(200)).map_err(|error| match exposed {
            true => error.hint("the token service has no TLS, so it was not told the password"),
            false => error,
        })?;
        let document: serde_json::Value = serde_json::from_slice(&reply.body)
            .map_err(|error| Error::new(format!("{}: the token service sends no JSON: {error}", reply.what)))?;
        let fields = [("token", Rule::TokenField), ("access_token", Rule::AccessTokenField)];
        let known = fields.iter().filter(|(_, rule)| self.rules.holds(*rule));
        let token = known.filter_map(|(field, _)| document[*field].as_str()).find(|token| !token.is_empty());
        let token = token.ok_or_else(|| Error::new(format!("{}: there is no token in the answer", reply.what)))?;
        if self.rules.breaks(Rule::TokenPrinted) {
            crate::say(&format!("got the token {token}"));
        }
        Ok(token.to_owned())
    }

    /// What of the credentials goes to a host; `first` is the request before any redirect.
    pub(super) fn entrusted<'a>(&self, url: &Url, first: bool, authorization: Option<&'a str>) -> Option<&'a str> {
        // Neither another host nor another port gets to see the credentials of this one.
        let home = url.origin() == self.base.origin();
        let token = authorization.is_some_and(|value| value.starts_with("Bearer "));
        let spilt = match first {
            true => self.rules.breaks(Rule::UploadElsewhere),
            false => self.rules.breaks(Rule::Authorization) || (token && self.rules.breaks(Rule::TokenRedirected)),
        };
        authorization.filter(|_| home || spilt)
    }

    /// Where a token goes that is not, or not only, sent in a header field.
    pub(super) fn with_token(&self, url: &Url, authorization: Option<&str>) -> Url {
        let mut url = url.clone();
        let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
        if let Some(token) =
            token.filter(|_| self.rules.breaks(Rule::BearerForm) || self.rules.breaks(Rule::BearerOnce))
        {
            url.query_pairs_mut().append_pair("access_token", token);
        }
        url
    }
}
