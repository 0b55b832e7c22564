//! Every rule, when broken, shows, and so does every freedom, when taken: some request of these scenarios is answered
//! differently than by the usual conforming registry. This proves that none is dead; that a suite *judges* the difference
//! of a rule, and not that of a freedom, is for the suite to prove.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod oddities;
mod scenarios;

use common::{Answer, Api, Registry, registry};
use plimsoll_registry::{Config, Freedom, Rule, Rules, Server};
use scenarios::SCENARIOS;
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Semaphore;

/// Remembers every answer, without what differs from run to run.
struct Recorder {
    api: Api,
    log: Mutex<String>,
}

impl Recorder {
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        let answer = self.api.send(method, path, headers, body).await;
        self.note(&format!("{method} {} {headers:?}", without_uuids(path)), answer)
    }

    /// Sends a token, which is another one in every run.
    async fn send_as(&self, token: &str, method: &str, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let answer = self.api.send(method, path, &[("authorization", &format!("Bearer {token}"))], body).await;
        self.note(&format!("{method} {}", without_uuids(path)), answer)
    }

    fn note(&self, request: &str, answer: Answer) -> Answer {
        let mut log = self.log.lock().unwrap();
        writeln!(log, "{request} -> {}", answer.status).unwrap();
        for (name, value) in &answer.headers {
            if name != "date" {
                let value = value.to_str().unwrap().replace(&self.api.url, "URL");
                writeln!(log, "  {name}: {}", without_uuids(&value)).unwrap();
            }
        }
        writeln!(log, "  {}", without_uuids(&String::from_utf8_lossy(&answer.body))).unwrap();
        drop(log);
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Opens a session; a broken registry may not tell where.
    async fn session(&self, name: &str) -> String {
        let answer = self.send("POST", &format!("/v2/{name}/blobs/uploads/"), &[], "").await;
        match answer.header("location") {
            "" => format!("/v2/{name}/blobs/uploads/nowhere"),
            location => location.to_owned(),
        }
    }

    async fn blob(&self, name: &str, content: &[u8]) -> String {
        let digest = common::sha256(content);
        self.send("POST", &format!("/v2/{name}/blobs/uploads/?digest={digest}"), &[], content).await;
        digest
    }

    async fn manifest(&self, name: &str, reference: &str, manifest: &serde_json::Value) -> String {
        let bytes = manifest.to_string();
        let digest = common::sha256(bytes.as_bytes());
        let reference = if reference.is_empty() { &digest } else { reference };
        let media_type = manifest["mediaType"].as_str().unwrap();
        self.send("PUT", &format!("/v2/{name}/manifests/{reference}"), &[("content-type", media_type)], bytes).await;
        digest
    }
}

/// Replaces what has the form of a UUID.
fn without_uuids(text: &str) -> String {
    let is_uuid = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    let mut out = String::new();
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        out.push_str(if is_uuid(word) { "UUID" } else { word });
        out.push_str(&piece[word.len()..]);
    }
    out
}

/// How a registry differs from the usual one.
#[derive(Clone, Copy, Debug)]
enum Difference {
    None,
    Broken(Rule),
    Taken(Freedom),
}

impl Difference {
    fn apply(self, config: &mut Config) {
        match self {
            Self::None => {}
            Self::Broken(rule) => config.rules = Rules::breaking([rule]),
            Self::Taken(freedom) => config.freedoms = [freedom].into(),
        }
    }
}

/// What the registry of scenario `number` answers.
async fn record(number: usize, difference: Difference) -> String {
    let scenario = &SCENARIOS[number];
    if scenario.name == "upgrade" {
        return upgrade(difference).await;
    }
    let Registry { server, root: _root, client } = registry(|config| {
        difference.apply(config);
        (scenario.configure)(config);
    })
    .await;
    let log = run(number, client).await;
    server.shutdown().await;
    log
}

async fn run(number: usize, api: Api) -> String {
    let recorder = Arc::new(Recorder { api, log: Mutex::default() });
    (SCENARIOS[number].play)(recorder.clone()).await;
    std::mem::take(&mut *recorder.log.lock().unwrap())
}

/// One registry without the referrers API, then another with it on the same state.
async fn upgrade(difference: Difference) -> String {
    let root = tempfile::tempdir().unwrap();
    let number = SCENARIOS.iter().position(|scenario| scenario.name == "upgrade").unwrap();
    let mut log = String::new();
    for referrers in [false, true] {
        let mut config = Config::new(root.path());
        difference.apply(&mut config);
        (config.durable, config.referrers) = (false, referrers);
        let server = Server::start(config).await.unwrap();
        log += &run(number, Api::new(server.url())).await;
        server.shutdown().await;
    }
    log
}

/// The name of the first scenario that such a registry answers differently.
async fn first_difference(difference: Difference, honest: &[String]) -> Option<&'static str> {
    for (number, expected) in honest.iter().enumerate() {
        let answers = tokio::time::timeout(Duration::from_secs(60), record(number, difference)).await.unwrap();
        if answers != *expected {
            return Some(SCENARIOS[number].name);
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn every_broken_rule_and_every_freedom_shows() {
    let mut honest = Vec::new();
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        let first = record(number, Difference::None).await;
        let again = record(number, Difference::None).await;
        assert!(first == again, "scenario {} is not the same every time", scenario.name);
        honest.push(first);
    }
    let honest = Arc::new(honest);
    let places = Arc::new(Semaphore::new(8));
    // Some are for suites with several clients, and for those that start and kill the registry.
    let broken = Rule::ALL.iter().filter(|rule| !rule.hides_from_a_single_client());
    let broken = broken.map(|rule| Difference::Broken(*rule));
    let taken = Freedom::ALL.iter().map(|freedom| Difference::Taken(*freedom));
    // Some usual registries run among the others: what shows must not be the load.
    let control = [Difference::None; 8];
    let runs: Vec<_> = broken
        .chain(taken)
        .chain(control)
        .map(|difference| {
            let (honest, places) = (honest.clone(), places.clone());
            tokio::spawn(async move {
                let _place = places.acquire_owned().await.unwrap();
                (difference, first_difference(difference, &honest).await)
            })
        })
        .collect();
    let mut silent = Vec::new();
    for run in runs {
        match run.await.unwrap() {
            (Difference::None, Some(scenario)) => panic!("a usual registry differs in scenario {scenario}"),
            (Difference::None, None) | (_, Some(_)) => {}
            (difference, None) => silent.push(difference),
        }
    }
    assert!(silent.is_empty(), "nothing shows of {silent:#?}");
}
