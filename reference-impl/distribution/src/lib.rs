//! A reference OCI registry: everything the distribution specification asks, durable and safe under concurrency, and
//! breakable rule by rule, so that a conformance suite can prove that it notices.
//!
//! ```no_run
//! # async fn example() -> Result<(), plimsoll_registry::Error> {
//! use plimsoll_registry::{Config, Server};
//!
//! let server = Server::start(Config::new("/var/lib/registry")).await?;
//! println!("{}", server.url());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod api;
mod auth;
mod conditions;
mod config;
mod digest;
mod document;
mod errors;
mod freedoms;
mod limits;
mod path;
mod query;
mod range;
mod receive;
mod reply;
mod rules;
mod server;
mod store;
mod tls;
mod users;

pub use config::{Auth, Config, TlsConfig};
pub use errors::{Error, StoreError};
pub use freedoms::Freedom;
pub use rules::{Rule, Rules};
pub use server::Server;
pub use users::{Action, Grant, User, Users};
