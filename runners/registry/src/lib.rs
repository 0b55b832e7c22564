//! Drives an OCI registry over HTTP and judges it.
//!
//! The judge knows nothing of the reference registry: it looks at status codes, header fields and raw bytes.

mod activity;
pub mod auth;
pub mod client;
pub mod content;
mod identities;
mod judge;
pub mod link;
mod push;
pub mod raw;
mod redact;
mod steps;
pub mod subject;
mod token;
mod transcript;
mod trust;
mod watchers;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use plimsoll_engine::event::FeatureProbed;
use plimsoll_engine::given;
use plimsoll_engine::plan::Entry;
use plimsoll_engine::run::Driver;
use plimsoll_engine::scope::{Scope, Variable};
use plimsoll_engine::trial::{End, Law, Trial};
use plimsoll_fixtures::Seed;
use plimsoll_suite::Library;
use plimsoll_suite::activity::Kind;
use plimsoll_suite::case::{Action, Feature, Identity, Step};
use plimsoll_suite::ledger::SpecVersion;
use plimsoll_suite::matrix::Values;
use plimsoll_suite::position::{At, Key};
use reqwest::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::{Host, Origin, Url};

use crate::auth::Credentials;
use crate::client::{Client, ClientOptions, Request, Response, SendError, SetupError};
use crate::content::Content;
use crate::steps::{Observer, Sighting, Walk};
use crate::subject::{Exec, Place};
use crate::watchers::Watcher;

/// Time for a kill, the next start, and the look at what is left.
const LONGEST_KILL: Duration = Duration::from_secs(10);

/// How a registry is tested.
#[derive(Debug, Clone)]
pub struct Target {
    /// Root of the registry, e.g. `http://127.0.0.1:5000`.
    pub url: Url,
    /// How to reach it.
    pub client: ClientOptions,
    /// First components of every repository the run makes; empty for none.
    pub namespace: String,
    /// Word in the name of every repository, so that two runs never meet.
    pub run_tag: String,
    /// Seed of all content.
    pub seed: u64,
    /// Leave everything in the registry as it is.
    pub keep: bool,
    /// The user answers for the registry: it may be attacked.
    pub owned: bool,
    /// Nothing but GET and HEAD is ever sent.
    pub read_only: bool,
    /// What the user says the registry holds.
    pub content: Option<Content>,
    /// Features that are not looked at, with the reason: the configuration leaves them out.
    pub left_out: BTreeMap<String, String>,
    /// A second user, to see whether the registry keeps the two apart.
    pub second: Option<Second>,
    /// How to start a registry like this one.
    pub exec: Option<Exec>,
}

/// Another user of the registry.
#[derive(Debug, Clone)]
pub struct Second {
    /// User and password.
    pub credentials: Credentials,
    /// First components of repositories in which this user has every right, and nobody else has any.
    pub namespace: String,
}

/// A registry under test.
pub struct Registry {
    client: Client,
    target: Target,
    suites: Arc<Library>,
    spec: String,
    version: SpecVersion,
    facts: Arc<BTreeMap<String, Value>>,
    watchers: Vec<Watcher>,
}

impl Registry {
    /// A driver for the specification `spec` of the suites at `version`.
    pub fn new(target: Target, suites: Arc<Library>, spec: &str, version: SpecVersion) -> Result<Self, SetupError> {
        let client = Client::new(target.client.clone(), &target.url)?.only_reading(target.read_only);
        let client = match &target.second {
            Some(second) => client.with_second(&second.credentials, &target.url),
            None => client,
        };
        Ok(Self { client, target, suites, spec: spec.to_owned(), version, facts: Arc::default(), watchers: Vec::new() })
    }

    /// Asks for `/v2/`, to see whether there is a registry at all.
    pub async fn ping(&self) -> Result<Response, SendError> {
        self.ask(None, Method::GET, "/v2/").await
    }

    /// Asks for an upload session: what answers with one is a registry, whatever it says of `/v2/`, and one that may be
    /// pushed to.
    pub async fn open_upload(&self) -> Result<Response, SendError> {
        self.open_upload_as(None, &format!("{}-main", self.repository("ping"))).await
    }

    /// The same for the second user, if there is one.
    pub async fn open_second_upload(&self) -> Option<Result<Response, SendError>> {
        let second = self.target.second.as_ref()?;
        let repository = self.repository_in(&second.namespace, "ping");
        Some(self.open_upload_as(Some(Identity::Other), &format!("{repository}-theirs")).await)
    }

