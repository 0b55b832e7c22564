//! Comparing ledger entries with the text of a specification, without keeping that text.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::{Ledger, Requirement, SpecVersion, Texts};

/// Length of a fingerprint in hex digits.
pub(super) const FINGERPRINT_LENGTH: usize = 16;

/// What became of a requirement in another copy of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// The same words on the same line.
    Unchanged,
    /// The same words elsewhere.
    Moved {
        /// Where the first line of the requirement is now.
        line: usize,
    },
    /// The words are not there any more: the entry needs another look.
    Changed,
}

/// The words of Markdown text without what a new layout changes: lower-case, one space between words, no marks of
/// headings, lists, quotes, tables, emphasis and code, and of a link only its text.
///
/// Inside backticks nothing is removed, because the marks there belong to a regular expression or a path.
#[must_use]
pub fn normalise(markdown: &str) -> String {
    let mut plain = String::with_capacity(markdown.len());
    for line in markdown.lines() {
        push_plain(without_leading_marks(line), &mut plain);
        plain.push('\n');
    }
    let lower = plain.to_lowercase();
    let is_rule = |word: &str| word.len() >= 3 && word.bytes().all(|byte| byte == b'-');
    lower.split_whitespace().filter(|word| !is_rule(word)).collect::<Vec<_>>().join(" ")
}

/// The first 16 hex digits of the sha256 of the [normalised](normalise) text.
#[must_use]
pub fn fingerprint(markdown: &str) -> String {
    let digest = Sha256::digest(normalise(markdown).as_bytes());
    digest.iter().take(FINGERPRINT_LENGTH / 2).map(|byte| format!("{byte:02x}")).collect()
}

/// Compares every requirement that stands in the text of `version` with a copy of that text and says what became of it, in
/// the order of the ledger. Those of supplements stand in other texts and are left out.
///
/// A requirement of several lines counts as moved when all of its lines moved by the same distance.
#[must_use]
pub fn drift<'a>(ledger: &'a Ledger, version: SpecVersion, texts: &Texts) -> Vec<(&'a Requirement, Drift)> {
    let source = &ledger.source;
    let lines: HashMap<&str, Vec<&str>> =
        source.file.as_slice().iter().map(|file| (file.as_str(), texts.get(file).lines().collect())).collect();
    let here = ledger.requirements.iter().filter(|row| row.stands_in(source) && source.version_of(row) == version);
    let lines = |row| lines.get(source.file_of(row)).map_or(&[][..], Vec::as_slice);
    here.map(|requirement| (requirement, drift_of(requirement, lines(requirement)))).collect()
}

fn drift_of(requirement: &Requirement, lines: &[&str]) -> Drift {
    let numbers = requirement.line.as_slice();
    let Some(&first) = numbers.first() else { return Drift::Changed };
    let matches_at = |line: usize| {
        let moved: Option<Vec<&str>> = numbers
            .iter()
            .map(|number| (number + line).checked_sub(first + 1).and_then(|index| lines.get(index)).copied())
            .collect();
        moved.is_some_and(|moved| fingerprint(&moved.join("\n")) == requirement.fingerprint)
    };
    if matches_at(first) {
        return Drift::Unchanged;
    }
    // Nearest first: a sentence that occurs twice is more likely to be the one close by.
    let mut elsewhere: Vec<usize> = (1..=lines.len()).collect();
    elsewhere.sort_by_key(|line| line.abs_diff(first));
    elsewhere.into_iter().find(|line| matches_at(*line)).map_or(Drift::Changed, |line| Drift::Moved { line })
}

/// The fingerprint of the lines that an entry names, as they are in a copy of the text; for an entry that is being
/// written. `None` where the text has no such lines.
#[must_use]
pub fn fingerprint_in(requirement: &Requirement, spec_text: &str) -> Option<String> {
    let lines: Vec<&str> = spec_text.lines().collect();
    let numbers = requirement.line.as_slice().iter();
    let named: Option<Vec<&str>> = numbers.map(|number| lines.get(number.checked_sub(1)?).copied()).collect();
    named.map(|named| fingerprint(&named.join("\n")))
}

/// Removes list, quote and heading marks from the start of a line, also nested ones.
fn without_leading_marks(line: &str) -> &str {
    let mut rest = line.trim_start();
    while let Some((mark, after)) = rest.split_once(char::is_whitespace) {
        let is_number = mark.strip_suffix('.').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        let is_heading = !mark.is_empty() && mark.bytes().all(|byte| byte == b'#');
        if !is_number && !is_heading && !matches!(mark, "-" | "*" | "+" | ">") {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

/// Appends a line without inline marks.
fn push_plain(line: &str, plain: &mut String) {
    let mut code = false;
    let mut previous = ' ';
    let mut chars = line.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |&(_, next)| next);
        match c {
            '`' => code = !code,
            _ if code => plain.push(c),
            '*' | '[' => {}
            ']' if next == '(' => {
                let end = line[at..].find(')').map_or(line.len(), |length| at + length);
                while chars.next_if(|&(position, _)| position <= end).is_some() {}
            }
            ']' => {}
            '|' => plain.push(' '),
            '_' if !(previous.is_alphanumeric() && next.is_alphanumeric()) => {}
            _ => plain.push(c),
        }
        previous = c;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_does_not_matter() {
        let one = "The **registry** MUST answer `200 OK`, see [the `n` parameter](https://example.org/a#b).";
        let other = "1. the registry  must\n   answer 200 OK, see _the `n` parameter_.";
        assert_eq!(normalise(one), "the registry must answer 200 ok, see the n parameter.");
        assert_eq!(fingerprint(one), fingerprint(other));
    }

    #[test]
    fn words_matter() {
        assert_ne!(fingerprint("It SHOULD answer 200."), fingerprint("It MUST answer 200."));
        assert_ne!(fingerprint("`[a-z]+(_|__)*`"), fingerprint("`[a-z]+(_)*`"));
    }

    #[test]
    fn tables_are_words_and_rules_are_not() {
        assert_eq!(normalise("| a | b |\n|---|:----|\n| 1 | 2 |"), normalise("|a|b|\n|------|:----|\n|1|2|"));
        assert_eq!(normalise("| a |\n| --- |"), "a");
        assert_eq!(normalise("## Snake_case and __bold__"), "snake_case and bold");
        assert_eq!(normalise("[unclosed](https://example.org"), "unclosed");
    }
}
