//! The engine of Plimsoll: it plans suites, runs them against a subject through a driver, judges what was seen, and
//! tells the world about it in [`event::Event`]s.

pub mod coverage;
pub mod event;
pub mod expectations;
pub mod given;
pub mod json;
pub mod matching;
pub mod plan;
pub mod run;
pub mod scope;
pub mod summary;
pub mod trial;
mod verdict;
pub mod words;

pub use verdict::Verdict;
