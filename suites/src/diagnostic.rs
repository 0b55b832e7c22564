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
        Self { file: file.to_owned(), at, message: message.into(), hint: None }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
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

    /// The bytes to underline: what the position says, but never past the end of its line and never empty.
    fn span(&self, text: &str) -> Range<usize> {
        let start = self.at.offset.min(text.len());
        let line_end = text[start..].find('\n').map_or(text.len(), |n| start + n);
        let end = (start + self.at.len.max(1)).min(line_end).max(start);
        let mut end = start + text[start..end].trim_end().len();
        while !text.is_char_boundary(end) {
            end += 1;
        }
        start..end.max((start + 1).min(text.len()))
    }
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
pub(crate) fn nearest<'a>(word: &str, possible: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let possible: Vec<&str> = possible.into_iter().collect();
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
