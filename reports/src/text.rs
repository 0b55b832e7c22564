//! Making untrusted text harmless and short, before any format escapes it for its own syntax.

use plimsoll_engine::event::Source;

/// True for characters that act on a terminal, on the direction or the shape of text, or that XML forbids.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}')
}

fn push_visible(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push(' '),
        c => out.extend(c.escape_unicode()),
    }
}

/// One line: line breaks and all acting characters become visible escapes. At most `max` characters of the original
/// are kept; what was cut is said.
pub(crate) fn line(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max * 2));
    let mut chars = text.chars();
    for c in chars.by_ref().take(max) {
        if acts(c) {
            push_visible(&mut out, c);
        } else {
            out.push(c);
        }
    }
    let rest = chars.count();
    if rest > 0 {
        out.extend(["… (+", &rest.to_string(), " characters)"]);
    }
    out
}

/// Several lines, each as [`line`] makes it; at most `lines` of them, and what was cut is said.
pub(crate) fn block(text: &str, lines: usize, max: usize) -> Vec<String> {
    let total = text.lines().count();
    let mut out: Vec<String> = text.lines().take(lines).map(|l| line(l, max)).collect();
    if total > lines {
        let rest = total - lines;
        out.push(format!("… (+{rest} lines)"));
    }
    out
}

/// Names and ids: one line, generous.
pub(crate) fn name(text: &str) -> String {
    line(text, 240)
}

/// Sentences: one line.
pub(crate) fn sentence(text: &str) -> String {
    line(text, 600)
}

/// A sentence with a capital letter.
pub(crate) fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A link, if it is one that may be followed from a report.
pub(crate) fn link(text: &str) -> Option<&str> {
    let web = text.starts_with("https://") || text.starts_with("http://");
    let plain = text.len() < 500 && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>()[]`\\|".contains(&b));
    (web && plain).then_some(text)
}

/// `1 case`, `2 cases`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `12 ms`, `3.4 s`, `2 min 5 s`.
pub(crate) fn duration(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// A line of a suite with a caret below, as a compiler shows it.
#[derive(Debug, PartialEq)]
pub(crate) struct Snippet {
    /// `file:line:column`.
    pub(crate) place: String,
    /// The number of the line.
    pub(crate) number: String,
    /// The line without its indentation, cut to a window around the caret.
    pub(crate) text: String,
    /// Blanks up to the caret.
    pub(crate) pad: String,
    /// The caret, as long as what it points at.
    pub(crate) caret: String,
}

/// Widest line of a suite that is shown; a window around the caret is cut out of longer ones.
const SNIPPET_WIDTH: usize = 110;

/// Prepares a source position for showing. Acting characters are replaced one for one, so that columns stay true.
pub(crate) fn snippet(source: &Source) -> Snippet {
    let chars: Vec<char> = source
        .text
        .trim_end()
        .chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if acts(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    let indent = chars.iter().take_while(|c| **c == ' ').count();
    let at = source.column.saturating_sub(1).min(chars.len());
    let mut start = indent.min(at);
    if at - start + source.length.min(40) > SNIPPET_WIDTH {
        start = at - SNIPPET_WIDTH / 4;
    }
    let end = chars.len().min(start + SNIPPET_WIDTH);
    let mut text: String = chars[start..end].iter().collect();
    if end < chars.len() {
        text.push('…');
    }
    Snippet {
        place: format!("{}:{}:{}", name(&source.file), source.line, source.column),
        number: source.line.to_string(),
        text,
        pad: " ".repeat(at - start),
        caret: "^".repeat(source.length.min(end.saturating_sub(at)).max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acting_characters_become_visible() {
        assert_eq!(line("a\u{1b}[31mb\r\nc\u{202e}d\u{9b}\u{0}", 99), r"a\u{1b}[31mb\r\nc\u{202e}d\u{9b}\u{0}");
        assert_eq!(line("äöü漢字🚢", 99), "äöü漢字🚢");
        assert_eq!(line("abcdef", 3), "abc… (+3 characters)");
        assert_eq!(block("a\nb\u{7}\nc", 2, 9), ["a", "b\\u{7}", "… (+1 lines)"]);
    }

    #[test]
    fn only_plain_web_links_are_links() {
        assert!(link("https://example.org/spec.md#x").is_some());
        for bad in ["javascript:alert(1)", "https://e.org/\" onclick=", "https://e.org/)[", "data:text/html,x"] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_caret_stands_under_what_is_meant_in_short_and_long_lines() {
        let source =
            |text: &str, column, length| Source { file: "a.yaml".into(), line: 7, column, length, text: text.into() };
        let s = snippet(&source("      status: { is: 201 }", 17, 7));
        assert_eq!((s.text.as_str(), s.pad.len(), s.caret.len()), ("status: { is: 201 }", 10, 7));
        let long = format!("{}here{}", "x".repeat(5000), "y".repeat(5000));
        let s = snippet(&source(&long, 5001, 4));
        let under: String = s.text.chars().skip(s.pad.len()).take(s.caret.len()).collect();
        assert_eq!(under, "here");
        assert_eq!(snippet(&source("", 9, 0)).caret, "^");
        assert_eq!(snippet(&source("ab", 90, 900)).caret, "^");
    }
}
