//! What a colour means on a terminal: the one place that says so.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use plimsoll_engine::Verdict;

/// Headings and what the eye should find first.
pub(crate) const STRONG: Style = Style::new().bold();
/// Context that may be skipped while reading.
pub(crate) const QUIET: Style = Style::new().dimmed();
/// What was expected.
pub(crate) const EXPECTED: Style = AnsiColor::Green.on_default();
/// What came instead.
pub(crate) const SEEN: Style = AnsiColor::Red.on_default();
/// A command to copy.
pub(crate) const COMMAND: Style = AnsiColor::Cyan.on_default();

/// Red: the subject is wrong. Yellow: it could be better. Magenta: nobody knows. Green: it is right. The rest is quiet.
pub(crate) const fn verdict(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Info => AnsiColor::Blue.on_default(),
        Verdict::Unsupported | Verdict::Skipped => QUIET,
        Verdict::Warn => AnsiColor::Yellow.on_default().bold(),
        Verdict::Blocked => AnsiColor::Magenta.on_default(),
        Verdict::Error => AnsiColor::Magenta.on_default().bold(),
        Verdict::Fail => AnsiColor::Red.on_default().bold(),
    }
}

/// Wraps something in a style.
pub(crate) fn paint(style: Style, what: impl Display) -> String {
    format!("{style}{what}{style:#}")
}
