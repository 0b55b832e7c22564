//! Errors of the command line: what was tried, what happened, what to do.

use std::fmt;

use plimsoll_suite::diagnostic::Diagnostic;

use crate::commands::coloured;
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

    /// A mistake in a file of the user, with the text of the file.
    pub fn mistake(mistake: &Diagnostic, text: &str) -> Self {
        Self::usage(format!("{} has a mistake\n\n{}", mistake.file, mistake.render(text, coloured())))
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
        let text = error.to_string();
        match text.split_once("\nhint: ") {
            Some((message, hint)) => Self::harness(message).hint(hint),
            None => Self::harness(text),
        }
    }
}
