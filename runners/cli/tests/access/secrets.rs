//! No secret ends up in anything a run writes or prints.

use plimsoll_registry::{Rule, Rules};

use crate::common::{PASSWORD, Ran, USER, as_alice, basic, bearer, plimsoll, registry};

/// User and password as Basic sends them.
const ENCODED: &str = "YWxpY2U6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZQ==";

#[track_caller]
fn tells_nothing(ran: &Ran, secrets: &[&str]) {
    let printed = [("stdout".into(), ran.stdout.clone()), ("stderr".into(), ran.stderr.clone())];
    for (path, content) in ran.files().into_iter().chain(printed) {
        for secret in secrets {
            assert!(!content.contains(secret), "{secret} is in {}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_with_failures_tell_no_secret() {
    for auth in [basic(), bearer(false)] {
        let registry = registry(|config| {
            config.auth = auth;
            // Failures have transcripts and bodies.
            config.rules =
                Rules::breaking(Rule::ALL.iter().copied().filter(|rule| rule.id().starts_with("dist.pull.")));
        })
        .await;
        let formats = ["terminal", "json", "junit", "tap", "markdown", "html"];
        let args: Vec<&str> = formats.iter().flat_map(|format| ["--format", *format]).collect();
        let ran = as_alice(&registry.server.url(), &[&args[..], &["--suite", "distribution/*blob*"]].concat()).await;
        ran.is(1, &[]);
        let files = ran.files();
        for name in ["events.jsonl", "results.json", "junit.xml", "report.html", "bodies/"] {
            assert!(files.iter().any(|(path, _)| path.to_str().unwrap().contains(name)), "{name} is missing");
        }
        tells_nothing(
            &ran,
            &[PASSWORD, ENCODED, "\"access_token\"", "Basic YWx", "authorization: B", "uthorization: B"],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_the_url_is_refused_and_not_repeated() {
    let registry = registry(|config| config.auth = basic()).await;
    let address = registry.server.url().replace("http://", "");
    for url in [
        format!("http://{USER}:{PASSWORD}@{address}"),
        format!("{USER}:{PASSWORD}@{address}"),
        format!("http://{PASSWORD}@{address}/path"),
        format!("http://{USER}:{PASSWORD}@bad host:x"),
    ] {
        let ran = plimsoll(&["--registry", &url], None).await;
        ran.is(3, &["holds a user name or a password", "--user NAME", "--password-stdin"]);
        tells_nothing(&ran, &[PASSWORD]);
    }
    let ran = plimsoll(&["--registry", &format!("http://{address}/?token={PASSWORD}")], None).await;
    ran.is(3, &["has a query"]);
    tells_nothing(&ran, &[PASSWORD]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_that_repeats_a_case_leads_back_in() {
    let registry = registry(|config| {
        config.auth = basic();
        config.rules = Rules::breaking(Rule::ALL.iter().copied().filter(|rule| rule.id().starts_with("dist.pull.")));
    })
    .await;
    let ran = as_alice(&registry.server.url(), &["--suite", "distribution/blob-upload"]).await;
    ran.is(1, &[]);
    let events = std::fs::read_to_string(ran.out().join("events.jsonl")).unwrap();
    let flags = format!("--registry {}/ --user 'alice' --password-stdin", registry.server.url());
    assert!(events.contains(&flags), "{flags}");
    tells_nothing(&ran, &[PASSWORD, ENCODED]);
}
