//! Authentication, TLS, and the limits of the server.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod common;
use common::*;
use plimsoll_registry::{Action, Auth, Grant, TlsConfig, User, Users};
use serde_json::json;

const USER: (&str, &str) = ("authorization", "Basic bWU6c2VjcmV0"); // me:secret

fn me() -> Users {
    Users::one("me", "secret")
}

#[tokio::test]
async fn basic() {
    let r = registry(|config| config.auth = Auth::Basic(me())).await;
    let answer = r.get("/v2/").await.is(401);
    assert!(answer.header("www-authenticate").starts_with("Basic realm="));
    assert_eq!(answer.code(), "UNAUTHORIZED");
    r.send("GET", "/v2/", &[("authorization", "Basic bWU6d3Jvbmc=")], "").await.is(401);
    r.send("GET", "/v2/", &[USER], "").await.is(200);
    r.get("/v2/a/tags/list").await.is(401);
    r.send("GET", "/v2/a/tags/list", &[USER], "").await.is(404);
}

async fn token(api: &Api, scope: &str, headers: &[(&str, &str)]) -> String {
    let answer = api.send("GET", &format!("/token?scope={scope}&service=plimsoll-registry"), headers, "").await.is(200);
    format!("Bearer {}", answer.json()["token"].as_str().unwrap())
}

#[tokio::test]
async fn bearer() {
    let r = registry(|config| config.auth = Auth::Bearer(me().with_anonymous_pull())).await;
    let answer = r.send("POST", "/v2/a/blobs/uploads/", &[], "").await.is(401);
    let expected = format!(
        "Bearer realm=\"{}/token\",service=\"plimsoll-registry\",scope=\"repository:a:pull,push\"",
        r.server.url()
    );
    assert_eq!(answer.header("www-authenticate"), expected);

    let push = token(&r, "repository:a:pull,push", &[USER]).await;
    let push = [("authorization", push.as_str())];
    let answer = r.send("POST", &format!("/v2/a/blobs/uploads/?digest={}", sha256(b"x")), &push, "x").await.is(201);
    r.send("GET", answer.header("location"), &push, "").await.is(200);
    r.send("GET", "/v2/", &push, "").await.is(200);
    // Another repository, another action: ask again.
    let refused = r.send("GET", "/v2/b/tags/list", &push, "").await.is(401);
    assert!(refused.header("www-authenticate").contains("insufficient_scope"));
    r.send("DELETE", answer.header("location"), &push, "").await.is(401);

    let anonymous = token(&r, "repository:a:pull,push", &[]).await;
    let anonymous = [("authorization", anonymous.as_str())];
    r.send("GET", answer.header("location"), &anonymous, "").await.is(200);
    assert_eq!(r.send("POST", "/v2/a/blobs/uploads/", &anonymous, "").await.is(403).code(), "DENIED");

    r.send("GET", "/token", &[("authorization", "Basic bWU6d3Jvbmc=")], "").await.is(401);
    let form = "grant_type=password&username=me&password=secret&scope=repository:b:pull+repository:a:delete";
    let sold = r.send("POST", "/token", &[], form).await.is(200).json();
    let delete = format!("Bearer {}", sold["access_token"].as_str().unwrap());
    r.send("DELETE", answer.header("location"), &[("authorization", &delete)], "").await.is(202);
}

/// Two users with a repository each.
fn two() -> Users {
    let user = |name: &str| User {
        name: name.to_owned(),
        password: "secret".to_owned(),
        grants: vec![Grant::new(name, &Action::ALL)],
    };
    let read = Grant::new("public", &[Action::Pull]);
    Users { users: vec![user("me"), user("you")], anonymous: vec![read] }
}

#[tokio::test]
async fn basic_users_keep_to_their_repositories() {
    let r = registry(|config| config.auth = Auth::Basic(two())).await;
    r.send("GET", "/v2/me/tags/list", &[USER], "").await.is(404);
    for (method, path) in
        [("GET", "/v2/you/tags/list"), ("POST", "/v2/you/blobs/uploads/"), ("GET", "/v2/me2/tags/list")]
    {
        assert_eq!(r.send(method, path, &[USER], "").await.is(403).code(), "DENIED");
        r.send(method, path, &[], "").await.is(401);
    }
    r.get("/v2/public/tags/list").await.is(404);
    r.send("POST", "/v2/public/blobs/uploads/", &[], "").await.is(401);
    // Wrong credentials never pass for none.
    r.send("GET", "/v2/public/tags/list", &[("authorization", "Basic bWU6d3Jvbmc=")], "").await.is(401);
}

