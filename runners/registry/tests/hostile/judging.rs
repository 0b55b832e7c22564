//! Which words answers earn: alternatives, missing values, and cases that watch the others.

use crate::harness::{LONG, Outcome, case, cases, options};
use crate::server::{Server, answer};

/// The outcome of one GET with these expectations, for this answer.
async fn judged(status: &'static str, fields: &'static [&'static str], body: &'static str, expect: &str) -> Outcome {
    let server = Server::start(move |_| answer(status, fields, body)).await;
    case(&server.url, options(LONG), &format!("steps:\n  - GET: /v2/\n    expect:\n{expect}")).await
}

const ALTERNATIVES: &str = "
      - { status: 200, when: { X-Kind: a }, body: { is: one, req: dist.x.ping } }
      - { status: 200, body: { is: two, req: dist.x.ping } }
      - { status: 202, verdict: unsupported, feature: two-ways }
      - { status: 204, verdict: info }
      - { status: 205, verdict: pass, headers: { X-Kind: { present: true, req: dist.x.ping } } }
      - { otherwise: dist.x.ping }
";

#[tokio::test]
async fn the_first_alternative_that_fits_decides() {
    let judged = |status, fields, body| judged(status, fields, body, ALTERNATIVES);
    judged("200 OK", &["x-kind: a"], "one").await.is("pass", "");
    judged("200 OK", &["x-kind: a"], "two").await.is("fail", "body: expected \"one\"");
    judged("200 OK", &[], "two").await.is("pass", "");
    judged("200 OK", &["x-kind: b"], "one").await.is("fail", "body: expected \"two\"");
    let declined = judged("202 Accepted", &[], "").await;
    declined.is("unsupported", "answered 202 Accepted");
    assert_eq!(declined.report.feature.as_deref(), Some("two-ways"));
    judged("204 No Content", &[], "").await.is("info", "answered 204 No Content");
    judged("205 Reset Content", &["x-kind: a"], "").await.is("pass", "");
    // What an alternative asserts counts, whatever word it has.
    judged("205 Reset Content", &[], "").await.is("fail", "header X-Kind");
    let none = judged("500 Oh", &[], "").await;
    none.is("fail", "saw 500");
    assert_eq!(none.report.checks[0].requirements, ["dist.x.ping"]);
}

#[tokio::test]
async fn without_otherwise_no_alternative_is_a_broken_precondition() {
    let expect = "
      - { status: 200, body: { is: one, req: dist.x.ping } }
      - { status: 202 }
";
    judged("500 Oh", &[], "", expect).await.is("blocked", "saw 500");
}

#[tokio::test]
async fn a_broken_precondition_hides_no_violation() {
    let expect = "
      status: 200
      headers: { X-Kind: { is: a, req: dist.x.ping }, X-Other: a }
";
    judged("200 OK", &["x-kind: a"], "", expect).await.is("blocked", "header X-Other");
    let both = judged("200 OK", &[], "", expect).await;
    assert_eq!(both.report.checks.iter().filter(|check| check.verdict.to_string() == "blocked").count(), 1);
    assert!(both.report.checks.iter().any(|check| check.verdict.to_string() == "fail"));
}

#[tokio::test]
async fn values_are_saved_for_later_steps() {
    let steps = |save: &str| {
        format!(
            "
given: {{ word: {{ text: there }} }}
steps:
  - GET: /v2/
    body: ${{word}}
    save: {{ where: {save} }}
  - GET: ${{where}}
    expect: {{ status: {{ is: 200, req: dist.x.ping }} }}
"
        )
    };
    let server = Server::start(|ask| match ask.target.as_str() {
        "/v2/" => answer("200 OK", &["location: there", "x-where: /there"], r#"{"a":["/v2/there"]}"#),
        "/v2/there" | "/there" => answer("200 OK", &[], ""),
        _ => answer("404 Not Found", &[], ""),
    })
    .await;
    for save in [
        "Location",
        "X-Where",
        "{ json: /a/0 }",
        "{ json: /b, or: /there }",
        "{ header: X-None, or: /there }",
        "{ json: /a/0, find: /there }",
        "{ json: /a/0, find: ^/v2(/.*)$ }",
        "{ json: /a/0, find: nowhere, or: /there }",
        "{ header: X-None, or: \"/${word}\" }",
    ] {
        case(&server.url, options(LONG), &steps(save)).await.is("pass", "");
    }
    for save in ["X-None", "{ json: /b }", "{ json: /a/0, find: nowhere }"] {
        case(&server.url, options(LONG), &steps(save)).await.is("blocked", "nothing to save as `where`");
    }
}

#[tokio::test]
async fn watching_cases_see_what_the_others_received() {
    let suite = "
  - id: watcher
    title: Every 404 says why
    watch:
      status: 404
      expect: { headers: { X-Why: { present: true, req: dist.x.ping } } }
  - id: unseen
    title: Every 418 says why
    watch:
      status: 418
      expect: { headers: { X-Why: { present: true, req: dist.x.ping } } }
  - id: acting
    title: Seven things are not there
    matrix: { n: [1, 2, 3, 4, 5, 6, 7] }
    steps:
      - GET: /v2/${n}
        expect: { status: { is: 404, req: dist.x.ping } }
";
    let good = Server::start(|_| answer("404 Not Found", &["x-why: so"], "")).await;
    let outcomes = cases(&good.url, options(LONG), suite).await;
    assert_eq!(outcomes.len(), 9);
    let named = |outcomes: &[Outcome], id: &str| {
        outcomes.iter().position(|outcome| outcome.report.id == format!("distribution/hostile/{id}")).unwrap()
    };
    outcomes[named(&outcomes, "watcher")].is("pass", "");
    outcomes[named(&outcomes, "unseen")].is("skipped", "no answer of the kind");
    let bad = Server::start(|_| answer("404 Not Found", &[], "")).await;
    let outcomes = cases(&bad.url, options(LONG), suite).await;
    let watcher = &outcomes[named(&outcomes, "watcher")];
    watcher.is("fail", "one of 7 such answers");
    assert_eq!(watcher.report.exchanges.len(), 5, "some are shown, and the rest is counted");
}
