//! Requests and responses as they are shown: without secrets.

use plimsoll_engine::event::{Exchange, Part};
use plimsoll_engine::trial::Trial;
use plimsoll_suite::case::Identity;
use url::Url;

use crate::client::{Request, Response, SendError};
use crate::redact::{self, Redactor};

/// Longest value of a header field that is shown whole, in bytes.
const LONGEST_VALUE: usize = 2 << 10;
/// Most bytes of header fields that are shown of one message.
const LONGEST_HEAD: usize = 32 << 10;

/// Records an exchange and returns its index.
pub(crate) fn record(
    trial: &Trial,
    request: &Request,
    result: &Result<Response, SendError>,
    millis: u64,
    redactor: &Redactor,
) -> usize {
    let raw = request.raw.clone().unwrap_or_default();
    let target = raw.target.as_deref().map_or_else(|| shown_target(&request.url), |target| redactor.text(target));
    let answer = match result {
        Ok(response) => format!("{} {}", response.status, response.reason).trim_end().to_owned(),
        Err(_) => "no answer".to_owned(),
    };
    let mut sent = vec![format!("{} {target}", request.method)];
    sent.extend(fields(&request.headers, redactor));
    sent.extend(request.identity.map(|identity| sender(identity).to_owned()));
    if let Some(after) = raw.break_off {
        sent.push(format!("(broken off after {after} bytes of the body)"));
    }
    let received = result.as_ref().ok().map(|response| {
        let mut head = vec![answer.clone()];
        if response.url != request.url {
            head.push(format!("(after a redirect to {})", redact::url(&response.url)));
        }
        head.extend(fields(&response.headers, redactor));
        if response.cut {
            head.push("(the body was longer and is cut here)".to_owned());
        }
        let body = (!response.body.is_empty()).then(|| trial.body(&redactor.body(&response.body)));
        Part { head, body }
    });
    let body = request.body.as_ref().filter(|body| !body.is_empty()).map(|body| trial.body(body));
    trial.exchange(Exchange {
        summary: format!("{} {target} -> {answer}", request.method),
        sent: Part { head: sent, body },
        received,
        error: result.as_ref().err().map(|error| redactor.text(&error.to_string())),
        duration_ms: millis,
    })
}

/// Who sent a request that is not of the configured user.
const fn sender(identity: Identity) -> &'static str {
    match identity {
        Identity::Anonymous => "(without credentials)",
        Identity::Other => "(as the second user)",
        Identity::WrongPassword => "(as the second user with a wrong password)",
        Identity::EmptyPassword => "(as the second user with an empty password)",
    }
}

/// Header fields as they are shown. A server that sends many long ones does not fill the record with them.
fn fields(fields: &[(String, String)], redactor: &Redactor) -> Vec<String> {
    let mut shown = Vec::new();
    let mut room = LONGEST_HEAD;
    for (index, (name, value)) in fields.iter().enumerate() {
        let line = field(name, value, redactor);
        let Some(left) = room.checked_sub(line.len()) else {
            shown.push(format!("(and {} more fields)", fields.len() - index));
            break;
        };
        room = left;
        shown.push(line);
    }
    shown
}

fn field(name: &str, value: &str, redactor: &Redactor) -> String {
    if redact::is_secret_field(name) {
        return format!("{name}: {}", redact::REDACTED);
    }
    let shown = redactor.text(value);
    let end = shown.floor_char_boundary(LONGEST_VALUE);
    let more = if end < shown.len() { format!("... ({} bytes)", value.len()) } else { String::new() };
    format!("{name}: {}{more}", &shown[..end])
}

/// Path and query, without secrets.
fn shown_target(url: &Url) -> String {
    let shown = redact::url(url);
    let host = shown.find("://").map_or(0, |n| n + 3);
    shown[host..].find('/').map_or_else(|| shown.clone(), |n| shown[host + n..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_fields_do_not_show() {
        let redactor = Redactor::new(vec!["hidden".to_owned()]);
        for name in ["Authorization", "Set-Cookie", "X-Amz-Security-Token"] {
            assert_eq!(field(name, "Bearer x", &redactor), format!("{name}: <redacted>"));
        }
        assert_eq!(field("X-Echo", "a hidden word", &redactor), "X-Echo: a <redacted> word");
        assert_eq!(
            field("Link", "<http://h/?sig=x>; rel=next", &redactor),
            "Link: <http://h/?sig=<redacted>>; rel=next"
        );
    }

    #[test]
    fn long_heads_are_cut() {
        let long = vec![("x".to_owned(), "y".repeat(LONGEST_VALUE * 2)); 100];
        let shown = fields(&long, &Redactor::default());
        assert!(shown.iter().map(String::len).sum::<usize>() <= LONGEST_HEAD + 100);
        assert!(shown[0].ends_with("... (4096 bytes)"), "{}", shown[0]);
        assert_eq!(shown.last().unwrap(), &format!("(and {} more fields)", 101 - shown.len()));
    }
}
