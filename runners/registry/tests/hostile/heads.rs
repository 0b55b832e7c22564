//! Heads that are too large, broken, or never come.

use plimsoll_registry_runner::client::{Client, SendError};
use reqwest::Method;
use url::Url;

use crate::harness::{LONG, SHORT, case, get, options, send};
use crate::server::{Act, Server, answer, head};

const PING: &str = "
steps:
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";
const POST: &str = "
steps:
  - POST: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";

#[tokio::test]
async fn thousands_of_fields_are_not_read() {
    let many = |_: &_| {
        let fields: Vec<String> = (0..5_000).map(|n| format!("x-{n}: y")).collect();
        answer("200 OK", &fields.iter().map(String::as_str).collect::<Vec<_>>(), "")
    };
    let server = Server::start(many).await;
    assert_eq!(get(&server.url, options(LONG)).await.unwrap_err(), SendError::HeadTooLarge);
    case(&server.url, options(LONG), PING).await.is("error", "more than 500 fields or 400 kB");
}

#[tokio::test]
async fn more_fields_than_usual_are_read() {
    let some = |_: &_| {
        let fields: Vec<String> = (0..400).map(|n| format!("x-{n}: y")).collect();
        answer("200 OK", &fields.iter().map(String::as_str).collect::<Vec<_>>(), "")
    };
    let server = Server::start(some).await;
    case(&server.url, options(LONG), PING).await.is("pass", "");
}

#[tokio::test]
async fn a_field_of_a_megabyte_is_not_read() {
    let long = |_: &_| answer("200 OK", &[&format!("x: {}", "y".repeat(1 << 20))], "");
    let server = Server::start(long).await;
    case(&server.url, options(LONG), PING).await.is("error", "more than 500 fields or 400 kB");
    let endless = |_: &_| vec![Act::Send(b"HTTP/1.1 200 OK\r\nx: ".to_vec()), Act::Endless(vec![b'y'; 1 << 16])];
    let server = Server::start(endless).await;
    case(&server.url, options(LONG), PING).await.is("error", "more than 500 fields or 400 kB");
}

#[tokio::test]
async fn silence_proves_nothing() {
    let server = Server::start(|_| vec![Act::Silence]).await;
    case(&server.url, options(SHORT), PING).await.is("error", "no complete answer within 300ms");
    let server = Server::start(|_| vec![Act::Trickle(head("200 OK", &["content-length: 0"]))]).await;
    case(&server.url, options(SHORT), PING).await.is("error", "no complete answer within 300ms");
}

#[tokio::test]
async fn nobody_listens() {
    let server = Server::start(|_| answer("200 OK", &[], "")).await;
    let url = server.url.clone();
    drop(server);
    case(&url, options(LONG), PING).await.is("error", "cannot connect to 127.0.0.1");
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer() {
    for act in [|| Act::Reset, || Act::Close] {
        let server = Server::start(move |_| vec![act()]).await;
        case(&server.url, options(LONG), PING).await.is("fail", "a broken answer");
        assert_eq!(server.count("GET", ""), 2, "tried once more");
        case(&server.url, options(LONG), POST).await.is("fail", "a broken answer");
        assert_eq!(server.count("POST", ""), 2, "tried once more");
        case(&server.url, options(LONG), &POST.replace("POST", "PATCH")).await.is("fail", "a broken answer");
        assert_eq!(server.count("PATCH", ""), 1, "what would be wrong the second time is not repeated");
    }
    let server = Server::start(|_| vec![Act::Send(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()), Act::Reset]).await;
    case(&server.url, options(LONG), PING).await.is("fail", "a broken answer");
}

#[tokio::test]
async fn a_kept_connection_may_be_closed_at_any_time() {
    // Closes every connection in the moment in which it is used again.
    let script = |ask: &crate::server::Ask| match ask.on_connection {
        0 => answer("200 OK", &[], "{}"),
        _ => vec![Act::Close],
    };
    for (method, tries) in [(Method::GET, 3), (Method::HEAD, 3), (Method::PUT, 3), (Method::PATCH, 2)] {
        let server = Server::start(script).await;
        let url = Url::parse(&server.url).unwrap();
        let client = Client::new(options(LONG), &url).unwrap();
        let first = if method == Method::HEAD { Method::GET } else { method.clone() };
        send(&client, first, &url).await.unwrap();
        let second = send(&client, method.clone(), &url).await;
        assert_eq!(server.asks().len(), tries, "{method}");
        match method {
            Method::GET | Method::HEAD | Method::PUT => assert_eq!(second.unwrap().status, 200),
            _ => assert!(matches!(second, Err(SendError::Broken(_))), "{second:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_no_http_is_a_broken_answer() {
    for garbage in ["SSH-2.0-OpenSSH_9.6\r\n", "\x15\x03\x03\x00\x02\x02\x28", "HTTP/1.1 2OO OK\r\n\r\n", "\r\n\r\n\0"]
    {
        let server = Server::start(move |_| vec![Act::Send(garbage.as_bytes().to_vec()), Act::Close]).await;
        let outcome = case(&server.url, options(LONG), PING).await;
        outcome.is("fail", "a broken answer");
        assert_eq!(outcome.report.checks[0].requirements, ["dist.x.ping"]);
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_shown_replaced() {
    let server = Server::start(|_| {
        let raw = b"HTTP/1.1 200 \xff\xfe\r\nx-raw: a\xffb\r\ncontent-length: 0\r\n\r\n".to_vec();
        vec![Act::Send(raw)]
    })
    .await;
    let outcome = case(&server.url, options(LONG), PING).await;
    outcome.is("pass", "");
    let head = outcome.report.exchanges[0].received.as_ref().unwrap().head.join("\n");
    assert!(head.contains("x-raw: a\u{fffd}b"), "{head}");
}

#[tokio::test]
async fn interim_answers_are_none() {
    let server = Server::start(|_| {
        let mut bytes = head("100 Continue", &[]);
        for _ in 0..20 {
            bytes.extend(head("102 Processing", &[]));
            bytes.extend(head("103 Early Hints", &["link: </x>; rel=preload"]));
        }
        [vec![Act::Send(bytes)], answer("200 OK", &[], "{}")].into_iter().flatten().collect()
    })
    .await;
    case(&server.url, options(LONG), PING).await.is("pass", "");
    let server = Server::start(|_| vec![Act::Endless(head("102 Processing", &[]))]).await;
    case(&server.url, options(SHORT), PING).await.is("error", "no complete answer within 300ms");
    let switch = ["upgrade: h2c", "connection: upgrade"];
    let server = Server::start(move |_| vec![Act::Send(head("101 Switching Protocols", &switch)), Act::Silence]).await;
    let outcome = case(&server.url, options(SHORT), PING).await;
    assert!(matches!(outcome.verdict().as_str(), "fail" | "error"), "{}", outcome.reason());
}
