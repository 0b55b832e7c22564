//! Drives a client of registries and judges it by what a scripted registry sees of it.
//!
//! The client talks to a proxy before a real registry, whose address the caller gives. The proxy answers as that registry
//! does, but for what the script of the case says, and remembers every request.

mod certificates;
mod judge;
mod process;
mod profile;
mod proxy;
mod record;
mod script;
mod upstream;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use plimsoll_engine::Verdict;
use plimsoll_engine::event::FeatureProbed;
use plimsoll_engine::given;
use plimsoll_engine::plan::Entry;
use plimsoll_engine::run::Driver;
use plimsoll_engine::scope::{Scope, Variable};
use plimsoll_engine::trial::{End, Law, Trial};
use plimsoll_fixtures::Seed;
use plimsoll_suite::Library;
use plimsoll_suite::client::{Certificate, ClientCase};
use plimsoll_suite::ledger::SpecVersion;
use rustls::ServerConfig;
use sha2::{Digest, Sha256};
use url::Url;

use crate::certificates::Certificates;
use crate::judge::Judge;
pub use crate::profile::Profile;
use crate::proxy::{Ports, Proxy};
use crate::script::Script;

/// User and password of every case whose registry asks for them.
const CREDENTIALS: [(&str, &str); 2] = [("user", "plimsoll"), ("password", "not-a-secret-of-anybody")];
/// Most bytes of the files a client wrote that are looked at.
const MAX_WRITTEN: u64 = 512 << 20;

/// How a client is tested.
#[derive(Debug, Clone)]
pub struct Target {
    /// How it is told what to do.
    pub profile: Profile,
    /// The program `plimsoll`, for profiles of clients that are part of it.
    pub program: PathBuf,
    /// Arguments that are added to every command.
    pub arguments: Vec<String>,
    /// The registry behind the script.
    pub upstream: Url,
    /// Word in the name of every repository, so that two runs never meet.
    pub run_tag: String,
    /// Seed of all content.
    pub seed: u64,
    /// Longest time for one command.
    pub timeout: Duration,
}

/// A client under test.
#[derive(Debug)]
pub struct Client {
    target: Target,
    suites: Arc<Library>,
    spec: String,
    version: SpecVersion,
    http: reqwest::Client,
    certificates: Certificates,
}

