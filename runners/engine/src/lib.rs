//! The engine of Plimsoll: it plans suites, runs them against a subject through a driver, judges what was seen, and
//! tells the world about it in [`event::Event`]s.

pub mod event;
pub mod summary;
mod verdict;

pub use verdict::Verdict;
