//! The certificates that clients are shown, and the authority that they are told to trust. Both are made for the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll_suite::client::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::SetupError;

/// Names of the two hosts.
const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

/// Everything that a server needs to be believed, or not to be.
#[derive(Debug)]
pub(crate) struct Certificates {
    servers: BTreeMap<Certificate, Arc<ServerConfig>>,
    folder: tempfile::TempDir,
}

impl Certificates {
    pub(crate) fn new() -> Result<Self, SetupError> {
        let (authority, stranger) = (authority()?, authority()?);
        let folder = tempfile::Builder::new().prefix("plimsoll-ca-").tempdir()?;
        std::fs::write(file(folder.path()), authority.pem())?;
        let mut servers = BTreeMap::new();
        for certificate in Certificate::ALL {
            let names = if certificate == Certificate::OtherName { &["registry.invalid"][..] } else { &NAMES };
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut params = CertificateParams::new(names)?;
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.distinguished_name.push(DnType::CommonName, "Plimsoll: a registry under script");
            (params.not_before, params.not_after) = match certificate {
                Certificate::Expired => (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1)),
                _ => (date_time_ymd(2020, 1, 1), date_time_ymd(2099, 1, 1)),
            };
            let issuer = if certificate == Certificate::UnknownAuthority { &stranger } else { &authority };
            servers.insert(certificate, server(&params, issuer)?);
        }
        Ok(Self { servers, folder })
    }

    /// What shows this certificate to whoever connects.
    pub(crate) fn server(&self, certificate: Certificate) -> Option<Arc<ServerConfig>> {
        self.servers.get(&certificate).cloned()
    }

    /// The authority to trust, as a PEM file. Nothing else is in its folder.
    pub(crate) fn authority(&self) -> PathBuf {
        file(self.folder.path())
    }
}

/// Tools that take a folder of authorities look for this ending.
fn file(folder: &Path) -> PathBuf {
    folder.join("ca.crt")
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

/// Every authority has the same name: only the signature tells them apart.
fn authority() -> Result<Issuer, SetupError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "Plimsoll: an authority for one run");
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2099, 1, 1));
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

fn server(params: &CertificateParams, issuer: &Issuer) -> Result<Arc<ServerConfig>, SetupError> {
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, issuer)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    Ok(Arc::new(config))
}
