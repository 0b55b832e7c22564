//! Runs a plan: several entries at once, each with a deadline and a clean-up that runs whatever happened.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::Verdict;
use crate::event::{CaseReport, Event, RunFinished};
use crate::expectations::Expectations;
use crate::plan::{Entry, glob_matches};
use crate::trial::{End, Trial, source};

/// What drives a kind of subject.
pub trait Driver: Send + Sync + 'static {
    /// Takes the steps of an entry, recording what is seen.
    fn run(&self, entry: &Entry, trial: &Trial) -> impl Future<Output = End> + Send;
    /// Longest time for an entry, `usual` unless it is known to take longer.
    fn deadline(&self, entry: &Entry, usual: Duration) -> Duration {
        let _ = entry;
        usual
    }
    /// Removes what the entry created, also after it was cut off. What remains is recorded as a leftover. A thing is
    /// taken from [`Record::created`](crate::trial::Record) when its fate is known and not before, because the clean-up
    /// itself may be cut off.
    fn clean_up(&self, entry: &Entry, trial: &Trial) -> impl Future<Output = ()> + Send;
}

/// How a plan is run.
pub struct Options {
    /// Entries that run at the same time.
    pub jobs: usize,
    /// Longest time for one entry.
    pub deadline: Duration,
    /// Features the subject declines, with the reason.
    pub declined: BTreeMap<String, String>,
    /// What the configuration leaves out.
    pub left_out: LeftOut,
    /// What this harness can do here, by the name that cases give in `requires`; with the reason where it cannot.
    pub capabilities: BTreeMap<String, Result<(), String>>,
    /// Verdicts the user expects.
    pub expectations: Expectations,
    /// The day of the run, `YYYY-MM-DD`.
    pub today: String,
    /// Texts of the suite files by path.
    pub texts: BTreeMap<String, String>,
    /// The command that repeats one entry.
    pub reproduce: Box<dyn Fn(&str) -> String + Send + Sync>,
}

/// What the configuration leaves out of a run, each with the reason. Such cases end as skipped: nothing is said about
/// the subject.
#[derive(Debug, Clone, Default)]
pub struct LeftOut {
    /// Features that are not looked at.
    pub features: BTreeMap<String, String>,
    /// Globs over the ids of cases.
    pub cases: Vec<(String, String)>,
}

impl LeftOut {
    /// Why an entry is left out, if it is.
    pub fn reason(&self, entry: &Entry) -> Option<&str> {
        let bare = entry.id.split('[').next().unwrap_or_default();
        let mut cases = self.cases.iter().filter(|(glob, _)| glob_matches(glob, &entry.id) || glob_matches(glob, bare));
        let feature = entry.case.needs.iter().find_map(|need| self.features.get(&need.value));
        feature.or_else(|| cases.next().map(|(_, reason)| reason)).map(String::as_str)
    }
}

/// What comes out of a run, in order.
#[derive(Debug)]
pub enum Signal {
    /// Something happened.
    Event(Event),
    /// The bytes of a body that the next `CaseFinished` refers to.
    Body {
        /// `sha256:` digest.
        digest: String,
        /// The bytes.
        bytes: Bytes,
    },
}

/// Time for the clean-up of one entry.
const CLEAN_UP: Duration = Duration::from_secs(10);

/// Runs the plan until its end or until `stop` becomes true, and returns how it ended. After a stop, the entries under
/// way are cut off and cleaned up; they and the rest of the plan have no report.
pub async fn run<D: Driver>(
    driver: Arc<D>,
    entries: Vec<Entry>,
    options: Options,
    signals: mpsc::Sender<Signal>,
    stop: watch::Receiver<bool>,
) -> RunFinished {
    let started = Instant::now();
    let options = Arc::new(options);
    let (watching, acting): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.case.watch.is_some());
    let planned = acting.len() + watching.len();
    let mut reported = 0;
    // Watching cases are concluded when everything they watch has happened.
    for group in [acting, watching] {
        reported += run_group(&driver, group, &options, &signals, &stop).await;
    }
    let complete = reported == planned;
    let reason = match *stop.borrow() {
        true => "interrupted".to_owned(),
        false => format!("{} of {planned} cases were lost", planned - reported),
    };
    let finished =
        RunFinished { complete, reason: (!complete).then_some(reason), duration_ms: millis(started.elapsed()) };
    // A receiver that is gone has nothing to be told.
    let _ = signals.send(Signal::Event(Event::RunFinished(finished.clone()))).await;
    finished
}

