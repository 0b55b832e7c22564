//! What may be found where.

use std::collections::BTreeMap;

use plimsoll_fixtures::Algorithm;

use super::super::hand::Read;

/// What may be found at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Promise {
    /// The finding it is when something else is there.
    finding: &'static str,
    /// Digests of what may be there; none for nothing.
    may: Vec<Option<String>>,
    /// Looked at since it changed.
    old: bool,
}

/// At which addresses to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// What changed since the last look, and some of the others.
    Changed,
    /// What is sure: no write is open.
    Sure,
    /// All of them.
    All,
}

/// What one client was told, by address.
#[derive(Debug, Default)]
pub(super) struct Promises(BTreeMap<String, Promise>);

impl Promises {
    /// A write was acknowledged.
    pub(super) fn kept(&mut self, path: &str, finding: &'static str, value: Option<&str>) {
        let may = vec![value.map(str::to_owned)];
        self.0.insert(path.to_owned(), Promise { finding, may, old: false });
    }

    /// A write was cut off: it may have happened or not.
    pub(super) fn open(&mut self, path: &str, finding: &'static str, value: Option<&str>) {
        let promise = self.0.entry(path.to_owned()).or_insert(Promise { finding, may: vec![None], old: false });
        promise.may.push(value.map(str::to_owned));
        promise.old = false;
    }

    /// The addresses to look at.
    pub(super) fn to_look_at(&self, which: Which, number: usize) -> Vec<String> {
        let some = |index: usize| (index + number).is_multiple_of(17);
        let chosen = self.0.iter().enumerate().filter(|(index, (_, promise))| match which {
            Which::Changed => !promise.old || some(*index),
            Which::Sure => promise.may.len() == 1,
            Which::All => true,
        });
        chosen.map(|(_, (path, _))| path.clone()).collect()
    }

    /// Compares what was found; afterwards that is what has to be there. What is wrong, in words.
    pub(super) fn judge(&mut self, path: &str, read: &Read) -> Option<(&'static str, String)> {
        let promise = self.0.get_mut(path)?;
        let found = match read {
            Read::Found(bytes) => Some(Algorithm::Sha256.digest(bytes)),
            Read::Absent => None,
            Read::Unknown(_) => None,
        };
        if promise.may.contains(&found) && !matches!(read, Read::Unknown(_)) {
            (promise.may, promise.old) = (vec![found], true);
            return None;
        }
        let expected: Vec<&str> = promise.may.iter().map(|may| may.as_deref().unwrap_or("404")).collect();
        Some((promise.finding, format!("GET {path}: expected {}, got {read}", expected.join(" or "))))
    }

    /// The addresses where something has to be.
    pub(super) fn there(&self, of: &'static str) -> Vec<String> {
        let sure = |promise: &&Promise| promise.finding == of && matches!(promise.may.as_slice(), [Some(_)]);
        self.0.iter().filter(|(_, promise)| sure(promise)).map(|(path, _)| path.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &'static str) -> Read {
        Read::Found(text.as_bytes().into())
    }

    fn digest(text: &str) -> String {
        Algorithm::Sha256.digest(text.as_bytes())
    }

    #[test]
    fn what_was_acknowledged_is_there_and_nothing_else() {
        let mut promises = Promises::default();
        promises.kept("p", "blobs", Some(&digest("a")));
        assert_eq!(promises.judge("p", &found("a")), None);
        let wrong = promises.judge("p", &Read::Absent).unwrap();
        assert_eq!(wrong.0, "blobs");
        assert!(wrong.1.starts_with("GET p: expected sha256:"), "{}", wrong.1);
        assert!(promises.judge("p", &found("b")).is_some());
        assert!(promises.judge("p", &Read::Unknown("answered 500".to_owned())).is_some());
    }

    #[test]
    fn what_was_cut_off_is_there_or_not_and_stays_so() {
        let mut promises = Promises::default();
        promises.kept("t", "tags", Some(&digest("a")));
        promises.open("t", "tags", Some(&digest("b")));
        assert!(promises.judge("t", &Read::Absent).is_some());
        assert_eq!(promises.judge("t", &found("b")), None);
        // It was decided by what was seen.
        assert!(promises.judge("t", &found("a")).is_some());
        // What was never there may come or not.
        for read in [Read::Absent, found("a")] {
            let mut promises = Promises::default();
            promises.open("n", "blobs", Some(&digest("a")));
            assert_eq!(promises.judge("n", &read), None);
        }
    }

    #[test]
    fn a_deletion_that_was_cut_off_is_one_or_none() {
        let mut promises = Promises::default();
        promises.kept("t", "tags", Some(&digest("a")));
        promises.open("t", "tags", None);
        assert!(promises.there("tags").is_empty());
        assert_eq!(promises.judge("t", &found("a")), None);
        assert_eq!(promises.there("tags"), ["t"]);
        promises.kept("t", "deleted", None);
        assert_eq!(promises.judge("t", &found("a")).unwrap().0, "deleted");
    }

    #[test]
    fn what_changed_is_looked_at_once_and_all_in_the_end() {
        let mut promises = Promises::default();
        for n in 0..30 {
            promises.kept(&format!("{n:02}"), "blobs", Some(&digest("a")));
        }
        assert_eq!(promises.to_look_at(Which::Changed, 0).len(), 30);
        for path in promises.to_look_at(Which::Changed, 0) {
            promises.judge(&path, &found("a"));
        }
        assert!(promises.to_look_at(Which::Changed, 0).len() < 5);
        promises.kept("03", "blobs", Some(&digest("b")));
        assert!(promises.to_look_at(Which::Changed, 0).contains(&"03".to_owned()));
        assert_eq!(promises.to_look_at(Which::All, 0).len(), 30);
    }
}
