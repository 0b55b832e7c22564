//! Requests that a proper client would not send, and what a server may make of them.

use plimsoll_registry_runner::client::{Client, Request};
use plimsoll_registry_runner::raw::Raw;
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use url::Url;

use crate::harness::{BASIC, LONG, Outcome, SHORT, case, in_time, options, with_password};
use crate::server::{Act, Server, answer, head};

const AS_WRITTEN: &str = "
steps:
  - GET: /v2/../x
    as-written: true
    expect: { status: { is: 200, req: dist.x.ping } }
";

/// Six bytes of a body of ten.
const BROKEN_OFF: &str = "
given: { text: { text: abcdefghij } }
steps:
  - PUT: /v2/a/manifests/v1
    body: ${text}
    break-off: 6
    expect: { status: { is: 400, req: dist.x.ping } }
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";

#[tokio::test]
async fn a_path_goes_out_as_it_is_written() {
    for target in ["/v2/../x", "/v2//x", "/v2/%2e%2e/x", "/v2/%00", "/v2/%", "/v2/a/./b?q=%&r=|"] {
        let server = Server::start(|_| answer("200 OK", &[], "")).await;
        let steps = AS_WRITTEN.replace("/v2/../x", &format!("'{target}'"));
        let outcome = case(&server.url, options(LONG), &steps).await;
        outcome.is("pass", "");
        assert_eq!(server.asks()[0].target, target);
        assert!(outcome.report.exchanges[0].summary.contains(target), "{:?}", outcome.report.exchanges[0]);
    }
    // Otherwise it is cleaned, as RFC 3986 has it.
    let server = Server::start(|_| answer("200 OK", &[], "")).await;
    case(&server.url, options(LONG), &AS_WRITTEN.replace("as-written: true", "as-written: false")).await.is("pass", "");
    assert_eq!(server.asks()[0].target, "/x");
}

#[tokio::test]
async fn a_query_is_added_to_a_path_as_it_is_written() {
    let server = Server::start(|_| answer("200 OK", &[], "")).await;
    let steps = AS_WRITTEN.replace("as-written: true", "as-written: true\n    query: { n: [1, 'a b'] }");
    case(&server.url, options(LONG), &steps).await.is("pass", "");
    assert_eq!(server.asks()[0].target, "/v2/../x?n=1&n=a+b");
}

#[tokio::test]
async fn its_redirects_are_answers() {
    let server = Server::start(|_| answer("302 Found", &["location: /there"], "")).await;
    case(&server.url, options(LONG), &AS_WRITTEN.replace("200", "302")).await.is("pass", "");
    assert_eq!(server.count("GET", "/there"), 0);
}

#[tokio::test]
async fn its_challenges_are_answered() {
    let server = Server::start(|ask| match ask.authorization() {
        Some(BASIC) => answer("200 OK", &[], ""),
        _ => answer("401 Unauthorized", &["www-authenticate: Basic realm=x"], ""),
    })
    .await;
    let outcome = case(&server.url, with_password(LONG), AS_WRITTEN).await;
    outcome.is("pass", "");
    assert!(!outcome.everything.contains(&BASIC["Basic ".len()..]), "{}", outcome.everything);
    let anonymous = AS_WRITTEN.replace("as-written: true", "as-written: true\n    as: anonymous");
    case(&server.url, with_password(LONG), &anonymous).await.is("fail", "saw 401");
}

