//! Bodies that are too long, too slow, cut, or not what they say.

use plimsoll_registry_runner::client::{MAX_BODY, SendError};

use crate::harness::{LONG, SHORT, case, get, options};
use crate::server::{Act, Server, answer, head};

/// A case about the content of a body.
const BODY: &str = "
given: { text: { text: hello } }
steps:
  - GET: /v2/
    expect:
      status: { is: 200, req: dist.x.ping }
      body: { equals: '${text}', req: dist.x.ping }
";

/// A case about a JSON body.
const JSON: &str = "
steps:
  - GET: /v2/
    expect: { status: 200, body: { json: { /a: { is: 1, req: dist.x.ping } } } }
";

#[tokio::test]
async fn an_endless_body_is_cut() {
    let endless = |_: &_| {
        let chunk = [b"100000\r\n".as_slice(), &[b'x'; 1 << 20], b"\r\n"].concat();
        vec![Act::Send(head("200 OK", &["transfer-encoding: chunked"])), Act::Endless(chunk)]
    };
    let server = Server::start(endless).await;
    let response = get(&server.url, options(LONG)).await.unwrap();
    assert!(response.cut);
    assert!(response.body.len() < 1 << 20, "what was cut off is not kept: {}", response.body.len());
    let outcome = case(&server.url, options(LONG), BODY).await;
    outcome.is("fail", &format!("more than {MAX_BODY} bytes"));
}

#[tokio::test]
async fn a_length_that_is_too_small_cuts_the_body_and_spoils_nothing_else() {
    let server = Server::start(|ask| match ask.target.as_str() {
        "/v2/" => vec![Act::Send([head("200 OK", &["content-length: 3"]), b"hello".to_vec()].concat())],
        _ => answer("200 OK", &[], "good"),
    })
    .await;
    case(&server.url, options(LONG), BODY).await.is("fail", "saw 3 bytes");
    // What is left over is not taken for the next answer.
    let two = "
steps:
  - GET: /v2/
  - GET: /v2/other
    expect: { status: { is: 200, req: dist.x.ping } }
";
    case(&server.url, options(LONG), two).await.is("pass", "");
}

#[tokio::test]
async fn a_length_that_is_too_large() {
    let short = || Act::Send([head("200 OK", &["content-length: 30"]), b"hello".to_vec()].concat());
    let closing = Server::start(move |_| vec![short(), Act::Close]).await;
    case(&closing.url, options(LONG), BODY).await.is("fail", "a broken answer");
    let silent = Server::start(move |_| vec![short(), Act::Silence]).await;
    case(&silent.url, options(SHORT), BODY).await.is("error", "no complete answer within 300ms");
}

#[tokio::test]
async fn a_body_a_byte_a_second_ends_with_the_time() {
    let slow = |_: &_| vec![Act::Send(head("200 OK", &["content-length: 1000"])), Act::Trickle(vec![b'x'; 1000])];
    let server = Server::start(slow).await;
    assert_eq!(get(&server.url, options(SHORT)).await.unwrap_err(), SendError::Timeout(SHORT));
    case(&server.url, options(SHORT), BODY).await.is("error", "no complete answer within 300ms");
}

#[tokio::test]
async fn a_connection_reset_in_the_body() {
    let cut = |_: &_| {
        let part = b"5\r\nhello\r\n".to_vec();
        vec![Act::Send(head("200 OK", &["transfer-encoding: chunked"])), Act::Send(part), Act::Reset]
    };
    let server = Server::start(cut).await;
    case(&server.url, options(LONG), BODY).await.is("fail", "a broken answer");
}

#[tokio::test]
async fn chunks_that_are_no_chunks() {
    let garbage = |_: &_| {
        let part = b"hello, world\r\n".to_vec();
        vec![Act::Send(head("200 OK", &["transfer-encoding: chunked"])), Act::Send(part), Act::Silence]
    };
    let server = Server::start(garbage).await;
    case(&server.url, options(LONG), BODY).await.is("fail", "a broken answer");
}

#[tokio::test]
async fn compressed_content_is_judged_as_it_came() {
    // `hello` by gzip.
    const GZIP: &[u8] =
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00";
    let server = Server::start(|_| answer("200 OK", &["content-encoding: gzip"], GZIP)).await;
    let response = get(&server.url, options(LONG)).await.unwrap();
    assert_eq!(response.body, GZIP);
    assert_eq!(response.field("content-encoding"), ["gzip"]);
    case(&server.url, options(LONG), BODY).await.is("fail", "saw 25 bytes");
    // Nobody asked for it.
    assert!(!server.asks()[0].head.contains("accept-encoding"), "{}", server.asks()[0].head);
}

#[tokio::test]
async fn answers_of_http_1_0_are_answers() {
    let old = |_: &_| vec![Act::Send(b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello".to_vec()), Act::Close];
    let server = Server::start(old).await;
    case(&server.url, options(LONG), BODY).await.is("pass", "");
}

#[tokio::test]
async fn a_document_of_nothing_but_brackets() {
    let deep = |_: &_| answer("200 OK", &[], ["[".repeat(100_000), "]".repeat(100_000)].concat());
    let server = Server::start(deep).await;
    case(&server.url, options(LONG), JSON).await.is("fail", "recursion limit");
}

#[tokio::test]
async fn a_document_with_a_name_given_twice() {
    let server = Server::start(|_| answer("200 OK", &[], r#"{"a":1,"a":1}"#)).await;
    case(&server.url, options(LONG), JSON).await.is("fail", "given twice");
    let server = Server::start(|_| answer("200 OK", &[], b"{\"a\":1,\"b\":\"\xff\"}")).await;
    case(&server.url, options(LONG), JSON).await.is("fail", "not UTF-8");
    let server = Server::start(|_| answer("200 OK", &[], r#"{"a":1}"#)).await;
    case(&server.url, options(LONG), JSON).await.is("pass", "");
}

#[tokio::test]
async fn a_body_in_answer_to_head_is_not_judged() {
    let server = Server::start(|ask| match ask.number {
        0 => [answer("200 OK", &[], "hello"), vec![Act::Close]].into_iter().flatten().collect(),
        _ => answer("200 OK", &[], ""),
    })
    .await;
    let steps = "
steps:
  - HEAD: /v2/
    expect: { status: { is: 200, req: dist.x.ping }, headers: { Content-Length: { is: '5', req: dist.x.ping } } }
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";
    case(&server.url, options(LONG), steps).await.is("pass", "");
}
