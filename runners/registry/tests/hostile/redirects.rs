//! Redirects that lead in circles, elsewhere, or nowhere.

use crate::harness::{BASIC, LONG, PASSWORD, case, options, with_password};
use crate::server::{Act, Ask, Server, answer};

const PING: &str = "
steps:
  - GET: /v2/
    expect: { status: { is: 200, req: dist.x.ping } }
";

fn to(location: &str) -> Vec<Act> {
    answer("307 Temporary Redirect", &[&format!("location: {location}")], "")
}

#[tokio::test]
async fn a_circle() {
    let server = Server::start(|_| to("/v2/")).await;
    case(&server.url, options(LONG), PING).await.is("fail", "more than 10 redirects");
    assert_eq!(server.asks().len(), 11);
    let server = Server::start(|ask| to(&format!("/v2/{}?token=secret-{}", ask.number, ask.number))).await;
    let outcome = case(&server.url, options(LONG), PING).await;
    outcome.is("fail", "more than 10 redirects");
    assert!(!outcome.everything.contains("secret-"), "{}", outcome.everything);
}

#[tokio::test]
async fn away_from_http() {
    for location in ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:alert(1)", "data:,x"] {
        let server = Server::start(move |_| to(location)).await;
        let outcome = case(&server.url, options(LONG), PING).await;
        outcome.is("fail", &format!("a redirect to {location}, which is no URL of HTTP"));
    }
}

#[tokio::test]
async fn to_nowhere() {
    for location in ["http://[", "http://", "//"] {
        let server = Server::start(move |_| to(location)).await;
        case(&server.url, options(LONG), PING).await.is("fail", "saw 307");
    }
}

#[tokio::test]
async fn what_keeps_the_method_is_followed_for_every_method() {
    for (status, method, followed) in [
        ("307 Temporary Redirect", "GET", true),
        ("308 Permanent Redirect", "PUT", true),
        ("302 Found", "GET", true),
        ("302 Found", "PUT", false),
        ("303 See Other", "POST", false),
    ] {
        let redirect = move || answer(status, &["location: /there"], "");
        let server =
            Server::start(move |ask| if ask.target == "/v2/" { redirect() } else { answer("200 OK", &[], "") }).await;
        let outcome = case(&server.url, options(LONG), &PING.replace("GET", method)).await;
        if followed {
            outcome.is("pass", "");
        } else {
            outcome.is("fail", &format!("saw {}", &status[..3]));
        }
        assert_eq!(server.count(method, "/there"), usize::from(followed), "{status} {method}");
    }
}

#[tokio::test]
async fn the_digest_of_a_redirect_stands_in_for_an_object_store() {
    const DIGEST: &str = "
steps:
  - GET: /v2/
    expect: { headers: { Docker-Content-Digest: { is: 'sha256:1', req: dist.x.ping } } }
";
    for (there, verdict) in [(&[][..], "pass"), (&["docker-content-digest: sha256:2"], "fail")] {
        let there: Vec<String> = there.iter().map(|field| (*field).to_owned()).collect();
        let server = Server::start(move |ask| {
            let there: Vec<&str> = there.iter().map(String::as_str).collect();
            match ask.target.as_str() {
                "/v2/" => answer("307 Temporary Redirect", &["location: /x", "docker-content-digest: sha256:1"], ""),
                _ => answer("200 OK", &there, ""),
            }
        })
        .await;
        case(&server.url, options(LONG), DIGEST).await.is(verdict, "");
    }
}

/// A registry that asks for this challenge and then redirects everything, and the host it redirects to.
async fn elsewhere(
    challenge: &'static str,
    there: impl Fn(&Ask, &str) -> Vec<Act> + Send + Sync + 'static,
) -> [Server; 2] {
    let there = Server::start_knowing_its_url(there).await;
    let location = format!("{}/blob", there.url);
    let here = Server::start_knowing_its_url(move |ask, url| match ask.authorization() {
        _ if ask.target.starts_with("/token") => answer("200 OK", &[], r#"{"token":"sold-for-home"}"#),
        None => answer("401 Unauthorized", &[&challenge.replace("HOME", url)], ""),
        Some(_) => to(&location),
    })
    .await;
    [here, there]
}

const CHALLENGES: [&str; 2] =
    ["www-authenticate: Basic realm=x", r#"www-authenticate: Bearer realm="HOME/token",service="home""#];

#[tokio::test]
async fn credentials_do_not_go_to_another_host() {
    for challenge in CHALLENGES {
        let [here, there] = elsewhere(challenge, |_, _| answer("200 OK", &[], "content")).await;
        case(&here.url, with_password(LONG), PING).await.is("pass", "");
        let sent: Vec<_> = here.asks().iter().filter_map(|ask| ask.authorization().map(str::to_owned)).collect();
        assert!(sent.contains(&BASIC.to_owned()), "{sent:?}");
        assert_eq!(there.asks().len(), 1);
        assert_eq!(there.asks()[0].authorization(), None);
    }
}

#[tokio::test]
async fn another_host_that_asks_for_credentials_gets_none() {
    // The second request is led away at once, because what the registry wants is known by then.
    let twice = &PING.replace("  - GET: /v2/\n", "  - GET: /v2/\n  - GET: /v2/\n");
    for challenge in CHALLENGES {
        for trap in CHALLENGES {
            let asking = move |_: &Ask, url: &str| answer("401 Unauthorized", &[&trap.replace("HOME", url)], "");
            let [here, there] = elsewhere(challenge, asking).await;
            let outcome = case(&here.url, with_password(LONG), twice).await;
            outcome.is("fail", "saw 401");
            assert!(there.asks().iter().all(|ask| ask.authorization().is_none()));
            assert_eq!(there.count("GET", "/token"), 0, "its token service would see the credentials");
            assert!(!outcome.everything.contains(PASSWORD));
        }
    }
}

#[tokio::test]
async fn a_user_in_a_redirect_is_not_believed() {
    let there = Server::start(|_| answer("200 OK", &[], "")).await;
    let location = there.url.replace("http://", "http://eve:pw@");
    let here = Server::start(move |_| to(&location)).await;
    case(&here.url, options(LONG), PING).await.is("pass", "");
    assert_eq!(there.asks()[0].authorization(), None);
}
