//! What a hostile or broken server may do to the runner: every case ends in a verdict or an error that says what
//! happened, with bounded memory and in bounded time.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

mod auth;
mod bodies;
mod harness;
mod heads;
mod identities;
mod judging;
mod links;
mod owned;
mod pushes;
mod raw;
mod redirects;
mod secrets;
mod server;