#[tokio::test]
async fn what_the_server_says_makes_no_second_request() {
    let server = Server::start(|_| answer("200 OK", &[], r#"{"a":"x HTTP/1.1\r\nhost: y\r\n\r\nGET /z"}"#)).await;
    for second in ["GET: /v2/${a}", "GET: /v2/\n    headers: { X-A: '${a}' }"] {
        let steps = format!(
            "
steps:
  - GET: /v2/
    save: {{ a: {{ json: /a }} }}
  - {second}
    as-written: true
    expect: {{ status: {{ is: 200, req: dist.x.ping }} }}
"
        );
        case(&server.url, options(LONG), &steps).await.is("error", "there is a line break in its target or header");
    }
    assert_eq!(server.asks().len(), 2);
}

#[tokio::test]
async fn its_answers_are_bounded() {
    let run = |script: fn() -> Vec<Act>, timeout| async move {
        let server = Server::start(move |_| script()).await;
        case(&server.url, options(timeout), AS_WRITTEN).await
    };
    let many = || vec![Act::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), Act::Endless(b"x: y\r\n".repeat(100))];
    run(many, LONG).await.is("error", "more than 500 fields or 400 kB");
    let long = || vec![Act::Send(b"HTTP/1.1 200 OK\r\nx: ".to_vec()), Act::Endless(vec![b'y'; 1 << 16])];
    run(long, LONG).await.is("error", "more than 500 fields or 400 kB");
    let endless = || vec![Act::Send(head("200 OK", &[])), Act::Endless(vec![b'x'; 1 << 20])];
    let cut = run(endless, LONG).await;
    cut.is("pass", "");
    assert!(cut.everything.len() < 1 << 20, "what was cut off is not kept: {}", cut.everything.len());
    run(|| vec![Act::Silence], SHORT).await.is("error", "no complete answer within 300ms");
    let cut = || vec![Act::Send(head("200 OK", &["content-length: 1000"])), Act::Trickle(vec![b'x'; 1000])];
    run(cut, SHORT).await.is("error", "no complete answer within 300ms");
}

#[tokio::test]
async fn no_answer_or_garbage_is_a_broken_answer() {
    for acts in [|| vec![Act::Close], || vec![Act::Reset], || vec![Act::Send(b"SSH-2.0\r\n\r\n".to_vec()), Act::Close]]
    {
        let server = Server::start(move |_| acts()).await;
        case(&server.url, options(LONG), AS_WRITTEN).await.is("fail", "a broken answer");
        assert_eq!(server.asks().len(), 1, "it is not sent again");
    }
    let server = Server::start(|_| answer("200 OK", &[], "")).await;
    let url = server.url.clone();
    drop(server);
    case(&url, options(LONG), AS_WRITTEN).await.is("error", "cannot connect to 127.0.0.1");
}

#[tokio::test]
async fn an_answer_may_be_there_before_anybody_reads() {
    let server = Server::start(|_| answer("200 OK", &[], "")).await;
    let url = Url::parse(&server.url).unwrap();
    let client = Client::new(options(LONG), &url).unwrap();
    let raw = Some(Raw { target: Some("/v2/../x".to_owned()), break_off: None });
    let request = Request { raw, ..Request::new(Method::GET, url) };
    // Whether it is there is up to the scheduler, so it gets many tries.
    for _ in 0..500 {
        assert_eq!(in_time(client.send(&request)).await.unwrap().status, 200);
    }
}

/// Takes all that comes on the first connection until its end, answers that and whatever comes next, and says what came.
async fn overheard(steps: &str, first: &'static str) -> (Outcome, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heard, came) = oneshot::channel();
    let mut listening = JoinSet::new();
    listening.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        stream.write_all(first.as_bytes()).await.unwrap();
        drop(stream);
        heard.send(String::from_utf8(bytes).unwrap()).unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 4]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let outcome = case(&url, options(LONG), steps).await;
    (outcome, in_time(came).await.unwrap())
}

#[tokio::test]
async fn a_body_breaks_off_where_the_step_says() {
    let (outcome, came) = overheard(BROKEN_OFF, "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    outcome.is("pass", "");
    assert!(came.starts_with("PUT /v2/a/manifests/v1 HTTP/1.1\r\n"), "{came}");
    assert!(came.contains("content-length: 10\r\n"), "{came}");
    assert!(came.ends_with("\r\n\r\nabcdef"), "{came}");
    let sent = outcome.report.exchanges[0].sent.head.join("\n");
    assert!(sent.contains("broken off after 6 bytes"), "{sent}");
    let (outcome, _) = overheard(BROKEN_OFF, "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").await;
    outcome.is("fail", "saw 201");
}

#[tokio::test]
async fn who_was_cut_short_owes_no_answer() {
    let (outcome, _) = overheard(BROKEN_OFF, "").await;
    outcome.is("pass", "");
}