/// Runs the entries and returns how many of them have a report.
async fn run_group<D: Driver>(
    driver: &Arc<D>,
    entries: Vec<Entry>,
    options: &Arc<Options>,
    signals: &mpsc::Sender<Signal>,
    stop: &watch::Receiver<bool>,
) -> usize {
    let mut running = JoinSet::new();
    let mut reported = 0;
    for entry in entries {
        while running.len() >= options.jobs.max(1) {
            reported += usize::from(matches!(running.join_next().await, Some(Ok(true))));
        }
        if *stop.borrow() {
            break;
        }
        let one = One {
            driver: Arc::clone(driver),
            options: Arc::clone(options),
            signals: signals.clone(),
            stop: stop.clone(),
        };
        running.spawn(one.run(entry));
    }
    while let Some(joined) = running.join_next().await {
        reported += usize::from(matches!(joined, Ok(true)));
    }
    reported
}

/// What one entry needs to run on its own.
struct One<D> {
    driver: Arc<D>,
    options: Arc<Options>,
    signals: mpsc::Sender<Signal>,
    stop: watch::Receiver<bool>,
}

impl<D: Driver> One<D> {
    /// Runs the entry and reports; false after a stop, when there is no report.
    async fn run(mut self, entry: Entry) -> bool {
        let _ = self.signals.send(Signal::Event(Event::CaseStarted { id: entry.id.clone() })).await;
        let started = Instant::now();
        let text = self.options.texts.get(&entry.path).cloned().unwrap_or_default();
        let entry = Arc::new(entry);
        let trial = Arc::new(Trial::new(&entry.shown, &text));
        let end = match self.ruled_out(&entry).or_else(|| self.declined(&entry)) {
            Some(end) => end,
            None => {
                let Some(end) = self.execute(&entry, &trial).await else { return false };
                end
            }
        };
        let mut record = std::mem::take(&mut *trial.record());
        let (verdict, feature, reason) = conclude(&end, &record.checks);
        let report = CaseReport {
            id: entry.id.clone(),
            suite: entry.suite.clone(),
            title: entry.case.title.clone(),
            source: source(&entry.shown, &text, entry.case.id.at),
            verdict,
            reason,
            feature,
            requirements: entry.requirements.clone(),
            checks: std::mem::take(&mut record.checks),
            exchanges: std::mem::take(&mut record.exchanges),
            duration_ms: millis(started.elapsed()),
            reproduce: (self.options.reproduce)(&entry.id),
            leftovers: std::mem::take(&mut record.leftovers),
            expectation: self.options.expectations.of(&entry.id, verdict, &self.options.today),
        };
        // Bodies are kept where somebody will want to look at them.
        if !matches!(verdict, Verdict::Pass | Verdict::Unsupported | Verdict::Skipped) {
            for (digest, bytes) in record.bodies {
                let _ = self.signals.send(Signal::Body { digest, bytes }).await;
            }
        }
        let _ = self.signals.send(Signal::Event(Event::CaseFinished(Box::new(report)))).await;
        true
    }

