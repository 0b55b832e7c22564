//! What the exit code says.

use plimsoll_engine::summary::Outcome;

/// The exit codes of `plimsoll`. Scripts rely on them; they do not change within a major version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The subject conforms, or the command did what it was asked for.
    Conformant = 0,
    /// The subject violates a requirement, or left one undecided because a precondition failed; a suite has mistakes;
    /// a mutant survived.
    Violations = 1,
    /// The harness could not decide or did not finish: unreachable subject, time-out, interruption, full disk.
    Harness = 2,
    /// A mistake in the flags, the configuration or the suites that were given.
    Usage = 3,
    /// The selection is empty, or nothing of it could be tested.
    Nothing = 4,
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Conformant => Self::Conformant,
            Outcome::Violations => Self::Violations,
            Outcome::Undecided => Self::Harness,
            Outcome::Nothing => Self::Nothing,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
