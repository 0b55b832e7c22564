//! Certificates that are trusted, and every reason why one is not.

use std::path::{Path, PathBuf};

use plimsoll_registry::TlsConfig;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;

use crate::common::{Registry, plimsoll, registry};

const PING: [&str; 2] = ["--case", "distribution/api/ping"];

/// An authority with the folder its files are in.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    files: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let authority = Self { issuer, files: tempfile::tempdir().unwrap() };
        std::fs::write(authority.path("ca.pem"), authority.issuer.pem()).unwrap();
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn ca(&self) -> String {
        self.path("ca.pem").to_str().unwrap().to_owned()
    }

    /// A registry with a certificate for this name, changed as wanted.
    async fn registry(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Registry {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        serving(self.files.path(), &certificate.pem(), &key).await
    }
}

/// A registry with this certificate.
async fn serving(folder: &Path, certificate: &str, key: &KeyPair) -> Registry {
    let files = TlsConfig { certificate: folder.join("server.pem"), key: folder.join("server.key") };
    std::fs::write(&files.certificate, certificate).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    registry(|config| config.tls = Some(files)).await
}

/// Runs one small case, with further arguments.
async fn ping(url: &str, args: &[&str]) -> crate::common::Ran {
    plimsoll(&[&["--registry", url], &PING[..], args].concat(), None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_run_with_an_own_authority() {
    let authority = Authority::new();
    let registry = authority.registry("127.0.0.1", |_| {}).await;
    let ran = plimsoll(&["--registry", &registry.server.url(), "--ca", &authority.ca()], None).await;
    ran.is(0, &[]);
    for (id, verdict) in ran.verdicts() {
        assert!(!matches!(verdict.as_str(), "fail" | "warn" | "blocked" | "error"), "{id} {verdict}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_authority() {
    let (authority, other) = (Authority::new(), Authority::new());
    let registry = authority.registry("127.0.0.1", |_| {}).await;
    let url = registry.server.url();
    let unknown = ["cannot connect to 127.0.0.1", "certificate", "authority", "--ca FILE", "--insecure"];
    ping(&url, &[]).await.is(2, &unknown);
    ping(&url, &["--ca", &other.ca()]).await.is(2, &unknown);
    ping(&url, &["--ca", &authority.ca()]).await.is(0, &[]);
    ping(&url, &["--insecure"]).await.is(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_signs_itself() {
    let files = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let registry = serving(files.path(), &certificate.pem(), &key).await;
    let url = registry.server.url();
    ping(&url, &[]).await.is(2, &["certificate", "--ca FILE", "--insecure"]);
    ping(&url, &["--ca", files.path().join("server.pem").to_str().unwrap()]).await.is(0, &[]);
    ping(&url, &["--insecure"]).await.is(0, &[]);
}

/// What `openssl req -x509` makes unless told otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn an_authority_in_the_place_of_a_server() {
    let files = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let registry = serving(files.path(), &params.self_signed(&key).unwrap().pem(), &key).await;
    let url = registry.server.url();
    let ca = files.path().join("server.pem");
    let told = ["that of an authority, which no server may use", "--ca FILE", "--insecure"];
    ping(&url, &["--ca", ca.to_str().unwrap()]).await.is(2, &told);
    ping(&url, &["--insecure"]).await.is(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_out_of_date() {
    let authority = Authority::new();
    for (from, to) in [(2001, 2002), (2900, 2901)] {
        let registry = authority
            .registry("127.0.0.1", |params| {
                params.not_before = date_time_ymd(from, 1, 1);
                params.not_after = date_time_ymd(to, 1, 1);
            })
            .await;
        let url = registry.server.url();
        let told = ["certificate is out of date", "--insecure", "--ca does not help"];
        ping(&url, &["--ca", &authority.ca()]).await.is(2, &told);
        ping(&url, &["--ca", &authority.ca(), "--insecure"]).await.is(0, &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name() {
    let authority = Authority::new();
    let registry = authority.registry("registry.example", |_| {}).await;
    let url = registry.server.url();
    let told = ["certificate is for another name", "registry.example", "--insecure", "--ca does not help"];
    ping(&url, &["--ca", &authority.ca()]).await.is(2, &told);
    ping(&url, &["--insecure"]).await.is(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_scheme() {
    let authority = Authority::new();
    let encrypted = authority.registry("127.0.0.1", |_| {}).await;
    let http = encrypted.server.url().replace("https://", "http://");
    ping(&http, &["--ca", &authority.ca()]).await.is(2, &["v2/: ", "write https://"]);
    let plain = registry(|_| {}).await;
    let https = plain.server.url().replace("http://", "https://");
    ping(&https, &[]).await.is(2, &["cannot connect", "does not speak TLS", "write http://"]);
    // Without a scheme it is HTTPS.
    let bare = plain.server.url().replace("http://", "");
    ping(&bare, &[]).await.is(2, &["does not speak TLS"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_authorities_that_is_none() {
    let plain = registry(|_| {}).await;
    let url = plain.server.url();
    let files = tempfile::tempdir().unwrap();
    let missing = files.path().join("missing.pem");
    ping(&url, &["--ca", missing.to_str().unwrap()]).await.is(3, &["cannot read", "missing.pem", "--ca"]);
    for content in ["", "not a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let path = files.path().join("bad.pem");
        std::fs::write(&path, content).unwrap();
        ping(&url, &["--ca", path.to_str().unwrap()]).await.is(3, &["--ca"]);
    }
}
