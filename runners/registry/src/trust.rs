//! Whom to believe that it is the registry: the authorities of the system and those of the user, or anybody.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::client::{ClientOptions, SetupError};

/// The TLS of every connection to a registry. ALPN is left to who connects.
pub(crate) fn tls(options: &ClientOptions) -> Result<ClientConfig, SetupError> {
    let provider = Arc::new(ring::default_provider());
    // The provider is process-wide for reqwest; that another part of the process chose first is fine.
    let _ = CryptoProvider::install_default((*provider).clone());
    let verifier = verifier(options, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| SetupError::new(&error))?;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn verifier(
    options: &ClientOptions,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, SetupError> {
    let authorities: Vec<CertificateDer<'static>> = match &options.ca {
        Some(pem) => CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|error| SetupError(format!("the file of authorities is no PEM: {error}")))?,
        None => Vec::new(),
    };
    if options.ca.is_some() && authorities.is_empty() {
        return Err(SetupError("there is no PEM certificate in the file of authorities".to_owned()));
    }
    if options.insecure {
        return Ok(Arc::new(Anybody(provider.signature_verification_algorithms)));
    }
    let verifier = Verifier::new_with_extra_roots(authorities, Arc::clone(provider));
    Ok(Arc::new(verifier.map_err(|error| SetupError::new(&error))?))
}

/// Believes every certificate, but not that somebody has a key who does not.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
