//! What went wrong: for the operator ([`Error`]) and for the client ([`Refusal`]).

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::{io, net::SocketAddr, path::PathBuf};

/// Why a registry could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The listening socket could not be opened.
    #[error("could not listen on {listen}: {source} (hint: port 0 takes any free port)")]
    Listen {
        /// The address that was asked for.
        listen: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Rules were broken on a listener that others can reach.
    #[error(
        "refused to break rules on {listen} (hint: a registry that is wrong on purpose may only listen on loopback)"
    )]
    BrokenInPublic {
        /// The address that was asked for.
        listen: SocketAddr,
    },
    /// The state directory is unusable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate or the key is unusable.
    #[error("could not use the TLS {what} {path}: {reason} (hint: PEM files, the certificate chain leaf first)")]
    Tls {
        /// `certificate` or `key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The thread that opened the store did not finish.
    #[error("the store could not be opened: {reason}")]
    Interrupted {
        /// What happened to it.
        reason: String,
    },
    /// A setting contradicts the specification or itself.
    #[error("the setting {setting} is unusable: {reason}")]
    Setting {
        /// Its name in `Config`.
        setting: &'static str,
        /// What is wrong with it, and what would do.
        reason: String,
    },
}

/// A file operation of the store failed.
#[derive(Debug, thiserror::Error)]
#[error("could not {action} {path}: {source}")]
pub struct StoreError {
    /// What was tried.
    pub action: &'static str,
    /// On which path.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The error codes of spec.md#error-codes; there are no others (dist.error.code.02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    SizeInvalid,
    Unauthorized,
    Denied,
    Unsupported,
    TooManyRequests,
}

impl Code {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BlobUnknown => "BLOB_UNKNOWN",
            Self::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Self::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Self::DigestInvalid => "DIGEST_INVALID",
            Self::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Self::ManifestInvalid => "MANIFEST_INVALID",
            Self::ManifestUnknown => "MANIFEST_UNKNOWN",
            Self::NameInvalid => "NAME_INVALID",
            Self::NameUnknown => "NAME_UNKNOWN",
            Self::SizeInvalid => "SIZE_INVALID",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::Denied => "DENIED",
            Self::Unsupported => "UNSUPPORTED",
            Self::TooManyRequests => "TOOMANYREQUESTS",
        }
    }
}

/// An answer that is not what the client wanted. A handler returns it as its error.
#[derive(Debug, thiserror::Error)]
#[error("{status}: {message}")]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// None where no listed code fits: the body is then plain text, which dist.error.body.01 allows.
    pub(crate) code: Option<Code>,
    pub(crate) message: String,
    pub(crate) headers: Box<HeaderMap>,
    /// For the operator only.
    pub(crate) cause: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self { status, code: Some(code), message: message.into(), headers: Box::default(), cause: None }
    }

    /// A refusal none of the listed codes describes.
    pub(crate) fn plain(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, code: None, message: message.into(), headers: Box::default(), cause: None }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        // Values are made of names that obey a grammar; one that is no header value is not worth a panic.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn bad_request(code: Code, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn not_found(code: Code, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }
}

impl Refusal {
    /// The thread that did the work is gone.
    pub(crate) fn lost(error: &tokio::task::JoinError) -> Self {
        let mut refusal = Self::plain(StatusCode::INTERNAL_SERVER_ERROR, "the request was not finished");
        refusal.cause = Some(error.to_string());
        refusal
    }
}

/// The client learns that something broke, the operator learns what.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let status = match error.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut refusal = Self::plain(status, "the registry could not use its storage");
        refusal.cause = Some(error.to_string());
        refusal
    }
}
