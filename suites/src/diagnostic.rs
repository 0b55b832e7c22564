//! Mistakes in suite files, shown as a compiler would show them.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::position::Position;

/// A mistake in a file, with its place and, where it is known, the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Path of the file as the user knows it.
    pub file: String,
    /// Where.
    pub at: Position,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A diagnostic without a hint.
    pub fn new(file: &str, at: Position, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), at, message: harmless(message.into()), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(harmless(hint.into()));
        self
    }

    /// Shows file, line, column and a caret under the place in `text`, the content of the file.
    pub fn render(&self, text: &str, color: bool) -> String {
        let snippet =
            Snippet::source(text).path(self.file.as_str()).annotation(AnnotationKind::Primary.span(self.span(text)));
        let mut group: Group<'_> = Level::ERROR.primary_title(self.message.as_str()).element(snippet);
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.with_name("hint").message(hint.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }

    /// The bytes to underline: what the position says, but never past the end of its line, never a part of a character
    /// and, where there is a character, never nothing.
    fn span(&self, text: &str) -> Range<usize> {
        let mut start = self.at.offset.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let line = text[start..].lines().next().unwrap_or_default();
        let first = line.chars().next().map_or(0, char::len_utf8);
        let mut len = self.at.len.clamp(first, line.len().max(first));
        while !line.is_char_boundary(len) {
            len += 1;
        }
        start..start + line[..len].trim_end().len().max(first)
    }
}

/// Texts of a file end up on a terminal, which acts on control characters.
fn harmless(text: String) -> String {
    if text.contains(|c: char| c.is_control() && c != '\n') {
        return text
            .chars()
            .map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c })
            .collect();
    }
    text
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.at.line, self.at.column, self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " (hint: {hint})")?;
        }
        Ok(())
    }
}

/// A hint with the nearest of the possible words, or with all of them when none is near and they are few.
pub fn nearest<'a>(word: &str, possible: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let possible: Vec<&str> = possible.into_iter().collect();
    if let Some(other_case) = possible.iter().find(|candidate| candidate.eq_ignore_ascii_case(word)) {
        return Some(format!("did you mean `{other_case}`?"));
    }
    let near = possible
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min();
    match near {
        Some((_, candidate)) => Some(format!("did you mean `{candidate}`?")),
        None if (1..=24).contains(&possible.len()) => {
            let words: Vec<String> = possible.iter().map(|word| format!("`{word}`")).collect();
            Some(format!("possible here: {}", words.join(", ")))
        }
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word() {
        let words = ["status", "headers", "body"];
        assert_eq!(nearest("sttaus", words).unwrap(), "did you mean `status`?");
        assert_eq!(nearest("Body", words).unwrap(), "did you mean `body`?");
        assert_eq!(nearest("zzz", words).unwrap(), "possible here: `status`, `headers`, `body`");
        assert_eq!(nearest("zzz", []), None);
        let many: Vec<String> = (0..25).map(|n| format!("word-{n}")).collect();
        assert_eq!(nearest("zzz", many.iter().map(String::as_str)), None, "too many to list");
    }

    #[test]
    fn what_is_underlined() {
        let span = |text: &str, offset: usize, len: usize| {
            let at = Position { line: 1, column: 1, offset, len };
            let range = Diagnostic::new("f", at, "m").span(text);
            text[range].to_owned()
        };
        assert_eq!(span("abc def", 4, 3), "def");
        assert_eq!(span("abc", 1, 0), "b", "never nothing");
        assert_eq!(span("ab  \ncd", 0, 7), "ab", "never past the line, nor the spaces at its end");
        assert_eq!(span("a\u{e9}b", 1, 1), "\u{e9}", "never a part of a character");
        assert_eq!(span("a\u{e9}b", 2, 1), "\u{e9}");
        assert_eq!(span("a\u{e9}b", 0, 2), "a\u{e9}");
        assert_eq!(span("", 0, 0), "");
        assert_eq!(span("ab", 9, 9), "");
        assert_eq!(span("a\r\nb", 0, 9), "a");
    }

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        let diagnostic = Diagnostic::new("f", Position::default(), "a\u{1b}[31mb\nc").hint("\u{7}");
        assert_eq!(diagnostic.message, "a\u{fffd}[31mb\nc");
        assert_eq!(diagnostic.hint.unwrap(), "\u{fffd}");
    }

    #[test]
    fn one_line_for_machines() {
        let at = Position { line: 3, column: 7, offset: 0, len: 1 };
        assert_eq!(Diagnostic::new("a.yaml", at, "no").hint("yes").to_string(), "a.yaml:3:7: no (hint: yes)");
    }
}
