//! What the parser says of text that is not YAML, in the words of somebody who writes a suite.

use serde_saphyr::granit_parser::{ErrorKind, ScanError};

use super::{Mistake, offset_of, position_at};
use crate::position::Position;

/// The mistake behind a parser's error. `open` are the collections that were begun before it.
pub(super) fn explain(text: &str, error: &ScanError, open: &[Position]) -> Mistake {
    let mut at = position_at(text, offset_of(text, error.marker()), 1);
    if let Some(tab) = tab_in_indentation(text, at.line + 1) {
        return tab;
    }
    let before = text.get(..at.offset).unwrap_or_default();
    if before.ends_with("${") || (before.ends_with('$') && text[at.offset..].starts_with('{')) {
        let start = before.rfind('$').unwrap_or_default();
        let len = text[start..].find(['}', '\n']).map_or(2, |end| end + 1);
        return Mistake::new(position_at(text, start, len), "a placeholder needs quotes inside `{ }` and `[ ]`")
            .hint(format!("write \"{}\"", text[start..start + len].trim_end()));
    }
    let (message, hint) = words(error.kind());
    // Whatever else may be wrong: a bracket that was left open on an earlier line makes nonsense of all that follows.
    let bracket = open.iter().rev().find(|open| text[open.offset..].starts_with(['{', '[']) && open.line < at.line);
    let hint = match bracket {
        Some(open) => {
            let bracket = &text[open.offset..=open.offset];
            format!("a `{bracket}` is open since line {}, column {}", open.line, open.column)
        }
        None => hint.to_owned(),
    };
    // At the end of a file there is nothing to underline.
    if at.offset >= text.len() {
        let end = text.trim_end().len();
        let last = text[..end].char_indices().next_back().map_or(0, |(offset, _)| offset);
        at = position_at(text, last, 1);
    }
    let message = if message.is_empty() { error.info() } else { message.to_owned() };
    let mistake = Mistake::new(at, message);
    if hint.is_empty() { mistake } else { mistake.hint(hint) }
}

/// Message and hint; empty where the parser says it well enough.
fn words(kind: &ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::ExpectedFlowMappingSeparator => {
            ("here a `,` or a `}` belongs", "quote a text that has `,`, `{`, `}`, `[`, `]` or `: ` in it")
        }
        ErrorKind::ExpectedFlowSequenceSeparator => {
            ("here a `,` or a `]` belongs", "quote a text that has `,`, `{`, `}`, `[`, `]` or `: ` in it")
        }
        ErrorKind::UnexpectedEofFlowMapping | ErrorKind::UnexpectedEofFlowSequence => {
            ("the file ends inside a bracket", "close the bracket")
        }
        ErrorKind::UnclosedFlowCollection { .. } => ("a bracket is never closed", "close the bracket"),
        ErrorKind::MisplacedFlowCollectionEnd => ("this bracket closes nothing", "take it out, or open one before"),
        ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("this bracket is closed by one of the other kind", "`{` is closed by `}`, and `[` by `]`")
        }
        ErrorKind::UnclosedQuotedScalar => ("a quote is never closed", "close the text with the quote it begins with"),
        ErrorKind::ExpectedBlockSequenceEntry => {
            ("this line is neither an element (`- `) of the list nor inside the one before", INDENTATION)
        }
        ErrorKind::ExpectedBlockMappingKey => ("here a key belongs that stands below the one before it", INDENTATION),
        ErrorKind::InvalidIndentation => ("the indentation of this line fits to nothing above", INDENTATION),
        ErrorKind::BlockSequenceEntryNotAllowed => ("a list cannot begin here", INDENTATION),
        ErrorKind::SimpleKeyExpected => ("this line is neither `key: value` nor inside a text", INDENTATION),
        ErrorKind::UnexpectedCharacter { .. } => (
            "a character stands here that cannot",
            "control characters and characters that mean something to YAML stand in double quotes: \"\\e\", \"@\"",
        ),
        ErrorKind::RecursionLimitExceeded => {
            ("too many collections stand inside each other", "is a bracket never closed?")
        }
        ErrorKind::UnknownQuotedScalarEscape => (
            "a backslash in double quotes stands before a character that it does not go with",
            "use 'single quotes' \
             for texts with backslashes, such as regular expressions",
        ),
        other if other.to_string().contains("mapping values") => (COLON, COLON_HINT),
        other if other.to_string().contains("':'") => ("a `:` cannot stand here", COLON_HINT),
        _ => ("", ""),
    }
}

const INDENTATION: &str = "keys of one mapping begin in the same column, and so do the `-` of one list";
const COLON: &str = "a `: ` makes a key, but no key can stand here";
const COLON_HINT: &str = "quote a text that has `: ` in it; otherwise look at the indentation";

/// YAML forbids tabs in indentation (section 6.1); a parser reports what it stumbles over afterwards.
fn tab_in_indentation(text: &str, last_line: usize) -> Option<Mistake> {
    let mut offset = 0;
    for line in text.split_inclusive('\n').take(last_line) {
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..blank].find('\t')
            && !line.trim().is_empty()
        {
            let at = position_at(text, offset + tab, 1);
            return Some(Mistake::new(at, "a tab is used for indentation").hint("YAML indents with spaces only"));
        }
        offset += line.len();
    }
    None
}
