//! Errors of the command line: what was tried, what happened, what to do.

use std::fmt;

use crate::exit::Exit;

/// An error with its exit code.
#[derive(Debug)]
pub struct CliError {
    /// The exit code.
    pub exit: Exit,
    /// What was tried and what happened.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl CliError {
    /// A mistake of the user.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), hint: None }
    }

    /// The harness cannot go on.
    pub fn harness(message: impl Into<String>) -> Self {
        Self { exit: Exit::Harness, message: message.into(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CliError {}

impl From<plimsoll_reports::Error> for CliError {
    fn from(error: plimsoll_reports::Error) -> Self {
        Self::harness(error.to_string())
    }
}
