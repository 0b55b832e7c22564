//! Getting into a registry: authentication, TLS, and what becomes of the secrets. The registry is the reference
//! implementation, the harness is the program as users run it.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod auth;
mod common;
mod second;
mod secrets;
mod tls;
