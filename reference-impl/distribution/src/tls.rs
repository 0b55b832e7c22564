//! HTTPS.

use crate::{config::TlsConfig, errors::Error};
use std::{path::Path, sync::Arc};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

/// Reads the files and prepares to accept TLS 1.2 and 1.3 with HTTP/2 or HTTP/1.1. The cryptography is named here
/// and not installed for the process: whoever embeds this registry may have chosen another.
pub(crate) fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, Error> {
    let unusable = |what, path: &Path, reason: String| Error::Tls { what, path: path.to_owned(), reason };
    let certificate = |reason| unusable("certificate", &config.certificate, reason);
    let chain = CertificateDer::pem_file_iter(&config.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(certificate("it holds no certificate".to_owned()));
    }
    let key =
        PrivateKeyDer::from_pem_file(&config.key).map_err(|error| unusable("key", &config.key, error.to_string()))?;
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| certificate(error.to_string()))?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}
