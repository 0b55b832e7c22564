//! Cases that look at every answer other cases receive.

use std::sync::{Mutex, PoisonError};

use plimsoll_engine::Verdict;
use plimsoll_engine::event::{Check, Exchange};
use plimsoll_engine::matching::{Seen, judge as judge_matcher};
use plimsoll_engine::plan::Entry;
use plimsoll_engine::scope::Scope;
use plimsoll_engine::trial::{End, Law, Trial};

use crate::judge;
use crate::steps::Sighting;

/// Most violations that are kept of one case.
const KEPT: usize = 5;

/// One watching case and what it has seen.
pub(crate) struct Watcher {
    entry: Entry,
    text: String,
    seen: Mutex<Sightings>,
}

#[derive(Default)]
struct Sightings {
    answers: usize,
    /// Checks of the first answer that was right: the proof that something was looked at.
    good: Vec<Check>,
    bad: Vec<(Vec<Check>, Exchange)>,
    bad_count: usize,
}

impl Watcher {
    pub(crate) fn new(entry: Entry, text: String) -> Self {
        Self { entry, text, seen: Mutex::default() }
    }

    pub(crate) fn id(&self) -> &str {
        &self.entry.id
    }

    /// Looks at one answer.
    pub(crate) fn observe(&self, law: Law<'_>, sighting: Sighting<'_>) {
        let Sighting { trial, exchange, response, has_body, redactor } = sighting;
        let Some(watch) = &self.entry.case.watch else { return };
        let scope = Scope::default();
        let status = Seen::Number(response.status.into());
        let concerns =
            watch.status.as_ref().is_none_or(|m| judge_matcher(m, status, &scope).is_ok_and(|m| m.is_empty()))
                && judge::fields_fit(&watch.headers, response, &scope).unwrap_or(false);
        // A promise about bodies is about those that are there.
        let about_bodies = watch.expect.0.iter().any(|expect| expect.body.is_some());
        if !concerns || (about_bodies && response.body.is_empty()) {
            return;
        }
        let Ok(judgement) = judge::judge(&watch.expect, response, &scope, has_body) else { return };
        let own = Trial::new(&self.entry.shown, &self.text);
        let verdict = judgement.record(&own, law, Some(0), redactor);
        let checks = std::mem::take(&mut own.record().checks);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.answers += 1;
        if verdict == Verdict::Pass {
            if seen.good.is_empty() {
                seen.good = checks;
            }
            return;
        }
        seen.bad_count += 1;
        if seen.bad.len() < KEPT
            && let Some(exchange) = trial.record().exchanges.get(exchange)
        {
            seen.bad.push((checks, exchange.clone()));
        }
    }

    /// Concludes the case when all others have ended.
    pub(crate) fn conclude(&self, trial: &Trial) -> End {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.answers == 0 {
            return End::Skipped("no answer of the kind this case watches was seen in this run".to_owned());
        }
        if seen.bad.is_empty() {
            let good = std::mem::take(&mut seen.good);
            trial.record().checks.extend(good.into_iter().map(|check| Check { exchange: None, ..check }));
            return End::Judged;
        }
        for (checks, exchange) in std::mem::take(&mut seen.bad) {
            let index = trial.exchange(exchange);
            trial.record().checks.extend(checks.into_iter().map(|check| Check {
                exchange: Some(index),
                seen: format!("{} (one of {} such answers)", check.seen, seen.bad_count),
                ..check
            }));
        }
        End::Judged
    }
}