    async fn open_upload_as(&self, identity: Option<Identity>, repository: &str) -> Result<Response, SendError> {
        let answer = self.ask(identity, Method::POST, &format!("/v2/{repository}/blobs/uploads/")).await?;
        if let (202, Some(session)) = (answer.status, answer.field("location").first())
            && let Ok(session) = answer.url.join(session)
        {
            // It was only to see. A session that cannot be cancelled expires by itself.
            self.delete(session).await;
        }
        Ok(answer)
    }

    async fn ask(&self, identity: Option<Identity>, method: Method, path: &str) -> Result<Response, SendError> {
        let url = self.target.url.join(path).map_err(|error| SendError::Unsendable(error.to_string()))?;
        self.client.send(&Request { identity, ..Request::new(method, url) }).await
    }

    /// Sends a request without header fields and body, which belongs to no case, as whoever has the right.
    async fn bare(&self, method: Method, url: Url) -> Result<Response, SendError> {
        let theirs = self.target.second.as_ref().map(|second| format!("/v2/{}/", second.namespace));
        let identity = theirs.filter(|theirs| url.path().starts_with(theirs)).map(|_| Identity::Other);
        self.client.send(&Request { identity, ..Request::new(method, url) }).await
    }

    /// What can be done to this registry, by the names that cases give in `requires`; the reason where it cannot.
    pub async fn capabilities(&self) -> BTreeMap<String, Result<(), String>> {
        let loopback = match self.target.url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let owned = match self.target.url.host_str() {
            Some(host) if !loopback && !self.target.owned => {
                Err(format!("{host} may belong to somebody else; if not, say so with --i-own-this-registry"))
            }
            _ => Ok(()),
        };
        let content = match &self.target.content {
            Some(_) => Ok(()),
            None => Err("no content is named that is in the registry; --content FILE does".to_owned()),
        };
        let second = match &self.target.second {
            Some(_) => Ok(()),
            None => {
                Err("there is no second user: give --other-user, --other-namespace and PLIMSOLL_OTHER_PASSWORD, or \
                         look at the embedded registry with --reference guarded"
                    .to_owned())
            }
        };
        let start = match &self.target.exec {
            Some(_) => Ok(()),
            None => Err("the run does not start the registry itself; that is what --exec COMMAND is for".to_owned()),
        };
        let all = [
            ("owned", owned),
            ("content", content),
            ("second-identity", second),
            ("start", start),
            ("small-disk", self.small_disk().await),
        ];
        all.map(|(name, standing)| (name.to_owned(), standing)).into()
    }

    /// Whether a registry can be started on a small disk here.
    async fn small_disk(&self) -> Result<(), String> {
        let Some(exec) = &self.target.exec else {
            return Err("the run does not start the registry itself; that is what --exec COMMAND is for".to_owned());
        };
        match Place::on_small_disk(exec).await {
            Ok(place) => {
                place.close().await;
                Ok(())
            }
            Err(error) => Err(format!("{error}; that takes the right to mount, or user namespaces")),
        }
    }

    /// Tells the driver which cases watch the others.
    pub fn watch(&mut self, entries: &[Entry]) {
        let watching = entries.iter().filter(|entry| entry.case.watch.is_some());
        self.watchers = watching
            .map(|entry| {
                let text = self.suites.texts.get(&entry.path).cloned().unwrap_or_default();
                Watcher::new(entry.clone(), text)
            })
            .collect();
    }

