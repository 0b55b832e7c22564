//! Who a request is sent as, tokens as values, and what becomes of them.

use crate::harness::{
    BASIC, EMPTY_BASIC, LONG, OTHER_BASIC, OTHER_PASSWORD, PASSWORD, case, case_of_two, options, target, with_password,
};
use crate::server::{Act, Ask, Server, answer};

const TOKEN: &str = "token-0123456789";

/// A registry with a token service, whose answers say what they were asked.
async fn selling(sold: &'static str) -> Server {
    Server::start_knowing_its_url(move |ask, url| match ask.authorization() {
        _ if ask.target.starts_with("/token") => answer("200 OK", &[], sold),
        Some(authorization) => answer("200 OK", &[], format!("you are {authorization}")),
        None => challenge(url),
    })
    .await
}

fn challenge(url: &str) -> Vec<Act> {
    answer("401 Unauthorized", &[&format!("www-authenticate: Bearer realm=\"{url}/token\",service=\"s\"")], "")
}

/// The authorizations that came with requests for this target, in order.
fn sent(server: &Server, target: &str) -> Vec<Option<String>> {
    let of_it = |ask: &Ask| (ask.target.starts_with(target)).then(|| ask.authorization().map(str::to_owned));
    server.asks().iter().filter_map(of_it).collect()
}

#[tokio::test]
async fn everybody_comes_with_credentials_of_their_own() {
    let server = Server::start(|ask| match ask.authorization() {
        Some(_) => answer("200 OK", &[], ""),
        None => answer("401 Unauthorized", &["www-authenticate: Basic realm=x"], ""),
    })
    .await;
    let steps = "
steps:
  - { GET: /me }
  - { GET: /you, as: other }
  - { GET: /wrong, as: wrong-password }
  - { GET: /empty, as: empty-password }
  - { GET: /nobody, as: anonymous }
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";
    case_of_two(&server.url, with_password(LONG), steps).await.is("pass", "");
    let last = |target: &str| sent(&server, target).pop().unwrap();
    assert_eq!(last("/me").as_deref(), Some(BASIC));
    assert_eq!(last("/you").as_deref(), Some(OTHER_BASIC));
    assert_eq!(last("/empty").as_deref(), Some(EMPTY_BASIC));
    let wrong = last("/wrong").unwrap();
    assert!(wrong.starts_with("Basic ") && wrong != OTHER_BASIC && wrong != EMPTY_BASIC);
    assert_eq!(sent(&server, "/nobody"), [None]);
}

#[tokio::test]
async fn a_second_user_pushes_where_it_alone_may() {
    let server = Server::start(|ask| match ask.method.as_str() {
        _ if ask.authorization().is_none() => answer("401 Unauthorized", &["www-authenticate: Basic realm=x"], ""),
        "POST" => answer("202 Accepted", &["location: /session"], ""),
        "PUT" => answer("201 Created", &[], ""),
        _ => answer("200 OK", &[], ""),
    })
    .await;
    let steps = "
given: { blob: { random: 10 } }
steps:
  - push: blob
    to: ${their-repo}
    as: other
  - GET: /v2/${their-repo}/blobs/${blob.digest}
    expect: { status: { is: 200, req: dist.x.ping } }
";
    case_of_two(&server.url, with_password(LONG), steps).await.is("pass", "");
    assert_eq!(sent(&server, "/session"), [Some(OTHER_BASIC.to_owned())]);
    let asks = server.asks();
    assert!(asks.iter().any(|ask| ask.target.starts_with("/v2/theirs/run-") && ask.target.contains("-theirs/blobs/")));
    assert_eq!(sent(&server, "/v2/theirs/").last().unwrap().as_deref(), Some(BASIC), "only who was named pushes");
}

