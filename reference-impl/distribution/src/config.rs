//! What an operator can set.

use crate::{errors::Error, freedoms::Freedom, rules::Rules, users::Users};
use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// The settings of one registry. [`Config::new`] gives defaults; change fields afterwards.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes any free port. Default: 127.0.0.1:0.
    pub listen: SocketAddr,
    /// The state directory; created if absent.
    pub root: PathBuf,
    /// Which rules hold. Default: all.
    pub rules: Rules,
    /// Which freedoms are taken that no other setting describes. Default: none.
    pub freedoms: BTreeSet<Freedom>,
    /// Who may do what. Default: anyone everything.
    pub auth: Auth,
    /// Serve HTTPS. Default: plain HTTP.
    pub tls: Option<TlsConfig>,
    /// Flush to disk before acknowledging. Off only for roots that are thrown away. Default: true.
    pub durable: bool,
    /// Largest manifest, in bytes (dist.push.manifest.limit.01). Default: 4 MiB and 4 KiB, so that whatever "4 megabytes"
    /// means to a client fits.
    pub manifest_limit: usize,
    /// Unfinished uploads not used for so long are forgotten (dist.push.blob.cancel.03). Default: one hour.
    pub upload_timeout: Duration,
    /// Offer deletion; else 405 (dist.delete.opt.01). Default: true.
    pub deletes: bool,
    /// Offer the referrers API; else its endpoint is 404 and pushes are not indexed. Default: true.
    pub referrers: bool,
    /// Offer the referrers API in each repository only from the first request for it on, as if the registry were upgraded
    /// in that moment: what was pushed before is listed where a fallback tag names it. Default: false.
    pub referrers_late: bool,
    /// Most descriptors in one answer of the referrers API. Default: 1000.
    pub referrers_page: usize,
    /// Smallest chunk but the last, in bytes (dist.push.blob.chunk.03). Default: none.
    pub chunk_min_length: Option<u64>,
    /// Accept an index whose manifests are absent. Default: false.
    pub allow_sparse: bool,
    /// Most requests in a second, all clients together; beyond it 429. Default: none.
    pub rate_limit: Option<u32>,
    /// Text of a `Warning` header on every answer (dist.warning.01). Default: none.
    pub warning: Option<String>,
    /// How long a token of the built-in service is valid. Default: five minutes.
    pub token_lifetime: Duration,
    /// Most connections at a time; further ones wait. Default: 1024.
    pub max_connections: usize,
    /// Longest wait for the header of a request. Default: 30 seconds.
    pub header_timeout: Duration,
    /// Longest wait for the next bytes of a body. Default: 60 seconds.
    pub body_timeout: Duration,
    /// Told about failures that are not the client's: a full disk, a broken connection. Default: none.
    pub on_failure: Option<fn(&str)>,
}

impl Config {
    /// A registry on a free loopback port that keeps its state under `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            root: root.into(),
            rules: Rules::all(),
            freedoms: BTreeSet::new(),
            auth: Auth::None,
            tls: None,
            durable: true,
            manifest_limit: 4 * 1024 * 1024 + 4096,
            upload_timeout: Duration::from_secs(60 * 60),
            deletes: true,
            referrers: true,
            referrers_late: false,
            referrers_page: 1000,
            chunk_min_length: None,
            allow_sparse: false,
            rate_limit: None,
            warning: None,
            token_lifetime: Duration::from_secs(5 * 60),
            max_connections: 1024,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            on_failure: None,
        }
    }

    /// Refuses what would make the registry break the specification, or the rules of this program.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let unusable = |setting, reason: &str| Err(Error::Setting { setting, reason: reason.to_owned() });
        if self.rules != Rules::all() && !self.listen.ip().is_loopback() {
            return Err(Error::BrokenInPublic { listen: self.listen });
        }
        if self.referrers_page == 0 {
            return unusable("referrers_page", "a page holds at least one descriptor");
        }
        if self.max_connections == 0 {
            return unusable("max_connections", "a registry without connections serves nobody");
        }
        if let Some(text) = &self.warning {
            // dist.warning.02 and .03; the room left is for the code, the agent and the quotes.
            if text.len() > 4000 || text.bytes().any(|b| !(b' '..=b'~').contains(&b) || b == b'"' || b == b'\\') {
                return unusable("warning", "at most 4000 printable ASCII characters without quotes and backslashes");
            }
        }
        Ok(())
    }
}

/// Who may do what.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Auth {
    /// Anyone everything.
    None,
    /// Name and password come with every request.
    Basic(Users),
    /// Tokens of the built-in service at `/token`.
    Bearer(Users),
}

/// The identity of an HTTPS server.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// PEM file with the certificate chain, leaf first.
    pub certificate: PathBuf,
    /// PEM file with the private key.
    pub key: PathBuf,
}
