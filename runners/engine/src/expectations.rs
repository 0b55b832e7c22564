//! Expected verdicts: what an implementer knows about his own product. They live in his file, never in the suites.

use plimsoll_suite::diagnostic::Diagnostic;
use plimsoll_suite::document;
use plimsoll_suite::position::{At, OneOrMany};
use serde::Deserialize;

use crate::Verdict;
use crate::event::{Expectation, ExpectationOutcome};
use crate::plan::glob_matches;

/// An expectations file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expectations {
    /// The entries; the first whose glob fits a case decides.
    pub expectations: Vec<At<ExpectationEntry>>,
}

/// One known deviation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExpectationEntry {
    /// Globs over the ids of cases; `*` and `?` also stand for `/`.
    pub case: OneOrMany<String>,
    /// The verdict that is known.
    pub verdict: Verdict,
    /// Why: a sentence or a link.
    pub reason: String,
    /// Nobody has seen it yet: it comes from what others report. A verdict that comes otherwise then speaks for itself.
    #[serde(default)]
    pub unverified: bool,
    /// Last day the entry is good for, `YYYY-MM-DD`.
    pub expires: Option<At<String>>,
}

impl Expectations {
    /// Reads a file's text. `path` is its name for people.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn read(path: &str, text: &str) -> Result<Self, Box<Diagnostic>> {
        let read: Self = document(path, text)?;
        read.check(path).map(|()| read)
    }

    /// Looks for days that are none.
    ///
    /// # Errors
    /// The first of them, with its place.
    pub fn check(&self, path: &str) -> Result<(), Box<Diagnostic>> {
        let days = self.expectations.iter().filter_map(|entry| entry.expires.as_ref());
        match days.into_iter().find(|day| !is_day(day)) {
            Some(day) => {
                let message = format!("`{day}` is not a day");
                Err(Box::new(Diagnostic::new(path, day.at, message).hint("write it as 2027-01-31")))
            }
            None => Ok(()),
        }
    }

    /// The globs that fit none of these ids: a case was renamed or taken out, and its entry would never be missed.
    pub fn stale<'a>(&'a self, ids: &[String]) -> Vec<&'a At<String>> {
        let bare = |id: &str| id.split('[').next().unwrap_or_default().to_owned();
        let fits = |glob: &str| ids.iter().any(|id| glob_matches(glob, id) || glob_matches(glob, &bare(id)));
        self.expectations.iter().flat_map(|entry| entry.case.iter()).filter(|glob| !fits(glob)).collect()
    }

    /// Compares a verdict with what is expected of the case. `today` is `YYYY-MM-DD`.
    pub fn of(&self, case: &str, verdict: Verdict, today: &str) -> Option<Expectation> {
        let bare = case.split('[').next().unwrap_or_default();
        let fits = |glob: &str| glob_matches(glob, case) || glob_matches(glob, bare);
        let entry = self.expectations.iter().find(|entry| entry.case.iter().any(|glob| fits(glob)))?;
        let outcome = match &entry.expires {
            // Days in this form sort as text.
            Some(day) if day.as_str() < today => ExpectationOutcome::Expired,
            _ if entry.verdict == verdict => ExpectationOutcome::Met,
            _ if entry.unverified => return None,
            _ => ExpectationOutcome::Unmet,
        };
        Some(Expectation { verdict: entry.verdict, reason: entry.reason.clone(), outcome })
    }
}

fn is_day(text: &str) -> bool {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, format).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_that_fits_decides() {
        let file = "expectations:
  - { case: \"distribution/tags/*\", verdict: fail, reason: unsorted, expires: \"2026-12-31\" }
  - { case: [none, \"*\"], verdict: warn, reason: other }
";
        let expectations = Expectations::read("known.yaml", file).unwrap();
        let outcome = |case, verdict, today| expectations.of(case, verdict, today).unwrap().outcome;
        assert_eq!(outcome("distribution/tags/order[2]", Verdict::Fail, "2026-11-23"), ExpectationOutcome::Met);
        assert_eq!(outcome("distribution/tags/order", Verdict::Pass, "2026-11-23"), ExpectationOutcome::Unmet);
        assert_eq!(outcome("distribution/tags/order", Verdict::Fail, "2027-01-01"), ExpectationOutcome::Expired);
        assert_eq!(outcome("distribution/ping", Verdict::Warn, "2027-01-01"), ExpectationOutcome::Met);
        let hearsay = Expectations::read(
            "known.yaml",
            "expectations:\n  - { case: a, verdict: fail, reason: b, unverified: true }\n",
        );
        let hearsay = hearsay.unwrap();
        assert_eq!(hearsay.of("a", Verdict::Fail, "").unwrap().outcome, ExpectationOutcome::Met);
        assert_eq!(hearsay.of("a", Verdict::Pass, ""), None, "what nobody has seen cannot be missed");
        let ids = ["distribution/ping".to_owned(), "distribution/tags/order[2]".to_owned()];
        assert_eq!(expectations.stale(&ids).iter().map(|glob| glob.as_str()).collect::<Vec<_>>(), ["none"]);
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        let mistake = |text: &str| Expectations::read("known.yaml", text).unwrap_err().to_string();
        assert_eq!(
            mistake("expectations:\n  - { case: a, verdict: fail, reason: x, expires: soon }\n"),
            "known.yaml:2:51: `soon` is not a day (hint: write it as 2027-01-31)"
        );
        assert!(
            mistake("expectations: [{case: a, verdict: fail, reason: x, expires: 2027-02-30}]").contains("2027-02-30")
        );
        let bad = mistake("expectations: [{case: a, verdict: fial, reason: x}]");
        assert_eq!(bad, "known.yaml:1:35: `fial` is not a word that can stand here (hint: did you mean `fail`?)");
        assert!(mistake("expectations: [{case: a, verdict: fail}]").contains("`reason` is missing"));
        assert!(mistake("expectation: []").contains("did you mean `expectations`?"));
    }
}
