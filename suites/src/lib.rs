//! The suite language of Plimsoll: what must hold, declared in YAML and free of I/O against a subject.
//!
//! [`load::Library`] reads the ledgers of requirements, the features and the suites, keeps the position of every value,
//! and refuses files with mistakes in a way that shows where they are.

pub mod activity;
pub mod case;
pub mod client;
pub mod diagnostic;
mod embedded {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}
pub mod expect;
mod form;
pub mod given;
pub mod glob;
pub mod host;
pub mod ledger;
mod lint;
pub mod load;
pub mod matrix;
pub mod mutants;
pub mod official;
pub mod position;
mod read;
pub mod schema;
pub mod skeleton;
pub mod template;
mod yaml;

pub use lint::BUILT_IN;
pub use load::{Library, LoadError, Mistakes, Spec, SuiteFile};
pub use read::document;
