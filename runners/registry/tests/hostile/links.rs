//! Pages that lead in circles, elsewhere, or nowhere.

use crate::harness::{LONG, Outcome, SHORT, case, options, with_password};
use crate::server::{Act, Server, answer};

const LIST: &str = "
steps:
  - GET: /v2/a/tags/list
    pages: { join: /tags, req: dist.tags.link.02 }
    expect:
      status: { is: 200, req: dist.x.ping }
      body: { json: { /tags: { is: [a, b], req: dist.x.ping } } }
";

/// A page with this link.
fn page(link: &str, tags: &str) -> Vec<Act> {
    answer("200 OK", &[&format!("link: {link}")], format!(r#"{{"tags":[{tags}]}}"#))
}

/// The outcome for a list whose first page has this link, and whose second page is that answer.
async fn second(link: &'static str, second: impl Fn() -> Vec<Act> + Send + Sync + 'static) -> Outcome {
    let server = Server::start(move |ask| match ask.target.as_str() {
        "/v2/a/tags/list" => page(link, r#""a""#),
        _ => second(),
    })
    .await;
    case(&server.url, options(LONG), LIST).await
}

const NEXT: &str = "</v2/a/tags/list?last=a>; rel=next";

#[tokio::test]
async fn two_pages() {
    second(NEXT, || answer("200 OK", &[], r#"{"tags":["b"]}"#)).await.is("pass", "");
    second("<list?last=a>;rel=\"next\"", || answer("200 OK", &[], r#"{"tags":["b"]}"#)).await.is("pass", "");
    second(NEXT, || answer("200 OK", &[], r#"{"tags":["c"]}"#)).await.is("fail", "/tags");
}

#[tokio::test]
async fn a_circle() {
    let outcome = second("</v2/a/tags/list>; rel=next", || answer("200 OK", &[], "{}")).await;
    outcome.is("fail", "leads back to a page that was read before");
    let outcome = second(NEXT, || page(NEXT, r#""b""#)).await;
    outcome.is("fail", "leads back to a page that was read before");
    let pages: Vec<_> = outcome.report.checks.iter().filter(|check| check.what == "pages").collect();
    assert_eq!(pages[0].requirements, ["dist.tags.link.02"]);
}

#[tokio::test]
async fn no_end() {
    let server = Server::start(|ask| page(&format!("<?page={}>; rel=next", ask.number), "")).await;
    case(&server.url, options(LONG), LIST).await.is("fail", "more than 2000 pages");
    let big =
        Server::start(|ask| page(&format!("<?page={}>; rel=next", ask.number), &format!("{:?}", "x".repeat(1 << 20))))
            .await;
    case(&big.url, options(LONG), LIST).await.is("fail", "pages of more than 16777216 bytes");
}

#[tokio::test]
async fn nowhere() {
    for (link, reason) in [
        ("<http://[>; rel=next", "is no URL"),
        ("<file:///etc/passwd>; rel=next", "is no URL of HTTP"),
        ("<mailto:a@b>; rel=next", "is no URL of HTTP"),
    ] {
        second(link, || answer("200 OK", &[], "{}")).await.is("fail", reason);
    }
    // No link at all: the list ends, and lacks `b`.
    for link in ["", "<", "next", "<x>", "<x>; rel=\"prev", ";;;,,,==", "</x; rel=next"] {
        second(link, || answer("200 OK", &[], r#"{"tags":["b"]}"#)).await.is("fail", "/tags");
    }
}

#[tokio::test]
async fn pages_that_are_none() {
    second(NEXT, || answer("404 Not Found", &[], "")).await.is("fail", "leads to the answer 404");
    second(NEXT, || answer("200 OK", &[], "<html>")).await.is("fail", "leads to what is no JSON");
    second(NEXT, || vec![Act::Reset]).await.is("fail", "gets a broken answer");
    // Silence proves nothing, on the second page either.
    let silent = Server::start(|ask| match ask.number {
        0 => page(NEXT, r#""a""#),
        _ => vec![Act::Silence],
    })
    .await;
    case(&silent.url, options(SHORT), LIST).await.is("error", "no complete answer within 300ms");
}

#[tokio::test]
async fn another_host_gets_the_question_but_no_credentials() {
    let there = Server::start(|ask| match ask.authorization() {
        None => answer("200 OK", &[], r#"{"tags":["b"]}"#),
        Some(_) => answer("500 Oh", &[], ""),
    })
    .await;
    let link = format!("<{}/more>; rel=next", there.url);
    let here = Server::start(move |ask| match ask.authorization() {
        None => answer("401 Unauthorized", &["www-authenticate: Basic realm=x"], ""),
        Some(_) => page(&link, r#""a""#),
    })
    .await;
    case(&here.url, with_password(LONG), LIST).await.is("pass", "");
    assert_eq!(there.asks().len(), 1);
}
