//! Judges what was seen of a client.

use plimsoll_engine::matching::{self, Seen as Look};
use plimsoll_engine::scope::{NoValue, Scope};
use plimsoll_engine::trial::{Assertion, Law, Trial};
use plimsoll_engine::words::words;
use plimsoll_suite::client::{ClientCase, Occurrence, Over, Sight};
use plimsoll_suite::expect::Matcher;
use plimsoll_suite::position::{At, Position};

use crate::process::Ended;
use crate::record::Seen;

/// Everything that is needed to judge.
pub(crate) struct Judge<'a> {
    pub(crate) law: Law<'a>,
    pub(crate) trial: &'a Trial,
    pub(crate) scope: &'a Scope,
}

impl Judge<'_> {
    /// Judges a case. `seen` are the requests with their places in the transcript, `files` what the client wrote.
    pub(crate) fn case(
        &self,
        case: &ClientCase,
        ended: &Ended,
        seen: &[(usize, Seen)],
        files: &[Vec<u8>],
    ) -> Result<(), NoValue> {
        let at = Some(ended.exchange);
        if let Some(exit) = &case.exit {
            let values = [ended.exit.word().to_owned()];
            self.matcher(exit, &[], "exit", Look::Field { name: "exit", values: &values }, at)?;
        }
        for sight in &case.seen {
            if sight.after.is_none_or(|after| after == ended.exit) {
                self.sight(sight, seen, ended)?;
            }
        }
        let whole = |bytes: &[u8]| files.iter().filter(|file| file.as_slice() == bytes).count();
        let said = |bytes: &[u8]| occurrences(&ended.output, bytes);
        for occurrence in &case.written {
            self.occurrence(occurrence, "files with these bytes", ended, whole)?;
        }
        for occurrence in &case.output {
            self.occurrence(occurrence, "output", ended, said)?;
        }
        Ok(())
    }

    fn sight(&self, sight: &At<Sight>, seen: &[(usize, Seen)], ended: &Ended) -> Result<(), NoValue> {
        let glob = self.scope.text(&sight.request)?;
        let came = |over: Over| sight.over.is_none_or(|wanted| wanted == over);
        let fits =
            |(_, seen): &&(usize, Seen)| seen.host == sight.host && came(seen.over) && matching_line(&glob, seen);
        let found: Vec<&(usize, Seen)> = seen.iter().filter(fits).collect();
        let around: Vec<String> = sight.req.iter().map(|id| id.value.clone()).collect();
        let what = format!("requests {glob}");
        let last = found.last().map_or(ended.exchange, |(exchange, _)| *exchange);
        match &sight.count {
            Some(count) => self.matcher(count, &around, &what, Look::Number(found.len() as u64), Some(last))?,
            None if found.is_empty() => {
                self.add(&[], false, what, "at least one".to_owned(), "none".to_owned(), sight.at, last);
                return Ok(());
            }
            None => {}
        }
        let picked = sight.pick.map_or(&found[..], |pick| pick.of(&found));
        for (exchange, seen) in picked.iter().copied() {
            let line = seen.line();
            let check = |matcher: &At<Matcher>, what: &str, look: Look<'_>| {
                self.matcher(matcher, &around, &format!("{what} of {line}"), look, Some(*exchange))
            };
            if let Some(path) = &sight.path {
                check(path, "path", Look::Bytes(seen.path.as_bytes()))?;
            }
            for (name, matcher) in &sight.query {
                let values = seen.parameter(name);
                check(matcher, &format!("query {name}"), field(name, &values))?;
            }
            for (name, matcher) in &sight.headers {
                let values = seen.field(name);
                check(matcher, &format!("header {name}"), field(name, &values))?;
            }
            if let Some(body) = &sight.body {
                check(body, "body", Look::Bytes(&seen.body))?;
            }
            if let Some(chunk) = &sight.chunk {
                check(chunk, "chunk", seen.chunk.as_ref().map_or(Look::Absent, Look::Json))?;
            }
            if let Some(waited) = &sight.waited {
                check(waited, "milliseconds before", seen.waited.map_or(Look::Absent, Look::Number))?;
            }
        }
        Ok(())
    }

    fn occurrence(
        &self,
        occurrence: &At<Occurrence>,
        what: &str,
        ended: &Ended,
        count: impl Fn(&[u8]) -> usize,
    ) -> Result<(), NoValue> {
        if occurrence.after.is_some_and(|after| after != ended.exit) {
            return Ok(());
        }
        let times = count(&self.scope.bytes(&occurrence.of)?) as u64;
        let what = format!("{what}: {}", occurrence.of.source());
        self.matcher(&occurrence.times, &[], &what, Look::Number(times), Some(ended.exchange))
    }

    /// Judges one matcher: what of it did not hold, each with the requirements that it breaks, and the rest of them.
    fn matcher(
        &self,
        matcher: &At<Matcher>,
        around: &[String],
        what: &str,
        look: Look<'_>,
        exchange: Option<usize>,
    ) -> Result<(), NoValue> {
        let mut good = matching::requirements(matcher);
        if good.is_empty() {
            good = around.to_vec();
        }
        let exchange = exchange.unwrap_or_default();
        let mismatches = matching::judge(matcher, look, self.scope)?;
        let held = mismatches.is_empty();
        for mismatch in mismatches {
            let broken = if mismatch.requirements.is_empty() { around.to_vec() } else { mismatch.requirements };
            good.retain(|id| !broken.contains(id));
            let place = if mismatch.place.is_empty() { String::new() } else { format!(" at {}", mismatch.place) };
            self.add(&broken, false, format!("{what}{place}"), mismatch.expected, mismatch.seen, matcher.at, exchange);
        }
        if held || !good.is_empty() {
            self.add(&good, true, what.to_owned(), words(matcher), String::new(), matcher.at, exchange);
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "they are the fields of an assertion")]
    fn add(&self, ids: &[String], held: bool, what: String, expected: String, seen: String, at: Position, from: usize) {
        let assertion = Assertion { requirements: ids, held, what, expected, seen, at, exchange: Some(from) };
        self.trial.check(self.law, assertion);
    }
}

fn matching_line(glob: &str, seen: &Seen) -> bool {
    plimsoll_engine::plan::glob_matches(glob, &seen.line())
}

fn field<'a>(name: &'a str, values: &'a [String]) -> Look<'a> {
    if values.is_empty() { Look::Absent } else { Look::Field { name, values } }
}

/// How often the needle stands in the text, without overlap.
fn occurrences(text: &[u8], needle: &[u8]) -> usize {
    if needle.is_empty() {
        return 0;
    }
    let mut count = 0;
    let mut rest = text;
    while let Some(at) = rest.windows(needle.len()).position(|window| window == needle) {
        count += 1;
        rest = &rest[at + needle.len()..];
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occurrences_do_not_overlap() {
        assert_eq!(occurrences(b"aaaa", b"aa"), 2);
        assert_eq!(occurrences(b"\xffab ab", b"ab"), 2);
        assert_eq!(occurrences(b"a", b""), 0);
    }
}
