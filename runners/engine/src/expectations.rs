//! Expected verdicts: what an implementer knows about his own product. They live in his file, never in the suites.

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
    /// Last day the entry is good for, `YYYY-MM-DD`.
    pub expires: Option<String>,
}

/// Why an expectations file was not accepted.
#[derive(Debug, thiserror::Error)]
#[error("the expectations cannot be read: {0}")]
pub struct ExpectationsError(String);

impl Expectations {
    /// Reads a file's text.
    pub fn read(text: &str) -> Result<Self, ExpectationsError> {
        let read: Self = serde_saphyr::from_str(text).map_err(|error| ExpectationsError(error.to_string()))?;
        for entry in &read.expectations {
            if let Some(day) = &entry.expires
                && !is_day(day)
            {
                let line = entry.at.line;
                return Err(ExpectationsError(format!("line {line}: `{day}` is not a day such as 2027-01-31")));
            }
        }
        Ok(read)
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
        let expectations = Expectations::read(file).unwrap();
        let outcome = |case, verdict, today| expectations.of(case, verdict, today).unwrap().outcome;
        assert_eq!(outcome("distribution/tags/order[2]", Verdict::Fail, "2026-11-23"), ExpectationOutcome::Met);
        assert_eq!(outcome("distribution/tags/order", Verdict::Pass, "2026-11-23"), ExpectationOutcome::Unmet);
        assert_eq!(outcome("distribution/tags/order", Verdict::Fail, "2027-01-01"), ExpectationOutcome::Expired);
        assert_eq!(outcome("distribution/ping", Verdict::Warn, "2027-01-01"), ExpectationOutcome::Met);
        let ids = ["distribution/ping".to_owned(), "distribution/tags/order[2]".to_owned()];
        assert_eq!(expectations.stale(&ids).iter().map(|glob| glob.as_str()).collect::<Vec<_>>(), ["none"]);
        assert!(Expectations::read("expectations: [{case: a, verdict: fail, reason: x, expires: soon}]").is_err());
        assert!(Expectations::read("expectations: [{case: a, verdict: bad, reason: x}]").is_err());
    }
}