    /// Probes every feature of the version, in order, and keeps the facts that probes save.
    ///
    /// What the configuration leaves out is not asked for, nor what cannot be asked for without a write where there may
    /// be none; [`Registry::left_out`] has both afterwards.
    pub async fn probe(&mut self) -> Vec<FeatureProbed> {
        let suites = Arc::clone(&self.suites);
        let Some(spec) = suites.specs.get(&self.spec) else { return Vec::new() };
        let mut probed: Vec<FeatureProbed> = Vec::new();
        let mut facts = BTreeMap::new();
        for feature in &spec.features.features {
            facts.extend(feature.facts.iter().map(|(name, value)| (name.to_string(), value.value.clone())));
            let since = feature.since.as_ref().and_then(|since| since.parse::<SpecVersion>().ok());
            if since.is_some_and(|since| since > self.version) {
                continue;
            }
            if let Some(reason) = self.not_asked(feature) {
                self.target.left_out.insert(feature.id.value.clone(), reason);
                continue;
            }
            let missing = feature.needs.iter().find(|need| probed.iter().any(|p| !p.supported && p.id == need.value));
            let (supported, reason) = match missing {
                Some(need) => (false, format!("it needs `{need}`, which is declined")),
                None if feature.probe.is_empty() => continue,
                None => self.probe_one(feature, &mut facts).await,
            };
            let (id, about) = (feature.id.value.clone(), feature.about.clone());
            probed.push(FeatureProbed { id, about, supported, reason });
        }
        self.facts = Arc::new(facts);
        probed
    }

    /// Why a feature is not looked at, if it is not.
    fn not_asked(&self, feature: &Feature) -> Option<String> {
        let left_out = |id: &str| self.target.left_out.get(id).cloned();
        let needed = feature.needs.iter().find_map(|need| left_out(&need.value));
        let writes = self.target.read_only && (feature.id.value == "push" || feature.probe.iter().any(writes));
        left_out(&feature.id).or(needed).or_else(|| writes.then(|| READ_ONLY.to_owned()))
    }

    /// Features that are left out of the run, with the reason: those of the target and, after the probe, those that
    /// follow from them.
    pub fn left_out(&self) -> &BTreeMap<String, String> {
        &self.target.left_out
    }

    async fn probe_one(&self, feature: &At<Feature>, facts: &mut BTreeMap<String, Value>) -> (bool, String) {
        let trial = Trial::new("", "");
        let mut walk = self.walk(&format!("probe/{}", feature.id), &trial, &Nobody);
        walk.scope.set("subject", Variable::Fields(Arc::new(facts.clone())));
        let seed = Seed::new(self.target.seed).derive(&feature.id);
        if let Err(error) = given::make(&feature.given, &seed, &mut walk.scope) {
            return (true, format!("not probed: {error}"));
        }
        let end = walk.take(&feature.probe).await;
        for name in feature.facts.keys() {
            if let Some(value) = walk.scope.saved(name) {
                facts.insert(name.to_string(), value);
            }
        }
        self.remove(&trial).await;
        match end {
            End::Chosen { feature: Some(_), reason, .. } => (false, reason),
            End::Blocked(reason) | End::Error(reason) => (true, format!("the probe was cut short: {reason}")),
            _ => (true, "its request was not declined".to_owned()),
        }
    }

    fn walk<'a>(&'a self, id: &str, trial: &'a Trial, observer: &'a dyn Observer) -> Walk<'a> {
        let mut scope = Scope::default();
        let repository = self.repository(id);
        scope.set_value("repo", format!("{repository}-main"));
        scope.set_value("other-repo", format!("{repository}-other"));
        if let Some(second) = &self.target.second {
            scope.set_value("their-repo", format!("{}-theirs", self.repository_in(&second.namespace, id)));
        }
        // Of the seed and the case alone, so that the same seed gives the same content in repositories of another name.
        scope.set_value("nonce", digest_prefix(&format!("{}/{id}", self.target.seed)));
        scope.set("subject", Variable::Fields(Arc::clone(&self.facts)));
        if let Some(content) = &self.target.content {
            scope.set("content", Variable::Fields(Arc::new(content.fields())));
        }
        let law = self.law();
        Walk { client: &self.client, base: &self.target.url, law, trial, observer, scope, secrets: Vec::new() }
    }

    fn law(&self) -> Law<'_> {
        Law { ledger: &self.suites.specs[&self.spec].ledger, version: self.version }
    }

    /// A repository of its own for every entry of every run.
    fn repository(&self, id: &str) -> String {
        self.repository_in(&self.target.namespace, id)
    }

    fn repository_in(&self, namespace: &str, id: &str) -> String {
        let own = format!("{}-{}", self.target.run_tag, digest_prefix(id));
        if namespace.is_empty() { own } else { format!("{namespace}/{own}") }
    }

    /// Deletes what a trial created, newest first. What the registry does not let go is a leftover.
    async fn remove(&self, trial: &Trial) {
        if self.target.keep {
            trial.record().created.clear();
            return;
        }
        let mut removed = HashSet::new();
        loop {
            // It leaves the list when its fate is known and not before: the clean-up itself may be cut off.
            let Some(address) = trial.record().created.last().cloned() else { break };
            let url = Url::parse(&address).ok();
            let shown = url.as_ref().map(redact::url);
            let gone = match url {
                Some(url) => !removed.insert(address) || self.delete(url).await,
                None => true,
            };
            let mut record = trial.record();
            record.created.pop();
            if !gone {
                record.leftovers.extend(shown);
            }
        }
    }

    /// Deletes; false if it is still there.
    async fn delete(&self, url: Url) -> bool {
        let mut answer = self.bare(Method::DELETE, url.clone()).await;
        if let Some(pause) = answer.as_ref().ok().and_then(steps::asked_pause) {
            tokio::time::sleep(pause).await;
            answer = self.bare(Method::DELETE, url.clone()).await;
        }
        answer.is_ok_and(|response| matches!(response.status, 200..=299 | 404))
            // A session that cannot be cancelled expires by itself, and holds nothing that anybody can pull.
            || url.path().contains("/blobs/uploads/")
            // A tag whose deletion is refused may be gone with its manifest.
            || self.bare(Method::HEAD, url).await.is_ok_and(|response| response.status == 404)
    }
}