/// The driver could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No client of the registry behind the script.
    #[error("the HTTP client behind the script cannot be set up: {0}")]
    Http(#[from] reqwest::Error),
    /// No certificates.
    #[error("cannot make certificates to show to the client: {0}")]
    Certificates(#[from] rcgen::Error),
    /// No TLS with them.
    #[error("cannot show certificates to the client: {0}")]
    Tls(#[from] rustls::Error),
    /// No place for the authority.
    #[error("cannot write the authority that the client is to trust: {0}")]
    Files(#[from] io::Error),
}

impl Client {
    /// A driver for the cases of `spec` at `version`.
    ///
    /// # Errors
    /// When there can be no HTTP client or no certificates.
    pub fn new(target: Target, suites: Arc<Library>, spec: &str, version: SpecVersion) -> Result<Self, SetupError> {
        // Another part of the process may have chosen the same before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Connections are not kept: one that is closed in the moment of its use would be blamed on the client.
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(target.timeout)
            .build()?;
        Ok(Self { target, suites, spec: spec.to_owned(), version, http, certificates: Certificates::new()? })
    }

    /// The features that the profile says the client has.
    pub fn features(&self) -> Vec<FeatureProbed> {
        let features = self.suites.specs.get(&self.spec).map(|spec| &spec.features.features[..]).unwrap_or_default();
        let probed = features.iter().map(|feature| {
            let supports = self.target.profile.supports(&feature.id);
            FeatureProbed {
                id: feature.id.value.clone(),
                about: feature.about.clone(),
                supported: supports.is_ok(),
                reason: supports.err().unwrap_or_else(|| "the profile has it".to_owned()),
            }
        });
        probed.collect()
    }

    async fn case(&self, entry: &Entry, case: &ClientCase, trial: &Trial) -> Result<End, String> {
        if let Err(reason) = self.target.profile.supports(case.run.word()) {
            let feature = Some(case.run.word().to_owned());
            return Ok(End::Chosen { verdict: Verdict::Unsupported, feature, reason });
        }
        let (mut scope, repository) = self.scope(entry)?;
        let ports = Ports::open(self.tls(case, &scope)?).await;
        let ports = ports.map_err(|error| format!("cannot listen on loopback: {error}"))?;
        scope.set("client", told(&ports));
        upstream::prepare(&self.http, &self.target.upstream, &scope, &repository, &case.upstream).await?;
        let script = Script::new(&case.script, &scope).map_err(|error| error.to_string())?;
        let folders =
            Folders::new(&ports).map_err(|error| format!("cannot prepare the home of the client: {error}"))?;
        let values = self.values(case, &scope, &repository, &ports, &folders)?;
        let proxy = Proxy::start(self.http.clone(), self.target.upstream.clone(), script, ports);
        if !case.content.is_empty() {
            let tag = values.get("reference").filter(|reference| !reference.contains(':')).map(String::as_str);
            upstream::layout(&folders.dir, &scope, &case.content, tag)
                .map_err(|error| format!("cannot write the image layout: {error}"))?;
        }
        let profile = &self.target.profile;
        let mut words = profile.command(case.run.value, &values).unwrap_or_default();
        words.extend(self.target.arguments.iter().cloned());
        let environment =
            profile.environment.iter().map(|(name, value)| (name.clone(), profile::fill(value, &values))).collect();
        let ended = process::run(&words, &environment, folders.home.path(), self.target.timeout, trial).await;
        // Also where the client did not end: what it did before shows why.
        let seen: Vec<_> = proxy.seen().into_iter().map(|seen| (seen.show(trial), seen)).collect();
        let ended = ended?;
        // Nobody reads the files of a push.
        let files = if case.written.is_empty() { Vec::new() } else { folders.files() };
        let judge = Judge { law: self.law(), trial, scope: &scope };
        judge.case(case, &ended, &seen, &files).map_err(|error| error.to_string())?;
        Ok(End::Judged)
    }

    /// The certificates of the registry and of the other host.
    fn tls(&self, case: &ClientCase, scope: &Scope) -> Result<[Option<Arc<ServerConfig>>; 2], String> {
        let Some(tls) = &case.tls else { return Ok([None, None]) };
        let server = |word: &str| {
            let shown = Certificate::parse(word)?;
            Ok::<_, String>(shown.and_then(|shown| self.certificates.server(shown)))
        };
        let word = |template| scope.text(template).map_err(|error| error.to_string());
        let elsewhere = tls.elsewhere.as_ref().map(|template| word(template)).transpose()?;
        Ok([server(&word(&tls.registry)?)?, server(elsewhere.as_deref().unwrap_or("trusted"))?])
    }

    fn law(&self) -> Law<'_> {
        Law { ledger: &self.suites.specs[&self.spec].ledger, version: self.version }
    }

    fn scope(&self, entry: &Entry) -> Result<(Scope, String), String> {
        let mut scope = Scope::default();
        let own = format!("plimsoll/{}-{}", self.target.run_tag, digest_prefix(&entry.id));
        let repository = format!("{own}-main");
        scope.set_value("repo", repository.clone());
        scope.set_value("other-repo", format!("{own}-other"));
        scope.set_value("nonce", digest_prefix(&format!("{}/{}", self.target.seed, entry.id)));
        for (name, value) in &entry.cell {
            scope.set_value(name, value.clone());
        }
        let seed = Seed::new(self.target.seed).derive(&entry.id);
        given::make(&entry.case.given, &seed, &mut scope).map_err(|error| error.to_string())?;
        Ok((scope, repository))
    }

    /// What the placeholders of the profile stand for.
    fn values(
        &self,
        case: &ClientCase,
        scope: &Scope,
        repository: &str,
        ports: &Ports,
        folders: &Folders,
    ) -> Result<BTreeMap<String, String>, String> {
        let mut values: BTreeMap<String, String> =
            CREDENTIALS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let tls = ports.bases[0].starts_with("https:");
        let authority = self.certificates.authority();
        let given = [
            ("registry", ports.registry.clone()),
            ("scheme", if tls { "https" } else { "http" }.to_owned()),
            ("tls", tls.to_string()),
            ("plain-http", (!tls).to_string()),
            ("ca", authority.display().to_string()),
            ("ca-dir", authority.parent().unwrap_or(&authority).display().to_string()),
            ("auth-file", folders.auth_file().display().to_string()),
            ("auth-dir", folders.auth_dir.display().to_string()),
            ("repository", repository.to_owned()),
            ("dir", folders.dir.display().to_string()),
            ("plimsoll", self.target.program.display().to_string()),
        ];
        values.extend(given.map(|(name, value)| (name.to_owned(), value)));
        for (name, value) in &case.with {
            values.insert(name.clone(), scope.text(value).map_err(|error| error.to_string())?);
        }
        let of = |name: &str| values.get(name).cloned().unwrap_or_default();
        let reference = of("reference");
        let sign = if reference.contains(':') { '@' } else { ':' };
        let image = |repository: &str| format!("{}/{repository}{sign}{reference}", ports.registry);
        let (image, from) = (image(&of("repository")), image(&of("from")));
        values.insert("image".to_owned(), image);
        values.insert("from-image".to_owned(), from);
        Ok(values)
    }
}

/// The version of the client, in its own word; `None` where its profile does not say how to ask.
///
/// # Errors
/// When the client cannot be started.
pub async fn version(target: &Target) -> Result<Option<String>, String> {
    let program = target.program.display().to_string();
    let values = BTreeMap::from([("plimsoll".to_owned(), program)]);
    let words: Vec<String> = target.profile.version.iter().map(|word| profile::fill(word, &values)).collect();
    if words.is_empty() {
        return Ok(None);
    }
    let home = tempfile::tempdir().map_err(|error| format!("cannot make a temporary directory: {error}"))?;
    process::last_word(&words, home.path(), target.timeout).await
}

impl Driver for Client {
    async fn run(&self, entry: &Entry, trial: &Trial) -> End {
        let Some(case) = &entry.case.client else {
            return End::Error("the case is none for a client".to_owned());
        };
        self.case(entry, case, trial).await.unwrap_or_else(End::Error)
    }

    /// Processes, listeners and folders are gone with the future that ran the case, and the registry is thrown away.
    async fn clean_up(&self, _: &Entry, _: &Trial) {}
}

/// User and password as Basic authentication writes them (RFC 7617, section 2).
fn basic() -> String {
    let [(_, user), (_, password)] = CREDENTIALS;
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
}

/// What the client is told, for the case: the fields are [`plimsoll_suite::client::CLIENT_FIELDS`].
fn told(ports: &Ports) -> Variable {
    let [user, password] = CREDENTIALS;
    let [registry, elsewhere] = &ports.bases;
    let basic = basic();
    let fields = [user, password, ("basic", &basic), ("registry", registry), ("elsewhere", elsewhere)];
    Variable::Fields(Arc::new(fields.map(|(name, value)| (name.to_owned(), value.into())).into()))
}

/// Where the client lives and what it reads and writes.
struct Folders {
    home: tempfile::TempDir,
    dir: PathBuf,
    auth_dir: PathBuf,
}

impl Folders {
    fn new(ports: &Ports) -> io::Result<Self> {
        let home = tempfile::Builder::new().prefix("plimsoll-client-").tempdir()?;
        let folders = Self { dir: home.path().join("content"), auth_dir: home.path().join("auth"), home };
        std::fs::create_dir(&folders.dir)?;
        std::fs::create_dir(&folders.auth_dir)?;
        let login = serde_json::json!({ "auths": { &ports.registry: { "auth": basic() } } });
        std::fs::write(folders.auth_file(), login.to_string())?;
        Ok(folders)
    }

    /// What `docker login` leaves behind.
    fn auth_file(&self) -> PathBuf {
        self.auth_dir.join("config.json")
    }

    /// The bytes of every file in the folder for content. Links are not followed.
    fn files(&self) -> Vec<Vec<u8>> {
        let mut files = Vec::new();
        let mut left = MAX_WRITTEN;
        read_files(&self.dir, &mut files, &mut left);
        files
    }
}

fn read_files(folder: &Path, files: &mut Vec<Vec<u8>>, left: &mut u64) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(data) = entry.metadata() else { continue };
        if data.is_dir() {
            read_files(&entry.path(), files, left);
        } else if data.is_file() && data.len() <= *left {
            *left -= data.len();
            files.extend(std::fs::read(entry.path()));
        }
    }
}

/// Ten hex digits that stand for a text.
fn digest_prefix(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}
