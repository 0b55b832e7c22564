//! Whom to believe that it is the registry.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::Error;
use crate::rules::{Rule, Rules};

/// TLS with the authorities of a PEM file, and no others.
pub(super) fn config(ca: &Path, rules: &Rules) -> Result<ClientConfig, Error> {
    let unusable = |reason: String| {
        Error::new(format!("cannot use {} as authorities: {reason}", ca.display()))
            .hint("give a file with one or more certificates in PEM")
    };
    let mut authorities = RootCertStore::empty();
    let found = CertificateDer::pem_file_iter(ca).map_err(|error| unusable(error.to_string()))?;
    for authority in found {
        let authority = authority.map_err(|error| unusable(error.to_string()))?;
        authorities.add(authority).map_err(|error| unusable(error.to_string()))?;
    }
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(&provider)).build();
    let verifier = Lenient { strict: verifier.map_err(|error| unusable(error.to_string()))?, rules: rules.clone() };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Error::new(format!("TLS cannot be set up: {error}")))?;
    Ok(config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// The cryptography that the HTTP client takes where it is not told of any.
pub(super) fn install() {
    // Another part of the process may have chosen the same before.
    let _ = CryptoProvider::install_default(ring::default_provider());
}

/// Forgives what the broken rules forgive: with none of them, nothing.
#[derive(Debug)]
struct Lenient {
    strict: Arc<WebPkiServerVerifier>,
    rules: Rules,
}

impl Lenient {
    fn forgives(&self, error: &rustls::Error) -> bool {
        let rustls::Error::InvalidCertificate(reason) = error else { return false };
        self.rules.breaks(match reason {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Rule::TlsAuthority,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Rule::TlsTime,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Rule::TlsName,
            _ => return false,
        })
    }
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.strict.verify_server_cert(certificate, between, name, stapled, now) {
            Err(error) if self.forgives(&error) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.strict.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.strict.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}
