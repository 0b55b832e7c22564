//! Challenges that cannot be answered, and token services that do not do their work.

use crate::harness::{BASIC, LONG, PASSWORD, SHORT, case, options, with_password};
use crate::server::{Act, Ask, Server, answer, head};

const PING: &str = "
steps:
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";

/// A registry that wants a token of its own service, which does what the script says.
async fn selling(service: impl Fn(&Ask) -> Vec<Act> + Send + Sync + 'static) -> Server {
    Server::start_knowing_its_url(move |ask, url| match ask.authorization() {
        _ if ask.target.starts_with("/token") => service(ask),
        Some("Bearer good") => answer("200 OK", &[], "{}"),
        _ => {
            answer("401 Unauthorized", &[&format!("www-authenticate: Bearer realm=\"{url}/token\",service=\"s\"")], "")
        }
    })
    .await
}

/// A registry with this challenge.
async fn challenging(challenge: &'static str) -> Server {
    Server::start(move |_| answer("401 Unauthorized", &[&format!("www-authenticate: {challenge}")], "")).await
}

#[tokio::test]
async fn a_token_is_bought_once() {
    let server = selling(|_| answer("200 OK", &[], r#"{"access_token":"good"}"#)).await;
    let steps = "
steps:
  - GET: /v2/a/tags/list
    expect: { status: { is: 200, req: dist.x.ping } }
  - HEAD: /v2/a/manifests/x
    expect: { status: { is: 200, req: dist.x.ping } }
  - POST: /v2/a/blobs/uploads/
    expect: { status: { is: 200, req: dist.x.ping } }
  - PATCH: /v2/a/blobs/uploads/1
    expect: { status: { is: 200, req: dist.x.ping } }
  - PUT: /v2/a/blobs/uploads/1
    expect: { status: { is: 200, req: dist.x.ping } }
";
    case(&server.url, with_password(LONG), steps).await.is("pass", "");
    assert_eq!(server.count("GET", "/token"), 2, "one to read and one to write");
    let asks = server.asks();
    let service: Vec<_> = asks.iter().filter(|ask| ask.target.starts_with("/token")).collect();
    assert!(service.iter().all(|ask| ask.authorization() == Some(BASIC)));
    assert_eq!(service[0].target, "/token?service=s");
    assert_eq!(asks.len(), 5 + 2 * 2);
}

#[tokio::test]
async fn without_credentials_the_token_is_anonymous() {
    let server = selling(|_| answer("200 OK", &[], r#"{"token":"good"}"#)).await;
    case(&server.url, options(LONG), PING).await.is("pass", "");
    assert!(
        server.asks().iter().filter(|ask| ask.target.starts_with("/token")).all(|ask| ask.authorization().is_none())
    );
}

#[tokio::test]
async fn nobody_means_no_credentials_at_all() {
    let server = selling(|_| answer("200 OK", &[], r#"{"token":"good"}"#)).await;
    let steps = "
steps:
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
  - GET: /v2/
    as: anonymous
    expect: { status: { is: 401, req: dist.x.ping } }
";
    case(&server.url, with_password(LONG), steps).await.is("pass", "");
    assert_eq!(server.count("GET", "/token"), 1);
}

#[tokio::test]
async fn a_token_that_is_void_is_replaced() {
    // Tokens are good for one request.
    let server = Server::start_knowing_its_url(|ask, url| {
        let good = format!("Bearer t{}", ask.number.saturating_sub(1));
        match ask.authorization() {
            _ if ask.target.starts_with("/token") => {
                answer("200 OK", &[], format!(r#"{{"token":"t{}","expires_in":300}}"#, ask.number))
            }
            Some(given) if given == good => answer("200 OK", &[], "{}"),
            _ => answer("401 Unauthorized", &[&format!("www-authenticate: bearer realm={url}/token")], ""),
        }
    })
    .await;
    let twice = "
steps:
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";
    case(&server.url, with_password(LONG), twice).await.is("pass", "");
    assert_eq!(server.count("GET", "/token"), 2);
}

#[tokio::test]
async fn a_registry_that_is_never_content() {
    let server = selling(|_| answer("200 OK", &[], r#"{"token":"bad"}"#)).await;
    case(&server.url, with_password(LONG), PING).await.is("fail", "saw 401");
    assert_eq!(server.count("GET", "/v2/"), 2);
    let basic = challenging("Basic realm=x").await;
    case(&basic.url, with_password(LONG), PING).await.is("fail", "saw 401");
    assert_eq!(basic.asks().len(), 2);
}

#[tokio::test]
async fn a_token_service_that_refuses_leaves_the_challenge_as_the_answer() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let server = selling(move |_| answer(status, &[], "")).await;
        case(&server.url, with_password(LONG), PING).await.is("fail", "saw 401");
    }
}

#[tokio::test]
async fn token_services_that_do_not_work() {
    let chunk = || [b"10000\r\n".as_slice(), &[b' '; 1 << 16], b"\r\n"].concat();
    type Service = Box<dyn Fn(&Ask) -> Vec<Act> + Send + Sync>;
    let services: Vec<(&str, Service)> = vec![
        ("answers 500", Box::new(|_| answer("500 Oh", &[], ""))),
        ("answers 302", Box::new(|_| answer("302 Found", &["location: /elsewhere"], ""))),
        ("is no JSON", Box::new(|_| answer("200 OK", &[], "<html>"))),
        ("is no JSON", Box::new(|_| answer("200 OK", &[], "[".repeat(100_000)))),
        ("is no JSON", Box::new(|_| answer("200 OK", &[], ""))),
        ("neither `token`", Box::new(|_| answer("200 OK", &[], "[]"))),
        ("neither `token`", Box::new(|_| answer("200 OK", &[], r#"{"token":7}"#))),
        ("cannot be sent", Box::new(|_| answer("200 OK", &[], r#"{"token":"a\r\nb: c"}"#))),
        ("cannot be sent", Box::new(|_| answer("200 OK", &[], r#"{"token":""}"#))),
        (
            "more than 262144 bytes",
            Box::new(|_| {
                vec![Act::Send(head("200 OK", &["content-length: 104857600"])), Act::Endless(vec![b' '; 1 << 16])]
            }),
        ),
        (
            "more than 262144 bytes",
            Box::new(move |_| vec![Act::Send(head("200 OK", &["transfer-encoding: chunked"])), Act::Endless(chunk())]),
        ),
        ("no token from", Box::new(|_| vec![Act::Reset])),
    ];
    for (reason, service) in services {
        let server = selling(service).await;
        let outcome = case(&server.url, with_password(LONG), PING).await;
        outcome.is("error", reason);
        outcome.is("error", &format!("no token from {}/token", server.url));
    }
}

#[tokio::test]
async fn a_token_service_that_is_silent() {
    let server = selling(|_| vec![Act::Silence]).await;
    case(&server.url, with_password(SHORT), PING).await.is("error", "no complete answer within 300ms");
}

#[tokio::test]
async fn realms_that_are_none() {
    for (challenge, reason) in [
        (r#"Bearer realm="file:///etc/passwd""#, "no token from file:///etc/passwd: the realm is no URL of HTTP"),
        (r#"Bearer realm="data:,{}""#, "no URL of HTTP"),
        (r#"Bearer realm="not a URL""#, "no token from not a URL: the realm is no URL"),
        (r#"Bearer realm="""#, "no token from a service without an address"),
        ("Bearer", "no token from a service without an address"),
        (r#"Bearer realm="http://127.0.0.1:1/token""#, "no token from http://127.0.0.1:1/token"),
        (r#"Bearer realm="http://eve:secret-pw@127.0.0.1:1/token""#, "no token from http://127.0.0.1:1/token"),
    ] {
        let server = challenging(challenge).await;
        let outcome = case(&server.url, with_password(LONG), PING).await;
        outcome.is("error", reason);
        assert!(!outcome.reason().contains("secret-pw"));
    }
    // Challenges that nobody can answer are the registry's last word.
    for challenge in ["", ",,,", "=", "Negotiate", "\"Bearer\"", "Digest realm=x, nonce=y"] {
        let server = challenging(challenge).await;
        case(&server.url, with_password(LONG), PING).await.is("fail", "saw 401");
    }
}

#[tokio::test]
async fn a_token_service_on_another_host_is_usual() {
    let service = Server::start(|_| answer("200 OK", &[], r#"{"token":"good"}"#)).await;
    let realm = format!("www-authenticate: Bearer realm=\"{}/t?account=a\",scope=\"repository:a:pull\"", service.url);
    let server = Server::start(move |ask| match ask.authorization() {
        Some("Bearer good") => answer("200 OK", &[], "{}"),
        _ => answer("401 Unauthorized", &[&realm], ""),
    })
    .await;
    case(&server.url, with_password(LONG), PING).await.is("pass", "");
    assert_eq!(service.asks()[0].target, "/t?account=a&scope=repository%3Aa%3Apull");
    assert!(server.asks().iter().all(|ask| ask.authorization() != Some(BASIC)), "the registry sees the token only");
}

#[tokio::test]
async fn of_two_challenges_the_one_that_works_is_answered() {
    for (challenge, name) in [
        ("Bearer realm=\"file:///x\", Basic realm=\"x\"", "a bearer challenge that leads nowhere"),
        ("Negotiate, Basic realm=\"x\"", "a scheme nobody knows"),
    ] {
        let server = Server::start(move |ask| match ask.authorization() {
            Some(BASIC) => answer("200 OK", &[], "{}"),
            _ => answer("401 Unauthorized", &[&format!("www-authenticate: {challenge}")], ""),
        })
        .await;
        let outcome = case(&server.url, with_password(LONG), PING).await;
        assert_eq!(outcome.verdict(), "pass", "{name}: {}", outcome.reason());
    }
}

#[tokio::test]
async fn basic_that_was_accepted_is_sent_at_once() {
    let server = Server::start(|ask| match ask.authorization() {
        Some(BASIC) => answer("200 OK", &[], "{}"),
        _ => answer("401 Unauthorized", &["www-authenticate: Basic realm=x"], ""),
    })
    .await;
    let steps = "
steps:
  - GET: /v2/a/tags/list
    expect: { status: { is: 200, req: dist.x.ping } }
  - GET: /v2/b/tags/list
    expect: { status: { is: 200, req: dist.x.ping } }
";
    case(&server.url, with_password(LONG), steps).await.is("pass", "");
    assert_eq!(server.asks().len(), 3);
}

#[tokio::test]
async fn the_source_of_a_mount_is_asked_for_too() {
    let server = Server::start_knowing_its_url(|ask, url| match ask.authorization() {
        _ if ask.target.starts_with("/token") => answer("200 OK", &[], r#"{"token":"good"}"#),
        Some("Bearer good") => answer("201 Created", &[], ""),
        _ => {
            let scope = "scope=\"repository:b:pull,push repository:c:pull\"";
            answer("401 Unauthorized", &[&format!("www-authenticate: Bearer realm=\"{url}/token\",{scope}")], "")
        }
    })
    .await;
    let steps = "
steps:
  - POST: /v2/b/blobs/uploads/
    query: { mount: 'sha256:0', from: a }
    expect: { status: { is: 201, req: dist.x.ping } }
";
    case(&server.url, with_password(LONG), steps).await.is("pass", "");
    let asks = server.asks();
    let token = asks.iter().find(|ask| ask.target.starts_with("/token")).unwrap();
    let scopes: Vec<_> = token.target.split("scope=").skip(1).map(|scope| scope.trim_end_matches('&')).collect();
    assert_eq!(scopes, ["repository%3Ab%3Apull%2Cpush", "repository%3Ac%3Apull", "repository%3Aa%3Apull"]);
}

#[tokio::test]
async fn a_location_on_another_host_gets_no_credentials() {
    let there = Server::start(|ask| match ask.number {
        0 => answer("401 Unauthorized", &["www-authenticate: Basic realm=trap"], ""),
        _ => answer("500 Oh", &[], ""),
    })
    .await;
    let location = format!("location: {}/upload", there.url);
    let here = Server::start(move |ask| match ask.authorization() {
        Some(BASIC) => answer("202 Accepted", &[&location], ""),
        _ => answer("401 Unauthorized", &["www-authenticate: Basic realm=x"], ""),
    })
    .await;
    let steps = "
steps:
  - POST: /v2/a/blobs/uploads/
    expect: { status: 202 }
    save: { session: Location }
  - PUT: ${session}
    expect: { status: { is: 401, req: dist.x.ping } }
";
    let outcome = case(&here.url, with_password(LONG), steps).await;
    outcome.is("pass", "");
    assert_eq!(there.asks().len(), 1);
    assert_eq!(there.asks()[0].authorization(), None);
    assert!(!outcome.everything.contains(PASSWORD));
}
