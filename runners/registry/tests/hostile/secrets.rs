//! A server that gives back every secret it learns: none of them is reported or stored.

use crate::harness::{BASIC, LONG, PASSWORD, case, with_password};
use crate::server::{Server, answer};

const TOKEN: &str = "token-0123456789";

/// Asks for what the server echoes, so that every way of looking at an answer is taken and found wrong.
const STEPS: &str = "
given: { text: { text: else } }
steps:
  - GET: /v2/
    expect:
      status: { is: 200, req: dist.x.ping }
      headers:
        X-Echo: { is: else, req: dist.x.ping }
        Location: { absent-or: else, req: dist.x.ping }
        Link: { present: false, req: dist.x.ping }
        Set-Cookie: { is: else, req: dist.x.ping }
      body: { equals: '${text}', req: dist.x.ping }
  - GET: /v2/
    pages: { join: /tags }
    expect: { status: { is: 500, req: dist.x.ping } }
";

const ELSEWHERE: &str =
    "https://u:url-pw@store.example/x?X-Amz-Signature=signed-1&X-Amz-Credential=signed-2&sig=signed-3";

fn echo(authorization: &str) -> Vec<crate::server::Act> {
    let fields = [
        format!("x-echo: {authorization} {PASSWORD}"),
        format!("location: {ELSEWHERE}"),
        format!("link: <{ELSEWHERE}>; rel=other"),
        format!("x-auth-token: {authorization}"),
        "set-cookie: session=cookie-secret".to_owned(),
    ];
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    answer("200 OK", &fields, format!(r#"{{"error":"you sent {authorization}, and your password is {PASSWORD}"}}"#))
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let basic = Server::start(|ask| match ask.authorization() {
        Some(authorization) => echo(authorization),
        None => answer("401 Unauthorized", &["www-authenticate: Basic realm=x"], ""),
    })
    .await;
    let bearer = Server::start_knowing_its_url(|ask, url| match ask.authorization() {
        _ if ask.target.starts_with("/token") => answer("200 OK", &[], format!(r#"{{"token":"{TOKEN}"}}"#)),
        Some(authorization) => echo(authorization),
        None => answer("401 Unauthorized", &[&format!("www-authenticate: Bearer realm=\"{url}/token\"")], ""),
    })
    .await;
    for server in [basic, bearer] {
        let outcome = case(&server.url, with_password(LONG), STEPS).await;
        assert_eq!(outcome.verdict(), "fail");
        assert!(outcome.report.checks.len() >= 6, "{:#?}", outcome.report.checks);
        for secret in [PASSWORD, &BASIC["Basic ".len()..], TOKEN, "signed-", "url-pw", "cookie-secret"] {
            assert!(!outcome.everything.contains(secret), "{secret} is in {}", outcome.everything);
        }
        // The rest is there.
        for shown in ["https://store.example/x?X-Amz-Signature=<redacted>", "and your password is <redacted>"] {
            assert!(outcome.everything.contains(shown), "{shown} is not in {}", outcome.everything);
        }
    }
}

#[tokio::test]
async fn a_step_with_a_signed_url_does_not_show_it() {
    let server = Server::start(|ask| match ask.method.as_str() {
        "POST" => answer("202 Accepted", &["location: /upload?signature=signed-1"], ""),
        _ => answer("500 Oh", &[], ""),
    })
    .await;
    let steps = "
steps:
  - POST: /v2/a/blobs/uploads/
    save: { session: Location }
  - PUT: ${session}
    expect: { status: { is: 201, req: dist.x.ping } }
";
    let outcome = case(&server.url, with_password(LONG), steps).await;
    outcome.is("fail", "saw 500");
    assert_eq!(server.count("PUT", "/upload?signature=signed-1"), 1);
    assert!(!outcome.everything.contains("signed-1"), "{}", outcome.everything);
}
