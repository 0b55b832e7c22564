//! Servers that spoil the ground a case stands on, and Locations that lead nowhere.

use crate::harness::{LONG, SHORT, case, options};
use crate::server::{Act, Server, answer};

const PUSHED: &str = "
given: { blob: { text: hello } }
steps:
  - push: blob
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";

const UPLOAD: &str = "
steps:
  - POST: /v2/${repo}/blobs/uploads/
    expect: { status: { is: 202, req: dist.x.ping } }
    save: { session: Location }
  - PUT: ${session}
    expect: { status: { is: 201, req: dist.x.ping } }
";

#[tokio::test]
async fn what_goes_wrong_under_a_case_blocks_it_and_silence_is_an_error() {
    let wrong = Server::start(|_| answer("500 Oh", &[], "")).await;
    case(&wrong.url, options(LONG), PUSHED).await.is("blocked", "pushing `blob`: POST answered 500");
    let broken = Server::start(|_| vec![Act::Close]).await;
    case(&broken.url, options(LONG), PUSHED).await.is("blocked", "pushing `blob`");
    let silent = Server::start(|_| vec![Act::Silence]).await;
    case(&silent.url, options(SHORT), PUSHED).await.is("error", "pushing `blob`: no complete answer");
}

#[tokio::test]
async fn locations_that_lead_nowhere() {
    for location in ["file:///tmp/x", "http://[", "data:,"] {
        let server = Server::start(move |_| answer("202 Accepted", &[&format!("location: {location}")], "")).await;
        case(&server.url, options(LONG), PUSHED).await.is("blocked", "no usable Location");
        let outcome = case(&server.url, options(LONG), UPLOAD).await;
        assert_eq!(outcome.verdict(), "blocked", "{}", outcome.reason());
    }
    let server = Server::start(|_| answer("202 Accepted", &[], "")).await;
    case(&server.url, options(LONG), UPLOAD).await.is("blocked", "nothing to save as `session`");
}

#[tokio::test]
async fn locations_in_every_form_are_followed() {
    for location in ["/there?a=1", "there?a=1", "HOME/there?a=1", "//ADDRESS/there?a=1", "?a=1"] {
        let server = Server::start_knowing_its_url(move |ask, url| match ask.method.as_str() {
            "POST" => {
                let location = location.replace("HOME", url).replace("ADDRESS", &url["http://".len()..]);
                answer("202 Accepted", &[&format!("location: {location}")], "")
            }
            "PUT" => answer("201 Created", &[], ""),
            _ => answer("200 OK", &[], ""),
        })
        .await;
        case(&server.url, options(LONG), PUSHED).await.is("pass", "");
        let put = server.asks().into_iter().find(|ask| ask.method == "PUT").unwrap().target;
        assert!(put.contains("?a=1&digest=sha256%3A2cf24dba"), "{location}: {put}");
    }
}

#[tokio::test]
async fn fixtures_are_pushed_before_what_refers_to_them() {
    let steps = "
given:
  config: { config: {} }
  layer: { random: 10 }
  image: { manifest: { config: config, layers: layer } }
  other: { manifest: {} }
  inner: { index: { manifests: image } }
  outer: { index: { manifests: [inner, other, image] } }
steps:
  - push: outer
    tag: [one, two]
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";
    let server = Server::start(|ask| match ask.method.as_str() {
        "POST" => answer("202 Accepted", &["location: /upload"], ""),
        "PUT" => answer("201 Created", &[], ""),
        _ => answer("200 OK", &[], ""),
    })
    .await;
    case(&server.url, options(LONG), steps).await.is("pass", "");
    let asks = server.asks();
    let puts: Vec<_> = asks.iter().filter(|ask| ask.method == "PUT").collect();
    let kinds: Vec<_> = puts
        .iter()
        .map(|ask| match &ask.target {
            blob if blob.starts_with("/upload?digest=") => "blob",
            tag if tag.ends_with("/manifests/one") => "one",
            tag if tag.ends_with("/manifests/two") => "two",
            digest if digest.contains("/manifests/sha256:") && ask.head.contains("index") => "index",
            _ => "manifest",
        })
        .collect();
    // The empty descriptor of `other` is a blob, too; nothing is pushed twice.
    assert_eq!(kinds, ["blob", "blob", "manifest", "index", "blob", "manifest", "one", "two"]);
}

#[tokio::test]
async fn polling_ends_when_the_answer_is_right_or_the_time_is_up() {
    let polling = |within: &str| {
        format!(
            "
steps:
  - GET: /v2/
    within: {within}
    expect: {{ status: {{ is: 200, req: dist.x.ping }} }}
"
        )
    };
    let server = Server::start(|ask| answer(if ask.number < 3 { "404 Not Found" } else { "200 OK" }, &[], "")).await;
    let outcome = case(&server.url, options(LONG), &polling("60s")).await;
    outcome.is("pass", "");
    assert_eq!(outcome.report.exchanges.len(), 4);
    let never = Server::start(|_| answer("404 Not Found", &[], "")).await;
    let outcome = case(&never.url, options(LONG), &polling("200ms")).await;
    outcome.is("fail", "saw 404");
    assert_eq!(outcome.report.checks.len(), 1, "only the last answer is judged");
}

#[tokio::test]
async fn a_chunk_size_nobody_can_send_is_not_believed() {
    let steps = "
given: { blob: { random: '18446744073709551616' } }
steps:
  - push: blob
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";
    let server = Server::start(|_| answer("200 OK", &[], "")).await;
    case(&server.url, options(LONG), steps).await.is("skipped", "more than the");
}
