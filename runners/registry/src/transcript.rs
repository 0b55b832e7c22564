//! Requests and responses as they are shown: without secrets.

use plimsoll_engine::event::{Exchange, Part};
use plimsoll_engine::trial::Trial;
use url::Url;

use crate::client::{Request, Response, SendError};

/// Header fields whose value is a secret.
const SECRET_FIELDS: [&str; 5] = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-registry-auth"];
/// Parts of the names of query parameters whose value is a secret, as in presigned URLs.
const SECRET_PARAMETERS: [&str; 6] = ["signature", "token", "credential", "sig", "secret", "password"];

/// Records an exchange and returns its index.
pub(crate) fn record(trial: &Trial, request: &Request, result: &Result<Response, SendError>, millis: u64) -> usize {
    let target = shown_target(&request.url);
    let answer = match result {
        Ok(response) => format!("{} {}", response.status, response.reason).trim_end().to_owned(),
        Err(_) => "no answer".to_owned(),
    };
    let mut sent = vec![format!("{} {target}", request.method)];
    sent.extend(request.headers.iter().map(|(name, value)| shown_field(name, value)));
    if request.anonymous {
        sent.push("(without credentials)".to_owned());
    }
    let received = result.as_ref().ok().map(|response| {
        let mut head = vec![answer.clone()];
        if response.url != request.url {
            head.push(format!("(after a redirect to {})", shown_url(&response.url)));
        }
        head.extend(response.headers.iter().map(|(name, value)| shown_field(name, value)));
        if response.cut {
            head.push("(the body was longer and is cut here)".to_owned());
        }
        let body = (!response.body.is_empty()).then(|| trial.body(&response.body));
        Part { head, body }
    });
    let body = request.body.as_ref().filter(|body| !body.is_empty()).map(|body| trial.body(body));
    trial.exchange(Exchange {
        summary: format!("{} {target} -> {answer}", request.method),
        sent: Part { head: sent, body },
        received,
        error: result.as_ref().err().map(ToString::to_string),
        duration_ms: millis,
    })
}

fn shown_field(name: &str, value: &str) -> String {
    if SECRET_FIELDS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
        return format!("{name}: <redacted>");
    }
    match Url::parse(value) {
        Ok(url) if name.eq_ignore_ascii_case("location") => format!("{name}: {}", shown_url(&url)),
        _ => format!("{name}: {value}"),
    }
}

/// Path and query, without secrets.
fn shown_target(url: &Url) -> String {
    let shown = shown_url(url);
    let host = shown.find("://").map_or(0, |n| n + 3);
    shown[host..].find('/').map_or_else(|| shown.clone(), |n| shown[host + n..].to_owned())
}

/// A URL without user, password and secret parameters.
pub(crate) fn shown_url(url: &Url) -> String {
    let mut shown = url.clone();
    // Only URLs without a host refuse this, and those have no user either.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        SECRET_PARAMETERS.iter().any(|secret| name == *secret || (secret.len() > 3 && name.contains(secret)))
    };
    if url.query_pairs().any(|(name, _)| is_secret(&name)) {
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(name, value)| {
                let value = if is_secret(&name) { "redacted".to_owned() } else { value.into_owned() };
                (name.into_owned(), value)
            })
            .collect();
        shown.query_pairs_mut().clear().extend_pairs(pairs);
    }
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show() {
        let url = Url::parse("https://u:p@store.example/x?X-Amz-Signature=abc&digest=sha256:1&sig=2").unwrap();
        let shown = shown_url(&url);
        assert!(!shown.contains("abc") && !shown.contains("u:p") && !shown.contains("sig=2"), "{shown}");
        assert!(shown.contains("digest=sha256"), "{shown}");
        assert_eq!(shown_field("Authorization", "Bearer x"), "Authorization: <redacted>");
    }
}
