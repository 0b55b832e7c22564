//! Runs one case against a server as the command line does, through the library, the engine and the runner.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::event::{CaseReport, Event};
use plimsoll_engine::plan::{Selection, plan};
use plimsoll_engine::run::{LeftOut, Options, Signal, run};
use plimsoll_registry_runner::auth::Credentials;
use plimsoll_registry_runner::client::{Client, ClientOptions, Request, Response, SendError};
use plimsoll_registry_runner::{Registry, Second, Target};
use plimsoll_suite::Library;
use plimsoll_suite::ledger::SpecVersion;
use reqwest::Method;
use tokio::sync::{mpsc, watch};
use url::Url;

/// The password of every test that has one.
pub(crate) const PASSWORD: &str = "hunter2-is-no-secret";
/// `me` and [`PASSWORD`] in an Authorization field.
pub(crate) const BASIC: &str = "Basic bWU6aHVudGVyMi1pcy1uby1zZWNyZXQ=";
/// A time limit that an honest answer keeps and a silent server does not.
pub(crate) const SHORT: Duration = Duration::from_millis(300);
/// A time limit that is not meant to be reached.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Reading the whole ledger takes longer than the tests do.
const LEDGER: &str = r#"
spec: distribution
title: For tests
source: { file: spec.md, version: main, versions: ["1.0", "1.1", main], commit: none, url: "http://localhost/" }
requirements:
  - id: dist.x.ping
    level: MUST
    since: "1.0"
    section: one
    line: 1
    binds: registry
    about: What nearly every test asserts
    fingerprint: "0123456789abcdef"
  - id: dist.tags.link.02
    level: MUST
    since: "1.0"
    section: two
    line: 2
    binds: registry
    about: What tests of pages assert
    fingerprint: "0123456789abcdef"
"#;

const FEATURES: &str = "capabilities:\n  - { id: second-identity, about: There is a second user }\n\
                        features:\n  - { id: two-ways, about: It can be done in two ways, probe: [] }\n";

/// The second user and its password in an Authorization field.
pub(crate) const OTHER_BASIC: &str = "Basic eW91OnRoZWlyLXNlY3JldC13b3Jk";
/// The same with nothing in place of the password.
pub(crate) const EMPTY_BASIC: &str = "Basic eW91Og==";
/// The password of the second user.
pub(crate) const OTHER_PASSWORD: &str = "their-secret-word";

/// A test that hangs has failed.
pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), what).await.expect("the runner hangs")
}

pub(crate) fn options(timeout: Duration) -> ClientOptions {
    ClientOptions { ca: None, insecure: false, timeout, credentials: None }
}

pub(crate) fn with_password(timeout: Duration) -> ClientOptions {
    let credentials = Credentials { user: "me".to_owned(), password: PASSWORD.to_owned() };
    ClientOptions { credentials: Some(credentials), ..options(timeout) }
}

/// What came of a case.
pub(crate) struct Outcome {
    pub(crate) report: CaseReport,
    /// Everything that was reported or stored, as text.
    pub(crate) everything: String,
}

impl Outcome {
    /// The verdict in words.
    pub(crate) fn verdict(&self) -> String {
        self.report.verdict.to_string()
    }

    pub(crate) fn reason(&self) -> &str {
        self.report.reason.as_deref().unwrap_or_default()
    }

    /// Asserts verdict and a part of the reason.
    #[track_caller]
    pub(crate) fn is(&self, verdict: &str, reason: &str) {
        assert_eq!(self.verdict(), verdict, "{}", self.reason());
        assert!(self.reason().contains(reason), "{reason:?} is not in {:?}", self.reason());
    }
}

/// Runs a case with these steps (YAML, in the columns of a test's text) against the server at `url`.
pub(crate) async fn case(url: &str, client: ClientOptions, steps: &str) -> Outcome {
    let indented: String = steps.lines().map(|line| format!("    {line}\n")).collect();
    let mut outcomes = cases(url, client, &format!("  - id: case\n    title: A promise is kept\n{indented}")).await;
    assert_eq!(outcomes.len(), 1, "one case, one report");
    outcomes.remove(0)
}

/// The same as a case that requires a second user.
pub(crate) async fn case_of_two(url: &str, client: ClientOptions, steps: &str) -> Outcome {
    case(url, client, &format!("requires: second-identity{steps}")).await
}

/// Runs these cases, one after the other.
pub(crate) async fn cases(url: &str, client: ClientOptions, cases: &str) -> Vec<Outcome> {
    let suite = format!("suite: distribution/hostile\nabout: For tests.\ncases:\n{cases}");
    in_time(run_suite(url, client, suite)).await
}

/// A registry that nobody answers for.
pub(crate) fn target(url: &str, client: ClientOptions) -> Target {
    Target {
        url: Url::parse(url).unwrap(),
        client,
        namespace: "test".to_owned(),
        run_tag: "run".to_owned(),
        seed: 1,
        keep: true,
        owned: false,
        read_only: false,
        content: None,
        left_out: BTreeMap::new(),
        second: Some(Second {
            credentials: Credentials { user: "you".to_owned(), password: OTHER_PASSWORD.to_owned() },
            namespace: "theirs".to_owned(),
        }),
        exec: None,
    }
}

async fn run_suite(url: &str, client: ClientOptions, suite: String) -> Vec<Outcome> {
    let texts = BTreeMap::from([
        ("requirements/distribution.yaml".to_owned(), LEDGER.to_owned()),
        ("distribution/features.yaml".to_owned(), FEATURES.to_owned()),
        ("distribution/hostile.yaml".to_owned(), suite),
    ]);
    let library = Arc::new(Library::from_files(texts).unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false))));
    let version = SpecVersion::V1_1;
    let target = target(url, client);
    let mut registry = Registry::new(target, Arc::clone(&library), "distribution", version).unwrap();
    let entries = plan(&library.specs["distribution"], version, &Selection::default());
    registry.watch(&entries);
    let options = Options {
        jobs: 1,
        deadline: Duration::from_secs(90),
        left_out: LeftOut::default(),
        capabilities: registry.capabilities().await,
        declined: BTreeMap::new(),
        expectations: Default::default(),
        today: "2026-01-01".to_owned(),
        texts: library.texts.clone(),
        reproduce: Box::new(|id| id.to_owned()),
    };
    let (sender, mut signals) = mpsc::channel(16);
    let (_stop, stopped) = watch::channel(false);
    let running = tokio::spawn(run(Arc::new(registry), entries, options, sender, stopped));
    let mut reports = Vec::new();
    let mut everything = String::new();
    while let Some(signal) = signals.recv().await {
        match signal {
            Signal::Event(event) => {
                everything += &serde_json::to_string(&event).unwrap();
                if let Event::CaseFinished(report) = event {
                    reports.push(*report);
                }
            }
            Signal::Body { bytes, .. } => everything += &String::from_utf8_lossy(&bytes),
        }
    }
    running.await.unwrap();
    reports.into_iter().map(|report| Outcome { report, everything: everything.clone() }).collect()
}

/// Sends one GET to the server.
pub(crate) async fn get(url: &str, client: ClientOptions) -> Result<Response, SendError> {
    let home = Url::parse(url).unwrap();
    send(&Client::new(client, &home).unwrap(), Method::GET, &home.join("/v2/").unwrap()).await
}

/// Sends one request without a body.
pub(crate) async fn send(client: &Client, method: Method, url: &Url) -> Result<Response, SendError> {
    let request = Request::new(method, url.clone());
    in_time(client.send(&request)).await
}
