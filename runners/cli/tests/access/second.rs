//! Two users, and whether a registry keeps them apart.

use plimsoll_registry::{Action, Auth, Grant, Rule, Rules, User, Users};

use crate::common::{PASSWORD, Ran, Registry, USER, plimsoll_with, registry};

const OTHER: &str = "bob";
const OTHER_PASSWORD: &str = "tr0ub4dor-and-three";
const SECRET: (&str, &str) = ("PLIMSOLL_OTHER_PASSWORD", OTHER_PASSWORD);

/// Alice and Bob, each with a namespace of their own.
fn apart() -> Users {
    let user = |name: &str, password: &str| User {
        name: name.to_owned(),
        password: password.to_owned(),
        grants: vec![Grant::new(format!("of-{name}"), &Action::ALL)],
    };
    Users { users: vec![user(USER, PASSWORD), user(OTHER, OTHER_PASSWORD)], anonymous: Vec::new() }
}

/// Runs the isolation suites as Alice, with Bob as the second user.
async fn isolation(registry: &Registry) -> Ran {
    isolation_with(registry, &["--other-user", OTHER, "--other-namespace", "of-bob"], &[SECRET]).await
}

async fn isolation_with(registry: &Registry, args: &[&str], environment: &[(&str, &str)]) -> Ran {
    let url = registry.server.url();
    let alice = ["--registry", &url, "--user", USER, "--password-stdin", "--namespace", "of-alice"];
    let suites = ["--suite", "distribution/isolation-*", "--format", "terminal,html,json"];
    plimsoll_with(&[&alice[..], args, &suites].concat(), Some(PASSWORD), environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_keeps_them_apart_passes_with_basic_and_with_tokens() {
    for auth in [Auth::Basic(apart()), Auth::Bearer(apart())] {
        let tokens = matches!(auth, Auth::Bearer(_));
        let registry = registry(|config| config.auth = auth).await;
        let ran = isolation(&registry).await;
        ran.is(0, &[]);
        let verdicts = ran.verdicts();
        assert_eq!(verdicts["distribution/isolation-rights/manifest-by-tag"], "pass");
        let replayed = &verdicts["distribution/isolation-tokens/replayed-in-a-foreign-repository"];
        assert_eq!(replayed, if tokens { "pass" } else { "unsupported" });
        let expired = &verdicts["distribution/isolation-tokens/expired"];
        assert_eq!(expired, if tokens { "skipped" } else { "unsupported" }, "its tokens live for five minutes");
        assert!(!verdicts.values().any(|verdict| verdict == "fail" || verdict == "blocked"), "{verdicts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_is_a_failure_and_no_secret_is_told() {
    let registry = registry(|config| {
        config.auth = Auth::Bearer(apart());
        config.rules = Rules::breaking([Rule::from_id("access.read.02/get").unwrap()]);
    })
    .await;
    let ran = isolation(&registry).await;
    ran.is(1, &[]);
    assert_eq!(ran.verdicts()["distribution/isolation-rights/blob"], "fail");
    let repeat = "--other-user 'bob' --other-namespace 'of-bob'";
    assert!(ran.stdout.contains("access.read.02") && ran.stdout.contains(repeat), "{}", ran.stdout);
    let mut bought = false;
    for (path, content) in ran.files() {
        bought |= content.contains("<redacted>\\\",\\\"expires_in");
        // The answer of the token service is shown without the token.
        let content = content.replace("access_token\":\"<redacted>", "").replace("access_token\\\":\\\"<redacted>", "");
        for secret in [OTHER_PASSWORD, PASSWORD, "access_token\":\"", "access_token\\\":\\\""] {
            assert!(!content.contains(secret), "{secret} is in {}", path.display());
        }
    }
    assert!(bought, "a token was bought in a case that failed");
}

/// What a registry is that has users, but no rights.
#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_lets_every_user_do_everything_fails() {
    let mut users = apart();
    for user in &mut users.users {
        user.grants = vec![Grant::new("", &Action::ALL)];
    }
    let registry = registry(|config| config.auth = Auth::Basic(users)).await;
    let ran = isolation(&registry).await;
    ran.is(1, &[]);
    for case in ["rights/blob", "rights/manifest-push", "rights/tag-deletion", "uploads/chunk", "uploads/mount"] {
        assert_eq!(ran.verdicts()[&format!("distribution/isolation-{case}")], "fail", "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_second_user_the_cases_are_skipped_and_say_why() {
    let registry = registry(|config| config.auth = Auth::Basic(apart())).await;
    let ran = isolation_with(&registry, &[], &[]).await;
    ran.is(4, &[]);
    assert!(ran.verdicts().values().all(|verdict| matches!(verdict.as_str(), "skipped" | "unsupported")));
    assert!(ran.stdout.contains("there is no second user: give --other-user"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_user_who_cannot_log_in_is_told_before_the_run() {
    let registry = registry(|config| config.auth = Auth::Bearer(apart())).await;
    let both = ["--other-user", OTHER, "--other-namespace", "of-bob"];
    let wrong = isolation_with(&registry, &both, &[("PLIMSOLL_OTHER_PASSWORD", "wrong-password")]).await;
    wrong.is(2, &["refuses the second user", "answers 401", "PLIMSOLL_OTHER_PASSWORD"]);
    let none = isolation_with(&registry, &both, &[]).await;
    none.is(3, &["there is no password for the second user bob", "PLIMSOLL_OTHER_PASSWORD"]);
    let alone = isolation_with(&registry, &["--other-user", OTHER], &[SECRET]).await;
    alone.is(3, &["--other-namespace"]);
    for namespace in ["of-alice", "of-alice/bob", ""] {
        let inside = ["--other-user", OTHER, "--other-namespace", namespace];
        let ran = isolation_with(&registry, &inside, &[SECRET]).await;
        ran.is(3, &["lie in one another", "where the first has no right"]);
    }
}