#[tokio::test]
async fn the_token_service_sells_no_more_than_its_customer_may() {
    let r = registry(|config| config.auth = Auth::Bearer(two())).await;
    let both = token(&r, "repository:me:pull&scope=repository:you:pull", &[USER]).await;
    let both = [("authorization", both.as_str())];
    r.send("GET", "/v2/me/tags/list", &both, "").await.is(404);
    r.send("GET", "/v2/you/tags/list", &both, "").await.is(403);
    let anonymous = token(&r, "repository:public:pull,push&scope=repository:me:pull", &[]).await;
    let anonymous = [("authorization", anonymous.as_str())];
    r.send("GET", "/v2/public/tags/list", &anonymous, "").await.is(404);
    r.send("POST", "/v2/public/blobs/uploads/", &anonymous, "").await.is(403);
    r.send("GET", "/v2/me/tags/list", &anonymous, "").await.is(403);
    let elsewhere = token(&r, "repository:me:pull&service=elsewhere", &[USER]).await;
    r.send("GET", "/v2/me/tags/list", &[("authorization", &elsewhere)], "").await.is(401);
}

#[tokio::test]
async fn a_mount_needs_the_right_to_read_its_source() {
    let r = registry(|config| config.auth = Auth::Bearer(me())).await;
    let both = token(&r, "repository:a:pull,push&scope=repository:b:pull,push", &[USER]).await;
    let only = token(&r, "repository:b:pull,push", &[USER]).await;
    let digest = sha256(b"x");
    let path = format!("/v2/a/blobs/uploads/?digest={digest}");
    r.send("POST", &path, &[("authorization", &both)], "x").await.is(201);
    let path = format!("/v2/b/blobs/uploads/?mount={digest}&from=a");
    r.send("POST", &path, &[("authorization", &only)], "").await.is(202);
    r.send("POST", &path, &[("authorization", &both)], "").await.is(201);
    r.get("/token").await.is(401);
}

#[tokio::test]
async fn expired_tokens_are_void() {
    let r = registry(|config| {
        config.auth = Auth::Bearer(me());
        config.token_lifetime = std::time::Duration::ZERO;
    })
    .await;
    let token = token(&r, "repository:a:pull", &[USER]).await;
    r.send("GET", "/v2/", &[("authorization", &token)], "").await.is(401);
}

#[tokio::test]
async fn tls() {
    let files = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let r = registry(|config| config.tls = Some(TlsConfig { certificate, key })).await;
    assert!(r.server.url().starts_with("https://"));
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([trusted]).build().unwrap();
    let api = Api { url: r.server.url(), client };
    let content = vec![3; 2_000_000];
    let digest = api.blob("a", &content).await;
    assert!(api.get(&format!("/v2/a/blobs/{digest}")).await.is(200).body == content);
    let head = api.send("HEAD", &format!("/v2/a/blobs/{digest}"), &[], "").await.is(200);
    assert_eq!(head.header("content-length"), "2000000");
    let version = api.client.get(format!("{}/v2/", api.url)).send().await.unwrap().version();
    assert_eq!(version, reqwest::Version::HTTP_2);
}

#[tokio::test]
async fn limits_and_warnings() {
    let r = registry(|config| {
        config.rate_limit = Some(3);
        config.warning = Some("old".to_owned());
    })
    .await;
    let mut refused = None;
    for _ in 0..8 {
        let answer = r.get("/v2/").await;
        assert_eq!(answer.header("warning"), "299 - \"old\"");
        refused = refused.or((answer.status == 429).then_some(answer));
    }
    let refused = refused.unwrap();
    assert_eq!((refused.header("retry-after"), &*refused.code()), ("1", "TOOMANYREQUESTS"));
}

#[tokio::test]
async fn http() {
    let r = registry(|_| {}).await;
    assert_eq!(r.get("/v2/").await.is(200).json(), json!({}));
    let answer = r.send("POST", "/v2/a/tags/list", &[], "").await.is(405);
    assert_eq!((answer.header("allow"), &*answer.code()), ("GET, HEAD", "UNSUPPORTED"));
    r.get("/v2/A/tags/list").await.is(400);
    r.get("/nothing").await.is(404);
    assert_eq!(r.get("/v2/a/manifests/.bad").await.is(404).code(), "NAME_UNKNOWN");
}