    /// The end of an entry that the configuration leaves out, or that requires what the harness lacks here.
    fn ruled_out(&self, entry: &Entry) -> Option<End> {
        if let Some(reason) = self.options.left_out.reason(entry) {
            return Some(End::Skipped(reason.to_owned()));
        }
        entry.case.requires.iter().find_map(|required| {
            let reason = match self.options.capabilities.get(&required.value) {
                Some(Ok(())) => return None,
                Some(Err(reason)) => reason,
                None => "this harness does not have it",
            };
            Some(End::Skipped(format!("requires `{required}`: {reason}")))
        })
    }

    /// The end of an entry whose subject lacks a feature it needs.
    fn declined(&self, entry: &Entry) -> Option<End> {
        entry.case.needs.iter().find_map(|need| {
            let reason = self.options.declined.get(&need.value)?;
            Some(End::Chosen {
                verdict: Verdict::Unsupported,
                feature: Some(need.value.clone()),
                reason: reason.clone(),
            })
        })
    }

    /// Runs the driver in a task of its own, so that a panic or an endless wait stays there. `None` after a stop.
    async fn execute(&mut self, entry: &Arc<Entry>, trial: &Arc<Trial>) -> Option<End> {
        let mut task = tokio::spawn({
            let (driver, entry, trial) = (Arc::clone(&self.driver), Arc::clone(entry), Arc::clone(trial));
            async move { driver.run(&entry, &trial).await }
        });
        let deadline = self.driver.deadline(entry, self.options.deadline);
        let end = tokio::select! {
            joined = tokio::time::timeout(deadline, &mut task) => Some(match joined {
                Ok(Ok(end)) => end,
                Ok(Err(error)) => End::Error(format!("the harness failed: {error}")),
                Err(_) => End::Error(format!("not finished within {deadline:?}")),
            }),
            _ = self.stop.wait_for(|stop| *stop) => None,
        };
        if !task.is_finished() {
            task.abort();
            // What is cut off must not go on creating things beside the clean-up. A driver that blocks its thread cannot
            // be cut off, and is not waited for without end.
            let _ = tokio::time::timeout(CLEAN_UP, &mut task).await;
        }
        self.clean_up(entry, trial).await;
        end
    }

    /// Cleans up in a task of its own, too. What it did not come to is a leftover.
    async fn clean_up(&self, entry: &Arc<Entry>, trial: &Arc<Trial>) {
        let mut task = tokio::spawn({
            let (driver, entry, trial) = (Arc::clone(&self.driver), Arc::clone(entry), Arc::clone(trial));
            async move { driver.clean_up(&entry, &trial).await }
        });
        if !matches!(tokio::time::timeout(CLEAN_UP, &mut task).await, Ok(Ok(()))) {
            task.abort();
            let mut record = trial.record();
            let created = std::mem::take(&mut record.created);
            // What follows the path of an address may be a secret of the subject.
            record.leftovers.extend(created.iter().map(|what| what.split('?').next().unwrap_or(what).to_owned()));
        }
    }
}

/// The verdict of a case: the worst of what its checks and its end say.
fn conclude(end: &End, checks: &[crate::event::Check]) -> (Verdict, Option<String>, Option<String>) {
    let worst = checks.iter().max_by_key(|check| check.verdict).filter(|check| check.verdict != Verdict::Pass);
    let judged = worst.map(|check| {
        let reason = format!("{}: expected {}, saw {}", check.what, check.expected, check.seen);
        (check.verdict, None, Some(reason))
    });
    let ended = match end {
        End::Judged => (Verdict::Pass, None, None),
        End::Chosen { verdict: Verdict::Pass, .. } => (Verdict::Pass, None, None),
        End::Chosen { verdict, feature, reason } => (*verdict, feature.clone(), Some(reason.clone())),
        End::Blocked(reason) => (Verdict::Blocked, None, Some(reason.clone())),
        End::Skipped(reason) => (Verdict::Skipped, None, Some(reason.clone())),
        End::Error(reason) => (Verdict::Error, None, Some(reason.clone())),
    };
    match judged {
        Some(judged) if judged.0 >= ended.0 => judged,
        _ => ended,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
