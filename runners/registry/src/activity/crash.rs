//! A registry of its own is killed under load, again and again, and started again on what it left. What it acknowledged
//! has to be there, what it refused and deleted has to be absent.
//!
//! Every name has one writer, so that what may be there follows from what this one was told: the last acknowledged
//! content, or that of a request that was cut off.

mod actor;
mod promises;
mod resume;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use plimsoll_engine::trial::{End, Trial};
use plimsoll_fixtures::Seed;
use plimsoll_suite::activity::{Crash, Moment};
use tokio::sync::Notify;

use super::Findings;
use super::hand::Hand;
use crate::steps::Walk;
use crate::subject::{Exec, LaunchError, Place};
use actor::Actor;
use promises::Which;

/// After so many kills everything is looked at, and the next begins with an empty root.
const LIFE: u32 = 100;
/// A registry that does nothing worth killing it for is killed nevertheless.
const LONGEST_ROUND: Duration = Duration::from_secs(5);
/// Pages that are left on a full disk are fewer.
const MOST_SPARED: u64 = 12;
/// Most operations that are let pass before the one in which the registry is killed.
const MOST_BEFORE: u64 = 10;

pub(super) async fn perform(
    walk: &Walk<'_>,
    crash: &Crash,
    full: bool,
    seed: Seed,
    exec: &Exec,
    findings: &mut Findings,
) -> Result<(), End> {
    // Fillings of a disk are as many as the case says: it is the kills under load that find more the more there are.
    let kills = exec.kills.filter(|_| !full).unwrap_or(crash.kills);
    let mut done = 0;
    while done < kills && findings.0.is_empty() {
        let place = if full { Place::on_small_disk(exec).await } else { Place::new(exec) };
        let place = place.map_err(|error| not_started(&error))?;
        let until = (done + LIFE).min(kills);
        let lived = live(walk, &place, crash, seed, done..until, kills, findings).await;
        place.keep_log(exec.log.as_deref());
        place.close().await;
        lived?;
        done = until;
    }
    Ok(())
}

fn not_started(error: &LaunchError) -> End {
    End::Error(format!("cannot start the registry: {error}"))
}

/// One root from the first start to the last look.
async fn live(
    walk: &Walk<'_>,
    place: &Place,
    crash: &Crash,
    seed: Seed,
    rounds: std::ops::Range<u32>,
    kills: u32,
    findings: &mut Findings,
) -> Result<(), End> {
    // What is pushed here goes with the root, and is nothing to clean up.
    let scrap = Trial::new("", "");
    let walk = Walk {
        client: place.client(),
        base: place.url(),
        trial: &scrap,
        scope: Default::default(),
        secrets: Vec::new(),
        ..*walk
    };
    let hand = Hand::new(&walk);
    let mut running = place.start().await.map_err(|error| not_started(&error))?;
    let mut actors = Vec::new();
    for number in 0..crash.clients {
        let life = seed.derive(&format!("life-{}-{number}", rounds.start));
        actors.push(Actor::begin(hand, life, number as usize).await?);
    }
    let first_moment = crash.during.first().map_or(Moment::Commit, |moment| moment.value);
    for round in rounds {
        let moment = crash.during.get(round as usize % crash.during.len().max(1)).map_or(first_moment, |m| m.value);
        let trigger = Trigger::new(moment, seed.derive(&format!("kill-{round}")));
        let when = kill(round, moment, place.disk().is_some());
        if let Some(disk) = place.disk() {
            // There has to be something that can be lost.
            join_all(actors.iter_mut().map(|actor| actor.strain(&trigger, 2 * round))).await;
            // Of what belongs together, some may fit and the rest not.
            disk.fill(seed.derive(&format!("spared-{round}")).number() % MOST_SPARED).map_err(no_disk)?;
            join_all(actors.iter_mut().map(|actor| actor.strain(&trigger, 2 * round + 1))).await;
            // What was cut off may be in disorder until the next start.
            for wrong in join_all(actors.iter_mut().map(|actor| actor.look(Which::Sure))).await.into_iter().flatten() {
                findings.add(wrong.0, format!("before {when}: {}", wrong.1));
            }
            running.kill().await;
            disk.free().map_err(no_disk)?;
        } else {
            let load = join_all(actors.iter_mut().map(|actor| actor.act(&trigger, round)));
            let killed = async {
                trigger.pulled().await;
                running.kill().await;
                trigger.over.store(true, Ordering::Relaxed);
            };
            tokio::join!(load, killed);
        }
        scrap.record().created.clear();
        running = match place.start().await {
            Ok(running) => running,
            Err(error) => {
                findings.add("starts", format!("after {when}: {error}"));
                return Ok(());
            }
        };
        let last = round + 1 == kills || (round + 1) % LIFE == 0;
        let which = if last { Which::All } else { Which::Changed };
        for wrong in join_all(actors.iter_mut().map(|actor| actor.look(which))).await.into_iter().flatten() {
            findings.add(wrong.0, format!("after {when}: {}", wrong.1));
        }
        for wrong in join_all(actors.iter_mut().map(Actor::resume)).await.into_iter().flatten() {
            findings.add("sessions", format!("after {when}: {wrong}"));
        }
        if place.disk().is_some()
            && let Err(End::Blocked(wrong)) = Actor::begin(hand, seed.derive(&format!("again-{round}")), 0).await
        {
            findings.add("room", format!("after {when}: {wrong}"));
        }
        if !findings.0.is_empty() {
            break;
        }
        if (round + 1) % (kills / 10).max(25) == 0 {
            (place.exec().say)(&format!("crash consistency: {} of {kills} kills, nothing lost", round + 1));
        }
    }
    running.kill().await;
    Ok(())
}

/// A kill in words.
fn kill(round: u32, moment: Moment, full: bool) -> String {
    let during = if full { "with a full disk".to_owned() } else { format!("during {moment:?}").to_lowercase() };
    format!("kill {} ({during})", round + 1)
}

fn no_disk(error: std::io::Error) -> End {
    End::Error(format!("cannot fill the disk of the registry: {error}"))
}

/// When the registry is killed: some time into one of the next operations of a kind, both decided by the seed.
pub(super) struct Trigger {
    moment: Moment,
    /// Operations to let pass.
    left: AtomicU64,
    /// Microseconds that such an operation took before.
    took: AtomicU64,
    seed: Seed,
    ready: Notify,
    /// The registry is gone, or ought to be.
    over: AtomicBool,
}

impl Trigger {
    fn new(moment: Moment, seed: Seed) -> Self {
        let left = AtomicU64::new(1 + seed.derive("before").number() % MOST_BEFORE);
        Self { moment, left, took: AtomicU64::new(2_000), seed, ready: Notify::new(), over: AtomicBool::new(false) }
    }

    /// Whether there is nobody left to talk to.
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// What the actors mostly do.
    fn moment(&self) -> Moment {
        self.moment
    }

    /// Told that an operation begins.
    fn begins(&self, moment: Moment) {
        if moment == self.moment && self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.ready.notify_one();
        }
    }

    /// Told how long one took.
    fn took(&self, moment: Moment, time: Duration) {
        if moment == self.moment {
            self.took.store(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Waits for the moment.
    async fn pulled(&self) {
        let _ = tokio::time::timeout(LONGEST_ROUND, self.ready.notified()).await;
        let took = self.took.load(Ordering::Relaxed).clamp(200, 200_000);
        let after = Duration::from_micros(self.seed.derive("after").number() % took);
        // The timers of the runtime know milliseconds only.
        let _ = tokio::task::spawn_blocking(move || std::thread::sleep(after)).await;
    }
}
