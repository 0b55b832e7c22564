//! None, Basic and Bearer; right, wrong and missing credentials.

use std::time::Duration;

use crate::common::{PASSWORD, USER, as_alice, basic, bearer, plimsoll, plimsoll_with, registry};

/// A case that needs no feature, and one that pushes.
const PING: [&str; 2] = ["--case", "distribution/api/ping"];
const PUSH: [&str; 2] = ["--case", "distribution/api/pull-category"];

#[tokio::test(flavor = "multi_thread")]
async fn authentication_changes_no_verdict() {
    let open = registry(|_| {}).await;
    let without = plimsoll(&["--registry", &open.server.url()], None).await;
    without.is(0, &[]);
    for auth in [basic(), bearer(false), bearer(true)] {
        let name = format!("{auth:?}");
        let registry = registry(|config| config.auth = auth).await;
        let with = as_alice(&registry.server.url(), &[]).await;
        with.is(0, &[]);
        let verdicts = with.verdicts();
        for (id, verdict) in &verdicts {
            assert!(!matches!(verdict.as_str(), "fail" | "warn" | "blocked" | "error"), "{name}: {id} {verdict}");
        }
        // Only what an open registry cannot show differs.
        let differing: Vec<_> =
            without.verdicts().into_iter().filter(|(id, verdict)| verdicts[id] != *verdict).map(|(id, _)| id).collect();
        assert!(differing.iter().all(|id| id.contains("auth") || id.contains("error-bod")), "{name}: {differing:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_told_before_the_run() {
    for auth in [basic(), bearer(false), bearer(true)] {
        let registry = registry(|config| config.auth = auth).await;
        let url = registry.server.url();
        let wrong = plimsoll(&["--registry", &url, "--user", USER, "--password-stdin"], Some("wrong-password")).await;
        wrong.is(2, &[&url, "refuses the credentials: GET /v2/ answers 401", "--user NAME", "--password-stdin"]);
        assert!(!wrong.out().join("results.json").exists(), "nothing was run, so there is no result");
        assert!(!wrong.stderr.contains("wrong-password"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_credentials_are_told_before_the_run() {
    for auth in [basic(), bearer(false)] {
        let registry = registry(|config| config.auth = auth).await;
        let none = plimsoll(&["--registry", &registry.server.url()], None).await;
        none.is(2, &["asks for credentials: GET /v2/ answers 401", "--user NAME", "--password-stdin"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_only_pull_is_told_so() {
    let registry = registry(|config| config.auth = bearer(true)).await;
    let url = registry.server.url();
    let pulling = plimsoll(&[&["--registry", &url], &PUSH[..]].concat(), None).await;
    pulling.is(2, &["POST /v2/.../blobs/uploads/ answers 403", "push", "--user NAME", "--namespace"]);
    // What needs no push can be tested all the same.
    plimsoll(&[&["--registry", &url], &PING[..]].concat(), None).await.is(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn user_and_password_come_together() {
    let registry = registry(|config| config.auth = basic()).await;
    let url = registry.server.url();
    let alone = plimsoll(&["--registry", &url, "--user", USER], None).await;
    alone.is(3, &["there is no password for the user alice", "--password-stdin", "PLIMSOLL_PASSWORD"]);
    let nobody = plimsoll(&["--registry", &url, "--password-stdin"], Some("pw")).await;
    nobody.is(3, &["there is a password but no user", "--user NAME"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_is_replaced() {
    let registry = registry(|config| {
        config.auth = bearer(false);
        config.token_lifetime = Duration::from_millis(700);
    })
    .await;
    let suites = tempfile::tempdir().unwrap();
    std::fs::create_dir(suites.path().join("distribution")).unwrap();
    // Asks for what never comes until the token has expired more than once: the last answer must still be the
    // registry's, not the guard's.
    let suite = "suite: distribution/long\nabout: For tests.\ncases:\n  - id: poll\n    title: Nothing comes\n    steps:\n      - GET: /v2/${repo}/tags/list\n        within: 2s\n        expect: { status: { is: 200, req: dist.tags.status.01 } }\n";
    std::fs::write(suites.path().join("distribution/long.yaml"), suite).unwrap();
    let ran = as_alice(&registry.server.url(), &["--suites", suites.path().to_str().unwrap()]).await;
    ran.is(1, &[]);
    let events = std::fs::read_to_string(ran.out().join("events.jsonl")).unwrap();
    assert!(events.contains("/tags/list -> 404"), "{events}");
    assert!(!events.contains("-> 401"), "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_docker_login_stored_is_used_when_asked_for() {
    let registry = registry(|config| config.auth = bearer(false)).await;
    let url = registry.server.url();
    let folder = tempfile::tempdir().unwrap();
    let store = |host: &str, password: &str| {
        let auth = base64(&format!("{USER}:{password}"));
        std::fs::write(folder.path().join("config.json"), format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#))
            .unwrap();
    };
    let host = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let place = folder.path().to_str().unwrap().to_owned();
    // Nothing of whoever runs the tests.
    let env = [("DOCKER_CONFIG", place.as_str()), ("REGISTRY_AUTH_FILE", ""), ("XDG_RUNTIME_DIR", "")];
    let asked = ["--registry", &url, "--docker-login", PUSH[0], PUSH[1]];
    store(&host, PASSWORD);
    let right = plimsoll_with(&asked, None, &env).await;
    right.is(0, &[]);
    assert!(right.files().iter().all(|(_, text)| !text.contains(PASSWORD)), "the password is in a report");
    plimsoll_with(&asked[..2], None, &env).await.is(2, &["asks for credentials"]);
    store("elsewhere.example", PASSWORD);
    plimsoll_with(&asked, None, &env).await.is(3, &["no stored credentials", &host, "hint:"]);
    store(&host, "wrong-password");
    plimsoll_with(&asked, None, &env).await.is(2, &["refuses the credentials"]);
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
