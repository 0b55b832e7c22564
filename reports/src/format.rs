//! The formats a run can be rendered in.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Text for people, with ANSI styles.
    Terminal,
    /// `results.json`, the stable interface for programs.
    Json,
    /// JUnit XML for CI systems.
    Junit,
    /// TAP version 14.
    Tap,
    /// A summary for a merge request or a CI job page.
    Markdown,
    /// One self-contained page.
    Html,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 6] = [Self::Terminal, Self::Json, Self::Junit, Self::Tap, Self::Markdown, Self::Html];

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Tap => "tap",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }

    /// The file in a run directory; `None` for what is only printed.
    pub const fn file_name(self) -> Option<&'static str> {
        match self {
            Self::Terminal => None,
            Self::Json => Some("results.json"),
            Self::Junit => Some("junit.xml"),
            Self::Tap => Some("results.tap"),
            Self::Markdown => Some("summary.md"),
            Self::Html => Some("report.html"),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|format| format.as_str() == name).ok_or_else(|| Error::UnknownFormat {
            given: name.to_owned(),
            known: Self::ALL.map(Self::as_str).join(", "),
        })
    }
}
