//! Activities: what cases do that takes code. Each has a file; here is what they share.
//!
//! Whatever several clients do is written down as a history, and judged from that alone.

mod blob_deletes;
mod crash;
mod hand;
mod history;
mod mounts;
mod referrers;
mod same_blob;
mod tag;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use plimsoll_engine::trial::{Assertion, End};
use plimsoll_fixtures::{Blob, ManifestRecipe, Seed};
use plimsoll_suite::activity::{Activity, Kind, Load};
use plimsoll_suite::position::At;

use crate::steps::Walk;
use crate::subject::Exec;
use hand::{Hand, Read};
use history::{History, Value};

/// How long nothing is done before a second look. Registries that lose content do so within some tenths of a second after
/// they acknowledged it, when what they put off is done.
const QUIET: Duration = Duration::from_millis(150);
/// Pause between two looks.
const POLL: Duration = Duration::from_millis(25);

/// Does what the activity is, and records what was found.
pub(crate) async fn perform(walk: &Walk<'_>, activity: &At<Activity>, seed: Seed, exec: Option<&Exec>) -> End {
    let kinds = activity.kinds();
    let [kind] = kinds.as_slice() else { return End::Error("the case has no activity, or several".to_owned()) };
    let stage = Stage { hand: Hand::new(walk), seed, repo: text(walk, "repo"), other: text(walk, "other-repo") };
    let mut findings = Findings::default();
    let end = match kind {
        Kind::SameBlob(load) => same_blob::perform(&stage, load, &mut findings).await,
        Kind::Tag(load) => tag::perform(&stage, load, false, &mut findings).await,
        Kind::TagDeletes(load) => tag::perform(&stage, load, true, &mut findings).await,
        Kind::BlobDeletes(load) => blob_deletes::perform(&stage, load, &mut findings).await,
        Kind::Mounts(load) => mounts::perform(&stage, load, &mut findings).await,
        Kind::Referrers(load) => referrers::perform(&stage, load, &mut findings).await,
        Kind::CrashConsistency(crash) | Kind::FullDisk(crash) => match exec {
            Some(exec) => {
                let full = matches!(kind, Kind::FullDisk(_));
                crash::perform(walk, crash, full, seed, exec, &mut findings).await
            }
            None => Err(End::Skipped("the registry is not one that can be started".to_owned())),
        },
    };
    if let Err(end) = end {
        return end;
    }
    findings.record(walk, activity, *kind);
    End::Judged
}

fn text(walk: &Walk<'_>, name: &str) -> String {
    walk.scope.saved(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Where an activity takes place.
struct Stage<'a> {
    hand: Hand<'a>,
    seed: Seed,
    repo: String,
    other: String,
}

impl Stage<'_> {
    /// A number below `sides` that the seed and the label decide.
    fn roll(&self, label: &str, sides: u64) -> u64 {
        self.seed.derive(label).number() % sides
    }

    /// A small manifest like no other of the case.
    fn manifest(&self, label: &str, subject: Option<&Blob>) -> Result<Blob, End> {
        manifest(&self.seed, label, subject)
    }

    /// Pushes what every small manifest refers to.
    async fn lay_ground(&self) -> Result<(), End> {
        self.hand
            .push_blob(&self.repo, &Blob::empty_json())
            .await
            .or_blocked("pushing the empty descriptor")
            .map(|_| ())
    }
}

/// A small manifest that the seed and the label decide.
fn manifest(seed: &Seed, label: &str, subject: Option<&Blob>) -> Result<Blob, End> {
    let nonce = format!("{label}-{:016x}", seed.derive(label).number());
    let recipe = ManifestRecipe {
        subject: subject.map(|subject| subject.descriptor(plimsoll_fixtures::Algorithm::Sha256)),
        annotations: [("nonce".to_owned(), nonce)].into_iter().collect(),
        ..ManifestRecipe::default()
    };
    recipe.build().map_err(|error| End::Error(error.to_string()))
}

/// How long a registry may take until what it acknowledged shows.
fn lag(load: &Load) -> Duration {
    load.within.as_ref().map_or(Duration::ZERO, |within| within.0)
}

/// Looks again and again until what is seen fits, for at most `lag`, and then once more after a while. The last look.
async fn settle<T, F: Future<Output = T>>(lag: Duration, look: impl Fn() -> F, fits: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + lag;
    let mut settled = false;
    loop {
        let seen = look().await;
        if settled || (!fits(&seen) && Instant::now() >= deadline) {
            return seen;
        }
        settled = fits(&seen);
        tokio::time::sleep(if settled { QUIET } else { POLL }).await;
    }
}

/// Judges the history of one thing that was written by several clients: what is there in the end, and every answer.
async fn judge_register<F: Future<Output = (Read, Option<Value>)>>(
    history: &History,
    lag: Duration,
    look: impl Fn() -> F,
    findings: &mut Findings,
) -> Result<(), End> {
    let ended = |value: Value| {
        let mut writes = history.writes();
        writes.read_at_the_end(value);
        writes
    };
    let fits = |seen: &(Read, Option<Value>)| seen.1.is_some_and(|value| ended(value).violation().is_none());
    match settle(lag, look, fits).await {
        (_, Some(value)) => {
            if let Some(violation) = ended(value).violation() {
                findings.add("settled", violation);
            }
        }
        (read, None) => return Err(End::Error(format!("when all was quiet, there was no telling answer: {read}"))),
    }
    if let Some(violation) = history.violation() {
        findings.add("order", violation);
    }
    Ok(())
}

/// What was found wrong, by the name of the finding. The first of each is kept.
#[derive(Default)]
struct Findings(BTreeMap<&'static str, String>);

impl Findings {
    fn add(&mut self, name: &'static str, seen: impl Into<String>) {
        self.0.entry(name).or_insert_with(|| seen.into());
    }

    /// One check for each finding that the activity can make.
    fn record(&self, walk: &Walk<'_>, activity: &At<Activity>, kind: Kind<'_>) {
        for (name, about) in kind.findings() {
            let Some((key, requirements)) = activity.findings.get_key_value(*name) else { continue };
            let requirements: Vec<String> = requirements.iter().map(|id| id.value.clone()).collect();
            let seen = self.0.get(name);
            walk.trial.check(
                walk.law,
                Assertion {
                    requirements: &requirements,
                    held: seen.is_none(),
                    what: (*name).to_owned(),
                    expected: (*about).to_owned(),
                    seen: seen.cloned().unwrap_or_else(|| "nothing else".to_owned()),
                    at: key.at(),
                    exchange: None,
                },
            );
        }
    }
}
