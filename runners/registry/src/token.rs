//! Buys a token as a value of a case, so that it can be sent where it does not belong.

use std::time::{Duration, Instant};

use plimsoll_engine::json;
use plimsoll_engine::trial::End;
use plimsoll_suite::case::{Identity, Step};
use plimsoll_suite::position::At;
use plimsoll_suite::template::Template;
use reqwest::Method;
use serde_json::Value;

use crate::auth::{self, Challenge};
use crate::client::{Request, Response};
use crate::steps::{Halt, Walk};
use crate::transcript;

/// How long a token lives whose service does not say so, by the custom of token services.
const USUAL_LIFE: Duration = Duration::from_mins(1);

/// Asks the token service that the registry names. Its answer is judged like any other, but it is not the registry's, so
/// nobody watches it.
pub(crate) async fn token(walk: &mut Walk<'_>, step: &At<Step>, scope: &At<Template>) -> Result<Option<End>, Halt> {
    let scope = walk.scope.text(scope)?;
    let service = step.service.as_ref().map(|service| walk.scope.text(service)).transpose()?;
    let challenge = match challenge(walk).await {
        Ok(challenge) => challenge,
        Err(end) => return Ok(Some(end)),
    };
    let request = walk.client.token_request(step.identity, &challenge, service.as_deref(), &scope);
    let request = match request {
        Ok(request) => request,
        Err(error) => return Ok(Some(End::Blocked(error.to_string()))),
    };
    let started = Instant::now();
    let result = walk.client.send(&request).await;
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Ok(response) = &result {
        walk.secrets.extend(secrets(response));
    }
    let exchange = transcript::record(walk.trial, &request, &result, millis, &walk.redactor(&request));
    let response = match result {
        Ok(response) => response,
        Err(error) => return Ok(Some(walk.no_answer(step, &error, exchange, &request))),
    };
    let judgement = walk.judge(step, &request, &response).await?;
    if let (200, Some(most)) = (response.status, &step.lives)
        && let life = life(&response)
        && life > most.0
    {
        let (life, most) = (life.as_secs(), most.0.as_secs());
        let reason = format!("its tokens live {life} s, and nobody waits here for more than {most} s");
        return Ok(Some(End::Skipped(reason)));
    }
    walk.settle(step, &request, exchange, judgement)
}

/// The token in the answer of a token service, if it can be sent.
pub(crate) fn bought(response: &Response) -> Option<String> {
    let body = json::strict(&response.body).ok()?;
    let token = auth::token_in(&body)?;
    (!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())).then(|| token.to_owned())
}

/// The challenge with which the registry names its token service.
async fn challenge(walk: &Walk<'_>) -> Result<Challenge, End> {
    let url = walk.base.join("/v2/").map_err(|error| End::Error(error.to_string()))?;
    let ping = Request { identity: Some(Identity::Anonymous), ..Request::new(Method::GET, url) };
    let answer = walk.send(&ping).await.0.map_err(|error| End::Error(error.to_string()))?;
    let fields = answer.field("www-authenticate");
    let found = fields.iter().flat_map(|field| auth::parse(field)).find(|challenge| challenge.scheme == "bearer");
    found.ok_or_else(|| End::Blocked("the answer to GET /v2/ without credentials names no token service".to_owned()))
}

/// Everything in the answer that may let somebody in.
fn secrets(response: &Response) -> Vec<String> {
    let body = json::strict(&response.body).unwrap_or_default();
    let members = body.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| name.contains("token"))
        .filter_map(|(_, value)| value.as_str().map(str::to_owned))
        .collect()
}

fn life(response: &Response) -> Duration {
    let body = json::strict(&response.body).unwrap_or_default();
    body.get("expires_in").and_then(Value::as_u64).map_or(USUAL_LIFE, Duration::from_secs)
}