impl Driver for Registry {
    async fn run(&self, entry: &Entry, trial: &Trial) -> End {
        if let Some(watcher) = self.watchers.iter().find(|watcher| watcher.id() == entry.id) {
            return watcher.conclude(trial);
        }
        if self.target.read_only && entry.case.steps.iter().any(writes) {
            return End::Skipped(READ_ONLY.to_owned());
        }
        let nobody_named = |(key, values): (&Key, &Values)| match values {
            Values::Content(list) if !entry.cell.contains_key(key.as_str()) => Some(list.clone()),
            _ => None,
        };
        if let Some(list) = entry.case.matrix.iter().find_map(nobody_named) {
            return End::Skipped(format!("the content that is named has no `{list}`"));
        }
        let watching = Watching { law: self.law(), origin: self.target.url.origin(), watchers: &self.watchers };
        let mut walk = self.walk(&entry.id, trial, &watching);
        for (name, value) in &entry.cell {
            walk.scope.set_value(name, value.clone());
        }
        let seed = Seed::new(self.target.seed).derive(&entry.id);
        if let Err(error) = given::make(&entry.case.given, &seed, &mut walk.scope) {
            return steps::not_made(&error);
        }
        match &entry.case.activity {
            Some(activity) => activity::perform(&walk, activity, seed, self.target.exec.as_ref()).await,
            None => walk.take(&entry.case.steps).await,
        }
    }

    fn deadline(&self, entry: &Entry, usual: Duration) -> Duration {
        let kinds = entry.case.activity.as_ref().map(|activity| activity.kinds()).unwrap_or_default();
        match (kinds.as_slice(), &self.target.exec) {
            ([Kind::CrashConsistency(crash)], Some(exec)) => usual + LONGEST_KILL * exec.kills.unwrap_or(crash.kills),
            _ => usual,
        }
    }

    async fn clean_up(&self, _: &Entry, trial: &Trial) {
        self.remove(trial).await;
    }
}

/// Why what would write is not done.
const READ_ONLY: &str = "nothing is written to a registry that is only read (--read-only)";

/// True for a step that sends anything but GET and HEAD.
fn writes(step: &At<Step>) -> bool {
    let reads = |action: &Action<'_>| matches!(action, Action::Request { method: "GET" | "HEAD", .. });
    !step.actions().iter().all(reads)
}

/// Ten hex digits that stand for a text.
fn digest_prefix(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

/// Shows every response of the registry to the watching cases. Redirects and upload locations may lead to other hosts,
/// to which it has handed the request on and for whose words it does not answer.
struct Watching<'a> {
    law: Law<'a>,
    origin: Origin,
    watchers: &'a [Watcher],
}

impl Observer for Watching<'_> {
    fn observe(&self, sighting: Sighting<'_>) {
        if sighting.response.url.origin() != self.origin {
            return;
        }
        for watcher in self.watchers {
            watcher.observe(self.law, sighting);
        }
    }
}

/// Watches nothing.
struct Nobody;

impl Observer for Nobody {
    fn observe(&self, _: Sighting<'_>) {}
}