#[tokio::test]
async fn a_token_is_a_value_and_is_not_shown() {
    let server = selling(r#"{"access_token":"token-0123456789","refresh_token":"refresh-9876543210"}"#).await;
    let steps = "
steps:
  - token: repository:a:pull
    as: other
    expect: { status: 200 }
    save: { token: { part: token } }
  - token: repository:b:push
    service: elsewhere
    as: anonymous
  - GET: /v2/
    headers: { Authorization: 'Bearer x${token}' }
    expect: { status: { is: 200, req: dist.x.ping }, body: { contains: garbage, req: dist.x.ping } }
";
    let outcome = case_of_two(&server.url, with_password(LONG), steps).await;
    outcome.is("fail", "contain \"garbage\"");
    let asks = server.asks();
    let bought: Vec<&str> = asks.iter().map(|ask| ask.target.as_str()).filter(|t| t.starts_with("/token")).collect();
    assert_eq!(
        bought,
        ["/token?service=s&scope=repository%3Aa%3Apull", "/token?service=elsewhere&scope=repository%3Ab%3Apush"]
    );
    assert_eq!(sent(&server, "/token"), [Some(OTHER_BASIC.to_owned()), None]);
    assert_eq!(asks.last().unwrap().authorization(), Some(&*format!("Bearer x{TOKEN}")), "sent as it is");
    for secret in [TOKEN, "refresh-9876543210", OTHER_PASSWORD, &OTHER_BASIC["Basic ".len()..], PASSWORD] {
        assert!(!outcome.everything.contains(secret), "{secret} is in {}", outcome.everything);
    }
    assert!(outcome.everything.contains("you are Bearer x<redacted>"), "{}", outcome.everything);
}

#[tokio::test]
async fn a_token_that_lives_too_long_is_not_waited_for() {
    let steps = "
steps:
  - { token: 'repository:a:pull', lives: 20s }
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";
    for (sold, verdict, reason) in [
        (r#"{"token":"t1234","expires_in":20}"#, "pass", ""),
        (r#"{"token":"t1234","expires_in":21}"#, "skipped", "its tokens live 21 s"),
        (r#"{"token":"t1234"}"#, "skipped", "its tokens live 60 s"),
    ] {
        let server = selling(sold).await;
        case(&server.url, with_password(LONG), steps).await.is(verdict, reason);
    }
}

#[tokio::test]
async fn a_registry_without_a_token_service_sells_none() {
    let steps = "
steps:
  - token: repository:a:pull
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";
    let server = Server::start(|_| answer("401 Unauthorized", &["www-authenticate: Basic realm=x"], "")).await;
    case(&server.url, with_password(LONG), steps).await.is("blocked", "names no token service");
    let steps = steps
        .replace("pull\n", "pull\n    save: { token: { part: token } }\n")
        .replace("expect:", "headers: { Authorization: '${token}' }\n    expect:");
    for sold in ["", "{}", r#"{"token":""}"#, r#"{"token":"a b"}"#] {
        let server = selling(sold).await;
        case(&server.url, with_password(LONG), &steps).await.is("blocked", "nothing to save as `token`");
    }
}

#[tokio::test]
async fn what_a_case_sends_as_authorization_stays_with_the_registry() {
    let there = Server::start(|_| answer("200 OK", &[], "")).await;
    let location = format!("location: {}/there", there.url);
    let server = Server::start(move |_| answer("307 Temporary Redirect", &[&location], "")).await;
    let steps = "
steps:
  - GET: /v2/
    headers: { Authorization: Bearer of-a-case }
    expect: { status: { is: 200, req: dist.x.ping } }
";
    case(&server.url, with_password(LONG), steps).await.is("pass", "");
    assert_eq!(sent(&server, "/v2/"), [Some("Bearer of-a-case".to_owned())], "as it is, and nothing else");
    assert_eq!(sent(&there, "/there"), [None]);
}

#[tokio::test]
async fn without_a_second_user_it_is_said_how_to_have_one() {
    let mut target = target("http://127.0.0.1:5000", options(LONG));
    let capability = async |target| {
        let suites = std::sync::Arc::new(plimsoll_suite::Library::embedded().unwrap());
        let version = plimsoll_suite::ledger::SpecVersion::V1_1;
        let registry = plimsoll_registry_runner::Registry::new(target, suites, "distribution", version).unwrap();
        registry.capabilities().await["second-identity"].clone()
    };
    assert_eq!(capability(target.clone()).await, Ok(()));
    target.second = None;
    assert!(
        capability(target)
            .await
            .is_err_and(|reason| reason.contains("--other-user") && reason.contains("PLIMSOLL_OTHER_PASSWORD"))
    );
}
